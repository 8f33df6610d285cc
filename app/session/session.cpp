// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "app/session/demo.hpp"
#include "app/session/flow_stops.hpp"
#include "app/session/kept_runs.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/session_impl.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

std::string readable(const twin::InterventionSpec& spec) {
  const twin::InterventionKind* kind = twin::find_intervention(spec.kind);
  const auto dash = spec.id.rfind('-');
  std::string label = kind ? kind->label : spec.kind;
  if (!label.empty()) label[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(label[0])));
  return label + (dash == std::string::npos ? "" : " " + spec.id.substr(dash + 1));
}

}  // namespace

void Session::Impl::tell(Change change) {
  if (change == Change::jobs) jobs_were_busy = jobs_were_busy || jobs.busy();   // one that ends before the next poll is told of, too
  const auto copy = observers;  // an observer may remove itself
  for (const auto& [id, observer] : copy) observer(change);
}

void Session::Impl::change_data(const std::function<void(CaseData&)>& edit) {
  auto fresh = std::make_shared<CaseData>(*data);  // parts are shared pointers: cheap
  edit(*fresh);
  data = std::move(fresh);
}

void Session::Impl::autosave() {
  if (plans_folder.empty()) return;
  std::error_code ec;
  fs::create_directories(plans_folder, ec);
  if (auto ok = save_plans(data->plans, plans_folder); ok) {
    autosaved = clock_now();
    tell(Change::saved);
  } else {
    message = ok.error().message;
  }
}

// Applies edited plans as one undo step.
void Session::Impl::commit(std::string name, std::vector<Plan> after, std::string merge_key, std::optional<int> show) {
  if (after == data->plans) return;
  const int next = std::clamp(show.value_or(active), 0, static_cast<int>(after.size()) - 1);
  HistoryStep step;
  step.name = std::move(name);
  step.merge_key = std::move(merge_key);
  step.plans = PlanStep{data->plans, after, active, next};
  history.record(std::move(step));
  change_data([&](CaseData& d) { d.plans = std::move(after); });
  active = next;
  tell(Change::plans);
  autosave();
}

void Session::Impl::adopt(CaseData fresh, fs::path where, bool writable, std::vector<std::string> labels_sha256, std::shared_ptr<BlobNames> known) {
  jobs.cancel_all();
  mailbox.reset();
  drop_recovery();
  data = std::make_shared<CaseData>(std::move(fresh));
  names = known ? known : std::make_shared<BlobNames>();
  folder = writable ? where : fs::path();
  plans_folder = writable ? where : (data->twin ? private_plans_folder(data->twin->sha256()) : fs::path());
  history.clear();
  spare = {};
  counts.clear();
  image_jobs.clear();
  count_versions(labels_sha256);
  active = data->plans.size() > 1 ? 1 : 0;
  autosaved.clear();
  start_autosave();
  if (!writable && !plans_folder.empty() && fs::exists(plans_folder / "plans.json")) restore_private_plans();
  tell(Change::case_replaced);
}

void Session::Impl::restore_private_plans() {
  auto kept = load_plans(plans_folder);
  if (!kept) {
    message = "The plans of your last session could not be read: " + kept.error().message;
    return;
  }
  if (*kept == data->plans) return;
  history.record("restored plans", data->plans, *kept, "");
  change_data([&](CaseData& d) { d.plans = *kept; });
  message = "Your plans of the last session are back. Undo returns to the plans as delivered.";
}

Session::Session() : impl_(std::make_unique<Impl>()) {}
Session::~Session() {
  // Closed on purpose: what was kept for recovery goes, after the jobs that write it have ended.
  const fs::path recovery = impl_->recovery_folder;
  impl_.reset();
  std::error_code ec;
  if (!recovery.empty()) fs::remove_all(recovery, ec);
}

std::shared_ptr<const CaseData> Session::data() const { return impl_->data; }
const fs::path& Session::folder() const { return impl_->folder; }
std::string Session::autosaved_at() const { return impl_->autosaved; }
JobRunner& Session::jobs() { return impl_->jobs; }
std::string Session::last_message() const { return impl_->message; }
void Session::set_message(std::string message) { impl_->message = std::move(message); }

void Session::replace(CaseData data, fs::path folder) {
  const bool writable = !folder.empty();
  auto hashes = labels_sha256(data);
  impl_->adopt(std::move(data), std::move(folder), writable, std::move(hashes));
}

