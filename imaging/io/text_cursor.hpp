// SPDX-License-Identifier: GPL-3.0-or-later
// Walks over the numbers of a text file held in memory. Included by .cpp files only.
#pragma once
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace ot::imaging {

class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() {
    skip();
    return at_ == end_;
  }
  // The next word without moving past it.
  std::string_view peek() {
    skip();
    const char* e = at_;
    while (e < end_ && static_cast<unsigned char>(*e) > ' ') ++e;
    return {at_, std::size_t(e - at_)};
  }
  std::string_view word() {
    const std::string_view w = peek();
    at_ += w.size();
    return w;
  }
  // False when the next word is not wholly such a number; the cursor then stays.
  template <class T>
  bool number(T& out) {
    const std::string_view w = peek();
    const char* first = w.data();
    if (w.size() > 1 && *first == '+') ++first;   // from_chars takes no plus sign
    const auto [to, error] = std::from_chars(first, w.data() + w.size(), out);
    if (error != std::errc() || to != w.data() + w.size() || w.empty()) return false;
    at_ += w.size();
    return true;
  }
  // The rest of the present line, without its end.
  std::string_view line() {
    const char* from = at_;
    while (at_ < end_ && *at_ != '\n') ++at_;
    std::string_view l{from, std::size_t(at_ - from)};
    if (at_ < end_) ++at_;
    if (!l.empty() && l.back() == '\r') l.remove_suffix(1);
    return l;
  }
  // Past the next word and the rest of its line.
  void line_of_word() {
    word();
    line();
  }
  // The next n bytes as they are; n must not exceed left().
  std::string_view take(std::size_t n) {
    const std::string_view out{at_, n};
    at_ += n;
    return out;
  }
  std::size_t left() const { return std::size_t(end_ - at_); }

 private:
  void skip() {
    while (at_ < end_ && static_cast<unsigned char>(*at_) <= ' ') ++at_;
  }
  const char *at_, *end_;
};

// How many words the first non-empty line holds.
inline int words_in_first_line(std::string_view text) {
  std::size_t from = 0;
  while (from < text.size() && static_cast<unsigned char>(text[from]) <= ' ') ++from;
  int words = 0;
  bool inside = false;
  for (std::size_t i = from; i < text.size() && text[i] != '\n'; ++i) {
    const bool blank = static_cast<unsigned char>(text[i]) <= ' ';
    words += !blank && !inside;
    inside = !blank;
  }
  return words;
}

}  // namespace ot::imaging
