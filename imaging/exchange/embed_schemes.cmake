# Writes OUT, a C++ file that holds the text of every scheme in FILES (a ;-list). Pieces stay under the compilers' limit for one literal.
set(items "")
foreach(file IN LISTS FILES)
  file(READ "${file}" text)
  string(LENGTH "${text}" length)
  set(pieces "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 4000 piece)
    string(APPEND pieces "R\"scheme(${piece})scheme\" ")
    math(EXPR at "${at} + 4000")
  endwhile()
  string(APPEND items "    ${pieces},\n")
endforeach()
file(WRITE "${OUT}" "// Made from resources/label_schemes by embed_schemes.cmake.
#include <string_view>
#include <vector>
namespace ot::imaging {
const std::vector<std::string_view>& embedded_scheme_files();
const std::vector<std::string_view>& embedded_scheme_files() {
  static const std::vector<std::string_view> files{
${items}  };
  return files;
}
}
")
