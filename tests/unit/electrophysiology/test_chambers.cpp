// SPDX-License-Identifier: GPL-3.0-or-later
// Atria and ventricles in one problem, the P wave of an ECG, and the extracellular potential.
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/extracellular.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/p_wave.hpp"

using namespace ot;
using core::Index;
using core::Vec3;

namespace {

// A bar along x of one named region, stimulated at its low end.
ep::ElectroProblem bar(const char* region, const Vec3& at, double length, const char* model) {
  auto mesh = std::make_shared<core::TetMesh>(core::make_box({length, 4, 4}, 2.0, core::BoxSplit::kuhn));
  for (auto& x : mesh->nodes) x += at;
  mesh->region.assign(mesh->tets.size(), 1);
  mesh->region_names = {{1, region}};
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
  ep::ElectroProblem p;
  p.fibres = fibres;
  p.tissue.assign(mesh->tets.size(), 0);
  p.cell_type.assign(mesh->nodes.size(), std::uint8_t(ep::CellType::epi));
  ep::TissueRegion healthy;
  healthy.key = "healthy";
  p.regions = {healthy};
  p.ionic_model = model;
  ep::ActivationSite site;
  site.name = "low end";
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n)
    if (mesh->nodes[n].x() < at.x() + 1e-6) site.nodes.push_back(Index(n));
  p.sites = {site};
  p.mesh = mesh;
  p.end_ms = 300;
  p.electrodes = {{"RA", {-100, 0, 50}}, {"LA", {100, 0, 50}}, {"LL", {0, 0, -150}}, {"V1", {-20, -80, 0}}, {"V2", {0, -80, 0}}, {"V3", {20, -80, 0}}, {"V4", {40, -70, 0}}, {"V5", {70, -40, 0}}, {"V6", {90, 0, 0}}};
  return p;
}

ep::ElectroProblem atrial_bar(double length) {
  auto p = bar("right_atrial_wall", {-20, 0, 30}, length, "courtemanche_1998");
  p.velocity = {1.0, 0.5, 0.5};
  p.chi_per_mm = ep::atrial_chi_per_mm();
  p.sigma = (p.velocity / ep::atrial_wave_constant()).cwiseAbs2() * (p.chi_per_mm * p.cm_uF_per_mm2);
  p.dt_ms = 0.02;
  return p;
}

double value(const ep::ElectroResult& r, const std::string& key) {
  for (const auto& q : r.quantities)
    if (q.key == key) return q.value;
  return std::nan("");
}

ep::Ecg drawn(double p_from, double p_to, double qrs_from) {
  ep::Ecg ecg;
  ecg.leads = {"I", "II", "V1"};
  ecg.mV.resize(3);
  for (double t = 0; t <= 400; t += 1) {
    ecg.t_ms.push_back(t);
    const auto hump = [&](double a, double b, double height) { return t > a && t < b ? 0.5 * height * (1 - std::cos(2 * M_PI * (t - a) / (b - a))) : 0.0; };
    for (std::size_t l = 0; l < 3; ++l) ecg.mV[l].push_back((1.0 - 0.3 * double(l)) * (hump(p_from, p_to, 0.15) + hump(qrs_from, qrs_from + 90, 1.2)));
  }
  return ecg;
}

}  // namespace

TEST_CASE("P wave: a hump from 20 to 120 ms before a QRS at 180 ms is measured within 4 ms at both ends, alone and when it runs into the QRS", "[chambers]") {
  const auto ecg = drawn(20, 120, 180);
  const auto qrs = ep::measure(ecg);
  CHECK(qrs.qrs_onset_ms == Approx(180).margin(3));
  const auto p = ep::measure_p_wave(ecg, qrs.qrs_onset_ms);
  CHECK(p.onset_ms == Approx(20).margin(4));
  CHECK(p.end_ms == Approx(120).margin(4));
  const auto alone = ep::measure_p_wave(drawn(20, 120, 1000), std::nan(""));
  CHECK(alone.onset_ms == Approx(p.onset_ms).margin(0.1));
  CHECK(alone.end_ms == Approx(p.end_ms).margin(0.1));
  CHECK(std::isnan(ep::measure_p_wave(drawn(900, 990, 180), ep::measure(drawn(900, 990, 180)).qrs_onset_ms).onset_ms));   // no P wave
}

