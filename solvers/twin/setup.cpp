// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/twin/setup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <mutex>
#include <set>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"
#include "solvers/hemodynamics/network_flow.hpp"
#include "solvers/twin/placement.hpp"

namespace ot::twin {
namespace {

SimulationSetup untreated(std::shared_ptr<const TwinModel> twin, core::Mode mode) {
  SimulationSetup setup;
  setup.mode = mode;
  if (twin->heart) setup.electro = twin->heart->baseline;
  for (const auto& vessel : twin->vessels) {
    VesselSetup v;
    v.key = vessel->key;
    v.lumen = vessel->lumen;
    v.network = vessel->network;
    v.problem = vessel->baseline;
    v.problem.mesh = vessel->mesh;
    v.problem.network = vessel->network;
    setup.vessels.push_back(std::move(v));
  }
  setup.twin = std::move(twin);
  return setup;
}

void add_network(core::Hasher& hash, const core::VesselNetwork& network) {
  hash.value(network.inlet_patch).value<std::uint64_t>(network.branches.size());
  for (const auto& b : network.branches) {
    hash.text(b.name).value(b.parent).value(b.outlet_patch).array(b.radius).array(b.arc);
    hash.value<std::uint64_t>(b.points.size());
    for (const auto& p : b.points) hash.value(p.x()).value(p.y()).value(p.z());
  }
}

// What the aortic pressure drives through the untreated vessel; remembered while the model exists (it never changes, and a dragged device
// asks for it at every move). Any thread.
core::Result<double> untreated_flow(const std::shared_ptr<const VesselModel>& model) {
  struct Known {
    std::weak_ptr<const VesselModel> model;
    double flow = 0;
  };
  static std::mutex mutex;
  static std::vector<Known> known;
  {
    const std::lock_guard lock(mutex);
    std::erase_if(known, [](const Known& k) { return k.model.expired(); });
    for (const Known& k : known)
      if (k.model.lock() == model) return k.flow;
  }
  hemo::FlowProblem before = model->baseline;
  before.network = model->network;
  const auto flow = hemo::flow_for_inlet_pressure(before, model->aortic_pressure_Pa);
  if (!flow) return flow;
  const std::lock_guard lock(mutex);
  known.push_back({model, *flow});
  return flow;
}

// A coronary tree hangs on the aorta: its inflow is what the aortic pressure drives through it. After the lumen changed, the
// baseline inflow is scaled by the ratio of the flows the network model finds before and after, at equal pressure and equal
// resistances of the muscle behind (Pijls et al. 1993, Circulation 87:1354: constant minimal resistance at hyperaemia).
void follow_aortic_pressure(const std::shared_ptr<const VesselModel>& of, SimulationSetup& setup, VesselSetup& v) {
  const VesselModel& model = *of;
  if (!model.report_ffr || !v.lumen_changed || !(model.aortic_pressure_Pa > 0) || !v.problem.steady || v.problem.inlets.size() != 1) return;
  const auto old_flow = untreated_flow(of), new_flow = hemo::flow_for_inlet_pressure(v.problem, model.aortic_pressure_Pa);
  if (!old_flow || !new_flow || !(*old_flow > 0)) {
    setup.notes.push_back(fmt::format("{}: the inflow was kept as before the lumen changed ({})", model.name, !old_flow ? old_flow.error().message : !new_flow ? new_flow.error().message : "no flow before"));
    return;
  }
  const double factor = *new_flow / *old_flow;
  for (auto& [t, q] : v.problem.inlets[0].flow) q *= factor;
  setup.notes.push_back(fmt::format("{}: at the same aortic pressure the inflow is {:.2f} times that of the untreated vessel.", model.name, factor));
}

}  // namespace

std::string SimulationSetup::sha256() const {
  core::Hasher hash;
  hash.text("simulation setup 1").value(mode).text(twin ? twin->source_labels_sha256 : "");
  hash.value(electro.has_value());
  if (electro) hash.text(electro->sha256());
  hash.value<std::uint64_t>(vessels.size());
  for (const VesselSetup& v : vessels) {
    hash.text(v.key).text(v.lumen ? v.lumen->sha256() : "").value(v.network != nullptr).value(v.lumen_changed);
    if (v.network) add_network(hash, *v.network);
    if (v.lumen_changed) {  // the mesh is a function of the lumen and the edge
      hemo::FlowProblem without_mesh = v.problem;
      without_mesh.mesh = nullptr;
      const VesselModel* model = twin ? twin->find_vessel(v.key) : nullptr;
      hash.text(without_mesh.sha256()).value(model ? model->edge_mm : 0.0);
    } else {
      hash.text(v.problem.sha256());
    }
  }
  hash.value<std::uint64_t>(quantities.size());
  for (const auto& q : quantities) hash.text(q.key).value(q.value);
  hash.value<std::uint64_t>(notes.size());
  for (const auto& note : notes) hash.text(note);
  return hash.hex();
}

void set_quantity(SimulationSetup& setup, core::Quantity quantity) {
  for (auto& q : setup.quantities)
    if (q.key == quantity.key) {
      q = std::move(quantity);
      return;
    }
  setup.quantities.push_back(std::move(quantity));
}

const core::Quantity* find_quantity(const std::vector<core::Quantity>& quantities, const std::string& key) {
  for (const auto& q : quantities)
    if (q.key == key) return &q;
  return nullptr;
}

namespace {

// A vessel that only stands in the way of others' devices (one_vessel.hpp): it has neither mesh nor any condition of a flow.
bool only_a_wall(const VesselModel& model) { return !model.mesh && !model.baseline.mesh && model.baseline.inlets.empty() && model.baseline.outlets.empty(); }

// "stent s1 and bypass b2": what changed the lumen.
std::string devices_on(const Scenario& scenario, const std::string& vessel) {
  std::vector<std::string> names;
  for (const InterventionSpec& spec : scenario.interventions)
    if (spec.enabled && spec.placement.vessel == vessel) names.push_back(spec.kind + " " + spec.id);
  return fmt::format("{}", fmt::join(names, " and "));
}

}  // namespace

const InterventionKind* find_intervention(const std::string& kind) {
  for (const auto& k : builtin_interventions())
    if (k.key == kind) return &k;
  return nullptr;
}

core::Result<SimulationSetup> prepare(std::shared_ptr<const TwinModel> twin, const Scenario& scenario, core::Mode mode, const core::Progress& progress) {
  OT_EXPECT(twin != nullptr);
  SimulationSetup setup = untreated(twin, mode);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < scenario.interventions.size(); ++i) {
    const InterventionSpec& spec = scenario.interventions[i];
    if (!ids.insert(spec.id).second)
      return core::bad_input(fmt::format("Two interventions have the id \"{}\" (they could not be told apart). Give each its own.", spec.id));
    if (!spec.enabled) continue;
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(i) / double(scenario.interventions.size()), fmt::format("applying {}", spec.id));
    if (auto ok = validate(*twin, spec); !ok) return pass(ok);
    if (auto ok = find_intervention(spec.kind)->apply(*twin, spec, setup); !ok) return pass(ok);
  }
  std::erase_if(setup.vessels, [&](const VesselSetup& v) { return only_a_wall(*setup.twin->find_vessel(v.key)); });
  for (VesselSetup& v : setup.vessels) {
    v.problem.network = v.network;
    if (!v.lumen_changed) continue;
    if (mode == core::Mode::full) v.problem.mesh = nullptr;  // FAST takes only the names of patches from it
    for (const auto& model : setup.twin->vessels)
      if (model->key == v.key) follow_aortic_pressure(model, setup, v);
  }
  if (progress.cancelled()) return core::cancelled();
  return setup;
}

