// SPDX-License-Identifier: GPL-3.0-or-later
// A twin small enough for a unit test: a slab of muscle (30 x 30 x 6 mm, its top at z = 6) and a tube as "lad" (3 mm wide,
// 40 mm long, far from the slab).
#pragma once
#include <memory>

#include "solvers/twin/scenario.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::test {

struct SmallTwinOptions {
  double slab_edge_mm = 1.0;
  double stenosis_percent = 0;   // of the tube's diameter, cosine, 20..32 mm
  int elements_per_radius = 5;
  double end_ms = 500;
};
std::shared_ptr<const twin::TwinModel> small_twin(const SmallTwinOptions& options = {});

// A valid spec of the kind on the small twin whose effect is not zero.
twin::InterventionSpec sample(const std::string& kind);
twin::Scenario scenario(std::vector<twin::InterventionSpec> specs);

}  // namespace ot::test
