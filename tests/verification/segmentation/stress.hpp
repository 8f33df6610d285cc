// SPDX-License-Identifier: GPL-3.0-or-later
// Harder versions of one contrast CT with known labels: other voxels, other values, noise, motion, attitudes, contrast timings, shapes.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "solvers/core/volume.hpp"

namespace ot::test {

struct Stressed {
  core::Volume ct;
  std::function<core::Vec3(const core::Vec3&)> map;   // where a point of the original lies now; empty: where it was
};

struct Condition {
  std::string name;
  std::function<Stressed(const core::Volume& ct, const core::LabelMap& reference)> make;
  bool hard = false;      // information is missing or wrong: reported, without a bound
};

const std::vector<Condition>& conditions();

}  // namespace ot::test
