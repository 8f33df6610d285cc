// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/intervene_panel.hpp"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPainter>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/actions.hpp"
#include "app/gui/electrophysiology/atrial_lines.hpp"
#include "app/gui/electrophysiology/lesion_numbers.hpp"
#include "app/gui/electrophysiology/lesion_place.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/gui/flow/stent_panel.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/param_form.hpp"
#include "app/gui/placement.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/devices.hpp"
#include "app/present/stages.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::gui {
namespace {

struct ToolTile {
  const char *kind, *action, *icon, *title, *line;
};
// One tile per kind that can be placed by mouse. Kinds without an entry come with a scenario file (organtwin-cli run --scenario) and are shown in the plan.
const ToolTile known_tiles[] = {{"ablation", "lesion_point", "lesion", "Lesion", "point, line, ring"},
                                {"pacing", "pacing", "pacing", "Pacing", "on the wall"},
                                {"drug", "drug", "drug", "Drug", "dose and agent"},
                                {"stenosis", "stenosis", "stenosis", "Stenosis", "narrow a vessel"},
                                {"stent", "stent", "stent", "Stent", "along a vessel"},
                                {"tapered_stent", "tapered_stent", "tapered_stent", "Tapered", "stent, two sizes"},
                                {"angioplasty", "balloon", "balloon", "Balloon", "with recoil"},
                                {"ideal_lumen", "ideal_lumen", "ideal_lumen", "Ideal", "no stenosis"},
                                {"bypass", "bypass", "bypass", "Bypass", "past a lesion"}};

// One row of the plan: on/off, name, summary, delete. A click selects.
class PlanRow : public QFrame {
 public:
  PlanRow(Workspace& workspace, const twin::InterventionSpec& spec, QWidget* parent)
      : QFrame(parent), workspace_(workspace), id_(QString::fromStdString(spec.id)) {
    name_widget(this, "row_" + id_, present::intervention_name(spec));
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(4, 0, 0, 0);
    line->setSpacing(4);
    auto* on = new QCheckBox(this);
    name_widget(on, "enable_" + id_, "Switch " + present::intervention_name(spec) + " on or off");
    on->setToolTip("Switched off it is absent from the plan");
    on->setChecked(spec.enabled);
    connect(on, &QCheckBox::toggled, this, [this, id = spec.id](bool enabled) {
      workspace_.session().set_enabled(workspace_.session().active_plan(), id, enabled);
    });
    line->addWidget(on);
    auto* name = make_label(present::intervention_name(spec), spec.enabled ? "" : "hint", this);
    // Name above, where and how large below: beside each other they would be cut.
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(name);
    const QString where = present::intervention_summary(spec, workspace.data()->twin.get());
    auto* summary = new ElidedLabel(where, this, Qt::AlignLeft);
    summary->setObjectName("summary_" + id_);
    summary->setToolTip(where);
    summary->setVisible(!where.isEmpty());
    words->addWidget(summary);
    line->addLayout(words, 1);
    auto* remove = make_icon_button("trash", "delete_" + id_, "Delete " + present::intervention_name(spec) + " (can be undone)", this);
    connect(remove, &QToolButton::clicked, this, [this, id = spec.id] {
      workspace_.session().remove(workspace_.session().active_plan(), id);
    });
    line->addWidget(remove);
    setFixedHeight(where.isEmpty() ? 32 : 42);
    setCursor(Qt::PointingHandCursor);
  }

 protected:
  void mousePressEvent(QMouseEvent*) override { workspace_.set_selection(id_); }
  void paintEvent(QPaintEvent*) override {
    if (workspace_.selection() != id_) return;
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(Qt::NoPen);
    p.setBrush(theme().selected);
    p.drawRoundedRect(QRectF(rect()).adjusted(0, 1, 0, -1), 6, 6);
  }

 private:
  Workspace& workspace_;
  QString id_;
};

}  // namespace

