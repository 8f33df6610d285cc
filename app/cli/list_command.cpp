// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cmath>

#include "app/cli/exchange_command.hpp"
#include "app/session/tissue_factors.hpp"
#include "app/session/device_sizes.hpp"
#include "app/verify/catalogue.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/volume.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"
#include "solvers/pharmacology/drug.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::cli {
namespace {

nlohmann::json entry(const std::string& name, const std::string& summary, const std::string& source, nlohmann::json parameters = nlohmann::json::array()) {
  return {{"name", name}, {"summary", summary}, {"source", source}, {"parameters", std::move(parameters)}};
}

nlohmann::json ionic_models() {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& m : ep::builtin_ionic_models()) {
    nlohmann::json parameters = nlohmann::json::array();
    for (const auto& p : m.parameters) parameters.push_back({{"key", p.symbol}, {"help", p.meaning}, {"unit", p.unit}, {"default", p.value}, {"source", p.source}});
    out.push_back(entry(m.key, m.name + ". " + m.summary, m.source, std::move(parameters)));
  }
  return out;
}

nlohmann::json drugs() {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& d : pharma::builtin_drugs()) {
    nlohmann::json parameters = nlohmann::json::array();
    parameters.push_back({{"key", "free_cmax_nM"}, {"unit", "nM"}, {"default", d.free_cmax_nM.value}, {"source", d.free_cmax_nM.source}});
    for (const auto& c : d.channels) {
      parameters.push_back({{"key", std::string(pharma::name_of(c.channel)) + "_ic50_nM"}, {"unit", "nM"}, {"default", c.ic50_nM}, {"source", c.source}});
      parameters.push_back({{"key", std::string(pharma::name_of(c.channel)) + "_hill"}, {"unit", ""}, {"default", c.hill}, {"source", c.source}});
    }
    out.push_back(entry(d.key, d.name + ", " + d.drug_class, d.channels.empty() ? d.free_cmax_nM.source : d.channels.front().source, std::move(parameters)));
  }
  return out;
}

nlohmann::json interventions() {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& k : twin::builtin_interventions()) out.push_back(entry(k.key, k.label + ": " + k.summary, k.source, core::to_json(k.schema)));
  return out;
}

nlohmann::json recipes() {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& r : imaging::builtin_recipes()) {
    out.push_back(entry(r.key, r.name + ": " + r.summary, r.source));
    out.back()["use_for"] = r.use_for;
    out.back()["several_phases"] = bool(r.run_phases);
  }
  return out;
}

// What a kind of tissue does to conductivity and membrane.
nlohmann::json tissues() {
  const nlohmann::json factors = session::tissue_factors(ep::builtin_tissue_regions());
  nlohmann::json out = nlohmann::json::array();
  for (std::size_t k = 0; k < factors.size(); ++k) {
    const ep::TissueRegion& r = ep::builtin_tissue_regions()[k];
    out.push_back(entry(r.key, session::factor_words(r), r.source));
    out.back().update(factors[k]);
  }
  return out;
}

nlohmann::json label_table() {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& l : core::labels::heart()) out.push_back(entry(l.key, fmt::format("{} = {}{}", l.value, l.name, l.assumed ? " (assumed)" : ""), "OrganTwin"));
  return out;
}

