// SPDX-License-Identifier: GPL-3.0-or-later
// The baseline twin on the ellipsoid heart, FAST mode.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/torso.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

std::shared_ptr<const twin::HeartModel> heart(double edge, bool scar = false, bool mirrored = false) {
  auto mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart({.edge_mm = edge, .scar = scar}));
  if (mirrored) {
    for (auto& x : mesh->nodes) x.x() = -x.x();
    for (auto& t : mesh->tets) std::swap(t[2], t[3]);
    for (auto& f : mesh->boundary) std::swap(f.nodes[1], f.nodes[2]);
  }
  organs::HeartInputs in;
  in.mesh = mesh;
  auto built = organs::build_heart(in, {});
  REQUIRE(built);
  return *built;
}

// A stylised action potential: sharp upstroke, plateau, repolarisation at `apd`.
ep::ActionPotential stylised(double apd) {
  ep::ActionPotential ap;
  ap.dt_ms = 0.25;
  ap.upstroke_ms = 1.0;
  ap.apd90_ms = apd;
  ap.rest_mV = -85;
  for (double t = -1; t <= apd + 60; t += 0.25) {
    const double up = std::clamp((t + 1) / 1.8, 0.0, 1.0), down = 1 / (1 + std::exp((t - apd + 22) / 10));
    ap.v_mV.push_back(float(-85 + 115 * up * down));
  }
  return ap;
}

ep::FastTemplates stylised_templates(const ep::ElectroProblem& p) {
  ep::FastTemplates t;
  t.shapes = {stylised(300), stylised(340), stylised(320)};
  t.of_region.assign(p.regions.size(), {0, 1, 2});
  return t;
}

double value(const ep::ElectroResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  return std::nan("");
}

// Tallest upward and deepest downward deflection during QRS, largest deflection of the T wave.
struct Deflections {
  double r = 0, s = 0, t = 0;
};
std::map<std::string, Deflections> deflections(const ep::Ecg& ecg) {
  std::map<std::string, Deflections> out;
  for (std::size_t l = 0; l < ecg.leads.size(); ++l) {
    Deflections d;
    for (std::size_t k = 0; k < ecg.t_ms.size(); ++k) {
      const double v = ecg.mV[l][k];
      if (ecg.t_ms[k] < 130) {
        d.r = std::max(d.r, v);
        d.s = std::min(d.s, v);
      } else if (ecg.t_ms[k] > 200 && std::abs(v) > std::abs(d.t)) {
        d.t = v;
      }
    }
    out[ecg.leads[l]] = d;
  }
  return out;
}

}  // namespace

TEST_CASE("healthy twin at 60 bpm, FAST: QRS 80-110 ms, QT 350-440 ms, axis -30..90, R progression, T upright in I II V4-V6 and inverted in aVR") {
  const auto model = heart(2.4);
  const ep::ElectroProblem& p = model->baseline;
  auto templates = ep::make_templates(p);
  REQUIRE(templates);
  auto r = ep::run_fast(p, *templates, {});
  REQUIRE(r);
  CHECK(r->mode == core::Mode::fast);
  CHECK(value(*r, "activated_percent") == 100.0);
  CHECK(value(*r, "qrs_ms") >= 80);
  CHECK(value(*r, "qrs_ms") <= 110);
  CHECK(value(*r, "qt_ms") >= 350);
  CHECK(value(*r, "qt_ms") <= 440);
  CHECK(value(*r, "axis_deg") >= -30);
  CHECK(value(*r, "axis_deg") <= 90);
  auto d = deflections(r->ecg);
  for (const char* lead : {"I", "II", "V4", "V5", "V6"}) CHECK(d[lead].t > 0);
  CHECK(d["aVR"].t < 0);
  CHECK(d["V1"].r < -d["V1"].s);          // rS in V1
  CHECK(d["V5"].r > -d["V5"].s);          // R dominates in V5
  CHECK(d["V4"].r > d["V1"].r);
  // R progression as textbooks and the row ep/healthy-* read it: R passes S in V3 to V5 and stays above it.
  const std::vector<std::string> chest = {"V1", "V2", "V3", "V4", "V5", "V6"};
  std::size_t from = 0;
  while (from < chest.size() && d[chest[from]].r <= -d[chest[from]].s) ++from;
  CHECK(from >= 2);
  CHECK(from <= 4);
  for (std::size_t l = from; l < chest.size(); ++l) CHECK(d[chest[l]].r > -d[chest[l]].s);
}

