// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/stent_panel.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QTableWidget>
#include <algorithm>
#include <cmath>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/devices.hpp"
#include "app/present/views.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "solvers/interventions/geometry/on_vessel.hpp"

namespace ot::gui {
namespace {

constexpr int row_height = 28, header_height = 38;   // two lines: name, unit
double branch_length(const session::CaseData& data, const twin::Placement& place) {
  const auto* model = data.twin ? data.twin->find_vessel(place.vessel) : nullptr;
  if (!model || !model->network || place.branch < 0 || place.branch >= int(model->network->branches.size())) return 0;
  return model->network->branches[std::size_t(place.branch)].length();
}

}  // namespace

StentPanel::StentPanel(Workspace& workspace, FlowDrafts& drafts, QWidget* parent) : QWidget(parent), workspace_(workspace), drafts_(drafts) {
  name_widget(this, "stent_panel", "Stent");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  shelf_ = new QWidget(this);
  auto* shelf = new QVBoxLayout(shelf_);
  shelf->setContentsMargins(0, 0, 0, 0);
  shelf->setSpacing(4);
  shelf->addWidget(make_label("From the shelf, Ø × length", "small_hint", shelf_));
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  diameter_ = new QComboBox(shelf_);
  name_widget(diameter_, "stent_diameter", "Diameter from the shelf");
  length_ = new QComboBox(shelf_);
  name_widget(length_, "stent_length", "Length from the shelf");
  for (auto* c : {diameter_, length_}) {
    row->addWidget(c, 1);
    connect(c, &QComboBox::activated, this, [this] { choose(diameter_->currentData().toDouble(), length_->currentData().toDouble()); });
  }
  shelf->addLayout(row);
  box->addWidget(shelf_);
  numbers_ = new QVBoxLayout;
  numbers_->setSpacing(2);
  box->addLayout(numbers_);
  behind_ = new QCheckBox("3D flow after each move", this);
  name_widget(behind_, "stent_full_behind", "3D flow after each move");
  behind_->setToolTip("After a move the full flow of this vessel runs in the background and takes over when it is done.");
  behind_->setChecked(drafts.full_behind());
  connect(behind_, &QCheckBox::toggled, this, [this](bool on) { drafts_.set_full_behind(on); });
  box->addWidget(behind_);
  compare_ = make_button("Compare sizes", "stent_compare", this, "left");
  set_icon(compare_, "compare");
  compare_->setToolTip("The sizes next to this one, at this place, by the FAST model");
  connect(compare_, &QPushButton::clicked, this, &StentPanel::compare);
  box->addWidget(compare_);
  table_ = new QTableWidget(this);
  name_widget(table_, "stent_sizes", "Sizes side by side");
  table_->setColumnCount(4);
  table_->setHorizontalHeaderLabels({"size\nmm", "MLD\nmm", "drop\nmmHg", QStringLiteral("FFR\n±%1").arg(hemo::ffr_agreement, 0, 'f', 1)});
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(row_height);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);   // whole sizes, whatever their digits
  table_->horizontalHeader()->setFixedHeight(header_height);
  table_->horizontalHeaderItem(1)->setToolTip("Smallest diameter within the device");
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setShowGrid(false);
  table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table_->setToolTip("Click a size to take it");
  connect(table_, &QTableWidget::cellClicked, this, [this](int r, int) {
    if (r >= 0 && r < int(sizes_.size())) choose(sizes_[std::size_t(r)].diameter_mm, sizes_[std::size_t(r)].length_mm);
  });
  box->addWidget(table_);
  note_ = make_label("Drag it in the 3D view or on the straightened vessel; drag an end to change its length. Esc puts it back.", "small_hint", this, true);
  note_->setObjectName("stent_note");
  box->addWidget(note_);
  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::selection_changed, &Workspace::tool_changed}) connect(&workspace, signal, this, &StentPanel::refresh);
  for (auto signal : {&Workspace::results_changed, &Workspace::flow_draft_changed}) connect(&workspace, signal, this, &StentPanel::refresh_numbers);
  refresh();
}

const twin::InterventionSpec* StentPanel::stent() const {
  const auto* spec = workspace_.selected_spec();
  return spec && present::on_vessel(spec->kind) && workspace_.tool() == Tool::none ? spec : nullptr;
}

