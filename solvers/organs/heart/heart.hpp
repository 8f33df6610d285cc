// SPDX-License-Identifier: GPL-3.0-or-later
// Baseline heart twin: a biventricular mesh in, coordinates, fibres, tissue, conduction system, electrodes and the sinus beat out.
// In:   TetMesh, LPS mm: regions "lv_myocardium", "rv_wall", "scar", "border_zone", "myocardial_fat"; patches "endocardium_lv", "endocardium_rv", "epicardium",
//       "base". A mesh with the left ventricle alone works; so does one without regions (all is LV then unless an RV patch says).
// Out:  twin::HeartModel, immutable.
// Fails: bad_input when the mesh cannot be simulated, lacks a surface or has no tissue left; cancelled.
// Threads: same bits for every count.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/lv_frame.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/fibres.hpp"
#include "solvers/organs/heart/conduction.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::organs {

// Durrer et al. 1970 (Circulation 41:899): the left ventricle begins on the septum, high anterior paraseptal and posterior;
// the right one 5-10 ms later near its anterior papillary muscle. Regions as in Cardone-Noott et al. 2016 (Europace 18 suppl
// 4:iv4); the coordinates within them are calibrated so that the ellipsoid heart has a normal frontal axis.
std::vector<RootSite> durrer_sites();

struct HeartParams {
  std::string ionic_model = "ten_tusscher_panfilov_2006";   // family
  core::Vec3 velocity{0.6, 0.3, 0.2};    // m/s along f, s, n: within EP-FACTS section 8; conductivities follow from it and the cells (conduction_tuning.hpp)
  double fast_velocity = 1.0;            // m/s on the endocardial layer, calibrated on the ellipsoid heart: see heart.cpp
  double fast_up_to = 1.0;               // apicobasal extent of the layer
  // Wall depth (from the nearer cavity, 1 = epicardium) where mid-wall and epicardial cells begin. Long action potentials lie
  // under the endocardium in human wedges (Glukhov et al. 2010, Circ Res 106:981), the outer half is epicardial.
  double mid_from = 0.1, epi_from = 0.5;
  double border_mm = 2.0;                // width of the border zone around scar, when the mesh has no region "border_zone"
  double fat_rim_mm = 1.0;               // mixed tissue around segmented fat: about one CT voxel of partial volume; 0 = none
  double site_radius_mm = 3.0;           // tissue stimulated at each root site
  ep::FibreAngles fibres;
  std::vector<RootSite> sites = durrer_sites();
  HeartConduction conduction;            // the Purkinje tree by default; points: the sites above
};

struct HeartInputs {
  std::shared_ptr<const core::TetMesh> mesh;
  std::optional<core::Vec3> apex, base_centre;                 // override what is found on the mesh
  std::optional<core::LvFrame> lv_frame;                       // of the image's landmarks: segments of nodes are then those of voxels
  std::shared_ptr<const ep::FibreField> fibres;                // measured or from another tool; null: rule-based
  std::string fibres_source;                                   // "heart.lon": where the fibres came from, for the assumptions
  std::vector<ep::Electrode> electrodes;                       // empty: a standard adult torso; with body points: that torso (torso.hpp)
  ep::ElectrodeFrame frame = ep::ElectrodeFrame::patient;      // heart: model without patient orientation
  HeartParams params;
};

core::Result<std::shared_ptr<const twin::HeartModel>> build_heart(const HeartInputs& inputs, const core::Progress& progress);

// What was assumed, in words, for the twin's list. Cells and conduction: muscle_assumptions (muscle.hpp), from the problem itself.
std::vector<std::string> assumptions(const HeartInputs& inputs);

// Angle around the long axis in degrees, -180..180: 0 towards the RV, 90 anterior.
double wall_angle_deg(const twin::HeartLandmarks& landmarks, const core::Vec3& anterior, const core::Vec3& x);

}  // namespace ot::organs
