// SPDX-License-Identifier: GPL-3.0-or-later
// LesionPlace: where the selected lesion, line, ring or pacing electrode lies, as numbers: one point of it, or the middle of all.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"

class QComboBox;
class QDoubleSpinBox;

namespace ot::gui {

class LesionPlace : public QWidget {
  Q_OBJECT
 public:
  LesionPlace(Workspace& workspace, QWidget* parent);

 private:
  void refresh();
  void send();
  const twin::InterventionSpec* shown() const;   // as it lies on screen, null when nothing on the wall is selected
  core::Vec3 place_of(const twin::InterventionSpec& spec) const;

  Workspace& workspace_;
  QWidget* which_row_;
  QComboBox* which_;
  std::array<QDoubleSpinBox*, 3> at_{};
};

}  // namespace ot::gui
