// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/stream_show.hpp"

#include <QPointer>
#include <algorithm>
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "app/present/views.hpp"

namespace ot::gui {
namespace {

constexpr const char* key = "particles";
constexpr double tail_s = 0.03, every_s = 0.12;   // looks: how long a tail is, and how far apart particles of one line follow each other
constexpr double share_of_radius = 0.07;

}  // namespace

StreamShow::StreamShow(Workspace& workspace, HeartPane& pane, QObject* parent) : QObject(parent), workspace_(workspace), pane_(pane) {
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::vessel_changed, &Workspace::vessel_display_changed, &Workspace::results_changed, &Workspace::compare_changed,
                      &Workspace::plans_changed, &Workspace::flow_draft_changed})
    connect(&workspace, signal, this, &StreamShow::refresh);
  connect(&workspace, &Workspace::time_changed, this, [this](double t) {
    const double step = t - last_ms_;
    last_ms_ = t;
    if (step > 0 && step < 100) clock_s_ += step * 1e-3;   // the beat begins again: the blood does not jump
    if (lines_ && pane_.isVisible()) draw();
  });
}

bool StreamShow::wanted() const { return workspace_.vessel_display() == VesselDisplay::streams && !workspace_.shown_vessel().isEmpty(); }

void StreamShow::take_away() {
  lines_.reset();
  of_.reset();
  particles_ = 0;
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
  if (of_ == result->flow) {
    draw();
    return;
  }
  take_away();
  of_ = result->flow;
  const double inlet_radius = model->network && !model->network->branches.empty() && !model->network->branches.front().radius.empty() ? model->network->branches.front().radius.front() : 2;
  radius_mm_ = share_of_radius * inlet_radius;
  QPointer<StreamShow> self(this);
  workspace_.session().jobs().start(session::Lane::image, "particles " + pane_.objectName().toStdString(), "Following the blood",
                                    [self, flow = result->flow, mesh = result->mesh, patch = model->baseline.inlets.front().patch](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
                                      auto lines = present::trace_streamlines(*mesh, flow->velocity, patch, {}, progress);
                                      if (!lines) return core::pass(lines);
                                      auto shared = std::make_shared<const std::vector<present::Streamline>>(std::move(*lines));
                                      return session::JobRunner::Completion([self, flow, shared] {
                                        if (!self || self->of_ != flow) return;   // another result is shown by now
                                        self->lines_ = shared;
                                        std::vector<float> speeds;
                                        for (const auto& l : *shared) speeds.insert(speeds.end(), l.speed.begin(), l.speed.end());
                                        if (!speeds.empty()) {
                                          // The fastest hundredth is off the scale, so that one jet does not darken all the rest.
                                          const auto at = speeds.begin() + std::ptrdiff_t(0.99 * double(speeds.size() - 1));
                                          std::nth_element(speeds.begin(), at, speeds.end());
                                          self->fastest_m_s_ = std::max(0.05, double(*at) * 1e-3);
                                        }
                                        self->draw();
                                      });
                                    });
}

void StreamShow::draw() {
  if (!lines_ || lines_->empty() || !wanted()) return;
  auto particles = present::particles_at(*lines_, clock_s_, radius_mm_, tail_s, every_s);
  particles_ = particles.count;
  if (particles.count == 0) return;
  viewer::VesselItem item;
  item.key = key;
  item.name = "Blood";
  item.surface = std::make_shared<const core::SurfaceMesh>(std::move(particles.tubes));
  item.values = std::move(particles.speed_m_s);
  item.style.palette = viewer::Palette::pressure;
  const double step = present::band_step(fastest_m_s_, 8);
  item.style.lo = 0;
  item.style.hi = std::ceil(fastest_m_s_ / step) * step;
  item.style.step = step;
  item.style.title = "Speed";
  item.style.unit = "m/s";
  item.style.decimals = step < 0.1 ? 2 : 1;
  item.style.isolines = false;
  item.style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  pane_.view().scene().set_vessel(std::move(item));
  drawn_ = true;
}

}  // namespace ot::gui
