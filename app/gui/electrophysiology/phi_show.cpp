// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/phi_show.hpp"

#include <QPointer>
#include <algorithm>
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "app/present/playback.hpp"
#include "solvers/electrophysiology/extracellular.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::gui {
namespace {

constexpr double every_ms = 10;          // one solve each; a beat of 450 ms is 46 of them
constexpr double range_steps_mV = 10;    // the colour scale ends at the next ten, so that two plans are mostly painted alike

}  // namespace

PhiShow::PhiShow(Workspace& workspace, HeartPane& pane, QObject* parent) : QObject(parent), workspace_(workspace), pane_(pane) {
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::results_changed, &Workspace::compare_changed, &Workspace::plans_changed, &Workspace::display_changed})
    connect(&workspace, signal, this, &PhiShow::refresh);
}

std::shared_ptr<const std::vector<float>> PhiShow::at(double t_ms) const {
  const int i = present::nearest_frame(frames_, t_ms);
  return i >= 0 ? frames_[std::size_t(i)].v_mV : nullptr;
}

void PhiShow::refresh() {
  const auto data = workspace_.data();
  const int plan = pane_.plan();
  const auto shown = workspace_.shown_result(plan).result;
  const auto electro = shown ? shown->electro : nullptr;
  if (!electro || electro->frames.empty() || plan >= int(data->plans.size())) {
    of_.reset();
    frames_.clear();
    return;
  }
  if (workspace_.display() != Display::extracellular) {
    if (frames_.empty()) of_.reset();   // cancelled or failed: choosing it again tries again
    return;
  }
  if (of_ == electro) return;
  of_ = electro;
  frames_.clear();
  QPointer<PhiShow> self(this);
  workspace_.session().jobs().start(
      session::Lane::image, "extracellular " + pane_.objectName().toStdString(), "Extracellular potential",
      [self, electro, twin = data->twin, scenario = data->plans[std::size_t(plan)].scenario, mode = shown->mode](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
        const auto setup = twin::prepare(twin, scenario, mode);   // the tissue as the plan leaves it
        if (!setup) return core::pass(setup);
        std::vector<ep::ElectroFrame> frames;
        for (const auto& f : electro->frames)
          if (f.v_mV && (frames.empty() || f.t_ms - frames.back().t_ms >= every_ms - 1e-6)) frames.push_back(f);
        if (frames.empty() || frames.front().v_mV->size() != setup->electro->mesh->nodes.size()) return core::bad_input("The result belongs to another mesh (its extracellular potential cannot be shown). Run the plan again.");
        const auto phi = ep::extracellular_potentials(*setup->electro, frames, progress);
        if (!phi) return core::pass(phi);
        float most = 0;
        for (std::size_t k = 0; k < frames.size(); ++k) {
          frames[k].v_mV = (*phi)[k];
          for (const float v : *frames[k].v_mV)
            if (std::isfinite(v)) most = std::max(most, std::abs(v));
        }
        const double range = std::max(1.0, std::ceil(double(most) / range_steps_mV)) * range_steps_mV;
        return session::JobRunner::Completion([self, electro, range, frames = std::move(frames)] {
          if (!self || self->of_ != electro) return;   // another result is shown by now
          self->frames_ = frames;
          self->range_mV_ = range;
          emit self->changed();
        });
      });
}

}  // namespace ot::gui
