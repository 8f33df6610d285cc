// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/atrial_lines.hpp"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

struct Words {
  const char *key, *id, *title, *tip;   // id: of the intervention
};
const Words known[] = {{"pvi-left", "pvi-left", "Left veins", "A ring of lesions about the antrum of both left pulmonary veins"},
                       {"pvi-right", "pvi-right", "Right veins", "A ring of lesions about the antrum of both right pulmonary veins"},
                       {"roof", "line-roof", "Roof line", "A line of lesions over the roof of the left atrium, from ring to ring"}};

}  // namespace

AtrialLines::AtrialLines(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "atrial_lines", "Lesion sets of the left atrium");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(4);
  auto* title = make_label("Atrial lines", "caption", this);
  title->setContentsMargins(0, 8, 0, 0);
  box->addWidget(title);
  for (const auto& words : known) {
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    auto* add = make_button(words.title, QStringLiteral("atrial_add_") + words.key, this, "left");
    set_icon(add, std::string(words.key) == "roof" ? "lesion_line" : "lesion_ring");
    add->setAccessibleName(QStringLiteral("Add to the plan: ") + words.title);
    add->setProperty("tip", words.tip);
    auto* prove = make_button("Prove", QStringLiteral("atrial_prove_") + words.key, this);
    prove->setAccessibleName(QStringLiteral("Proof of block: ") + words.title);
    connect(add, &QPushButton::clicked, this, [this, key = std::string(words.key), name = QString(words.title).toLower()] { this->add({key}, name); });
    connect(prove, &QPushButton::clicked, this, [this, key = std::string(words.key)] { this->prove(key); });
    row->addWidget(add, 1);
    row->addWidget(prove);
    box->addLayout(row);
    lines_.push_back({words.key, add, prove});
  }
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  margin_ = new QDoubleSpinBox(this);
  name_widget(margin_, "atrial_margin", "Margin from the ostia of the veins to the rings");
  margin_->setRange(0, 25);
  margin_->setDecimals(0);
  margin_->setSuffix(" mm");
  margin_->setValue(session::AtrialLineParams{}.antral_margin_mm);
  margin_->setToolTip("Rings lie this far outside the veins' ostia, where valve, septum and the other side's veins leave room; 5 to 10 mm are usual for wide antral isolation. For rings placed from now on.");
  row->addWidget(make_label("Margin", "small", this), 1);
  row->addWidget(margin_);
  box->addLayout(row);
  all_ = make_button("All three", "atrial_add_all", this, "link");
  connect(all_, &QPushButton::clicked, this, [this] { add({"pvi-left", "pvi-right", "roof"}, "vein rings and roof line"); });
  box->addWidget(all_);
  box->addWidget(make_label("A suggestion from the shape of the wall: look at it, move its points, prove it. What a ring encloses stands in its note.", "small_hint", this, true));
  for (auto signal : {&Workspace::plans_changed, &Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &AtrialLines::refresh);
  // A cancelled search hands nothing back.
  connect(&workspace, &Workspace::jobs_changed, this, [this] {
    const auto jobs = workspace_.session().jobs().status();
    if (!making_for_ || std::any_of(jobs.begin(), jobs.end(), [&](const session::JobStatus& j) { return j.id == job_ && (j.state == session::JobState::waiting || j.state == session::JobState::running); })) return;
    making_for_.reset();
    refresh();
  });
  refresh();
}

void AtrialLines::with_sets(const std::function<void()>& then) {
  const auto twin = workspace_.data()->twin;
  if (!twin || making_for_ == twin) return;
  const session::AtrialLineParams params{margin_->value()};
  if (sets_of_ == twin && margin_of_ == params.antral_margin_mm) return then();
  making_for_ = twin;
  refresh();
  QPointer<AtrialLines> self(this);
  job_ = workspace_.session().jobs().start(session::Lane::quick, "atrial-lines", "Looking for rings around the veins", [self, twin, then, params](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto made = std::make_shared<core::Result<std::vector<session::LesionSet>>>(session::atrial_lesion_sets(*twin, params, progress));
    return session::JobRunner::Completion([self, twin, then, params, made] {
      if (!self) return;
      if (self->making_for_ == twin) self->making_for_.reset();
      if (!*made) {
        self->refresh();
        if (made->error().code != core::ErrorCode::cancelled) self->workspace_.say(Tone::bad, QString::fromStdString(made->error().message));
        return;
      }
      self->sets_ = std::move(**made);
      self->sets_of_ = twin;
      self->margin_of_ = params.antral_margin_mm;
      self->refresh();
      if (self->workspace_.data()->twin == twin) then();
    });
  });
  emit workspace_.jobs_changed();
}

void AtrialLines::add(const std::vector<std::string>& keys, const QString& step_name) {
  with_sets([this, keys, step_name] { place(keys, step_name); });
}

void AtrialLines::place(const std::vector<std::string>& keys, const QString& step_name) {
  const auto data = workspace_.data();
  const int plan = std::max(0, workspace_.session().active_plan());
  std::vector<twin::InterventionSpec> specs;
  for (const auto& set : sets_)
    if (std::find(keys.begin(), keys.end(), set.key) != keys.end() && !data->plans[std::size_t(plan)].scenario.find(set.spec.id)) specs.push_back(set.spec);
  if (specs.empty()) return;
  const QString first = QString::fromStdString(specs.front().id);
  workspace_.set_shown_vessel({});
  if (workspace_.add_interventions(std::move(specs), step_name)) workspace_.set_selection(first);
}

void AtrialLines::prove(const std::string& key) {
  with_sets([this, key] {
    for (const auto& set : sets_)
      if (set.key == key) emit proof_wanted(set.inside, set.outside);
  });
}

void AtrialLines::refresh() {
  const auto data = workspace_.data();
  const bool here = data->twin && session::has_left_atrium(*data->twin);
  setVisible(here);
  if (!here) return;
  const int plan = workspace_.session().active_plan();
  const bool making = making_for_ && making_for_ == data->twin;
  constexpr const char* searching = "Rings are being looked for on this wall.";
  int missing = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto* spec = plan > 0 && plan < int(data->plans.size()) ? data->plans[std::size_t(plan)].scenario.find(known[i].id) : nullptr;
    missing += !spec;
    allow(lines_[i].add, !spec && !making, lines_[i].add->property("tip").toString(), making ? searching : "It lies in this plan already. Delete it below to place it anew.");
    allow(lines_[i].prove, spec && spec->enabled, "Paces on both sides of it: does it block both ways?", "Add it to the plan first.");
  }
  allow(all_, missing > 0 && !making, "Both rings and the line, as one undo step", making ? searching : "All three lie in this plan already.");
  margin_->setEnabled(!making);
}

}  // namespace ot::gui
