// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/studies_model.hpp"

#include <QDateTime>
#include <QPointer>
#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "app/session/pipeline.hpp"

namespace ot::gui {

using session::JobRunner;
using session::Lane;

struct StudiesModel::Live {
  std::mutex mutex;
  std::vector<ep::SiteRun> runs;
  bool started = false, cancelled = false;       // of the worker
};

StudiesModel::StudiesModel(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {
  timer_.setInterval(150);
  connect(&timer_, &QTimer::timeout, this, &StudiesModel::tick);
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    if (job_) workspace_.session().jobs().cancel(job_);
    timer_.stop();
    job_ = running_ = chosen_ = 0;
    doing_ = Doing::nothing;
    entries_.clear();
    proof_.reset();
    restitution_.reset();
    proofs_.clear();
    curves_.clear();
    problem_.clear();
    live_.reset();
    loaded_ = false;
    emit changed();
  });
}

bool StudiesModel::kept() const {
  return !workspace_.data()->patient.built_in && !workspace_.session().folder().empty();   // the built-in case is read-only
}

std::filesystem::path StudiesModel::kept_folder() const { return kept() ? workspace_.session().folder() : std::filesystem::path(); }

session::StudyRecords StudiesModel::records() const {
  session::StudyRecords out;
  for (const auto& e : entries_)
    if (e.study && e.state == StudyEntry::State::complete) out.studies.push_back({"", e.spec.name, e.when.toStdString(), e.spec, e.study});
  out.proofs = proofs_;
  out.curves = curves_;
  return out;
}

std::string StudiesModel::scenario_of(const std::string& plan) const {
  const auto data = workspace_.data();
  for (const auto& p : data->plans)
    if (p.name == plan) return session::scenario_sha256(p.scenario);
  return {};
}

bool StudiesModel::fits_mesh(const StudyEntry& entry) const {
  const auto* heart = workspace_.heart();
  if (!heart || !entry.study) return false;
  if (hashed_.lock() != heart->baseline.mesh) {
    hashed_ = heart->baseline.mesh;
    mesh_sha256_ = heart->baseline.mesh->sha256();
  }
  return entry.study->mesh_sha256.empty() || entry.study->mesh_sha256 == mesh_sha256_;
}

bool StudiesModel::plan_changed(const StudyEntry& entry) const { return !entry.scenario.empty() && scenario_of(entry.spec.plan) != entry.scenario; }

std::string StudiesModel::baseline_name() const { return workspace_.data()->plans.front().name; }

const StudyEntry* StudiesModel::before_of(const StudyEntry& entry) const {
  session::StudySpec untreated = entry.spec;
  untreated.plan = baseline_name();
  untreated.added.clear();
  if (session::to_json(untreated) == session::to_json(entry.spec)) return nullptr;
  for (const auto& e : entries_)
    if (e.state == StudyEntry::State::complete && e.study && session::to_json(e.spec) == session::to_json(untreated) && e.study->mesh_sha256 == entry.study->mesh_sha256 && !plan_changed(e)) return &e;
  return nullptr;
}

StudyEntry* StudiesModel::find(int id) {
  for (auto& e : entries_)
    if (e.id == id) return &e;
  return nullptr;
}

const StudyEntry* StudiesModel::chosen() const {
  for (const auto& e : entries_)
    if (e.id == chosen_) return &e;
  return nullptr;
}

void StudiesModel::choose(int id) {
  if (id == chosen_ || !find(id)) return;
  chosen_ = id;
  emit changed();
}

void StudiesModel::load() {
  if (loaded_) return;
  loaded_ = true;
  if (!kept()) return;
  QPointer<StudiesModel> self(this);
  const auto folder = workspace_.session().folder();
  workspace_.session().jobs().start(Lane::image, "studies-load", "Reading the studies of the case", [self, folder](const core::Progress&) -> core::Result<JobRunner::Completion> {
    auto saved = std::make_shared<session::StudyRecords>(session::study_records(folder));
    return JobRunner::Completion([self, folder, saved] {
      if (!self || self->workspace_.session().folder() != folder) return;
      if (!self->proof_ && !saved->proofs.empty()) self->proof_ = saved->proofs.front();
      if (!self->restitution_ && !saved->curves.empty()) self->restitution_ = saved->curves.front();
      if (self->proof_ || self->restitution_) emit self->changed();
      for (auto& s : saved->studies) {
        const auto same = [&](const StudyEntry& e) { return e.study && e.study->problem_sha256 == s.study->problem_sha256 && session::to_json(e.spec) == session::to_json(s.spec); };
        if (std::any_of(self->entries_.begin(), self->entries_.end(), same)) continue;
        StudyEntry e;
        e.spec = s.spec;
        e.study = s.study;
        e.when = QDateTime::fromString(QString::fromStdString(s.saved_utc), Qt::ISODate).toLocalTime().toString("d MMM hh:mm");
        self->add(std::move(e));
      }
    });
  });
}

