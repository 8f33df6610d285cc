// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <tuple>

#include "app/solve/bidomain_spec.hpp"
#include "app/solve/rotation.hpp"
#include "app/solve/sensors.hpp"
#include "app/solve/solve.hpp"
#include "app/solve/spec_reader.hpp"
#include "app/solve/tissue_domain.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/extracellular.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/recorded/scale_csv.hpp"
#include "solvers/electrophysiology/reentry/cell_kinds.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::solve {
namespace {

using core::Index;
using core::Vec3;

void read_lesions(SpecReader& spec, ep::ElectroProblem& problem) {
  problem.regions.push_back({"healthy", true, Vec3(1, 1, 1), {}, "spec"});
  problem.tissue.assign(problem.mesh->tets.size(), 0);
  if (!spec.has("lesions")) return;
  for (const auto& one : spec.at("lesions")) {
    SpecReader lesion(one, "\"lesions\"");
    const auto& sphere = lesion.at("sphere_mm");
    if (!sphere.is_array() || sphere.size() != 2) throw SpecError("\"sphere_mm\" is [[x, y, z], radius].");
    const Vec3 centre = SpecReader::to_vec3(sphere[0], "\"sphere_mm\"");
    const double radius = sphere[1].get<double>();
    lesion.finish();
    if (problem.regions.size() == 1) problem.regions.push_back({"lesion", false, Vec3(1, 1, 1), {}, "spec"});
    std::size_t burned = 0;
    for (std::size_t e = 0; e < problem.mesh->tets.size(); ++e) {
      Vec3 x(0, 0, 0);
      for (Index i : problem.mesh->tets[e]) x += problem.mesh->nodes[static_cast<std::size_t>(i)] / 4;
      if ((x - centre).norm() <= radius) problem.tissue[e] = 1, ++burned;
    }
    if (burned == 0) throw SpecError("A lesion burns no tissue (it lies outside the mesh or is smaller than its cells). Move or enlarge it.");
  }
}

ep::ChannelScales read_channels(const nlohmann::json& json, const std::string& where) {
  SpecReader spec(json, where);
  ep::ChannelScales scales;
  for (const ep::ChannelKey& c : ep::channel_keys()) scales.*c.member = spec.number(c.key, 1, 0, 1e3);
  spec.finish();
  return scales;
}

// The family and the kind of cell of a name of `list ionic-models`: a family, or one of its cells.
std::pair<std::string, ep::CellType> cells_of(const std::string& name) {
  for (const auto& [suffix, cell] : {std::pair<std::string, ep::CellType>{"_epi", ep::CellType::epi}, {"_mid", ep::CellType::mid}, {"_endo", ep::CellType::endo}})
    if (name.size() > suffix.size() && name.ends_with(suffix)) return {name.substr(0, name.size() - suffix.size()), cell};
  return {name, ep::CellType::epi};
}

// Parts of the tissue of their own: tets whose centre lies in the box or sphere; later ones win, lesions stay. `type`: of cells whose region names none.
// bath: [regions] S/m, 0 = none.
void read_regions(SpecReader& spec, ep::ElectroProblem& problem, ep::CellType type, std::vector<double>& bath) {
  bath.assign(problem.regions.size(), 0.0);
  problem.cell_type.assign(problem.mesh->nodes.size(), static_cast<std::uint8_t>(type));
  if (!spec.has("regions")) return;
  std::vector<ep::CellType> types(problem.regions.size(), type);
  for (const auto& one : spec.at("regions")) {
    SpecReader r(one, "\"regions\"");
    ep::TissueRegion region{r.text("key", "region"), r.flag("conducting", true), Vec3(1, 1, 1), {}, "spec"};
    bath.push_back(r.number("bath_S_per_m", 0, 0, 10));
    if (bath.back() > 0) region.conducting = false;
    if (r.has("conductivity_scale")) region.sigma_scale = r.vec3("conductivity_scale");
    if (r.has("channels")) region.channels = read_channels(r.at("channels"), "\"channels\" of a region");
    types.push_back(type);
    if (r.has("ionic_model")) std::tie(region.ionic_model, types.back()) = cells_of(r.text("ionic_model", {}));
    std::function<bool(const Vec3&)> inside;
    if (r.has("box_mm")) {
      const auto& box = r.at("box_mm");
      if (!box.is_array() || box.size() != 2) throw SpecError("\"box_mm\" of a region is [[x, y, z], [x, y, z]].");
      const Vec3 low = SpecReader::to_vec3(box[0], "\"box_mm\""), high = SpecReader::to_vec3(box[1], "\"box_mm\"");
      inside = [low, high](const Vec3& x) { return (x.array() >= low.array()).all() && (x.array() <= high.array()).all(); };
    } else {
      const auto& sphere = r.at("sphere_mm");
      if (!sphere.is_array() || sphere.size() != 2) throw SpecError("\"sphere_mm\" is [[x, y, z], radius].");
      const Vec3 centre = SpecReader::to_vec3(sphere[0], "\"sphere_mm\"");
      const double radius = sphere[1].get<double>();
      inside = [centre, radius](const Vec3& x) { return (x - centre).norm() <= radius; };
    }
    r.finish();
    if (problem.regions.size() >= 255) throw SpecError("There are more than 254 regions. Join some.");
    const auto number = static_cast<std::uint8_t>(problem.regions.size());
    problem.regions.push_back(region);
    std::size_t held = 0;
    for (std::size_t e = 0; e < problem.mesh->tets.size(); ++e) {
      Vec3 x(0, 0, 0);
      for (Index i : problem.mesh->tets[e]) x += problem.mesh->nodes[static_cast<std::size_t>(i)] / 4;
      if (inside(x) && problem.regions[problem.tissue[e]].key != "lesion") problem.tissue[e] = number, ++held;
    }
    if (held == 0) throw SpecError("Region \"" + region.key + "\" holds no tissue (it lies outside the mesh or is smaller than its cells). Move or enlarge it.");
  }
  const auto region = ep::node_regions(problem);
  for (std::size_t n = 0; n < region.size(); ++n) problem.cell_type[n] = static_cast<std::uint8_t>(types[region[n]]);
}

// Factors on conductances from place to place: one map or a list.
void read_scale_fields(SpecReader& spec, ep::ElectroProblem& problem, const SolveOptions& options, std::vector<std::string>& notes) {
  if (!spec.has("scale_field")) return;
  const auto& json = spec.at("scale_field");
  for (const auto& one : json.is_array() ? json : nlohmann::json::array({json})) {
    SpecReader field(one, "\"scale_field\"");
    const std::filesystem::path file = options.base / field.text("file", {});
    const std::string channel = field.text("channel", {});
    field.finish();
    if (std::none_of(ep::channel_keys().begin(), ep::channel_keys().end(), [&](const ep::ChannelKey& k) { return k.key == channel; }))
      throw SpecError("There is no conductance \"" + channel + "\" to scale. See 'list ionic-models'.");
    ep::ScaleMap map;
    if (file.extension() == ".csv") {
      map = take(ep::read_scale_csv(take(core::read_file(file, std::size_t(1) << 30)), file.filename().string()));
    } else {
      auto samples = take(imaging::read_vtu_samples(file, channel));
      map = {channel, file.filename().string(), std::move(samples.points), std::move(samples.values)};
    }
    map.channel = channel;
    notes.push_back(ep::scale_map_words(map, take(ep::scale_by_map(problem, map))));
  }
}

// The share of each node's volume of muscle inside the box, by sampling its tets: the same stimulus for every edge length.
ep::ActivationSite box_site(const core::TetMesh& mesh, const std::vector<std::uint8_t>& wet, const Vec3& low, const Vec3& high) {
  const auto geometry = fem::tet_geometry(mesh);
  constexpr int n = 6;
  std::vector<double> inside(mesh.nodes.size(), 0), all(mesh.nodes.size(), 0);
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    if (wet[e]) continue;
    const auto& t = mesh.tets[e];
    bool near = true;
    for (int a = 0; a < 3; ++a) {
      double lo = 1e300, hi = -1e300;
      for (Index i : t) lo = std::min(lo, mesh.nodes[static_cast<std::size_t>(i)][a]), hi = std::max(hi, mesh.nodes[static_cast<std::size_t>(i)][a]);
      near = near && hi >= low[a] && lo <= high[a];
    }
    for (int c = 0; c < 4; ++c) all[static_cast<std::size_t>(t[static_cast<std::size_t>(c)])] += geometry.volume[e] / 4;
    if (!near) continue;
    double weight[4] = {}, total = 0;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n - i; ++j)
        for (int k = 0; k < n - i - j; ++k) {   // lattice of barycentric points, integrating hat functions over the part inside
          const double b[4] = {(i + 0.25) / n, (j + 0.25) / n, (k + 0.25) / n, 1 - (i + j + k + 0.75) / n};
          Vec3 x(0, 0, 0);
          for (int c = 0; c < 4; ++c) x += b[c] * mesh.nodes[static_cast<std::size_t>(t[static_cast<std::size_t>(c)])];
          const bool in = (x.array() >= low.array() - 1e-12).all() && (x.array() <= high.array() + 1e-12).all();
          total += 1;
          for (int c = 0; c < 4 && in; ++c) weight[c] += b[c];
        }
    for (int c = 0; c < 4; ++c) inside[static_cast<std::size_t>(t[static_cast<std::size_t>(c)])] += geometry.volume[e] * weight[c] / total;
  }
  ep::ActivationSite site;
  for (Index i = 0; i < static_cast<Index>(mesh.nodes.size()); ++i)
    if (const double w = all[static_cast<std::size_t>(i)] > 0 ? inside[static_cast<std::size_t>(i)] / all[static_cast<std::size_t>(i)] : 0.0; w > 1e-6) {
      site.nodes.push_back(i);
      site.weights.push_back(static_cast<float>(std::min(1.0, w)));
    }
  return site;
}

