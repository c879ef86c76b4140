#include "page.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace taskgate::bench {

void write_page(const std::filesystem::path& page, const std::string& measured) {
  constexpr std::string_view kBegin = "<!-- measured: begin -->\n";
  constexpr std::string_view kEnd = "<!-- measured: end -->\n";
  std::string text = std::string(kBegin) + std::string(kEnd);
  if (std::ifstream file(page, std::ios::binary); file) {
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw std::runtime_error(page.string() + " has no place for the tables: it needs the lines '" +
                             std::string(kBegin.substr(0, kBegin.size() - 1)) + "' and '" +
                             std::string(kEnd.substr(0, kEnd.size() - 1)) + "'");
  }
  const auto from = begin + kBegin.size();
  text.replace(from, end - from, "\n" + measured + "\n");
  std::ofstream file(page, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + page.string());
}

}  // namespace taskgate::bench
