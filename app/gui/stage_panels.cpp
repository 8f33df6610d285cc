// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/stage_panels.hpp"

#include <QGridLayout>
#include <QVBoxLayout>
#include <cmath>

#include "app/gui/actions.hpp"
#include "app/gui/electrophysiology/conduction_panel.hpp"
#include "app/gui/electrophysiology/fibres_panel.hpp"
#include "app/gui/electrophysiology/measured_panel.hpp"
#include "app/gui/electrophysiology/muscle_panel.hpp"
#include "app/gui/electrophysiology/solver_panel.hpp"
#include "app/gui/flow/cut_panel.hpp"
#include "app/gui/flow/ends_panel.hpp"
#include "app/gui/mesh/mesh_panel.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/numbers.hpp"

namespace ot::gui {
namespace {

QPushButton* action_button(Actions& actions, const char* id, const QString& icon_name, const QString& text, QWidget* parent,
                           const char* role = nullptr) {
  auto* button = make_button(text, QStringLiteral("button_") + id, parent, role ? role : "left");
  set_icon(button, icon_name);
  QAction* action = actions.find(id);
  const auto follow = [button, action] {
    button->setEnabled(action->isEnabled());
    button->setToolTip(action->toolTip());
  };
  QObject::connect(action, &QAction::changed, button, follow);
  QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
  follow();
  return button;
}

}  // namespace

StagePanel::StagePanel(Workspace& workspace, const QString& object_name, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, object_name, object_name);
  box_ = new QVBoxLayout(this);
  box_->setContentsMargins(2, 6, 12, 16);
  box_->setSpacing(8);
  setMinimumWidth(180);   // the panel takes the width of the rail, never more
}

void StagePanel::add_caption(QVBoxLayout* box, const QString& text) {
  auto* label = make_label(text, "caption", this, true);
  label->setContentsMargins(0, 8, 0, 0);
  box->addWidget(label);
}

CasePanel::CasePanel(Workspace& workspace, Actions& actions, QWidget* parent) : StagePanel(workspace, "panel_case", parent) {
  add_caption(box_, "Open");
  box_->addWidget(action_button(actions, "open_case", "open", "Open a case", this));
  box_->addWidget(action_button(actions, "open_image", "image", "Open an image file", this));
  box_->addWidget(action_button(actions, "open_dicom", "image", "Open a DICOM folder", this));
  box_->addWidget(action_button(actions, "save_as", "save", "Save the case as", this));
  add_caption(box_, "Exchange");
  box_->addWidget(action_button(actions, "bring_labels", "open", "Labels of another tool", this));
  box_->addWidget(action_button(actions, "bring_mesh", "open", "Mesh of another tool", this));
  box_->addWidget(action_button(actions, "export_data", "save", "Export", this));
  facts_ = new QVBoxLayout;
  facts_->setSpacing(5);
  box_->addLayout(facts_);
  box_->addStretch(1);
  connect(&workspace, &Workspace::case_replaced, this, &CasePanel::refresh);
  connect(&workspace, &Workspace::saved, this, &CasePanel::refresh);
  refresh();
}