void StentPanel::refresh() {
  const auto* spec = stent();
  setVisible(spec != nullptr);
  if (!spec) return;
  const auto data = workspace_.data();
  const auto* model = data->twin ? data->twin->find_vessel(spec->placement.vessel) : nullptr;
  note_->setVisible(spec->placement.kind == twin::Placement::Kind::segment);
  shelf_->setVisible(model && spec->kind == "stent");
  if (model) fill_shelf(session::catalogue_for(session::healthy_diameter(*model, spec->placement)));
  compare_->setVisible(model && present::has_sizes(spec->kind));
  const auto show = [](QComboBox* box, double value) {
    const QSignalBlocker block(box);
    int at = -1;
    for (int i = 0; i < box->count(); ++i)
      if (std::abs(box->itemData(i).toDouble() - value) < 1e-6) at = i;
    box->setCurrentIndex(at);
    if (at < 0) box->setPlaceholderText(QStringLiteral("%1 mm, own").arg(value, 0, 'g', 4));   // in full: 3.04 mm must not read as the shelf's 3.0
  };
  if (shelf_->isVisibleTo(this)) {
    show(diameter_, spec->params.number("diameter_mm"));
    show(length_, spec->placement.length_mm);
  }
  const auto& place = spec->placement;
  const double middle = place.start_mm + 0.5 * place.length_mm, was = compared_at_.start_mm + 0.5 * compared_at_.length_mm;
  if (compared_plan_ != workspace_.session().active_plan() || compared_id_ != spec->id || place.vessel != compared_at_.vessel || place.branch != compared_at_.branch || std::abs(middle - was) > 0.5) sizes_.clear();
  refresh_numbers();
  refresh_table();
}

void StentPanel::fill_shelf(const session::DeviceCatalogue& shelf) {
  if (shelf_key_ == shelf.key) return;
  shelf_key_ = shelf.key;
  const QSignalBlocker first(diameter_), second(length_);
  diameter_->clear();
  length_->clear();
  for (const double d : shelf.diameters_mm) diameter_->addItem(QStringLiteral("%1 mm").arg(d, 0, 'f', shelf.key == "coronary" ? 2 : 0), d);
  for (const double l : shelf.lengths_mm) length_->addItem(QStringLiteral("%1 mm").arg(l, 0, 'f', 0), l);
  for (auto* c : {diameter_, length_}) c->setToolTip(QString::fromStdString(shelf.name + ": " + shelf.source));
}

void StentPanel::refresh_numbers() {
  const auto* spec = stent();
  if (!spec) return;
  clear_layout(numbers_);
  const int plan = workspace_.session().active_plan();
  const auto* draft = workspace_.flow_draft();
  const auto shown = workspace_.shown_result(plan);
  auto run = shown.stale ? nullptr : shown.result;
  if (draft && draft->spec.id == spec->id && draft->answer) run = draft->answer->run;
  const std::string vessel = spec->placement.vessel;
  if (draft && draft->spec.id == spec->id) {
    const auto& p = draft->spec.placement;
    numbers_->addWidget(make_fact("Now at", QStringLiteral("%1–%2 mm").arg(p.start_mm, 0, 'f', 1).arg(p.start_mm + p.length_mm, 0, 'f', 1), this));
    if (draft->answer && !draft->answer->refused.empty()) numbers_->addWidget(make_label(QString::fromStdString(draft->answer->refused), "attention", this, true));
  }
  const auto data = workspace_.data();
  const auto& edited = draft && draft->spec.id == spec->id ? draft->spec : *spec;
  if (const auto* model = data->twin ? data->twin->find_vessel(vessel) : nullptr; model && (spec->kind == "stent" || spec->kind == "tapered_stent" || spec->kind == "angioplasty")) {
    double widest = edited.params.number("diameter_mm");
    if (edited.params.has("distal_diameter_mm")) widest = std::max(widest, edited.params.number("distal_diameter_mm"));
    if (const std::string words = interventions::oversize_words(*model, edited.placement, spec->kind == "angioplasty" ? "balloon" : "stent", widest); !words.empty()) {
      auto* warning = make_label(QString::fromStdString(words), "attention", this, true);
      warning->setObjectName("stent_oversize");
      warning->setStyleSheet("font-size: 12px;");
      numbers_->addWidget(warning);
    }
  }
  if (run) {
    const QString before = QString::fromStdString(present::device_numbers(*spec));
    for (const auto& q : run->quantities) {
      const QString key = QString::fromStdString(q.key);
      const bool carries = spec->kind == "bypass" && key.startsWith(QString::fromStdString(vessel + "_graft_flow"));
      if (!key.startsWith(before) && !carries) continue;
      QString label = QString::fromStdString(q.label);
      label = label.mid(label.indexOf(':') + 1).trimmed();   // the vessel's name is known here
      for (const auto& [longer, shorter] : {std::pair{"smallest diameter in the stent, ", "MLD "}, {"smallest diameter, before the balloon", "MLD before"}, {"smallest diameter, after the balloon", "MLD after recoil"},
                                            {"smallest diameter, before the narrowing", "MLD before"}, {"smallest diameter, after the narrowing", "MLD after"}, {"smallest diameter, before", "MLD before"},
                                            {"smallest diameter of the ideal lumen", "MLD ideal"}, {"largest gap between stent and wall", "largest gap"}, {"deployed stent length", "deployed length"}, {"stent ", ""}})
        label.replace(longer, shorter);
      auto* fact = make_fact(label.left(1).toUpper() + label.mid(1), present::show_number(q.value, QString::fromStdString(q.unit)) + " " + QString::fromStdString(q.unit), this);
      fact->setToolTip(QString::fromStdString(q.label + (q.note.empty() ? "" : "\n" + q.note)));
      numbers_->addWidget(fact);
    }
  }
  const QString key = QString::fromStdString(vessel);
  if (const auto full = workspace_.vessel_full(plan, key)) {
    const double ffr = present::quantity_of(*full, vessel + "_ffr");
    const auto fast = workspace_.session().result(plan, core::Mode::fast);
    const double other = fast ? present::quantity_of(*fast, vessel + "_ffr") : NAN;
    if (std::isfinite(ffr))
      numbers_->addWidget(make_fact("FFR in 3D", QStringLiteral("%1 ± %2%3").arg(ffr, 0, 'f', 2).arg(hemo::ffr_agreement, 0, 'f', 1).arg(std::isfinite(other) ? QStringLiteral(" (FAST %1)").arg(other, 0, 'f', 2) : QString()), this));
  } else if (drafts_.confirming()) {
    numbers_->addWidget(make_fact("Flow in 3D", "running", this));
  }
}

