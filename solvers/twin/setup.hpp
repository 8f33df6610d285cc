// SPDX-License-Identifier: GPL-3.0-or-later
// SimulationSetup: what compile() makes of a twin and a scenario; interventions edit it in order.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/twin/scenario.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::twin {

// Geometry of one vessel as the scenario leaves it. The mesh is remade only when the lumen changed.
struct VesselSetup {
  std::string key;
  std::shared_ptr<const core::SurfaceMesh> lumen;
  std::shared_ptr<const core::VesselNetwork> network;   // radii follow the lumen
  std::shared_ptr<const core::SurfaceMesh> grafted;     // the lumen with the grafts of problem.grafts joined to it; FULL, filled in by compile()
  bool lumen_changed = false;
  hemo::FlowProblem problem;                            // mesh filled in by compile()
};

struct SimulationSetup {
  core::Mode mode = core::Mode::full;
  std::shared_ptr<const TwinModel> twin;
  std::optional<ep::ElectroProblem> electro;
  std::vector<VesselSetup> vessels;
  std::vector<core::Quantity> quantities;               // what interventions report themselves: lesion volume, concentration
  std::vector<std::string> notes;
  // Over the mode, the labels' hash, the problems, the lumens and what interventions report. A remade mesh follows from its
  // lumen, so prepare() and compile() of the same scenario give the same hash.
  std::string sha256() const;
};

// Adds the quantity, or replaces the one with the same key.
void set_quantity(SimulationSetup& setup, core::Quantity quantity);
const core::Quantity* find_quantity(const std::vector<core::Quantity>& quantities, const std::string& key);

// Capabilities that live in sibling layers (CGAL) and are handed in by app/session.
struct Tools {
  // closed lumen with patches -> tetrahedra with the same patches
  std::function<core::Result<core::TetMesh>(const core::SurfaceMesh&, double edge_mm, const core::Progress&)> remesh_lumen;
  // The same with tubes joined to the lumen; `network` is its centreline. The joined surface has the caps of the lumen.
  struct Grafted {
    core::SurfaceMesh lumen;
    core::TetMesh mesh;
  };
  std::function<core::Result<Grafted>(const core::SurfaceMesh& lumen, const core::VesselNetwork& network, const std::vector<core::VesselBranch>& tubes, double edge_mm, const core::Progress&)> graft_lumen;
};

// One kind of intervention: schema, checks and effect. Pure functions; one folder each; listed in builtin.cpp.
struct InterventionKind {
  std::string key;                    // "ablation"
  std::string label;                  // "Lesion"
  std::string summary;                // one line for `list interventions`
  std::string source;                 // citation of the model of effect
  std::string assumes;                // what it takes for granted or leaves out, one sentence; shown beside the form
  Placement::Kind placement = Placement::Kind::none;
  bool takes_line = false;            // a point kind that also takes a polyline (a line of lesions)
  core::ParamSchema schema;
  // Checked against the twin: lesion inside tissue, segment on the branch ... Same messages in CLI and GUI.
  std::function<core::Result<void>(const TwinModel&, const InterventionSpec&)> validate;
  // Edits the setup. Called only for enabled, validated specs. Must not change anything when its effect is zero.
  std::function<core::Result<void>(const TwinModel&, const InterventionSpec&, SimulationSetup&)> apply;
};

const std::vector<InterventionKind>& builtin_interventions();   // defined in solvers/interventions/builtin.cpp
const InterventionKind* find_intervention(const std::string& kind);

// The quick part of compile(), milliseconds: everything but remeshing. Its hash is the cache key; a changed lumen has no mesh yet.
core::Result<SimulationSetup> prepare(std::shared_ptr<const TwinModel> twin, const Scenario& scenario, core::Mode mode,
                                      const core::Progress& progress = {});

// Disabled interventions are absent: same setup hash as without them. FULL: changed lumens are remeshed with `tools`.
core::Result<SimulationSetup> compile(std::shared_ptr<const TwinModel> twin, const Scenario& scenario, core::Mode mode,
                                      const Tools& tools, const core::Progress& progress = {});

}  // namespace ot::twin
