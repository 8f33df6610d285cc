// SPDX-License-Identifier: GPL-3.0-or-later
// The main job on the built-in patient, and the same path for a scan from a file.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/session/case.hpp"

namespace ot::session {

struct DemoParams {
  bool quick = false;                 // coarser, under 90 s on two cores
  std::filesystem::path out;          // case and report go here; empty: nothing is written
};

struct DemoResult {
  CaseData data;
  nlohmann::json report() const;      // the contract of cli.md for `demo --json`
  double wall_s = 0;
  std::vector<std::string> files;
};

// Phantoms -> labels -> meshes -> twin -> baseline -> ablation, stent and drug -> comparison.
core::Result<DemoResult> run_demo(const DemoParams& params, const core::Progress& progress);
// The labels a test may corrupt between segmentation and meshing go through here as well.
using LabelEdit = std::function<void(const std::string& image_key, core::LabelMap&)>;
core::Result<CaseData> build_builtin(const DemoParams& params, const LabelEdit& edit, const core::Progress& progress);
// A coarse FAST twin of the built-in patient, for a desktop without the installed case.
core::Result<CaseData> make_coarse_builtin(const core::Progress& progress);
// A scan of a patient: read, recipe, meshes, twin, FAST baseline.
core::Result<CaseData> case_from_image(const std::filesystem::path& path, const core::Progress& progress);

}  // namespace ot::session