TEST_CASE("FAST: same bits with 1 and 2 threads, and again after other lesions went through the cache") {
  const auto model = heart(3.5);
  ep::ElectroProblem p = model->baseline;
  const auto templates = stylised_templates(p);
  const int before = core::thread_count();
  core::set_thread_count(1);
  auto one = ep::run_fast(p, templates, {});
  core::set_thread_count(2);
  auto two = ep::run_fast(p, templates, {});
  ep::ElectroProblem lesion = p;
  const Vec3 centre = p.mesh->nodes[std::size_t(p.sites[0].nodes[0])] + Vec3(12, 0, 0);
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t)
    if ((p.mesh->nodes[std::size_t(p.mesh->tets[t][0])] - centre).norm() < 12) lesion.tissue[t] = 3;
  auto other = ep::run_fast(lesion, templates, {});
  auto again = ep::run_fast(p, templates, {});
  core::set_thread_count(before);
  REQUIRE((one && two && other && again));
  CHECK(one->ecg.mV == two->ecg.mV);
  CHECK(one->activation_ms == two->activation_ms);
  CHECK(one->ecg.mV == again->ecg.mV);
  CHECK(one->activation_ms == again->activation_ms);
  CHECK(*one->frames[40].v_mV == *two->frames[40].v_mV);
  CHECK(other->ecg.mV != one->ecg.mV);
}

TEST_CASE("FAST: halved sodium conductance slows conduction to 0.65-0.85 as on a strand of the cells of FULL") {
  const auto model = heart(4.5);
  ep::ElectroProblem p = model->baseline;
  auto normal = ep::make_templates(p);
  p.channels.g_Na = 0.5;
  auto blocked = ep::make_templates(p);
  REQUIRE((normal && blocked));
  CHECK(normal->speed.empty());
  REQUIRE(blocked->speed.size() == p.regions.size());
  // CV falls with about the square root to cube root of gNa: 0.71 to 0.79 at half.
  CHECK(blocked->speed[0] > 0.65);
  CHECK(blocked->speed[0] < 0.85);
  auto a = ep::solve_fast(model->baseline, *normal, {}), b = ep::solve_fast(p, *blocked, {});
  REQUIRE((a && b));
  const double last_a = *std::max_element(a->activation_ms.begin(), a->activation_ms.end());
  const double last_b = *std::max_element(b->activation_ms.begin(), b->activation_ms.end());
  CHECK(last_b > 1.1 * last_a);
}

TEST_CASE("FAST: frames and voltage_at agree, V crosses 0 mV at the activation time and 90 % repolarisation at the stated time") {
  const auto model = heart(4.5);
  const ep::ElectroProblem& p = model->baseline;
  const auto templates = stylised_templates(p);
  auto r = ep::run_fast(p, templates, {});
  auto s = ep::solve_fast(p, templates, {});
  REQUIRE((r && s));
  std::vector<float> v;
  ep::voltage_at(*s, r->frames[30].t_ms, v);
  CHECK(v == *r->frames[30].v_mV);
  for (std::size_t n = 0; n < p.mesh->nodes.size(); n += 97) {
    float before = 0, after = 0;
    ep::voltage_at(*s, s->activation_ms[n] - 1.5, n, n + 1, &before);
    ep::voltage_at(*s, s->activation_ms[n] + 1.5, n, n + 1, &after);
    CHECK(before < 0);
    CHECK(after > 0);
    const double apd = s->repolarisation_ms[n] - s->activation_ms[n];
    CHECK(apd > 270);
    CHECK(apd < 360);
  }
  // Coupling narrows the spread of repolarisation but keeps its mean (the smoothing conserves it up to the clamps).
  double lo = 1e9, hi = 0;
  for (std::size_t n = 0; n < s->repolarisation_ms.size(); ++n) {
    lo = std::min(lo, s->repolarisation_ms[n]);
    hi = std::max(hi, s->repolarisation_ms[n]);
  }
  CHECK(lo > 300);
  CHECK(hi < 440);
}

