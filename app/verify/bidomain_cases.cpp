// SPDX-License-Identifier: GPL-3.0-or-later
// The bidomain against closed forms and limits: a bath in layers, a manufactured solution at unequal anisotropy, equal anisotropy, a thin sheet between baths, electrodes.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "app/solve/solve.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/manufactured.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/bidomain.hpp"

namespace ot::verify {
namespace {

using core::Vec3;
using nlohmann::json;
constexpr double pi = std::numbers::pi;

std::shared_ptr<ep::FibreField> along_x(const core::TetMesh& mesh) {
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh.tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh.tets.size(), Vec3(0, 1, 0));
  return fibres;
}

// Muscle 0 <= z <= a below a bath a <= z <= 2 a, V = 50 cos(kx): phi_e = -alpha V + A cos(kx) cosh(kz) in the muscle, B cos(kx) cosh(k (2a - z)) in the bath. Relative lumped L2 error.
double bath_error(int cells, double tolerance) {
  constexpr double length = 4, a = 1, si = 0.2, se = 0.3, sb = 1.5, k = pi / length;
  auto mesh = std::make_shared<core::TetMesh>(core::make_box({length, a, 2 * a}, a / cells, core::BoxSplit::kuhn));
  ep::ElectroProblem p;
  p.mesh = mesh;
  p.fibres = along_x(*mesh);
  p.regions.resize(2);
  p.regions[1].conducting = false;
  for (const core::Tet& t : mesh->tets) {
    double z = 0;
    for (core::Index i : t) z += mesh->nodes[std::size_t(i)].z() / 4;
    p.tissue.push_back(z > a ? 1 : 0);
  }
  const ep::ExtracellularSpace space(*mesh, ep::space_tensors(p, Vec3::Constant(si), Vec3::Constant(se / si), {0, sb}, false), {});
  std::vector<double> v, phi(mesh->nodes.size(), 0.0);
  for (const Vec3& x : mesh->nodes) v.push_back(x.z() <= a + 1e-9 ? 50 * std::cos(k * x.x()) : 0.0);
  if (!space.solve(v, {}, tolerance, phi)) return NAN;
  phi = space.centred(phi);
  // Continuous potential and current at z = a: -alpha 50 + A cosh(ka) = B cosh(ka), (si + se) A sinh(ka) = -sb B sinh(ka).
  const double alpha = si / (si + se), c = std::cosh(k * a);
  const double b = -alpha * 50 / (c * (1 + sb / (si + se))), aa = -sb / (si + se) * b;
  double error = 0, size = 0;
  const auto mass = fem::lumped_mass(*mesh, fem::node_tets(*mesh), fem::tet_geometry(*mesh));
  for (std::size_t n = 0; n < phi.size(); ++n) {
    const Vec3& x = mesh->nodes[n];
    const double cosine = std::cos(k * x.x());
    const double exact = x.z() <= a + 1e-9 ? cosine * (-alpha * 50 + aa * std::cosh(k * x.z())) : b * cosine * std::cosh(k * (2 * a - x.z()));
    error += mass[n] * std::pow(phi[n] - exact, 2);
    size += mass[n] * exact * exact;
  }
  return std::sqrt(error / size);
}

// Anisotropy 2:18:9 inside and 4:1:2 outside. phi = product of sin^2(pi x / L) is a sum of eight products of cosines, each an eigenfunction of both operators: phi_e and the rate of decay of each are known.
struct Manufactured {
  double error = 0;
  std::vector<double> v, mass;
};
core::Result<Manufactured> manufactured_bidomain(int cells, double dt) {
  constexpr double side = 4, end = 3, k = 2 * pi / side;
  const auto mesh = std::make_shared<core::TetMesh>(core::make_box({side, side, side}, side / cells, core::BoxSplit::kuhn));
  ep::ElectroProblem p = manufactured_problem(mesh, {1, 0, 0}, {0, 1, 0}, dt, end);
  auto b = std::make_shared<ep::Bidomain>();
  b->sigma_i = {0.02, 0.18, 0.09};
  b->sigma_e = {0.4, 0.1, 0.2};
  b->tolerance = 1e-10;
  p.sigma = ep::monodomain_sigma(b->sigma_i, b->sigma_e);
  p.bidomain = b;
  auto tissue = ep::set_up_tissue(p, {});
  if (!tissue) return core::pass(tissue);
  std::vector<double> phi(std::size_t(tissue->n), 0.0), spread(phi.size(), 0.0);
  for (int mode = 0; mode < 8; ++mode) {
    double inside = 0, outside = 0, sign = 1.0 / 8;
    for (int a = 0; a < 3; ++a)
      if (mode >> a & 1) inside += b->sigma_i[a] * k * k, outside += b->sigma_e[a] * k * k, sign = -sign;
    const double rate = mode == 0 ? 0.0 : inside * outside / (inside + outside) / (p.chi_per_mm * p.cm_uF_per_mm2);
    for (std::size_t i = 0; i < phi.size(); ++i) {
      const Vec3& x = mesh->nodes[std::size_t(tissue->node_of[i])];
      double wave = sign;
      for (int a = 0; a < 3; ++a)
        if (mode >> a & 1) wave *= std::cos(k * x[a]);
      phi[i] += wave;
      spread[i] -= rate * wave;
    }
  }
  manufacture(*tissue, phi, spread);
  ep::MonodomainStep step(p, *tissue);
  ep::BidomainSource source(p, *tissue);
  if (const auto ok = source.prepare({}); !ok) return core::pass(ok);
  step.set_source([&](double t, const ep::AlignedVector& v, ep::AlignedVector& out) { return source.add(t, v, out); });
  for (long n = std::lround(end / dt); n > 0; --n)
    if (step.advance().inner_node >= 0) return core::computation_failed("The manufactured run left its range.");
  Manufactured out;
  out.error = manufactured_error(*tissue, step, phi, end);
  for (std::size_t i = 0; i < phi.size(); ++i) out.v.push_back(step.v()[i]), out.mass.push_back(tissue->mass[i]);
  return out;
}

double apart(const Manufactured& a, const Manufactured& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.v.size(); ++i) sum += a.mass[i] * std::pow(a.v[i] - b.v[i], 2);
  return std::sqrt(sum);
}