// Fibres of the Purkinje system conduct at up to 4 m/s (EP-FACTS.md), nothing in the heart faster; beyond 10 a unit is wrong.
constexpr double fastest_m_per_s = 10;
Vec3 read_velocity(SpecReader& spec) {
  const Vec3 velocity = spec.vec3("velocity_m_per_s");
  if (!(velocity.minCoeff() > 0) || !(velocity.maxCoeff() <= fastest_m_per_s))
    throw SpecError("\"velocity_m_per_s\" must be three velocities above 0 and up to 10 m/s (1 m/s = 1 mm/ms; no tissue is faster).");
  return velocity;
}

// Parts of the conducting tissue that no source reaches, in words as the tissue kind has them.
void tell_unreached(const core::TetMesh& mesh, const std::vector<std::uint8_t>& conducting, const std::vector<double>& times, std::vector<std::string>& notes) {
  std::vector<std::uint8_t> inner(mesh.nodes.size(), 0);
  std::vector<Index> root(mesh.nodes.size());
  for (std::size_t i = 0; i < root.size(); ++i) root[i] = Index(i);
  const auto find = [&](Index i) {
    while (root[std::size_t(i)] != i) i = root[std::size_t(i)] = root[std::size_t(root[std::size_t(i)])];
    return i;
  };
  for (std::size_t e = 0; e < mesh.tets.size(); ++e) {
    if (!conducting[e]) continue;
    for (const Index i : mesh.tets[e]) {
      inner[std::size_t(i)] = 1;
      const Index a = find(i), b = find(mesh.tets[e][0]);
      root[std::size_t(std::max(a, b))] = std::min(a, b);
    }
  }
  long parts = 0, nodes = 0;
  std::vector<std::uint8_t> unfed(root.size(), 0);
  for (std::size_t i = 0; i < root.size(); ++i) {
    if (!inner[i]) continue;
    if (find(Index(i)) == Index(i)) ++parts;
    if (!std::isfinite(times[i])) ++nodes, unfed[std::size_t(find(Index(i)))] = 1;
  }
  const long without = std::count(unfed.begin(), unfed.end(), 1);
  if (nodes > 0) notes.push_back(fmt::format("The conducting tissue has {} separate parts; {} of them ({} nodes) hold no source and are never activated.", parts, without, nodes));
}

