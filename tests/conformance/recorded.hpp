#pragma once
// Recorded streams of every protocol (see the MANIFEST.json beside them for source and licence),
// and what a naive reader makes of them: the oracle of the replay tests.

#include "providers/codec.hpp"
#include "taskgate/providers/provider.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::test {

struct Recording {
  std::string protocol;
  std::string name;    ///< of the file, and "#2" for the second stream in it
  std::string stream;  ///< empty: the fixtures are absent
};

std::filesystem::path fixtures();
/// Every recorded stream; a file that holds several, one after the other, is several. Without the
/// fixtures one empty recording.
std::vector<Recording> recordings();
/// Recorded bodies that are no streams: gemini's, and those of errors.
std::vector<Recording> recorded_bodies();
/// Where each event of a stream begins, and its end.
std::vector<std::size_t> event_starts(std::string_view stream);
/// The codec under test with nothing configured.
std::unique_ptr<providers::Codec> codec_of(const std::string& protocol);

/// What is expected and what was got, in one comparable form.
struct Answer {
  std::string text;
  std::string reasoning;
  std::vector<std::string> calls;  ///< id name arguments; without the ids that are our own
  std::string raw_finish;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::string model;
  std::string failure;  ///< the class; empty: a turn
  bool operator==(const Answer&) const = default;
};
void PrintTo(const Answer& answer, std::ostream* out);

Answer answer_of(const providers::TurnOutcome& outcome,
                 const std::string& sink_text,
                 const std::string& sink_reasoning);
/// Every data line through the JSON library, no streaming, no cleverness.
Answer oracle(const Recording& recording);

}  // namespace taskgate::test
