#pragma once
// A listening socket on 127.0.0.1, as the epoll peers use it.

#include "sockets.hpp"

namespace taskgate::bench {

/// Non-blocking, on a port that the kernel chooses. Throws.
Descriptor listen_loopback();
unsigned port_of(const Descriptor& listener);
/// The next connection, non-blocking and with TCP_NODELAY; not open when none waits.
Descriptor accept_from(const Descriptor& listener);

}  // namespace taskgate::bench