TEST_CASE("FAST: muscle that repolarises after the end of the beat has its time, and a note says how much, when and where") {
  const auto model = heart(4.5);
  ep::ElectroProblem p = model->baseline;
  p.end_ms = 330;
  const auto templates = stylised_templates(p);
  const auto cut = ep::run_fast(p, templates, {});
  p.end_ms = 500;
  const auto whole = ep::run_fast(p, templates, {});
  REQUIRE((cut && whole));
  CHECK(cut->repolarisation_ms == whole->repolarisation_ms);
  std::size_t late = 0;
  for (const float t : cut->repolarisation_ms) late += t > 330;
  REQUIRE(late > 0);
  const auto said = [](const ep::ElectroResult& r) {
    return std::any_of(r.notes.begin(), r.notes.end(), [](const std::string& n) { return n.find("repolarises after the end of the beat at 330 ms") != std::string::npos && n.find(" mm)") != std::string::npos; });
  };
  CHECK(said(*cut));
  CHECK_FALSE(said(*whole));
}

TEST_CASE("FAST: a cell that answers every second stimulus is refused in words instead of shown by a stump of an action potential") {
  ep::ElectroProblem p;
  p.ionic_model = "ten_tusscher_panfilov_2006";
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  p.cell_type.clear();
  p.cycle_length_ms = 400;
  const auto healthy = ep::make_templates(p);
  REQUIRE(healthy);
  CHECK(healthy->shapes[0].apd90_ms > 200);   // whole, not the 36 ms of a stimulus that was not answered
  CHECK(healthy->shapes[0].apd90_ms < 300);   // that of 1000 ms (shared/reference/ionic/tt06_epi_CL1000.json), shortened by the rate
  p.regions[0].channels.g_Kr = 0;
  p.regions[0].channels.g_Ks = 0.1;           // APD beyond 400 ms: one stimulus in two meets a depolarised cell
  const auto blocked = ep::make_templates(p);
  REQUIRE_FALSE(blocked);
  CHECK(blocked.error().code == core::ErrorCode::computation_failed);
  CHECK(blocked.error().message.find("does not follow a cycle of 400 ms") != std::string::npos);
  CHECK(blocked.error().message.find("2 of 4 stimuli") != std::string::npos);
}

