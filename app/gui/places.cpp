// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/places.hpp"

#include "app/gui/heart_pane.hpp"

namespace ot::gui {

void Places::set(const std::string& group, std::vector<viewer::PlaceMark> marks) {
  groups_[group] = std::move(marks);
  std::vector<viewer::PlaceMark> all;
  for (const auto& [name, some] : groups_) all.insert(all.end(), some.begin(), some.end());
  pane_.view().scene().set_places(std::move(all));
}

}  // namespace ot::gui