nlohmann::json formats() {
  return {entry("nifti", "NIfTI .nii .nii.gz: image and labels, in and out", "ITK 5.2"), entry("nrrd", "NRRD .nrrd .nhdr: image and labels, in and out", "ITK 5.2"),
          entry("metaimage", "MHA .mha .mhd: image and labels, in and out", "ITK 5.2"), entry("dicom", "DICOM folder or file: image, in", "GDCM through ITK 5.2"), entry("dicom-seg", "DICOM segmentation .dcm: labels, in and out", "PS3.3 A.51, GDCM"),
          entry("opencarp", "openCARP .pts .elem .lon: tetrahedra and surfaces, in and out", "opencarp.org manual"), entry("gmsh", "Gmsh .msh 2.2 and 4.1 ASCII: tetrahedra and surfaces, in and out", "gmsh.info manual"),
          entry("vtp", "VTP .vtp: surface, in and out", "VTK 9.1"), entry("stl", "STL .stl: surface, in and out", "VTK 9.1"), entry("ply", "PLY .ply: surface, in and out", "VTK 9.1"),
          entry("obj", "OBJ .obj: surface, in and out", "VTK 9.1"), entry("vtu", "VTU .vtu: tetrahedra with fields, in and out", "VTK 9.1"),
          entry("case", "OrganTwin case folder: case.json, plans.json, blobs", "resources/docs/dev/case-folder.md"), entry("scenario", "Scenario .json: a list of interventions, in and out", "resources/docs/dev/cli.md")};
}

nlohmann::json devices() {
  nlohmann::json out = nlohmann::json::array();
  const auto joined = [](const std::vector<double>& sizes) {
    std::string text;
    for (const double v : sizes) text += fmt::format("{}{:g}", text.empty() ? "" : " ", v);
    return text;
  };
  for (const auto& c : session::device_catalogues()) {
    const std::string where = std::isfinite(c.up_to_mm) ? fmt::format("vessels below {:g} mm", c.up_to_mm) : "wider vessels";
    out.push_back(entry(c.key, fmt::format("{}, {}: {} mm by {} mm", c.name, where, joined(c.diameters_mm), joined(c.lengths_mm)), c.source));
    out.back()["diameters_mm"] = c.diameters_mm, out.back()["lengths_mm"] = c.lengths_mm, out.back()["vessels_below_mm"] = std::isfinite(c.up_to_mm) ? nlohmann::json(c.up_to_mm) : nlohmann::json(nullptr);
  }
  return out;
}

nlohmann::json organs() {
  return {entry("heart", "Ventricles (electrophysiology), aorta and coronary artery (flow)", "solvers/organs/heart"),
          entry("atria", "Both atria from their blood pools: sinus beat, P wave, AF by burst, vein rings", "solvers/organs/heart/atria.hpp"),
          entry("whole_heart", "Atria and ventricles joined by the AV node: P, PR, QRS and QT in one ECG", "solvers/organs/heart/whole_heart.hpp")};
}

}  // namespace

void register_list(CLI::App& app, Context& context, Action& chosen) {
  static std::string what;
  auto* command = app.add_subcommand("list", "ionic-models, tissues, drugs, interventions, organs, recipes, labels, schemes, formats, devices, verifications, benchmarks; one line and the source of each");
  command->add_option("what", what, "What to list")->required()->check(CLI::IsMember({"ionic-models", "tissues", "drugs", "interventions", "organs", "recipes", "labels", "schemes", "formats", "devices", "verifications", "benchmarks"}));
  command->footer("Example: organtwin-cli list drugs --json");
  command->callback([&] {
    chosen = [&]() -> core::Result<void> {
      const auto from_catalogue = [](const auto& list) {
        nlohmann::json out = nlohmann::json::array();
        for (const auto& c : list) out.push_back(entry(c.name, c.summary, c.source));
        return out;
      };
      nlohmann::json items = what == "ionic-models" ? ionic_models() : what == "tissues" ? tissues() : what == "drugs" ? drugs() : what == "interventions" ? interventions() : what == "organs" ? organs() : what == "recipes" ? recipes()
                             : what == "labels" ? label_table() : what == "schemes" ? label_schemes() : what == "formats" ? formats() : what == "devices" ? devices() : what == "verifications" ? from_catalogue(verify::builtin_verifications()) : from_catalogue(verify::builtin_benchmarks());
      std::string text;
      for (const auto& i : items) text += fmt::format("{:<34} {}\n{:<34} source: {}\n", i["name"].get<std::string>(), i["summary"].get<std::string>(), "", i["source"].get<std::string>());
      return context.print(items, text);
    };
  });
}

}  // namespace ot::cli