TEST_CASE("heart: scar core does not conduct, its border zone lies within 2 mm and carries the published remodelling") {
  const auto model = heart(3.0, true);
  const ep::ElectroProblem& p = model->baseline;
  std::set<int> seen(p.tissue.begin(), p.tissue.end());
  CHECK(seen == std::set<int>{0, 2, 3});   // 1, the fast layer, stands in for a tree only
  CHECK(p.regions[2].key == "border_zone");
  CHECK(p.regions[2].channels.g_Na == 0.38);
  CHECK(p.regions[2].sigma_scale == Vec3(1, 0.1, 0.1));
  CHECK(!p.regions[3].conducting);
  auto r = ep::run_fast(p, stylised_templates(p), {});
  REQUIRE(r);
  std::size_t never = 0;
  for (float t : r->activation_ms) never += std::isnan(t);
  CHECK(never > 0);
  // Of all myocardium: the scar counts as not activated, specks enclosed by it add at most half a percent.
  double alive = 0, all = 0;
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    const auto& v = p.mesh->tets[t];
    const double volume = core::tet_volume(p.mesh->nodes[std::size_t(v[0])], p.mesh->nodes[std::size_t(v[1])], p.mesh->nodes[std::size_t(v[2])], p.mesh->nodes[std::size_t(v[3])]);
    all += volume;
    if (p.regions[p.tissue[t]].conducting) alive += volume;
  }
  CHECK(alive / all < 0.98);
  CHECK(value(*r, "activated_percent") == Approx(100 * alive / all).margin(0.5));
  // Every border tet has a node within 2 mm and one edge of a scar node.
  std::vector<Vec3> scar;
  for (std::size_t t = 0; t < p.tissue.size(); ++t)
    if (p.tissue[t] == 3) scar.push_back(p.mesh->nodes[std::size_t(p.mesh->tets[t][0])]);
  const double reach = 2.0 + 2 * p.mesh->mean_edge();
  std::size_t far = 0, border = 0;
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    if (p.tissue[t] != 2) continue;
    ++border;
    double nearest = 1e9;
    for (const Vec3& x : scar) nearest = std::min(nearest, (x - p.mesh->nodes[std::size_t(p.mesh->tets[t][0])]).norm());
    far += nearest > reach;
  }
  CHECK(border > 100);
  CHECK(far == 0);
  for (const auto& lead : r->ecg.mV)
    for (double v : lead) REQUIRE(std::isfinite(v));
}

TEST_CASE("heart: segments 2, 3, 8, 9, 14 face the RV, segment 1 lies in front and above 4, also in a mirrored heart, electrodes are ten on a torso of six points") {
  for (bool mirrored : {false, true}) {
    const auto model = heart(4.0, false, mirrored);
    const auto& mesh = *model->baseline.mesh;
    std::vector<Vec3> centre(18, Vec3::Zero());
    std::vector<int> count(18, 0);
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
      centre[model->aha_segment[n]] += mesh.nodes[n];
      ++count[model->aha_segment[n]];
    }
    for (int k = 0; k < 18; ++k) {
      REQUIRE(count[k] > 0);
      centre[k] /= count[k];
    }
    const auto& l = model->landmarks;
    auto rv = [&](int k) { return (centre[k] - l.base_centre).dot(l.rv_direction); };
    for (int septal : {2, 3, 8, 9, 14}) CHECK(rv(septal) > 5);
    for (int lateral : {5, 6, 11, 12, 16}) CHECK(rv(lateral) < -5);
    CHECK(centre[1].z() > centre[4].z());
    CHECK(centre[1].y() < centre[4].y());
    CHECK((centre[17] - l.apex).norm() < 15);
    CHECK(l.rv_direction.dot(centre[0] - l.base_centre) > 0);   // nodes outside the LV are the RV
    CHECK(std::abs(l.long_axis.dot(l.rv_direction)) < 1e-9);
    CHECK(model->baseline.electrodes.size() == 16);
    CHECK(ep::find_torso(model->baseline.electrodes).has_value());
  }
}

TEST_CASE("FAST: activation and ECG after moving a lesion on a heart of 60 thousand nodes (figure for the bench)", "[.bench]") {
  const auto model = heart(1.8);
  ep::ElectroProblem p = model->baseline;
  const auto templates = stylised_templates(p);
  std::printf("nodes %zu, tets %zu\n", p.mesh->nodes.size(), p.mesh->tets.size());
  for (int k = 0; k < 4; ++k) {
    ep::ElectroProblem q = p;
    const Vec3 centre = p.mesh->nodes[std::size_t(1000 * k + 500)];
    for (std::size_t t = 0; t < p.mesh->tets.size(); ++t)
      if ((p.mesh->nodes[std::size_t(p.mesh->tets[t][0])] - centre).norm() < 4) q.tissue[t] = 3;
    const auto wall = std::chrono::steady_clock::now();
    const auto cpu = std::clock();
    auto r = ep::run_fast(q, templates, {});
    REQUIRE(r);
    std::printf("run %d: wall %.3f s, CPU %.3f s\n", k, std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count(),
                double(std::clock() - cpu) / CLOCKS_PER_SEC);
  }
}
