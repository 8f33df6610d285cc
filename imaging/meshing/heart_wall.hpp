// SPDX-License-Identifier: GPL-3.0-or-later
// The ventricular wall of a heart label map as an implicit function, its base cut and what lies around it.
// Model: LV wall = myocardium, scar, border zone and fat as labelled, closed by a 2 mm skin where LV blood lies bare away from the base; RV wall = shell of given thickness outside RV blood, where no other labelled
// cavity, vessel or LV wall is. Surfaces come from Gaussian-smoothed labels with the volume kept; distances are exact near them.
// Base: LV wall is cut by the mitral and aortic planes, RV wall by the tricuspid and pulmonary planes (outflow planes only near
// their valve, an infinite one would cut the other outflow tract); without a mitral plane one plane across the LV long axis.
// In: labels, planes LPS mm. Out: f(x) [mm, about a distance near the surface] < 0 inside.
// Fails: a missing label, in words. Threads: sampling is const and thread-safe.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imaging/meshing/grid_fields.hpp"
#include "imaging/meshing/meshing.hpp"

namespace ot::imaging {

struct BaseCut {
  Plane plane;                 // as given or fitted
  core::Vec3 outward{0, 0, 1}; // wall on this side is removed
  double reach_mm = 1e9;       // only this far from the centre, across the normal
  bool cuts_lv = true, cuts_rv = true;
};

class HeartWall {
 public:
  static core::Result<std::unique_ptr<HeartWall>> make(const core::LabelMap& labels, const std::vector<Plane>& planes,
                                                       const HeartMeshParams& params, const core::Progress& progress);
  double operator()(const core::Vec3& x) const;         // < 0 inside the cut wall
  double uncut(const core::Vec3& x) const;              // < 0 inside the wall before the cut
  double lv_wall(const core::Vec3& x) const;            // < 0 inside the LV wall before the cut
  double lv_blood(const core::Vec3& x) const { return (*lv_blood_)(x); }
  double rv_blood(const core::Vec3& x) const { return (*rv_blood_)(x); }
  double other_cavity(const core::Vec3& x) const { return others_ ? (*others_)(x) : band_; }  // atria and great vessels
  bool has_scar() const { return scar_.has_value(); }
  double scar_excess(const core::Vec3& x) const;        // > 0 scar
  bool has_border() const { return border_.has_value(); }
  bool has_fat() const { return fat_.has_value(); }
  enum class Tissue { muscle, scar, border, fat };
  Tissue tissue(const core::Vec3& x) const;             // what most of the wall around x is labelled
  double removed(const core::Vec3& x, bool lv) const;   // > 0 beyond a plane that cuts this ventricle, mm
  const BaseCut* cut_at(const core::Vec3& x, bool lv) const;   // the plane that removed x, null below all of them
  double voxel() const { return voxel_; }               // mm, smallest spacing of the working grid
  const Window& window() const { return window_; }
  const std::vector<BaseCut>& cuts() const { return cuts_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  core::Result<void> fill(const core::LabelMap& labels, const HeartMeshParams& params, const core::Progress& progress);
  double shell(const core::Vec3& x, double lv) const;
  double other_cavity_below(const core::Vec3& x) const;
  void report_skin();
  void choose_cuts(const core::LabelMap& labels, const std::vector<Plane>& planes);
  std::optional<Sampler> distance(const core::LabelMap& labels, const LabelSet& set, const core::Progress& progress);
  std::optional<Sampler> share(const core::LabelMap& labels, const LabelSet& set);

  Window window_;
  double voxel_ = 1, wall_mm_ = 3, band_ = 5;
  std::vector<std::unique_ptr<core::Volume>> fields_;
  std::optional<Sampler> lv_wall_, lv_blood_, rv_blood_, blocked_, others_, scar_, muscle_, border_, fat_;
  std::vector<BaseCut> cuts_;
  std::vector<std::string> notes_;
};

// One plane across the LV long axis at the level where the wall stops enclosing the blood.
Plane fit_base_plane(const core::LabelMap& labels);

}  // namespace ot::imaging
