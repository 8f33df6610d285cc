// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/lesion_drafts.hpp"

#include <algorithm>

#include "app/gui/latest_worker.hpp"
#include "solvers/interventions/geometry/wall_line.hpp"

namespace ot::gui {

struct LesionDrafts::Request {
  std::shared_ptr<const twin::TwinModel> heart;
  twin::Scenario scenario;
  std::shared_ptr<const twin::RunResult> before;
  std::shared_ptr<core::CancelFlag> cancel;
  long number = 0;
};

bool lies_on_wall(const twin::InterventionSpec& spec) {
  return spec.placement.kind == twin::Placement::Kind::point || spec.placement.kind == twin::Placement::Kind::polyline;
}

LesionDrafts::LesionDrafts(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {
  worker_ = std::make_unique<LatestWorker<Request>>([this](Request request) {
    auto answer = std::make_shared<const twin::HeartAnswer>(twin::answer_heart(request.heart, request.scenario, request.before, core::Progress({}, request.cancel)));
    if (request.cancel->cancelled()) return;
    QMetaObject::invokeMethod(
        this,
        [this, answer, number = request.number] {
          const auto* draft = workspace_.heart_draft();
          if (!draft || number < newest_) return;   // the drag has ended or another began
          HeartDraft fresh = *draft;
          fresh.refused = QString::fromStdString(answer->refused);
          if (answer->run) fresh.answer = answer;   // a place that is refused leaves the last answer on screen
          workspace_.set_heart_draft(std::move(fresh));
          emit answered();
        },
        Qt::QueuedConnection);
  });
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    dragging_ = false;
    wall_.reset();
    wall_of_.reset();
  });
  connect(&workspace, &Workspace::model_changed, this, &LesionDrafts::abandon);
  // The plan's own FAST answer takes over from the draft.
  connect(&workspace, &Workspace::results_changed, this, [this] {
    const auto* draft = workspace_.heart_draft();
    if (!dragging_ && draft && draft->plan < workspace_.session().plan_count() && !workspace_.session().stale(draft->plan)) workspace_.set_heart_draft(std::nullopt);
  });
}

LesionDrafts::~LesionDrafts() {
  if (cancel_) cancel_->cancel();
  worker_.reset();   // joins: nobody calls back afterwards
}

const interventions::WallSurface* LesionDrafts::wall() {
  const auto* heart = workspace_.heart();
  if (!heart || !heart->baseline.mesh) return nullptr;
  if (wall_of_ != heart->baseline.mesh) {
    wall_of_ = heart->baseline.mesh;
    wall_ = std::make_unique<interventions::WallSurface>(*wall_of_);
  }
  return wall_.get();
}

bool LesionDrafts::begin(const QString& id, int grip, const core::Vec3& at) {
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (!data->twin || !data->twin->heart || plan <= 0 || plan >= int(data->plans.size())) return false;
  const auto* spec = data->plans[std::size_t(plan)].scenario.find(id.toStdString());
  if (!spec || !lies_on_wall(*spec) || !wall()) return false;
  workspace_.set_selection(id);
  workspace_.set_grip(grip);
  heart_ = twin::heart_twin(*data->twin);
  before_ = *spec;
  before_run_ = workspace_.shown_result(plan).result;
  grip_ = grip >= 0 && grip < int(spec->placement.points_mm.size()) ? grip : -1;
  from_ = grip_ >= 0 ? spec->placement.points_mm[std::size_t(grip_)] : at;
  dragging_ = true;
  newest_ += 1;
  cancel_ = std::make_shared<core::CancelFlag>();
  workspace_.set_heart_draft(HeartDraft{plan, *spec, nullptr, {}});
  return true;
}

void LesionDrafts::move(const core::Vec3& to) {
  const auto* draft = workspace_.heart_draft();
  if (!dragging_ || !draft || !wall()) return;
  HeartDraft moved = *draft;
  auto& points = moved.spec.placement.points_mm;
  points = before_.placement.points_mm;
  if (grip_ >= 0) points[std::size_t(grip_)] = to;
  else points = interventions::carried_on_wall(*wall(), points, from_, to);
  if (moved.spec == draft->spec) return;
  workspace_.set_heart_draft(std::move(moved));
  ask();
}

void LesionDrafts::ask() {
  const auto* draft = workspace_.heart_draft();
  auto scenario = workspace_.data()->plans[std::size_t(draft->plan)].scenario;
  for (auto& spec : scenario.interventions)
    if (spec.id == draft->spec.id) spec = draft->spec;
  worker_->ask({heart_, std::move(scenario), before_run_, cancel_, newest_});
}

void LesionDrafts::finish() {
  const auto* draft = workspace_.heart_draft();
  if (!dragging_ || !draft) return;
  dragging_ = false;
  const auto spec = draft->spec;
  const auto answer = draft->answer;
  const int plan = draft->plan;
  if (spec == before_) {
    workspace_.set_heart_draft(std::nullopt);
    return;
  }
  if (answer) workspace_.session().take_over(answer->run);   // the plan's run need not solve the same place again
  workspace_.session().close_step();
  const auto refused = workspace_.session().update(plan, spec);
  workspace_.session().close_step();
  if (!refused) {
    workspace_.say(Tone::bad, QString::fromStdString(refused.error().message));
    workspace_.set_heart_draft(std::nullopt);
    return;
  }
  if (!workspace_.session().stale(plan)) workspace_.set_heart_draft(std::nullopt);
}

void LesionDrafts::abandon() {
  if (!dragging_) return;
  dragging_ = false;
  newest_ += 1;
  if (cancel_) cancel_->cancel();
  workspace_.set_heart_draft(std::nullopt);
}

void LesionDrafts::nudge(const core::Vec3& direction, double length_mm) {
  const auto* spec = workspace_.selected_spec();
  if (dragging_ || !spec || !lies_on_wall(*spec) || !wall()) return;
  twin::InterventionSpec moved = *spec;
  auto& points = moved.placement.points_mm;
  const int grip = workspace_.grip();
  if (points.size() == 1 || (grip >= 0 && grip < int(points.size()))) {
    auto& x = points[points.size() == 1 ? 0 : std::size_t(grip)];
    x = interventions::step_on_wall(*wall(), x, direction, length_mm);
  } else {
    // The whole line goes with its point nearest to its middle.
    core::Vec3 middle = core::Vec3::Zero();
    for (const auto& x : points) middle += x / double(points.size());
    const auto near = *std::min_element(points.begin(), points.end(), [&](const auto& a, const auto& b) { return (a - middle).squaredNorm() < (b - middle).squaredNorm(); });
    points = interventions::carried_on_wall(*wall(), points, near, interventions::step_on_wall(*wall(), near, direction, length_mm));
  }
  if (moved == *spec) return;
  workspace_.update_intervention(moved);
}

}  // namespace ot::gui
