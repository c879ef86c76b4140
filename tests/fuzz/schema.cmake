# The JSON Schema compiler and validator, fed with anything.
taskgate_test(fuzz_schema LABEL unit LAYER checks TIMEOUT 300 SOURCES schema_mutation_test.cpp)

# With clang: `ninja schema_fuzz`, then `tests/fuzz/schema_fuzz -max_total_time=60`. It compiles the
# layer anew, instrumented.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND NOT TASKGATE_SANITIZE)
  set(schema_fuzz_sources "")
  foreach(layer core checks)
    get_target_property(layer_sources taskgate_${layer} SOURCES)
    foreach(source IN LISTS layer_sources)
      if(NOT IS_ABSOLUTE ${source})
        set(source ${PROJECT_SOURCE_DIR}/src/${layer}/${source})
      endif()
      list(APPEND schema_fuzz_sources ${source})
      # One of them is made by CMake in another folder.
      if(NOT EXISTS ${source})
        set_source_files_properties(${source} PROPERTIES GENERATED ON)
      endif()
    endforeach()
  endforeach()
  add_executable(schema_fuzz EXCLUDE_FROM_ALL schema_fuzz.cpp ${schema_fuzz_sources})
  target_link_libraries(schema_fuzz PRIVATE taskgate_options)
  target_include_directories(schema_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(schema_fuzz PRIVATE -O1 -g1 -fsanitize=fuzzer,address,undefined
    -fno-sanitize-recover=all)
  set_target_properties(schema_fuzz PROPERTIES UNITY_BUILD OFF)  # two layers are in it
  target_link_options(schema_fuzz PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
