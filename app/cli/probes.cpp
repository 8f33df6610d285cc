// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/probes.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/session/named_points.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::cli {
namespace {

// "x,y,z" in mm of the patient.
core::Result<core::Vec3> place_of(const std::string& text) {
  core::Vec3 x;
  const auto words = CLI::detail::split(text, ',');
  for (std::size_t k = 0; k < words.size() && k < 3; ++k)
    if (!CLI::detail::lexical_cast(words[k], x[Eigen::Index(k)]) || !std::isfinite(x[Eigen::Index(k)])) return core::wrong_usage(fmt::format("--probe takes x,y,z in mm, not \"{}\".", text));
  if (words.size() != 3) return core::wrong_usage(fmt::format("--probe takes x,y,z in mm, not \"{}\".", text));
  return x;
}

double from_wall_mm(const twin::TwinModel& twin, const core::Vec3& x) {
  double least = std::numeric_limits<double>::infinity();
  if (twin.heart)
    for (const core::Vec3& n : twin.heart->baseline.mesh->nodes) least = std::min(least, (n - x).squaredNorm());
  return std::sqrt(least);
}

// The vessel whose lumen is nearest, and how far it is; 0 within.
std::pair<std::size_t, double> nearest_vessel(const twin::TwinModel& twin, const core::Vec3& x) {
  std::pair<std::size_t, double> found{0, std::numeric_limits<double>::infinity()};
  for (std::size_t v = 0; v < twin.vessels.size(); ++v) {
    int branch = 0;
    double arc = 0, distance = 0;
    if (!twin.vessels[v]->network || !twin.vessels[v]->network->locate(x, branch, arc, distance)) continue;
    const double outside = std::max(0.0, distance - twin.vessels[v]->network->radius_at(branch, arc));
    if (outside < found.second) found = {v, outside};
  }
  return found;
}

}  // namespace

core::Result<AskedProbes> lay_probes(session::CaseData& data, const std::vector<std::string>& asked, const std::string& file) {
  AskedProbes out;
  if (asked.empty() && file.empty()) return out;
  if (!data.twin) return core::bad_input("The case has no twin yet (nothing to record from). Run `build` first.");
  auto twin = std::make_shared<twin::TwinModel>(*data.twin);
  if (!file.empty()) {
    if (!twin->heart) return core::bad_input("--electrograms records from heart muscle (this case has none). Build a heart first.");
    const auto points = session::read_named_points(file);
    if (!points) return core::pass(points);
    for (const auto& p : *points) out.wall.push_back({p.name, p.at});
  }
  for (const std::string& text : asked) {
    const auto x = place_of(text);
    if (!x) return core::pass(x);
    const auto [v, outside] = nearest_vessel(*twin, *x);
    if (twin->heart && from_wall_mm(*twin, *x) < outside) {
      std::string name;
      const auto taken = [&] { return std::any_of(out.wall.begin(), out.wall.end(), [&](const auto& p) { return p.name == name; }); };
      for (std::size_t n = out.wall.size() + 1; name.empty() || taken(); ++n) name = fmt::format("Probe {}", n);
      out.wall.push_back({name, *x});
      continue;
    }
    if (twin->vessels.empty()) return core::bad_input("--probe asks for an electrogram or for blood flow at a place (this case has neither heart muscle nor a vessel). Mesh and build first.");
    auto vessel = std::make_shared<twin::VesselModel>(*twin->vessels[v]);
    vessel->baseline.probes.push_back(*x);
    twin->vessels[v] = std::move(vessel);
    out.blood.push_back({fmt::format("asked {}", out.blood.size() + 1), *x});
  }
  if (!out.blood.empty()) data.twin = std::move(twin);
  return out;
}

core::Result<void> report_probes(const session::CaseData& data, const twin::Scenario& scenario, const twin::RunResult& run, const std::vector<session::PlacedProbe>& probes, const std::filesystem::path& folder, nlohmann::json& json,
                                 std::string& text, std::vector<std::string>& files) {
  for (const auto& v : run.vessels) {
    const auto readings = session::read_probes(*data.twin, scenario, v, probes);
    if (!readings) return core::pass(readings);
    if (readings->empty()) continue;
    const auto gradients = session::probe_gradients(*readings);
    json["probes"][v.key] = session::probes_json(*readings);
    json["gradients"][v.key] = session::gradients_json(gradients);
    const std::string& name = data.twin->find_vessel(v.key)->name;
    bool beat = false;
    for (const auto& r : *readings) {
      beat = beat || !r.t_s.empty();
      text += fmt::format("  {}: {} at ({:.1f}, {:.1f}, {:.1f}) mm {:.2f} mmHg, {:.0f} mm/s{}, {:.1f} mL/min\n", name, r.probe.name, r.probe.at.x(), r.probe.at.y(), r.probe.at.z(), r.pressure_mmhg, r.velocity_mm_s.norm(),
                          r.mode == core::Mode::fast ? " (section mean)" : "", r.flow_ml_min);
    }
    for (const auto& g : gradients)
      text += fmt::format("  {}: {} to {} {:.2f} mmHg{}\n", name, g.from, g.to, g.mean_mmhg, std::isfinite(g.peak_mmhg) ? fmt::format(", peak to peak {:.2f}, largest at one instant {:.2f}", g.peak_to_peak_mmhg, g.peak_mmhg) : "");
    if (beat) text += fmt::format("  {}: means over the last beat (its course: --out, {}_probes.csv)\n", name, v.key);
    if (folder.empty()) continue;
    const std::filesystem::path path = folder / (v.key + "_probes.csv");
    if (auto ok = core::write_file(path, session::probes_csv(*readings)); !ok) return ok;
    files.push_back(path.string());
  }
  return {};
}

std::string electrograms_text(const std::vector<session::ProbeTrace>& unipolar) {
  std::string out;
  for (const auto& t : unipolar) {
    if (t.mV.size() < 2) continue;
    const auto [low, high] = std::minmax_element(t.mV.begin(), t.mV.end());
    double fall = 0, when = 0;   // activation at the probe, as mapping systems take it
    for (std::size_t k = 1; k < t.mV.size(); ++k)
      if (const double slope = (t.mV[k] - t.mV[k - 1]) / (t.t_ms[k] - t.t_ms[k - 1]); slope < fall) fall = slope, when = 0.5 * (t.t_ms[k] + t.t_ms[k - 1]);
    out += fmt::format("  {}: {:.2f} mV from peak to peak, steepest fall {:.2f} mV/ms at {:.1f} ms\n", t.name, *high - *low, fall, when);
  }
  if (!unipolar.empty()) out += "  Electrograms: unipolar, far field zero, " + session::sampling_words(unipolar) + "; each with the next also bipolar.\n";
  return out;
}

}  // namespace ot::cli
