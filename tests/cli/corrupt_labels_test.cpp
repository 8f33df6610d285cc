// SPDX-License-Identifier: GPL-3.0-or-later
// Every mesh of the built-in patient comes from the segmented labels: whoever corrupts them gets another heart.
#include <catch2/catch.hpp>

#include "app/session/demo.hpp"
#include "app/session/pipeline.hpp"

using namespace ot;

namespace {

struct Outcome {
  std::string mesh_sha256, labels_sha256, vessel_sha256;
  double wall_ml = 0;
  std::shared_ptr<const twin::RunResult> run;
  double quantity(const std::string& key) const {
    for (const auto& q : run->quantities)
      if (q.key == key) return q.value;
    throw std::runtime_error("no quantity " + key);
  }
};

Outcome outcome(const session::LabelEdit& edit) {
  session::DemoParams params;
  params.quick = true;
  auto data = session::build_builtin(params, edit, {});
  REQUIRE(data);
  auto run = session::run_scenario(*data, {}, core::Mode::fast, {}, {});
  REQUIRE(run);
  Outcome o{data->heart_mesh->mesh->sha256(), data->twin->source_labels_sha256, data->vessel_meshes.at(0).mesh->sha256(), 0, *run};
  const auto& mesh = *data->heart_mesh->mesh;
  for (const auto& t : mesh.tets) o.wall_ml += core::tet_volume(mesh.nodes[t[0]], mesh.nodes[t[1]], mesh.nodes[t[2]], mesh.nodes[t[3]]) / 1000;
  return o;
}

bool is_lv_wall(std::uint8_t v) { return v == core::labels::lv_myocardium || v == core::labels::scar; }

// One voxel of the left ventricle's wall more on its outside.
void widen(core::LabelMap& labels) {
  const core::LabelMap old = labels;
  const auto& g = old.grid;
  for (int k = 1; k + 1 < g.size[2]; ++k)
    for (int j = 1; j + 1 < g.size[1]; ++j)
      for (int i = 1; i + 1 < g.size[0]; ++i) {
        if (old.at(i, j, k) != 0) continue;
        if (is_lv_wall(old.at(i - 1, j, k)) || is_lv_wall(old.at(i + 1, j, k)) || is_lv_wall(old.at(i, j - 1, k)) || is_lv_wall(old.at(i, j + 1, k)) || is_lv_wall(old.at(i, j, k - 1)) || is_lv_wall(old.at(i, j, k + 1)))
          labels.values[g.offset(i, j, k)] = core::labels::lv_myocardium;
      }
}

}  // namespace

TEST_CASE("Corrupting the segmented labels changes the mesh, its volume and the activation") {
  const Outcome as_is = outcome(nullptr);
  const Outcome wider = outcome([](const std::string& key, core::LabelMap& labels) {
    if (key == "thorax") widen(labels);
  });
  CHECK(wider.mesh_sha256 != as_is.mesh_sha256);
  CHECK(wider.labels_sha256 != as_is.labels_sha256);
  CHECK(wider.vessel_sha256 == as_is.vessel_sha256);   // the coronary labels were left alone
  CHECK(wider.wall_ml > 1.05 * as_is.wall_ml);
  CHECK(wider.quantity("total_activation_ms") != as_is.quantity("total_activation_ms"));
}
