// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/heart_out.hpp"

#include <fmt/format.h>

#include "app/session/vtu_film.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/extracellular.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

constexpr double fields_every_ms = 10;   // a beat of 450 ms is 46 files

core::Result<void> need_heart(const twin::RunResult& run) {
  if (!run.electro) return core::bad_input("The run holds no heart (there is nothing electrical to write). Run a case with heart muscle.");
  return {};
}

}  // namespace

core::Result<void> write_activation(const twin::TwinModel& twin, const twin::RunResult& run, const fs::path& vtu) {
  if (auto ok = need_heart(run); !ok) return ok;
  std::vector<core::Field> fields;
  const auto add = [&](const char* name, const char* unit, const std::vector<float>& values) {
    if (!values.empty()) fields.push_back({name, unit, core::Field::On::node, 1, values, run.electro->mesh_sha256});
  };
  add("activation_ms", "ms", run.electro->activation_ms);
  add("repolarisation_ms", "ms", run.electro->repolarisation_ms);
  add("transmural", "", twin.heart->transmural);
  return imaging::write_tet_mesh(*twin.heart->baseline.mesh, vtu, fields);
}

core::Result<void> write_ecg(const twin::RunResult& run, const fs::path& path) {
  if (auto ok = need_heart(run); !ok) return ok;
  std::string csv = "t_ms";
  for (const auto& lead : run.electro->ecg.leads) csv += "," + lead + "_mV";
  csv += "\n";
  for (std::size_t i = 0; i < run.electro->ecg.t_ms.size(); ++i) {
    csv += fmt::format("{:g}", run.electro->ecg.t_ms[i]);
    for (const auto& lead : run.electro->ecg.mV) csv += fmt::format(",{:.6f}", lead[i]);
    csv += "\n";
  }
  return core::write_file(path, csv);
}

core::Result<std::vector<fs::path>> write_potentials(const std::shared_ptr<const twin::TwinModel>& twin, const twin::Scenario& scenario, const twin::RunResult& run, const fs::path& pvd,
                                                     const core::Progress& progress) {
  if (!run.electro || run.electro->frames.empty()) return core::bad_input("The run holds no frames of the heart (there is no extracellular potential). Run a case with heart muscle.");
  const auto setup = twin::prepare(twin, scenario, run.mode);   // the tissue as the plan leaves it
  if (!setup) return core::pass(setup);
  std::vector<ep::ElectroFrame> frames;
  for (const auto& f : run.electro->frames)
    if (frames.empty() || f.t_ms - frames.back().t_ms >= fields_every_ms - 1e-6) frames.push_back(f);
  const auto phi = ep::extracellular_potentials(*setup->electro, frames, progress);
  if (!phi) return core::pass(phi);
  VtuFilm film(pvd);
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (progress.cancelled()) return core::cancelled();
    const std::string& mesh = run.electro->mesh_sha256;
    const std::vector<core::Field> fields{{"v_mV", "mV", core::Field::On::node, 1, *frames[k].v_mV, mesh}, {"phi_e_mV", "mV", core::Field::On::node, 1, *(*phi)[k], mesh}};
    if (auto ok = film.add(*setup->electro->mesh, frames[k].t_ms, fields); !ok) return core::pass(ok);
  }
  return film.finish();
}

}  // namespace ot::session
