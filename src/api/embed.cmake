# cmake -DSOURCE=<dir> -DOUTPUT=<file.cpp> -P embed.cmake: writes the pages as arrays.
# As bytes, because compilers warn of literals over 64 KiB.
function(embed file function)
  file(READ ${SOURCE}/${file} hex HEX)
  string(LENGTH "${hex}" length)
  math(EXPR bytes "${length} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," list "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
         "\\1\n" list "${list}")
  set(code "${code}
std::string_view ${function}() noexcept {
  static constexpr unsigned char bytes[] = {
${list}0};
  return {reinterpret_cast<const char*>(bytes), ${bytes}};
}
" PARENT_SCOPE)
endfunction()

set(code "")
embed(openapi.json openapi_document)
embed(docs.html docs_page)
file(WRITE ${OUTPUT}
"#include \"api/health.hpp\"

namespace taskgate::api {
${code}
}  // namespace taskgate::api
")
