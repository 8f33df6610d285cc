// SPDX-License-Identifier: GPL-3.0-or-later
// GuidedInput made ready for the stages of the cardiac recipe: which label may not be where, where a cut costs nothing, what is certain.
#pragma once
#include "imaging/segmentation/guided.hpp"
#include "imaging/segmentation/heart_fit.hpp"

namespace ot::imaging {

class Hints {
 public:
  Hints() = default;
  explicit Hints(const GuidedInput& input);            // checked before
  bool empty() const { return input_.empty(); }
  const GuidedInput& input() const { return input_; }

  std::vector<Anchor> anchors() const;                 // for the fit of the model heart
  // Valve normals turned downstream and split sheets sided, once the model heart lies on the scan (or by the seeds where they tell).
  void orient(const HeartFit& fit, const ShapePrior& prior);

  // A core::labels value that must not be at this point; certain from a valve, a cut or a split.
  bool forbidden(int label, const core::Vec3& p) const;
  // On a valve disc or a split sheet, within half of `thickness` mm: a cut is free here.
  bool free_cut(const core::Vec3& p, double thickness) const;
  // The label a seed puts here (within `reach` mm), 0 for none; not_heart gives 255.
  int seeded(const core::Vec3& p, double reach) const;
  const std::vector<Plane>& valves() const { return valves_; }
  const Plane* valve(const std::string& key) const;
  std::vector<std::string> notes() const;

 private:
  struct Sheet {
    std::array<int, 2> label{};
    std::vector<core::Vec3> point, normal;             // normal: towards label[0]
  };
  struct Cut {
    int label = 0;
    core::Vec3 centre, normal;
    double radius = 0;
  };
  GuidedInput input_;
  std::vector<Plane> valves_;
  std::vector<HingeFit> fits_;
  std::vector<Sheet> sheets_;
  std::vector<Cut> cuts_;
  std::vector<std::pair<int, core::Vec3>> seeds_;
};

}  // namespace ot::imaging
