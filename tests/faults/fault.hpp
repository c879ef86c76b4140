#pragma once
// One way in which an upstream can misbehave, and what the gateway has to make of it. Rows of data:
// the machinery is in fault_runner, the rows are in faults_*.cpp.

#include "support/scripted_upstream.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace taskgate::test {

/// What must come out.
struct Outcome {
  /// Of a task that has one attempt: "success", "partial_success", "failed".
  std::string status;
  std::string error;          ///< errors[0].type; empty: none
  std::string failure_class;  ///< why it is repeated when it may be; empty: it never is
  std::string text;           ///< of a success: result.text
};

struct Fault {
  enum class Way {
    plain,    ///< http
    secure,   ///< https, with `leaf`
    foreign,  ///< https, by an authority that the gateway does not know
    refused,  ///< nobody listens
    slammed,  ///< accepted and closed
    mute,     ///< https to a port that never answers the handshake
    mistaken  ///< http to a TLS port
  };
  std::string kind;  ///< "transport", "status", "stream"
  std::string name;  ///< unique
  std::string protocol = "openai_chat";
  Way way = Way::plain;
  LeafOptions leaf;
  std::function<Reply()> reply;   ///< to the first attempt; made when it is needed
  std::function<Reply()> before;  ///< set: a task goes before, and is answered with this
  Outcome expected;
  bool recovers = true;  ///< false: later attempts meet the same
  /// Set: how long the retry must wait; the row ends there instead of waiting so long.
  std::optional<std::chrono::milliseconds> least_delay;
  std::optional<std::chrono::milliseconds> most_delay;
  std::optional<std::chrono::milliseconds> patience;  ///< first byte and idle timeout
  std::optional<std::chrono::milliseconds> attempt_timeout;
};

/// What came out.
struct Seen {
  Outcome outcome;
  std::string final_status;  ///< of a task that may be repeated
  int attempts = 0;          ///< of that task
  std::optional<std::chrono::milliseconds> delay;
  std::vector<std::string> complaints;  ///< where it differs from what is expected; empty: right
};

/// Plays the fault through a real gateway twice: to a task with one attempt, and to one with more.
Seen play(const Fault& fault);

std::vector<Fault> transport_faults();
std::vector<Fault> status_faults();
std::vector<Fault> chat_stream_faults();
std::vector<Fault> protocol_faults();
/// Every row.
std::vector<Fault> all_faults();

}  // namespace taskgate::test
