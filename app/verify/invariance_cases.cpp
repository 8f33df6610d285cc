// SPDX-License-Identifier: GPL-3.0-or-later
// What the electrophysiology solvers must not depend on, and the one law velocity must follow: sqrt of conductivity, direction of the fibres in the mesh,
// turning everything together, number of threads; and that a drug at its IC50 halves the current itself.
#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "app/solve/box_mesh.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/monodomain_block.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::verify {
namespace {

using core::Vec3;

core::Result<std::vector<float>> activation(const ep::ElectroProblem& p, const core::Progress& progress) {
  auto run = ep::run_monodomain(p, {}, progress);
  if (!run) return core::pass(run);
  return std::move(run->activation_ms);
}

void straight_fibres(ep::ElectroProblem& p, const Vec3& f, const Vec3& s) {
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(p.mesh->tets.size(), f);
  fibres->s.assign(p.mesh->tets.size(), s);
  p.fibres = fibres;
}

// Least-squares velocity of the arrivals of nodes `from`..`to` mm behind the site along `way` and within half an edge and a bit of that line: m/s.
double velocity_along(const ep::ElectroProblem& p, const std::vector<float>& t, const Vec3& origin, const Vec3& way, double from, double to, double beside) {
  double n = 0, sx = 0, st = 0, sxx = 0, sxt = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    const Vec3 d = p.mesh->nodes[i] - origin;
    const double x = d.dot(way);
    if (x < from || x > to || (d - x * way).norm() > beside) continue;
    if (std::isnan(t[i])) return std::nan("");
    n += 1, sx += x, st += double(t[i]), sxx += x * x, sxt += x * double(t[i]);
  }
  const double slope = (n * sxt - sx * st) / (n * sxx - sx * sx);   // ms per mm
  return n > 2 ? 1 / slope : std::nan("");
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool na = std::isnan(a[i]), nb = std::isnan(b[i]);
    most = na != nb ? 1e9 : na ? most : std::max(most, std::abs(double(a[i]) - double(b[i])));
  }
  return most;
}

const core::Mat3 turn = Eigen::AngleAxisd(0.7, Vec3(1, 2, 3).normalized()).toRotationMatrix();

ep::ElectroProblem turned(const ep::ElectroProblem& p) {
  auto q = p;
  auto mesh = std::make_shared<core::TetMesh>(*p.mesh);
  for (Vec3& x : mesh->nodes) x = turn * x + Vec3(11, -7, 40);
  auto fibres = std::make_shared<ep::FibreField>(*p.fibres);
  for (Vec3& f : fibres->f) f = turn * f;
  for (Vec3& s : fibres->s) s = turn * s;
  q.mesh = mesh;
  q.fibres = fibres;
  return q;
}

}  // namespace

// One bar, one mesh: half, twice and four times the conductivity in all directions. The mesh is the product's kind, so what it does to velocity must be tuned away.
Rows velocity_law(bool quick, const core::Progress& progress) {
  RowTable table{"ep/velocity-sqrt-conductivity", quick};
  for (const bool moved : {false, true}) {
    double unit = 0;
    for (const double scale : {1.0, 0.5, 2.0, 4.0}) {
      auto p = monodomain_block({30, 1.6, 1.6}, 0.4, moved);
      straight_fibres(p, Vec3(1, 0, 0), Vec3(0, 1, 0));
      p.sigma *= scale;
      p.end_ms = 90;
      p.frame_every_ms = p.end_ms;
      p.sites[0].nodes.clear();
      for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
        if (p.mesh->nodes[i].x() < 2.01) p.sites[0].nodes.push_back(core::Index(i));
      const auto t = activation(p, progress);
      if (!t) return core::pass(t);
      const double v = velocity_along(p, *t, Vec3(0, 0.8, 0.8), Vec3(1, 0, 0), 12, 26, 2);
      if (scale == 1.0) unit = v;
      else
        table.add_relative(fmt::format("velocity_over_that_at_1_for_conductivity_{:g}{}", scale, moved ? "_nodes_moved" : ""), v / unit, std::sqrt(scale), 0.02,
                           "issue 4: CV against sqrt(conductivity) 2 %; one mesh of 0.4 mm, dt 0.05, tuned, TT06 epi, plane wave along fibres");
    }
  }
  return table.rows;
}

