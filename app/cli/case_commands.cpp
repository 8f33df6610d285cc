// SPDX-License-Identifier: GPL-3.0-or-later
// segment, build: a case step by step (mesh: mesh_command.cpp).
#include <fmt/format.h>

#include "app/cli/exchange_command.hpp"
#include "app/cli/stages.hpp"
#include "app/session/atria.hpp"
#include "app/session/body_choices.hpp"
#include "app/session/conductivity_choices.hpp"
#include "app/session/electrode_choices.hpp"
#include "app/session/guided_case.hpp"
#include "app/session/join_image.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/muscle_choices.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/whole_heart.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string path, case_folder, series, recipe = "cardiac_ct", image, labels, labels_from, only, seeds, scheme, organ, conduction, block,
              accessory, av, cell, electrodes, torso, velocity, conductivity, fibre_angles, atrial_fibres, scale, surface, unit, mesh_as, cap_array, name;
  int inlet = 0;
  double edge = 1.0, rv_wall = 3.0;
  double cycle_length_ms = 0, end_ms = 0, dt_ms = 0;   // 0: as built or chosen before
  double atrial_wall = 0, atrial_edge = 0;   // 0: not given
  std::optional<double> fibrosis_percent, fibrosis_mm;
  std::optional<std::uint64_t> fibrosis_seed;
  bool vessels = true, mesh = false, af = false;
};
Options& options() {
  static Options o;
  return o;
}

