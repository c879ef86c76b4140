# Arbitrary bytes as model output through every check. The program mutates its own seeds, so that it
# runs under any compiler and sanitizer; TASKGATE_FUZZ_SECONDS (5) bounds it.
add_executable(checks_fuzz checks_fuzz.cpp)
target_link_libraries(checks_fuzz PRIVATE taskgate_checks)
add_test(NAME checks_fuzz COMMAND checks_fuzz)
set_tests_properties(checks_fuzz PROPERTIES LABELS fuzz TIMEOUT 300)
