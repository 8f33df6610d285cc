// SPDX-License-Identifier: GPL-3.0-or-later
// EndsPanel: inlet and outlets of the shown vessel. A click on an end in 3D or in the list opens it; each change is one undo step of the
// model and kept in the case. Beneath: what is checked before a run.
#pragma once
#include <QWidget>
#include <memory>

#include "app/gui/workspace.hpp"
#include "viewer/scene/scene3d.hpp"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class FlowRunForm;
class Places;
class WaveformEdit;
template <class Request>
class LatestWorker;

class EndsPanel : public QWidget {
  Q_OBJECT
 public:
  EndsPanel(Workspace& workspace, Places& places, QWidget* parent);
  ~EndsPanel() override;
  void choose(const QString& patch);
  QString chosen() const { return chosen_; }
  void import_waveform(const QString& file);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  const twin::VesselModel* vessel() const;
  session::FlowConditions conditions() const;      // of the shown vessel, names given by hand included
  void refresh();
  void refresh_form();
  void refresh_checks();                           // asks a worker; the answer to the newest question is shown
  struct Check;
  void show_checks(const Check& check);
  void give_murray();
  void refresh_marks();
  void apply();
  void send(const session::FlowConditions& conditions, const QString& what);

  Workspace& workspace_;
  Places& places_;
  QString chosen_;
  bool filling_ = false;
  QComboBox* vessel_;
  QVBoxLayout *list_, *checks_;
  QWidget* form_;
  QLabel *title_, *note_, *aortic_;
  QLineEdit* name_;
  QComboBox *kind_, *profile_, *side_;
  QWidget *profile_row_, *side_row_;
  FlowRunForm* run_;
  std::unique_ptr<LatestWorker<Check>> checker_;
  long asked_ = 0;
  struct Field {
    QWidget* row;
    QDoubleSpinBox* box;
  };
  Field flow_, cycle_, proximal_, resistance_, compliance_, pressure_;
  WaveformEdit* wave_;
  QWidget* wave_row_;
};

}  // namespace ot::gui
