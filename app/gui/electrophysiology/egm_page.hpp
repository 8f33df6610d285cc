// SPDX-License-Identifier: GPL-3.0-or-later
// EgmPage: electrograms of probes a person clicks onto the wall: unipolar, or bipolar between one probe and the next as of a catheter.
// Model: potential in an unbounded conductor (app/session/electrograms.hpp: every 0.5 ms where FAST answers or FULL recorded the probe, else the stored frames); the far field
// is zero. Probes belong to the case: placing or deleting one is an undo step and is saved.
#pragma once
#include <QWidget>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/session/electrograms.hpp"
#include "viewer/scene/scene3d.hpp"

class QCheckBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class Places;

struct EgmTrace {
  QString name;
  std::vector<double> t_ms, mV;
};

// Traces one below the other on one scale, with the time cursor of the window.
class EgmPlot : public QWidget {
  Q_OBJECT
 public:
  explicit EgmPlot(QWidget* parent);
  void set_traces(std::vector<EgmTrace> traces);
  void set_time(double t_ms);
  void set_message(const QString& text);
  const std::vector<EgmTrace>& traces() const { return traces_; }

 signals:
  void time_picked(double t_ms);

 protected:
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;

 private:
  double end_ms() const;
  std::vector<EgmTrace> traces_;
  QString message_;
  double time_ = 0;
};

class EgmPage : public QWidget {
  Q_OBJECT
 public:
  EgmPage(Workspace& workspace, QWidget* parent);
  void attach(Places& places);
  EgmPlot& plot() { return *plot_; }
  int probes() const;

 signals:
  void placed();

 private:
  void add_probe(const core::Vec3& at);
  void refresh_probes();             // the case's changed
  void refresh_list();
  void refresh_marks();
  void compute();
  void show_traces();
  void export_csv();

  Workspace& workspace_;
  Places* places_ = nullptr;
  QPushButton *place_, *export_;
  QCheckBox* bipolar_;
  QVBoxLayout* list_;
  QLabel* note_;
  EgmPlot* plot_;
  std::vector<session::EgmProbe> probes_;
  std::vector<EgmTrace> unipolar_;
  std::vector<session::ProbeTrace> recorded_;   // what unipolar_ draws, with places: for the file
  int asked_ = 0;
};

}  // namespace ot::gui