core::Result<SimulationSetup> compile(std::shared_ptr<const TwinModel> twin, const Scenario& scenario, core::Mode mode, const Tools& tools,
                                      const core::Progress& progress) {
  auto setup = prepare(std::move(twin), scenario, mode, progress.part(0.0, 0.1));
  if (!setup) return setup;
  if (mode == core::Mode::fast) return setup;  // the FAST flow solver needs the centreline only
  for (VesselSetup& v : setup->vessels) {
    if (!v.lumen_changed) continue;
    const VesselModel* model = setup->twin->find_vessel(v.key);
    OT_EXPECT(model && v.lumen);
    if (v.problem.grafts.empty() ? !tools.remesh_lumen : !tools.graft_lumen)
      return core::computation_failed(fmt::format("The changed lumen of {} was not meshed (this program was built without the mesher, which the full flow model needs). Use the fast model.", model->name));
    progress.report(0.1, fmt::format("meshing the changed lumen of {}", model->name));
    core::Result<core::TetMesh> mesh = core::computation_failed("");
    if (v.problem.grafts.empty()) {
      mesh = tools.remesh_lumen(*v.lumen, model->edge_mm, progress.part(0.1, 1.0));
    } else {
      std::vector<core::VesselBranch> tubes;
      for (const hemo::Graft& g : v.problem.grafts) tubes.push_back(g.line);
      auto grafted = tools.graft_lumen(*v.lumen, *v.network, tubes, model->edge_mm, progress.part(0.1, 1.0));
      if (!grafted) return pass(grafted);
      v.grafted = std::make_shared<const core::SurfaceMesh>(std::move(grafted->lumen));
      mesh = std::move(grafted->mesh);
    }
    if (!mesh && mesh.error().code != core::ErrorCode::cancelled)
      return tl::unexpected<core::Error>(core::Error{mesh.error().code, fmt::format("{} cannot be meshed with {}: {}", model->name, devices_on(scenario, v.key), mesh.error().message)});
    if (!mesh) return pass(mesh);
    if (progress.cancelled()) return core::cancelled();
    if (auto ready = core::check_simulation_ready(*mesh); !ready) return pass(ready);
    v.problem.mesh = std::make_shared<const core::TetMesh>(std::move(*mesh));
  }
  progress.report(1.0, "setup ready");
  return setup;
}

}  // namespace ot::twin
