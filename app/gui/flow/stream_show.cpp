// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/stream_show.hpp"

#include <QPointer>
#include <algorithm>
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "app/present/playback.hpp"
#include "app/present/views.hpp"

namespace ot::gui {
namespace {

constexpr const char* key = "particles";
constexpr double tail_s = 0.03, every_s = 0.12;   // looks: how long a tail is, and how far apart particles of one line follow each other
constexpr double share_of_radius = 0.07, share_of_line = 0.025;

}  // namespace

StreamShow::StreamShow(Workspace& workspace, HeartPane& pane, QObject* parent) : QObject(parent), workspace_(workspace), pane_(pane) {
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::vessel_changed, &Workspace::vessel_display_changed, &Workspace::results_changed, &Workspace::compare_changed,
                      &Workspace::plans_changed, &Workspace::flow_draft_changed})
    connect(&workspace, signal, this, &StreamShow::refresh);
  connect(&workspace, &Workspace::time_changed, this, [this](double t) {
    const double step = t - last_ms_;
    last_ms_ = t;
    if (step > 0 && step < 100) clock_s_ += step * 1e-3;   // the beat begins again: the blood does not jump
    if (traced_ && pane_.isVisible() && (as_ == VesselDisplay::streams || !of_->beat.empty())) draw();
  });
}

bool StreamShow::wanted() const {
  const VesselDisplay as = workspace_.vessel_display();
  return (as == VesselDisplay::streams || as == VesselDisplay::lines || as == VesselDisplay::slice) && !workspace_.shown_vessel().isEmpty();
}

void StreamShow::take_away() {
  traced_.reset();
  of_.reset();
  particles_ = 0;
  frame_ = -1;
  if (drawn_) pane_.view().scene().remove_vessel(key);
  drawn_ = false;
}

void StreamShow::refresh() {
  const auto data = workspace_.data();
  const std::string vessel = workspace_.shown_vessel().toStdString();
  const auto* model = data->twin && wanted() ? data->twin->find_vessel(vessel) : nullptr;
  const auto run = model && !workspace_.flow_draft() ? workspace_.vessel_full(pane_.plan(), workspace_.shown_vessel()) : nullptr;
  const auto* result = run ? present::find_vessel_result(*run, vessel) : nullptr;
  if (!result || !result->mesh || result->flow->velocity.size() != 3 * result->mesh->nodes.size() || model->baseline.inlets.empty()) {
    take_away();
    return;
  }
  if (of_ == result->flow && as_ == workspace_.vessel_display()) {
    draw();
    return;
  }
  take_away();
  of_ = result->flow;
  as_ = workspace_.vessel_display();
  const double inlet_radius = model->network && !model->network->branches.empty() && !model->network->branches.front().radius.empty() ? model->network->branches.front().radius.front() : 2;
  radius_mm_ = (as_ == VesselDisplay::lines ? share_of_line : share_of_radius) * inlet_radius;
  QPointer<StreamShow> self(this);
  workspace_.session().jobs().start(
      session::Lane::image, "particles " + pane_.objectName().toStdString(), "Following the blood",
      [self, as = as_, flow = result->flow, mesh = result->mesh, network = result->network, patch = model->baseline.inlets.front().patch](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
        auto traced = std::make_shared<Traced>();
        traced->over_beat = as == VesselDisplay::streams && flow->beat.size() > 1;
        std::vector<float> speeds;   // m/s
        if (as == VesselDisplay::slice) {
          if (network) traced->slice = session::velocity_slice(*mesh, *network, session::longest_way(*network));
          const auto all_of = [&](const std::vector<float>& velocity) {
            for (const float v : session::draw_slice(traced->slice, velocity, 0, 0).speed_m_s) speeds.push_back(v);
          };
          if (flow->beat.empty()) all_of(flow->velocity);
          for (const auto& f : flow->beat) all_of(f.velocity);
        } else {
          session::StreamlineParams params;
          if (traced->over_beat) params.count = 220;   // each is one particle, seen for as long as it takes through the vessel
          auto lines = traced->over_beat ? session::trace_pathlines(*mesh, flow->beat, patch, params, progress) : session::trace_streamlines(*mesh, flow->velocity, patch, params, progress);
          if (!lines) return core::pass(lines);
          traced->lines = std::move(*lines);
          for (const auto& l : traced->lines)
            for (const float v : l.speed) speeds.push_back(1e-3f * v);
        }
        if (!speeds.empty()) {
          // The fastest hundredth is off the scale, so that one jet does not darken all the rest.
          const auto at = speeds.begin() + std::ptrdiff_t(0.99 * double(speeds.size() - 1));
          std::nth_element(speeds.begin(), at, speeds.end());
          traced->fastest_m_s = std::max(0.05, double(*at));
        }
        return session::JobRunner::Completion([self, flow, as, traced] {
          if (!self || self->of_ != flow || self->as_ != as) return;   // another result is shown by now
          self->traced_ = traced;
          self->draw();
        });
      });
}

