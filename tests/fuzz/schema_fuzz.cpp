// libFuzzer's way into the schema compiler and validator.
#include "fuzz/schema_input.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  taskgate::checks::run_schema_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