IntervenePanel::IntervenePanel(Workspace& workspace, Actions& actions, Placement& placement, FlowDrafts& drafts, QWidget* parent)
    : StagePanel(workspace, "panel_intervene", parent), actions_(actions), placement_(placement) {
  add_caption(box_, "Place");
  auto* grid = new QGridLayout;
  grid->setSpacing(6);
  int at = 0;
  for (const auto& tile : known_tiles) {
    const auto* kind = twin::find_intervention(tile.kind);
    if (!kind) continue;
    auto* button = new TileButton(tile.icon, tile.title, tile.line, this);
    button->setObjectName("tile_" + QString::fromStdString(kind->key));
    button->setAccessibleName(QString::fromStdString(kind->label));
    button->setToolTip(QString::fromStdString(kind->summary) + "\n" + QString::fromStdString(kind->source));
    button->setProperty("tip", button->toolTip());
    tiles_[kind->key] = button;
    grid->addWidget(button, at / 2, at % 2);
    ++at;
    connect(button, &QAbstractButton::clicked, actions.find(tile.action), &QAction::trigger);
  }
  box_->addLayout(grid);

  lesion_shapes_ = new QWidget(this);
  auto* shapes = new QHBoxLayout(lesion_shapes_);
  shapes->setContentsMargins(0, 0, 0, 0);
  shapes->setSpacing(6);
  const std::tuple<const char*, const char*, const char*, Tool> kinds[] = {{"lesion_point", "lesion", "Point", Tool::lesion_point},
                                                                           {"lesion_line", "lesion_line", "Line", Tool::lesion_line},
                                                                           {"lesion_ring", "lesion_ring", "Ring", Tool::lesion_ring}};
  for (const auto& [id, icon_name, text, tool] : kinds) {
    auto* shape = make_button(text, QStringLiteral("shape_") + id, lesion_shapes_);
    set_icon(shape, icon_name);
    shape->setCheckable(true);
    shape->setStyleSheet("padding: 0 4px;");
    connect(shape, &QPushButton::clicked, actions.find(id), &QAction::trigger);
    connect(&workspace, &Workspace::tool_changed, shape, [this, shape, tool = tool] { shape->setChecked(workspace_.tool() == tool); });
    shapes->addWidget(shape, 1);
  }
  box_->addWidget(lesion_shapes_);
  auto* lines = new AtrialLines(workspace, this);
  box_->addWidget(lines);
  hint_ = make_label({}, "accent", this, true);
  hint_->setObjectName("placement_hint");
  hint_->setStyleSheet("font-size: 12px;");
  box_->addWidget(hint_);

  form_area_ = new QWidget(this);
  form_box_ = new QVBoxLayout(form_area_);
  form_box_->setContentsMargins(0, 0, 0, 0);
  form_box_->setSpacing(4);
  form_title_ = make_label({}, "caption", form_area_);
  form_title_->setObjectName("form_title");
  form_title_->setContentsMargins(0, 8, 0, 0);
  form_box_->addWidget(form_title_);
  segment_box_ = new QVBoxLayout;
  segment_box_->setSpacing(4);
  form_box_->addLayout(segment_box_);
  form_box_->addWidget(new LesionPlace(workspace, form_area_));
  form_ = new ParamForm(form_area_);
  form_->setObjectName("param_form");
  form_box_->addWidget(form_);
  run_note_ = make_label("The full model that is running answers for the plan as it was when it began. Confirm again for what you change now.", "attention", form_area_, true);
  run_note_->setObjectName("edit_during_run");
  run_note_->setStyleSheet("font-size: 12px;");
  form_box_->addWidget(run_note_);
  on_cell_ = make_button("See it on a single cell", "drug_on_cell", form_area_, "link");
  on_cell_->setToolTip("Opens the Cell page with this drug and dose: one isolated cell, not the patient");
  connect(on_cell_, &QPushButton::clicked, actions.find("single_cell_drug"), &QAction::trigger);
  form_box_->addWidget(on_cell_);
  assumes_ = make_label({}, "small_hint", form_area_, true);
  assumes_->setObjectName("assumes");
  form_box_->addWidget(assumes_);
  box_->addWidget(form_area_);
  box_->addWidget(new StentPanel(workspace, drafts, this));
  box_->addWidget(new LesionNumbers(workspace, this));
  connect(form_, &ParamForm::edited, this, &IntervenePanel::send_edit);

  list_caption_ = make_label({}, "caption", this);
  list_caption_->setContentsMargins(0, 8, 0, 0);
  box_->addWidget(list_caption_);
  list_ = new QVBoxLayout;
  list_->setSpacing(0);
  box_->addLayout(list_);

  auto* confirm = make_button("Confirm with full model", "confirm_full", this, "primary");
  QAction* full = actions.find("run_full");
  const auto follow = [confirm, full] {
    confirm->setEnabled(full->isEnabled());
    confirm->setToolTip(full->toolTip());
    confirm->setText(full->text());
  };
  connect(full, &QAction::changed, confirm, follow);
  connect(confirm, &QPushButton::clicked, full, &QAction::trigger);
  follow();
  box_->addSpacing(6);
  box_->addWidget(confirm);
  auto* studies = new StudiesPanel(workspace, this);
  connect(lines, &AtrialLines::proof_wanted, studies, &StudiesPanel::prove_between);
  box_->addWidget(studies);
  box_->addStretch(1);

  connect(&workspace, &Workspace::tool_changed, this, &IntervenePanel::refresh_tools);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::plans_changed}) connect(&workspace, signal, this, &IntervenePanel::refresh_tools);
  connect(&placement, &Placement::hint_changed, this, [this](const QString& hint) {
    hint_->setText(hint);
    hint_->setVisible(!hint.isEmpty());
  });
  for (auto signal : {&Workspace::plans_changed, &Workspace::case_replaced}) connect(&workspace, signal, this, &IntervenePanel::refresh_list);
  for (auto signal : {&Workspace::plans_changed, &Workspace::case_replaced, &Workspace::selection_changed, &Workspace::tool_changed})
    connect(&workspace, signal, this, &IntervenePanel::refresh_form);
  connect(&workspace, &Workspace::jobs_changed, this, &IntervenePanel::refresh_run_note);
  connect(&workspace, &Workspace::selection_changed, this, [this] {
    for (auto* row : findChildren<QFrame*>(QRegularExpression("^row_"))) row->update();
  });
  refresh_tools();
  refresh_list();
  refresh_form();
}

