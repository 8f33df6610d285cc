// SPDX-License-Identifier: GPL-3.0-or-later
// Landmarks of the left ventricle and its neighbours, found on labels and movable by hand, and the LV frame they span.
// Model:   mitral centre = fitted plane, else contact of LV blood with the left atrium, else the bare end of LV blood. Endocardial apex: centre of
//          the last slab of LV blood along the axis mitral centre -> apex (fixed point). Epicardial apex: where the axis leaves the wall.
//          RV insertions: rays across the axis in the middle third; where RV cavity or wall lies right behind the LV wall is septum, the
//          ends of that arc are the insertions. Which end is anterior: pulmonary trunk against tricuspid valve, then aortic against
//          mitral valve, then the patient's axes; so a turned or mirrored heart keeps its walls.
// In:      label numbers of core::labels, planes, LPS mm; any grid orientation and spacing. Points set by hand win over found ones.
// Fails:   without LV blood or wall, in words. A landmark that cannot be found is absent and a note says why.
// Threads: same bits for every count.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/lv_frame.hpp"

namespace ot::imaging {

struct Landmark {
  std::string key;
  core::Vec3 at{0, 0, 0};      // LPS mm
  bool by_hand = false;
  bool operator==(const Landmark&) const = default;
};

namespace landmark_keys {
inline constexpr const char* mitral = "mitral_centre";
inline constexpr const char* aortic = "aortic_centre";
inline constexpr const char* tricuspid = "tricuspid_centre";
inline constexpr const char* pulmonary = "pulmonary_centre";
inline constexpr const char* apex_endo = "lv_apex_endocardium";
inline constexpr const char* apex_epi = "lv_apex_epicardium";
inline constexpr const char* rv_anterior = "rv_insertion_anterior";
inline constexpr const char* rv_posterior = "rv_insertion_posterior";
}  // namespace landmark_keys

// All keys in the order in which they are listed, with the name shown.
struct LandmarkKind {
  const char *key, *name;
};
const std::vector<LandmarkKind>& landmark_kinds();

struct HeartLandmarks {
  std::vector<Landmark> points;        // those known, in the order of landmark_kinds()
  core::LvFrame frame;
  Plane base;                          // "base": across the long axis at the mitral centre, normal away from the apex
  bool septum_known = false;           // false: no right ventricle and no insertion by hand; the frame's septum is an average adult's
  bool mirrored = false;               // handedness of the heart is not the normal one
  double insertion_angle_deg[2] = {60, -60};  // of the anterior and posterior insertion, as core::lv_angle_deg
  std::vector<std::string> notes;

  const Landmark* find(const std::string& key) const;
};

core::Result<HeartLandmarks> find_landmarks(const core::LabelMap& labels, const std::vector<Plane>& planes, const std::vector<Landmark>& by_hand,
                                            const core::Progress& progress = {});

}  // namespace ot::imaging
