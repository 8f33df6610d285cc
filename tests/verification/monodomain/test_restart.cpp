// SPDX-License-Identifier: GPL-3.0-or-later
// Going on from a saved state, leaving out tissue at rest, every beat's maps.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "tests/verification/monodomain/slab.hpp"

namespace {
using namespace ot;

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

ep::MonodomainResult run(const ep::ElectroProblem& p, const ep::MonodomainRun& how = {}) {
  auto r = ep::run_monodomain_with(p, how, {});
  if (!r) FAIL(r.error().message);
  return *r;
}
double most_apart(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::isnan(a[i]) && std::isnan(b[i]))) most = std::max(most, std::isnan(a[i]) || std::isnan(b[i]) ? 1e300 : std::abs(double(a[i]) - double(b[i])));
  return most;
}

int notes_of_rest(const ep::MonodomainResult& r) {
  return int(std::count_if(r.notes.begin(), r.notes.end(), [](const std::string& n) { return n.find("left out of") != std::string::npos; }));
}
}  // namespace

TEST_CASE("A run saved to a file at 7.3 ms and restarted equals the uninterrupted one bit for bit, also with another S2, and another step is refused") {
  auto p = test::slab({8, 4, 2}, 0.4, core::BoxSplit::alternating);
  p.end_ms = 18;
  p.frame_every_ms = 3;
  const auto file = std::filesystem::temp_directory_path() / "ot_test_restart.otms";
  ep::MonodomainRun save;
  save.save_at_ms = 7.3;
  save.on_saved = [&](const ep::MonodomainState& s) {
    CHECK(s.t_ms == Approx(7.3));
    REQUIRE(ep::write_state(s, file));
  };
  const auto whole = run(p, save);
  auto state = ep::read_state(file);
  REQUIRE(state);
  ep::MonodomainRun again;
  again.restart = std::make_shared<const ep::MonodomainState>(*state);
  const auto rest = run(p, again);
  CHECK(same_bits(whole.activation_ms, rest.activation_ms));
  CHECK(same_bits(*whole.frames.back().v_mV, *rest.frames.back().v_mV));
  CHECK(notes_of_rest(whole) == 1);   // some tissue slept when it was saved
  auto other = p;                     // from the same state another S2, against the whole run with it
  other.sites.push_back(p.sites[0]);
  other.sites[1].start_ms = 12;
  const auto other_whole = run(other), other_rest = run(other, again);
  CHECK(same_bits(*other_whole.frames.back().v_mV, *other_rest.frames.back().v_mV));
  CHECK(!same_bits(*other_whole.frames.back().v_mV, *whole.frames.back().v_mV));
  p.dt_ms = 0.02;
  CHECK(!ep::run_monodomain_with(p, again, {}));
  std::filesystem::remove(file);
  CHECK(!ep::read_state(file));
}

TEST_CASE("Leaving out tissue at rest moves no activation by more than 0.001 ms on a 20 mm strand and is told in the notes") {
  auto p = test::slab({20, 1.6, 1.6}, 0.4, core::BoxSplit::alternating);
  p.end_ms = 45;
  p.frame_every_ms = 45;
  const auto skipped = run(p);
  p.skip_tissue_at_rest = false;
  const auto all = run(p);
  CHECK(most_apart(all.activation_ms, skipped.activation_ms) < 1e-3);
  CHECK(most_apart(*all.frames.back().v_mV, *skipped.frames.back().v_mV) < 0.05);
  CHECK(notes_of_rest(skipped) == 1);
  CHECK(notes_of_rest(all) == 0);
}

TEST_CASE("The same at 0.1 mm, where the diffusion of one step spreads over several blocks, with two kinds of cell and a weak late stimulus") {
  auto p = test::slab({16, 0.4, 0.4}, 0.1, core::BoxSplit::kuhn);
  for (std::size_t i = 0; i < p.cell_type.size(); ++i) p.cell_type[i] = p.mesh->nodes[i].x() > 11 ? 1 : 0;
  p.sites.push_back(p.sites[0]);
  p.sites[1].nodes = {core::Index(p.mesh->nodes.size() - 1)};
  p.sites[1].weights = {};
  p.sites[1].start_ms = 3;
  p.sites[1].amplitude_mV_per_ms = 5;   // does not excite
  p.end_ms = 32;
  p.frame_every_ms = 4;
  p.solver_tolerance = 1e-8;            // so that only what is left out differs
  const auto skipped = run(p);
  p.skip_tissue_at_rest = false;
  const auto all = run(p);
  CHECK(notes_of_rest(skipped) == 1);
  CHECK(most_apart(all.activation_ms, skipped.activation_ms) < 1e-3);
  for (std::size_t f = 0; f < all.frames.size(); ++f)   // 0.001 ms of an upstroke of 250 mV/ms
    CHECK(most_apart(*all.frames[f].v_mV, *skipped.frames[f].v_mV) < 0.25);
}

