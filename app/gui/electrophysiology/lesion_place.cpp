// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/lesion_place.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/gui/electrophysiology/lesion_drafts.hpp"
#include "app/gui/number_box.hpp"
#include "app/gui/widgets.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::gui {
namespace {

constexpr double furthest_mm = 2000;   // of a patient's coordinates
constexpr double shown_to_mm = 0.05;   // the fields show a tenth: what rounds to the same is no edit

}  // namespace

LesionPlace::LesionPlace(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  setObjectName("lesion_place");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 4);
  box->setSpacing(4);
  which_row_ = new QWidget(this);
  auto* row = new QHBoxLayout(which_row_);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(make_label("Place of", "", which_row_));
  which_ = new QComboBox(which_row_);
  name_widget(which_, "lesion_point_chooser", "Which point of the line");
  which_->setToolTip("One point of the line moves alone; the whole line keeps its shape on the wall.");
  row->addWidget(which_, 1);
  box->addWidget(which_row_);
  auto* line = new QHBoxLayout;
  line->setSpacing(4);
  const char* const axes[] = {"L", "P", "S"};
  const char* const words[] = {"left", "posterior", "superior"};
  for (int a = 0; a < 3; ++a) {
    line->addWidget(make_label(axes[a], "hint", this));
    auto* number = at_[std::size_t(a)] = new NumberBox(this);
    name_widget(number, QStringLiteral("lesion_at_%1").arg(QString(axes[a]).toLower()), QStringLiteral("Place towards %1, mm").arg(words[a]));
    number->setToolTip(QStringLiteral("Towards %1, mm (patient coordinates)").arg(words[a]));
    number->setButtonSymbols(QAbstractSpinBox::NoButtons);
    number->setRange(-furthest_mm, furthest_mm);
    number->setDecimals(1);
      number->setMinimumWidth(44);
    number->setStyleSheet("padding: 0 2px;");
    connect(number, &QDoubleSpinBox::valueChanged, this, &LesionPlace::send);
    line->addWidget(number, 1);
  }
  box->addLayout(line);
  box->addWidget(make_label("Millimetres left, posterior, superior. Drag it over the wall, or push it with the arrow keys: 1 mm.", "small_hint", this, true));
  connect(which_, &QComboBox::activated, this, [this](int at) {
    workspace_.set_move_whole(at == 0);
    workspace_.set_grip(at - 1);
  });
  for (auto signal : {&Workspace::plans_changed, &Workspace::case_replaced, &Workspace::selection_changed, &Workspace::tool_changed, &Workspace::grip_changed})
    connect(&workspace, signal, this, &LesionPlace::refresh);
  connect(&workspace, &Workspace::heart_draft_changed, this, &LesionPlace::refresh);
  refresh();
}

const twin::InterventionSpec* LesionPlace::shown() const {
  const auto* spec = workspace_.selected_spec();
  if (const auto* draft = workspace_.heart_draft(); spec && draft && draft->plan == workspace_.session().active_plan() && draft->spec.id == spec->id) spec = &draft->spec;
  return spec && lies_on_wall(*spec) && !spec->placement.points_mm.empty() ? spec : nullptr;
}

core::Vec3 LesionPlace::place_of(const twin::InterventionSpec& spec) const {
  const auto& points = spec.placement.points_mm;
  if (points.size() == 1) return points.front();
  if (const int grip = workspace_.grip(); grip >= 0 && grip < int(points.size())) return points[std::size_t(grip)];
  core::Vec3 middle = core::Vec3::Zero();
  for (const auto& x : points) middle += x / double(points.size());
  return middle;
}

void LesionPlace::refresh() {
  const auto* spec = workspace_.tool() == Tool::none ? shown() : nullptr;
  setVisible(spec != nullptr);
  if (!spec) return;
  const int points = int(spec->placement.points_mm.size());
  which_row_->setVisible(points > 1);
  const QSignalBlocker block(which_);
  const bool ring = spec->params.has("closed") && spec->params.flag("closed");
  const QString whole = ring ? QStringLiteral("Whole ring") : QStringLiteral("Whole line");
  if (which_->count() != points + 1 || which_->itemText(0) != whole) {
    which_->clear();
    which_->addItem(whole);
    for (int i = 1; i <= points; ++i) which_->addItem(QStringLiteral("Point %1 of %2").arg(i).arg(points));
  }
  which_->setCurrentIndex(workspace_.grip() < points ? workspace_.grip() + 1 : 0);
  const auto at = place_of(*spec);
  for (int a = 0; a < 3; ++a) {
    const QSignalBlocker quiet(at_[std::size_t(a)]);
    at_[std::size_t(a)]->setValue(at[a]);
  }
}

void LesionPlace::send() {
  const auto* spec = workspace_.selected_spec();
  if (!spec || !lies_on_wall(*spec) || workspace_.heart_draft()) return;
  core::Vec3 by;
  const auto was = place_of(*spec);
  for (int a = 0; a < 3; ++a) {
    by[a] = at_[std::size_t(a)]->value() - was[a];
    if (std::abs(by[a]) <= shown_to_mm * 1.001) by[a] = 0;   // this field was not touched
  }
  if (by.isZero()) return;
  twin::InterventionSpec moved = *spec;
  auto& points = moved.placement.points_mm;
  const int grip = points.size() == 1 ? 0 : workspace_.grip();
  for (int i = 0; i < int(points.size()); ++i)
    if (grip < 0 || i == grip) points[std::size_t(i)] += by;
  workspace_.update_intervention(moved);
  refresh();   // refused: the numbers of where it lies
}

}  // namespace ot::gui
