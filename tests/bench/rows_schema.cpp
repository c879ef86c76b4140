// Rows of JSON Schema: schema_bench's figures that have a goal. Its whole table is its own.

#include "lab.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

namespace taskgate::bench {
namespace {

using namespace std::chrono_literals;

/// The figure of the table's row with that name.
double figure_of(const std::string& table, const std::string& name) {
  const std::string row = "| " + name + " | ";
  const auto at = table.find(row);
  double value = 0;
  if (at == std::string::npos ||
      std::from_chars(table.data() + at + row.size(), table.data() + table.size(), value).ec !=
          std::errc()) {
    throw std::runtime_error("schema_bench said nothing of '" + name + "': " + table);
  }
  return value;
}

}  // namespace

void measure_schema(Lab& lab, Report& report) {
  FigureRow plain{
      "JSON Schema validation of 2 KB with 50 items", "µs", {}, Goal::at_most(30, "< 30")};
  FigureRow rich{"the same with a pattern, an anyOf and a multipleOf on every item", "µs", {}, {}};
  Command command;
  command.arguments = {lab.settings().schema_bench.string()};
  command.error_file = lab.folder() / "schema.stderr.txt";
  for (int round = 1; round <= lab.settings().rounds; ++round) {
    Lab::progress("JSON Schema, round " + std::to_string(round));
    const auto end = run_program(command, 120s);
    if (end.status != 0) throw std::runtime_error("schema_bench: " + tail_of(command.error_file));
    plain.values.add(figure_of(end.output, "plain: validation only"));
    rich.values.add(figure_of(end.output, "patterns, anyOf, multipleOf: validation only"));
  }
  report.figures.push_back(std::move(plain));
  report.figures.push_back(std::move(rich));
}

}  // namespace taskgate::bench