core::Result<json> run(json spec, const core::Progress& progress) {
  spec["kind"] = "tissue";
  return solve::solve(spec, {}, progress);
}
double quantity(const json& answer, const std::string& key) {
  const auto& value = answer.at("quantities").at(key).at("value");
  return value.is_number() ? value.get<double>() : NAN;
}
std::vector<double> series(const json& answer, const std::string& key) {
  std::vector<double> out;
  for (const auto& x : answer.at("series").at(key).at("values")) out.push_back(x.is_number() ? x.get<double>() : NAN);
  return out;
}

}  // namespace

Rows bidomain_bath(bool quick, const core::Progress&) {
  RowTable rows{"ep/bidomain-bath", quick};
  const std::string source = "closed form: muscle below a bath of 1.5 S/m, V = 50 cos(kx), continuous potential and current (app/verify/bidomain_cases.cpp)";
  const double coarse = bath_error(8, 1e-10), fine = bath_error(16, 1e-10);
  rows.at_most("phi_e_error", fine, 0.005, source + "; 16 edges through the muscle, relative L2");
  rows.add("phi_e_order", std::log2(coarse / fine), 2, 0.1, source + "; 8 and 16 edges; at least 1.9");
  return rows.rows;
}

Rows bidomain_manufactured(bool quick, const core::Progress& progress) {
  RowTable rows{"ep/bidomain-manufactured", quick};
  const std::string closed = "closed form: sum of eight eigenfunctions at anisotropies of 2:18:9 inside and 4:1:2 outside, one gate, through the whole step (app/verify/bidomain_cases.cpp)";
  std::vector<double> space;
  for (const int cells : {16, 32}) {
    const auto r = manufactured_bidomain(cells, 0.0125);
    if (!r) return core::pass(r);
    space.push_back(r->error);
    if (progress.cancelled()) return core::cancelled();
  }
  rows.add("l2_order_in_space", std::log2(space[0] / space[1]), 2, 0.1, closed + "; sides of 16 and 32 edges, dt 0.0125 ms; at least 1.9");
  rows.at_most("l2_error_32_edges", space[1], 0.001, closed);
  std::vector<Manufactured> time;
  for (const double dt : {0.05, 0.025, 0.0125}) {
    auto r = manufactured_bidomain(8, dt);
    if (!r) return core::pass(r);
    time.push_back(std::move(*r));
    if (progress.cancelled()) return core::cancelled();
  }
  rows.add("l2_order_in_time", std::log2(apart(time[0], time[1]) / apart(time[1], time[2])), 2, 0.1, closed + "; differences of dt 0.05, 0.025, 0.0125 ms; at least 1.9");
  return rows.rows;
}