// Opens the case, lets `step` change it, saves it, prints what was done. Nothing is saved when the step fails.
core::Result<void> with_case(Context& context, const std::string& folder, const std::function<core::Result<void>(session::CaseData&, const core::Progress&)>& step) {
  const core::Progress progress = context.progress();
  auto data = session::load_case(folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  const std::size_t stages = data->stages.size();
  if (auto ok = step(*data, progress.part(0.05, 0.95)); !ok) return ok;
  if (auto ok = session::save_case(*data, folder, progress.part(0.95, 1)); !ok) return ok;
  return print_stages(context, *data, stages);
}

core::Result<void> segment(Context& context) {
  const Options& o = options();
  return with_case(context, o.case_folder, [&](session::CaseData& data, const core::Progress& progress) -> core::Result<void> {
    if (data.images.empty()) return core::bad_input("The case holds no image (nothing to segment). Import one first.");
    const std::string image = o.image.empty() ? data.images.front().key : o.image;
    if (!o.only.empty() && o.labels_from.empty()) return core::wrong_usage("--only belongs to --labels-from. Leave it out.");
    if (!o.labels_from.empty()) {
      if (!o.labels.empty() || !o.seeds.empty()) return core::wrong_usage("--labels-from, --labels and --seeds exclude each other. Give one of them.");
      session::LabelsFrom what{o.labels_from, {}};
      for (std::size_t at = 0; at < o.only.size();) {
        const std::size_t comma = std::min(o.only.find(',', at), o.only.size());
        what.only.push_back(o.only.substr(at, comma - at));
        at = comma + 1;
      }
      return session::take_labels_from(data, image, what, progress);
    }
    if (!o.seeds.empty()) {
      if (!o.labels.empty()) return core::wrong_usage("--seeds and --labels exclude each other (labels of a file need no recipe). Give one of them.");
      if (o.recipe != "cardiac_ct") return core::wrong_usage("--seeds guides the recipe cardiac_ct only. Leave --recipe out.");
      const auto guide = session::read_guide_file(o.seeds);
      if (!guide) return core::pass(guide);
      return session::segment_image_guided(data, image, *guide, progress);
    }
    if (o.labels.empty()) return session::segment_image(data, image, o.recipe, progress);
    return session::take_foreign_labels(data, image, o.labels, o.scheme, progress);
  });
}

// What the window sets under "How the beat is computed".
core::Result<void> choose_beat(session::CaseData& data, const core::Progress& progress) {
  const Options& o = options();
  const std::string family = o.cell.empty() ? std::string() : session::cells_from(o.cell)->muscle;   // checked before
  if (family.empty() && o.electrodes.empty() && o.cycle_length_ms == 0 && o.end_ms == 0 && o.dt_ms == 0) return {};
  OT_EXPECT(data.twin && data.twin->heart);
  session::ElectroChoices choices = session::electro_of(data.twin->heart->baseline);
  if (data.choices.electro) choices.electrodes = data.choices.electro->electrodes;
  if (o.electrodes == "default") {
    choices.electrodes.clear();
  } else if (!o.electrodes.empty()) {
    const auto placed = session::electrodes_from(o.electrodes, data.twin->heart->baseline);
    if (!placed) return core::pass(placed);
    for (const auto& [name, at] : *placed) choices.electrodes[name] = at;
  }
  if (!family.empty()) choices.ionic_model = family;
  if (o.cycle_length_ms != 0) choices.cycle_length_ms = o.cycle_length_ms;
  if (o.end_ms != 0) choices.end_ms = o.end_ms;
  if (o.dt_ms != 0) choices.dt_ms = o.dt_ms;
  return session::set_electro(data, choices, progress);
}

core::Result<void> choose_muscle(session::CaseData& data, const std::string& organ) {
  const Options& o = options();
  session::MuscleChoices& muscle = data.choices.muscle;
  if (organ == "atria" && (!o.velocity.empty() || !o.fibre_angles.empty()))
    return core::wrong_usage("--velocity and --fibre-angles belong to the ventricles (the atria have velocities and fibres of their own). Leave them out.");
  if (!o.velocity.empty()) {
    auto velocity = session::velocity_from(o.velocity);
    if (!velocity) return core::pass(velocity);
    muscle.velocity = *velocity;
  }
  if (!o.fibre_angles.empty()) {
    auto angles = session::fibre_angles_from(o.fibre_angles);
    if (!angles) return core::pass(angles);
    muscle.fibres = *angles;
  }
  if (!o.cell.empty()) muscle.cells = session::cells_from(o.cell)->places;   // "FAMILY" alone: everywhere
  if (!o.scale.empty()) {
    auto scales = session::conductances_from(o.scale);
    if (!scales) return core::pass(scales);
    std::erase_if(muscle.conductances, [](const auto& s) { return !organs::find_conductivity(s.channel); });
    muscle.conductances.insert(muscle.conductances.begin(), scales->begin(), scales->end());
  }
  if (!o.conductivity.empty()) {
    auto scales = session::conductivities_from(o.conductivity);
    if (!scales) return core::pass(scales);
    std::erase_if(muscle.conductances, [](const auto& s) { return organs::find_conductivity(s.channel) != nullptr; });
    muscle.conductances.insert(muscle.conductances.end(), scales->begin(), scales->end());
  }
  return {};
}

core::Result<void> build(Context& context) {
  const Options& o = options();
  if (!o.cell.empty())
    if (auto cells = session::cells_from(o.cell); !cells) return core::fail(cells.error().code, "--cell: " + cells.error().message);
  if (!o.organ.empty() && o.organ != "heart" && o.organ != "atria" && o.organ != "whole_heart")
    return core::wrong_usage("--organ takes: heart, atria, whole_heart. See 'organtwin-cli list organs'.");
  return with_case(context, o.case_folder, [&](session::CaseData& data, const core::Progress& progress) -> core::Result<void> {
    session::ModelChoices wanted = data.choices;   // without --organ: what the case was built as before
    if (!o.organ.empty()) wanted = {}, wanted.organ = o.organ;
    if (!o.av.empty()) wanted.av = o.av;
    if (!o.av.empty() && wanted.organ != "whole_heart") return core::wrong_usage("--av belongs to a twin with atria and ventricles. Choose --organ whole_heart as well.");
    session::AtriaCaseParams atria = session::chosen_atria(wanted);
    if (o.atrial_wall > 0) atria.wall_mm = atria.right_wall_mm = o.atrial_wall;
    if (o.atrial_edge > 0) atria.edge_mm = o.atrial_edge;
    if (!o.atrial_fibres.empty()) {
      const auto rule = organs::atrial_fibre_rule(o.atrial_fibres);
      if (!rule) return core::pass(rule);
      if (wanted.organ == "heart") return core::wrong_usage("--atrial-fibres belongs to the atria. Choose --organ atria or whole_heart as well.");
      atria.tissue.fibres = *rule;
    }
    atria.tissue.remodelled = o.af || wanted.af_remodelled;
    if (o.fibrosis_percent) atria.tissue.fibrosis_share = *o.fibrosis_percent / 100;
    atria.tissue.fibrosis_length_mm = o.fibrosis_mm.value_or(atria.tissue.fibrosis_length_mm);
    atria.tissue.fibrosis_seed = o.fibrosis_seed.value_or(atria.tissue.fibrosis_seed);
    const bool patches = o.fibrosis_percent || o.fibrosis_mm || o.fibrosis_seed;
    if ((o.af || patches) && wanted.organ != "atria" && wanted.organ != "whole_heart")
      return core::wrong_usage(fmt::format("{} belongs to the atria. Choose --organ atria or whole_heart as well.", o.af ? "--af" : "--fibrosis"));
    if ((o.fibrosis_mm || o.fibrosis_seed) && atria.tissue.fibrosis_share == 0)
      return core::wrong_usage("--fibrosis-mm and --fibrosis-seed say how patches are drawn (there are none). Give --fibrosis PERCENT as well.");
    if (!o.conduction.empty()) data.choices.conduction = o.conduction;
    if (!o.block.empty()) data.choices.block = o.block;
    if (!o.accessory.empty()) data.choices.accessory = o.accessory;
    if (!o.torso.empty()) {
      const auto torso = session::torso_from(o.torso);
      if (!torso) return core::pass(torso);
      if (wanted.organ == "atria") return core::wrong_usage("--torso belongs to twins with ventricles (the ECG of atria alone is taken in an unbounded medium). Leave it out.");
      data.choices.torso = *torso;
    }
    if (auto ok = choose_muscle(data, wanted.organ); !ok) return ok;
    const session::PipelineParams params;   // the choices above
    if (wanted.organ != "atria" && wanted.organ != "whole_heart") data.choices.organ = "heart";
    const auto built = wanted.organ == "atria"         ? session::build_atrial_twin(data, atria, progress)
                       : wanted.organ == "whole_heart" ? session::build_whole_heart(data, params, atria, wanted.av, progress)
                                                       : session::build_twin(data, params, progress);
    return built ? choose_beat(data, progress) : built;
  });
}

}  // namespace