// A plane front through the middle of a sheet, along and across fibres that lie at an angle in it or come out of it: its velocity against that of the same
// front with the fibres along x. First on the split that a spec gets when it names none, for several ratios of conductivities; then on splits chosen
// whatever the fibres, whose regular boxes are known to fail across the fibres (monodomain.md; a run on them says so in its notes).
Rows rotated_fibres(bool quick, const core::Progress& progress) {
  RowTable table{"ep/rotated-fibres", quick};
  const Vec3 sheet(12, 12, 0.8), middle = sheet / 2;
  constexpr double edge = 0.2;
  struct Front {
    double ratio = 0, degrees = 0, rise = 0;   // conductivity along over across, 0: the benchmark's; turn of the fibres in the sheet, and out of it
    bool along = true;
    std::shared_ptr<const core::TetMesh> mesh;   // null: of the default split
  };
  std::string meshed;
  const auto velocity = [&](const Front& c) -> core::Result<double> {
    ep::ElectroProblem p;
    const double turn = c.degrees * M_PI / 180, rise = c.rise * M_PI / 180;
    const Vec3 flat(std::cos(turn), std::sin(turn), 0), s(-flat.y(), flat.x(), 0), f = std::cos(rise) * flat + std::sin(rise) * Vec3(0, 0, 1), way = c.along ? f : s;
    if (c.ratio > 0) p.sigma[0] = c.ratio * p.sigma[1];
    p.mesh = c.mesh;
    if (!p.mesh) {
      core::Mat3 axes;
      axes << f, s, f.cross(s);
      const core::Mat3 tensor = axes * p.sigma.asDiagonal() * axes.transpose();
      auto box = solve::box_mesh(solve::auto_split(tensor), sheet, Vec3::Constant(edge), tensor, progress);
      if (!box) return core::pass(box);
      p.mesh = std::make_shared<core::TetMesh>(std::move(*box));
    }
    meshed = p.mesh->sha256().substr(0, 16);
    p.tissue.assign(p.mesh->tets.size(), 0);
    p.regions.resize(1);
    p.regions[0].key = "healthy";
    p.cycle_length_ms = 0;
    straight_fibres(p, f, s);
    p.end_ms = c.along && !(c.ratio > 0 && c.ratio < 4) ? 12 : 24;   // 2:1 along is hardly faster than across
    p.frame_every_ms = p.end_ms;
    ep::ActivationSite site;
    for (std::size_t i = 0; i < p.mesh->nodes.size(); ++i)
      if (std::abs((p.mesh->nodes[i] - middle).dot(way)) < 0.75) site.nodes.push_back(core::Index(i));
    p.sites = {site};
    const auto t = activation(p, progress);
    if (!t) return core::pass(t);
    return 0.5 * (velocity_along(p, *t, middle, way, 2, 4.5, 1.5) + velocity_along(p, *t, middle, -way, 2, 4.5, 1.5));
  };
  const auto source = [&] { return "sheet of 0.2 mm, dt 0.05, tuned, TT06 epi; mesh " + meshed; };
  constexpr double bound = 0.02;
  for (const bool along : {true, false})
    for (const double ratio : quick ? std::vector<double>{0} : std::vector<double>{0, 4, 9, 2, 6, 12}) {
      const bool held_out = ratio == 2 || ratio == 6 || ratio == 12;   // angles and ratios on which nothing was chosen
      const std::string name = fmt::format("default_split_{}_fibres{}", along ? "along" : "across", ratio > 0 ? fmt::format("_conductivities_{:g}_to_1", ratio) : "");
      const auto straight = velocity({ratio, 0, 0, along, nullptr});
      if (!straight) return core::pass(straight);
      using Turns = std::vector<std::pair<double, double>>;   // in the sheet, out of it
      const Turns turns = held_out ? Turns{{8, 0}, {22, 0}, {37, 0}, {37, 20}} : Turns{{45, 0}, {15, 0}, {30, 0}, {60, 0}, {70, 0}, {135, 0}, {0, 35}, {30, 35}};
      for (const auto& [degrees, rise] : turns) {
        if (quick && (degrees != 45 || rise > 0)) continue;
        if (ratio > 0 && degrees > 45) continue;
        if (along && rise > 0) continue;   // a plane front along fibres that come out of a sheet is not plane at its faces
        const auto v = velocity({ratio, degrees, rise, along, nullptr});
        if (!v) return core::pass(v);
        table.add_relative(fmt::format("{}_at_{:g}_degrees{}_over_0", name, degrees, rise > 0 ? fmt::format("_out_by_{:g}", rise) : ""), *v / *straight, 1, bound, "issue 4: rotated fibres 2 %; " + source());
      }
    }
  if (quick) return table.rows;
  for (const bool along : {true, false}) {
    double regular = 0;
    for (const char* const split : {"alternating", "kuhn", "unstructured"}) {
      auto box = solve::box_mesh(split, sheet, Vec3::Constant(edge), core::Mat3::Identity(), progress);
      if (!box) return core::pass(box);
      const auto mesh = std::make_shared<core::TetMesh>(std::move(*box));
      double straight = 0;
      for (const double degrees : {0.0, 15.0, 30.0, 45.0, 70.0, 135.0}) {
        const auto v = velocity({0, degrees, 0, along, mesh});
        if (!v) return core::pass(v);
        const char* const way = along ? "along" : "across";
        if (degrees == 0) {
          straight = *v;
          if (regular > 0)   // not asked for by itself: the bound is the slab's on an unstructured mesh of 0.2 mm
            table.add_relative(fmt::format("{}_fibres_{}_over_alternating", way, split), *v / regular, 1, 0.06, "issue 4: slab of 0.2 mm on an unstructured mesh 6 %; " + source());
          else regular = *v;
        } else
          table.add_relative(fmt::format("split_chosen_{}_{}_fibres_at_{:g}_degrees_over_0", split, way, degrees), *v / straight, 1, bound,
                             "issue 4: rotated fibres 2 %, on a split chosen whatever the fibres (regular ones fail across; the default follows them); " + source());
      }
    }
  }
  return table.rows;
}

