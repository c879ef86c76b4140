#pragma once
// A certificate authority made when the test starts, and leaves signed by it. Nothing is stored in
// the repository and nothing can expire.

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace taskgate::test {

struct LeafOptions {
  std::string names = "DNS:localhost,IP:127.0.0.1";  ///< subjectAltName
  bool expired = false;
  bool self_signed = false;  ///< by itself instead of by the authority
};

class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  /// PEM file with the authority's certificate, for ClientOptions::ca_file.
  const std::string& ca_file() const;
  /// A server's context with a fresh leaf.
  boost::asio::ssl::context server_context(const LeafOptions& leaf) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskgate::test