void StudiesModel::add(StudyEntry entry) {
  entry.id = next_id_++;
  entries_.push_back(std::move(entry));
  if (!chosen_) chosen_ = entries_.front().id;
  emit changed();
}

void StudiesModel::begin(Doing doing, const std::string& title, const std::function<core::Result<JobRunner::Completion>(const core::Progress&, const std::shared_ptr<Live>&)>& work) {
  doing_ = doing;
  problem_.clear();
  fraction_ = 0;
  words_ = "Waiting for its turn";
  live_ = std::make_shared<Live>();
  job_ = workspace_.session().jobs().start(Lane::heavy, "study", title, [live = live_, work](const core::Progress& progress) {
    {
      const std::lock_guard lock(live->mutex);
      live->started = true;
    }
    auto result = work(progress, live);
    const std::lock_guard lock(live->mutex);
    live->cancelled = !result && result.error().code == core::ErrorCode::cancelled;
    return result;
  });
  timer_.start();
  emit workspace_.jobs_changed();
  emit changed();
}

void StudiesModel::start(session::StudySpec spec) {
  if (doing_ != Doing::nothing) return;
  const auto data = workspace_.data();
  if (!data->twin) return;
  auto sites = session::study_sites(*data->twin, spec);
  if (!sites) {
    problem_ = QString::fromStdString(sites.error().message);
    emit changed();
    return;
  }
  StudyEntry e;
  e.id = running_ = chosen_ = next_id_++;
  e.spec = spec;
  e.sites = std::move(*sites);
  e.scenario = scenario_of(spec.plan);
  e.when = QDateTime::currentDateTime().toString("hh:mm");
  e.state = StudyEntry::State::running;
  auto nothing = std::make_shared<ep::StudyResult>();
  nothing->mode = spec.mode;
  nothing->protocol = spec.protocol;
  e.study = nothing;
  entries_.insert(entries_.begin(), std::move(e));
  QPointer<StudiesModel> self(this);
  const auto folder = kept_folder();
  begin(Doing::study, "Study: " + spec.name + (spec.mode == core::Mode::fast ? ", FAST" : ", monodomain"), [self, data, spec, folder, id = running_](const core::Progress& progress, const std::shared_ptr<Live>& live) -> core::Result<JobRunner::Completion> {
    auto study = session::run_study(*data, spec, folder, progress, [live](const ep::SiteRun& run) {
      const std::lock_guard lock(live->mutex);
      live->runs.push_back(run);
    });
    if (!study) return core::pass(study);
    return JobRunner::Completion([self, live, id, study = *study] {
      if (!self || self->live_ != live) return;   // another case was opened meanwhile
      auto* entry = self->find(id);
      if (!entry) return;
      entry->study = study;
      entry->state = StudyEntry::State::complete;
      // The same question asked again replaces the older answer.
      const auto asked = session::to_json(entry->spec);
      std::erase_if(self->entries_, [&](const StudyEntry& e) { return e.id != id && e.study && e.study->problem_sha256 == study->problem_sha256 && session::to_json(e.spec) == asked; });
      self->finish(false, {});
    });
  });
}

void StudiesModel::suggest(double radius_mm, double depth_mm) {
  const auto* entry = chosen();
  if (doing_ != Doing::nothing || !entry || !entry->study) return;
  const auto data = workspace_.data();
  QPointer<StudiesModel> self(this);
  begin(Doing::targets, "Trying targets", [self, data, spec = entry->spec, study = entry->study, id = entry->id, radius_mm, depth_mm](const core::Progress& progress, const std::shared_ptr<Live>& live) -> core::Result<JobRunner::Completion> {
    auto targets = session::suggest_targets(*data, spec, *study, radius_mm, depth_mm, progress);
    if (!targets) return core::pass(targets);
    return JobRunner::Completion([self, live, id, targets = *targets] {
      if (!self || self->live_ != live) return;
      if (auto* e = self->find(id)) {
        e->targets = targets;
        e->targets_tried = true;
      }
      self->finish(false, {});
    });
  });
}

void StudiesModel::prove(const std::string& plan, const core::Vec3& a, const core::Vec3& b, core::Mode mode) {
  if (doing_ != Doing::nothing) return;
  const auto data = workspace_.data();
  QPointer<StudiesModel> self(this);
  proof_.reset();
  begin(Doing::proof, "Proof of block", [self, data, plan, a, b, mode, scenario = scenario_of(plan), folder = kept_folder()](const core::Progress& progress, const std::shared_ptr<Live>& live) -> core::Result<JobRunner::Completion> {
    auto proof = session::prove_block(*data, plan, a, b, mode, progress);
    if (!proof) return core::pass(proof);
    const session::KeptProof shown{*proof, plan, scenario, mode, a, b, session::now_utc()};
    if (!folder.empty())
      if (auto ok = session::keep_proof(folder, shown); !ok) return core::pass(ok);
    return JobRunner::Completion([self, live, shown] {
      if (!self || self->live_ != live) return;
      self->proof_ = shown;
      self->proofs_.insert(self->proofs_.begin(), shown);
      self->finish(false, {});
    });
  });
}

