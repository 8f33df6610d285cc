// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <chrono>

#include "solvers/electrophysiology/fast.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

TEST_CASE("explore") {
  auto mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart({.edge_mm = 2.4}));
  for (auto [kind, block, acc] : {std::tuple{"purkinje", "none", "none"}, {"purkinje", "lbbb", "none"}})
   for (auto [speed, top, branch] : {std::tuple{2.0, 0.85, 6.0}, {3.0, 0.85, 6.0}, {3.0, 0.78, 6.0}}) {
    organs::HeartInputs in;
    in.mesh = mesh;
    auto c = organs::heart_conduction(kind, block, acc);
    REQUIRE(c);
    in.params.conduction = *c;
    in.params.conduction.tree_up_to = top; in.params.conduction.params.speed_m_per_s = speed; in.params.conduction.params.tree.branch_mm = branch; std::printf("speed %g top %g branch %g: ", speed, top, branch);
    const auto t0 = std::chrono::steady_clock::now();
    auto h = organs::build_heart(in, {});
    if (!h) { std::printf("%s\n", h.error().message.c_str()); continue; }
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - t0).count();
    auto templates = ep::make_templates((*h)->baseline);
    auto r = ep::run_fast((*h)->baseline, *templates, {});
    REQUIRE(r);
    std::printf("%s %s %s: sites %zu build %.2f s run %.2f ", kind, block, acc, (*h)->baseline.sites.size(), wall, r->wall_s);
    for (auto& q : r->quantities) if (q.key.find("qrs")==0 || q.key.find("qt_ms")==0 || q.key=="axis_deg" || q.key.find("total_act")==0) std::printf(" %s %.1f", q.key.c_str(), q.value);
    double latest = 0; for (auto& s : (*h)->baseline.sites) latest = std::max(latest, s.start_ms);
    std::printf(" latest site %.1f\n", latest);
    for (std::size_t l = 0; l < r->ecg.leads.size(); ++l) {
      double hi = 0, lo = 0, thi=0, tlo=0; for (std::size_t k = 0; k < r->ecg.t_ms.size(); ++k) if (r->ecg.t_ms[k] < 180) { hi = std::max(hi, r->ecg.mV[l][k]); lo = std::min(lo, r->ecg.mV[l][k]); } else { thi = std::max(thi, r->ecg.mV[l][k]); tlo = std::min(tlo, r->ecg.mV[l][k]); }
      std::printf("  %s R %.2f S %.2f T %.2f", r->ecg.leads[l].c_str(), hi, lo, std::abs(tlo)>thi?tlo:thi);
    }
    std::printf("\n");
  }
}