void CasePanel::refresh() {
  clear_layout(facts_);
  const auto data = workspace_.data();
  if (!data->twin && data->images.empty()) {
    facts_->addWidget(make_label("Drop a scan or a case folder on the window, or open one above.", "small", this, true));
    return;
  }
  add_caption(facts_, "Patient");
  facts_->addWidget(make_fact("Name", data->patient.built_in ? "Teaching case" : QString::fromStdString(data->patient.id), this));
  if (!data->patient.age.empty()) facts_->addWidget(make_fact("Age", QString::fromStdString(data->patient.age), this));
  if (!data->patient.sex.empty()) facts_->addWidget(make_fact("Sex", QString::fromStdString(data->patient.sex), this));
  if (!data->patient.series.empty()) facts_->addWidget(make_fact("Series", QString::fromStdString(data->patient.series), this));
  const auto& folder = workspace_.session().folder();
  facts_->addWidget(make_fact("Folder", folder.empty() ? (data->patient.built_in ? "built in" : "not saved yet")
                                                       : QString::fromStdString(folder.filename().string()), this));
  if (!data->images.empty()) add_caption(facts_, "Images");
  for (const auto& image : data->images) {
    if (!image.volume) continue;
    const auto& g = image.volume->grid;
    facts_->addWidget(make_label(QString::fromStdString(image.name), "strong", this));
    facts_->addWidget(make_fact("Voxels", QStringLiteral("%1 × %2 × %3").arg(g.size[0]).arg(g.size[1]).arg(g.size[2]), this));
    facts_->addWidget(make_fact("Spacing", QStringLiteral("%1 × %2 × %3 mm").arg(g.spacing[0], 0, 'g', 3).arg(g.spacing[1], 0, 'g', 3).arg(g.spacing[2], 0, 'g', 3), this));
  }
  if (!data->stages.empty()) {
    add_caption(facts_, "How it was made");
    for (const auto& stage : data->stages) {
      auto* row = make_fact(QString::fromStdString(stage.name), QStringLiteral("%1 s").arg(stage.wall_s, 0, 'f', 1), this);
      QStringList tip;
      for (const auto& q : stage.quantities)
        tip << QString::fromStdString(q.label.empty() ? q.key : q.label) + ": " + present::show_number(q.value) + " " + QString::fromStdString(q.unit);
      row->setToolTip(tip.mid(0, 16).join("\n"));
      facts_->addWidget(row);
    }
  }
}

ModelPanel::ModelPanel(Workspace& workspace, Actions& actions, Places& places, ElectrodeTool& electrodes, QWidget* parent) : StagePanel(workspace, "panel_model", parent) {
  box_->addWidget(new ModelPrompt(workspace, "build_model", this));
  add_caption(box_, "Compute this plan");
  full_ = action_button(actions, "run_full", "confirm", "Confirm with full model", this, "primary");
  full_->setObjectName("model_run_full");
  fast_ = action_button(actions, "run_fast", "play", "Fast answer", this);
  fast_->setObjectName("model_run_fast");
  box_->addWidget(full_);
  box_->addWidget(fast_);
  // The stage is long: links at its head go to the parts of it.
  parts_row_ = new QWidget(this);
  auto* links = new QGridLayout(parts_row_);
  links->setContentsMargins(0, 0, 0, 0);
  links->setSpacing(0);
  box_->addWidget(parts_row_);
  const auto add_part = [&](const char* name, const QString& words, QWidget* part) {
    box_->addWidget(part);
    if (words.isEmpty()) return;
    auto* link = make_button(words, QStringLiteral("go_to_") + name, parts_row_, "link");
    link->setToolTip("Goes to this part of the stage");
    const int at = links->count();
    links->addWidget(link, at / 2, at % 2, Qt::AlignLeft);
    connect(link, &QPushButton::clicked, part, [part] { scroll_to_top(part); });
    parts_.emplace_back(link, part);
  };
  add_part("ends", "Ends of vessels", new EndsPanel(workspace, places, this));
  add_part("cut", {}, new CutPanel(workspace, places, this));
  add_part("cell", "Cell and ECG", new SolverPanel(workspace, electrodes, this));
  add_part("muscle", "Muscle", new MusclePanel(workspace, this));
  add_part("conduction", "Conduction", new ConductionPanel(workspace, this));
  add_part("fibres", "Fibres", new FibresPanel(workspace, this));
  add_part("measured", "Measured", new MeasuredPanel(workspace, this));
  mesh_ = new QVBoxLayout;
  settings_ = new QVBoxLayout;
  for (auto* part : {mesh_, settings_}) {
    part->setSpacing(5);
    box_->addLayout(part);
  }
  box_->addWidget(new MeshPanel(workspace, this));
  box_->addStretch(1);
  connect(&workspace, &Workspace::case_replaced, this, &ModelPanel::refresh);
  connect(&workspace, &Workspace::model_changed, this, &ModelPanel::refresh);
  connect(&workspace, &Workspace::facts_changed, this, &ModelPanel::refresh);
  connect(&workspace, &Workspace::image_changed, this, [this] {
    if (!workspace_.data()->twin) refresh();
  });
  refresh();
}

