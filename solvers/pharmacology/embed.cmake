# Writes OUT, a C++ file that holds the text of every file in FILES (a ;-list) as one array of string views.
set(items "")
foreach(file IN LISTS FILES)
  file(READ "${file}" text)
  string(APPEND items "    R\"drug(${text})drug\",\n")
endforeach()
file(WRITE "${OUT}" "// Made from resources/drugs by embed.cmake.
#include <string_view>
#include <vector>
namespace ot::pharma {
const std::vector<std::string_view>& embedded_drug_files();
const std::vector<std::string_view>& embedded_drug_files() {
  static const std::vector<std::string_view> files{
${items}  };
  return files;
}
}
")
