# libFuzzer targets, built by clang beside whatever compiler builds the rest; in the release run alone
# (the label release-only), where nothing else watches the decoders with sanitizers and strange input.
find_program(FUZZ_CLANG NAMES clang++ clang++-14 clang++-16 clang++-18 clang++-19)
# Not `function`: clang 14 cannot assemble it beside coroutines.
set(fuzz_flags -std=c++20 -g1 -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize=function
  -fno-sanitize-recover=all)
if(FUZZ_CLANG AND NOT DEFINED FUZZ_WORKS)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/probe.cpp
    "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n")
  execute_process(COMMAND ${FUZZ_CLANG} ${fuzz_flags} probe.cpp -o probe
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  if(code EQUAL 0)
    set(FUZZ_WORKS ON CACHE INTERNAL "clang has libFuzzer")
  endif()
endif()

set(fuzz_build ${FUZZ_CLANG} ${fuzz_flags} -DBOOST_ASIO_NO_DEPRECATED
  -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/src -I${PROJECT_SOURCE_DIR}/tests)
file(GLOB fuzzed CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/providers/*.?pp
  ${PROJECT_SOURCE_DIR}/src/providers/*/*.?pp ${PROJECT_SOURCE_DIR}/src/net/sse_parser.cpp)

# taskgate_fuzz(NAME SOURCE [FLAG…] SEEDS folder…): one target and its test.
function(taskgate_fuzz name source)
  cmake_parse_arguments(F "" "" "FLAGS;SEEDS" ${ARGN})
  set(program ${CMAKE_CURRENT_BINARY_DIR}/fuzz_${name})
  if(FUZZ_WORKS)
    add_custom_command(OUTPUT ${program}
      COMMAND ${fuzz_build} ${F_FLAGS} ${CMAKE_CURRENT_SOURCE_DIR}/${source}
        ${CMAKE_CURRENT_BINARY_DIR}/sources.o -o ${program}
      DEPENDS ${source} splits.hpp ${CMAKE_CURRENT_BINARY_DIR}/sources.o VERBATIM)
    list(APPEND fuzz_programs ${program})
    set(fuzz_programs ${fuzz_programs} PARENT_SCOPE)
  endif()
  list(TRANSFORM F_SEEDS PREPEND ${PROJECT_SOURCE_DIR}/../shared/fixtures/providers/)
  add_test(NAME fuzz.${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run.sh
    ${program} ${CMAKE_CURRENT_BINARY_DIR}/corpus_${name} ${F_SEEDS})
  # Two of them at once at most: more would leave nothing for the tests that wait.
  get_property(fuzzers GLOBAL PROPERTY taskgate_fuzzers)
  list(LENGTH fuzzers number)
  math(EXPR lane "${number} % 2")
  set_property(GLOBAL APPEND PROPERTY taskgate_fuzzers ${name})
  set_tests_properties(fuzz.${name} PROPERTIES RESOURCE_LOCK fuzz_lane_${lane}
    LABELS "fuzz;release-only" SKIP_RETURN_CODE 77 TIMEOUT 300 COST 65
    ENVIRONMENT TASKGATE_FUZZ_SEED=1)
endfunction()

set(fuzz_programs)
taskgate_fuzz(sse_parser sse_parser_fuzz.cpp SEEDS openai_chat anthropic gemini)
taskgate_fuzz(openai_chat decoder_fuzz.cpp FLAGS -DTASKGATE_FUZZ_DECODER=OpenAiChatDecoder
  SEEDS openai_chat openai_compatible)
taskgate_fuzz(openai_responses decoder_fuzz.cpp FLAGS -DTASKGATE_FUZZ_DECODER=OpenAiResponsesDecoder
  SEEDS openai_responses)
taskgate_fuzz(anthropic decoder_fuzz.cpp FLAGS -DTASKGATE_FUZZ_DECODER=AnthropicDecoder
  SEEDS anthropic)
taskgate_fuzz(gemini decoder_fuzz.cpp FLAGS -DTASKGATE_FUZZ_DECODER=GeminiDecoder SEEDS gemini)

if(FUZZ_WORKS)
  # The asan and tsan runs leave these tests out: no need to build what they do not run.
  set(when)
  if(CMAKE_BUILD_TYPE STREQUAL Release)
    set(when ALL)
  endif()
  add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/sources.o
    COMMAND ${fuzz_build} -c ${CMAKE_CURRENT_SOURCE_DIR}/sources.cpp
      -o ${CMAKE_CURRENT_BINARY_DIR}/sources.o
    DEPENDS sources.cpp ${fuzzed} VERBATIM)
  add_custom_target(fuzz_targets ${when} DEPENDS ${fuzz_programs})
endif()
