#pragma once
// One trial of the crash matrix: a task whose agent writes, a crash at one moment of a call,
// another life, and what can be asked of both.

#include "crash/proof_options.hpp"
#include "crash/tool_server.hpp"
#include "support/api_client.hpp"
#include "support/program.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace taskgate::crash {

/// Where a life ends.
struct CrashMoment {
  std::string name;                  ///< of a crash point, or of a moment of the tool server
  std::optional<ToolMoment> server;  ///< set: the tool server kills the program
  bool in_window = false;            ///< between the dispatch and the commit of its outcome
};
const std::vector<CrashMoment>& crash_moments();

/// A kind of tool and what is declared of it.
struct ToolVariant {
  std::string name;
  std::string kind;    ///< "http", "mcp", "demo"
  std::string effect;  ///< "read", "write"
  std::string policy;  ///< "ask", "reconcile", "retry_same_key", "approval"
};
const std::vector<ToolVariant>& tool_variants();

struct ToolVerdict {
  bool crashed = false;
  bool surfaced = false;  ///< the task asked about an unknown outcome, or says how it was settled
  std::vector<std::string> violations;
};

class ToolTrial {
 public:
  ToolTrial(const ProofOptions& options,
            const CrashMoment& moment,
            const ToolVariant& variant,
            std::uint64_t seed);
  ToolVerdict run();

 private:
  using Json = nlohmann::json;

  void write_config();
  void start(bool may_crash);
  Json task_body() const;
  Json settle();
  Json follow(test::ApiClient& client, std::chrono::milliseconds patience);
  void resolve(test::ApiClient& client, const Json& waiting);
  void judge(const Json& task);
  void contradict(std::string what) { verdict_.violations.push_back(std::move(what)); }
  bool is_write() const { return variant_.effect == "write"; }
  std::string tool_name() const;

  const CrashMoment& moment_;
  const ToolVariant& variant_;
  const std::uint64_t seed_;
  test::ScratchFolder scratch_;
  ToolServer server_;
  std::unique_ptr<test::Program> program_;
  std::uint16_t port_ = 0;
  std::string id_;
  std::set<std::string> asked_;            // keys of unknown outcome
  std::set<std::string> first_life_keys_;  // that the server has seen before the crash
  ToolVerdict verdict_;
};

}  // namespace taskgate::crash
