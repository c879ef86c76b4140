#pragma once
// The measured part of docs/benchmarks.md: everything between two marks is replaced, what people
// wrote around it stays.

#include <filesystem>
#include <string>

namespace taskgate::bench {

/// Throws std::runtime_error when write_page would: better before the measuring than after it.
void check_page(const std::filesystem::path& page);

/// Puts `measured` between the marks of the page; a page that does not exist is made of it alone.
/// Throws std::runtime_error when the page has no marks, and then leaves it as it was.
void write_page(const std::filesystem::path& page, const std::string& measured);

}  // namespace taskgate::bench
