// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/verify/hearts.hpp"

#include <cstdlib>
#include <filesystem>

#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "solvers/organs/heart/heart.hpp"

namespace ot::verify {

namespace {

core::Result<Patient> patient_of(const core::Volume& ct, double edge_mm, const core::Progress& progress) {
  auto found = imaging::find_recipe("cardiac_ct")->run(ct, progress.part(0, 0.6));
  if (!found) return core::pass(found);
  imaging::HeartMeshParams params;
  params.edge_mm = edge_mm;
  auto heart = imaging::biventricular_mesh(found->labels, found->planes, params, progress.part(0.6, 1));
  if (!heart) return core::pass(heart);
  auto mesh = std::make_shared<core::TetMesh>(std::move(heart->mesh));
  return Patient{std::move(found->labels), std::move(mesh)};
}

}  // namespace

core::Result<Patient> phantom_patient(const core::Progress& progress, double edge_mm) {
  auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.2));
  if (!phantom) return core::pass(phantom);
  return patient_of(phantom->ct, edge_mm, progress.part(0.2, 1));
}

core::Result<Patient> ct_patient(const core::Progress& progress, double edge_mm) {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const auto file = std::filesystem::path(shared ? shared : "") / "data/heart-cta-dissection/ct.nii.gz";
  std::error_code ec;
  if (!shared || !std::filesystem::exists(file, ec)) return Patient{};
  const auto ct = imaging::read_volume(file, "", progress.part(0, 0.1));
  if (!ct) return core::pass(ct);
  return patient_of(*ct, edge_mm, progress.part(0.1, 1));
}

core::LabelMap four_chambers() {
  namespace l = core::labels;
  core::LabelMap m;
  m.grid.size = {100, 90, 100};
  m.grid.spacing = {1.5, 1.5, 1.5};
  m.grid.origin = {-85, -75, -95};
  m.values.assign(m.grid.voxels(), 0);
  m.labels = l::heart();
  const struct { int label; core::Vec3 centre, half; } parts[] = {{l::lv_blood_pool, {20, -5.5, -41}, {24, 24, 38}}, {l::rv_blood_pool, {-41, -31.5, -39}, {24, 26, 38}},
                                                            {l::left_atrium, {0, 20, 0}, {30, 20, 30}},        {l::right_atrium, {-58, 5, -5}, {25, 25, 33}}};
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i)
        for (const auto& p : parts)   // atria last: they own what overlaps, as valves close
          if ((m.grid.to_patient(core::Vec3(i, j, k)) - p.centre).cwiseQuotient(p.half).squaredNorm() <= 1) m.values[m.grid.offset(i, j, k)] = std::uint8_t(p.label);
  return m;
}

core::Result<std::shared_ptr<const twin::HeartModel>> heart_of(const std::shared_ptr<const core::TetMesh>& mesh, const char* block, const core::Progress& progress) {
  organs::HeartInputs in;
  in.mesh = mesh;
  auto conduction = organs::heart_conduction("purkinje", block, "none");
  if (!conduction) return core::pass(conduction);
  in.params.conduction = std::move(*conduction);
  return organs::build_heart(in, progress);
}

}  // namespace ot::verify
