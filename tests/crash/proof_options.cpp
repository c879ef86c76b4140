#include "crash/proof_options.hpp"

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>

namespace taskgate::crash {

namespace {

std::uint64_t number_of(const char* text) {
  return std::strtoull(text, nullptr, 10);
}

ProofOptions read_proof_options(int count,
                                char** words,
                                const std::string& name,
                                std::size_t usual) {
  ProofOptions options;
  options.count = usual;
  options.program = TASKGATE_PROGRAM;
  options.seed =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) %
      1'000'000;
  std::string variable = "TASKGATE_";
  for (const char c : name) variable += static_cast<char>(std::toupper(c));
  if (const char* number = std::getenv(variable.c_str())) options.count = number_of(number);
  if (const char* seed = std::getenv("TASKGATE_SEED")) options.seed = number_of(seed);
  for (int index = 1; index < count; ++index) {
    const std::string_view flag = words[index];
    if (flag == "--keep") {
      options.keep = true;
      continue;
    }
    const char* value = ++index < count ? words[index] : "";
    if (flag == "--" + name)
      options.count = number_of(value);
    else if (flag == "--seed")
      options.seed = number_of(value);
    else if (flag == "--program")
      options.program = value;
    else
      throw std::runtime_error("unknown flag " + std::string(flag) + "; there are --" + name +
                               " N, --seed S, --program FILE, --keep");
  }
  return options;
}

}  // namespace

int run_proof(int count,
              char** words,
              const std::string& name,
              std::size_t usual,
              const std::function<int(const ProofOptions&)>& proof) {
  try {
    return proof(read_proof_options(count, words, name, usual));
  } catch (const std::exception& error) {
    std::cout << "FAILED: " << error.what() << std::endl;
    return 1;
  }
}

}  // namespace taskgate::crash