void Session::open(const fs::path& folder) {
  impl_->jobs.start(Lane::heavy, "open", "Opening " + folder.filename().string(), [this, folder](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    std::error_code ec;
    const bool builtin = fs::equivalent(folder, builtin_case_folder(), ec);
    std::function<fs::path(const CaseData&)> edits;
    if (builtin) edits = [](const CaseData& data) { return data.twin ? private_plans_folder(data.twin->sha256()) : fs::path(); };
    auto loaded = load_case_with_edits(folder, edits, progress);
    if (!loaded) return core::pass(loaded);
    auto shared = std::make_shared<LoadedCase>(std::move(*loaded));
    return JobRunner::Completion([this, folder, shared, builtin, hashes = labels_sha256(shared->data)] {
      impl_->adopt(std::move(shared->data), folder, !builtin, hashes, shared->names);
      if (!shared->message.empty()) impl_->message = shared->message;
    });
  });
  impl_->tell(Change::jobs);
}

void Session::build_coarse_builtin() {
  impl_->message = "The built-in case is not installed: a coarse FAST twin is being computed. Run packaging/run.sh once for the full one.";
  impl_->jobs.start(Lane::heavy, "open", "Coarse built-in twin", [this](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto built = make_coarse_builtin(progress);
    if (!built) return core::pass(built);
    auto shared = std::make_shared<CaseData>(std::move(*built));
    return JobRunner::Completion([this, shared, hashes = labels_sha256(*shared)] { impl_->adopt(std::move(*shared), {}, false, hashes); });
  });
  impl_->tell(Change::jobs);
}

void Session::import_image(const fs::path& path) {
  impl_->jobs.start(Lane::heavy, "open", "Importing " + path.filename().string(), [this, path](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto made = case_from_image(path, progress);
    if (!made) return core::pass(made);
    auto shared = std::make_shared<CaseData>(std::move(*made));
    return JobRunner::Completion([this, shared, hashes = labels_sha256(*shared)] {
      impl_->adopt(std::move(*shared), {}, false, hashes);
      impl_->message = "Imported. Check the anatomy, then save the case.";
      impl_->keep_for_recovery();
      impl_->tell(Change::results);
    });
  });
  impl_->tell(Change::jobs);
}

core::Result<void> Session::save_as(const fs::path& folder) {
  std::error_code ec;
  if (fs::exists(folder / "case.json", ec) && folder != impl_->folder)
    return core::bad_input(fmt::format("{} already holds a case (saving would replace another patient's twin). Choose another folder.", folder.string()));
  impl_->start_save(folder, true);
  return {};
}

int Session::plan_count() const { return static_cast<int>(impl_->data->plans.size()); }
int Session::active_plan() const { return impl_->active; }

void Session::set_active_plan(int plan) {
  OT_EXPECT(plan >= 0 && plan < plan_count());
  if (plan == impl_->active) return;
  impl_->active = plan;
  impl_->history.close_merge();
  impl_->tell(Change::selection);
}

int Session::add_plan(const std::string& title, int copy_of) {
  auto plans = impl_->data->plans;
  OT_EXPECT(copy_of >= 0 && copy_of < static_cast<int>(plans.size()));
  std::string name;
  for (char letter = 'A'; letter <= 'Z' && name.empty(); ++letter)
    if (std::none_of(plans.begin(), plans.end(), [&](const Plan& p) { return p.name == std::string(1, letter); })) name = std::string(1, letter);
  if (name.empty()) name = fmt::format("P{}", plans.size());
  Plan plan{name, title, plans[static_cast<std::size_t>(copy_of)].scenario};
  plan.scenario.name = name;
  plans.push_back(plan);
  const int added = static_cast<int>(plans.size()) - 1;
  impl_->commit("new plan " + name, std::move(plans), {}, added);
  impl_->history.close_merge();
  impl_->tell(Change::selection);   // another plan is shown
  return added;
}

void Session::remove_plan(int plan) {
  OT_EXPECT(plan > 0 && plan < plan_count());  // the baseline stays
  auto plans = impl_->data->plans;
  const std::string name = plans[static_cast<std::size_t>(plan)].name;
  plans.erase(plans.begin() + plan);
  impl_->commit("delete plan " + name, std::move(plans));
}

