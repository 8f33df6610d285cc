// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/jobs.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "solvers/core/contracts.hpp"

namespace ot::session {
namespace {
using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }
}  // namespace

struct JobRunner::Impl {
  struct Job {
    int id = 0;
    Lane lane = Lane::quick;
    std::string key, title, what, error;
    Work work;
    std::shared_ptr<core::CancelFlag> flag = std::make_shared<core::CancelFlag>();
    double fraction = 0;
    Clock::time_point started = Clock::now();
    JobState state = JobState::waiting;
    Completion completion;
  };

  mutable std::mutex mutex;
  std::condition_variable wake, quiet;
  std::deque<std::shared_ptr<Job>> jobs;   // in order of start()
  bool stop = false;
  int next_id = 1;
  std::vector<std::thread> lanes;

  std::shared_ptr<Job> next(Lane lane) const {
    for (const auto& j : jobs)
      if (j->lane == lane && j->state == JobState::waiting) return j;
    return nullptr;
  }

  void loop(Lane lane) {
    // Jobs give way: where every processor is busy, the window (and the threads that draw it) is served first. Worker threads of a job inherit
    // this. 5 leaves the window three quarters of a contested processor (CFS weights 1024 : 335) and costs nothing when there is none to contest.
    constexpr int job_niceness = 5;
    (void)::setpriority(PRIO_PROCESS, 0, job_niceness);   // 0: this thread (Linux); refused where it is niced already: then nothing is lost
    std::unique_lock lock(mutex);
    for (;;) {
      std::shared_ptr<Job> job;
      wake.wait(lock, [&] { return (job = next(lane)) || stop; });
      if (!job) return;   // stopping, and nothing is left to save
      job->state = JobState::running;
      job->started = Clock::now();
      lock.unlock();
      const core::Progress progress(
          [this, job](double fraction, std::string_view what) {
            const std::lock_guard guard(mutex);
            job->fraction = std::clamp(fraction, 0.0, 1.0);
            job->what = what;
          },
          job->flag);
      core::Result<Completion> outcome = core::cancelled();
      try {
        if (!job->flag->cancelled()) outcome = job->work(progress);
      } catch (const std::exception& e) {  // top of a thread: a contract of ours broke, or memory ran out
        outcome = core::computation_failed(std::string("\"") + job->title + "\" stopped on an internal error: " + e.what() +
                                           ". Your plans are saved. Please report this sentence.");
      }
      lock.lock();
      job->work = nullptr;
      if (outcome && !job->flag->cancelled()) {
        job->state = JobState::done;
        job->completion = std::move(*outcome);
      } else if (job->flag->cancelled() || outcome.error().code == core::ErrorCode::cancelled) {
        job->state = JobState::cancelled;
      } else {
        job->state = JobState::failed;
        job->error = outcome.error().message;
      }
      quiet.notify_all();
    }
  }
};

JobRunner::JobRunner() : impl_(std::make_unique<Impl>()) {
  for (const Lane lane : {Lane::quick, Lane::heavy, Lane::image, Lane::save}) impl_->lanes.emplace_back([this, lane] { impl_->loop(lane); });
}

JobRunner::~JobRunner() {
  cancel_all();
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->wake.notify_all();
  for (auto& lane : impl_->lanes) lane.join();
}

int JobRunner::start(Lane lane, std::string key, std::string title, Work work) {
  const std::lock_guard lock(impl_->mutex);
  if (!key.empty())
    for (auto& j : impl_->jobs)
      if (j->key == key && (j->state == JobState::waiting || j->state == JobState::running)) {
        j->flag->cancel();
        if (j->state == JobState::waiting) j->state = JobState::cancelled;
      }
  auto job = std::make_shared<Impl::Job>();
  job->id = impl_->next_id++;
  job->lane = lane;
  job->key = std::move(key);
  job->title = std::move(title);
  job->work = std::move(work);
  impl_->jobs.push_back(job);
  impl_->wake.notify_all();
  return job->id;
}

void JobRunner::cancel(int id) {
  const std::lock_guard lock(impl_->mutex);
  for (auto& j : impl_->jobs)
    if (j->id == id) {
      j->flag->cancel();
      if (j->state == JobState::waiting) j->state = JobState::cancelled;
    }
  impl_->quiet.notify_all();
}

void JobRunner::cancel_all() {
  const std::lock_guard lock(impl_->mutex);
  for (auto& j : impl_->jobs) {
    if (j->lane == Lane::save) continue;
    j->flag->cancel();
    if (j->state == JobState::waiting) j->state = JobState::cancelled;
  }
  impl_->quiet.notify_all();
}

bool JobRunner::busy() const {
  const std::lock_guard lock(impl_->mutex);
  return std::any_of(impl_->jobs.begin(), impl_->jobs.end(), [](const auto& j) { return j->state == JobState::waiting || j->state == JobState::running; });
}

bool JobRunner::busy(Lane lane) const {
  const std::lock_guard lock(impl_->mutex);
  return std::any_of(impl_->jobs.begin(), impl_->jobs.end(), [&](const auto& j) { return j->lane == lane && (j->state == JobState::waiting || j->state == JobState::running); });
}

int JobRunner::active(std::string_view key_start) const {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& j : impl_->jobs)
    if ((j->state == JobState::waiting || j->state == JobState::running) && j->key.starts_with(key_start)) return j->id;
  return 0;
}

std::vector<JobStatus> JobRunner::status() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<JobStatus> out;
  for (const auto& j : impl_->jobs) {
    if (j->state == JobState::done || j->state == JobState::cancelled) continue;
    JobStatus s;
    s.id = j->id;
    s.key = j->key;
    s.title = j->title;
    s.what = j->what;
    s.fraction = j->fraction;
    s.state = j->state;
    s.cancelling = j->state == JobState::running && j->flag->cancelled();
    s.error = j->error;
    if (j->state == JobState::running) {
      s.elapsed_s = seconds_since(j->started);
      if (j->fraction > 0.02 && s.elapsed_s > 1) s.left_s = s.elapsed_s * (1 - j->fraction) / j->fraction;
    }
    out.push_back(std::move(s));
  }
  return out;
}

void JobRunner::dismiss(int id) {
  const std::lock_guard lock(impl_->mutex);
  std::erase_if(impl_->jobs, [&](const auto& j) { return j->id == id && j->state == JobState::failed; });
}

void JobRunner::poll() {
  std::vector<Completion> ready;
  {
    const std::lock_guard lock(impl_->mutex);
    for (auto& j : impl_->jobs)
      if (j->state == JobState::done && j->completion) ready.push_back(std::move(j->completion));
    std::erase_if(impl_->jobs, [](const auto& j) { return j->state == JobState::done || j->state == JobState::cancelled; });
  }
  for (auto& completion : ready) completion();
}

void JobRunner::wait_until_idle() {
  for (;;) {
    {
      std::unique_lock lock(impl_->mutex);
      impl_->quiet.wait_for(lock, std::chrono::milliseconds(20));
    }
    poll();
    if (!busy()) {
      poll();
      if (!busy()) return;
    }
  }
}

}  // namespace ot::session
