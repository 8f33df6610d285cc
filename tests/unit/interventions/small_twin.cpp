// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/interventions/small_twin.hpp"

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "tests/support/tube_mesh.hpp"

namespace ot::test {

std::shared_ptr<const twin::TwinModel> small_twin(const SmallTwinOptions& options) {
  auto mesh = std::make_shared<core::TetMesh>(core::make_box({30, 30, 6}, options.slab_edge_mm, core::BoxSplit::alternating));
  mesh->region.assign(mesh->tets.size(), 2);
  mesh->region_names = {{2, "lv_myocardium"}};
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(mesh->tets.size(), {1, 0, 0});
  fibres->s.assign(mesh->tets.size(), {0, 1, 0});

  auto heart = std::make_shared<twin::HeartModel>();
  ep::ElectroProblem& p = heart->baseline;
  p.mesh = mesh;
  p.fibres = fibres;
  p.tissue.assign(mesh->tets.size(), 0);
  p.regions.resize(1);
  p.regions[0].key = "healthy";
  p.regions[0].source = "test";
  ep::ActivationSite corner;
  corner.name = "corner";
  for (std::size_t n = 0; n < mesh->nodes.size(); ++n)
    if (mesh->nodes[n].norm() <= 2.0) corner.nodes.push_back(static_cast<core::Index>(n));
  p.sites.push_back(corner);
  p.cell_type.assign(mesh->nodes.size(), std::uint8_t(ep::CellType::endo));
  p.electrodes = {{"RA", {-150, -50, 180}}, {"LA", {180, -50, 180}}, {"RL", {-80, -50, -250}}, {"LL", {110, -50, -250}}, {"V1", {-10, 15, 80}}, {"V2", {15, 15, 80}},
                  {"V3", {40, 20, 75}},     {"V4", {70, 30, 60}},    {"V5", {90, 60, 40}},     {"V6", {100, 100, 20}}};
  p.end_ms = options.end_ms;

  const Tube made = tube(1.5, 40.0, options.elements_per_radius, cosine_stenosis(1.5, options.stenosis_percent / 100.0, 26.0, 12.0));
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = "lad";
  vessel->name = "LAD";
  vessel->lumen = std::make_shared<const core::SurfaceMesh>(made.surface);
  vessel->network = std::make_shared<const core::VesselNetwork>(made.network);
  vessel->mesh = std::make_shared<const core::TetMesh>(made.mesh);
  vessel->edge_mm = 0.4;
  vessel->stenoses = core::find_stenoses(made.network);
  vessel->report_ffr = true;
  vessel->aortic_pressure_Pa = 12000;
  vessel->baseline.mesh = vessel->mesh;
  vessel->baseline.network = vessel->network;
  vessel->baseline.inlets = {{tube_inlet, {{0.0, 1000.0}}, hemo::InletProfile::parabolic}};
  vessel->baseline.outlets = {{tube_outlet, 10.0, 0, 0, 0}};

  auto model = std::make_shared<twin::TwinModel>();
  model->organ = "heart";
  model->source_labels_sha256 = core::sha256_hex("small twin");
  model->heart = heart;
  model->vessels.push_back(vessel);
  return model;
}

twin::InterventionSpec sample(const std::string& kind) {
  const twin::InterventionKind* k = twin::find_intervention(kind);
  OT_EXPECT(k != nullptr);
  twin::InterventionSpec spec;
  spec.id = kind + "-1";
  spec.kind = kind;
  spec.params = k->schema.defaults();
  spec.placement.kind = k->placement;
  if (k->placement == twin::Placement::Kind::point) spec.placement.points_mm = {{15, 15, 6}};
  if (k->placement == twin::Placement::Kind::segment) {
    spec.placement.vessel = "lad";
    spec.placement.start_mm = 18;
    spec.placement.length_mm = 16;
  }
  if (k->placement == twin::Placement::Kind::bridge) {   // past the lesion
    spec.placement.vessel = "lad";
    spec.placement.start_mm = 8;
    spec.placement.to_mm = 36;
    spec.params.set("diameter_mm", 2.0);
  }
  if (kind == "stent" || kind == "tapered_stent" || kind == "angioplasty") spec.params.set("diameter_mm", kind == "angioplasty" ? 4.5 : 3.5);  // the tube is 3 mm wide
  return spec;
}

twin::Scenario scenario(std::vector<twin::InterventionSpec> specs) {
  twin::Scenario s;
  s.name = "A";
  s.interventions = std::move(specs);
  return s;
}

}  // namespace ot::test
