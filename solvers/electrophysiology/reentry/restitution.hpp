// SPDX-License-Identifier: GPL-3.0-or-later
// Restitution of conduction velocity and action potential duration of one kind of cell, measured in a strand of it.
// Model:    a plane wave in a one-dimensional strand (D = 1 mm2/ms; only ratios are used), stepped like the tissue of FULL. The cells are
//           paced alone at the base interval first. S1-S2: one S1 in the strand, then S2 at shorter and shorter coupling. Dynamic: for
//           each interval the cells are paced alone at it, then a train in the strand, the last two beats measured, so that alternans shows as two durations.
// Source:   protocols: Koller, Riccio, Gilmour 1998, Am J Physiol 275:H1635 (standard and dynamic restitution); scheme: monodomain.hpp.
// In/out:   family, cell type, scales, base interval [ms] -> curves over the diastolic interval DI [ms]: from 90 % repolarisation to the next
//           upstroke (0 mV), both at the point of measurement in the middle of the strand.
// Numerics: spacing 0.4 sqrt(D ms), dt 0.02 ms: velocity 5 % below the converged one, the same at every DI within 1 %; coupling to 1 ms.
// Fails:    wrong_usage for an unknown family; cancelled. A cell that does not conduct at rest gives an empty curve.
// Threads:  re-entrant; curves are computed once per process and shared.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct RestitutionPoint {
  double interval_ms = 0;    // coupling of S2, or the interval of the train
  double di_ms = 0, cv = 0, apd_ms = 0;   // cv: 1/sqrt(ms), i.e. mm/ms over sqrt(D)
};

struct RestitutionCurve {
  std::vector<RestitutionPoint> points;   // DI ascending; the first is the shortest that conducts
  double cv_base = 0, apd_base_ms = 0;    // of the S1 beat
  bool conducts() const { return !points.empty(); }
  double shortest_di() const { return points.front().di_ms; }
  double cv(double di_ms) const;          // share of cv_base; constant beyond the ends
  double apd(double di_ms) const;         // share of apd_base_ms
  double shortest_interval_ms() const { return points.front().interval_ms; }
};

// A curve given as numbers, for tests and for other tissue than a built-in model's. Points with DI ascending.
RestitutionCurve make_curve(std::vector<RestitutionPoint> points, double cv_base, double apd_base_ms);

core::Result<std::shared_ptr<const RestitutionCurve>> restitution(const std::string& family, CellType type, const ChannelScales& scales,
                                                                  double base_interval_ms, const core::Progress& progress = {});

// Trains of `beats` at each interval, from the longest on; two points each (last but one, last beat). Stops at the first that does not conduct 1:1.
core::Result<std::vector<RestitutionPoint>> dynamic_restitution(const std::string& family, CellType type, const ChannelScales& scales,
                                                                const std::vector<double>& intervals_ms, int beats, const core::Progress& progress = {});

}  // namespace ot::ep