void IntervenePanel::refresh_tools() {
  const Tool tool = workspace_.tool();
  const std::string active = kind_of(tool);
  const auto data = workspace_.data();
  for (auto& [kind, tile] : tiles_) {
    tile->setChecked(kind == active);
    const bool on_vessel = present::on_vessel(kind);
    const bool possible = on_vessel ? data->twin && !data->twin->vessels.empty() : workspace_.heart() != nullptr;
    allow(tile, possible, tile->property("tip").toString(),
          on_vessel && data->twin ? QStringLiteral("This case has no vessel with a centreline.") : why_no_muscle(*data));
  }
  lesion_shapes_->setVisible(active == "ablation");
  if (tool == Tool::none) {
    hint_->clear();
    hint_->hide();
  }
}

void IntervenePanel::refresh_list() {
  clear_layout(list_);
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (plan < 0 || plan >= int(data->plans.size())) return;
  const auto& p = data->plans[std::size_t(plan)];
  list_caption_->setText((plan == 0 ? QStringLiteral("Baseline") : "In plan " + QString::fromStdString(p.name)).toUpper());
  if (p.scenario.interventions.empty()) {
    list_->addWidget(make_label(plan == 0 ? "The baseline stays untreated. What you place goes into a plan of its own."
                                          : "Nothing placed yet. Choose a tool above and click the heart.", "small", this, true));
    return;
  }
  for (const auto& spec : p.scenario.interventions) list_->addWidget(new PlanRow(workspace_, spec, this));
}

