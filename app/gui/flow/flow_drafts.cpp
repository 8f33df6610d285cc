// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/flow_drafts.hpp"

#include <algorithm>

#include "app/gui/latest_worker.hpp"

namespace ot::gui {
namespace {

constexpr int settle_ms = 900;         // FULL begins when the hand has rested that long
constexpr double shortest_mm = 4;      // a device shorter than any on the shelf is a slip of the hand

}  // namespace

struct FlowDrafts::Request {
  std::shared_ptr<const twin::TwinModel> twin;
  twin::Scenario scenario;
  long number = 0;
};

FlowDrafts::FlowDrafts(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {
  worker_ = std::make_unique<LatestWorker<Request>>([this](Request request) {
    auto answer = std::make_shared<const present::FlowAnswer>(present::answer_flow(request.twin, request.scenario));
    QMetaObject::invokeMethod(
        this,
        [this, answer, number = request.number] {
          const auto* draft = workspace_.flow_draft();
          if (!draft || number < newest_) return;   // the drag has ended or another began
          FlowDraft fresh = *draft;
          fresh.answer = answer;
          workspace_.set_flow_draft(std::move(fresh));
          emit answered();
        },
        Qt::QueuedConnection);
  });
  soon_.setSingleShot(true);
  soon_.setInterval(settle_ms);
  connect(&soon_, &QTimer::timeout, this, [this] { confirm_vessel(soon_plan_, soon_vessel_); });
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    dragging_ = false;
    vessel_.reset();
    soon_.stop();
  });
  // The plan's own FAST answer takes over from the draft.
  connect(&workspace, &Workspace::results_changed, this, [this] {
    const auto* draft = workspace_.flow_draft();
    if (!dragging_ && draft && draft->plan < workspace_.session().plan_count() && !workspace_.session().stale(draft->plan)) workspace_.set_flow_draft(std::nullopt);
  });
}

FlowDrafts::~FlowDrafts() { worker_.reset(); }   // joins: nobody calls back afterwards

bool FlowDrafts::begin(const QString& id) {
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (!data->twin || plan <= 0 || plan >= int(data->plans.size())) return false;
  const auto* spec = data->plans[std::size_t(plan)].scenario.find(id.toStdString());
  if (!spec || spec->placement.kind != twin::Placement::Kind::segment || !data->twin->find_vessel(spec->placement.vessel)) return false;
  stop_confirming();
  workspace_.set_selection(id);
  vessel_ = present::vessel_twin(*data->twin, spec->placement.vessel, false);
  before_ = *spec;
  dragging_ = true;
  newest_ += 1;
  workspace_.set_flow_draft(FlowDraft{plan, *spec, nullptr});
  return true;
}

double FlowDrafts::branch_length() const {
  if (!dragging_ || !vessel_) return 0;
  const auto& network = vessel_->vessels.front()->network;
  const int branch = before_.placement.branch;
  return network && branch >= 0 && branch < int(network->branches.size()) ? network->branches[std::size_t(branch)].length() : 0;
}

void FlowDrafts::move(double start_mm, double length_mm) {
  const auto* draft = workspace_.flow_draft();
  if (!dragging_ || !draft) return;
  const double whole = branch_length();
  FlowDraft moved = *draft;
  auto& place = moved.spec.placement;
  place.length_mm = std::clamp(length_mm, std::min(shortest_mm, whole), whole);
  place.start_mm = std::clamp(start_mm, 0.0, whole - place.length_mm);
  if (moved.spec == draft->spec) return;
  workspace_.set_flow_draft(std::move(moved));
  ask();
}

void FlowDrafts::ask() {
  const auto* draft = workspace_.flow_draft();
  auto scenario = workspace_.data()->plans[std::size_t(draft->plan)].scenario;
  for (auto& spec : scenario.interventions)
    if (spec.id == draft->spec.id) spec = draft->spec;
  worker_->ask({vessel_, std::move(scenario), newest_});
}

void FlowDrafts::finish() {
  const auto* draft = workspace_.flow_draft();
  if (!dragging_ || !draft) return;
  dragging_ = false;
  const auto spec = draft->spec;
  const int plan = draft->plan;
  if (spec == before_) {
    workspace_.set_flow_draft(std::nullopt);
    return;
  }
  const auto refused = workspace_.session().update(plan, spec);
  workspace_.session().close_step();
  if (!refused) {
    workspace_.say(Tone::bad, QString::fromStdString(refused.error().message));
    workspace_.set_flow_draft(std::nullopt);
    return;
  }
  if (!workspace_.session().stale(plan)) workspace_.set_flow_draft(std::nullopt);
  confirm_soon(plan, QString::fromStdString(spec.placement.vessel));
}

void FlowDrafts::abandon() {
  if (!dragging_) return;
  dragging_ = false;
  newest_ += 1;
  workspace_.set_flow_draft(std::nullopt);
}

void FlowDrafts::confirm_soon(int plan, const QString& vessel) {
  if (!full_behind_) return;
  soon_plan_ = plan;
  soon_vessel_ = vessel;
  soon_.start();
}

bool FlowDrafts::confirming() const {
  if (confirm_job_ == 0) return false;
  for (const auto& job : workspace_.session().jobs().status())
    if (job.id == confirm_job_) return job.state == session::JobState::waiting || job.state == session::JobState::running;
  return false;
}

void FlowDrafts::stop_confirming() {
  soon_.stop();
  if (confirming()) workspace_.session().jobs().cancel(confirm_job_);
  confirm_job_ = 0;
}

void FlowDrafts::confirm_vessel(int plan, const QString& vessel) {
  const auto data = workspace_.data();
  if (!data->twin || plan < 0 || plan >= int(data->plans.size())) return;
  const auto* model = data->twin->find_vessel(vessel.toStdString());
  if (!model || !model->mesh || workspace_.vessel_full(plan, vessel)) return;
  const auto scenario = data->plans[std::size_t(plan)].scenario;
  const auto alone = present::vessel_twin(*data->twin, model->key, true);
  // "Flow in 3D" first: the words of whole runs ("Full model, plan A") are read by others.
  const std::string title = "Flow in 3D of " + model->name + ", " + data->plans[std::size_t(plan)].name;
  confirm_job_ = workspace_.session().jobs().start(session::Lane::heavy, "vessel in 3D", title, [=, this](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto run = present::run_vessel_full(alone, scenario, progress);
    if (!run) return core::pass(run);
    return session::JobRunner::Completion([this, data, scenario, plan, vessel, run = *run] {
      const auto now = workspace_.data();
      if (now->twin != data->twin || plan >= int(now->plans.size()) || !(now->plans[std::size_t(plan)].scenario == scenario)) return;   // moved on
      workspace_.keep_vessel_full(plan, vessel, run);
    });
  });
  emit workspace_.jobs_changed();
}

}  // namespace ot::gui
