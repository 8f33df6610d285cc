// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/slice_deck.hpp"

#include <QPainter>
#include <cmath>

#include "app/gui/turn_queue.hpp"
#include "app/session/tissue.hpp"
#include "imaging/tissue/landmarks.hpp"
#include "solvers/core/has_label.hpp"
#include "viewer/qt/theme_colors.hpp"

namespace ot::gui {
using core::Vec3;

namespace {
// One colour per plane, as on workstations for double oblique; the same in every view.
constexpr core::Color plane_color[3] = {{0x4c, 0xc2, 0xff}, {0x5f, 0xc9, 0x8b}, {0xc7, 0x92, 0xea}};
}  // namespace

class LandmarkClicks : public viewer::SliceTool {
 public:
  using Done = std::function<void(const viewer::CardiacPoints&)>;
  LandmarkClicks(Workspace& workspace, Done done, std::function<void()> cancelled)
      : workspace_(workspace), done_(std::move(done)), cancelled_(std::move(cancelled)) {
    say();
  }
  bool press(viewer::SliceView& view, const viewer::SlicePointer& p) override {
    if (p.button != Qt::LeftButton) return false;
    points_.push_back(p.at);
    view.update();
    if (points_.size() < 3) {
      say();
      return true;
    }
    done_({points_[0], points_[1], points_[2], std::nullopt});   // may delete this object: nothing after it
    return true;
  }
  bool key(viewer::SliceView&, int key, Qt::KeyboardModifiers) override {
    if (key != Qt::Key_Escape) return false;
    cancelled_();
    return true;
  }
  bool wants_key(int key, Qt::KeyboardModifiers) override { return key == Qt::Key_Escape; }
  void paint(viewer::SliceView& view, QPainter& p) override {
    p.setRenderHint(QPainter::Antialiasing);
    const double ratio = view.devicePixelRatioF();
    p.setPen(QPen(viewer::theme::accent, 1.6 * ratio));
    for (const Vec3& x : points_) {
      const auto at = view.scene().to_screen(x);
      p.drawEllipse(QPointF(at[0], at[1]), 5 * ratio, 5 * ratio);
    }
  }