Rows bidomain_waves(bool quick, const core::Progress& progress) {
  RowTable rows{"ep/bidomain-waves", quick};
  // Equal anisotropy ratios: the monodomain equation, and phi_e a share of V.
  json spec = {{"mesh", {{"box_mm", {8, 3, 2}}, {"edge_mm", 0.4}}},
               {"conductivity", {{"intra_S_per_m", {0.17, 0.05, 0.05}}, {"extra_S_per_m", {0.34, 0.1, 0.1}}}},
               {"end_ms", 25},
               {"skip_tissue_at_rest", false},
               {"stimuli", {{{"box_mm", {{0, 0, 0}, {1.5, 1.5, 1.5}}}}}},
               {"sensors", {{{"activation_at_mm", {{8, 3, 2}}}}, {{"potentials_at_mm", {{2, 1, 1}, {6, 2, 1}}}}}}};
  const auto mono = run(spec, progress);
  if (!mono) return core::pass(mono);
  spec["bidomain"] = {{"tolerance", 1e-8}};
  const auto equal = run(spec, progress);
  if (!equal) return core::pass(equal);
  const std::string identity = "exact: at equal anisotropy ratios the bidomain is the monodomain, phi_e = -V sigma_i / (sigma_i + sigma_e) + constant";
  rows.at_most("equal_anisotropy_activation_ms", std::abs(quantity(*mono, "activation_0_ms") - quantity(*equal, "activation_0_ms")), 1e-3, identity + "; far corner");
  double worst = 0;
  const auto v0 = series(*equal, "v_0"), v1 = series(*equal, "v_1"), e0 = series(*equal, "phi_e_0"), e1 = series(*equal, "phi_e_1");
  for (std::size_t k = 0; k < v0.size(); ++k) worst = std::max(worst, std::abs((e0[k] - e1[k]) + (v0[k] - v1[k]) / 3));
  rows.at_most("equal_anisotropy_phi_e_mV", worst, 1e-3, identity + "; between two places, every 0.5 ms of 25");
  // The same bits on one and on two threads.
  const int threads = core::thread_count();
  std::vector<std::vector<double>> bits;
  for (const int n : {1, 2}) {
    core::set_thread_count(n);
    const auto r = run(spec, progress);
    core::set_thread_count(threads);
    if (!r) return core::pass(r);
    bits.push_back(series(*r, "phi_e_1"));
  }
  rows.at_most("values_that_differ_on_two_threads", double(std::inner_product(bits[0].begin(), bits[0].end(), bits[1].begin(), 0, std::plus<>(), [](double a, double b) { return a != b ? 1 : 0; })), 0.5, "must be bitwise identical");
  // A sheet much thinner than the waves between baths that conduct twelve times as well as its interstitium: the space outside is shorted, sigma_i alone is left.
  const auto velocity = [&](bool bath) -> core::Result<double> {
    json sheet = {{"mesh", {{"box_mm", {12, 0.25, 4.25}}, {"edge_mm", 0.25}, {"split", "kuhn"}}},
                  {"conductivity", {{"intra_S_per_m", {0.17, 0.019, 0.019}}, {"extra_S_per_m", {0.62, 0.24, 0.24}}}},
                  {"end_ms", 30},
                  {"regions", {{{"key", "below"}, {"box_mm", {{0, 0, 0}, {12, 0.25, 2}}}, {"bath_S_per_m", 8}}, {{"key", "above"}, {"box_mm", {{0, 0, 2.25}, {12, 0.25, 4.25}}}, {"bath_S_per_m", 8}}}},
                  {"stimuli", {{{"box_mm", {{0, 0, 2}, {1, 0.25, 2.25}}}}}},
                  {"sensors", {{{"activation_at_mm", {{4, 0, 2.125}, {10, 0, 2.125}}}}}},
                  {"bidomain", json::object()}};
    if (!bath) {
      sheet["mesh"]["box_mm"] = {12, 0.25, 0.25};
      sheet.erase("regions");
      sheet["stimuli"] = {{{"box_mm", {{0, 0, 0}, {1, 0.25, 0.25}}}}};
      sheet["sensors"] = {{{"activation_at_mm", {{4, 0, 0.125}, {10, 0, 0.125}}}}};
    }
    const auto r = run(sheet, progress);
    if (!r) return core::pass(r);
    return 6 / (quantity(*r, "activation_1_ms") - quantity(*r, "activation_0_ms"));
  };
  const auto dry = velocity(false), wet = velocity(true);
  if (!dry) return core::pass(dry);
  if (!wet) return core::pass(wet);
  rows.add_relative("bath_loading_velocity_ratio", *wet / *dry, std::sqrt((0.17 + 0.62) / 0.62), 0.02, "limit: phi_e = 0 leaves sigma_i alone, velocity as its root; sheet of 0.25 mm between baths of 2 mm at 8 S/m");
  return rows.rows;
}