constexpr const char* no_capture = "No capture: nothing was activated. The stimulus is too weak, too short, too small or begins after the end, or the tissue does not conduct.";

template <class Times>
nlohmann::json report(const Sensors& sensors, const core::TetMesh& mesh, const Times& activation, const SolveOptions& options, std::vector<std::string>& notes) {
  nlohmann::json out;
  out["mesh_sha256"] = mesh.sha256();
  double latest = std::numeric_limits<double>::quiet_NaN();
  std::size_t reached = 0;
  for (const auto t : activation)
    if (std::isfinite(t)) {
      latest = reached++ ? std::max(latest, static_cast<double>(t)) : static_cast<double>(t);
    }
  if (reached == 0) notes.insert(notes.begin(), no_capture);
  out["quantities"]["total_activation_ms"] = quantity(latest, "ms");
  out["quantities"]["activated_percent"] = quantity(100.0 * static_cast<double>(reached) / static_cast<double>(activation.size()), "%");
  out["quantities"]["nodes"] = quantity(static_cast<double>(mesh.nodes.size()), "");
  for (std::size_t i = 0; i < sensors.places.size(); ++i) {
    const double t = value_at(sensors.places[i], activation);
    out["quantities"][fmt::format("activation_{}_ms", i)] = quantity(t, "ms");
  }
  if (!options.out.empty()) {
    core::Field field{"activation_ms", "ms", core::Field::On::node, 1, std::vector<float>(activation.begin(), activation.end()), mesh.sha256()};
    std::error_code ec;
    std::filesystem::create_directories(options.out, ec);
    if (auto ok = imaging::write_tet_mesh(mesh, options.out / "activation.vtu", {field}); !ok) throw SolverFailed(ok.error());
    out["files"].push_back((options.out / "activation.vtu").string());
  }
  return out;
}

}  // namespace

