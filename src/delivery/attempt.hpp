#pragma once
// One attempt: from an outbox row to what the receiver answered. Records nothing.

#include "taskgate/delivery/dispatcher.hpp"

#include <boost/asio/awaitable.hpp>

namespace taskgate::delivery {

/// What an attempt works with. Outlives it.
struct AttemptTools {
  store::Store& store;
  net::HttpClient& client;
  const Clock& clock;
  const DispatcherOptions& options;
};

/// Judges the URL, builds and signs the message, sends it. Whatever the network or the receiver
/// does is an outcome; an Error (Errc::storage, Errc::overloaded) means that the store could not be
/// read and nothing was sent. On the dispatcher's strand; cancellable.
boost::asio::awaitable<Result<AttemptOutcome>> attempt_delivery(AttemptTools tools,
                                                                store::Delivery delivery);

}  // namespace taskgate::delivery