namespace {

core::Result<void> check(const CaseData& data, int plan, const twin::InterventionSpec& spec) {
  if (plan <= 0 || plan >= static_cast<int>(data.plans.size()))
    return core::wrong_usage("The baseline stays untreated (every plan is compared with it). Choose plan A or add a plan.");
  if (!data.twin) return core::bad_input("There is no twin yet (nothing to treat). Open a case or import an image first.");
  const twin::InterventionKind* kind = twin::find_intervention(spec.kind);
  if (!kind) return core::wrong_usage(fmt::format("There is no intervention \"{}\".", spec.kind));
  if (auto ok = kind->schema.validate(spec.params); !ok) return ok;
  return kind->validate(*data.twin, spec);
}

}  // namespace

core::Result<void> Session::add(int plan, twin::InterventionSpec spec) {
  if (plan > 0 && plan < plan_count() && spec.id.empty()) spec.id = impl_->data->plans[static_cast<std::size_t>(plan)].scenario.fresh_id(spec.kind);
  const std::string name = readable(spec);
  return add_group(plan, {std::move(spec)}, name);
}

core::Result<void> Session::add_group(int plan, std::vector<twin::InterventionSpec> specs, const std::string& step_name) {
  for (const auto& spec : specs)
    if (auto ok = check(*impl_->data, plan, spec); !ok) return ok;
  auto plans = impl_->data->plans;
  for (auto& spec : specs) {
    auto& scenario = plans[static_cast<std::size_t>(plan)].scenario;
    if (spec.id.empty()) spec.id = scenario.fresh_id(spec.kind);
    if (scenario.find(spec.id)) return core::wrong_usage(fmt::format("The plan already has \"{}\".", spec.id));
    scenario.interventions.push_back(std::move(spec));
  }
  impl_->commit(step_name, std::move(plans));
  run(plan, core::Mode::fast);
  return {};
}

core::Result<void> Session::update(int plan, const twin::InterventionSpec& spec) {
  if (auto ok = check(*impl_->data, plan, spec); !ok) return ok;
  auto plans = impl_->data->plans;
  for (auto& old : plans[static_cast<std::size_t>(plan)].scenario.interventions)
    if (old.id == spec.id) {
      old = spec;
      impl_->commit("change " + readable(spec), std::move(plans), "update " + std::to_string(plan) + " " + spec.id);
      run(plan, core::Mode::fast);
      return {};
    }
  return core::wrong_usage(fmt::format("The plan has no \"{}\".", spec.id));
}

void Session::close_step() { impl_->history.close_merge(); }

void Session::remove(int plan, const std::string& id) {
  OT_EXPECT(plan > 0 && plan < plan_count());
  auto plans = impl_->data->plans;
  auto& list = plans[static_cast<std::size_t>(plan)].scenario.interventions;
  const auto at = std::find_if(list.begin(), list.end(), [&](const auto& i) { return i.id == id; });
  if (at == list.end()) return;
  const std::string name = "delete " + readable(*at);
  list.erase(at);
  impl_->commit(name, std::move(plans));
  run(plan, core::Mode::fast);
}

void Session::set_enabled(int plan, const std::string& id, bool enabled) {
  OT_EXPECT(plan > 0 && plan < plan_count());
  auto plans = impl_->data->plans;
  for (auto& spec : plans[static_cast<std::size_t>(plan)].scenario.interventions)
    if (spec.id == id) {
      spec.enabled = enabled;
      impl_->commit((enabled ? "switch on " : "switch off ") + readable(spec), std::move(plans));
      run(plan, core::Mode::fast);
      return;
    }
}

bool Session::can_undo() const { return impl_->history.can_undo(); }
bool Session::can_redo() const { return impl_->history.can_redo(); }
bool Session::changed_more_than_plans() const { return impl_->history.changed_more_than_plans(); }
std::string Session::undo_name() const { return impl_->history.undo_name(); }
std::string Session::redo_name() const { return impl_->history.redo_name(); }

void Session::undo() {
  if (!can_undo()) return;
  const HistoryStep step = impl_->history.undo();
  impl_->apply_step(step, false);
  if (step.plans || step.model) run(impl_->active, core::Mode::fast);
}

void Session::redo() {
  if (!can_redo()) return;
  const HistoryStep step = impl_->history.redo();
  impl_->apply_step(step, true);
  if (step.plans || step.model) run(impl_->active, core::Mode::fast);
}

std::shared_ptr<const twin::RunResult> Session::result(int plan, core::Mode mode) const {
  OT_EXPECT(plan >= 0 && plan < plan_count());
  return find_result(*impl_->data, impl_->data->plans[static_cast<std::size_t>(plan)].scenario, mode);
}

