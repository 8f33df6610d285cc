// SPDX-License-Identifier: GPL-3.0-or-later
// A table of numbers in text: comma, semicolon or tab; decimal comma where the separator is no comma; lines of '#' are comments.
// Empty fields are NaN. Used by the CSV readers of recordings and maps only.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/result.hpp"

namespace ot::ep {

struct DelimitedTable {
  std::vector<std::string> names;                  // of the header line; empty when the first line is numbers
  std::vector<std::string> comments;               // without '#'
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;                      // [rows][columns]
  std::vector<std::string> first_text;             // [rows] the first field as written (names of points)
  std::vector<double> column(std::size_t c) const {
    std::vector<double> out(rows);
    for (std::size_t r = 0; r < rows; ++r) out[r] = values[r * columns + c];
    return out;
  }
};

// `text_columns`: fields that are no number are NaN instead of a refusal (names in a table of points).
core::Result<DelimitedTable> read_delimited(std::string_view text, bool text_columns = false);
std::string trim(std::string_view s);
std::vector<std::string_view> words_of(std::string_view line);   // separated by blanks of any kind
// The whole word as a number, with a decimal point (or comma); false when it is none.
bool read_number(std::string_view word, bool decimal_comma, double& value);

}  // namespace ot::ep
