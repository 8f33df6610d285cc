// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/atrial_lines.hpp"

#include <QHBoxLayout>
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
  all_ = make_button("All three", "atrial_add_all", this, "link");
  connect(all_, &QPushButton::clicked, this, [this] { add({"pvi-left", "pvi-right", "roof"}, "vein rings and roof line"); });
  box->addWidget(all_);
  box->addWidget(make_label("A suggestion from the shape of the wall: look at it, move its points, prove it.", "small_hint", this, true));
  for (auto signal : {&Workspace::plans_changed, &Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &AtrialLines::refresh);
  refresh();
}

const std::vector<session::LesionSet>* AtrialLines::sets() {
  const auto twin = workspace_.data()->twin;
  if (!twin) return nullptr;
  if (sets_of_ != twin) {
    auto made = session::atrial_lesion_sets(*twin);
    if (!made) {
      workspace_.say(Tone::bad, QString::fromStdString(made.error().message));
      return nullptr;
    }
    sets_ = std::move(*made);
    sets_of_ = twin;
  }
  return &sets_;
}

void AtrialLines::add(const std::vector<std::string>& keys, const QString& step_name) {
  const auto* all = sets();
  if (!all) return;
  const auto data = workspace_.data();
  const int plan = std::max(0, workspace_.session().active_plan());
  std::vector<twin::InterventionSpec> specs;
  for (const auto& set : *all)
    if (std::find(keys.begin(), keys.end(), set.key) != keys.end() && !data->plans[std::size_t(plan)].scenario.find(set.spec.id)) specs.push_back(set.spec);
  if (specs.empty()) return;
  const QString first = QString::fromStdString(specs.front().id);
  workspace_.set_shown_vessel({});
  if (workspace_.add_interventions(std::move(specs), step_name)) workspace_.set_selection(first);
}

void AtrialLines::prove(const std::string& key) {
  const auto* all = sets();
  if (!all) return;
  for (const auto& set : *all)
    if (set.key == key) emit proof_wanted(set.inside, set.outside);
}

void AtrialLines::refresh() {
  const auto data = workspace_.data();
  const bool here = data->twin && session::has_left_atrium(*data->twin);
  setVisible(here);
  if (!here) return;
  const int plan = workspace_.session().active_plan();
  int missing = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto* spec = plan > 0 && plan < int(data->plans.size()) ? data->plans[std::size_t(plan)].scenario.find(known[i].id) : nullptr;
    missing += !spec;
    allow(lines_[i].add, !spec, lines_[i].add->property("tip").toString(), "It lies in this plan already. Delete it below to place it anew.");
    allow(lines_[i].prove, spec && spec->enabled, "Paces on both sides of it: does it block both ways?", "Add it to the plan first.");
  }
  allow(all_, missing > 0, "Both rings and the line, as one undo step", "All three lie in this plan already.");
}

}  // namespace ot::gui