TEST_CASE("Pacemaker tissue (Stewart 2009) that no front has reached fires by itself at the same time, left out or not") {
  auto p = test::slab({12, 2, 2}, 0.5, core::BoxSplit::alternating);
  p.ionic_model = "stewart_2009";
  p.regions.push_back({"lesion", false, {1, 1, 1}, {}, "test"});   // parts the strand: the second half gets no front
  for (std::size_t e = 0; e < p.mesh->tets.size(); ++e) {
    double x = 0;
    for (core::Index i : p.mesh->tets[e]) x += p.mesh->nodes[std::size_t(i)].x() / 4;
    if (x > 5 && x < 6) p.tissue[e] = 1;
  }
  p.cell_type.clear();
  p.conductivity_tuning = false;
  p.end_ms = 1500;
  p.dt_ms = 0.1;
  p.frame_every_ms = 1500;
  const auto skipped = run(p);
  p.skip_tissue_at_rest = false;
  const auto all = run(p);
  CHECK(std::isfinite(test::value_at(*p.mesh, all.activation_ms, {12, 1, 1})));
  CHECK(most_apart(all.activation_ms, skipped.activation_ms) < 0.01);
}

TEST_CASE("One, two and four threads give the same bits while tissue at rest is left out") {
  auto p = test::slab({12, 5, 3}, 0.2, core::BoxSplit::alternating);   // 25 376 nodes: enough that threads are used
  p.end_ms = 6;
  p.frame_every_ms = 3;
  std::vector<ep::MonodomainResult> r;
  for (const int threads : {1, 2, 4}) {
    core::set_thread_count(threads);
    r.push_back(run(p));
  }
  core::set_thread_count(core::hardware_threads());
  CHECK(notes_of_rest(r[0]) == 1);
  for (std::size_t k = 1; k < r.size(); ++k) {
    CHECK(same_bits(r[0].activation_ms, r[k].activation_ms));
    REQUIRE(r[0].frames.size() == r[k].frames.size());
    for (std::size_t f = 0; f < r[0].frames.size(); ++f) CHECK(same_bits(*r[0].frames[f].v_mV, *r[k].frames[f].v_mV));
  }
}

TEST_CASE("A run that the sentinel stops gives back the last good state, not a number and not older than 10 ms, and a save outside the run is refused") {
  auto p = test::slab({8, 2, 2}, 0.5, core::BoxSplit::alternating);
  p.end_ms = 40;
  p.sites.push_back(p.sites[0]);
  p.sites[1].start_ms = 27;
  p.sites[1].amplitude_mV_per_ms = 1e5;
  ep::MonodomainRun how;
  std::vector<double> good;
  how.on_last_good = [&](const ep::MonodomainState& s) {
    good.push_back(s.t_ms);
    for (const double v : s.v) REQUIRE(std::abs(v) <= 200);
  };
  const auto r = ep::run_monodomain_with(p, how, {});
  REQUIRE(!r);
  CHECK(r.error().code == core::ErrorCode::computation_failed);
  REQUIRE(good.size() == 1);
  CHECK(good[0] == Approx(20));
  p.sites.pop_back();
  ep::MonodomainRun late;
  late.on_saved = [](const ep::MonodomainState&) {};
  late.save_at_ms = 41;
  CHECK(!ep::run_monodomain_with(p, late, {}));
}