std::shared_ptr<const twin::RunResult> Session::best_result(int plan) const {
  auto full = result(plan, core::Mode::full);
  return full ? full : result(plan, core::Mode::fast);
}

bool Session::ended_early(int plan) const {
  const auto full = result(plan, core::Mode::full);
  const auto& twin = impl_->data->twin;
  if (!full || !full->electro || full->electro->ecg.t_ms.empty() || !twin || !twin->heart) return false;
  return full->electro->ecg.t_ms.back() + 2 < twin->heart->baseline.end_ms;   // the last sample may lie a little before the end
}

bool Session::stale(int plan) const { return !best_result(plan); }

void Session::take_over(std::shared_ptr<const twin::RunResult> part) {
  constexpr std::size_t most = 4;   // the newest places of a device; some ten megabytes each
  impl_->parts.push_back(std::move(part));
  if (impl_->parts.size() > most) impl_->parts.pop_front();
}

void Session::run(int plan, core::Mode mode) {
  OT_EXPECT(plan >= 0 && plan < plan_count());
  const bool again = mode == core::Mode::full && ended_early(plan);
  if (!impl_->data->twin || (result(plan, mode) && !again)) return;
  const Plan& p = impl_->data->plans[static_cast<std::size_t>(plan)];
  const bool full = mode == core::Mode::full;
  auto mailbox = full ? std::make_shared<twin::FrameMailbox>() : nullptr;
  if (full) impl_->mailbox = mailbox;
  const std::string title = fmt::format("{} model, {}{}", full ? "Full" : "Fast", plan == 0 ? "" : "plan ", plan == 0 ? "baseline" : p.name);
  impl_->jobs.start(full ? Lane::heavy : Lane::quick, fmt::format("run {} {}", core::name_of(mode), plan), title,
                    [this, snapshot = impl_->data, scenario = p.scenario, mode, mailbox, again, parts = impl_->parts, folder = impl_->plans_folder, own_folder = impl_->folder, stopped = impl_->stopped](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
                      CaseData copy = *snapshot;
                      if (again) forget_result(copy, scenario, mode);
                      twin::RunOptions options;
                      options.mailbox = mailbox.get();
                      options.known = known_results(copy);
                      options.known.insert(options.known.end(), parts.begin(), parts.end());
                      if (mode == core::Mode::full) {   // a cancelled flow run goes on where it stopped
                        options.stopped = stopped->states();
                        options.on_stopped = [stopped](const std::string&, std::shared_ptr<const hemo::FlowState> state) { stopped->keep(std::move(state)); };
                        if (!own_folder.empty()) {
                          for (auto& state : stopped_runs(default_out(own_folder))) options.stopped.push_back(std::move(state));
                          keep_unfinished(options, default_out(own_folder));
                        }
                      }
                      RunAsked asked;
                      asked.folder = folder;
                      for (const auto& probe : copy.egm_probes) asked.probes.push_back(probe.at);
                      auto done = run_scenario_kept(copy, scenario, mode, options, asked, progress);
                      if (!done) return core::pass(done);
                      if (mode == core::Mode::full && !own_folder.empty()) forget_stopped(default_out(own_folder), *done->result);
                      return JobRunner::Completion([this, scenario, mode, made_for = snapshot->twin, result = done->result, said = words_of(*done)] {
                        if (impl_->data->twin != made_for) return;  // another case was opened meanwhile
                        impl_->change_data([&](CaseData& d) { store_result(d, scenario, result); });
                        if (!said.empty()) impl_->message = said;
                        impl_->tell(Change::results);
                        if (mode == core::Mode::full && !impl_->folder.empty()) {
                          impl_->start_save(impl_->folder, false);
                        }
                      });
                    });
  impl_->tell(Change::jobs);
}

std::shared_ptr<const twin::Frame> Session::take_frame() { return impl_->mailbox ? impl_->mailbox->take() : nullptr; }

int Session::observe(Observer observer) {
  const int id = impl_->next_observer++;
  impl_->observers[id] = std::move(observer);
  return id;
}
void Session::unobserve(int id) { impl_->observers.erase(id); }

void Session::poll() {
  impl_->jobs.poll();
  const bool busy = impl_->jobs.busy();
  if (busy || impl_->jobs_were_busy) impl_->tell(Change::jobs);
  impl_->jobs_were_busy = busy;
}

}  // namespace ot::session
