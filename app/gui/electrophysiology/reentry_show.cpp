// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/reentry_show.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"
#include "solvers/electrophysiology/studies/phase.hpp"

namespace ot::gui {
namespace {

constexpr int picture_every_ms = 80;   // one step of 10 ms of the tissue: an eighth of its speed
constexpr float none = std::numeric_limits<float>::quiet_NaN();

}  // namespace

std::vector<core::Vec3> filament_lines(const ep::FilamentFrame& frame, double reach) {
  std::vector<core::Vec3> lines;
  for (std::size_t i = 0; i < frame.points.size(); ++i) {
    std::size_t nearest = i;
    double least = reach * reach;
    for (std::size_t j = 0; j < i; ++j) {
      if (frame.filament[j] != frame.filament[i]) continue;
      const double d = (frame.points[j] - frame.points[i]).squaredNorm();
      if (d < least) least = d, nearest = j;
    }
    if (nearest != i) lines.insert(lines.end(), {frame.points[nearest], frame.points[i]});
  }
  return lines;
}

ReentryShow::ReentryShow(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "reentry_show", "How the re-entry is shown");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  kind_ = new QComboBox(this);
  name_widget(kind_, "reentry_kind", "What the heart is painted with");
  kind_->addItem("Isochrones of the last cycle");
  kind_->addItem("Phase and filaments over time");
  kind_->setToolTip("Phase: share of a turn since each place was activated. Where all colours meet is a phase singularity; the white line is the filament the wave turns around.");
  box->addWidget(kind_);
  bar_ = new QWidget(this);
  auto* row = new QHBoxLayout(bar_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(6);
  play_ = make_icon_button("play", "reentry_play", "Play or pause the phase", bar_);
  play_->setCheckable(true);
  time_ = new QSlider(Qt::Horizontal, bar_);
  name_widget(time_, "reentry_time", "Time of the phase");
  time_->setPageStep(5);
  row->addWidget(play_);
  row->addWidget(time_, 1);
  box->addWidget(bar_);
  words_ = make_label({}, "small_hint", this);
  words_->setObjectName("reentry_words");
  box->addWidget(words_);
  timer_.setInterval(picture_every_ms);
  connect(&timer_, &QTimer::timeout, this, [this] { time_->setValue(time_->value() >= time_->maximum() ? 0 : time_->value() + 1); });
  connect(kind_, &QComboBox::activated, this, [this] {
    play(false);
    draw();
    reveal();
  });
  connect(time_, &QSlider::valueChanged, this, &ReentryShow::draw);
  connect(play_, &QToolButton::toggled, this, &ReentryShow::play);
  connect(&workspace, &Workspace::display_changed, this, [this] {
    if (timer_.isActive() && !shown()) play(false);   // something else was chosen for the heart
    setVisible(shown());
  });
  hide();
}

void ReentryShow::show_run(const ep::SiteRun* run, core::Mode mode) {
  if (run && run_ && shown() && run->site.key == run_->site.key && run->last_cycles.end_ms == run_->last_cycles.end_ms && run->best == run_->best) return;   // the list was only refreshed
  play(false);
  if (!run || !run->induced()) {
    const bool on = shown();
    map_.reset();
    run_.reset();
    hide();
    if (on) workspace_.set_shown_map(nullptr);
    return;
  }
  run_ = std::make_shared<const ep::SiteRun>(*run);
  mode_ = mode;
  {
    const QSignalBlocker quiet(time_);
    time_->setRange(0, std::max(0, int(run_->filaments.size()) - 1));
    time_->setValue(0);
  }
  draw();
  reveal();
}

void ReentryShow::reveal() {
  QTimer::singleShot(60, this, [this] {   // after the rail has grown
    for (QWidget* p = parentWidget(); p; p = p->parentWidget())
      if (auto* scroll = qobject_cast<QScrollArea*>(p)) {
        scroll->ensureWidgetVisible(this, 0, 60);
        break;
      }
  });
}

void ReentryShow::play(bool on) {
  if (on && !shown()) draw();
  on ? timer_.start() : timer_.stop();
  const QSignalBlocker quiet(play_);
  play_->setChecked(on);
  set_icon(play_, on ? "pause" : "play");
}

void ReentryShow::draw() {
  if (!run_) return;
  const bool moving = kind_->currentIndex() == 1 && !run_->filaments.empty();
  bar_->setVisible(moving);
  auto shown = moving ? phase() : isochrones();
  if (moving) {
    const ep::FilamentFrame& f = run_->filaments[std::size_t(time_->value())];
    words_->setText(QStringLiteral("%1 ms · %2 %3, %4 mm").arg(f.t_ms, 0, 'f', 0).arg(f.count).arg(f.count == 1 ? "filament" : "filaments").arg(f.length_mm, 0, 'f', 0));
  }
  words_->setVisible(moving);
  map_ = shown;
  workspace_.set_shown_map(std::move(shown));
}

std::shared_ptr<ShownMap> ReentryShow::isochrones() const {
  const auto& found = run_->attempts[std::size_t(run_->best)].found;
  const double to = found.last_activation_ms, from = to - found.cycle_length_ms;
  const auto& last = run_->last_cycles;
  auto shown = std::make_shared<ShownMap>();
  shown->values.assign(last.nodes(), none);
  for (std::size_t n = 0; n < last.nodes(); ++n)
    for (std::uint32_t k = last.begin[n]; k < last.begin[n + 1]; ++k)
      if (double(last.at_ms[k]) > from && double(last.at_ms[k]) <= to) shown->values[n] = float(double(last.at_ms[k]) - from);
  shown->title = mode_ == core::Mode::fast ? "Re-entry, one cycle (FAST study)" : "Re-entry, one cycle (FULL study)";
  shown->unit = "ms";
  shown->step = std::max(5.0, present::band_step(found.cycle_length_ms, 14));
  shown->lo = 0;
  shown->hi = std::ceil(found.cycle_length_ms / shown->step) * shown->step;
  return shown;
}

std::shared_ptr<ShownMap> ReentryShow::phase() const {
  const ep::FilamentFrame& frame = run_->filaments[std::size_t(time_->value())];
  auto shown = std::make_shared<ShownMap>();
  shown->values = ep::phase_at(run_->last_cycles, frame.t_ms, run_->attempts[std::size_t(run_->best)].found.cycle_length_ms);
  for (float& p : shown->values) p = (p < 0 ? p + 2 * float(std::numbers::pi) : p) * float(180 / std::numbers::pi);
  shown->title = mode_ == core::Mode::fast ? "Re-entry, phase (FAST study)" : "Re-entry, phase (FULL study)";
  shown->unit = "°";
  shown->kind = 3;
  shown->lo = 0;
  shown->hi = 360;
  const auto* heart = workspace_.heart();
  if (heart && heart->baseline.mesh) shown->lines = filament_lines(frame, 3 * heart->baseline.mesh->mean_edge());
  return shown;
}

}  // namespace ot::gui