TEST_CASE("Two stimuli 400 ms apart give two beats: two activation maps, the second 400 ms plus a delay after the first, and two APDs") {
  auto p = test::slab({4, 1, 1}, 0.5, core::BoxSplit::alternating);
  p.end_ms = 800;
  p.frame_every_ms = 800;
  p.sites.push_back(p.sites[0]);
  p.sites[1].start_ms = 400;
  ep::MonodomainRun probe;
  probe.probes = {{4.5, 0.5, 0.5}};
  probe.probe_every_ms = 1;
  const auto r = run(p, probe);
  REQUIRE(r.beat_activation_ms.size() == 2);
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i) {
    CHECK(r.beat_activation_ms[1][i] - r.beat_activation_ms[0][i] == Approx(400).margin(5));
    CHECK(r.beat_repolarisation_ms[0][i] > r.beat_activation_ms[0][i] + 250);
    CHECK(r.beat_repolarisation_ms[1][i] < r.beat_activation_ms[1][i] + (r.beat_repolarisation_ms[0][i] - r.beat_activation_ms[0][i]));
  }
  REQUIRE(r.probe_mV.size() == 1);
  REQUIRE(r.probe_mV[0].size() == 801);
  const auto [low, high] = std::minmax_element(r.probe_mV[0].begin(), r.probe_mV[0].end());
  CHECK(*high - *low > 0.5);   // the front arriving at the probe and the repolarisation are seen
}

TEST_CASE("Pictures for the screen between the frames come with every step when asked for without a pause, and change no bit of the result") {
  auto p = test::slab({8, 2, 2}, 0.5, core::BoxSplit::alternating);
  p.end_ms = 5;
  const auto plain = run(p);
  ep::MonodomainRun how;
  std::vector<double> frames, live;
  how.on_frame = [&](const ep::ElectroFrame& f, const ep::Ecg&) { frames.push_back(f.t_ms); };
  how.on_live = [&](const ep::ElectroFrame& f, const ep::Ecg&) {
    live.push_back(f.t_ms);
    CHECK(f.v_mV->size() == p.mesh->nodes.size());
  };
  how.live_every_s = 0;
  const auto r = run(p, how);
  CHECK(frames.size() == std::size_t(std::floor(p.end_ms / p.frame_every_ms)) + 1);
  CHECK(long(frames.size() + live.size()) == r.steps + 1);
  CHECK(r.frames.size() == plain.frames.size());   // they are not kept
  CHECK(same_bits(r.activation_ms, plain.activation_ms));
  CHECK(same_bits(*r.frames.back().v_mV, *plain.frames.back().v_mV));
  how.live_every_s = 3600;
  live.clear();
  run(p, how);
  CHECK(live.empty());
}

namespace {

// A slab with an ECG and a probe, and a folder of its own to keep it in.
struct Kept {
  ep::ElectroProblem p = test::slab({8, 4, 2}, 0.4, core::BoxSplit::alternating);
  ep::MonodomainRun how;
  std::vector<double> went_on;
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("ot_test_keep_" + std::to_string(getpid()));   // ctest runs the cases side by side
  Kept() {
    std::filesystem::remove_all(folder);
    p.end_ms = 14;
    p.frame_every_ms = 1;
    for (const char* name : {"RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6"}) p.electrodes.push_back({name, core::Vec3(60, 10.0 * double(p.electrodes.size()), 40)});
    how.probes = {{4.1, 2.2, 2.5}};
    how.keep.folder = folder;
    how.keep.every_ms = 2;
    how.keep.least_s = 0;
    how.keep.on_continued = [this](double t_ms) { went_on.push_back(t_ms); };
  }
  ~Kept() { std::filesystem::remove_all(folder); }

  // Cancelled in the frame of this time.
  void stop_at(double t_ms) {
    const auto flag = std::make_shared<core::CancelFlag>();
    ep::MonodomainRun until = how;
    until.on_frame = [&](const ep::ElectroFrame& f, const ep::Ecg&) {
      if (f.t_ms >= t_ms - 1e-9) flag->cancel();
    };
    const auto r = ep::run_monodomain_with(p, until, core::Progress(nullptr, flag));
    REQUIRE(!r);
    CHECK(r.error().code == core::ErrorCode::cancelled);
  }
};

void check_same(const ep::MonodomainResult& a, const ep::MonodomainResult& b) {
  CHECK(same_bits(a.activation_ms, b.activation_ms));
  CHECK(same_bits(a.repolarisation_ms, b.repolarisation_ms));
  REQUIRE(a.frames.size() == b.frames.size());
  for (std::size_t f = 0; f < a.frames.size(); ++f) {
    CHECK(a.frames[f].t_ms == b.frames[f].t_ms);
    CHECK(same_bits(*a.frames[f].v_mV, *b.frames[f].v_mV));
  }
  CHECK(a.ecg.t_ms == b.ecg.t_ms);
  CHECK(a.ecg.mV == b.ecg.mV);
  CHECK(a.probe_t_ms == b.probe_t_ms);
  CHECK(a.probe_mV == b.probe_mV);
  CHECK(a.notes == b.notes);
  CHECK(a.steps == b.steps);
}

}  // namespace

