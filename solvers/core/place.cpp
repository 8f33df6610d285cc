// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/place.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace ot::core {

std::string place_words(const Vec3& x) { return fmt::format("({:.1f}, {:.1f}, {:.1f}) mm", x.x(), x.y(), x.z()); }

std::optional<Vec3> place_in(std::string_view s) {
  for (std::size_t open = s.find('('); open != std::string_view::npos; open = s.find('(', open + 1)) {
    const char* at = s.data() + open + 1;
    const char* const end = s.data() + s.size();
    Vec3 x(0, 0, 0);
    bool good = true;
    for (int c = 0; c < 3 && good; ++c) {
      double value = 0;
      const auto [next, error] = std::from_chars(at, end, value);
      const std::string_view after = c < 2 ? ", " : ") mm";
      good = error == std::errc() && std::isfinite(value) && std::string_view(next, std::size_t(end - next)).starts_with(after);
      if (!good) break;
      x[c] = value;
      at = next + after.size();
    }
    if (good) return x;
  }
  return std::nullopt;
}

}  // namespace ot::core
