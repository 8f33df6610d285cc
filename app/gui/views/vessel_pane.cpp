// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/vessel_pane.hpp"

#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <set>
#include <utility>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"

namespace ot::gui {

VesselPane::VesselPane(Workspace& workspace, QWidget* parent) : QFrame(parent), workspace_(workspace) {
  name_widget(this, "vessel_pane", "Vessel along its centreline");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(0);
  auto* bar = new QWidget(this);
  bar->setFixedHeight(34);
  auto* row = new QHBoxLayout(bar);
  row->setContentsMargins(6, 2, 6, 2);
  row->setSpacing(6);
  chooser_ = new QToolButton(bar);
  name_widget(chooser_, "vessel_branch", "Which branch is shown");
  chooser_->setPopupMode(QToolButton::InstantPopup);
  chooser_->setToolButtonStyle(Qt::ToolButtonTextOnly);
  chooser_->setMenu(new QMenu(chooser_));
  shape_ = new QToolButton(bar);
  name_widget(shape_, "vessel_shape", "Straightened or curved");
  shape_->setText("Curved");
  shape_->setCheckable(true);
  shape_->setToolTip("Curved: the vessel as it bends, lengths along it kept. Off: straightened.");
  row->addWidget(chooser_);
  row->addWidget(shape_);
  row->addStretch(1);
  box->addWidget(bar);
  view_ = new viewer::CurvedView(this);
  box->addWidget(view_, 1);
  connect(shape_, &QToolButton::toggled, this, [this](bool on) {
    view_->scene().set_shape(on ? viewer::CurvedScene::Shape::curved : viewer::CurvedScene::Shape::straightened);
    view_->refresh();
  });
  connect(view_, &viewer::CurvedView::hovered, &workspace, &Workspace::quantity_hovered);
  connect(view_, &viewer::CurvedView::cursor_moved, this, [this](double, const core::Vec3& at) {
    moving_ = true;
    workspace_.set_crosshair(at);
    moving_ = false;
    emit place_chosen(at);
  });
  connect(&workspace, &Workspace::crosshair_changed, this, &VesselPane::follow);
  for (auto signal : {&Workspace::case_replaced, &Workspace::vessel_changed, &Workspace::model_changed}) connect(&workspace, signal, this, &VesselPane::refresh);
  connect(&workspace, &Workspace::image_changed, this, &VesselPane::refresh);
  for (auto signal : {&Workspace::selection_changed, &Workspace::plans_changed}) connect(&workspace, signal, this, [this] {
      if (isVisible() && !(wanted_place().first.empty()) && place_words(wanted_place()) != followed_) refresh();
    });
}

void VesselPane::showEvent(QShowEvent* event) {
  QFrame::showEvent(event);
  if (outdated_ || place_words(wanted_place()) != followed_) refresh();
}

// The selected device's vessel, else the vessel shown, else that of the plan's first device; with its branch where that is known.
std::pair<std::string, int> VesselPane::wanted_place() const {
  if (const auto* spec = workspace_.selected_spec(); spec && !spec->placement.vessel.empty()) return {spec->placement.vessel, spec->placement.branch};
  if (!workspace_.shown_vessel().isEmpty()) return {workspace_.shown_vessel().toStdString(), -1};
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (plan >= 0 && plan < int(data->plans.size()))
    for (const auto& spec : data->plans[std::size_t(plan)].scenario.interventions)
      if (spec.enabled && !spec.placement.vessel.empty()) return {spec.placement.vessel, spec.placement.branch};
  return {};
}

std::string VesselPane::place_words(const std::pair<std::string, int>& place) { return place.first + " " + std::to_string(place.second); }

void VesselPane::refresh() {
  outdated_ = true;
  if (!isVisible()) return;
  outdated_ = false;
  collect();
}

void VesselPane::collect() {
  const QString before = chosen_ >= 0 && chosen_ < int(entries_.size()) ? entries_[std::size_t(chosen_)].name : QString();
  entries_.clear();
  std::set<const core::VesselNetwork*> seen;
  const auto data = workspace_.data();
  const auto add = [&](const std::string& key, const std::string& name, const std::shared_ptr<const core::VesselNetwork>& network) {
    if (!network || !seen.insert(network.get()).second) return;
    for (auto& path : viewer::all_paths(*network)) {
      QString text = QString::fromStdString(name);
      if (network->branches.size() > 1) text += QStringLiteral(" to %1").arg(QString::fromStdString(path.name));
      path.name = text.toStdString();
      entries_.push_back({text, network, std::move(path), key});
    }
  };
  if (data->twin)
    for (const auto& v : data->twin->vessels) add(v->key, v->name, v->network);
  for (const auto& v : data->vessel_meshes) add(v.key, v.name, v.network);

  auto* menu = chooser_->menu();
  menu->clear();
  int wanted = -1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto* action = menu->addAction(QStringLiteral("%1   %2 mm").arg(entries_[i].name).arg(entries_[i].path.length(), 0, 'f', 0));
    connect(action, &QAction::triggered, this, [this, i] { choose(int(i)); });
    if (entries_[i].name == before) wanted = int(i);
  }
  // A line chosen by hand stays until a device or vessel elsewhere is chosen.
  const auto place = wanted_place();
  const auto lies_on = [&](const Entry& e) { return e.vessel_key == place.first && (place.second < 0 || std::find(e.path.branches.begin(), e.path.branches.end(), place.second) != e.path.branches.end()); };
  if (place_words(place) != std::exchange(followed_, place_words(place)) && !place.first.empty() && !(wanted >= 0 && lies_on(entries_[std::size_t(wanted)])))
    if (const auto at = std::find_if(entries_.begin(), entries_.end(), lies_on); at != entries_.end()) wanted = int(at - entries_.begin());
  if (wanted < 0 && data->twin)   // nothing says where: the vessel that is treated most, whose FFR is reported
    for (std::size_t i = 0; i < entries_.size() && wanted < 0; ++i)
      if (const auto* v = data->twin->find_vessel(entries_[i].vessel_key); v && v->report_ffr) wanted = int(i);
  if (wanted < 0 && !entries_.empty()) wanted = 0;
  allow(chooser_, !entries_.empty(), "Which branch is shown", "No vessel of this case has a centreline yet.");
  choose(wanted);
}

