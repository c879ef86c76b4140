#pragma once
// Collects violations and puts them into words.

#include "checks/schema/program.hpp"
#include "taskgate/checks/schema.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::checks::schema {

/// Where in the document a value stands: a list through the callers' frames, written out only when
/// a violation has to be reported.
struct Place {
  const Place* parent = nullptr;     ///< nullptr: the document itself
  const std::string* key = nullptr;  ///< nullptr: an array's element
  std::size_t index = 0;

  std::string pointer() const;
};

/// What a violation says beside where it is.
struct Told {
  std::string expected;
  std::string got;
  std::string property;
};

class Report {
 public:
  Report(const Sources& sources, std::size_t limit) : sources_(sources), limit_(limit) {}

  void add(const Place& place, const Node& node, Keyword keyword, Told told);
  bool is_full() const { return all_.size() >= limit_; }
  std::size_t size() const { return all_.size(); }

  /// Removes and returns what was added since the size was `from`.
  std::vector<Violation> take_since(std::size_t from);
  /// Adds what take_since() returned, as far as there is room.
  void put_back(std::vector<Violation> violations);

 private:
  const Sources& sources_;
  std::size_t limit_;
  std::vector<Violation> all_;
};

/// A value in few words: scalars as JSON, cut at 120 bytes; "an array of 3 items".
std::string described(const nlohmann::json& value);
/// The same with the type of scalars: "string \"12\"".
std::string described_with_type(const nlohmann::json& value);
/// "integer or null".
std::string described_types(std::uint8_t types);
/// "1 item", "2 items".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);
/// JSON of a value of the schema, cut at `max_bytes`.
std::string short_json(const nlohmann::json& value, std::size_t max_bytes);

/// Of several branches that all failed, keeps the violations of the one that the value was most
/// likely meant for: the right type, the right discriminator, the fewest faults.
class ClosestBranch {
 public:
  explicit ClosestBranch(std::string instance_path) : instance_path_(std::move(instance_path)) {}

  void offer(std::vector<Violation> violations);
  std::vector<Violation> take() { return std::move(closest_); }

 private:
  std::string instance_path_;
  std::vector<Violation> closest_;
  std::size_t distance_ = 0;
  bool has_any_ = false;
};

/// What a violation costs beside finding it.
constexpr std::int64_t kStepsPerViolation = 64;

}  // namespace taskgate::checks::schema