TEST_CASE("A run cancelled at 5 ms and again at 9 ms goes on from there when asked again and is the uninterrupted one bit for bit: maps, frames, ECG, electrogram, notes, steps") {
  Kept k;
  ep::MonodomainRun plain = k.how;
  plain.keep = {};
  const auto whole = run(k.p, plain);
  REQUIRE(whole.ecg.t_ms.size() == 15);
  REQUIRE(whole.probe_t_ms.size() == 29);
  k.stop_at(5);
  k.stop_at(9);
  REQUIRE(k.went_on.size() == 1);
  CHECK(k.went_on[0] == Approx(5));
  check_same(run(k.p, k.how), whole);
  REQUIRE(k.went_on.size() == 2);
  CHECK(k.went_on[1] == Approx(9));
  // The end was kept too: asked once more nothing is computed, and it is the same.
  check_same(run(k.p, k.how), whole);
  CHECK(k.went_on.back() == Approx(14));
  k.went_on.clear();
  k.how.keep.fresh = true;
  check_same(run(k.p, k.how), whole);
  CHECK(k.went_on.empty());
}

TEST_CASE("What was kept of another question, is damaged, or holds pieces after the state is never taken into a run that goes on") {
  Kept k;
  ep::MonodomainRun plain = k.how;
  plain.keep = {};
  k.stop_at(6);
  auto other = k.p;   // the same tissue, another stimulus: restart would take it, this must not
  other.sites[0].start_ms += 0.5;
  check_same(run(other, k.how), run(other, plain));
  CHECK(k.went_on.empty());
  const auto whole = run(k.p, plain);
  k.stop_at(6);
  std::ofstream(k.folder / "record.otmr", std::ios::app | std::ios::binary) << "a piece that was being written when the power went";
  check_same(run(k.p, k.how), whole);
  CHECK(k.went_on.size() == 1);
  k.went_on.clear();
  for (const char* name : {"record.otmr", "state.otms"}) {
    std::filesystem::remove_all(k.folder);
    k.stop_at(6);
    std::fstream file(k.folder / name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file << "damaged";
    file.close();
    check_same(run(k.p, k.how), whole);
    CHECK(k.went_on.empty());
  }
}

TEST_CASE("A kept run that the sentinel stops leaves last_good.otms, at most 10 ms old, says where it lies, and asked again stops at the same place") {
  Kept k;
  k.p.end_ms = 40;
  k.p.sites.push_back(k.p.sites[0]);
  k.p.sites[1].start_ms = 27;
  k.p.sites[1].amplitude_mV_per_ms = 1e5;
  std::vector<std::string> pictures;
  k.how.keep.on_last_good = [&](const core::TetMesh& mesh, const ep::ElectroFrame& frame, const std::filesystem::path& folder) {
    CHECK(frame.v_mV->size() == mesh.nodes.size());
    CHECK(frame.t_ms == Approx(20));
    pictures.push_back((folder / "picture").string());
    return pictures.back();
  };
  const auto first = ep::run_monodomain_with(k.p, k.how, {});
  REQUIRE(!first);
  CHECK(first.error().code == core::ErrorCode::computation_failed);
  CHECK(first.error().message.find((k.folder / "last_good.otms").string()) != std::string::npos);
  REQUIRE(pictures.size() == 1);
  CHECK(first.error().message.find(pictures[0]) != std::string::npos);
  const auto state = ep::read_state(k.folder / "last_good.otms");
  REQUIRE(state);
  CHECK(state->t_ms == Approx(20));
  k.how.keep.on_last_good = nullptr;
  const auto again = ep::run_monodomain_with(k.p, k.how, {});
  REQUIRE(!again);
  CHECK(again.error().message.substr(0, 60) == first.error().message.substr(0, 60));
  REQUIRE(!k.went_on.empty());
}
