// SPDX-License-Identifier: GPL-3.0-or-later
// FULL studies that go on inside a run: a strip of tissue, S1 and S2.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <memory>

#include "solvers/electrophysiology/studies/play.hpp"
#include "solvers/electrophysiology/studies/study.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

ep::ElectroProblem strip() {
  ep::ElectroProblem p;
  p.mesh = std::make_shared<core::TetMesh>(core::make_box({9, 3, 1.5}, 0.75, core::BoxSplit::alternating));
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(p.mesh->tets.size(), core::Vec3(1, 0, 0));
  fibres->s.assign(p.mesh->tets.size(), core::Vec3(0, 1, 0));
  p.fibres = fibres;
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  return p;
}

ep::StudySite end_of(const ep::ElectroProblem& p) {
  ep::StudySite s;
  s.key = "end", s.name = "end";
  s.nodes = ep::nodes_near(p, core::Vec3(0, 1.5, 0.75), 1.8, 3);
  return s;
}

ep::Protocol window() {
  ep::Protocol q;
  q.kind = ep::ProtocolKind::window;
  q.s1_beats = 2;
  q.s1_interval_ms = 450;
  q.s2_first_ms = 400, q.shortest_ms = 380, q.step_ms = 10;
  q.observe_ms = 200;
  return q;
}

bool same(const ep::ActivationRecord& a, const ep::ActivationRecord& b) {
  const auto bits = [](const std::vector<float>& x, const std::vector<float>& y) { return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0; };
  return a.end_ms == b.end_ms && a.begin == b.begin && bits(a.at_ms, b.at_ms) && bits(a.repolarised_ms, b.repolarised_ms);
}

}  // namespace

TEST_CASE("FULL: a ladder goes on from the beats its attempts share, and an attempt that was stopped in its middle goes on there, bit for bit as when played alone", "[studies]") {
  const auto problem = strip();
  const auto tissue = ep::StudyTissue::make(problem, core::Mode::full, 450, {});
  REQUIRE(tissue);
  const auto nodes = std::make_shared<const std::vector<core::Index>>(end_of(problem).nodes);
  const auto beats = [&](double s2) { return std::vector<ep::TimedStimulus>{{0, nodes}, {450, nodes}, {450 + s2, nodes}}; };
  const auto alone = [&](double s2) {
    ep::Player player(*tissue);
    auto r = player.play(beats(s2), 2, 450 + s2 + 200, 450 + 380, {});
    REQUIRE(r);
    return *r;
  };
  const auto first = alone(400), second = alone(390);
  CHECK_FALSE(same(first, second));
  CHECK(first.count(0) == 3);   // all three are answered
  ep::Player ladder(*tissue);
  double asked = 0;   // the first instant that is computed
  const auto watched = core::Progress([&](double f, std::string_view) { asked = std::min(asked, f); }, nullptr);
  REQUIRE(same(*ladder.play(beats(400), 2, 1050, 830, {}), first));
  asked = 1;
  CHECK(same(*ladder.play(beats(390), 2, 1040, 830, watched), second));
  CHECK(asked > 0.75);   // 830 of 1040 ms were not played again

  // Stopped at about 600 of 1050 ms, by another player that knows only the folder.
  const fs::path folder = test::scratch_folder("full-attempt");
  ep::KeepPlay keep;
  keep.folder = folder / "site";
  keep.every_ms = 10, keep.least_s = 0;
  auto flag = std::make_shared<core::CancelFlag>();
  {
    ep::Player stopped(*tissue, keep);
    const auto r = stopped.play(beats(400), 2, 1050, 830, core::Progress([&](double f, std::string_view) { if (f > 600.0 / 1050) flag->cancel(); }, flag));
    REQUIRE_FALSE(r);
    CHECK(r.error().code == core::ErrorCode::cancelled);
  }
  double from = -1;
  keep.on_continued = [&](double t) { from = t; };
  {
    ep::Player again(*tissue, keep);
    const auto r = again.play(beats(400), 2, 1050, 830, {});
    REQUIRE(r);
    CHECK(same(*r, first));
    CHECK(from >= 580);
    CHECK(from <= 610);
  }
  // Done: it is found whole; another question, a damaged file, and a state without its trace are not taken.
  {
    ep::Player again(*tissue, keep);
    CHECK(same(*again.play(beats(400), 2, 1050, 830, {}), first));
    CHECK(from == 1050);
    from = -1;
    CHECK(same(*again.play(beats(390), 2, 1040, 830, {}), second));
    CHECK(from == -1);
  }
  for (const auto& entry : fs::directory_iterator(keep.folder)) fs::resize_file(entry.path(), fs::file_size(entry.path()) - 4);
  ep::Player damaged(*tissue, keep);
  CHECK(same(*damaged.play(beats(400), 2, 1050, 830, {}), first));
  CHECK(from == -1);
}

TEST_CASE("FULL: a study of three S2 that is cancelled in its second attempt goes on inside it and ends as the uninterrupted one", "[studies]") {
  const auto problem = strip();
  const std::vector<ep::StudySite> sites{end_of(problem)};
  const auto whole = ep::run_study(problem, sites, window(), core::Mode::full, {}, {});
  REQUIRE(whole);
  REQUIRE(whole->runs[0].attempts.size() == 3);
  ep::StudyOptions options;
  options.keep = test::scratch_folder("full-study");
  options.keep_every_ms = 10, options.keep_least_s = 0;
  auto flag = std::make_shared<core::CancelFlag>();
  int attempts = 0;
  double before = 0;
  const auto stopped = ep::run_study(problem, sites, window(), core::Mode::full, options, core::Progress([&](double f, std::string_view) {
    if (f < before) ++attempts;   // the share falls where the next attempt begins
    before = f;
    if (attempts >= 1 && f > 0.92) flag->cancel();
  }, flag));
  REQUIRE_FALSE(stopped);
  std::vector<double> from;
  options.on_continued = [&](const ep::StudySite& s, double t) {
    CHECK(s.key == "end");
    from.push_back(t);
  };
  const auto on = ep::run_study(problem, sites, window(), core::Mode::full, options, {});
  REQUIRE(on);
  REQUIRE(from.size() == 2);   // the first attempt was done, the second under way
  CHECK(from[0] == 1050);
  CHECK(from[1] > 800);
  CHECK(from[1] < 1040);
  REQUIRE(on->runs[0].attempts.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(on->runs[0].attempts[k].captured == whole->runs[0].attempts[k].captured);
    CHECK(on->runs[0].attempts[k].found.last_activation_ms == whole->runs[0].attempts[k].found.last_activation_ms);
  }
}
