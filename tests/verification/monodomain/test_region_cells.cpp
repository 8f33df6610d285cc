// SPDX-License-Identifier: GPL-3.0-or-later
// Regions and layers with cells of their own (TissueRegion::ionic_model, ElectroProblem::layer_models).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
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
bool said(const std::vector<std::string>& notes, const std::string& what) {
  return std::any_of(notes.begin(), notes.end(), [&](const std::string& n) { return n.find(what) != std::string::npos; });
}

// A slab whose part beyond x is region 1, "other".
ep::ElectroProblem halves(const core::Vec3& size, double edge, double x, const std::string& cells) {
  auto p = test::slab(size, edge, core::BoxSplit::alternating);
  p.regions.push_back(p.regions[0]);
  p.regions[1].key = "other";
  p.regions[1].ionic_model = cells;
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    double middle = 0;
    for (const core::Index i : p.mesh->tets[t]) middle += p.mesh->nodes[std::size_t(i)].x() / 4;
    p.tissue[t] = middle > x;
  }
  return p;
}
}  // namespace

TEST_CASE("A region that names the problem's own cells changes no bit of potentials and activation") {
  auto p = halves({8, 3, 2}, 0.4, 4, "");
  p.end_ms = 20;
  p.frame_every_ms = 5;
  const auto before = run(p);
  p.regions[1].ionic_model = p.ionic_model;
  const auto named = run(p);
  CHECK(same_bits(before.activation_ms, named.activation_ms));
  CHECK(same_bits(*before.frames.back().v_mV, *named.frames.back().v_mV));
}

TEST_CASE("Two parts that do not touch, one of O'Hara-Rudy and one of ten Tusscher-Panfilov cells in one block of 64 nodes, activate and repolarise each as alone within 0.002 ms and 0.05 mV") {
  // Region 2 between them does not conduct; each part has a stimulus. Their node counts are no multiples of 64.
  auto p = halves({7.2, 1.2, 1.2}, 0.4, 4, "ohara_rudy_2011");
  p.regions.push_back(p.regions[0]);
  p.regions[2].key = "gap";
  p.regions[2].conducting = false;
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    double middle = 0;
    for (const core::Index i : p.mesh->tets[t]) middle += p.mesh->nodes[std::size_t(i)].x() / 4;
    if (middle > 3.2 && middle < 4) p.tissue[t] = 2;
  }
  ep::ActivationSite far;
  far.name = "far";
  for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
    if (p.mesh->nodes[i].x() > 5.9) far.nodes.push_back(core::Index(i));
  p.sites.push_back(far);
  p.end_ms = 30;
  p.frame_every_ms = 10;
  p.solver_tolerance = 1e-9;
  const auto tissue = ep::set_up_tissue(p, {});
  REQUIRE(tissue);
  bool mixed = false;
  for (std::ptrdiff_t i = 1; i < tissue->n; ++i) mixed = mixed || (i % ep::block_nodes && &tissue->family_of(i) != &tissue->family_of(i - 1));
  REQUIRE(mixed);
  const auto both = run(p);
  CHECK(said(both.notes, "O'Hara-Rudy 2011 in other"));
  for (int part = 0; part < 2; ++part) {
    auto alone = p;
    alone.regions[std::size_t(1 - part)].conducting = false;
    alone.sites = {p.sites[std::size_t(part)]};
    const auto one = run(alone);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i) {
      const double x = p.mesh->nodes[i].x();
      if (part == 0 ? x > 3.3 : x < 3.9) continue;
      ++compared;
      INFO("part " << part << ", node " << i);
      CHECK(both.activation_ms[i] == Approx(one.activation_ms[i]).margin(2e-3));
      for (std::size_t f = 1; f < both.frames.size(); ++f) CHECK((*both.frames[f].v_mV)[i] == Approx((*one.frames[f].v_mV)[i]).margin(0.05));
    }
    CHECK(compared > 60);
  }
}