Rows turned_together(bool quick, const core::Progress& progress) {
  RowTable table{"ep/turned-together", quick};
  auto p = monodomain_block({6, 4, 2.4}, 0.4, true);
  p.end_ms = 25;
  p.frame_every_ms = p.end_ms;
  for (const double tolerance : {p.solver_tolerance, 1e-12}) {
    p.solver_tolerance = tolerance;
    const auto a = activation(p, progress);
    if (!a) return core::pass(a);
    const auto b = activation(turned(p), progress);
    if (!b) return core::pass(b);
    table.at_most(fmt::format("monodomain_largest_change_ms_at_tolerance_{:g}", tolerance), largest_difference(*a, *b), tolerance < 1e-6 ? 1e-5 : 0.02, "issue 4: mesh and fibres rotated together, monodomain 0.02 ms, 1e-5 at 1e-12");
  }
  const auto q = turned(p);
  std::vector<double> times[2];
  for (int k = 0; k < 2; ++k) {
    const auto& problem = k == 0 ? p : q;
    auto eikonal = ep::Eikonal::make(problem.mesh, problem.fibres, problem.velocity);
    if (!eikonal) return core::pass(eikonal);
    auto t = eikonal->solve({{0, 0.0}, {core::Index(p.mesh->nodes.size() / 2), 3.0}}, {}, progress);
    if (!t) return core::pass(t);
    times[k] = std::move(*t);
  }
  double worst = 0;
  for (std::size_t i = 0; i < times[0].size(); ++i) worst = std::max(worst, std::abs(times[0][i] - times[1][i]));
  table.at_most("eikonal_largest_change_ms", worst, 1e-6, "issue 4: mesh and fibres rotated together, eikonal 1e-6 ms");
  return table.rows;
}

Rows thread_bits(bool quick, const core::Progress& progress) {
  RowTable table{"ep/threads", quick};
  auto p = monodomain_block({10, 10, 6}, 0.4, true);   // 11,000 nodes: enough that threads share them
  p.end_ms = quick ? 12 : 40;
  p.frame_every_ms = 4;
  const int before = core::thread_count();
  std::vector<ep::ElectroResult> of;
  for (const int threads : {1, 2, 4}) {
    core::set_thread_count(threads);
    auto run = ep::run_monodomain(p, {}, progress);
    core::set_thread_count(before);
    if (!run) return core::pass(run);
    of.push_back(std::move(*run));
  }
  for (int k = 1; k < 3; ++k) {
    double differing = 0;
    const auto count = [&](const std::vector<float>& a, const std::vector<float>& b) {
      for (std::size_t i = 0; i < a.size(); ++i) differing += std::memcmp(&a[i], &b[i], sizeof(float)) != 0;
    };
    count(of[0].activation_ms, of[k].activation_ms);
    for (std::size_t f = 0; f < of[0].frames.size(); ++f) count(*of[0].frames[f].v_mV, *of[k].frames[f].v_mV);
    table.at_most(fmt::format("values_differing_between_1_and_{}_threads", 2 * k), differing, 0, "issue 4: bitwise identical; activation and potentials of every frame");
  }
  return table.rows;
}

// Of every current a drug of ours can block, in every model that has it: what is left of the CURRENT at C = IC50, h = 1, 3 ms after the stimulus.
Rows current_at_ic50(bool quick, const core::Progress&) {
  RowTable table{"drug/current-at-ic50", quick};
  const double left = pharma::remaining_fraction(7.3, 7.3, 1);
  for (const ep::IonicModel& m : ep::builtin_ionic_models()) {
    const ep::IonicFamily& f = *m.family;
    ep::CellBatch cell(f, {f.parameters(m.cell_type, {})}, {m.initial_state()});
    constexpr double dt = 0.01;
    for (int k = 0; k * dt < f.stimulus_ms + 3; ++k) cell.step(dt, f.stimulus_mV_per_ms * ep::stimulus_share(k * dt, dt, 0, f.stimulus_ms));
    const double total = cell.ionic_current({f.parameters(m.cell_type, {})})[0];
    double worst = -1;
    for (const ep::ChannelKey& key : ep::channel_keys()) {
      if (key.key[0] != 'g' || std::find(f.scales.begin(), f.scales.end(), key.key) == f.scales.end()) continue;
      ep::ChannelScales blocked, none;
      blocked.*key.member = left;
      none.*key.member = 0;
      const double remains = cell.ionic_current({f.parameters(m.cell_type, blocked)})[0], without = cell.ionic_current({f.parameters(m.cell_type, none)})[0];
      worst = std::max(worst, std::abs((remains - without) - 0.5 * (total - without)) / std::max(1.0, std::abs(total)));
    }
    if (worst >= 0) table.at_most(m.key, worst, 1e-12, "issue 4: C = IC50 (h = 1) halves the current to 1e-12; largest over its currents, uA/uF or of the total current");
  }
  return table.rows;
}

}  // namespace ot::verify
