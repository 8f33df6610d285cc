// SPDX-License-Identifier: GPL-3.0-or-later
// Restitution study: how action potential duration and conduction velocity of every kind of cell of a twin depend on the rest before the beat.
// Model:   a strand of each kind (reentry/restitution.hpp), S1-S2 after a train at the base interval, and dynamic trains at shorter and shorter intervals until
//          conduction is no longer 1:1. Velocity is that along the fibres of the kind's region: speed at rest of the twin times sqrt(sigma scale) times the ratio measured in the strand.
// Source:  protocols: Koller, Riccio, Gilmour 1998, Am J Physiol 275:H1635; slope above one as the mark of steep restitution: Nolasco and Dahlen 1968, J Appl Physiol 25:191.
// In/out:  ElectroProblem, base interval [ms] -> curves over DI [ms]; slopes without unit; alternans: APDs of two successive beats of a train differ by more than 5 ms (our choice).
// Fails:   wrong_usage for the interval or model; cancelled. Threads: one kind per thread, each serial: the same bits for any count.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/reentry/cell_kinds.hpp"
#include "solvers/electrophysiology/reentry/restitution.hpp"

namespace ot::ep {

struct KindRestitution {
  CellKind kind;
  std::string name;                        // "healthy, endocardial"
  double share_percent = 0;                // of the conducting nodes
  RestitutionCurve s1s2;                   // empty: does not conduct
  std::vector<RestitutionPoint> dynamic;   // two per interval, longest first
  double velocity_m_per_s = 0;             // along the fibres, of a strand value of 1
  double slope_s1s2 = 0, slope_dynamic = 0;   // steepest dAPD/dDI
  double refractory_ms = 0;                // longest S2 coupling below the first that conducts, to 1 ms
  double shortest_interval_ms = 0;         // shortest train conducted 1:1
  double alternans_from_ms = 0;            // longest interval with alternans; 0: none
};

struct RestitutionStudy {
  double base_interval_ms = 0;
  std::string ionic_model;
  std::vector<KindRestitution> kinds;      // those present, most nodes first
};

// Intervals of the dynamic trains from `base` down.
std::vector<double> dynamic_intervals(double base_interval_ms);
double steepest_slope(const std::vector<RestitutionPoint>& ascending_in_di);

core::Result<RestitutionStudy> study_restitution(const ElectroProblem& problem, double base_interval_ms, int beats, const core::Progress& progress);

}  // namespace ot::ep
