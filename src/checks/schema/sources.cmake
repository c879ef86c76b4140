# The JSON Schema part of the layer: its sources as `taskgate_checks_schema`.
#
# The metaschemas travel inside the program.
set(TASKGATE_METASCHEMAS "")
foreach(metaschema
    "draft-07=http://json-schema.org/draft-07/schema"
    "schema=https://json-schema.org/draft/2020-12/schema"
    "core=https://json-schema.org/draft/2020-12/meta/core"
    "applicator=https://json-schema.org/draft/2020-12/meta/applicator"
    "unevaluated=https://json-schema.org/draft/2020-12/meta/unevaluated"
    "validation=https://json-schema.org/draft/2020-12/meta/validation"
    "meta-data=https://json-schema.org/draft/2020-12/meta/meta-data"
    "format-annotation=https://json-schema.org/draft/2020-12/meta/format-annotation"
    "format-assertion=https://json-schema.org/draft/2020-12/meta/format-assertion"
    "content=https://json-schema.org/draft/2020-12/meta/content")
  string(REPLACE "=" ";" metaschema_parts ${metaschema})
  list(GET metaschema_parts 0 metaschema_file)
  list(GET metaschema_parts 1 metaschema_uri)
  set(metaschema_path ${CMAKE_CURRENT_LIST_DIR}/metaschemas/${metaschema_file}.json)
  file(READ ${metaschema_path} metaschema_text)
  string(APPEND TASKGATE_METASCHEMAS
    "      {\"${metaschema_uri}\", R\"json(${metaschema_text})json\"},\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${metaschema_path})
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/metaschemas.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/metaschemas.cpp @ONLY)

set(taskgate_checks_schema
  ${CMAKE_CURRENT_BINARY_DIR}/metaschemas.cpp
  schema/compile_annotations.cpp
  schema/compile_arrays.cpp
  schema/compile_logic.cpp
  schema/compile_objects.cpp
  schema/compile_values.cpp
  schema/compiled_schema.cpp
  schema/compiler.cpp
  schema/dialect.cpp
  schema/ecma_properties.cpp
  schema/ecma_regex.cpp
  schema/equality.cpp
  schema/evaluate.cpp
  schema/evaluate_arrays.cpp
  schema/evaluate_objects.cpp
  schema/evaluate_values.cpp
  schema/formats.cpp
  schema/formats_net.cpp
  schema/formats_time.cpp
  schema/formats_uri.cpp
  schema/keyword.cpp
  schema/linker.cpp
  schema/loader.cpp
  schema/lookup.cpp
  schema/number.cpp
  schema/pattern.cpp
  schema/scanner.cpp
  schema/schema_cache.cpp
  schema/schema_error.cpp
  schema/sources.cpp
  schema/uri.cpp
  schema/violations.cpp)
