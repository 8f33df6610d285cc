// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/twin_model.hpp"

#include "solvers/core/hash.hpp"

namespace ot::twin {
namespace {

void add_point(core::Hasher& hash, const core::Vec3& x) {
  for (int i = 0; i < 3; ++i) hash.value(x[i]);
}

void add_heart(core::Hasher& hash, const HeartModel& heart) {
  hash.text(heart.baseline.sha256()).array(heart.transmural).array(heart.apicobasal).array(heart.aha_segment);
  for (const core::Vec3& x : {heart.landmarks.apex, heart.landmarks.base_centre, heart.landmarks.long_axis, heart.landmarks.rv_direction}) add_point(hash, x);
}

void add_vessel(core::Hasher& hash, const VesselModel& vessel) {
  hash.text(vessel.key).text(vessel.name).text(vessel.lumen ? vessel.lumen->sha256() : "").text(vessel.mesh ? vessel.mesh->sha256() : "");
  hash.text(vessel.baseline.sha256()).value(vessel.edge_mm).value(vessel.report_ffr).value(vessel.aortic_pressure_Pa);
  hash.value<std::uint64_t>(vessel.stenoses.size());
  for (const core::Stenosis& s : vessel.stenoses) hash.value(s.branch).value(s.start_mm).value(s.end_mm).value(s.throat_mm).value(s.min_diameter_mm).value(s.reference_diameter_mm);
}

}  // namespace

std::string TwinModel::sha256() const {
  core::Hasher hash;
  hash.text("twin model 1").text(organ).text(source_labels_sha256).value(heart != nullptr);
  if (heart) add_heart(hash, *heart);
  hash.value<std::uint64_t>(vessels.size());
  for (const auto& vessel : vessels) add_vessel(hash, *vessel);
  hash.value<std::uint64_t>(assumptions.size());
  for (const std::string& assumption : assumptions) hash.text(assumption);
  return hash.hex();
}

const VesselModel* TwinModel::find_vessel(const std::string& key) const {
  for (const auto& vessel : vessels)
    if (vessel->key == key) return vessel.get();
  return nullptr;
}

}  // namespace ot::twin