TEST_CASE("atria and ventricles joined and taken apart are the problems they were: conductivities and speeds to 1e-12, sites, tissue and lesions exactly", "[chambers]") {
  const auto v = bar("lv_myocardium", {-20, 0, 0}, 40, "ten_tusscher_panfilov_2006"), a = atrial_bar(40);
  ep::AvConduction av;
  av.atrial_node = Index(a.mesh->nodes.size()) - 1;
  auto whole = ep::join_chambers(v, a, av);
  CHECK(ep::is_whole_heart(*whole.mesh));
  CHECK_FALSE(ep::is_atrial(*whole.mesh));
  CHECK(core::check_simulation_ready(*whole.mesh));
  for (const bool lesion : {false, true}) {
    if (lesion) {   // as an ablation does: a region at the end
      whole.tissue_before = whole.tissue;
      ep::TissueRegion dead;
      dead.key = "lesion";
      dead.conducting = false;
      whole.regions.push_back(dead);
      whole.tissue[3] = whole.tissue[v.mesh->tets.size() + 5] = std::uint8_t(whole.regions.size() - 1);
    }
    const auto back = ep::part_of(whole, ep::ChamberPart::ventricles), front = ep::part_of(whole, ep::ChamberPart::atria);
    CHECK(back.mesh->nodes == v.mesh->nodes);
    CHECK(front.mesh->nodes == a.mesh->nodes);
    CHECK(front.mesh->tets == a.mesh->tets);
    CHECK(front.mesh == ep::part_of(whole, ep::ChamberPart::atria).mesh);   // the same object: what FAST keeps stays of use
    CHECK(front.sites.at(0).nodes == a.sites[0].nodes);
    CHECK(back.sites.at(0).nodes == v.sites[0].nodes);
    CHECK(front.ionic_model == a.ionic_model);
    CHECK(front.dt_ms == a.dt_ms);
    CHECK(back.sigma == v.sigma);
    CHECK((front.sigma - a.sigma).cwiseAbs().maxCoeff() < 1e-12);
    CHECK((front.velocity - a.velocity).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(back.regions[back.tissue[3]].conducting == !lesion);
    CHECK(front.regions[front.tissue[5]].conducting == !lesion);
    CHECK(front.regions[front.tissue[4]].conducting);
  }
}

TEST_CASE("sinus beat of two bars: the ventricles begin 122.5 ms after the AV node is reached, the ECG is the sum, a complete block leaves them at rest", "[chambers]") {
  // Short bars: a plane wave shows where it starts and ends alone, 8 ms apart at most for one complex.
  const auto v = bar("lv_myocardium", {-20, 0, 0}, 4, "ten_tusscher_panfilov_2006"), a = atrial_bar(8);
  ep::AvConduction av;
  for (std::size_t n = 0; n < a.mesh->nodes.size(); ++n)
    if (a.mesh->nodes[n].x() > -12 - 1e-6) av.atrial_node = Index(n);
  const auto whole = ep::join_chambers(v, a, av);
  const auto beat = ep::run_chambers(whole, core::Mode::fast, {}, {});
  REQUIRE(beat);
  const std::size_t nv = v.mesh->nodes.size();
  const double reached = beat->activation_ms[nv + std::size_t(av.atrial_node)];
  CHECK(reached == Approx(8 + 1.22).epsilon(0.02));   // 8 mm at 1 m/s
  float first = 1e9f;
  for (std::size_t n = 0; n < nv; ++n) first = std::min(first, beat->activation_ms[n]);
  CHECK(double(first) == Approx(reached + 122.5 + 1.22).margin(0.01));
  const auto templates = ep::make_templates(ep::part_of(whole, ep::ChamberPart::atria));
  REQUIRE(templates);
  const auto alone = ep::run_fast(ep::part_of(whole, ep::ChamberPart::atria), *templates, {});
  REQUIRE(alone);
  for (std::size_t k = 0; k < 60; ++k) CHECK(beat->ecg.mV[1][k] == Approx(alone->ecg.mV[1][k]).margin(1e-12));   // before the ventricles begin
  CHECK(value(*beat, "pr_ms") == Approx(double(first)).margin(6));
  CHECK(beat->frames.front().v_mV->size() == whole.mesh->nodes.size());

  av.open = false;
  const auto blocked = ep::run_chambers(ep::join_chambers(v, a, av), core::Mode::fast, {}, {});
  REQUIRE(blocked);
  for (std::size_t n = 0; n < nv; ++n) CHECK(std::isnan(blocked->activation_ms[n]));
  CHECK(std::isnan(value(*blocked, "qrs_ms")));
  CHECK(value(*blocked, "p_wave_ms") == Approx(value(*beat, "p_wave_ms")).margin(3));
}

TEST_CASE("accessory pathway of two bars: its end fires 35 ms after the atria there, what its wave has passed does not fire again, and it conducts beside a complete AV block", "[chambers]") {
  auto v = bar("lv_myocardium", {-20, 0, 0}, 40, "ten_tusscher_panfilov_2006");
  const auto a = atrial_bar(40);
  ep::ActivationSite bypass;
  bypass.name = std::string(ep::bypassed_prefix) + "accessory pathway";
  for (std::size_t n = 0; n < v.mesh->nodes.size(); ++n)
    if (v.mesh->nodes[n].x() > 20 - 1e-6) bypass.nodes.push_back(Index(n));
  v.sites.push_back(bypass);
  const auto atrial_at = [&](double x) {
    for (std::size_t n = 0; n < a.mesh->nodes.size(); ++n)
      if (std::abs(a.mesh->nodes[n].x() - x) < 1e-6) return Index(n);
    return Index(-1);
  };
  ep::AvConduction av;
  av.atrial_node = av.pathway_node = atrial_at(-10);
  const std::size_t nv = v.mesh->nodes.size();
  // Both ways are entered at one place: the pathway leads by 122.5 - 35 ms, more than the 67 ms its wave needs along the bar (40 mm at 0.6 m/s).
  for (const bool open : {true, false}) {
    av.open = open;
    const auto beat = ep::run_chambers(ep::join_chambers(v, a, av), core::Mode::fast, {}, {});
    REQUIRE(beat);
    const double reached = beat->activation_ms[nv + std::size_t(av.pathway_node)];
    CHECK(reached == Approx(10 + 1.22).epsilon(0.02));   // 10 mm at 1 m/s
    for (std::size_t n = 0; n < nv; ++n) CHECK(double(beat->activation_ms[n]) == Approx(reached + ep::pathway_delay_ms + 1.22 + (20 - v.mesh->nodes[n].x()) / 0.6).margin(1.0));
  }
  // The AV node alone, then both where the pathway comes later: the earlier of both everywhere.
  av.open = true;
  av.pathway_node = atrial_at(20);   // 30 ms later
  av.delay_ms = 50;
  const auto beat = ep::run_chambers(ep::join_chambers(v, a, av), core::Mode::fast, {}, {});
  REQUIRE(beat);
  const double from_node = beat->activation_ms[nv + std::size_t(av.atrial_node)] + 50 + 1.22, from_pathway = beat->activation_ms[nv + std::size_t(av.pathway_node)] + ep::pathway_delay_ms + 1.22;
  for (std::size_t n = 0; n < nv; ++n) {
    const double x = v.mesh->nodes[n].x();
    CHECK(double(beat->activation_ms[n]) == Approx(std::min(from_node + (x + 20) / 0.6, from_pathway + (20 - x) / 0.6)).margin(1.0));
  }
}

TEST_CASE("one part alone: the other does not conduct, and the part keeps its cells, conductivities, tissue and lesions", "[chambers]") {
  const auto v = bar("lv_myocardium", {-20, 0, 0}, 40, "ten_tusscher_panfilov_2006"), a = atrial_bar(40);
  ep::AvConduction av;
  av.atrial_node = 0;
  auto whole = ep::join_chambers(v, a, av);
  const std::size_t first = v.mesh->tets.size();
  CHECK_FALSE(ep::conducts_in_atria_alone(whole));
  whole.tissue_before = whole.tissue;
  ep::TissueRegion dead;
  dead.key = "lesion";
  dead.conducting = false;
  whole.regions.push_back(dead);
  whole.tissue[first + 5] = std::uint8_t(whole.regions.size() - 1);
  for (const auto part : {ep::ChamberPart::ventricles, ep::ChamberPart::atria}) {
    const bool atria = part == ep::ChamberPart::atria;
    const auto alone = ep::alone(whole, part);
    const auto half = ep::part_of(whole, part);
    CHECK(ep::conducts_in_atria_alone(alone) == atria);
    CHECK(alone.mesh == whole.mesh);
    CHECK(alone.ionic_model == half.ionic_model);
    CHECK(alone.sigma == half.sigma);
    CHECK(alone.chi_per_mm == half.chi_per_mm);
    CHECK(alone.dt_ms == half.dt_ms);
    for (std::size_t t = 0; t < whole.mesh->tets.size(); ++t) CHECK(alone.regions[alone.tissue[t]].conducting == ((t >= first) == atria && t != first + 5));
    CHECK(alone.regions[alone.tissue_before[first + 5]].conducting == atria);
  }
}

TEST_CASE("extracellular potential: -sigma_i/(sigma_i+sigma_e) (Vm - mean) to 1e-3 mV for a plane wave along the fibres and for any wave at equal anisotropy", "[extracellular]") {
  auto p = bar("lv_myocardium", {0, 0, 0}, 20, "ten_tusscher_panfilov_2006");
  const auto check = [&](const Vec3& ratio, const std::function<double(const Vec3&)>& wave) {
    auto v = std::make_shared<std::vector<float>>();
    for (const Vec3& x : p.mesh->nodes) v->push_back(float(wave(x)));
    const auto phi = ep::extracellular_potentials(p, {{0.0, v}}, {}, ratio);
    REQUIRE(phi);
    double offset = 0, worst = 0;
    for (std::size_t n = 0; n < v->size(); ++n) offset += (double((*phi->front())[n]) + double((*v)[n]) / (1 + ratio[0])) / double(v->size());
    for (std::size_t n = 0; n < v->size(); ++n) worst = std::max(worst, std::abs(double((*phi->front())[n]) + double((*v)[n]) / (1 + ratio[0]) - offset));
    return worst;
  };
  CHECK(check(ep::extra_over_intra, [](const Vec3& x) { return -85 + 110 / (1 + std::exp((x.x() - 8) / 1.5)); }) < 1e-3);
  CHECK(check({3, 3, 3}, [](const Vec3& x) { return -85 + 110 / (1 + std::exp((x.x() + 0.7 * x.y() - 0.4 * x.z() - 8) / 1.5)); }) < 1e-3);
}

TEST_CASE("extracellular potential at unequal anisotropy: cos x cos y in a block converges with order 2 in L2 to the exact solution, and its mean is 0", "[extracellular]") {
  double error[2];
  for (int level = 0; level < 2; ++level) {
    auto mesh = std::make_shared<core::TetMesh>(core::make_box({10, 10, 2}, level == 0 ? 1.0 : 0.5, core::BoxSplit::kuhn));
    ep::ElectroProblem p;
    auto fibres = std::make_shared<ep::FibreField>();
    fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
    fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
    p.fibres = fibres;
    p.mesh = mesh;
    const double k = M_PI / 10;
    auto v = std::make_shared<std::vector<float>>();
    for (const Vec3& x : mesh->nodes) v->push_back(float(50 * std::cos(k * x.x()) * std::cos(k * x.y())));
    const auto phi = ep::extracellular_potentials(p, {{0.0, v}}, {});
    REQUIRE(phi);
    const Vec3 intra = p.sigma.cwiseProduct((Vec3::Ones() + ep::extra_over_intra.cwiseInverse())), all = intra.cwiseProduct(Vec3::Ones() + ep::extra_over_intra);
    const double factor = -(intra[0] + intra[1]) / (all[0] + all[1]);
    double sum = 0, mean = 0;
    for (std::size_t n = 0; n < v->size(); ++n) {
      sum += std::pow(double((*phi->front())[n]) - factor * double((*v)[n]), 2) / double(v->size());
      mean += double((*phi->front())[n]) / double(v->size());
    }
    error[level] = std::sqrt(sum);
    CHECK(mean == Approx(0).margin(0.5));   // of the nodes; that of the volume is 0
  }
  CHECK(error[0] < 0.05 * 50);
  CHECK(error[0] / error[1] > 3.4);
}

TEST_CASE("two bars in FULL: the AV node delays the ventricles by 122.5 ms within 1 ms after the atria reached it, and every streamed frame shows both parts", "[chambers]") {
  auto v = bar("lv_myocardium", {-20, 0, 0}, 4, "ten_tusscher_panfilov_2006"), a = atrial_bar(8);
  v.end_ms = 150;
  v.cycle_length_ms = 0;   // the published state
  ep::AvConduction av;
  for (std::size_t n = 0; n < a.mesh->nodes.size(); ++n)
    if (a.mesh->nodes[n].x() > -12 - 1e-6) av.atrial_node = Index(n);
  const auto whole = ep::join_chambers(v, a, av);
  std::size_t shown = 0;
  const auto beat = ep::run_chambers(whole, core::Mode::full, [&](const ep::ElectroFrame& f, const ep::Ecg& ecg) {
    CHECK(f.v_mV->size() == whole.mesh->nodes.size());
    CHECK(ecg.leads.size() == 12);
    ++shown;
  }, {});
  REQUIRE(beat);
  CHECK(shown >= 2 * beat->frames.size() - 2);   // once for the atria, once for the ventricles
  const std::size_t nv = v.mesh->nodes.size();
  float first = 1e9f;
  for (std::size_t n = 0; n < nv; ++n) first = std::min(first, beat->activation_ms[n]);
  CHECK(double(first) == Approx(beat->activation_ms[nv + std::size_t(av.atrial_node)] + 122.5 + 1.22).margin(1.0));
  CHECK(beat->steps > 0);
}