void StreamShow::draw() {
  if (!traced_ || !wanted()) return;
  const double cycle_s = of_->beat.empty() ? 0 : of_->beat.back().t_s;
  const double now_s = cycle_s > 0 ? std::fmod(1e-3 * workspace_.playback().time_ms(), cycle_s) : 0;
  const int frame = present::nearest_beat_frame(of_->beat, now_s);
  viewer::VesselItem item;
  if (as_ == VesselDisplay::streams) {
    auto particles = traced_->over_beat ? session::pulsing_particles_at(traced_->lines, now_s, cycle_s, radius_mm_, tail_s) : session::particles_at(traced_->lines, clock_s_, radius_mm_, tail_s, every_s);
    particles_ = particles.count;
    if (particles.count == 0) return;
    item.surface = std::make_shared<const core::SurfaceMesh>(std::move(particles.tubes));
    item.values = std::move(particles.speed_m_s);
    item.style.title = traced_->over_beat ? present::at_instant("Speed of the blood", now_s) : "Speed of the blood";
  } else if (as_ == VesselDisplay::lines) {
    if (drawn_ && frame_ == 0) return;   // they stand still
    frame_ = 0;
    auto tubes = session::tubes_along(traced_->lines, radius_mm_);
    if (tubes.surface.points.empty()) return;
    item.surface = std::make_shared<const core::SurfaceMesh>(std::move(tubes.surface));
    item.values = std::move(tubes.speed_m_s);
    item.style.title = cycle_s > 0 ? "Speed along streamlines at the end of the beat" : "Speed along streamlines";
  } else {
    if (drawn_ && frame_ == frame) return;
    frame_ = frame;
    auto picture = session::draw_slice(traced_->slice, frame >= 0 ? of_->beat[std::size_t(frame)].velocity : of_->velocity, 1e3 * traced_->fastest_m_s, 1.2 * traced_->slice.radius_mm);
    if (picture.surface.points.empty()) return;
    item.surface = std::make_shared<const core::SurfaceMesh>(std::move(picture.surface));
    item.values = std::move(picture.speed_m_s);
    item.style.title = frame >= 0 ? present::at_instant("Speed in a cut along the vessel", of_->beat[std::size_t(frame)].t_s) : "Speed in a cut along the vessel";
  }
  item.key = key;
  item.name = "Blood";
  item.style.palette = viewer::Palette::pressure;
  const double step = present::band_step(traced_->fastest_m_s, 8);
  item.style.lo = 0;
  item.style.hi = std::ceil(traced_->fastest_m_s / step) * step;
  item.style.step = step;
  item.style.unit = "m/s";
  item.style.decimals = step < 0.1 ? 2 : 1;
  item.style.isolines = false;
  item.style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  pane_.view().scene().set_vessel(std::move(item));
  drawn_ = true;
}

}  // namespace ot::gui
