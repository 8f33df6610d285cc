// SPDX-License-Identifier: GPL-3.0-or-later
// MeasuredPanel: what was measured in the patient, beside the model: a recorded ECG behind the simulated leads with the differences, and an
// electro-anatomical map on the heart with registration, coverage, LAT against the run and scar from voltage. Part of the Model stage.
#pragma once
#include <QWidget>
#include <filesystem>
#include <memory>
#include <string>

#include "app/gui/workspace.hpp"
#include "solvers/electrophysiology/recorded/ea_map.hpp"

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class MeasuredPanel : public QWidget {
  Q_OBJECT
 public:
  MeasuredPanel(Workspace& workspace, QWidget* parent);
  // Jobs; what they bring is one undo step and is saved with the case.
  void import_ecg(const std::filesystem::path& file);
  void import_map(const std::filesystem::path& file);
  void import_landmarks(const std::filesystem::path& file);

 private:
  struct Laid;                                         // a map on the heart
  void make_ecg(QVBoxLayout* box);
  void make_map(QVBoxLayout* box);
  void refresh_lists();
  void choose_ecg();
  void refresh_ecg();
  void choose_map();                                   // projects in a job
  void refresh_map();
  void edit_map(const QString& step, const std::function<void(ep::EaMap&)>& change);
  void fit(ep::EaStart how);
  void take_scar();
  std::shared_ptr<const ep::EaMap> chosen_map() const;

  Workspace& workspace_;
  QComboBox *ecg_, *map_, *surface_, *quantity_;
  QPushButton *ecg_import_, *ecg_remove_, *map_import_, *map_remove_, *landmarks_, *fit_, *guess_, *take_;
  QDoubleSpinBox *scar_mV_, *border_mV_;
  QWidget *ecg_area_, *map_area_, *scar_area_;
  QGridLayout *intervals_, *leads_;
  QLabel *ecg_note_, *ecg_empty_, *map_empty_, *map_note_, *scar_note_;
  QVBoxLayout* map_facts_;
  std::shared_ptr<const Laid> laid_;
  std::string ecg_key_, map_key_, opened_for_;
  bool filling_ = false;
  int asked_ = 0;
};

}  // namespace ot::gui
