# Everything that an answer passes, as one more libFuzzer target: checks, repairs, events, task object.
# A translation unit a layer, compiled by clang; after providers.cmake, whose settings it uses.
set(answer_core)
set(answer_checks)
foreach(layer core checks)
  get_target_property(layer_sources taskgate_${layer} SOURCES)
  get_target_property(layer_folder taskgate_${layer} SOURCE_DIR)
  foreach(source IN LISTS layer_sources)
    if(NOT IS_ABSOLUTE ${source})
      set(source ${layer_folder}/${source})
    endif()
    list(APPEND answer_${layer} ${source})
  endforeach()
endforeach()
set(answer_engine)
foreach(part answer/answer_checker answer/answer_history answer/answer_request answer/step spent task_object)
  list(APPEND answer_engine ${PROJECT_SOURCE_DIR}/src/engine/${part}.cpp)
endforeach()

set(answer_objects)
foreach(layer core checks engine)
  set(unity ${CMAKE_CURRENT_BINARY_DIR}/answer_${layer}.cpp)
  set(includes ${answer_${layer}})
  list(TRANSFORM includes REPLACE "(.+)" "#include \"\\1\"\n")
  list(JOIN includes "" includes)
  file(CONFIGURE OUTPUT ${unity} CONTENT "${includes}")
  if(FUZZ_WORKS)
    add_custom_command(OUTPUT ${unity}.o
      COMMAND ${fuzz_build} -c ${unity} -o ${unity}.o
      DEPENDS ${unity} ${answer_${layer}} VERBATIM)
    list(APPEND answer_objects ${unity}.o)
  endif()
endforeach()

set(answer_program ${CMAKE_CURRENT_BINARY_DIR}/fuzz_answer)
if(FUZZ_WORKS)
  add_custom_command(OUTPUT ${answer_program}
    COMMAND ${fuzz_build} ${CMAKE_CURRENT_SOURCE_DIR}/answer_fuzz.cpp ${answer_objects}
      -lre2 -lcrypto -o ${answer_program}
    DEPENDS answer_fuzz.cpp ${answer_objects} VERBATIM)
  set(when)
  if(CMAKE_BUILD_TYPE STREQUAL Release)
    set(when ALL)
  endif()
  add_custom_target(fuzz_answer_target ${when} DEPENDS ${answer_program})
endif()
add_test(NAME fuzz.answer COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run.sh
  ${answer_program} ${CMAKE_CURRENT_BINARY_DIR}/corpus_answer)
set_tests_properties(fuzz.answer PROPERTIES
  LABELS "fuzz;release-only" SKIP_RETURN_CODE 77 TIMEOUT 300)
