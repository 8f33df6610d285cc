// SPDX-License-Identifier: GPL-3.0-or-later
// The beat of a centreline tree as pulse waves: the tree becomes a network of one_dimensional/wave_network.hpp, its answer that of
// network_beat.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/network_beat.hpp"
#include "solvers/hemodynamics/one_dimensional/wave_network.hpp"
#include "solvers/hemodynamics/vessel_march.hpp"

namespace ot::hemo {
namespace {

constexpr double cell_mm = 2;   // 3 mm of a coronary and 20 mm of an aorta alike: a wave of 16 Hz is 300 mm long

double area_of(double r) { return std::numbers::pi * r * r; }

// The wall of a lesion is neither as soft nor as fast as its lumen is narrow: the wave runs along the calibre beside it, the lesion is a loss.
std::vector<double> wave_radius(const core::VesselBranch& v) {
  std::vector<double> r = v.radius;
  for (const Narrowing& n : find_narrowings(v.radius)) {
    const double from = v.arc[n.border], to = v.arc[n.recovered];
    for (std::size_t k = n.border; k <= n.recovered; ++k) {
      const double healthy = v.radius[n.border] + (v.radius[n.recovered] - v.radius[n.border]) * (v.arc[k] - from) / (to - from);
      r[k] = std::max(r[k], healthy);
    }
  }
  return r;
}

// Static pressure at the mean flow on a lumen of radius r.
double mean_pressure(const BeatPiece& piece, double begin_total, std::size_t k, double r, double rho) {
  const double q = piece.mean_flow, u = q / area_of(r);
  return begin_total - piece.viscous[k] * q - piece.inertial[k] * q * std::abs(q) - 0.5 * rho * u * u;
}

}  // namespace

core::Result<BeatAnswer> run_wave_beat(const FlowProblem& p, const BeatNetwork& network, const core::Progress& progress) {
  WaveProblem waves;
  waves.fluid = p.fluid;
  waves.cell_mm = cell_mm, waves.cycles = most_beats, waves.periodic = periodic_enough, waves.along = true;
  waves.samples = samples_of_beat(p);
  waves.inflow.emplace_back(0.0, flow_at(p.inlets[0], 0, p.cycle_s));
  for (const auto& [t, q] : p.inlets[0].flow)
    if (t > 0 && t < p.cycle_s) waves.inflow.emplace_back(t, q);
  waves.inflow.emplace_back(p.cycle_s, waves.inflow.front().second);
  std::vector<const BeatPiece*> pieces;
  for (const auto* list : {&network.pieces, &network.grafts})
    for (const BeatPiece& piece : *list) pieces.push_back(&piece);
  std::vector<std::vector<double>> radius;
  for (std::size_t b = 0; b < pieces.size(); ++b) {
    const BeatPiece& piece = *pieces[b];
    const core::VesselBranch& v = *piece.line;
    radius.push_back(wave_radius(v));
    WaveSegment s;
    s.name = v.name.empty() ? fmt::format("branch {}", b) : v.name;
    s.from = piece.from + 1, s.to = b < network.pieces.size() ? int(b) + 1 : piece.to + 1;
    s.length_mm = v.length(), s.radius_in_mm = radius[b].front(), s.radius_out_mm = radius[b].back();
    s.wall_mm = s.radius_in_mm, s.young_Pa = p.vessel_wall.stiffness_Pa(s.radius_in_mm);   // E h / r of the law, as a wall of h = r
    s.initial_mm3_s = piece.mean_flow;
    for (std::size_t k = 0; k < v.points.size(); ++k)
      s.course.push_back({v.arc[k], radius[b][k], 4.0 / 3.0 * p.vessel_wall.stiffness_Pa(radius[b][k]), mean_pressure(piece, network.total_Pa[std::size_t(piece.from + 1)], k, radius[b][k], p.fluid.density_g_per_mm3),
                          k == 0 ? 0.0 : piece.viscous[k], k == 0 ? 0.0 : piece.inertial[k]});   // what is lost at a junction is lost on the way to the second point
    s.reference_Pa = s.initial_Pa = s.course.front().reference_Pa;
    if (piece.outlet >= 0) {
      const Outlet& o = p.outlets[std::size_t(piece.outlet)];
      s.end.kind = o.coronary ? WaveEnd::coronary : WaveEnd::windkessel;
      s.end.r1 = o.rp, s.end.r2 = o.rd, s.end.c = o.coronary ? 0 : o.c, s.end.outlet_Pa = o.pd, s.end.bed = o.coronary;
      s.end.start_mm3_s = piece.mean_flow, s.end.started = true;
    }
    waves.segments.push_back(std::move(s));
  }
  auto run = run_wave_network(waves, progress);
  if (!run) return core::pass(run);

  BeatAnswer out;
  out.beats = run->cycles, out.periodicity = run->periodicity, out.steps = run->steps;
  for (const BeatPiece* piece : pieces) out.points += piece->line->points.size();
  const std::size_t outlets = p.outlets.size();
  for (std::size_t sample = 1; sample < run->t.size(); ++sample) {
    out.t_s.push_back(run->t[sample]);
    out.outlet_Pa.resize(out.t_s.size() * outlets), out.outlet_mm3_s.resize(out.t_s.size() * outlets);
    for (std::size_t b = 0; b < pieces.size(); ++b) {
      const core::VesselBranch& v = *pieces[b]->line;
      const WaveVessel& w = run->vessels[b];
      const std::size_t cells = w.cell_Pa.size() / run->t.size();
      const double *pressure = &w.cell_Pa[sample * cells], *flow = &w.cell_mm3_s[sample * cells];
      for (std::size_t k = 0; k < v.points.size(); ++k) {
        // Between the ends and the middles of the cells.
        const double place = v.arc[k] / w.cell_mm - 0.5;
        const auto value = [&](double in, const double* cell, double end) {
          if (place <= 0) return in + (cell[0] - in) * (place + 0.5) / 0.5;
          if (place >= double(cells) - 1) return cell[cells - 1] + (end - cell[cells - 1]) * std::min(1.0, (place - double(cells) + 1) / 0.5);
          const std::size_t at = std::size_t(place);
          return cell[at] + (cell[at + 1] - cell[at]) * (place - double(at));
        };
        const double q = value(w.in.flow_mm3_s[sample], flow, w.out.flow_mm3_s[sample]);
        const double wide = area_of(radius[b][k]), lumen = area_of(v.radius[k]);
        out.flow_mm3_s.push_back(q);
        out.pressure_Pa.push_back(value(w.in.pressure_Pa[sample], pressure, w.out.pressure_Pa[sample]) + 0.5 * p.fluid.density_g_per_mm3 * q * std::abs(q) * (1 / (wide * wide) - 1 / (lumen * lumen)));
      }
      if (pieces[b]->outlet >= 0) {
        const std::size_t at = (out.t_s.size() - 1) * outlets + std::size_t(pieces[b]->outlet);
        out.outlet_Pa[at] = w.out.pressure_Pa[sample], out.outlet_mm3_s[at] = w.out.flow_mm3_s[sample];
      }
    }
  }
  return out;
}

}  // namespace ot::hemo
