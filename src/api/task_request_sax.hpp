#pragma once
// The events of nlohmann's SAX parser, turned into an engine::TaskRequest. Knows the shape of the
// body: a small stack of places, each with its own rules; what the attempt reads again later
// (input, schema) is checked and dropped.

#include "api/problem.hpp"
#include "api/task_request.hpp"
#include "taskgate/engine/task_request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace taskgate::api {

/// Collects faults up to kMaxFaults, and remembers that there were more.
class FaultList {
 public:
  void add(std::string path, std::string message);
  bool is_full() const noexcept { return faults_.size() >= kMaxFaults; }
  std::vector<Fault> take();

 private:
  std::vector<Fault> faults_;
  bool more_ = false;
};

/// One JSON value as the parser reports it; containers are reported at their start.
struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, object, array };
  Kind kind = Kind::null;
  bool boolean = false;
  bool fits_int64 = false;   ///< of an integer
  std::int64_t integer = 0;  ///< when fits_int64
  double number = 0;         ///< of integers and numbers
  std::string_view text;     ///< of a string; of a number its spelling
};

/// A consumer for nlohmann::json::sax_parse. Use once.
class TaskRequestSax {
 public:
  TaskRequestSax(engine::TaskRequest& request, FaultList& faults, const UrlCheck& check_url);

  bool null();
  bool boolean(bool value);
  bool number_integer(std::int64_t value);
  bool number_unsigned(std::uint64_t value);
  bool number_float(double value, const std::string& spelling);
  bool string(std::string& value);
  bool binary(std::vector<std::uint8_t>& value);
  bool start_object(std::size_t count);
  bool key(std::string& name);
  bool end_object();
  bool start_array(std::size_t count);
  bool end_array();
  template <class Exception>  // its namespace changes with nlohmann's version
  bool parse_error(std::size_t, const std::string&, const Exception& why) {
    return fail_syntax(why.what());
  }

  /// After a failed parse: what was wrong and where.
  const std::string& syntax_error() const noexcept { return syntax_error_; }

 private:
  enum class Place : std::uint8_t {
    root,
    envelope,
    messages,
    message,
    parts,
    part,
    metadata,
    tags,
    fallbacks,
    context,
    judge,
    catalogues,
    catalogue,
    catalogue_values,
    severities,
    tools,
    budget,
    webhook,
    webhook_events
  };
  struct Frame {
    Place place = Place::root;
    std::string key;         // current member, of an object
    std::size_t index = 0;   // current element, of an array; counted from one before the first
    int field = -1;          // number of the current member in the place's list; -1: unknown
    std::uint32_t seen = 0;  // members that have come, by number
  };

  bool fail_syntax(std::string_view what);
  Frame& top() noexcept { return frames_[depth_]; }
  void push(Place place);
  void pop();
  void skip_if_container(const JsonValue& value) noexcept;
  std::string pointer() const;
  void fault(std::string message);
  bool expect(const JsonValue& value, JsonValue::Kind kind, std::string_view what);
  std::optional<std::int64_t> integer_in(const JsonValue& value,
                                         std::int64_t low,
                                         std::int64_t high);
  std::optional<TimePoint> time_of(const JsonValue& value);

  void leave();
  void on_value(const JsonValue& value);
  void root_value(const JsonValue& value);
  void envelope_value(const JsonValue& value);
  void container_field(const JsonValue& value);
  void scheduling_field(const JsonValue& value);
  void choice_field(const JsonValue& value);
  void model_field(const JsonValue& value);
  bool is_model_name(const JsonValue& value);
  void input_field(const JsonValue& value);
  void messages_value(const JsonValue& value);
  void message_value(const JsonValue& value);
  void parts_value(const JsonValue& value);
  void part_value(const JsonValue& value);
  void metadata_value(const JsonValue& value);
  void tags_value(const JsonValue& value);
  void fallbacks_value(const JsonValue& value);
  void context_value(const JsonValue& value);
  void judge_value(const JsonValue& value);
  void catalogues_value(const JsonValue& value);
  void catalogue_value(const JsonValue& value);
  void catalogue_values_value(const JsonValue& value);
  void checks_container(const JsonValue& value);
  void checks_field(const JsonValue& value);
  void agent_field(const JsonValue& value);
  void tools_value(const JsonValue& value);
  void budget_value(const JsonValue& value);
  void webhook_value(const JsonValue& value);
  void webhook_event_value(const JsonValue& value);
  void one_of(const JsonValue& value, std::span<const std::string_view> names);
  void only(const JsonValue& value,
            std::string_view supported,
            std::span<const std::string_view> names);

  engine::TaskRequest& request_;
  FaultList& faults_;
  const UrlCheck& check_url_;
  std::array<Frame, 8> frames_;  // the deepest place is 5 below the root
  std::size_t depth_ = 0;
  std::size_t skipping_ = 0;                  // open containers below a value that needs no look
  std::unordered_set<std::string> distinct_;  // metadata keys, tags or models so far
  std::string syntax_error_;
};

}  // namespace taskgate::api
