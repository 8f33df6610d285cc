// SPDX-License-Identifier: GPL-3.0-or-later
// Pressure changes where vessels meet: forks and anastomoses.
// Model: all arms that bring blood (suppliers) share one static pressure; each arm that takes some (collector) differs from it by the
//   momentum balance of the stream that it gets,
//     p_s - p_j = (1 - exp(-l / 0.02)) rho b U_j (U_j - (1 - eta_j) sum_s Q_s U_s cos(t d_sj) / sum Q),   l = Q_j / sum Q,
//   d_sj: angle by which the stream from supplier s is turned into collector j, t: the share of it that counts (below); eta_j: the energy
//   that the streams exchange: eta_j = (+-0.8 a - 0.2)(1 - l), a: angle between the suppliers' and the collectors' mean direction, + on the side
//   away from the suppliers'. Without a turn and with one collector: Borda-Carnot. b: momentum coefficient of the arriving profiles (4/3
//   for a parabola), where the source has flat ones.
// Source: "Unified0D", Mynard & Valen-Sendstad, Int J Numer Meth Biomed Eng 31 (2015) e02720; the factor 3/4 of the angle: Bassett,
//   Winterbone & Pearson, Proc Inst Mech Eng C 215 (2001) 861-881. The whole angle at sharp side openings, for streams that divide and that
//   meet: momentum along the main pipe, V. L. Levin 1958 and V. N. Taliev 1952 as in Idelchik, Handbook of Hydraulic Resistance, ch. 7. In space here: the side of a collector is that of the plane through the
//   suppliers' and the collectors' mean directions.
// Units: mm, g, s, Pa. Fails: never (an arm without flow loses nothing). Threads: pure functions.
#pragma once
#include <vector>

#include "solvers/core/vessel_network.hpp"

namespace ot::hemo {

// An arterial fork turns the blood before its carina, so three quarters of the angle count (Bassett 2001). A tube joined end to side has a
// sharp opening in a straight wall: what runs across the axis behind it is lost, the whole angle counts (Levin, Taliev: see Source).
inline constexpr double turned_in_fork = 0.75, turned_at_anastomosis = 1.0;

struct JunctionArm {
  core::Vec3 direction{0, 0, 1};   // unit, of the flow
  double area_mm2 = 0;
  double flow_mm3_s = 0;           // > 0
  double momentum = 4.0 / 3.0;     // of the profile it brings; suppliers only
  double turned = turned_in_fork;  // share of the angle to the arms opposite that counts
  double speed() const { return flow_mm3_s / area_mm2; }
};

// Static pressure of the suppliers less that of each collector.
std::vector<double> collector_drops(double density, const std::vector<JunctionArm>& suppliers, const std::vector<JunctionArm>& collectors);

// Direction and area of a branch beyond a junction, where the lumens have parted: at its begin over one to three of the given radii from the
// end, at its end over three radii to one.
JunctionArm begin_arm(const core::VesselBranch& branch, double radius_mm);
JunctionArm end_arm(const core::VesselBranch& branch, double radius_mm);

}  // namespace ot::hemo