void register_case_commands(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* segment_command = app.add_subcommand("segment", "Automatic recipe, or a label map from another tool");
  segment_command->add_option("case", o.case_folder, "Case folder")->required();
  segment_command->add_option("--recipe", o.recipe, "Recipe, see 'list recipes'; auto: the one recommended for the image");
  segment_command->add_option("--image", o.image, "Image of the case (default: the first)");
  segment_command->add_option("--labels", o.labels, "Label map of another tool to take instead: NIfTI, NRRD, MHA, DICOM SEG");
  segment_command->add_option("--scheme", o.scheme, "What its numbers mean: a name of 'list schemes' or a scheme file (default: recognised, else asked)");
  segment_command->add_option("--labels-from", o.labels_from, "Take the labels of this other image of the case, placed by patient coordinates");
  segment_command->add_option("--only", o.only, "With --labels-from: only scar, border_zone, myocardial_fat (with commas), into this image's wall");
  segment_command->add_option("--seeds", o.seeds, "Guide file for cardiac_ct: seeds, valve clicks, apex, cuts, thresholds (resources/docs/dev/guided-file.md)");
  segment_command->footer("Example: organtwin-cli segment cases/p1 --recipe cardiac_ct\n         organtwin-cli segment cases/p1 --image mr --labels-from mr_2 --only scar,border_zone");
  segment_command->callback([&] { chosen = [&] { return segment(context); }; });

  auto* build_command = app.add_subcommand("build", "Baseline twin: fibres, tissue, conduction, boundary conditions");
  build_command->add_option("case", o.case_folder, "Case folder")->required();
  build_command->add_option("--organ", o.organ, "Organ, see 'list organs' (default: what the case was built as before, at first heart)");
  build_command->add_option("--conduction", o.conduction, "purkinje (default): His bundle, fascicles and fractal trees; points: early sites and a fast endocardial layer");
  build_command->add_option("--block", o.block, "none, lbbb, rbbb; with purkinje also lafb, lpfb");
  build_command->add_option("--accessory", o.accessory, "Accessory pathway: none, left_lateral, left_anterolateral, left_posterior, posteroseptal, anteroseptal, right_lateral, right_anterior, right_posterior");
  build_command->add_option("--av", o.av, "whole_heart: AV conduction: normal, first_degree (AH 100 ms longer), complete (block)");
  build_command->add_option("--wall", o.atrial_wall, "atria: thickness of both walls, mm (default: 1.45 left, 2 right)")->check(CLI::PositiveNumber);
  build_command->add_option("--edge", o.atrial_edge, "atria: edge of the mesh, mm (default 1.2)")->check(CLI::PositiveNumber);
  build_command->add_option("--atrial-fibres", o.atrial_fibres, "atria: rings (default): round the valves; piersanti: bundles between valve, veins, cavae and appendage (Piersanti 2021), nearer to measured fibres (kept with the case)");
  build_command->add_flag("--af", o.af, "atria: cells remodelled by persistent atrial fibrillation");
  build_command->add_option("--fibrosis", o.fibrosis_percent, "atria: patches of fibrosis drawn at random over so many % of the muscle, 0 for none (kept with the case)")->check(CLI::Range(0.0, 70.0));
  build_command->add_option("--fibrosis-mm", o.fibrosis_mm, "atria: size of the patches, 1.25 (diffuse) to 10 (focal) mm, default 5")->check(CLI::Range(1.0, 30.0));
  build_command->add_option("--fibrosis-seed", o.fibrosis_seed, "atria: another number draws other patches");
  build_command->add_option("--cell", o.cell, "Cell model of the muscle, a family of 'list ionic-models' (cipaordv1_2017: made for drugs); other cells in places: FAMILY@PLACE, commas between (a tissue, segment_1..17, or the layers epi, mid, endo)");
  build_command->add_option("--velocity", o.velocity, "Conduction velocities of ventricular muscle in m/s, along the fibres, in the sheets, across them: 0.6,0.3,0.2; default: back to these");
  build_command->add_option("--fibre-angles", o.fibre_angles, "Fibre angles in degrees, ENDO,EPI[,SHEET_ENDO,SHEET_EPI]; bayer: 40,-50,-65,25 as published; default: back to 60,-60,0,0");
  build_command->add_option("--scale", o.scale, "Factors on conductances: g_Kr=0.5,g_Na@border_zone=0.7,g_CaL@segment_7=1.2 (see 'list ionic-models'); none: back to the published ones");
  build_command->add_option("--conductivity", o.conductivity, "Factors on the conductivity of regions: border_zone=0.5,segment_7:across=0.3,all=0.9 (velocities follow with the square root); none: back to the table of `list tissues`");
  build_command->add_option("--electrodes", o.electrodes, "ECG electrodes from a file, CSV name,x,y,z or JSON, LPS mm: all ten (RA LA RL LL V1..V6) or some; default: back to the standard places");
  build_command->add_option("--torso", o.torso, "Body the ECG is taken on: standard (default): of a standard adult; auto: the patient's skin where the CT shows enough of it, else standard; skin: refused where it does not (kept with the case)");
  build_command->add_option("--cycle-length", o.cycle_length_ms, "The cells are paced at it before the beat, ms")->check(CLI::Range(150.0, 10000.0));
  build_command->add_option("--end", o.end_ms, "The beat ends there, ms")->check(CLI::Range(20.0, 20000.0));
  build_command->add_option("--dt", o.dt_ms, "Step of FULL, ms")->check(CLI::Range(0.001, 0.1));
  build_command->footer("Example: organtwin-cli build cases/p1 --organ heart\n"
                        "         organtwin-cli build cases/p1 --organ whole_heart --av first_degree   (atria and ventricles: P, PR, QRS and QT in one ECG)\n"
                        "         organtwin-cli build cases/p1 --cell cipaordv1_2017 --cycle-length 800\n"
                        "         organtwin-cli build cases/p1 --cell tor_ord_dyncl_2020,courtemanche_1998@border_zone   (other cells in the border zone)\n"
                        "         organtwin-cli build cases/p1 --cell ohara_rudy_2011 --velocity 0.5,0.25,0.17 --fibre-angles bayer --scale g_Kr=0.5\n"
                        "         organtwin-cli build cases/p1 --organ atria --af   (replaces the twin of the ventricles; copy the case to keep both)");
  build_command->callback([&] { chosen = [&] { return build(context); }; });
}

}  // namespace ot::cli
