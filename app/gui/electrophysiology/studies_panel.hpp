// SPDX-License-Identifier: GPL-3.0-or-later
// StudiesPanel: "is it inducible, and which lesion ends it": protocol, sites, progress, table of runs, suggested targets, proof of block, export.
// A collapsible part of the Intervene stage. Binds to StudiesModel and the workspace. GUI thread.
#pragma once
#include <QWidget>
#include <filesystem>
#include <optional>

#include "app/gui/electrophysiology/studies_model.hpp"

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class RestitutionPlot;
class ReentryShow;
class RunsTable;

class StudiesPanel : public QWidget {
  Q_OBJECT
 public:
  StudiesPanel(Workspace& workspace, QWidget* parent);
  StudiesModel& model() { return model_; }
  // What the controls ask for; fails when sites or numbers do not fit.
  core::Result<session::StudySpec> asked() const;
  // Opens the panel at the proof of block with these two places and starts it.
  void prove_between(const core::Vec3& a, const core::Vec3& b);
  void export_to(const std::filesystem::path& folder);

 private:
  void make_protocol(QVBoxLayout* box);
  void make_proof(QVBoxLayout* box);
  void make_restitution(QVBoxLayout* box);
  void make_result(QVBoxLayout* box);
  void make_targets(QVBoxLayout* box);
  void choose_preset();
  void take_point(int side);
  void go();
  void play_again();                             // the chosen study on the baseline, or on the active plan
  void show_reentry(bool on);
  void add_target(int at);
  void refresh();
  void refresh_start();
  QString protocol_words() const;
  void refresh_progress();
  void refresh_list();
  void refresh_facts();
  void refresh_residual();
  void refresh_run();
  void refresh_targets();
  void refresh_proof();
  void refresh_restitution();
  bool proof_preset() const;
  bool restitution_preset() const;
  bool plays_sites() const { return !proof_preset() && !restitution_preset(); }
  std::string plan_name() const;

  Workspace& workspace_;
  StudiesModel model_;
  QPushButton *open_, *start_, *cancel_, *take_a_, *take_b_, *export_, *suggest_, *reentry_, *numbers_open_, *again_;
  QWidget *body_, *protocol_area_, *proof_area_, *progress_area_, *result_area_, *targets_area_, *site_row_, *restitution_area_;
  QComboBox *preset_, *mode_, *sites_, *which_;
  QLabel *about_, *plan_, *words_, *problem_, *empty_, *stale_, *run_words_, *limits_, *targets_words_, *point_a_, *point_b_;
  QLineEdit* couplings_;
  QDoubleSpinBox *radius_, *depth_, *interval_;
  RestitutionPlot* curves_;
  QPushButton* curves_export_;
  QProgressBar* bar_;
  QGridLayout* numbers_;
  RunsTable* table_;
  QVBoxLayout *facts_, *run_facts_, *targets_, *proof_facts_, *restitution_facts_;
  session::StudySpec spec_;                      // the preset with the numbers of the fields
  std::optional<core::Vec3> a_, b_;
  ReentryShow* circuit_;
  bool filling_ = false;
};

}  // namespace ot::gui
