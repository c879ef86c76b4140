// The members of a task request that say how its answer is checked, and what is done about it. The
// attempt reads the values again.

#include "api/characters.hpp"
#include "api/task_request_fields.hpp"
#include "api/task_request_sax.hpp"

namespace taskgate::api {
namespace {

using Kind = JsonValue::Kind;

constexpr std::int64_t kMaxRepairs = 10;
constexpr std::int64_t kMaxSamples = 10;
constexpr std::size_t kMaxDocuments = 100;
constexpr std::size_t kMaxRubric = 4'000;  // characters
constexpr std::size_t kMaxCatalogues = 16;
constexpr std::size_t kMaxCatalogueValues = 10'000;  // of one
constexpr std::size_t kMaxCatalogueText = 256;       // characters of a path or a value

// A JSON pointer (RFC 6901).
bool is_pointer(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != '/') return false;
  for (auto at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

}  // namespace

void TaskRequestSax::checks_field(const JsonValue& value) {
  using enum EnvelopeField;
  switch (static_cast<EnvelopeField>(top().field)) {
    case on_invalid:
      return one_of(value, kOnInvalid);
    case max_repairs:
      (void)integer_in(value, 0, kMaxRepairs);
      return;
    case samples:
      (void)integer_in(value, 1, kMaxSamples);
      return;
    default:  // logprobs
      (void)expect(value, Kind::boolean, "true or false");
  }
}

void TaskRequestSax::checks_container(const JsonValue& value) {
  using enum EnvelopeField;
  switch (static_cast<EnvelopeField>(top().field)) {
    case context:
      if (expect(value, Kind::array, "an array of documents (strings)")) push(Place::context);
      return;
    case judge:
      if (expect(value, Kind::object, "an object with model and rubric")) push(Place::judge);
      return;
    case catalogues:
      if (expect(value, Kind::array, "an array of objects with path and values"))
        push(Place::catalogues);
      return;
    default:  // severities
      if (expect(value, Kind::object, "an object such as {\"hallucination\":\"error\"}"))
        push(Place::severities);
  }
}

void TaskRequestSax::context_value(const JsonValue& value) {
  if (!expect(value, Kind::string, "a document (a string)")) return;
  if (top().index == kMaxDocuments) fault("there may be at most 100 documents");
  if (value.text.empty()) fault("must not be empty");
}

void TaskRequestSax::judge_value(const JsonValue& value) {
  if (top().field == 0) {
    if (is_model_name(value)) request_.judge_model = value.text;
  } else if (top().field == 1) {
    if (!expect(value, Kind::string, "a string")) return;
    if (count_characters(value.text) > kMaxRubric) fault("must not be over 4000 characters");
  } else {
    skip_if_container(value);
  }
}

void TaskRequestSax::catalogues_value(const JsonValue& value) {
  if (top().index == kMaxCatalogues) fault("there may be at most 16 catalogues");
  if (expect(value, Kind::object, "an object with path and values")) push(Place::catalogue);
}

void TaskRequestSax::catalogue_value(const JsonValue& value) {
  if (top().field == 0) {
    if (!expect(value, Kind::string, "a JSON pointer into the answer such as \"/items/*/sku\""))
      return;
    if (count_characters(value.text) > kMaxCatalogueText)
      return fault("must not be over 256 characters");
    if (!is_pointer(value.text))
      fault(
          "must be a JSON pointer into the answer such as \"/items/*/sku\" (* is any member or "
          "element)");
  } else if (top().field == 1) {
    if (expect(value, Kind::array, "an array of strings")) push(Place::catalogue_values);
  } else {
    skip_if_container(value);
  }
}

void TaskRequestSax::catalogue_values_value(const JsonValue& value) {
  if (!expect(value, Kind::string, "a string")) return;
  if (top().index == kMaxCatalogueValues) fault("there may be at most 10000 values");
  if (count_characters(value.text) > kMaxCatalogueText) fault("must not be over 256 characters");
}

}  // namespace taskgate::api