 private:
  void say() const {
    static const char* const asks[] = {"Cardiac planes: click the apex of the left ventricle in any slice (wheel scrolls, Esc leaves).", "Now the centre of the mitral valve.",
                                       "Now a point in the right ventricle, at the height of its free wall."};
    workspace_.say(Tone::info, asks[points_.size()]);
  }
  Workspace& workspace_;
  Done done_;
  std::function<void()> cancelled_;
  std::vector<Vec3> points_;
};

SliceDeck::SliceDeck(Workspace& workspace, std::array<viewer::SliceView*, 3> views, QObject* parent)
    : QObject(parent), workspace_(workspace), views_(views), measure_(new MeasureTool(workspace, this)) {
  timer_.setTimerType(Qt::PreciseTimer);
  timer_.setInterval(15);
  connect(&timer_, &QTimer::timeout, this, [this] {
    const int due = clock_.phase_at(offset_ms_ + speed_ * double(since_.elapsed()));
    if (due != phase_) set_phase(due);   // late pictures are skipped: the beat keeps its time
  });
  for (int v = 0; v < 3; ++v) {
    auto* view = views_[std::size_t(v)];
    alive_[std::size_t(v)] = view;
    view->add_overlay(measure_);
    connect(view, &viewer::SliceView::plane_turned, this, [this, v](double radians) { turn(v, radians); });
    connect(view, &viewer::SliceView::preset_asked, this, [this](int digit) {
      for (const auto& p : presets())
        if (p.digit == digit) apply_preset(QString::fromStdString(p.key));
    });
  }
  connect(measure_, &MeasureTool::changed, this, [this] {
    for (auto* view : views_) view->update();
    emit measurements_changed();
  });
  connect(measure_, &MeasureTool::left, this, &SliceDeck::stop_tool);
  connect(&workspace, &Workspace::image_changed, this, &SliceDeck::on_image_changed);
}

SliceDeck::~SliceDeck() {
  for (const auto& view : alive_)
    if (view) {
      view->set_tool(nullptr);
      view->remove_overlay(measure_);
    }
}

void SliceDeck::take_turns() {
  for (int v = 0; v < 3; ++v) {
    views_[std::size_t(v)]->hold();
    in_own_turn(this, v, [view = alive_[std::size_t(v)]] {
      if (view) view->release();
    });
  }
}

const session::ImageData* SliceDeck::image() const {
  const auto data = workspace_.data();
  for (const auto& i : data->images)
    if (QString::fromStdString(i.key) == key_) return &i;   // lives as long as the session's data
  return nullptr;
}

void SliceDeck::show_image(const QString& key) {
  const bool same_key = key == key_;
  key_ = key;
  const auto* shown = image();
  if (same_key && shown && shown->volume == base_ && shown->phases.size() == std::size_t(clock_.count())) {
    if (views_[0]->scene().labels() != shown->labels) take_turns();
    for (auto* view : views_) view->set_labels(shown->labels);   // the same image again: view, planes and window stay
    emit measurements_changed();
    return;
  }
  base_ = shown ? shown->volume : nullptr;
  play(false);
  phase_ = 0;
  landmarks_of_ = nullptr;
  points_.reset();
  std::vector<double> triggers;
  if (shown)
    for (const auto& p : shown->phases) triggers.push_back(p.trigger_ms);
  clock_.set_triggers(std::move(triggers));
  measure_->set_image(shown ? key : QString());
  measure_->forget_values();
  if (mode_ != Planes::body) show_body_planes();
  take_turns();
  for (auto* view : views_) {
    view->set_volume(shown ? shown->volume : nullptr);
    view->set_labels(shown ? shown->labels : nullptr);
  }
  if (shown && clock_.count() > 1) set_phase(0);
  emit image_shown();
  emit measurements_changed();
}

void SliceDeck::on_image_changed(const QString& key) {
  const auto* shown = key == key_ ? image() : nullptr;
  if (!shown) return;
  if (views_[0]->scene().labels() != shown->labels || base_ != shown->volume) take_turns();
  for (auto* view : views_) {
    if (clock_.count() <= 1 && view->scene().volume() != shown->volume) view->set_volume(shown->volume);
    view->set_labels(shown->labels);
  }
  base_ = shown->volume;
  measure_->forget_values();
  emit measurements_changed();
}

void SliceDeck::apply_triad() {
  for (int v = 0; v < 3; ++v) {
    auto* view = views_[std::size_t(v)];
    if (mode_ == Planes::body) {
      view->scene().set_axes(std::nullopt);
      view->set_cross_planes({});
    } else {
      view->scene().set_axes(triad_.axes[std::size_t(v)], triad_.names[std::size_t(v)]);
      std::vector<viewer::CrossPlane> others;
      for (int o = 0; o < 3; ++o)
        if (o != v) others.push_back({triad_.axes[std::size_t(o)].normal, plane_color[o], o});
      view->set_cross_planes(std::move(others), plane_color[v]);
    }
    view->refresh();
  }
  emit planes_changed();
}

void SliceDeck::show_body_planes() {
  mode_ = Planes::body;
  triad_ = viewer::body_planes();
  apply_triad();
  for (auto* view : views_) {
    view->scene().set_crosshair(workspace_.crosshair());
    view->scene().fit();
    view->refresh();
  }
}

void SliceDeck::turn_by_hand() {
  if (mode_ == Planes::body) {
    triad_ = viewer::body_planes();
    triad_.body = false;
    for (auto& name : triad_.names) name += " oblique";
    mode_ = Planes::free;
  }
  apply_triad();
  emit slices_wanted();
}

void SliceDeck::turn(int view, double radians) {
  triad_.turn(view, radians);
  if (mode_ == Planes::cardiac) mode_ = Planes::free;
  apply_triad();
}

void SliceDeck::set_cardiac(const viewer::CardiacPoints& points, viewer::CardiacView view) {
  auto planes = viewer::cardiac_planes(points, view);
  if (!planes) {
    workspace_.say(Tone::attention, QString::fromStdString(planes.error().message));
    return;
  }
  triad_ = *planes;
  mode_ = Planes::cardiac;
  const Vec3 middle = 0.5 * (points.apex + points.mitral);
  workspace_.set_crosshair(middle);
  apply_triad();
  emit slices_wanted();
  // The left ventricle with its neighbours: one and a quarter of its length about its middle.
  constexpr double least_radius_mm = 55;
  for (auto* v : views_) {
    v->scene().set_crosshair(middle);
    v->scene().show_around(middle, std::max(least_radius_mm, 1.25 * (points.mitral - points.apex).norm() * 0.75));
    v->refresh();
  }
}

void SliceDeck::show_cardiac(viewer::CardiacView view) {
  const auto* shown = image();
  if (!shown || !shown->volume) return;
  if (points_ && landmarks_of_ == shown->labels) {
    set_cardiac(*points_, view);
    return;
  }
  const bool labelled = shown->labels && core::has_label(*shown->labels, core::labels::lv_blood_pool);
  if (!labelled) {
    ask_landmarks(view);
    return;
  }
  workspace_.session().jobs().start(session::Lane::quick, "cardiac planes", "Finding the cardiac planes",
                                    [this, view, labels = shown->labels, planes = shown->planes](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto found = imaging::find_landmarks(*labels, planes, {}, progress);
    if (!found && found.error().code == core::ErrorCode::cancelled) return core::pass(found);
    return session::JobRunner::Completion([this, view, labels, found] {
      if (!found) {
        workspace_.say(Tone::attention, QString::fromStdString(found.error().message));
        ask_landmarks(view);
        return;
      }
      const auto& f = found->frame;
      viewer::CardiacPoints points{f.apex, f.base, 0.5 * (f.apex + f.base) + 40.0 * f.septum, std::nullopt};
      if (const auto* aortic = found->find(imaging::landmark_keys::aortic)) points.aortic = aortic->at;
      points_ = points;
      landmarks_of_ = labels;
      set_cardiac(points, view);
    });
  });
}

void SliceDeck::ask_landmarks(viewer::CardiacView view) {
  stop_tool();
  clicks_ = std::make_unique<LandmarkClicks>(
      workspace_,
      [this, view](const viewer::CardiacPoints& points) {
        // The tool is deleted after its own event has returned.
        QTimer::singleShot(0, this, [this, view, points] {
          stop_tool();
          points_ = points;
          landmarks_of_ = image() ? image()->labels : nullptr;
          set_cardiac(points, view);
        });
      },
      [this] { QTimer::singleShot(0, this, &SliceDeck::stop_tool); });
  for (auto* v : views_) v->set_tool(clicks_.get());
  emit tool_changed();
}

std::vector<viewer::WindowPreset> SliceDeck::presets() const {
  const auto* shown = image();
  if (!shown || !shown->volume) return {};
  return viewer::window_presets(*shown->volume, shown->labels.get());
}
void SliceDeck::apply_preset(const QString& key) {
  for (const auto& p : presets()) {
    if (QString::fromStdString(p.key) != key) continue;
    for (auto* view : views_) view->set_window_preset(p.name, p.wl);
  }
}
void SliceDeck::set_slab(viewer::Slab slab) {
  slab_ = slab;
  for (auto* view : views_) {
    view->scene().set_slab(slab);
    view->refresh();
  }
  emit planes_changed();
}
void SliceDeck::set_si_letters(bool on) {
  si_ = on;
  for (auto* view : views_) view->set_si_letters(on);
}
void SliceDeck::set_neurological(bool on) {
  neurological_ = on;
  for (auto* view : views_) {
    view->scene().set_neurological(on);
    view->refresh();
  }
}

void SliceDeck::set_phase(int phase) {
  const auto* shown = image();
  if (!shown || clock_.count() < 1) return;
  phase_ = std::clamp(phase, 0, clock_.count() - 1);
  const auto& at = shown->phases[std::size_t(phase_)];
  if (!at.volume) return;
  const std::string label = QStringLiteral("phase %1/%2 · %3 ms").arg(phase_ + 1).arg(clock_.count()).arg(at.trigger_ms, 0, 'f', 0).toStdString();
  for (auto* view : views_) view->set_phase(at.volume, label);
  emit phase_changed(phase_);
}
void SliceDeck::step_phase(int by) {
  if (clock_.count() < 2) return;
  play(false);
  set_phase((phase_ + by % clock_.count() + clock_.count()) % clock_.count());
}
void SliceDeck::play(bool on) {
  if (on && clock_.count() < 2) return;
  if (on == timer_.isActive()) return;
  if (on) {
    offset_ms_ = clock_.time_of(phase_);
    since_.start();
    timer_.start();
  } else {
    timer_.stop();
  }
  emit playing_changed(on);
}
void SliceDeck::set_speed(double speed) {
  offset_ms_ = clock_.time_of(phase_);
  since_.start();
  speed_ = speed;
}

void SliceDeck::start_measuring(core::MeasurementKind kind) {
  if (!image()) return;
  clicks_.reset();
  measuring_ = true;
  measure_->set_kind(kind);
  for (auto* view : views_) view->set_tool(measure_);
  emit tool_changed();
}
void SliceDeck::stop_tool() {
  measure_->set_kind(std::nullopt);
  measuring_ = false;
  for (auto* view : views_) view->set_tool(nullptr);
  clicks_.reset();
  emit tool_changed();
}

std::vector<Vec3> SliceDeck::lines_in_3d() const {
  std::vector<Vec3> pairs;
  const auto* shown = image();
  if (!shown) return pairs;
  for (const auto& m : shown->measurements) {
    if (m.kind != core::MeasurementKind::distance && m.kind != core::MeasurementKind::polyline && m.kind != core::MeasurementKind::angle) continue;
    for (std::size_t i = 1; i < m.points.size(); ++i) pairs.push_back(m.points[i - 1]), pairs.push_back(m.points[i]);
  }
  return pairs;
}

}  // namespace ot::gui