void ModelPanel::refresh() {
  parts_row_->setVisible(workspace_.data()->twin != nullptr);
  for (const auto& [link, part] : parts_) link->setVisible(!part->isHidden());
  clear_layout(mesh_);
  clear_layout(settings_);
  const auto data = workspace_.data();
  if (!data->twin) {
    if (!labels_wait_for_model(*data))
      mesh_->addWidget(make_label(data->images.empty() ? "No model yet. Open a case or a scan in the Case stage." : "No model yet: nothing is labelled. Run a recipe in the Anatomy stage.", "small", this, true));
    return;
  }
  if (const auto* facts = workspace_.facts()) {
    const auto& q = facts->quality;
    add_caption(mesh_, "Heart mesh");
    mesh_->addWidget(make_fact("Nodes", present::show_count(double(q.nodes)), this));
    mesh_->addWidget(make_fact("Tetrahedra", present::show_count(double(q.tets)), this));
    mesh_->addWidget(make_fact("Mean edge", QStringLiteral("%1 mm").arg(q.mean_edge_mm, 0, 'f', 2), this));
    mesh_->addWidget(make_fact("Volume", QStringLiteral("%1 mL").arg(q.volume_ml, 0, 'f', 0), this));
    mesh_->addWidget(make_fact("Inverted", QString::number(q.inverted), this));
    mesh_->addWidget(make_label("Smallest dihedral angle per tetrahedron", "small_hint", this, true));
    auto* histogram = new Histogram(this);
    histogram->setObjectName("mesh_histogram");
    histogram->set(q.dihedral_histogram, QStringLiteral("0°, worst %1°").arg(q.min_dihedral_deg, 0, 'f', 1), "90°");
    mesh_->addWidget(histogram);
  }
  for (const auto& vessel : data->twin->vessels) {
    add_caption(mesh_, QString::fromStdString(vessel->name));
    if (vessel->mesh) mesh_->addWidget(make_fact("Tetrahedra", present::show_count(double(vessel->mesh->tets.size())), this));
    for (const auto& s : vessel->stenoses)
      mesh_->addWidget(make_fact("Stenosis", QStringLiteral("%1 %, MLD %2 mm").arg(s.diameter_percent, 0, 'f', 0).arg(s.min_diameter_mm, 0, 'f', 1), this));
  }
  if (const auto* heart = workspace_.heart()) {
    const auto& p = heart->baseline;
    add_caption(settings_, "Tissue constants");
    const auto three = [](const core::Vec3& v) {
      return QStringLiteral("%1 / %2 / %3").arg(v[0], 0, 'g', 3).arg(v[1], 0, 'g', 3).arg(v[2], 0, 'g', 3);
    };
    settings_->addWidget(make_label("along fibre / sheet / normal", "small_hint", this));
    settings_->addWidget(make_fact("FULL σ, S/m", three(p.sigma), this));
    settings_->addWidget(make_fact("FAST speed, m/s", three(p.velocity), this));
    settings_->addWidget(make_fact("Surface / volume", QStringLiteral("%1 /mm").arg(p.chi_per_mm), this));
    settings_->addWidget(make_fact("Capacitance", QStringLiteral("%1 µF/mm²").arg(p.cm_uF_per_mm2), this));
    settings_->addWidget(make_label("σ follows from the speed and the cells. Sources: Niederer 2011 (χ, Cm); region sources are in Tissue.", "small_hint", this, true));
  }
}

ReportPanel::ReportPanel(Workspace& workspace, Actions& actions, QWidget* parent) : StagePanel(workspace, "panel_report", parent) {
  box_->addWidget(make_label("One file with tables, ECGs, assumptions, hashes and versions: anyone can repeat the numbers from it.", "small", this, true));
  box_->addWidget(action_button(actions, "report", "report", "Write the report", this, "primary"));
  add_caption(box_, "Or a part of it");
  box_->addWidget(action_button(actions, "screenshot", "camera", "Picture of the 3D view", this));
  box_->addWidget(action_button(actions, "export_scenario", "save", "Plan as JSON", this));
  box_->addWidget(make_label("For research and education. Not for diagnosis or treatment.", "attention", this, true));
  box_->addStretch(1);
}

}  // namespace ot::gui
