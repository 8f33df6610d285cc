// SPDX-License-Identifier: GPL-3.0-or-later
// Studies as a table, CSV and VTU.
#include <fmt/format.h>

#include <limits>

#include "app/session/studies.hpp"
#include "app/session/vtu_film.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/studies/phase.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

constexpr int phase_instants = 12;          // of the last cycle: a turn in steps of 30 degrees
constexpr double track_reach_mm = 10;       // a filament that moves farther between two frames is another one; as far as a front runs in some 15 ms

std::string couplings_text(const ep::Attempt& a) {
  std::string s;
  for (double c : a.couplings_ms) {
    if (!s.empty()) s += ' ';
    s += fmt::format("{:.0f}", c);
  }
  return s;
}

}  // namespace

std::string study_table(const ep::StudyResult& s) {
  std::string out = fmt::format("{:<26} {:>8} {:>12} {:<12} {:<20} {:>8} {:>7} {:>14}\n", "Site", "attempts", "couplings", "outcome", "rhythm", "cycle ms", "cycles", "window ms");
  for (const auto& r : s.runs) {
    if (r.best < 0) continue;
    const auto& a = r.attempts[std::size_t(r.best)];
    out += fmt::format("{:<26} {:>8} {:>12} {:<12} {:<20} {:>8} {:>7} {:>14}\n", r.site.name, r.attempts.size(), couplings_text(a), name_of(a.found.outcome), name_of(a.found.rhythm),
                       a.found.cycle_length_ms > 0 ? fmt::format("{:.0f}", a.found.cycle_length_ms) : "-", a.found.cycles, r.window_to_ms > 0 ? fmt::format("{:.0f}-{:.0f}", r.window_from_ms, r.window_to_ms) : "-");
    for (const auto& e : r.exits) out += fmt::format("    exit at ({:.1f}, {:.1f}, {:.1f}) mm, activates {:.0f} % of the healthy muscle\n", e.at_mm.x(), e.at_mm.y(), e.at_mm.z(), e.share_percent);
  }
  return out;
}

std::string study_csv(const ep::StudyResult& s) {
  std::string out = "site,name,aha_segment,x_mm,y_mm,z_mm,attempt,couplings_ms,captured,outcome,rhythm,cycle_length_ms,variation_ms,cycles,sustained\n";
  for (const auto& r : s.runs)
    for (std::size_t i = 0; i < r.attempts.size(); ++i) {
      const auto& a = r.attempts[i];
      out += fmt::format("{},\"{}\",{},{:.3f},{:.3f},{:.3f},{},{},{},{},{},{:.2f},{:.2f},{},{}\n", r.site.key, r.site.name, r.site.aha_segment, r.site.at_mm.x(), r.site.at_mm.y(), r.site.at_mm.z(), i + 1,
                         couplings_text(a), int(a.captured), name_of(a.found.outcome), name_of(a.found.rhythm), a.found.cycle_length_ms, a.found.variation_ms, a.found.cycles, int(a.found.sustained));
    }
  return out;
}

core::Result<std::vector<std::string>> export_study(const CaseData& data, const ep::StudyResult& study, const fs::path& folder) {
  if (!data.twin || !data.twin->heart) return core::bad_input("The case has no heart twin (nothing to export on). Run `build` first.");
  const core::TetMesh& mesh = *data.twin->heart->baseline.mesh;
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}).", folder.string(), ec.message()));
  std::vector<std::string> files;
  const auto write = [&](const fs::path& path, const std::string& text) -> core::Result<void> {
    if (auto ok = core::write_file(path, text); !ok) return ok;
    files.push_back(path.string());
    return {};
  };
  if (auto ok = write(folder / "runs.csv", study_csv(study)); !ok) return core::pass(ok);
  for (const auto& r : study.runs) {
    if (!r.induced() || r.last_cycles.nodes() != mesh.nodes.size()) continue;
    const auto& a = r.attempts[std::size_t(r.best)];
    const double to = a.found.last_activation_ms, cycle = a.found.cycle_length_ms;
    core::Field activation{"activation_in_cycle_ms", "ms", core::Field::On::node, 1, {}, study.mesh_sha256}, phase{"phase_rad", "rad", core::Field::On::node, 1, {}, study.mesh_sha256};
    activation.values.assign(mesh.nodes.size(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
      for (std::uint32_t k = r.last_cycles.begin[n]; k < r.last_cycles.begin[n + 1]; ++k)
        if (double(r.last_cycles.at_ms[k]) > to - cycle && double(r.last_cycles.at_ms[k]) <= to) activation.values[n] = float(double(r.last_cycles.at_ms[k]) - (to - cycle));
    phase.values = ep::phase_at(r.last_cycles, to - 0.5 * cycle, cycle);
    const fs::path path = folder / (r.site.key + ".vtu");
    if (auto ok = imaging::write_tet_mesh(mesh, path, {activation, phase}); !ok) return core::pass(ok);
    files.push_back(path.string());
    VtuFilm film(folder / (r.site.key + "-phase.pvd"));   // over the last cycle
    for (int k = 0; k < phase_instants; ++k) {
      const double t = to - cycle + cycle * k / phase_instants;
      phase.values = ep::phase_at(r.last_cycles, t, cycle);
      if (auto ok = film.add(mesh, t, {phase}); !ok) return core::pass(ok);
    }
    auto films = film.finish();
    if (!films) return core::pass(films);
    for (const auto& f : *films) files.push_back(f.string());
    std::string tracks = "track,t_ms,x_mm,y_mm,z_mm,lived_ms\n";
    int number = 0;
    for (const auto& way : ep::track(r.filaments, track_reach_mm)) {
      for (std::size_t i = 0; i < way.t_ms.size(); ++i)
        tracks += fmt::format("{},{:.2f},{:.3f},{:.3f},{:.3f},{:.2f}\n", number, way.t_ms[i], way.at_mm[i].x(), way.at_mm[i].y(), way.at_mm[i].z(), way.lived_ms());
      ++number;
    }
    if (auto ok = write(folder / (r.site.key + "-tracks.csv"), tracks); !ok) return core::pass(ok);
    std::string csv = "t_ms,filament,charge,x_mm,y_mm,z_mm\n";
    for (const auto& f : r.filaments)
      for (std::size_t i = 0; i < f.points.size(); ++i)
        csv += fmt::format("{:.2f},{},{},{:.3f},{:.3f},{:.3f}\n", f.t_ms, f.filament[i], f.charge[i], f.points[i].x(), f.points[i].y(), f.points[i].z());
    if (auto ok = write(folder / (r.site.key + "-filaments.csv"), csv); !ok) return core::pass(ok);
  }
  return files;
}

}  // namespace ot::session
