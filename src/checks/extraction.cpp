#include "checks/extraction.hpp"

#include <algorithm>

namespace taskgate::checks {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kFence = "```";
constexpr int kMaxCandidates = 256;    // brackets or fences that are tried
constexpr std::size_t kCitation = 16;  // bytes: "[1]", "[2, 3]" in prose is no answer

std::string_view trimmed_json(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Extraction make_extraction(std::string_view text,
                           std::string_view json,
                           Wrapping wrapping,
                           const JsonScanner& scanner) {
  Extraction found;
  found.state = scanner.state();
  found.wrapping = wrapping;
  found.json = json;
  found.begin = static_cast<std::size_t>(json.data() - text.data());
  if (found.state == ScanState::open) {
    found.cut_pointer = scanner.cut_pointer();
    found.closed = closed_repair(json, scanner);
  }
  return found;
}

Extraction nothing_found(bool ambiguous) {
  Extraction found;
  found.state = ScanState::invalid;
  found.ambiguous = ambiguous;
  return found;
}

bool is_container(std::string_view json) {
  return !json.empty() && (json.front() == '{' || json.front() == '[');
}

// The body of the fence that opens at `open`; `end` is set past its closing marker.
std::string_view fence_body(std::string_view text, std::size_t open, std::size_t& end) {
  const auto line = text.find('\n', open);
  if (line == std::string_view::npos) {
    end = text.size();
    return {};
  }
  // The closing marker stands at the beginning of a line: inside a JSON string there is no newline.
  auto close = text.find("\n```", line);
  if (close == std::string_view::npos) {
    end = text.size();
    return text.substr(line + 1);
  }
  end = close + 1 + kFence.size();
  return close > line ? text.substr(line + 1, close - line - 1) : std::string_view();
}

std::optional<Extraction> from_fences(std::string_view text) {
  std::optional<Extraction> found;
  std::size_t pos = text.find(kFence);
  for (int i = 0; i < kMaxCandidates && pos != std::string_view::npos; ++i) {
    std::size_t end = 0;
    const auto body = trimmed_json(fence_body(text, pos, end));
    pos = end < text.size() ? text.find(kFence, end) : std::string_view::npos;
    if (!is_container(body)) continue;
    JsonScanner scanner;
    if (scan_json(body, scanner) == ScanState::invalid) continue;
    if (found) return nothing_found(true);
    found = make_extraction(text, body, Wrapping::fence, scanner);
  }
  return found;
}

bool is_citation(std::string_view json) {
  return json.front() == '[' && json.size() < kCitation &&
         json.find_first_of("{\"") == std::string_view::npos;
}

// Brackets that belong together are part of prose; others are of a document that was not read.
bool has_loose_brackets(std::string_view text) {
  return text.find_first_of("{}") != std::string_view::npos ||
         std::count(text.begin(), text.end(), '[') != std::count(text.begin(), text.end(), ']');
}

bool has_brackets_outside(std::string_view text, const Extraction& found) {
  return has_loose_brackets(text.substr(0, found.begin)) ||
         has_loose_brackets(text.substr(found.begin + found.json.size()));
}

Extraction from_prose(std::string_view text) {
  std::optional<Extraction> best;
  std::size_t pos = text.find_first_of("{[");
  for (int i = 0; pos != std::string_view::npos; ++i) {
    if (i == kMaxCandidates) return nothing_found(false);
    JsonScanner scanner;
    const std::size_t taken = scanner.feed(text.substr(pos));
    const auto json = trimmed_json(text.substr(pos, taken));
    const auto state = scanner.state();
    const bool usable = state == ScanState::complete || state == ScanState::open;
    if (usable && (!best || is_citation(best->json))) {
      best = make_extraction(text, json, Wrapping::prose, scanner);
    } else if (usable && !is_citation(json)) {
      return nothing_found(true);
    }
    pos = text.find_first_of("{[", pos + std::max<std::size_t>(taken, 1));
  }
  if (!best) return nothing_found(false);
  if (has_brackets_outside(text, *best)) return nothing_found(true);
  return *std::move(best);
}

}  // namespace

Extraction scan_bare_json(std::string_view text) {
  const auto json = trimmed_json(text);
  JsonScanner scanner;
  const auto state = scan_json(json, scanner);
  if (state == ScanState::invalid) return nothing_found(false);
  if (state == ScanState::empty) return {};
  return make_extraction(text, json, Wrapping::bare, scanner);
}

Extraction extract_json(std::string_view text) {
  auto bare = scan_bare_json(text);
  if (bare.state != ScanState::invalid) return bare;
  if (auto fenced = from_fences(text)) return *std::move(fenced);
  return from_prose(text);
}

}  // namespace taskgate::checks
