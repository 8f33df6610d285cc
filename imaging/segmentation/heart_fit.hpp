// SPDX-License-Identifier: GPL-3.0-or-later
// Where is the heart, and roughly how is it turned and sized? A model heart is laid over the scan.
// Model: x = t + R diag(s) (m - c): translation, rotation, three scales (9 numbers) maximise the mean agreement between what the model says
// (contrast blood, thick wall, surroundings) and the class of each voxel (gas, soft, contrast), with a mild pull to the usual size and
// attitude. Starts all over the scan, pattern search, no random numbers.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/volume.hpp"

namespace ot::imaging {

// Signed distance (mm, negative inside) to every structure of the model heart.
struct ShapePrior {
  core::Grid grid;
  std::map<int, std::vector<float>> distance;  // by label; key 0: to the union of all blood and wall
  std::map<int, core::Vec3> centre;            // of every structure, model mm
  float at(int label, const core::Vec3& model_mm) const;
};
ShapePrior make_shape_prior();

enum class Matter : std::uint8_t { gas, soft, contrast };
struct MatterMap {
  core::Grid grid;
  std::vector<Matter> values;
};

struct HeartFit {
  core::Vec3 centre{0, 0, 0};       // of the model
  core::Vec3 translation{0, 0, 0};  // patient mm of that centre
  core::Vec3 rotation{0, 0, 0};     // rad, rotation vector
  core::Vec3 log_scale{0, 0, 0};
  double score = 0;                 // mean agreement, 1 = perfect
  core::Mat3 linear() const;
  core::Vec3 to_patient(const core::Vec3& model) const { return translation + linear() * (model - centre); }
};
// Patient -> model, with the inverse worked out once.
struct Unfit {
  explicit Unfit(const HeartFit& fit);
  core::Vec3 operator()(const core::Vec3& patient) const { return centre_ + inverse_ * (patient - translation_); }
  double scale = 1;  // patient mm per model mm

 private:
  core::Vec3 centre_, translation_;
  core::Mat3 inverse_;
};

// A point of the patient that a person named: inside a structure of the model (label > 0), or at a point of it (label 0).
struct Anchor {
  int label = 0;
  core::Vec3 model{0, 0, 0}, patient{0, 0, 0};
};
struct ModelValve {
  core::Vec3 centre, normal;
  double radius = 0;
};
ModelValve model_valve(const std::string& key);   // "mitral", ...; of the model heart (imaging/phantom/thorax.cpp)
core::Vec3 model_apex();

// `right_filled`: does the right heart hold contrast? Where it does not, soft tissue there is as good as blood.
core::Result<HeartFit> fit_heart(const MatterMap& matter, const ShapePrior& prior, const std::vector<Anchor>& anchors, bool right_filled, const core::Progress& progress);
// Sharpens a fit with labels found so far on the same kind of grid (0 = none).
HeartFit refit_heart(const HeartFit& start, const ShapePrior& prior, const std::vector<Anchor>& anchors, bool right_filled, const core::Grid& grid,
                     const std::vector<std::uint8_t>& labels);

}  // namespace ot::imaging
