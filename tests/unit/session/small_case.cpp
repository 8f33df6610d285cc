// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/session/small_case.hpp"

#include "app/session/pipeline.hpp"

namespace ot::test {

session::CaseData small_case() {
  using core::Vec3;
  session::CaseData data;
  data.patient.id = "TEST";
  data.created_utc = "2026-11-21T00:00:00Z";
  data.program_version = session::program_version();

  session::ImageData image;
  image.key = "thorax";
  image.name = "Block";
  auto volume = std::make_shared<core::Volume>();
  volume->grid.size = {6, 5, 4};
  volume->grid.spacing = {1.5, 1.25, 2};
  volume->grid.origin = {-3, 7, 11};
  for (std::size_t i = 0; i < volume->grid.voxels(); ++i) volume->values.push_back(static_cast<float>(i) - 30.f);
  auto labels = std::make_shared<core::LabelMap>();
  labels->grid = volume->grid;
  labels->values.assign(volume->grid.voxels(), 0);
  for (std::size_t i = 40; i < 80; ++i) labels->values[i] = core::labels::lv_myocardium;
  labels->labels = core::labels::heart();
  image.volume = volume;
  image.labels = labels;
  image.quantities.push_back({"volume_lv_myocardium_ml", "LV myocardium volume", "ml", labels->volume_ml(core::labels::lv_myocardium), ""});
  data.images.push_back(image);

  auto mesh = std::make_shared<core::TetMesh>(core::make_box(Vec3(12, 8, 3), 1.0, core::BoxSplit::alternating));
  mesh->region_names = {{1, "lv_myocardium"}};
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(mesh->tets.size(), Vec3(0, 1, 0));
  auto heart = std::make_shared<twin::HeartModel>();
  heart->baseline.mesh = mesh;
  heart->baseline.fibres = fibres;
  heart->baseline.tissue.assign(mesh->tets.size(), 0);
  heart->baseline.regions.push_back({"healthy", true, Vec3(1, 1, 1), {}, "test"});
  heart->baseline.cell_type.assign(mesh->nodes.size(), static_cast<std::uint8_t>(ep::CellType::epi));
  ep::ActivationSite site;
  site.name = "corner";
  for (core::Index i = 0; i < static_cast<core::Index>(mesh->nodes.size()); ++i)
    if (mesh->nodes[i][0] < 1.5) site.nodes.push_back(i);
  heart->baseline.sites.push_back(site);
  heart->baseline.electrodes = {{"RA", {-100, -50, 100}}, {"LA", {100, -50, 100}}, {"RL", {-60, 0, -200}}, {"LL", {60, 0, -200}}, {"V1", {-20, -80, 0}},
                                {"V2", {10, -85, 0}},     {"V3", {30, -85, -10}},  {"V4", {50, -80, -20}}, {"V5", {80, -60, -20}},  {"V6", {100, -20, -20}}};
  heart->baseline.end_ms = 40;
  heart->transmural.assign(mesh->nodes.size(), 0.5f);
  heart->apicobasal.assign(mesh->nodes.size(), 0.5f);
  heart->aha_segment.assign(mesh->nodes.size(), 7);
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "heart";
  twin->source_labels_sha256 = labels->sha256();
  twin->heart = heart;
  twin->assumptions = {"a slab"};
  data.twin = twin;
  data.plans.push_back({"A", "first", {"A", {}}});
  return data;
}

}  // namespace ot::test