void StudiesModel::measure_restitution(const std::string& plan, double interval_ms) {
  if (doing_ != Doing::nothing) return;
  const auto data = workspace_.data();
  QPointer<StudiesModel> self(this);
  begin(Doing::restitution, "Restitution", [self, data, plan, interval_ms, scenario = scenario_of(plan), folder = kept_folder()](const core::Progress& progress, const std::shared_ptr<Live>& live) -> core::Result<JobRunner::Completion> {
    auto study = session::run_restitution(*data, plan, interval_ms, progress);
    if (!study) return core::pass(study);
    const session::KeptRestitution shown{*study, plan, scenario, session::now_utc()};
    if (!folder.empty())
      if (auto ok = session::keep_restitution(folder, shown); !ok) return core::pass(ok);
    return JobRunner::Completion([self, live, shown] {
      if (!self || self->live_ != live) return;
      self->restitution_ = shown;
      self->curves_.insert(self->curves_.begin(), shown);
      self->finish(false, {});
    });
  });
}

void StudiesModel::cancel() {
  if (!job_) return;
  words_ = "Stopping";
  workspace_.session().jobs().cancel(job_);
  emit progressed();
}

core::Result<std::vector<std::string>> StudiesModel::export_to(const std::filesystem::path& folder) {
  const auto* entry = chosen();
  if (!entry || !entry->study) return core::bad_input("No study is chosen (nothing to export).");
  return session::export_study(*workspace_.data(), *entry->study, folder);
}

void StudiesModel::take_runs() {
  if (!live_ || doing_ != Doing::study) return;
  std::vector<ep::SiteRun> fresh;
  {
    const std::lock_guard lock(live_->mutex);
    fresh.swap(live_->runs);
  }
  auto* entry = find(running_);
  if (fresh.empty() || !entry || entry->state != StudyEntry::State::running) return;
  auto grown = std::make_shared<ep::StudyResult>(*entry->study);
  for (auto& run : fresh) {
    if (run.induced()) {
      const double cycle = run.attempts[std::size_t(run.best)].found.cycle_length_ms;
      grown->shortest_cycle_ms = grown->induced == 0 ? cycle : std::min(grown->shortest_cycle_ms, cycle);
      grown->longest_cycle_ms = std::max(grown->longest_cycle_ms, cycle);
      ++grown->induced;
    }
    grown->runs.push_back(std::move(run));
  }
  const auto place = [&](const ep::SiteRun& r) { return std::find_if(entry->sites.begin(), entry->sites.end(), [&](const auto& s) { return s.key == r.site.key; }) - entry->sites.begin(); };
  std::stable_sort(grown->runs.begin(), grown->runs.end(), [&](const auto& x, const auto& y) { return place(x) < place(y); });
  entry->study = std::move(grown);
  emit changed();
}

void StudiesModel::tick() {
  take_runs();
  for (const auto& job : workspace_.session().jobs().status()) {
    if (job.id != job_) continue;
    if (job.state == session::JobState::failed) {
      const QString problem = QString::fromStdString(job.error);
      workspace_.session().jobs().dismiss(job.id);   // said here, in place
      return finish(false, problem.isEmpty() ? QStringLiteral("The run failed.") : problem);
    }
    fraction_ = job.fraction;
    if (words_ != "Stopping") {
      words_ = job.state == session::JobState::waiting ? QStringLiteral("Waiting until the running model is done") : QString::fromStdString(job.what);
      if (job.left_s > 0 && job.elapsed_s > 3) words_ += QStringLiteral(", about %1 left").arg(job.left_s < 90 ? QStringLiteral("%1 s").arg(job.left_s, 0, 'f', 0) : QStringLiteral("%1 min").arg(job.left_s / 60, 0, 'f', 0));
    }
    emit progressed();
    return;
  }
  // Gone: cancelled (by this panel or in the status bar), or done and about to be delivered.
  bool cancelled = false;
  {
    const std::lock_guard lock(live_->mutex);
    cancelled = live_->cancelled || !live_->started;
  }
  if (cancelled) finish(true, {});
}

void StudiesModel::finish(bool cancelled, const QString& problem) {
  take_runs();
  timer_.stop();
  if (auto* entry = find(running_); entry && doing_ == Doing::study && entry->state == StudyEntry::State::running) {
    entry->state = cancelled ? StudyEntry::State::cancelled : StudyEntry::State::failed;
    if (entry->study->runs.empty()) std::erase_if(entries_, [&](const auto& e) { return e.id == running_; });   // nothing to look at
    if (!find(chosen_)) chosen_ = entries_.empty() ? 0 : entries_.front().id;
  }
  if (cancelled) problem_ = doing_ == Doing::study && kept() ? "Cancelled. The runs that ended are kept: starting again goes on there." : "Cancelled.";
  else problem_ = problem;
  job_ = running_ = 0;
  doing_ = Doing::nothing;
  emit changed();
}

}  // namespace ot::gui
