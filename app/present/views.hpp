// SPDX-License-Identifier: GPL-3.0-or-later
// What the 3D view, the ECG paper and the pull-back plot show of a result: arrays and ranges, no toolkit.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "app/session/pullback_table.hpp"

namespace ot::present {

// Lesions drawn along a placement: its points, and points between them no further apart than `spacing`, put back onto the
// wall (the nearest node of `wall`).
std::vector<core::Vec3> lesion_points(const twin::InterventionSpec& spec, const std::vector<core::Vec3>& wall);
enum class TissueClass { healthy, border, scar };
TissueClass class_of(const ep::TissueRegion& region);
std::vector<core::Vec3> wall_nodes(const core::TetMesh& mesh);   // nodes on the boundary

// [nodes] 0.5 healthy, 1.5 border zone, 2.5 not conducting: the middles of three bands of one.
std::vector<float> tissue_classes(const ep::ElectroProblem& problem);

// Distinct step so that about ten bands fill the range: 1, 2, 5, 10, 20, 50 ...
double band_step(double range, int bands = 10);

// Branch and arc of every point of a lumen; a reshaped lumen keeps the points of the one it was made from, and with them their arcs.
struct LumenArcs {
  std::vector<int> branch;               // -1: none
  std::vector<float> arc_mm;
};
LumenArcs lumen_arcs(const core::SurfaceMesh& lumen, const core::VesselNetwork& network);

// pressure: FFR where the vessel reports it, else mmHg. wall_shear: Pa; from the section means (FAST) that of developed flow,
// 4 mu Q / (pi r^3) (Poiseuille), from a FULL run the one it computed (along the centreline: its mean round the wall). Of a run over beats both are means over the last beat: pressure
// of the sections, wall shear TAWSS. osi (0 to 0.5) and rrt (1/Pa) exist for a FULL run over beats only.
enum class LumenQuantity { pressure, wall_shear, osi, rrt };

// One kept instant of a beat on the nodes of the flow mesh, mmHg or Pa; for pressure also the range over the whole beat.
struct InstantPaint {
  std::vector<float> values;
  double lo = 0, hi = 1, t_s = 0;
};
InstantPaint paint_instant(const twin::VesselResult& result, bool shear, int frame);

// On the points of a lumen surface from the section means along the centreline, or on the nodes of the flow mesh.
struct VesselPaint {
  bool ffr = false;
  std::vector<float> values;   // [points of the surface], or [nodes of the flow mesh] when `on_mesh`
  bool on_mesh = false;
  bool beat_mean = false;      // means over the last beat
  bool developed = false;      // the shear is that of developed flow, not a computed one
  double lo = 0, hi = 1;
};
// The result knows OSI and RRT.
bool has_wall_indices(const twin::VesselResult& result);
VesselPaint paint_vessel(const twin::VesselModel& model, const twin::VesselResult& result, LumenQuantity quantity = LumenQuantity::pressure, const LumenArcs* arcs = nullptr);

// `result` less `other`, from the section means of both (those of a FULL run too: two meshes have no nodes in common), on the lumen of
// `result`. Empty where one of them has none.
VesselPaint paint_difference(const twin::VesselModel& model, const twin::VesselResult& result, const twin::VesselResult& other, LumenQuantity quantity, const LumenArcs* arcs = nullptr);

// From the inlet to the end of the longest way down the tree.
struct Pullback {
  std::vector<double> arc_mm, value;
  std::vector<int> branches;             // of the way
  std::vector<double> branch_start_mm;   // arc of the way at which each begins
};
enum class PullbackQuantity { ffr, pressure_mmhg, wall_shear_pa };
Pullback pullback(const twin::VesselModel& model, const twin::VesselResult& result, PullbackQuantity quantity);
Pullback pullback(const twin::VesselModel& model, const twin::VesselResult& result);   // FFR where reported, else mmHg
// The longest way down the tree and where a point of the patient lies on it; nothing when it is further than `reach_mm` from it.
using session::longest_way;
using session::PullbackWay;
std::optional<double> arc_on_way(const core::VesselNetwork& network, const PullbackWay& way, const core::Vec3& point, double reach_mm);
core::Vec3 point_on_way(const core::VesselNetwork& network, const PullbackWay& way, double arc_mm);
const twin::VesselResult* find_vessel_result(const twin::RunResult& result, const std::string& key);

// "rate 60/min   QRS 104   QT/QTcF 358/421 ms   axis 42°"; leaves out what is not known.
std::string ecg_line(const twin::RunResult& result, double cycle_length_ms);

// Image that covers most of the given points; the finer one when several do. -1 when there is none.
int image_around(const session::CaseData& data, const std::vector<core::Vec3>& points);

}  // namespace ot::present
