// SPDX-License-Identifier: GPL-3.0-or-later
// Facts about the heart of a twin that several panels show: tissue shares, segment values, mesh quality.
// They cost a pass over the mesh, so they are made once per case, in a job, and kept.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "solvers/twin/simulation.hpp"

namespace ot::present {

struct TissueShare {
  std::string key, source;
  double volume_ml = 0, percent = 0;
  bool conducting = true;
};

struct HeartFacts {
  std::vector<TissueShare> tissue;           // of the electrical mesh, in the order of the regions
  std::vector<TissueShare> walls;            // by mesh region: "lv_myocardium", "rv_wall", "scar"
  core::MeshQuality quality;
  std::array<double, 17> scar_percent{};     // per AHA segment: scar and border zone
};
HeartFacts heart_facts(const twin::HeartModel& heart);

// Mean of a node field per AHA segment, NaN where there is none. Values that are NaN are left out.
std::array<double, 17> segment_means(const twin::HeartModel& heart, const std::vector<float>& node_values);

// Smallest and largest finite value; {0, 1} when there is none.
std::array<double, 2> finite_range(const std::vector<float>& values);

// "lv_myocardium" -> "LV myocardium"
std::string words(const std::string& key);

}  // namespace ot::present