nlohmann::json solve_tissue(const nlohmann::json& json, const SolveOptions& options, const core::Progress& progress) {
  SpecReader spec(json, "The tissue spec");
  spec.text("kind", {});
  ep::ElectroProblem problem;
  std::vector<std::string> notes;
  Vec3 ratio = ep::extra_over_intra;   // sigma_e / sigma_i
  if (spec.has("conductivity")) {
    SpecReader c(spec.at("conductivity"), "\"conductivity\"");
    const Vec3 intra = c.vec3("intra_S_per_m"), extra = c.vec3("extra_S_per_m");
    if (!((intra.array() > 0).all() && (extra.array() > 0).all())) throw SpecError("Conductivities must be positive.");
    problem.sigma = intra.cwiseProduct(extra).cwiseQuotient(intra + extra);   // Niederer 2011: harmonic mean, 1 S/m = 1 mS/mm
    ratio = extra.cwiseQuotient(intra);
    c.finish();
  }
  std::optional<Vec3> velocity;
  if (spec.has("velocity_m_per_s")) {
    if (spec.has("conductivity")) throw SpecError("Give \"conductivity\" or \"velocity_m_per_s\", not both.");
    velocity = read_velocity(spec);
  }
  const TissueDomain domain = read_tissue_domain(spec, velocity ? Vec3(velocity->cwiseAbs2()) : problem.sigma, "auto", options, notes, progress);
  problem.mesh = domain.mesh;
  problem.fibres = domain.fibres;
  read_lesions(spec, problem);
  const std::string model = spec.text("model", "ten_tusscher_panfilov_2006_epi");
  const auto [family, type] = cells_of(model);
  problem.ionic_model = family;
  problem.chi_per_mm = spec.number("chi_per_mm", 140, 1e-3, 1e6);
  problem.cm_uF_per_mm2 = spec.number("cm_uF_per_mm2", 0.01, 1e-6, 1);
  problem.dt_ms = spec.number("dt_ms", 0.05, 1e-4, 0.2);
  problem.end_ms = spec.number("end_ms", {}, 1e-3, 1e6);
  problem.frame_every_ms = problem.end_ms;   // no frames are kept here
  const std::string tuning = spec.text("conductivity_tuning", "on"), upstroke = spec.text("upstroke", "sodium_interpolated");
  if (tuning != "on" && tuning != "off") throw SpecError("\"conductivity_tuning\" is on or off.");
  if (upstroke != "sodium_interpolated" && upstroke != "nodal") throw SpecError("\"upstroke\" is sodium_interpolated or nodal.");
  problem.conductivity_tuning = tuning == "on";
  problem.upstroke_sodium_interpolation = upstroke == "sodium_interpolated";
  const std::string start = spec.text("initial_state", "published");
  if (start != "published" && start != "paced") throw SpecError("\"initial_state\" is published or paced.");
  problem.cycle_length_ms = start == "published" ? 0 : spec.number("cycle_length_ms", 1000, 50, 60000);
  if (spec.has("sodium_interpolation_weight")) problem.sodium_interpolation_weight = spec.number("sodium_interpolation_weight", {}, 0, 1);
  problem.skip_tissue_at_rest = spec.flag("skip_tissue_at_rest", true);
  if (spec.has("channels")) problem.channels = read_channels(spec.at("channels"), "\"channels\"");
  std::vector<double> bath;
  read_regions(spec, problem, type, bath);
  const bool bidomain = spec.has("bidomain"), bathed = std::any_of(bath.begin(), bath.end(), [](double s) { return s > 0; });
  if (bathed && !bidomain) throw SpecError("A region with \"bath_S_per_m\" needs \"bidomain\": {} (a monodomain run has no space outside the cells).");
  for (const std::string& cells : ep::ionic_models_of(problem))
    if (!ep::find_ionic_family(cells)) throw SpecError("There is no ionic model \"" + cells + "\". See 'list ionic-models'.");
  read_scale_fields(spec, problem, options, notes);
  bath.resize(problem.regions.size(), 0.0);   // a map of factors makes regions of muscle
  problem.solver_tolerance = spec.number("solver_tolerance", 1e-4, 1e-14, 1e-2);
  if (spec.text("mode", "full") != "full") throw SpecError("A tissue spec runs the full model; use kind eikonal for the fast one.");
  std::vector<std::uint8_t> wet(problem.mesh->tets.size(), 0);   // tets of a bath: no part of a node's muscle
  for (std::size_t e = 0; e < wet.size(); ++e) wet[e] = bath[problem.tissue[e]] > 0;
  for (const auto& one : bidomain && !spec.has("stimuli") ? nlohmann::json::array() : spec.at("stimuli")) {
    SpecReader s(one, "\"stimuli\"");
    const auto& box = s.at("box_mm");
    if (!box.is_array() || box.size() != 2) throw SpecError("\"box_mm\" of a stimulus is [[x, y, z], [x, y, z]].");
    auto site = box_site(*problem.mesh, wet, SpecReader::to_vec3(box[0], "\"box_mm\""), SpecReader::to_vec3(box[1], "\"box_mm\""));
    site.name = "stimulus";
    const std::vector<double> starts = s.has("start_ms") ? SpecReader::times(s.at("start_ms"), "a stimulus") : std::vector<double>{0};
    site.duration_ms = s.number("duration_ms", 2, 1e-3, 1e4);
    site.amplitude_mV_per_ms = s.number("amplitude_mV_per_ms", 35.714, 1e-6, 1e4);
    s.finish();
    if (site.nodes.empty()) throw SpecError("A stimulus box holds no tissue (nothing would be excited). Move it onto the mesh.");
    for (const double t : starts) {
      site.start_ms = t;
      problem.sites.push_back(site);
    }
  }
  const Sensors sensors = read_sensors(spec, *problem.mesh, true);
  if (velocity) {   // asked for m/s: conductivities that give it
    const auto* const membrane = ep::find_ionic_family(problem.ionic_model);
    if (!membrane) throw SpecError("There is no ionic model \"" + model + "\". See 'list ionic-models'.");
    // Of the cells as the run starts them: paced ones conduct by up to a fifth slower (O'Hara-Rudy) than in the published state.
    constexpr double pacing_dt_ms = 0.02;   // as the run, which shares the states
    const std::vector<double> state = problem.cycle_length_ms > 0 ? take(ep::paced_states(problem.ionic_model, problem.cycle_length_ms, membrane->pacing_beats, pacing_dt_ms, {type}, {problem.channels}, progress))[0] : membrane->initial(type);
    const auto curve = ep::tuning_curve(*membrane, membrane->parameters(type, problem.channels), state, problem.dt_ms,
                                        membrane->sodium.present() ? ep::sodium_weight(problem) : 0.0);
    if (!(curve->velocity > 0)) throw SpecError("This cell does not conduct at all, so no conductivity gives the asked velocity. Use milder channel scales.");
    problem.sigma = ep::conductivity_for_velocity(curve->velocity, *velocity, problem.chi_per_mm, problem.cm_uF_per_mm2);
  }
  if (bidomain) problem.bidomain = read_bidomain(spec.at("bidomain"), problem, ratio, std::move(bath));
  struct {
    double from = -1, every = 5, reach = 5;   // ms, ms, mm
  } rotation;
  if (spec.has("rotation")) {
    SpecReader r(spec.at("rotation"), "\"rotation\"");
    rotation.from = r.number("from_ms", {}, 0, problem.end_ms);
    rotation.every = r.number("every_ms", 5, 0.1, 1e4);
    rotation.reach = r.number("reach_mm", 5, 1e-3, 1e4);
    r.finish();
  }
  ep::MonodomainRun run;
  if (spec.has("probes_mm"))
    for (const auto& x : spec.at("probes_mm")) run.probes.push_back(SpecReader::to_vec3(x, "\"probes_mm\""));
  if (bidomain && !run.probes.empty())
    throw SpecError("\"probes_mm\" are electrograms of an unbounded conductor; a bidomain has potentials of its own. Ask for \"potentials_at_mm\" in \"sensors\".");
  for (const Place& place : sensors.potentials) run.places.push_back({place.node, place.weight});
  const std::size_t own_probes = run.probes.size();
  for (const ep::Electrode& e : sensors.electrodes) run.probes.push_back(e.position);
  run.probe_every_ms = spec.number("probe_every_ms", 0.5, problem.dt_ms, 1e4);
  if (spec.has("restart")) run.restart = std::make_shared<const ep::MonodomainState>(take(ep::read_state(options.base / spec.text("restart", {}))));
  std::vector<std::string> written;
  std::optional<core::Error> not_written;
  const auto write = [&](const ep::MonodomainState& state, const std::filesystem::path& file) {
    if (auto ok = ep::write_state(state, file); !ok) not_written = ok.error();
    else written.push_back(file.string());
  };
  if (spec.has("save_state")) {
    SpecReader save(spec.at("save_state"), "\"save_state\"");
    const std::filesystem::path file = options.base / save.text("file", {});
    std::error_code ec;
    if (const auto folder = file.parent_path(); !folder.empty() && !std::filesystem::is_directory(folder, ec))
      throw SpecError(fmt::format("\"save_state\": there is no folder {} (the state could not be written after the run). Make it, or name a file in another one.", folder.string()));
    run.save_at_ms = save.number("at_ms", problem.end_ms, 0, problem.end_ms);
    run.on_saved = [&write, file](const ep::MonodomainState& state) { write(state, file); };
    save.finish();
  }
  if (!options.out.empty())
    run.on_last_good = [&](const ep::MonodomainState& state) {
      std::error_code ec;
      std::filesystem::create_directories(options.out, ec);
      write(state, options.out / "last_good.otms");
    };
  spec.finish();
  const ep::MonodomainResult result = take(ep::run_monodomain_with(problem, run, progress));
  if (not_written) throw SolverFailed(*not_written);
  for (const std::string& n : result.notes) notes.push_back(n);
  nlohmann::json out = report(sensors, *problem.mesh, result.activation_ms, options, notes);
  for (std::size_t i = 0; i < sensors.places.size(); ++i)
    for (std::size_t b = 0; b < result.beat_activation_ms.size(); ++b) {
      const double on = value_at(sensors.places[i], result.beat_activation_ms[b]), off = value_at(sensors.places[i], result.beat_repolarisation_ms[b]);
      if (b > 0) out["quantities"][fmt::format("activation_{}_beat_{}_ms", i, b + 1)] = quantity(on, "ms");
      out["quantities"][fmt::format("repolarisation_{}_beat_{}_ms", i, b + 1)] = quantity(off, "ms");
      out["quantities"][fmt::format("apd90_{}_beat_{}_ms", i, b + 1)] = quantity(off - on, "ms");
    }
  out["quantities"]["beats"] = quantity(static_cast<double>(std::count_if(result.beat_activation_ms.begin(), result.beat_activation_ms.end(), [](const auto& map) {
    return std::any_of(map.begin(), map.end(), [](float t) { return std::isfinite(t); });
  })), "");
  if (rotation.from >= 0) {
    const Rotation r = rotation_of(*problem.mesh, ep::conducting_tets(problem), result, rotation.from, problem.end_ms, rotation.every, rotation.reach);
    out["quantities"]["rotation_period_ms"] = quantity(r.period_ms, "ms");
    out["quantities"]["singularities"] = quantity(r.typical, "");
    out["quantities"]["singularities_lasting"] = quantity(r.lasting, "");
    out["quantities"]["singularity_longest_ms"] = quantity(r.longest_ms, "ms");
    out["quantities"]["singularity_path_mm"] = quantity(r.path_mm, "mm");
    out["series"]["singularities_t_ms"] = r.t_ms;
    out["series"]["singularities"] = r.count;
  }
  const char* axis[3] = {"f", "s", "n"};
  for (int a = 0; a < 3; ++a) out["quantities"][fmt::format("conductivity_{}_S_per_m", axis[a])] = quantity(problem.sigma[a], "S/m");
  if (!sensors.electrodes.empty())
    out["series"] = ecg_series(result.probe_t_ms, {result.probe_mV.begin() + std::ptrdiff_t(own_probes), result.probe_mV.end()});
  if (own_probes > 0) {
    out["series"]["probe_t_ms"] = result.probe_t_ms;
    for (std::size_t i = 0; i < own_probes; ++i) out["series"][fmt::format("probe_{}_mV", i)] = result.probe_mV[i];
  }
  for (std::size_t i = 0; i < run.places.size(); ++i) {
    out["series"][fmt::format("v_{}", i)] = {{"t", result.place_t_ms}, {"values", result.place_v_mV[i]}, {"unit", "mV"}};
    if (bidomain) out["series"][fmt::format("phi_e_{}", i)] = {{"t", result.place_t_ms}, {"values", result.place_phi_e_mV[i]}, {"unit", "mV"}};
  }
  if (bidomain && !sensors.electrodes.empty()) notes.push_back("The ECG is that of an unbounded conductor around the muscle: bath and electrodes of the bidomain are not in it.");
  for (const std::string& file : written) out["files"].push_back(file);
  out["iterations"] = result.steps;
  out["notes"] = notes;
  return out;
}