void IntervenePanel::refresh_form() {
  const auto* spec = workspace_.selected_spec();
  const std::string placing = kind_of(workspace_.tool());
  const auto* kind = !placing.empty() ? twin::find_intervention(placing) : spec ? twin::find_intervention(spec->kind) : nullptr;
  form_area_->setVisible(kind != nullptr);
  if (!kind) return;
  if (!placing.empty()) spec = nullptr;   // the form edits what the next click will place
  form_title_->setText((spec ? present::intervention_name(*spec) : "New " + QString::fromStdString(kind->label)).toUpper());
  refresh_run_note();
  on_cell_->setVisible(kind->key == "drug" && spec);
  assumes_->setText(QString::fromStdString(kind->assumes));
  assumes_->setVisible(!kind->assumes.empty());
  core::ParamSchema schema = kind->schema;
  schema.name += spec ? spec->id : "new";   // a form of its own for every one that is edited
  form_->show(schema, spec ? spec->params : placement_.defaults_of(kind->key));

  const bool bridge = spec && spec->placement.kind == twin::Placement::Kind::bridge;
  const bool segment = bridge || (spec && spec->placement.kind == twin::Placement::Kind::segment);
  const QString wanted = segment ? QString::fromStdString(spec->id) : QString();
  if (wanted != segment_for_) {
    clear_layout(segment_box_);
    segment_fields_.clear();
    segment_for_ = wanted;
    if (segment) {
      const auto data = workspace_.data();
      const auto* vessel = data->twin ? data->twin->find_vessel(spec->placement.vessel) : nullptr;
      const auto length_of = [&](int branch) {
        constexpr double unknown = 200;
        return vessel && vessel->network && branch >= 0 && branch < int(vessel->network->branches.size()) ? vessel->network->branches[std::size_t(branch)].length() : unknown;
      };
      const double whole = length_of(spec->placement.branch);
      core::ParamSpec start{"start_mm", "Start", "mm", 0.0, 0, whole, {}, "Where it begins, along the centreline.", "", core::Liveness::restart};
      core::ParamSpec length{"length_mm", "Length", "mm", 10.0, 1, std::max(2.0, whole), {}, "How long it is.", "", core::Liveness::restart};
      if (bridge) {
        start.label = "From", start.help = "Where the graft begins, along the centreline of its branch.";
        const double end = length_of(spec->placement.to_branch);
        length = {"to_mm", "To", "mm", 10.0, 0, std::max(2.0, end), {}, "Where the graft ends, along the centreline of its branch.", "", core::Liveness::restart};
      }
      for (const auto& s : {start, length}) {
        auto* field = new NumberField(s, this);
        field->box()->setObjectName("segment_" + QString::fromStdString(s.key));
        segment_box_->addWidget(field);
        segment_fields_.push_back(field);
        connect(field, &NumberField::edited, this, &IntervenePanel::send_edit);
      }
    }
  }
  if (segment && segment_fields_.size() == 2) {
    segment_fields_[0]->set_value(spec->placement.start_mm);
    segment_fields_[1]->set_value(bridge ? spec->placement.to_mm : spec->placement.length_mm);
  }
}

void IntervenePanel::refresh_run_note() {
  run_note_->setVisible(workspace_.running_full() != 0);
}

void IntervenePanel::send_edit() {
  const std::string placing = kind_of(workspace_.tool());
  if (!placing.empty()) {
    placement_.defaults_of(placing) = form_->values();
    return;
  }
  const auto* spec = workspace_.selected_spec();
  if (!spec) return;
  twin::InterventionSpec edited = *spec;
  edited.params = form_->values();
  if (segment_fields_.size() == 2 && edited.placement.kind == twin::Placement::Kind::bridge) {
    edited.placement.start_mm = segment_fields_[0]->value();
    edited.placement.to_mm = segment_fields_[1]->value();
  } else if (segment_fields_.size() == 2) {
    edited.placement.start_mm = segment_fields_[0]->value();
    edited.placement.length_mm = segment_fields_[1]->value();
    double whole = segment_fields_[0]->box()->maximum();
    edited.placement.length_mm = std::min(edited.placement.length_mm, whole);
    edited.placement.start_mm = std::min(edited.placement.start_mm, whole - edited.placement.length_mm);
  }
  if (edited == *spec) return;
  if (!workspace_.update_intervention(edited)) refresh_form();   // the form shows what is in the plan
}

}  // namespace ot::gui
