// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/workspace.hpp"

#include <algorithm>

#include "app/present/views.hpp"
#include "imaging/edit/edit.hpp"
#include "solvers/core/place.hpp"

namespace ot::gui {

Workspace::Workspace(QObject* parent) : QObject(parent) {
  observer_ = session_.observe([this](session::Change change) { on_change(change); });
  playback_.set_playing(true);
}

Workspace::~Workspace() { session_.unobserve(observer_); }

const twin::HeartModel* Workspace::heart() const {
  const auto data = session_.data();
  return data->twin ? data->twin->heart.get() : nullptr;
}

void Workspace::on_change(session::Change change) {
  switch (change) {
    case session::Change::case_replaced:
      facts_.reset();
      live_frame_.reset();
      live_plan_ = -1;
      vessel_.clear();
      selection_.clear();
      comparing_ = difference_ = false;
      compare_left_ = 0;
      compare_right_ = -1;
      last_result_.clear();
      vessel_full_.clear();
      flow_draft_.reset();
      heart_draft_.reset();
      grip_ = -1;
      keep_results();
      playback_.set_time(0);
      if (!session_.data()->twin) playback_.set_end(0);   // nothing beats
      refresh_end();
      measure_heart();
      count_labels();
      shown_map_.reset();
      recording_.reset();
      if (display_ == Display::ea_map) display_ = Display::voltage;
      emit case_replaced();
      emit recording_changed();
      ensure_results();
      emit compare_changed();
      break;
    case session::Change::plans:
    case session::Change::selection: {
      const int count = session_.plan_count();
      if (compare_left_ >= count) compare_left_ = 0;
      if (compare_right_ >= count) compare_right_ = -1;
      if (!selected_spec()) selection_.clear();
      keep_results();
      refresh_end();
      emit plans_changed();
      if (change == session::Change::selection) ensure_results();
      break;
    }
    case session::Change::measured:
      emit measured_changed();
      emit plans_changed();   // undo and redo have a new name
      break;
    case session::Change::results:
      keep_results();
      refresh_end();
      if (!running_full()) {
        live_frame_.reset();
        live_plan_ = -1;
      }
      emit results_changed();
      ensure_results();
      break;
    case session::Change::jobs:
      if (live_frame_ && !running_full()) {
        live_frame_.reset();
        live_plan_ = -1;
        emit results_changed();
      }
      emit jobs_changed();
      break;
    case session::Change::saved: emit saved(); break;
    case session::Change::image:
      count_labels();
      emit image_changed(QString::fromStdString(session_.changed_image()));
      break;
    case session::Change::model:
      facts_.reset();
      last_result_.clear();
      keep_results();
      refresh_end();
      measure_heart();
      emit model_changed();
      ensure_results();
      break;
    case session::Change::frame: break;   // taken in tick()
  }
}

void Workspace::keep_results() {
  const auto data = session_.data();
  for (int plan = 0; plan < session_.plan_count(); ++plan)
    if (auto result = session_.best_result(plan)) last_result_[data->plans[std::size_t(plan)].name] = std::move(result);
}

present::PlanResult Workspace::shown_result(int plan) const {
  const auto data = session_.data();
  if (plan < 0 || plan >= session_.plan_count()) return {};
  if (heart_draft_ && heart_draft_->plan == plan && heart_draft_->answer)
    return {plan, present::plan_short_name(session_, plan), heart_draft_->answer->run, false, heart_draft_->answer->run};
  present::PlanResult shown{plan, present::plan_short_name(session_, plan), session_.best_result(plan), false, session_.result(plan, core::Mode::fast)};
  if (!shown.result) {
    shown.stale = true;
    const auto last = last_result_.find(data->plans[std::size_t(plan)].name);
    if (last != last_result_.end()) shown.result = last->second;
  }
  return shown;
}

bool Workspace::fast_is_wanted(int plan) const {
  const int left = comparing_ ? compare_left_ : 0, right = comparing_ ? compare_right() : session_.active_plan();
  if (plan != left && plan != right) return false;
  const auto a = session_.best_result(left), b = session_.best_result(right);
  return a && b && a->mode != b->mode && !session_.result(plan, core::Mode::fast);
}

void Workspace::ensure_results() {
  const auto data = session_.data();
  if (!data->twin) return;
  for (int plan = 0; plan < session_.plan_count(); ++plan) {
    const bool on_screen = plan == 0 || plan == session_.active_plan() || (comparing_ && (plan == compare_left_ || plan == compare_right()));
    if (!on_screen || !(session_.stale(plan) || fast_is_wanted(plan))) continue;
    if (work_on(plan) == Work::none) session_.run(plan, core::Mode::fast);
  }
}

Workspace::Work Workspace::work_on(int plan) const {
  const auto data = session_.data();
  if (plan < 0 || plan >= int(data->plans.size())) return Work::none;
  const std::string ending = plan == 0 ? "baseline" : "plan " + data->plans[std::size_t(plan)].name;
  Work work = Work::none;
  for (const auto& job : const_cast<session::Session&>(session_).jobs().status()) {
    if ((job.state != session::JobState::waiting && job.state != session::JobState::running) || !job.title.ends_with(ending)) continue;
    if (!job.cancelling) return Work::computing;
    work = Work::cancelling;
  }
  return work;
}

void Workspace::measure_heart() {
  const auto data = session_.data();
  if (!data->twin || !data->twin->heart) return;
  auto heart = data->twin->heart;
  session_.jobs().start(session::Lane::quick, "heart-facts", "Measuring the mesh",
                        [this, heart](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
                          auto facts = std::make_shared<const present::HeartFacts>(present::heart_facts(*heart));
                          return session::JobRunner::Completion([this, heart, facts] {
                            if (this->heart() != heart.get()) return;   // another case was opened meanwhile
                            facts_ = facts;
                            emit facts_changed();
                          });
                        });
}

void Workspace::count_labels() {
  for (const auto& image : session_.data()->images) {
    if (!image.labels || session_.labels_present(image.key)) continue;
    session_.jobs().start(session::Lane::image, "count-labels " + image.key, "Counting the labels",
                          [this, key = image.key, labels = image.labels](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
                            const auto voxels = imaging::label_voxels(*labels);
                            return session::JobRunner::Completion([this, key, labels, voxels] {
                              session_.take_label_voxels(key, labels, voxels);
                              emit facts_changed();
                            });
                          });
  }
}

void Workspace::refresh_end() {
  double end = 0;
  if (!vessel_.isEmpty()) {   // a beat of the blood is played from its beginning to its end
    const auto run = vessel_full(session_.active_plan(), vessel_);
    const auto* shown = run ? present::find_vessel_result(*run, vessel_.toStdString()) : nullptr;
    if (shown && !shown->flow->beat.empty()) return playback_.set_end(1e3 * shown->flow->beat.back().t_s);
  }
  for (const int plan : {session_.active_plan(), comparing_ ? compare_left_ : 0}) {
    const auto result = shown_result(plan).result;
    if (!result || !result->electro) continue;
    if (!result->electro->frames.empty()) end = std::max(end, result->electro->frames.back().t_ms);
    if (!result->electro->ecg.t_ms.empty()) end = std::max(end, result->electro->ecg.t_ms.back());
  }
  if (end > 0) playback_.set_end(end);
}

void Workspace::tick(double wall_ms) {
  session_.poll();
  const QString text = QString::fromStdString(session_.last_message());
  if (text != last_message_) {
    last_message_ = text;
    if (!text.isEmpty()) emit message(Tone::attention, text);
  }
  // A job may start and fail between two polls, unseen by anyone who waits for a change.
  for (const auto& job : session_.jobs().status())
    if (job.state == session::JobState::failed && job.id > last_failed_) {
      last_failed_ = job.id;
      emit message(Tone::bad, QString::fromStdString(job.error));
      if (const auto place = core::place_in(job.error)) {
        set_crosshair(*place);
        emit trouble_at(*place);
      }
      emit job_failed(QString::fromStdString(job.title));
      emit jobs_changed();
      emit results_changed();
    }
  // A frame that was on its way when its run was cancelled shows a beat that will never end.
  if (auto frame = session_.take_frame(); frame && running_full()) {
    if (live_plan_ < 0) live_plan_ = session_.active_plan();
    live_frame_ = std::move(frame);
    if (live_frame_->t_ms > playback_.end_ms()) playback_.set_end(live_frame_->t_ms);
    emit frame_arrived();
    if (live_plan_ == session_.active_plan()) {   // the clock follows the solver
      playback_.set_time(live_frame_->t_ms);
      emit time_changed(playback_.time_ms());
    }
  }
  if (live_frame_ && live_plan_ == session_.active_plan()) return;
  if (playback_.advance(std::min(wall_ms, 120.0))) emit time_changed(playback_.time_ms());
}

void Workspace::set_time(double t_ms) {
  playback_.set_time(t_ms);
  emit time_changed(playback_.time_ms());
}

void Workspace::set_playing(bool playing) {
  if (playing == playback_.playing()) return;
  playback_.set_playing(playing);
  emit playing_changed(playing);
}

void Workspace::set_speed(double speed) {
  playback_.set_speed(speed);
  emit speed_changed(speed);
}

void Workspace::step_frames(int frames) {
  set_playing(false);
  const auto result = session_.best_result(session_.active_plan());
  if (!result || !result->electro || result->electro->frames.empty()) return;
  const auto& stored = result->electro->frames;
  const int at = present::nearest_frame(stored, playback_.time_ms());
  set_time(stored[std::size_t(std::clamp(at + frames, 0, int(stored.size()) - 1))].t_ms);
}

void Workspace::set_display(Display display) {
  display_ = display;
  emit display_changed();
}

void Workspace::set_layout(Layout layout) {
  layout_ = layout;
  emit layout_changed();
}

int Workspace::compare_right() const {
  if (compare_right_ >= 0) return compare_right_;
  const int active = session_.active_plan();
  return active > 0 ? active : std::max(0, session_.plan_count() - 1);
}

void Workspace::set_comparing(bool on) {
  if (on && session_.plan_count() < 2) {
    emit message(Tone::info, "There is only the baseline so far. Place a lesion or add a plan, then compare.");
    emit compare_changed();
    return;
  }
  if (on) {
    // The two treated plans when there are two, else baseline against the one.
    const int active = session_.active_plan();
    if (session_.plan_count() >= 3) {
      compare_right_ = active >= 2 ? active : 2;
      compare_left_ = compare_right_ == 2 ? 1 : active >= 2 ? 1 : 0;
    } else {
      compare_left_ = 0;
      compare_right_ = 1;
    }
  } else {
    compare_left_ = 0;
    compare_right_ = -1;
    difference_ = false;
  }
  comparing_ = on;
  ensure_results();
  refresh_end();
  emit compare_changed();
}

void Workspace::set_showing_difference(bool on) {
  if (on == difference_) return;
  difference_ = on;
  emit compare_changed();
}

void Workspace::set_compare_pair(int left, int right) {
  if (left == right) return;
  compare_left_ = left;
  compare_right_ = right;
  comparing_ = true;
  ensure_results();
  refresh_end();
  emit compare_changed();
}

void Workspace::set_shown_vessel(const QString& key) {
  if (key == vessel_) return;
  vessel_ = key;
  refresh_end();
  emit vessel_changed();
}

void Workspace::set_vessel_display(VesselDisplay display) {
  vessel_display_ = display;
  emit vessel_display_changed();
}

std::shared_ptr<const twin::RunResult> Workspace::vessel_full(int plan, const QString& vessel) const {
  const auto data = session_.data();
  if (plan < 0 || plan >= int(data->plans.size())) return nullptr;
  const auto& scenario = data->plans[std::size_t(plan)].scenario;
  if (auto full = session_.result(plan, core::Mode::full); full && present::find_vessel_result(*full, vessel.toStdString())) return full;
  const std::string wanted = session::scenario_sha256(present::vessel_scenario(scenario, vessel.toStdString()));
  for (const auto& kept : vessel_full_)
    if (kept.twin == data->twin && kept.vessel == vessel && kept.scenario_sha256 == wanted) return kept.run;
  return nullptr;
}

void Workspace::keep_vessel_full(int plan, const QString& vessel, std::shared_ptr<const twin::RunResult> run) {
  constexpr std::size_t kept_runs = 12;   // some ten megabytes each
  const auto data = session_.data();
  const std::string key = session::scenario_sha256(present::vessel_scenario(data->plans[std::size_t(plan)].scenario, vessel.toStdString()));
  if (vessel_full_.size() >= kept_runs) vessel_full_.erase(vessel_full_.begin());
  session_.take_over(run);   // the plan's own FULL run need not solve it again
  vessel_full_.push_back({key, data->twin, vessel, std::move(run)});
  refresh_end();
  emit results_changed();
}

std::shared_ptr<const twin::RunResult> Workspace::vessel_run(int plan, const QString& vessel) const {
  if (auto full = vessel_full(plan, vessel)) return full;
  return shown_result(plan).result;
}

void Workspace::set_flow_draft(std::optional<FlowDraft> draft) {
  flow_draft_ = std::move(draft);
  emit flow_draft_changed();
}

void Workspace::set_heart_draft(std::optional<HeartDraft> draft) {
  const auto answer_of = [](const std::optional<HeartDraft>& d) { return d ? d->answer : nullptr; };
  const bool other = answer_of(heart_draft_) != answer_of(draft);
  heart_draft_ = std::move(draft);
  emit heart_draft_changed();
  if (other) emit heart_answered();
}

void Workspace::set_grip(int grip) {
  if (grip == grip_) return;
  grip_ = grip;
  emit grip_changed();
}

void Workspace::set_selection(const QString& id) {
  if (id == selection_) return;
  selection_ = id;
  grip_ = -1;
  emit selection_changed();
  if (const auto* spec = selected_spec(); spec && !spec->placement.vessel.empty()) set_shown_vessel(QString::fromStdString(spec->placement.vessel));   // what lies on a vessel is looked at there
}

void Workspace::set_segment(int segment) {
  segment_ = segment == segment_ ? 0 : segment;
  emit segment_changed(segment_);
}

void Workspace::set_wall_thickness(std::shared_ptr<const std::vector<float>> mm) {
  wall_thickness_ = std::move(mm);
  if (display_ == Display::thickness) emit display_changed();
}

void Workspace::set_shown_map(std::shared_ptr<const ShownMap> map) {
  shown_map_ = std::move(map);
  if (shown_map_) {
    vessel_.clear();
    display_ = Display::ea_map;
  } else if (display_ == Display::ea_map) {
    display_ = Display::activation;
  }
  emit display_changed();
}

void Workspace::set_recording(std::shared_ptr<const ShownRecording> recording) {
  recording_ = std::move(recording);
  emit recording_changed();
}

void Workspace::set_cut_open(bool on) {
  cut_open_ = on;
  emit cut_changed();
}

void Workspace::set_color_blind(bool on) {
  color_blind_ = on;
  emit display_changed();
}

void Workspace::set_crosshair(const core::Vec3& lps_mm) {
  crosshair_ = lps_mm;
  emit crosshair_changed();
}

void Workspace::set_tool(Tool tool) {
  tool_ = tool;
  emit tool_changed();
}

const twin::InterventionSpec* Workspace::selected_spec() const {
  if (selection_.isEmpty()) return nullptr;
  const auto data = session_.data();
  const int plan = session_.active_plan();
  if (plan < 0 || plan >= int(data->plans.size())) return nullptr;
  return data->plans[std::size_t(plan)].scenario.find(selection_.toStdString());
}

int Workspace::treated_plan() {
  int plan = session_.active_plan();
  if (plan > 0) return plan;
  // The baseline stays untreated, and so do the plans that hold something: what is placed on it goes into an empty plan or a new one.
  const auto data = session_.data();
  const auto empty = std::find_if(data->plans.begin() + 1, data->plans.end(), [](const session::Plan& p) { return p.scenario.interventions.empty(); });
  plan = empty != data->plans.end() ? int(empty - data->plans.begin()) : session_.add_plan("", 0);
  session_.set_active_plan(plan);
  return plan;
}

bool Workspace::add_interventions(std::vector<twin::InterventionSpec> specs, const QString& step_name) {
  const auto added = session_.add_group(treated_plan(), std::move(specs), step_name.toStdString());
  if (!added) emit message(Tone::bad, QString::fromStdString(added.error().message));
  return bool(added);
}

std::optional<std::string> Workspace::add_intervention(twin::InterventionSpec spec) {
  const int plan = treated_plan();
  const auto data = session_.data();
  if (spec.id.empty()) spec.id = data->plans[std::size_t(plan)].scenario.fresh_id(spec.kind);
  const std::string id = spec.id;
  const auto added = session_.add(plan, std::move(spec));
  if (!added) {
    emit message(Tone::bad, QString::fromStdString(added.error().message));
    return std::nullopt;
  }
  set_selection(QString::fromStdString(id));
  return id;
}

bool Workspace::update_intervention(const twin::InterventionSpec& spec) {
  const auto updated = session_.update(session_.active_plan(), spec);
  if (!updated) emit message(Tone::bad, QString::fromStdString(updated.error().message));
  else if (std::exchange(refused_, false)) emit message_over();
  refused_ = !updated;
  return bool(updated);
}

void Workspace::run_full() {
  live_plan_ = session_.active_plan();
  session_.run(live_plan_, core::Mode::full);
}

int Workspace::running_full() const { return const_cast<session::Session&>(session_).jobs().active("run full"); }

void Workspace::say(Tone tone, const QString& text) { emit message(tone, text); }

}  // namespace ot::gui
