#pragma once
// Built-in tools that need nothing outside: for first steps, and for trying what the gateway does
// when an answer is lost. `taskgate dev` offers them.
//
//   demo.clock         read   the time
//   demo.calculator    read   {"expression": "2 * (3 + 4)"}
//   demo.send_email    write  {"to", "subject", "body", "simulate"}: into a list in memory.
//   simulate
//                             "lost_answer" sends and loses the answer (outcome unknown), "refused"
//                             does not send and says so
//   demo.outbox        read   what the tenant sent of that list: under which key, and how often

#include "taskgate/core/clock.hpp"
#include "taskgate/tools/tool.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace taskgate::tools {

/// An e-mail that demo.send_email took.
struct DemoEmail {
  std::string tenant;
  std::string key;
  std::string to;
  std::string subject;
  TimePoint at;
};

/// What demo.send_email has sent. Threads: any.
class DemoOutbox {
 public:
  /// Older e-mails are forgotten past 1,000.
  void add(DemoEmail email);
  /// A tenant's, newest last.
  std::vector<DemoEmail> sent_by(const std::string& tenant) const;
  /// How often that key was executed, as far as is remembered.
  int executions(const std::string& key) const;

 private:
  mutable std::mutex mutex_;
  std::deque<DemoEmail> emails_;
};

/// `clock` outlives the tools.
std::vector<std::unique_ptr<Tool>> make_demo_tools(const Clock& clock,
                                                   std::shared_ptr<DemoOutbox> outbox);

}  // namespace taskgate::tools
