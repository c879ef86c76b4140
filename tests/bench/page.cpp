#include "page.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace taskgate::bench {
namespace {

constexpr std::string_view kMeasuredBegin = "<!-- measured: begin -->\n";
constexpr std::string_view kMeasuredEnd = "<!-- measured: end -->\n";

struct Page {
  std::string text;
  std::size_t from = 0;  // what is replaced
  std::size_t to = 0;
};

Page read_page(const std::filesystem::path& path) {
  Page page;
  page.text = std::string(kMeasuredBegin) + std::string(kMeasuredEnd);
  if (std::ifstream file(path, std::ios::binary); file) {
    page.text.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto begin = page.text.find(kMeasuredBegin);
  page.to = page.text.find(kMeasuredEnd);
  if (begin == std::string::npos || page.to == std::string::npos || page.to < begin) {
    throw std::runtime_error(path.string() + " has no place for the tables: it needs the lines\n" +
                             std::string(kMeasuredBegin) + std::string(kMeasuredEnd));
  }
  page.from = begin + kMeasuredBegin.size();
  return page;
}

}  // namespace

void check_page(const std::filesystem::path& page) {
  read_page(page);
}

void write_page(const std::filesystem::path& page, const std::string& measured) {
  auto [text, from, to] = read_page(page);
  text.replace(from, to - from, "\n" + measured + "\n");
  std::ofstream file(page, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + page.string());
}

}  // namespace taskgate::bench
