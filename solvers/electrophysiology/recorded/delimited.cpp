// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/recorded/delimited.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace ot::ep {
namespace {

constexpr std::size_t most_values = 200'000'000, most_columns = 4096;

char separator_of(std::string_view line) {
  // Semicolon and tab are never part of a number: either one decides; then commas; else blanks.
  if (line.find('\t') != std::string_view::npos) return '\t';
  if (line.find(';') != std::string_view::npos) return ';';
  if (line.find(',') != std::string_view::npos) return ',';
  return ' ';
}

void split(std::string_view line, char separator, std::vector<std::string_view>& out) {
  out.clear();
  if (separator == ' ') {
    std::size_t i = 0;
    while (i < line.size()) {
      while (i < line.size() && line[i] == ' ') ++i;
      const std::size_t from = i;
      while (i < line.size() && line[i] != ' ') ++i;
      if (i > from) out.push_back(line.substr(from, i - from));
    }
    return;
  }
  for (std::size_t from = 0;;) {
    const std::size_t to = std::min(line.find(separator, from), line.size());
    out.push_back(line.substr(from, to - from));
    if (to == line.size()) return;
    from = to + 1;
  }
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  std::size_t i = 0;
  while (i < line.size()) {
    while (i < line.size() && static_cast<unsigned char>(line[i]) <= ' ') ++i;
    const std::size_t from = i;
    while (i < line.size() && static_cast<unsigned char>(line[i]) > ' ') ++i;
    if (i > from) out.push_back(line.substr(from, i - from));
  }
  return out;
}

std::string trim(std::string_view s) {
  while (!s.empty() && (static_cast<unsigned char>(s.front()) <= ' ' || s.front() == '"')) s.remove_prefix(1);
  while (!s.empty() && (static_cast<unsigned char>(s.back()) <= ' ' || s.back() == '"')) s.remove_suffix(1);
  return std::string(s);
}

bool read_number(std::string_view word, bool decimal_comma, double& value) {
  std::string w = trim(word);
  if (w.empty()) return false;
  if (decimal_comma) std::replace(w.begin(), w.end(), ',', '.');
  const char* first = w.data() + (w.front() == '+');
  const auto [to, error] = std::from_chars(first, w.data() + w.size(), value);
  return error == std::errc() && to == w.data() + w.size();
}

core::Result<DelimitedTable> read_delimited(std::string_view text, bool text_columns) {
  DelimitedTable out;
  if (text.size() >= 3 && text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);   // byte order mark
  char separator = 0;
  std::vector<std::string_view> fields;
  std::size_t line_number = 0;
  bool any = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    ++line_number;
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ' && line.back() != '\t') line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (line.front() == '#') {
      if (out.comments.size() < 1000) out.comments.push_back(trim(line.substr(1)));
      continue;
    }
    if (separator == 0) separator = separator_of(line);
    split(line, separator, fields);
    if (!any) {
      any = true;
      out.columns = fields.size();
      if (out.columns > most_columns) return core::bad_input("The table has more than 4096 columns (it is no recording or map). Export it again.");
      double v = 0;
      const bool header = std::none_of(fields.begin(), fields.end(), [&](std::string_view f) { return read_number(f, separator != ',', v); });
      if (header) {
        for (const auto f : fields) out.names.push_back(trim(f));
        continue;
      }
    }
    if (fields.size() != out.columns && !(fields.size() == out.columns + 1 && trim(fields.back()).empty()))
      return core::bad_input(fmt::format("Line {} of the table has {} fields instead of {} (it is damaged or truncated). Export it again.", line_number, fields.size(), out.columns));
    if (out.values.size() + out.columns > most_values) return core::bad_input("The table holds more than 200 million numbers (too large to read). Cut out what is needed.");
    for (std::size_t c = 0; c < out.columns; ++c) {
      double v = std::numeric_limits<double>::quiet_NaN();
      const std::string_view f = fields[c];
      if (!read_number(f, separator != ',', v)) {
        v = std::numeric_limits<double>::quiet_NaN();
        if (!text_columns && !trim(f).empty() && trim(f) != "-" && trim(f) != "nan" && trim(f) != "NaN")
          return core::bad_input(fmt::format("Line {} of the table holds \"{}\" where a number should be. Repair or export it again.", line_number, trim(f).substr(0, 24)));
      }
      out.values.push_back(v);
    }
    if (text_columns) out.first_text.push_back(trim(fields.front()));
    ++out.rows;
  }
  if (out.rows == 0) return core::bad_input("The table has no rows of numbers (it is empty or no table). Choose another file.");
  return out;
}

}  // namespace ot::ep
