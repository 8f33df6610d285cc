// SPDX-License-Identifier: GPL-3.0-or-later
// Going on from a saved state, leaving out tissue at rest, every beat's maps.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>

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
}  // namespace

TEST_CASE("A run saved to a file at 7.3 ms and restarted equals the uninterrupted one bit for bit, and another mesh is refused") {
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
  p.dt_ms = 0.02;
  CHECK(!ep::run_monodomain_with(p, again, {}));
  std::filesystem::remove(file);
  CHECK(!ep::read_state(file));
}

TEST_CASE("Leaving out tissue at rest moves no activation by more than 0.001 ms and saves at least a fifth of the work of a 20 mm strand") {
  auto p = test::slab({20, 1.6, 1.6}, 0.4, core::BoxSplit::alternating);
  p.end_ms = 45;
  p.frame_every_ms = 45;
  const auto skipped = run(p);
  p.skip_tissue_at_rest = false;
  const auto all = run(p);
  double most = 0;
  for (std::size_t i = 0; i < all.activation_ms.size(); ++i) most = std::max(most, std::abs(double(all.activation_ms[i]) - double(skipped.activation_ms[i])));
  CHECK(most < 1e-3);
  bool told = false;
  for (const std::string& n : skipped.notes) told = told || n.find("left out of") != std::string::npos;
  CHECK(told);
  for (const std::string& n : all.notes) CHECK(n.find("left out of") == std::string::npos);
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
