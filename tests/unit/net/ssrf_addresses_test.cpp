// Every block of the deny list by its edges: one address before, the first, the last, one after.

#include "taskgate/net/ssrf_guard.hpp"

#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

using boost::asio::ip::make_address;

struct AddressCase {
  const char* address;
  const char* rule;  // a part of the refusal's message; null: must pass
};

constexpr const char* kPass = nullptr;

constexpr AddressCase kV4Cases[] = {
    {"0.0.0.0", "this network"},
    {"0.255.255.255", "this network"},
    {"1.0.0.0", kPass},
    {"9.255.255.255", kPass},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"11.0.0.0", kPass},
    {"100.63.255.255", kPass},
    {"100.64.0.0", "shared"},
    {"100.100.100.200", "shared"},  // Alibaba Cloud metadata
    {"100.127.255.255", "shared"},
    {"100.128.0.0", kPass},
    {"126.255.255.255", kPass},
    {"127.0.0.0", "loopback"},
    {"127.0.0.1", "loopback"},
    {"127.1.2.3", "loopback"},
    {"127.255.255.255", "loopback"},
    {"128.0.0.0", kPass},
    {"168.63.129.15", kPass},
    {"168.63.129.16", "Azure"},
    {"168.63.129.17", kPass},
    {"169.253.255.255", kPass},
    {"169.254.0.0", "link-local"},
    {"169.254.169.254", "link-local"},  // AWS, Azure, GCP metadata
    {"169.254.170.2", "link-local"},    // AWS ECS credentials
    {"169.254.255.255", "link-local"},
    {"169.255.0.0", kPass},
    {"172.15.255.255", kPass},
    {"172.16.0.0", "private"},
    {"172.17.0.1", "private"},
    {"172.31.255.255", "private"},
    {"172.32.0.0", kPass},
    {"191.255.255.255", kPass},
    {"192.0.0.0", "IETF"},
    {"192.0.0.192", "IETF"},  // Oracle Cloud metadata
    {"192.0.0.255", "IETF"},
    {"192.0.1.0", kPass},
    {"192.0.1.255", kPass},
    {"192.0.2.0", "documentation"},
    {"192.0.2.255", "documentation"},
    {"192.0.3.0", kPass},
    {"192.88.98.255", kPass},
    {"192.88.99.0", "6to4"},
    {"192.88.99.255", "6to4"},
    {"192.88.100.0", kPass},
    {"192.167.255.255", kPass},
    {"192.168.0.0", "private"},
    {"192.168.255.255", "private"},
    {"192.169.0.0", kPass},
    {"198.17.255.255", kPass},
    {"198.18.0.0", "benchmarking"},
    {"198.19.255.255", "benchmarking"},
    {"198.20.0.0", kPass},
    {"198.51.99.255", kPass},
    {"198.51.100.0", "documentation"},
    {"198.51.100.255", "documentation"},
    {"198.51.101.0", kPass},
    {"203.0.112.255", kPass},
    {"203.0.113.0", "documentation"},
    {"203.0.113.255", "documentation"},
    {"203.0.114.0", kPass},
    {"223.255.255.255", kPass},
    {"224.0.0.0", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.0", "reserved"},
    {"255.255.255.254", "reserved"},
    {"255.255.255.255", "broadcast"},
    {"8.8.8.8", kPass},
};

