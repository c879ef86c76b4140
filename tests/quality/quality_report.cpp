// Writes docs/quality.md from the labelled data, or checks that it says what the code does.
//
//   quality_report            prints the page, and on stderr the tuning cases that are misjudged
//   quality_report --write F  writes it
//   quality_report --check F  fails when F differs, or when a promise of the page is broken

#include "quality/measure.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace taskgate::quality {
namespace {

constexpr std::size_t kRounds = 60;  // mutations tried for each document and mutator

struct Figures {
  RefusalFigures first = measure_refusal("refusal_tuning_1.jsonl");
  RefusalFigures second = measure_refusal("refusal_tuning_2.jsonl");
  RefusalFigures held_out = measure_refusal("refusal_held_out.jsonl");
  TruncationFigures truncation = measure_truncation();
  DriftFigures drift = measure_drift(kRounds);
  std::vector<std::string> wrong;  // tuning cases; nobody looks at those that are held out
  Detection grounding_tuning = measure_grounding("tuning", &wrong);
  Detection grounding = measure_grounding("held_out", nullptr);
};

void refusal_row(std::ostream& out, const char* name, const RefusalFigures& figures) {
  out << "| " << name << " | " << figures.certain.size() << " | "
      << to_string(figures.certain.precision()) << " | " << to_string(figures.certain.recall())
      << " | " << to_string(figures.suspected.precision()) << " | "
      << to_string(figures.suspected.recall()) << " |\n";
}

void write_refusal(std::ostream& out, const Figures& figures) {
  out << "## Refusal in words\n\n"
         "The protocol's own fields are exact and not counted here. `error` is what sets a task's "
         "status; `info` (suspected) never does.\n\n"
         "| cases | n | precision, `error` | recall, `error` | precision, with `info` | recall, "
         "with `info` |\n|---|---|---|---|---|---|\n";
  refusal_row(out, "held out", figures.held_out);
  refusal_row(out, "tuning, first set", figures.first);
  refusal_row(out, "tuning, second set", figures.second);
  out << "\nEnglish, German, French, Spanish, Portuguese, Chinese, Japanese, Russian; half of each "
         "set are hard negatives (condolences, quotations, reports of a refusal, missing "
         "attachments, letters that decline something). The rules were written on the first set. "
         "The second was then measured untouched (precision 91.8 %, 67 of 73; recall 63.2 %, 67 of "
         "106) and joined the tuning. The held-out set was written after the rules had been "
         "frozen, and they were not changed after it was measured. All sets were written by the "
         "authors of the rules, not drawn from traffic: expect less on texts from elsewhere, and "
         "watch `suspected` on your own.\n\n";
}

void write_truncation(std::ostream& out, const TruncationFigures& figures) {
  out << "## Truncated JSON\n\n"
      << figures.documents
      << " documents, each written compact, indented and in ASCII, cut at every byte.\n\n"
         "| what | share |\n|---|---|\n"
      << "| cuts flagged | " << to_string(figures.flagged) << " |\n"
      << "| cuts with a repair on offer | " << to_string(figures.closable) << " |\n"
      << "| repairs that parse | " << to_string(figures.parses) << " |\n"
      << "| repairs that hold nothing but what had come | " << to_string(figures.is_prefix)
      << " |\n"
      << "| whole documents that were not flagged | " << to_string(figures.whole_kept) << " |\n\n"
      << "By construction: the scan follows the grammar of RFC 8259. A number at the root is the "
         "exception (`123` cut to `12` is JSON); only the finish reason tells. What a repair "
         "cannot "
         "know is whether the parts that never came mattered: it is applied only if the schema is "
         "met, and the task ends as `partial_success`.\n\n";
}

void write_drift(std::ostream& out, const DriftFigures& figures) {
  out << "## Schema drift and repairs\n\n"
         "Valid documents of `tests/data/quality/documents.jsonl`, each broken by seeded mutators; "
         "distinct answers that break their schema are counted. The two rows of wrapped answers "
         "are not repairs and not in the totals.\n\n"
         "| what | share |\n|---|---|\n"
      << "| broken answers flagged | " << to_string(figures.flagged) << " |\n"
      << "| repaired, of those whose meaning can be told | " << to_string(figures.applied) << " |\n"
      << "| **right, of all applied repairs** | " << to_string(figures.right) << " |\n\n"
      << "| mutation | answers | applied | right | proposed only |\n|---|---|---|---|---|\n";
  for (const auto& row : figures.rows)
    out << "| " << row.mutator << " | " << row.cases << " | " << row.applied << " | " << row.right
        << " | " << row.proposed << " |\n";
  out << "\nA repair is applied when the patched document validates and every edit has a "
         "confidence "
         "of 0.9 or more; the rest is proposed as a patch. Misspelt names are 0.8, and so only "
         "proposed. The mutators come from what models are known to do; the confidences are rules, "
         "checked on this corpus and not fitted to it.\n\n";
}

void write_grounding(std::ostream& out, const Figures& figures) {
  const auto row = [&out](const char* name, const Detection& detection) {
    out << "| " << name << " | " << detection.size() << " | " << to_string(detection.precision())
        << " | " << to_string(detection.recall()) << " |\n";
  };
  out << "## Grounding\n\nAnswers with a changed number, date, URL, address, identifier, quotation "
         "or citation, against answers that restate, round, add or reformat what the context "
         "says.\n\n| cases | n | precision | recall |\n|---|---|---|---|\n";
  row("held out", figures.grounding);
  row("tuning", figures.grounding_tuning);
  out << "\nThe check looks facts up; it does not read. A wrong claim made of right facts passes, "
         "whole numbers up to 12 are not looked at, and a number that is a sum or difference of "
         "two "
         "given ones counts as given. Month names and the words for `%` are read in English only. "
         "The cases were split "
         "by context before the check was run on "
         "any. Two faults that the tuning cases showed were mended after the held-out figures had "
         "been "
         "seen once (precision and recall 90.9 %, 30 of 33 each); nothing was changed for a "
         "held-out "
         "case.\n\n";
}

std::string page(const Figures& figures) {
  std::ostringstream out;
  out << "# Quality of the checks\n\n"
         "Written by `quality_report --write docs/quality.md` from the labelled data in "
         "`tests/data/quality`; a test fails when this page and the code differ. Every share has "
         "its 95 % Wilson interval and its count.\n\n";
  write_refusal(out, figures);
  write_truncation(out, figures.truncation);
  write_drift(out, figures.drift);
  write_grounding(out, figures);
  out << "## Not measured\n\nConsistency, confidence and the judge depend on a model's samples, "
         "probabilities and second opinion; there is no recorded data for them here. Their code is "
         "tested, their worth is not known: `confidence.calibrated` stays false until a route has "
         "200 labelled outcomes of its own.\n";
  return out.str();
}

// What must hold whatever the page says.
bool promises_hold(const Figures& figures) {
  bool held = true;
  const auto must = [&held](bool holds, const char* what) {
    if (!holds) std::fprintf(stderr, "broken promise: %s\n", what);
    held = held && holds;
  };
  const auto all = [](const Rate& rate) { return rate.of > 0 && rate.hits == rate.of; };
  must(all(figures.truncation.flagged), "every cut is flagged");
  must(all(figures.truncation.parses), "every closed repair parses");
  must(all(figures.truncation.is_prefix), "a closed repair invents nothing");
  must(all(figures.truncation.whole_kept), "no whole document is flagged as cut");
  must(all(figures.drift.flagged), "no broken answer is a success");
  must(figures.drift.right.value() >= 0.995, "99.5 % of the applied repairs are right");
  must(figures.first.certain.size() + figures.second.certain.size() +
               figures.held_out.certain.size() >=
           400,
       "400 refusal cases");
  must(figures.held_out.certain.precision().value() >= 0.9, "refusal precision");
  return held;
}

int run(int argc, char** argv) {
  const Figures figures;
  const std::string text = page(figures);
  const std::string mode = argc > 2 ? argv[1] : "";
  if (mode == "--write") {
    std::ofstream(argv[2]) << text;
  } else if (mode == "--check") {
    std::ifstream file(argv[2]);
    const std::string there{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (there != text) {
      std::fprintf(stderr, "%s is not what this code measures; run quality_report --write\n",
                   argv[2]);
      return 1;
    }
  } else {
    std::cout << text;
    for (const auto& one : figures.wrong) std::cerr << one << '\n';
  }
  return promises_hold(figures) ? 0 : 1;
}

}  // namespace
}  // namespace taskgate::quality

int main(int argc, char** argv) {
  try {
    return taskgate::quality::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quality_report: %s\n", error.what());
    return 2;
  }
}
