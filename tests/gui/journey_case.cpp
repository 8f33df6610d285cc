// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/journey_case.hpp"

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "tests/support/ellipsoid_heart.hpp"
#include "tests/support/tube_mesh.hpp"
#include "tests/support/viewer_shapes.hpp"

namespace ot::test {

session::CaseData journey_case(const JourneyCase& shape) {
  EllipsoidHeart ellipsoid;
  ellipsoid.edge_mm = shape.edge_mm;
  ellipsoid.scar = true;
  organs::HeartInputs inputs;
  inputs.mesh = std::make_shared<const core::TetMesh>(ellipsoid_heart(ellipsoid));
  const auto built = organs::build_heart(inputs, {});
  OT_EXPECT(built.has_value());
  auto heart = std::make_shared<twin::HeartModel>(**built);
  heart->baseline.end_ms = shape.end_ms;

  const Tube made = tube(1.5, 40.0, 3, cosine_stenosis(1.5, 0.6, 20.0, 12.0));
  auto vessel = std::make_shared<twin::VesselModel>();
  vessel->key = "lad";
  vessel->name = "LAD";
  vessel->lumen = std::make_shared<const core::SurfaceMesh>(made.surface);
  vessel->network = std::make_shared<const core::VesselNetwork>(made.network);
  vessel->mesh = std::make_shared<const core::TetMesh>(made.mesh);
  vessel->edge_mm = 0.5;
  vessel->stenoses = core::find_stenoses(made.network);
  vessel->report_ffr = true;
  vessel->aortic_pressure_Pa = 12000;
  vessel->baseline.mesh = vessel->mesh;
  vessel->baseline.network = vessel->network;
  vessel->baseline.inlets = {{tube_inlet, {{0.0, 2000.0}}, hemo::InletProfile::parabolic}};
  vessel->baseline.outlets = {{tube_outlet, 4.0, 0, 0, 0}};

  core::Grid grid;
  grid.size = {72, 64, 72};
  grid.spacing = {2.5, 2.5, 2.5};
  grid.origin = {-90, -80, -90};
  const auto image = two_chambers(grid);

  session::CaseData data;
  data.patient.id = "JOURNEY";
  data.patient.series = "CT 2.5 mm, synthetic";
  data.patient.built_in = true;
  data.images.push_back({"thorax", "Thorax", image.volume, image.labels, {}, {}});
  data.anatomy.push_back({"left_atrium", "Left atrium", {214, 140, 140}, false, false, ball_surface({15, 35, 40}, {24, 20, 22})});
  auto twin = std::make_shared<twin::TwinModel>();
  twin->organ = "heart";
  twin->source_labels_sha256 = core::sha256_hex("journey case");
  twin->heart = heart;
  twin->vessels.push_back(vessel);
  twin->assumptions = {"The ventricles are ellipsoids, not a patient's."};
  data.twin = twin;
  data.program_version = "test";
  return data;
}

}  // namespace ot::test