nlohmann::json solve_eikonal(const nlohmann::json& json, const SolveOptions& options, const core::Progress& progress) {
  SpecReader spec(json, "The eikonal spec");
  spec.text("kind", {});
  ep::ElectroProblem problem;
  std::vector<std::string> notes;
  const Vec3 velocity = read_velocity(spec);
  const TissueDomain domain = read_tissue_domain(spec, velocity.cwiseAbs2(), "alternating", options, notes, progress);
  problem.mesh = domain.mesh;
  problem.fibres = domain.fibres;
  read_lesions(spec, problem);
  std::vector<ep::EikonalSource> sources;
  for (const auto& one : spec.at("sources")) {
    SpecReader s(one, "\"sources\"");
    const Vec3 at = s.vec3("at_mm");
    place_in_tissue(*problem.mesh, at, "A source");
    for (const auto& node : ep::sources_at(*problem.mesh, at, s.number("time_ms", 0, -1e6, 1e6))) sources.push_back(node);
    s.finish();
  }
  const Sensors sensors = read_sensors(spec, *problem.mesh, false);
  spec.finish();
  const ep::Eikonal eikonal = take(ep::Eikonal::make(problem.mesh, problem.fibres, velocity));
  const auto times = take(eikonal.solve(sources, ep::conducting_tets(problem), progress));
  tell_unreached(*problem.mesh, ep::conducting_tets(problem), times, notes);
  nlohmann::json out = report(sensors, *problem.mesh, times, options, notes);
  out["iterations"] = 1;
  out["notes"] = notes;
  return out;
}

}  // namespace ot::solve
