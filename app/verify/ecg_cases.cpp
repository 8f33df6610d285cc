// SPDX-License-Identifier: GPL-3.0-or-later
// The 12-lead ECG of a uniformly polarised ball in an infinite medium, and what must hold between the leads.
#include <fmt/format.h>

#include <cmath>

#include "app/verify/cases.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::verify {
namespace {

using core::Vec3;

// A box pulled to a ball along its rays: cubes at the surface of the box end on the sphere.
ep::ElectroProblem ball(double radius, int across) {
  auto mesh = std::make_shared<core::TetMesh>(core::make_box(Vec3::Constant(2 * radius), 2 * radius / across, core::BoxSplit::alternating));
  for (auto& x : mesh->nodes) {
    const Vec3 y = x - Vec3::Constant(radius);
    const double length = y.norm();
    x = length > 0 ? Vec3(y * (y.cwiseAbs().maxCoeff() / length)) : y;
  }
  ep::ElectroProblem p;
  p.mesh = mesh;
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
  p.fibres = fibres;
  p.sigma = Vec3(0.2, 0.2, 0.2);
  p.electrodes = ep::standard_electrodes({});
  return p;
}

// Outside, a ball of V = g.x is a dipole -sigma g 4/3 pi a^3 at its centre.
std::array<double, 12> exact_leads(const ep::ElectroProblem& p, const Vec3& g, double a) {
  auto phi = [&](const char* name) {
    for (const auto& e : p.electrodes)
      if (e.name == name) return -p.sigma[0] * g.dot(e.position) / std::pow(e.position.norm(), 3) * a * a * a / (3.0 * ep::torso_conductivity);
    return std::nan("");
  };
  const double ra = phi("RA"), la = phi("LA"), ll = phi("LL"), w = (ra + la + ll) / 3;
  return {la - ra, ll - ra, ll - la, ra - (la + ll) / 2, la - (ra + ll) / 2, ll - (ra + la) / 2,
          phi("V1") - w, phi("V2") - w, phi("V3") - w, phi("V4") - w, phi("V5") - w, phi("V6") - w};
}

std::array<double, 12> leads_of(const ep::ElectroProblem& p, const Vec3& g) {
  std::vector<float> v;
  for (const auto& x : p.mesh->nodes) v.push_back(float(g.dot(x)));
  return ep::evaluate(ep::make_lead_field(p), v);
}

}  // namespace

Rows ecg_ball(bool quick, const core::Progress& progress) {
  constexpr double a = 30;
  const Vec3 g(1.0, 0.3, -0.5);
  std::vector<Row> rows;
  double before = 0;
  for (int across : {10, 20}) {
    if (progress.cancelled()) return core::cancelled();
    const auto p = ball(a, across);
    const auto got = leads_of(p, g), want = exact_leads(p, g, a);
    double largest = 0, worst = 0;
    for (double w : want) largest = std::max(largest, std::abs(w));
    for (int l = 0; l < ep::lead_count; ++l) {
      worst = std::max(worst, std::abs(got[std::size_t(l)] - want[std::size_t(l)]) / largest);
      if (across == 20)
        rows.push_back(make_row("ep/ecg-ball", fmt::format("{}_mV_over_largest", ep::lead_names()[std::size_t(l)]), got[std::size_t(l)] / largest, want[std::size_t(l)] / largest, 0.01,
                                "dipole of a uniformly polarised ball: Plonsey & Barr, Bioelectricity, ch. 2; issue 4: 1 % at 20 elements across", quick));
    }
    if (before > 0) {
      Row order = make_row("ep/ecg-ball", "order_at_least_1.8", std::log2(before / worst) >= 1.8 ? 1 : 0, 1, 0, "issue 4", quick);
      rows.push_back(order);
    }
    before = worst;
  }
  return rows;
}

Rows ecg_identities(bool quick, const core::Progress&) {
  auto p = ball(25, 10);
  const Vec3 g(0.7, -0.4, 0.9);
  const auto x = leads_of(p, g);
  std::vector<Row> rows;
  constexpr const char* source = "Kligfield et al. 2007 (AHA/ACCF/HRS part I): definitions of the leads";
  rows.push_back(make_row("ep/ecg-identities", "I_plus_III_minus_II_mV", x[0] + x[2] - x[1], 0, 1e-12, source, quick));
  rows.push_back(make_row("ep/ecg-identities", "aVR_plus_aVL_plus_aVF_mV", x[3] + x[4] + x[5], 0, 1e-12, source, quick));
  for (auto& e : p.electrodes) e.name = e.name == "RA" ? "LA" : e.name == "LA" ? "RA" : e.name;
  const auto arms = leads_of(p, g);
  const double want_arms[6] = {-x[0], x[2], x[1], x[4], x[3], x[5]};
  double worst = 0;
  for (std::size_t l = 0; l < 6; ++l) worst = std::max(worst, std::abs(arms[l] - want_arms[l]));
  for (std::size_t l = 6; l < 12; ++l) worst = std::max(worst, std::abs(arms[l] - x[l]));
  rows.push_back(make_row("ep/ecg-identities", "arms_swapped_worst_mV", worst, 0, 1e-10, "arms swapped: I inverted, II and III exchanged, aVR and aVL exchanged, chest unchanged", quick));
  for (auto& e : p.electrodes) e.name = e.name == "RA" ? "LA" : e.name == "LA" ? "RA" : e.name;
  for (auto& e : p.electrodes) e.name = e.name == "V1" ? "V2" : e.name == "V2" ? "V1" : e.name;
  const auto chest = leads_of(p, g);
  rows.push_back(make_row("ep/ecg-identities", "V1_V2_swapped_worst_mV", std::max(std::abs(chest[6] - x[7]), std::abs(chest[7] - x[6])), 0, 1e-10, "V1 and V2 swapped: the two leads exchanged", quick));
  return rows;
}

}  // namespace ot::verify
