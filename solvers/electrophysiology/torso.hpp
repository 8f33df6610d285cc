// SPDX-License-Identifier: GPL-3.0-or-later
// A bounded torso with blood-filled ventricles around the heart: what the electrodes of the 12 leads see of a source inside.
// Model:   piecewise homogeneous conductor: insulating body surface, torso 0.22 S/m (muscle of the heart included), blood 0.7 S/m in
//          both ventricles. By reciprocity every lead has a potential Z in the heart; the lead is -integral sigma grad V . grad Z.
//          Neglected: lungs, bone, anisotropy of the heart as a conductor, blood of atria and vessels.
// Source:  boundary integral equation: Geselowitz 1967 (Biophys J 7:1); its null space removed after Lynn & Timlake 1968. Effect of the
//          blood: Brody 1956 (Circ Res 4:731): forces across the wall are seen stronger, forces along it weaker. Conductivities: torso
//          as in ecg.hpp; blood 0.7 S/m: Gabriel, Gabriel & Corthout 1996 (Phys Med Biol 41:2231). Size of the standard torso: see the .cpp.
// In/out:  six named points of the body ("body left" ... "body bottom") among the electrodes bound the torso; without them there is none
//          and the medium is infinite. Points "skin 00 00" ... "skin 24 35" (level, direction) give it the shape of the patient's skin (body_fit.hpp). mm, mS/mm.
// Numerics: 1280 flat triangles on the body, 320 in each ventricle (star-shaped about its middle, closed at the valves), constant
//          potential on each, collocation, dense blocked LU with partial pivoting. Fails: a ventricle whose surface is missing or not visible from its middle is left out; cancelled.
// Threads: same bits for every count.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

inline constexpr double blood_conductivity = 0.7;   // S/m = mS/mm, see above

// A closed surface around a conductor, triangles outward.
struct ConductorSurface {
  std::vector<core::Vec3> points;
  std::vector<core::Triangle> triangles;
  double inside = 0, outside = 0;   // mS/mm; outside 0: insulating
};

// Levels of the shape from 0.9 of the half height below the centre to 0.9 above, directions from the left by the back.
inline constexpr int skin_levels = 25, skin_directions = 36;

struct Torso {
  core::Vec3 centre{0, 0, 0};
  core::Mat3 axes = core::Mat3::Identity();   // columns: to the left, to the back, up
  core::Vec3 half{0, 0, 0};                   // mm along them
  std::vector<double> shape = {};             // [level][direction] distance of the skin from the vertical axis over that of the plain shape; empty: 1

  double level_mm(int level) const { return half.z() * (-0.9 + 1.8 * level / (skin_levels - 1)); }   // above the centre
  // Distance of the skin from the axis at this height (within the half height) in this direction in the plane; plain: without `shape`.
  double plain_radius(double x, double y, double height) const;
  double radius(double x, double y, double height) const;
};

// Of the points "body left", "body right", "body front", "body back", "body top", "body bottom"; none when one is missing or they span nothing.
std::optional<Torso> find_torso(const std::vector<Electrode>& electrodes);
std::vector<Electrode> body_points(const Torso& torso);   // and, with a shape, its points
bool is_body_point(const Electrode& electrode);            // one of these and no electrode
// Where the half-line from the body's vertical axis through x leaves the torso.
core::Vec3 on_skin(const Torso& torso, const core::Vec3& x);

// The electrodes of standard_electrodes() moved to the skin of a standard adult torso, and its six points.
std::vector<Electrode> standard_body(const HeartAxes& axes, ElectrodeFrame frame = ElectrodeFrame::patient);

ConductorSurface torso_surface(const Torso& torso);
// Blood of a ventricle by the prefix of its patch; none when it cannot be closed.
std::optional<ConductorSurface> cavity_surface(const core::TetMesh& mesh, const char* patch_prefix);

// Z of electrodes on the skin at points of the torso, mV per mA: by reciprocity the potential of the electrode for a unit source there.
// surfaces[0] is the body.
class LeadPotential {
 public:
  // Cancelled within a tenth of a second or so.
  static core::Result<LeadPotential> make(std::vector<ConductorSurface> surfaces, std::vector<core::Vec3> electrodes, const core::Progress& progress);
  LeadPotential(std::vector<ConductorSurface> surfaces, std::vector<core::Vec3> electrodes);   // the same without end
  std::vector<double> at(const core::Vec3& x) const;   // [electrodes]

 private:
  LeadPotential() = default;
  struct Patch {
    core::Vec3 centre;
    double area;
    std::array<core::Vec3, 16> part;   // centres of its sixteen parts
  };
  std::vector<core::Vec3> electrode_;
  std::vector<Patch> patch_;
  std::vector<double> weight_;   // [patch][electrode]
  double torso_ = 0;
};

}  // namespace ot::ep