TEST_CASE("A wave passes from ten Tusscher-Panfilov into ToR-ORd and Courtemanche cells, 10 mm from the border cells rest as their own and APD90 is nearer to that of their own cells alone than half the difference of the two") {
  for (const char* cells : {"tor_ord_dyncl_2020", "courtemanche_1998"}) {
    auto p = halves({24, 0.8, 0.8}, 0.4, 12, cells);
    p.end_ms = 420;
    p.frame_every_ms = 60;
    p.sites[0].nodes.clear();
    p.sites[0].weights.clear();
    for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
      if (p.mesh->nodes[i].x() < 2) p.sites[0].nodes.push_back(core::Index(i));
    const auto mixed = run(p);
    auto whole = p;
    whole.regions[1].ionic_model.clear();
    const auto left = run(whole);
    whole.ionic_model = cells;
    const auto right = run(whole);
    const auto apd = [&](const ep::MonodomainResult& r, double x) { return test::value_at(*p.mesh, r.repolarisation_ms, {x, 0, 0}) - test::value_at(*p.mesh, r.activation_ms, {x, 0, 0}); };
    INFO(cells << ": APD90 " << apd(mixed, 3) << " (" << apd(left, 3) << "), " << apd(mixed, 22) << " (" << apd(right, 22) << ")");
    const double apart = std::abs(apd(left, 3) - apd(right, 22));   // what is left is electrotonic
    CHECK(apart > 20);
    CHECK(std::abs(apd(mixed, 3) - apd(left, 3)) < 0.5 * apart);
    CHECK(std::abs(apd(mixed, 22) - apd(right, 22)) < 0.5 * apart);
    const auto& first = *mixed.frames.front().v_mV;
    CHECK(test::value_at(*p.mesh, first, {22, 0, 0}) == Approx(test::value_at(*p.mesh, *right.frames.front().v_mV, {22, 0, 0})));
    CHECK(said(mixed.notes, " in other"));
  }
}

TEST_CASE("With two models in a slab: 1 and 2 threads, and a restart at 6.3 ms, give the uninterrupted run bit for bit") {
  auto p = halves({8, 5, 3}, 0.25, 3.1, "tor_ord_dyncl_2020");
  p.end_ms = 12;
  p.frame_every_ms = 4;
  std::shared_ptr<const ep::MonodomainState> state;
  ep::MonodomainRun save;
  save.save_at_ms = 6.3;
  save.on_saved = [&](const ep::MonodomainState& s) { state = std::make_shared<const ep::MonodomainState>(s); };
  core::set_thread_count(1);
  const auto one = run(p, save);
  core::set_thread_count(2);
  const auto two = run(p);
  core::set_thread_count(core::hardware_threads());
  CHECK(same_bits(one.activation_ms, two.activation_ms));
  CHECK(same_bits(*one.frames.back().v_mV, *two.frames.back().v_mV));
  ep::MonodomainRun again;
  REQUIRE(state);
  again.restart = state;
  const auto rest = run(p, again);
  CHECK(same_bits(one.activation_ms, rest.activation_ms));
  CHECK(same_bits(*one.frames.back().v_mV, *rest.frames.back().v_mV));
  p.regions[1].ionic_model = "ohara_rudy_2011";   // another tissue
  CHECK(!ep::run_monodomain_with(p, again, {}));
}

TEST_CASE("FAST gives a region and a layer the action potential of their own cells, within 1 ms of a tissue of these cells alone, and says so, cells that are not there are refused by both solvers") {
  auto p = halves({6, 1.2, 1.2}, 0.4, 3, "courtemanche_1998");
  p.cycle_length_ms = 1000;
  for (std::size_t i = 0; i < p.cell_type.size(); ++i) p.cell_type[i] = p.mesh->nodes[i].z() > 0.9 ? 2 : 0;
  p.layer_models[2] = "tor_ord_dyncl_2020";
  const auto t = ep::make_templates(p);
  REQUIRE(t);
  const auto apd = [](const ep::FastTemplates& from, int region, int type) { return from.shapes[from.of_region[std::size_t(region)][std::size_t(type)]].apd90_ms; };
  for (const auto& [model, region, type] : {std::tuple("courtemanche_1998", 1, 0), std::tuple("tor_ord_dyncl_2020", 0, 2), std::tuple("ten_tusscher_panfilov_2006", 0, 0)}) {
    auto alone = p;
    alone.regions[1].ionic_model.clear();
    alone.layer_models = {};
    alone.ionic_model = model;
    const auto own = ep::make_templates(alone);
    REQUIRE(own);
    INFO(model);
    CHECK(apd(*t, region, type) == Approx(apd(*own, 0, type)).margin(1));
  }
  CHECK(apd(*t, 1, 2) == apd(*t, 1, 0));   // the region's cells go before the layer's
  CHECK(said(t->notes, ep::family_name("courtemanche_1998") + " in other"));
  CHECK(said(t->notes, "in the endocardial layer"));
  p.regions[1].ionic_model = "hodgkin_huxley_1952";
  const auto fast = ep::make_templates(p);
  const auto full = ep::run_monodomain(p, {}, {});
  REQUIRE_FALSE(fast);
  REQUIRE_FALSE(full);
  CHECK(fast.error().message.find("hodgkin_huxley_1952") != std::string::npos);
  CHECK(full.error().message.find("hodgkin_huxley_1952") != std::string::npos);
}
