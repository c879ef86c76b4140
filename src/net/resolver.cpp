#include "taskgate/net/resolver.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstring>
#include <mutex>

namespace taskgate::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kResolverThreads = 2;  // one dead name must not hold up every other
constexpr int kMaxPendingLookups = 256;

std::optional<asio::ip::address> to_address(const sockaddr* raw) {
  if (raw->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, raw, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (raw->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, raw, sizeof v6);
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return asio::ip::address_v6(bytes, v6.sin6_scope_id);
  }
  return std::nullopt;
}

Result<Resolver::Addresses> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw);
  if (failed != 0) {
    return Error(Errc::upstream_unavailable, "cannot resolve the host name")
        .with_detail(host + ": " + ::gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(raw, &::freeaddrinfo);
  Resolver::Addresses found;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    if (auto address = to_address(entry->ai_addr)) found.push_back(*address);
  }
  if (found.empty()) {
    return Error(Errc::upstream_unavailable, "the host name has no address").with_detail(host);
  }
  return found;
}

class SystemResolver final : public Resolver {
 public:
  ~SystemResolver() override {
    if (!threads_) return;
    threads_->stop();  // drops the look-ups that wait; those under way end by themselves
    threads_->join();
  }

  void resolve(std::string host, Done done) override {
    if (pending_.fetch_add(1) >= kMaxPendingLookups) {
      pending_.fetch_sub(1);
      done(Error(Errc::upstream_unavailable, "too many name lookups are waiting"));
      return;
    }
    std::call_once(started_,
                   [this] { threads_ = std::make_unique<asio::thread_pool>(kResolverThreads); });
    asio::post(*threads_, [this, name = std::move(host), finish = std::move(done)] {
      auto result = look_up(name);
      pending_.fetch_sub(1);
      finish(std::move(result));
    });
  }

 private:
  std::once_flag started_;
  std::unique_ptr<asio::thread_pool> threads_;
  std::atomic<int> pending_{0};
};

}  // namespace

std::unique_ptr<Resolver> make_system_resolver() {
  return std::make_unique<SystemResolver>();
}

}  // namespace taskgate::net