void StentPanel::choose(double diameter, double length) {
  const auto* spec = stent();
  if (!spec || diameter <= 0 || length <= 0) return;
  const auto data = workspace_.data();
  const double whole = branch_length(*data, spec->placement);
  if (whole <= 0) return;
  const auto edited = present::with_size(*spec, {diameter, length}, whole);
  if (edited == *spec) return;
  const auto vessel = QString::fromStdString(spec->placement.vessel);
  workspace_.update_intervention(edited);
  workspace_.session().close_step();
  drafts_.confirm_soon(workspace_.session().active_plan(), vessel);
}

void StentPanel::compare() {
  const auto* spec = stent();
  const auto data = workspace_.data();
  if (!spec || !data->twin) return;
  const int plan = workspace_.session().active_plan();
  const auto scenario = data->plans[std::size_t(plan)].scenario;
  compared_at_ = spec->placement;
  compared_plan_ = plan;
  compared_id_ = spec->id;
  const auto* model = data->twin->find_vessel(spec->placement.vessel);
  if (!model) return;
  const auto list = present::sizes_around(present::size_of(*spec), session::catalogue_for(session::healthy_diameter(*model, spec->placement)));
  workspace_.session().jobs().start(session::Lane::image, "device sizes", "Comparing sizes",
                                    [=, this, twin = data->twin, id = spec->id, place = spec->placement](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
                                      auto compared = session::compare_sizes(twin, scenario, id, list, core::Mode::fast, progress);
                                      if (!compared) return core::pass(compared);
                                      const auto sizes = std::move(*compared);
                                      return session::JobRunner::Completion([this, sizes, place, plan] {
                                        if (compared_plan_ != plan || !(compared_at_ == place)) return;   // another place was asked for
                                        sizes_ = sizes;
                                        refresh_table();
                                      });
                                    });
}

void StentPanel::refresh_table() {
  const auto* spec = stent();
  table_->setVisible(spec && !sizes_.empty() && present::has_sizes(spec->kind));
  if (!spec || sizes_.empty() || !present::has_sizes(spec->kind)) return;
  table_->setRowCount(int(sizes_.size()));
  for (int r = 0; r < table_->rowCount(); ++r) {
    const auto& size = sizes_[std::size_t(r)];
    const bool now = present::same_size({size.diameter_mm, size.length_mm}, present::size_of(*spec));
    const auto number = [](double v, int decimals) { return std::isfinite(v) ? QString::number(v, 'f', decimals) : QStringLiteral("–"); };
    const bool refused = !size.answer.refused.empty();
    const QStringList cells{QStringLiteral("%1 × %2").arg(size.diameter_mm, 0, 'g', 3).arg(size.length_mm, 0, 'g', 3), refused ? "–" : number(size.answer.min_diameter_mm, 2),
                            refused ? "–" : number(size.answer.drop_mmhg, 1), refused ? "–" : number(size.answer.ffr, 2)};
    for (int c = 0; c < 4; ++c) {
      auto* cell = new QTableWidgetItem(cells[c]);
      cell->setTextAlignment(c ? int(Qt::AlignRight | Qt::AlignVCenter) : int(Qt::AlignLeft | Qt::AlignVCenter));
      QFont font = ui_font(12, now ? QFont::DemiBold : QFont::Normal);
      cell->setFont(font);
      if (c == 3 && std::isfinite(size.answer.ffr) && !refused) {
        const auto meaning = hemo::ffr_meaning(size.answer.ffr);
        cell->setForeground(meaning == hemo::FfrMeaning::reduced ? theme().bad : meaning == hemo::FfrMeaning::grey_zone ? theme().attention : theme().good);
      } else {
        cell->setForeground(now ? theme().accent : theme().text);
      }
      cell->setToolTip(refused ? QString::fromStdString(size.answer.refused) : c == 3 && std::isfinite(size.answer.ffr) ? QStringLiteral("Click to take this size. Limits of agreement with a measured FFR: %1 to %2").arg(size.answer.ffr - hemo::ffr_agreement, 0, 'f', 2).arg(std::min(1.0, size.answer.ffr + hemo::ffr_agreement), 0, 'f', 2) : "Click to take this size");
      table_->setItem(r, c, cell);
    }
  }
  table_->setFixedHeight(header_height + row_height * table_->rowCount() + 2);
}

}  // namespace ot::gui
