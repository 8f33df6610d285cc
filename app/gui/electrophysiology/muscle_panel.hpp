// SPDX-License-Identifier: GPL-3.0-or-later
// MusclePanel: conduction velocities and fibre angles of the ventricles, factors on the conductances of their cells, cells of other models in places, and maps of factors. A change builds the twin again as a job (one undo step), because
// conductivities, fibres and the times of the conduction system follow. Part of the Model stage. GUI thread.
#pragma once
#include <QWidget>
#include <functional>

#include "app/gui/workspace.hpp"
#include "solvers/organs/heart/muscle.hpp"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace ot::gui {

class MusclePanel : public QWidget {
  Q_OBJECT
 public:
  MusclePanel(Workspace& workspace, QWidget* parent);

 private:
  session::MuscleChoices chosen() const;   // what the fields say
  void build();
  void refresh();
  void take_choices();                     // what the case was built with
  void fill_angles(const ep::FibreAngles& angles);
  void fill_channels();                    // factors of the place that is shown
  void take_factor(int row);
  void take_cells();                       // of the place that is shown
  void lay_map();                          // a file of factors on the conductance of the chosen row
  void take_maps_back();
  void rebuild(std::function<core::Result<void>(session::CaseData&)> change);

  Workspace& workspace_;
  QDoubleSpinBox* velocity_[3];
  QComboBox *rule_, *where_, *cells_here_;
  QDoubleSpinBox* angle_[4];
  QTableWidget* channels_;
  QPushButton *build_, *map_, *maps_back_;
  QLabel* note_;
  std::vector<organs::ConductanceScale> scales_;
  std::vector<organs::CellsIn> cells_;
  bool filling_ = false;
};

}  // namespace ot::gui
