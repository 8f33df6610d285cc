// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/verify/patients.hpp"

#include <cstdlib>
#include <filesystem>

#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"

namespace ot::verify {
namespace {

constexpr double edge_mm = 2.0;

core::Result<Patient> patient_of(const core::Volume& ct, const core::Progress& progress) {
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

core::Result<Patient> phantom_patient(const core::Progress& progress) {
  auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.2));
  if (!phantom) return core::pass(phantom);
  return patient_of(phantom->ct, progress.part(0.2, 1));
}

core::Result<Patient> ct_patient(const core::Progress& progress) {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const auto file = std::filesystem::path(shared ? shared : "") / "data/heart-cta-dissection/ct.nii.gz";
  std::error_code ec;
  if (!shared || !std::filesystem::exists(file, ec)) return Patient{};
  const auto ct = imaging::read_volume(file, "", progress.part(0, 0.1));
  if (!ct) return core::pass(ct);
  return patient_of(*ct, progress.part(0.1, 1));
}

}  // namespace ot::verify