void VesselPane::choose(int entry) {
  chosen_ = entry;
  auto& scene = view_->scene();
  if (entry < 0) {
    name_branch();
    scene.set_path({});
    scene.set_volume(nullptr);
    view_->refresh();
    emit path_chosen();
    return;
  }
  const Entry& e = entries_[std::size_t(entry)];
  name_branch();
  std::vector<core::Vec3> around;
  for (const auto& p : e.path.points) around.push_back(p.at);
  const auto data = workspace_.data();
  const int at = present::image_around(*data, around);
  const auto volume = at >= 0 ? data->images[std::size_t(at)].volume : nullptr;
  if (scene.volume() != volume) scene.set_volume(volume);
  scene.set_labels(at >= 0 ? data->images[std::size_t(at)].labels : nullptr);
  scene.set_path(e.path);
  std::vector<viewer::PathSpan> spans;
  for (const auto& s : core::find_stenoses(*e.network)) {
    for (std::size_t b = 0; b < e.path.branches.size(); ++b) {
      if (e.path.branches[b] != s.branch) continue;
      const double from = e.path.branch_start[b];
      spans.push_back({from + s.start_mm, from + s.end_mm, from + s.throat_mm, QStringLiteral("%1 % Ø").arg(s.diameter_percent, 0, 'f', 0).toStdString()});
    }
  }
  view_->set_spans(spans);
  // Begin at the worst narrowing, where one wants to look.
  scene.set_cursor(spans.empty() ? 0.5 * e.path.length() : spans.front().throat_mm);
  view_->refresh();
  emit path_chosen();
}

// The crosshair came near the line from somewhere else: the cursor follows.
void VesselPane::follow() {
  if (moving_ || !isVisible() || chosen_ < 0) return;
  constexpr double near_mm = 15;
  const auto [arc, distance] = entries_[std::size_t(chosen_)].path.locate(workspace_.crosshair());
  if (distance < near_mm) view_->set_cursor(arc);
}

void VesselPane::name_branch() {
  const QString whole = chosen_ < 0 ? QStringLiteral("No vessel") : entries_[std::size_t(chosen_)].name;
  constexpr int arrow = 34, margins = 24;
  const int room = std::max(40, width() - shape_->sizeHint().width() - margins - arrow);
  chooser_->setText(chooser_->fontMetrics().elidedText(whole, Qt::ElideRight, room));
  chooser_->setToolTip(whole);
}

void VesselPane::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  name_branch();
}

}  // namespace ot::gui
