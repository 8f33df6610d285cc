// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the allowed edges from edges.txt, greps every include and fails on any other edge.
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;
namespace {

const fs::path source = OT_SOURCE_DIR;

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.rfind(prefix, 0) == 0 && (text.size() == prefix.size() || text[prefix.size()] == '/' || prefix.back() == '/');
}

struct Edges {
  std::map<std::string, std::vector<std::string>> folders, third_party;
};

Edges read_edges() {
  Edges edges;
  std::ifstream file(source / "tests/architecture/edges.txt");
  REQUIRE(file);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string from, colon, to;
    words >> from >> colon;
    REQUIRE(colon == ":");
    auto& list = from[0] == '@' ? edges.third_party[from.substr(1)] : edges.folders[from];
    while (words >> to) list.push_back(to);
  }
  return edges;
}

// Violations of one file's text, as sentences.
std::vector<std::string> violations(const Edges& edges, const std::string& file, const std::string& text) {
  std::string owner;
  for (const auto& [folder, allowed] : edges.folders)
    if (starts_with(file, folder) && folder.size() > owner.size()) owner = folder;
  std::vector<std::string> bad;
  if (owner.empty()) return {file + " lies in no known folder"};
  static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch m;
    if (!std::regex_search(line, m, include)) continue;
    const std::string header = m[2];
    if (m[1] == "\"") {
      bool fine = starts_with(header, owner) || header.find('/') == std::string::npos;
      for (const auto& prefix : edges.folders.at(owner)) fine = fine || starts_with(header, prefix) || header == prefix;
      if (!fine) bad.push_back(file + " includes " + header);
      continue;
    }
    for (const auto& [prefix, rule] : edges.third_party) {
      const bool named = prefix == "Q" ? (header.size() > 1 && header[0] == 'Q' && std::isupper(static_cast<unsigned char>(header[1]))) : header.rfind(prefix, 0) == 0;
      if (!named) continue;
      bool fine = starts_with(file, "tests");
      for (const auto& folder : rule) fine = fine || starts_with(file, folder);
      // A header that several .cpp files of one adapter share says so in its name: *_vtk.hpp, *_itk.hpp, *_cgal.hpp.
      static const std::regex adapter(R"(_(vtk|itk|cgal)\.hpp$)");
      const bool header_file = std::regex_search(file, std::regex(R"(\.hpp$)"));
      if (fine && rule.back() == "cpp" && header_file && !starts_with(file, "tests") && !std::regex_search(file, adapter)) fine = false;
      if (!fine) bad.push_back(file + " includes <" + header + ">");
    }
  }
  return bad;
}

}  // namespace

TEST_CASE("no file includes across an edge that architecture/edges.txt does not allow") {
  const Edges edges = read_edges();
  std::vector<std::string> bad;
  std::size_t files = 0;
  for (const char* top : {"solvers", "imaging", "viewer", "app", "tests"})
    for (const auto& entry : fs::recursive_directory_iterator(source / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      ++files;
      for (auto& v : violations(edges, fs::relative(entry.path(), source).generic_string(), text.str())) bad.push_back(std::move(v));
    }
  for (const auto& b : bad) UNSCOPED_INFO(b);
  CHECK(bad.empty());
  CHECK(files > 50);
}

TEST_CASE("the include test sees a forbidden edge, a forbidden library and a toolkit in a header") {
  const Edges edges = read_edges();
  CHECK(violations(edges, "solvers/core/x.cpp", "#include \"imaging/io/io.hpp\"\n").size() == 1);
  CHECK(violations(edges, "imaging/io/x.cpp", "#include \"solvers/twin/setup.hpp\"\n").size() == 1);
  CHECK(violations(edges, "solvers/fem/x.cpp", "#include <vtkPolyData.h>\n").size() == 1);
  CHECK(violations(edges, "imaging/io/io.hpp", "#include <itkImage.h>\n").size() == 1);
  CHECK(violations(edges, "imaging/io/x.cpp", "#include <itkImage.h>\n").empty());
  CHECK(violations(edges, "app/session/x.cpp", "#include <QString>\n").size() == 1);
}

TEST_CASE("no test has a name that ctest or Catch2 reads as something else: a semicolon, a backslash, a dash in front") {
  const std::regex names("TEST_CASE\\(\"((?:[^\"\\\\]|\\\\.)*)\"");
  std::size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    for (auto match = std::sregex_iterator(all.begin(), all.end(), names); match != std::sregex_iterator(); ++match) {
      const std::string name = std::regex_replace((*match)[1].str(), std::regex("\\\\\""), "'");   // a quoted word is understood
      INFO(entry.path().filename().string() << ": " << name);
      CHECK(name.find_first_of(";\\") == std::string::npos);
      CHECK((name.empty() || name[0] != '-'));
      ++seen;
    }
  }
  CHECK(seen > 500);
}

TEST_CASE("no program links a Qt 5 library") {
  for (const char* program : {OT_DESKTOP_PROGRAM, OT_CLI_PROGRAM}) {
    if (std::string(program).empty()) continue;   // headless build: there is no desktop
    const std::string command = std::string("ldd '") + program + "' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe);
    std::string out;
    std::array<char, 4096> buffer;
    while (std::fgets(buffer.data(), buffer.size(), pipe)) out += buffer.data();
    REQUIRE(::pclose(pipe) == 0);
    INFO(program);
    CHECK(out.find("libQt5") == std::string::npos);
    CHECK(out.find("libc.so") != std::string::npos);
  }
}
