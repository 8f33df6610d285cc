// SPDX-License-Identifier: GPL-3.0-or-later
// The Tissue stage: scar and border zone with a live preview, the bull's-eye, landmarks, and what the electrical mesh holds.
#pragma once
#include <memory>

#include "app/gui/stage_panels.hpp"
#include "app/gui/tissue/tissue_overlay.hpp"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QSlider;

namespace ot::viewer {
class BullsEye;
class SliceView;
}  // namespace ot::viewer

namespace ot::gui {

class CentreView;
class ThresholdPlot;

class TissuePanel : public StagePanel {
  Q_OBJECT
 public:
  TissuePanel(Workspace& workspace, QWidget* parent);
  ~TissuePanel() override;
  void attach(CentreView& centre);          // the slices it draws into
  TissueModel& model() { return model_; }

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void make_scar();
  void make_bulls_eye();
  void make_landmarks();
  void choose();                            // the controls -> the model's parameters
  void fill_controls();                     // the model's parameters -> the controls
  void refresh_measured();
  void refresh_preview();
  void refresh_bulls_eye();
  void refresh_landmarks();
  void refresh_mesh();
  void refresh_slices();
  void begin_move(const std::string& key);
  void end_move();

  TissueModel model_;
  TissueOverlay overlay_;
  std::vector<viewer::SliceView*> slices_;
  QComboBox *method_, *remote_, *bulls_what_;
  QSlider* slider_;
  QDoubleSpinBox *value_, *border_;
  QLabel *value_name_, *counts_, *where_, *segment_line_;
  QWidget* border_row_;
  QCheckBox *fat_, *show_;
  QPushButton* apply_;
  ThresholdPlot* plot_;
  viewer::BullsEye* bulls_;
  QVBoxLayout *landmarks_, *list_;
  imaging::RemoteRegion picked_;
  bool filling_ = false;
};

}  // namespace ot::gui
