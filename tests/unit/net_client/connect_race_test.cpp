#include "net/connect_race.hpp"

#include "client_fixture.hpp"

#include <sys/socket.h>

namespace taskgate::net {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

Resolver::Addresses addresses(const std::vector<const char*>& texts) {
  Resolver::Addresses all;
  for (const char* text : texts) all.push_back(make_address(text));
  return all;
}

TEST(InterleaveFamilies, TakesThemInTurnFromTheFirstOne) {
  EXPECT_EQ(interleave_families(addresses({"::1", "::2", "::3", "1.0.0.1", "1.0.0.2"})),
            addresses({"::1", "1.0.0.1", "::2", "1.0.0.2", "::3"}));
  EXPECT_EQ(interleave_families(addresses({"1.0.0.1", "1.0.0.2", "::1"})),
            addresses({"1.0.0.1", "::1", "1.0.0.2"}));
  EXPECT_EQ(interleave_families(addresses({"1.0.0.1", "1.0.0.2"})),
            addresses({"1.0.0.1", "1.0.0.2"}));
  EXPECT_TRUE(interleave_families({}).empty());
}

TEST(InterleaveFamilies, StopsAtTheBound) {
  Resolver::Addresses many(100, make_address("1.0.0.1"));
  many.insert(many.begin(), 100, make_address("::1"));

  const auto order = interleave_families(many);

  EXPECT_EQ(order.size(), kMaxAddresses);
  EXPECT_TRUE(order[1].is_v4());
}

class FixedResolver final : public Resolver {
 public:
  explicit FixedResolver(Addresses answer) : answer_(std::move(answer)) {}
  void resolve(std::string, Done done) override { done(answer_); }

 private:
  Addresses answer_;
};

// An address on which nothing answers a SYN: its queue of connections is full.
class BlackHole {
 public:
  BlackHole(const char* address, std::uint16_t port)
      : endpoint_(make_address(address), port), listener_(context_) {
    listener_.open(endpoint_.protocol());
    listener_.set_option(tcp::acceptor::reuse_address(true));
    listener_.bind(endpoint_);
    listener_.listen(0);
    for (int i = 0; i < 8; ++i) {
      fillers_.emplace_back(context_);
      fillers_.back().open(endpoint_.protocol());
      fillers_.back().native_non_blocking(true);  // Asio's own connect would wait
      (void)::connect(fillers_.back().native_handle(), endpoint_.data(),
                      static_cast<socklen_t>(endpoint_.size()));
    }
  }

 private:
  boost::asio::io_context context_;
  tcp::endpoint endpoint_;
  tcp::acceptor listener_;
  std::vector<tcp::socket> fillers_;
};

class HappyEyeballs : public HttpClientFixture {
 protected:
  void resolve_to(const std::vector<const char*>& texts) {
    options_.resolver = std::make_shared<FixedResolver>(addresses(texts));
  }
  static std::string url(const ScriptedUpstream& upstream) {
    return "http://upstream.test:" + std::to_string(upstream.port()) + "/";
  }
};

TEST_F(HappyEyeballs, ADeadAddressCostsAQuarterOfASecondAndNotTheTimeout) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "x"));
  const BlackHole dead("127.0.0.2", upstream.port());
  resolve_to({"127.0.0.2", "127.0.0.1"});
  timeouts_.connect = 30s;
  const auto begun = SteadyClock::now();

  const auto response = fetch(get(url(upstream)));

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_GE(SteadyClock::now() - begun, kConnectStagger);
  EXPECT_LT(SteadyClock::now() - begun, 15s);
}

TEST_F(HappyEyeballs, ARefusedAddressIsFollowedByTheNextAtOnce) {
  ScriptedUpstream upstream;
  upstream.enqueue(Reply::whole(200, "", "x"));
  resolve_to({"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"});

  const auto response = fetch(get(url(upstream)));

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_LT(*response->timings.connect, kConnectStagger * 4) << "no stagger between refusals";
}

TEST_F(HappyEyeballs, WhenAllRefuseTheErrorSaysSo) {
  std::uint16_t port = 0;
  {
    const ScriptedUpstream gone;
    port = gone.port();
  }
  resolve_to({"127.0.0.2", "::1", "127.0.0.1"});

  const auto response = fetch(get("http://upstream.test:" + std::to_string(port) + "/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::upstream_unavailable);
  EXPECT_NE(response.error().message().find("refused"), std::string::npos);
}

TEST_F(HappyEyeballs, WhenNoneAnswersItIsATimeout) {
  ScriptedUpstream upstream;
  const BlackHole one("127.0.0.2", upstream.port());
  const BlackHole two("127.0.0.3", upstream.port());
  resolve_to({"127.0.0.2", "127.0.0.3"});
  timeouts_.connect = 400ms;

  const auto response = fetch(get(url(upstream)));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Errc::timeout);
}

TEST_F(HappyEyeballs, OnlyAllowedAddressesTakePart) {
  ScriptedUpstream upstream;
  upstream.otherwise([](const test::SeenRequest&) { return Reply::whole(200, "", "x"); });
  resolve_to({"127.0.0.1", "127.0.0.2"});
  ClientRequest request = get(url(upstream));
  request.address_policy = [](const boost::asio::ip::address& address,
                              std::uint16_t) -> Result<void> {
    if (address == make_address("127.0.0.2")) return {};
    return Error(Errc::forbidden, "not that one");
  };

  const auto response = fetch(std::move(request));

  EXPECT_FALSE(response);
  EXPECT_TRUE(upstream.requests().empty());
}

TEST_F(HappyEyeballs, CancellationEndsTheRace) {
  ScriptedUpstream upstream;
  const BlackHole dead("127.0.0.2", upstream.port());
  resolve_to({"127.0.0.2"});
  test::Cancellable call(context_,
                         [](HttpClient& on, ClientRequest request) -> boost::asio::awaitable<void> {
                           (void)co_await on.open(std::move(request));
                         }(client(), get(url(upstream))));
  context_.run_for(50ms);
  ASSERT_FALSE(call.ended());
  const auto begun = SteadyClock::now();

  call.cancel();

  EXPECT_TRUE(call.wait());
  EXPECT_LT(SteadyClock::now() - begun, 5s);
}

}  // namespace
}  // namespace taskgate::net