constexpr AddressCase kV6Cases[] = {
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "IPv4-compatible"},
    {"::127.0.0.1", "IPv4-compatible"},
    {"::ffff:ffff", "IPv4-compatible"},
    {"::1:0:0", "global unicast"},
    {"::fffe:ffff:ffff", "global unicast"},
    {"::ffff:0.0.0.0", "this network"},
    {"::ffff:10.0.0.1", "private"},
    {"::ffff:127.0.0.1", "loopback"},
    {"0000:0000:0000:0000:0000:ffff:7f00:0001", "loopback"},
    {"::ffff:169.254.169.254", "link-local"},
    {"::ffff:a9fe:a9fe", "link-local"},
    {"::ffff:192.168.1.1", "private"},
    {"::ffff:255.255.255.255", "broadcast"},
    {"::ffff:8.8.8.8", kPass},
    {"::ffff:0:127.0.0.1", "IPv4-translated"},
    {"::ffff:0:8.8.8.8", "IPv4-translated"},
    {"64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast"},
    {"64:ff9b::", "NAT64"},
    {"64:ff9b::127.0.0.1", "NAT64"},
    {"64:ff9b::a9fe:a9fe", "NAT64"},
    {"64:ff9b::ffff:ffff", "NAT64"},
    {"64:ff9b::1:0:0", "global unicast"},
    {"64:ff9b:1::", "local-use NAT64"},
    {"64:ff9b:1::10.0.0.1", "local-use NAT64"},
    {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local-use NAT64"},
    {"64:ff9b:2::", "global unicast"},
    {"100::", "discard"},
    {"100::ffff:ffff:ffff:ffff", "discard"},
    {"100:0:0:1::", "global unicast"},
    {"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast"},
    {"2000::", kPass},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kPass},
    {"2001::", "Teredo"},
    {"2001:0:7f00:1::", "Teredo"},
    {"2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"},
    {"2001:1::1", "IETF"},
    {"2001:2::", "benchmarking"},
    {"2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking"},
    {"2001:2:1::", "IETF"},
    {"2001:10::", "ORCHID"},
    {"2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID"},
    {"2001:20::", "ORCHIDv2"},
    {"2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHIDv2"},
    {"2001:30::", "IETF"},
    {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "IETF"},
    {"2001:200::", kPass},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", kPass},
    {"2001:db8::", "documentation"},
    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
    {"2001:db9::", kPass},
    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kPass},
    {"2002::", "6to4"},
    {"2002:7f00:1::", "6to4"},
    {"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"},
    {"2003::", kPass},
    {"2606:4700:4700::1111", kPass},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kPass},
    {"3fff::", "documentation"},
    {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
    {"3fff:1000::", kPass},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", kPass},
    {"4000::", "global unicast"},
    {"5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast"},
    {"5f00::", "segment routing"},
    {"5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing"},
    {"5f01::", "global unicast"},
    {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast"},
    {"fc00::", "unique local"},
    {"fd00:ec2::254", "unique local"},  // AWS metadata
    {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local"},
    {"fe00::", "global unicast"},
    {"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "global unicast"},
    {"fe80::", "link-local"},
    {"fe80::1%1", "link-local"},
    {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"},
    {"fec0::", "site-local"},
    {"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local"},
    {"ff00::", "multicast"},
    {"ff02::1", "multicast"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"},
};

void expect_judgement(const AddressCase& c) {
  SCOPED_TRACE(c.address);
  const auto judged = check_address(make_address(c.address), 443, SsrfPolicy{});
  if (c.rule == nullptr) {
    EXPECT_TRUE(judged) << judged.error().message();
    return;
  }
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code(), Errc::forbidden);
  EXPECT_NE(judged.error().message().find(c.rule), std::string::npos) << judged.error().message();
}

TEST(SsrfAddresses, JudgesEveryV4BlockAtItsEdges) {
  for (const auto& c : kV4Cases) expect_judgement(c);
}

TEST(SsrfAddresses, JudgesEveryV6BlockAtItsEdges) {
  for (const auto& c : kV6Cases) expect_judgement(c);
}

TEST(SsrfAddresses, EveryDeniedV4AddressIsDeniedInItsMappedFormToo) {
  for (const auto& c : kV4Cases) {
    const std::string mapped = std::string("::ffff:") + c.address;
    expect_judgement({mapped.c_str(), c.rule});
  }
}

TEST(SsrfAddresses, MessageKeepsTheAddressForTheLog) {
  const auto judged = check_address(make_address("10.1.2.3"), 443, SsrfPolicy{});

  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().message().find("10.1.2.3"), std::string::npos);
  EXPECT_NE(judged.error().detail().find("10.1.2.3"), std::string::npos);
}

TEST(SsrfAddresses, RefusesPortsThatAreNotAllowed) {
  SsrfPolicy policy;
  const auto address = make_address("8.8.8.8");

  for (const int port : {0, 1, 22, 25, 80, 442, 444, 6379, 8080, 8442, 8444, 65535}) {
    EXPECT_FALSE(check_address(address, static_cast<std::uint16_t>(port), policy)) << port;
  }
  EXPECT_TRUE(check_address(address, 8443, policy));
  policy.allowed_ports.push_back(9000);
  EXPECT_TRUE(check_address(address, 9000, policy));
  policy.allow_http = true;
  EXPECT_TRUE(check_address(address, 80, policy));
}

TEST(SsrfAddresses, AnEmptyListOfPortsAllowsEveryPort) {
  SsrfPolicy policy;
  policy.allowed_ports.clear();

  EXPECT_TRUE(check_address(make_address("93.184.216.34"), 9000, policy));
}

TEST(SsrfAddresses, AnOperatorMayAllowPrivateNetworksAndNothingElse) {
  SsrfPolicy policy;
  policy.allow_private = true;
  policy.own_listeners.push_back({make_address("10.0.0.1"), 8080});

  for (const char* inside :
       {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "::1",
        "fd12::1", "::ffff:10.0.0.1", "93.184.216.34"}) {
    EXPECT_TRUE(check_address(make_address(inside), 9000, policy)) << inside;
  }
  for (const char* never :
       {"169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "100.100.100.200", "fd00:ec2::254",
        "168.63.129.16", "192.0.2.1", "::ffff:169.254.169.254"}) {
    EXPECT_FALSE(check_address(make_address(never), 9000, policy)) << never;
  }
  EXPECT_FALSE(check_address(make_address("10.0.0.1"), 8080, policy)) << "this server itself";
}

TEST(SsrfAddresses, RefusesOwnListenersInEitherForm) {
  SsrfPolicy policy;
  policy.own_listeners.push_back({make_address("8.8.4.4"), 443});

  EXPECT_FALSE(check_address(make_address("8.8.4.4"), 443, policy));
  EXPECT_FALSE(check_address(make_address("::ffff:8.8.4.4"), 443, policy));
  EXPECT_TRUE(check_address(make_address("8.8.4.4"), 8443, policy));
  EXPECT_TRUE(check_address(make_address("8.8.8.8"), 443, policy));
}

TEST(SsrfAddresses, LoopbackPassesOnlyByTheTestFlagAndNeverToOwnListeners) {
  SsrfPolicy policy;
  policy.allow_loopback_for_tests = true;
  policy.own_listeners.push_back({make_address("0.0.0.0"), 8080});

  EXPECT_TRUE(check_address(make_address("127.0.0.1"), 31337, policy));
  EXPECT_TRUE(check_address(make_address("127.8.9.10"), 31337, policy));
  EXPECT_TRUE(check_address(make_address("::1"), 31337, policy));
  EXPECT_FALSE(check_address(make_address("127.0.0.1"), 8080, policy));
  EXPECT_FALSE(check_address(make_address("::1"), 8080, policy));
  EXPECT_FALSE(check_address(make_address("10.0.0.1"), 443, policy));
  EXPECT_FALSE(check_address(make_address("169.254.169.254"), 443, policy));
  EXPECT_FALSE(check_address(make_address("8.8.8.8"), 31337, policy));
}

TEST(SsrfAddresses, AnUnspecifiedListenerStandsForTheMachinesAddresses) {
  const auto found = own_endpoints(make_address("0.0.0.0"), 8080);
  const auto named = own_endpoints(make_address("127.0.0.1"), 8080);

  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].port, 8080);
  EXPECT_GE(found.size(), 2U);  // itself, and at least loopback's address
}

}  // namespace
}  // namespace taskgate::net