Rows bidomain_electrodes(bool quick, const core::Progress& progress) {
  RowTable rows{"ep/bidomain-electrodes", quick};
  // A weak cathode in the middle of a sheet, the anodes on its rim. Along the fibres a virtual anode, across them a virtual cathode; none at equal ratios.
  const auto polarisation = [&](bool unequal) -> core::Result<std::vector<double>> {
    const json spec = {{"mesh", {{"box_mm", {16, 16, 0.4}}, {"edge_mm", 0.4}, {"split", "kuhn"}}},
                       {"conductivity", {{"intra_S_per_m", {0.2, 0.02, 0.02}}, {"extra_S_per_m", unequal ? json{0.2, 0.08, 0.08} : json{0.2, 0.02, 0.02}}}},
                       {"end_ms", 2},
                       {"bidomain", {{"electrodes", {{{"box_mm", {{8, 8, 0}, {8, 8, 0.4}}}, {"current_uA", -2}, {"duration_ms", 2}}}}, {"ground_box_mm", {{0, 0, 0}, {0, 16, 0.4}}}}},
                       {"probe_every_ms", 1.9},
                       {"sensors", {{{"potentials_at_mm", {{8, 8, 0.2}, {10.8, 8, 0.2}, {8, 9.2, 0.2}, {16, 16, 0.2}}}}}}};
    const auto r = run(spec, progress);
    if (!r) return core::pass(r);
    std::vector<double> change;   // against the far corner: cells at the published initial state drift a little
    for (int k = 0; k < 3; ++k) {
      const auto v = series(*r, "v_" + std::to_string(k)), far = series(*r, "v_3");
      change.push_back(v.back() - v.front() - (far.back() - far.front()));
    }
    return change;
  };
  const auto unequal = polarisation(true), equal = polarisation(false);
  if (!unequal) return core::pass(unequal);
  if (!equal) return core::pass(equal);
  const std::string source = "Sepulveda, Roth, Wikswo 1989, Biophys J 55:987: around a cathode the tissue is depolarised across the fibres (dog bone) and hyperpolarised along them, and only at unequal anisotropy";
  rows.between("under_the_cathode_mV", (*unequal)[0], 1, 60, source);
  rows.between("along_the_fibres_2.8_mm_mV", (*unequal)[1], -60, -0.005, source);
  rows.between("across_the_fibres_1.2_mm_mV", (*unequal)[2], 0.005, 60, source);
  rows.between("along_the_fibres_at_equal_ratios_mV", (*equal)[1], -0.005, 60, source);
  return rows.rows;
}

}  // namespace ot::verify
