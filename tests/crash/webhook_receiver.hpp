#pragma once
// Takes webhooks on a loopback port, one connection after the other. The first attempt of some
// messages is refused, so that retries happen too.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::crash {

class WebhookReceiver {
 public:
  WebhookReceiver();
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  std::string url() const;
  /// Bodies that were answered 204, by task id.
  std::map<std::string, std::vector<std::string>> delivered() const;
  std::size_t attempts() const;
  /// Returns when there are more than `known` attempts, or when `patience` is over.
  void wait_for_more(std::size_t known, std::chrono::milliseconds patience) const;

 private:
  void run();
  void serve(int connection);
  unsigned answer(const std::string& message_id, const std::string& body);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable arrived_;
  std::map<std::string, std::vector<std::string>> delivered_;
  std::map<std::string, int> seen_;  // attempts by webhook-id
  std::size_t attempts_ = 0;
  std::thread thread_;
};

}  // namespace taskgate::crash
