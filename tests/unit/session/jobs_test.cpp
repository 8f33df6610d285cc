// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "app/session/jobs.hpp"

using namespace ot;
using namespace ot::session;
using namespace std::chrono_literals;

namespace {
JobRunner::Work until_cancelled(std::atomic<int>& started) {
  return [&started](const core::Progress& p) -> core::Result<JobRunner::Completion> {
    ++started;
    while (!p.cancelled()) std::this_thread::sleep_for(1ms);
    return core::cancelled();
  };
}
}  // namespace

TEST_CASE("a completion runs inside poll(), on the owner's thread, once") {
  JobRunner jobs;
  std::thread::id where;
  int times = 0;
  jobs.start(Lane::quick, "", "sum", [&](const core::Progress& p) -> core::Result<JobRunner::Completion> {
    p.report(0.5, "half");
    return JobRunner::Completion([&] {
      where = std::this_thread::get_id();
      ++times;
    });
  });
  jobs.wait_until_idle();
  jobs.poll();
  CHECK(times == 1);
  CHECK(where == std::this_thread::get_id());
  CHECK(jobs.status().empty());
}

TEST_CASE("a cancelled job stops within a second and its completion never runs") {
  JobRunner jobs;
  std::atomic<int> started{0};
  const int id = jobs.start(Lane::heavy, "", "long", until_cancelled(started));
  while (started == 0) std::this_thread::sleep_for(1ms);
  const auto begin = std::chrono::steady_clock::now();
  jobs.cancel(id);
  jobs.wait_until_idle();
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
  CHECK(jobs.status().empty());
}

TEST_CASE("a newer job with the same key replaces the older one") {
  JobRunner jobs;
  std::atomic<int> started{0};
  int done = 0;
  jobs.start(Lane::quick, "run fast 1", "old", until_cancelled(started));
  for (int i = 0; i < 20; ++i)
    jobs.start(Lane::quick, "run fast 1", "new", [&](const core::Progress&) -> core::Result<JobRunner::Completion> { return JobRunner::Completion([&] { ++done; }); });
  jobs.wait_until_idle();
  CHECK(done >= 1);
  CHECK(done <= 20);
  int last = 0;
  jobs.start(Lane::quick, "k", "a", [&](const core::Progress&) -> core::Result<JobRunner::Completion> { return JobRunner::Completion([&] { last = 1; }); });
  jobs.wait_until_idle();
  CHECK(last == 1);
}

TEST_CASE("a failed job keeps its sentence until it is dismissed, an exception becomes one") {
  JobRunner jobs;
  const int id = jobs.start(Lane::quick, "", "fails", [](const core::Progress&) -> core::Result<JobRunner::Completion> { return core::bad_input("No such file."); });
  jobs.start(Lane::quick, "", "throws", [](const core::Progress&) -> core::Result<JobRunner::Completion> { throw std::runtime_error("boom"); });
  jobs.wait_until_idle();
  REQUIRE(jobs.status().size() == 2);
  CHECK(jobs.status()[0].error == "No such file.");
  CHECK(jobs.status()[1].error.find("boom") != std::string::npos);
  jobs.dismiss(id);
  CHECK(jobs.status().size() == 1);
}

TEST_CASE("destroying the runner in the middle of work cancels and waits") {
  std::atomic<int> started{0};
  const auto begin = std::chrono::steady_clock::now();
  {
    JobRunner jobs;
    jobs.start(Lane::heavy, "", "a", until_cancelled(started));
    jobs.start(Lane::heavy, "", "b", until_cancelled(started));
    jobs.start(Lane::quick, "", "c", until_cancelled(started));
    while (started < 2) std::this_thread::sleep_for(1ms);
  }
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
}
