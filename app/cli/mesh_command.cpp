// SPDX-License-Identifier: GPL-3.0-or-later
// mesh, patches, vessels: the meshes of a case.
#include <fmt/format.h>

#include "app/cli/context.hpp"
#include "app/cli/stages.hpp"
#include "app/session/mesh_case.hpp"
#include "app/session/pipeline.hpp"
#include "solvers/core/has_label.hpp"

namespace ot::cli {
namespace {

struct Options {
  std::string case_folder, labels, as = "parts", image, mesh, inlet, vessel;
  std::vector<std::string> fine, spots, rename, merge, paint, branch;
  double edge = 1.0, rv_wall = 3.0, extend = 0, least = 25;
  bool vessels = true, largest = false;
};
Options& options() {
  static Options o;
  return o;
}

core::Result<void> with_case(Context& context, const std::function<core::Result<void>(session::CaseData&, const core::Progress&)>& step) {
  const core::Progress progress = context.progress();
  auto data = session::load_case(options().case_folder, progress.part(0, 0.05));
  if (!data) return core::pass(data);
  const std::size_t stages = data->stages.size();
  if (auto ok = step(*data, progress.part(0.05, 0.95)); !ok) return ok;
  if (auto ok = session::save_case(*data, options().case_folder, progress.part(0.95, 1)); !ok) return ok;
  return print_stages(context, *data, stages);
}

// "name=value" -> both.
core::Result<std::pair<std::string, std::string>> pair_of(const std::string& text, const std::string& option) {
  const auto at = text.rfind('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) return core::wrong_usage(fmt::format("{} takes NAME=VALUE, not \"{}\".", option, text));
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

core::Result<double> number(const std::string& text, const std::string& option) {
  double x = 0;
  if (!CLI::detail::lexical_cast(text, x) || !std::isfinite(x)) return core::wrong_usage(fmt::format("{}: \"{}\" is not a number.", option, text));
  return x;
}

core::Result<imaging::MeshRequest> request_for(const core::LabelMap& labels) {
  const Options& o = options();
  imaging::MeshRequest r;
  r.edge_mm = o.edge;
  r.keep_largest_part = o.largest;
  for (const std::string& name : CLI::detail::split(o.labels, ',')) {
    const int value = session::label_value(labels, name);
    if (value == 0) {
      std::string known;
      for (const auto& l : labels.labels)
        if (core::has_label(labels, l.value)) known += (known.empty() ? "" : ", ") + l.key;
      return core::wrong_usage(fmt::format("The label map has no \"{}\" (it has: {}).", name, known));
    }
    r.parts.push_back({value, "", 0});
  }
  for (const std::string& text : o.fine) {
    auto pair = pair_of(text, "--fine");
    if (!pair) return core::pass(pair);
    auto mm = number(pair->second, "--fine");
    if (!mm) return core::pass(mm);
    const int value = session::label_value(labels, pair->first);
    const auto part = std::find_if(r.parts.begin(), r.parts.end(), [&](const auto& p) { return p.label == value; });
    if (part == r.parts.end()) return core::wrong_usage(fmt::format("--fine names \"{}\", which is not among --labels.", pair->first));
    part->edge_mm = *mm;
  }
  for (const std::string& text : o.spots) {
    const auto words = CLI::detail::split(text, ',');
    double v[5];
    if (words.size() != 5) return core::wrong_usage("--fine-near takes X,Y,Z,RADIUS,EDGE in mm.");
    for (std::size_t i = 0; i < 5; ++i) {
      auto x = number(words[i], "--fine-near");
      if (!x) return core::pass(x);
      v[i] = *x;
    }
    r.spots.push_back({core::Vec3(v[0], v[1], v[2]), v[3], v[4]});
  }
  return r;
}

core::Result<void> mesh(Context& context) {
  const Options& o = options();
  return with_case(context, [&](session::CaseData& data, const core::Progress& progress) -> core::Result<void> {
    if (o.labels.empty()) {
      if (!o.fine.empty() || !o.spots.empty()) return core::wrong_usage("--fine and --fine-near go with --labels.");
      session::PipelineParams params;
      params.heart_edge_mm = o.edge;
      params.rv_wall_mm = o.rv_wall;
      params.vessels = o.vessels;
      return session::mesh_case(data, params, progress);
    }
    const auto image = std::find_if(data.images.begin(), data.images.end(), [&](const auto& i) { return i.labels && (o.image.empty() || i.key == o.image); });
    if (image == data.images.end()) return core::bad_input("The case has no labels (nothing to mesh). Run `segment` first.");
    auto request = request_for(*image->labels);
    if (!request) return core::pass(request);
    return session::mesh_labels(data, std::string(image->key), *request, o.as, progress);
  });
}

nlohmann::json json_of(const core::Vec3& x) { return {x.x(), x.y(), x.z()}; }

core::Result<void> patches(Context& context) {
  const Options& o = options();
  if (!o.rename.empty() || !o.inlet.empty() || !o.merge.empty() || !o.paint.empty()) {
    return with_case(context, [&](session::CaseData& data, const core::Progress& progress) -> core::Result<void> {
      const std::string key = o.mesh.empty() ? (session::meshes_of(data).empty() ? "" : session::meshes_of(data).front().key) : o.mesh;
      for (const auto& text : o.rename) {
        auto pair = pair_of(text, "--rename");
        if (!pair) return core::pass(pair);
        if (auto ok = session::rename_patch(data, key, pair->first, pair->second); !ok) return ok;
      }
      for (const auto& text : o.paint) {
        auto pair = pair_of(text, "--paint");
        if (!pair) return core::pass(pair);
        const auto words = CLI::detail::split(pair->second, ',');
        if (words.size() != 4) return core::wrong_usage("--paint takes NAME=X,Y,Z,RADIUS in mm.");
        double v[4];
        for (std::size_t i = 0; i < 4; ++i) {
          auto x = number(words[i], "--paint");
          if (!x) return core::pass(x);
          v[i] = *x;
        }
        if (auto ok = session::paint_patch(data, key, pair->first, core::Vec3(v[0], v[1], v[2]), v[3]); !ok) return ok;
      }
      for (const auto& text : o.merge) {
        auto pair = pair_of(text, "--merge");
        if (!pair) return core::pass(pair);
        if (auto ok = session::merge_patch(data, key, pair->first, pair->second); !ok) return ok;
      }
      if (!o.inlet.empty()) return session::choose_inlet(data, key, o.inlet, progress);
      return {};
    });
  }
  auto data = session::load_case(o.case_folder, context.progress());
  if (!data) return core::pass(data);
  nlohmann::json json{{"meshes", nlohmann::json::array()}};
  std::string text;
  for (const auto& entry : session::meshes_of(*data)) {
    if (!o.mesh.empty() && entry.key != o.mesh) continue;
    const auto report = imaging::report_mesh(*entry.mesh);
    nlohmann::json one{{"key", entry.key}, {"name", entry.name}, {"nodes", report.quality.nodes}, {"tets", report.quality.tets}, {"inverted", report.quality.inverted},
                       {"min_dihedral_deg", report.quality.min_dihedral_deg}, {"median_dihedral_deg", report.quality.median_dihedral_deg}, {"min_radius_ratio", report.min_radius_ratio},
                       {"median_radius_ratio", report.median_radius_ratio}, {"max_aspect", report.max_aspect}, {"pinched_edges", report.pinched_edges}, {"pinched_nodes", report.pinched_nodes},
                       {"parts", report.quality.parts}, {"dihedral_histogram_5_deg", report.quality.dihedral_histogram}, {"radius_ratio_histogram", report.radius_ratio_histogram},
                       {"patches", nlohmann::json::array()}, {"worst", nlohmann::json::array()}};
    text += fmt::format("{}: {} nodes, {} tets, {} inverted, dihedral min {:.1f} median {:.1f} deg, radius ratio min {:.3f} median {:.3f}, largest aspect {:.1f}, {} part(s), {} pinched edges, {} pinched nodes\n",
                        entry.key, report.quality.nodes, report.quality.tets, report.quality.inverted, report.quality.min_dihedral_deg, report.quality.median_dihedral_deg, report.min_radius_ratio,
                        report.median_radius_ratio, report.max_aspect, report.quality.parts, report.pinched_edges, report.pinched_nodes);
    for (const auto& [value, name] : entry.mesh->patch_names) {
      const auto faces = std::count_if(entry.mesh->boundary.begin(), entry.mesh->boundary.end(), [v = value](const auto& f) { return f.patch == v; });
      one["patches"].push_back({{"value", value}, {"name", name}, {"faces", faces}});
      text += fmt::format("  patch {:<3} {:<28} {:>8} faces\n", value, name, faces);
    }
    for (const auto& w : report.worst) {
      one["worst"].push_back({{"tet", w.tet}, {"centre_mm", json_of(w.centre)}, {"dihedral_deg", w.dihedral_deg}, {"radius_ratio", w.radius_ratio}, {"aspect", w.aspect}, {"region", w.region}});
      text += fmt::format("  worst tet {:<8} at ({:.1f}, {:.1f}, {:.1f}) dihedral {:.1f} deg, radius ratio {:.3f}, aspect {:.1f}, {}\n", w.tet, w.centre.x(), w.centre.y(), w.centre.z(), w.dihedral_deg,
                          w.radius_ratio, w.aspect, w.region);
    }
    json["meshes"].push_back(std::move(one));
  }
  if (json["meshes"].empty()) return core::bad_input("The case has no such mesh (nothing to report). Run `mesh` first.");
  return context.print(json, text);
}

core::Result<void> vessels(Context& context) {
  const Options& o = options();
  if (o.extend > 0 || !o.branch.empty() || !o.inlet.empty()) {
    return with_case(context, [&](session::CaseData& data, const core::Progress& progress) -> core::Result<void> {
      if (data.vessel_meshes.empty()) return core::bad_input("The case has no vessel (nothing to change). Run `mesh` first.");
      const std::string key = o.vessel.empty() ? data.vessel_meshes.front().key : o.vessel;
      for (const auto& text : o.branch) {
        auto pair = pair_of(text, "--name");
        if (!pair) return core::pass(pair);
        auto at = number(pair->first, "--name");
        if (!at) return core::pass(at);
        if (auto ok = session::rename_branch(data, key, int(*at), pair->second); !ok) return ok;
      }
      if (!o.inlet.empty())
        if (auto ok = session::choose_inlet(data, key, o.inlet, progress.part(0, 0.5)); !ok) return ok;
      if (o.extend > 0) return session::extend_vessel(data, key, o.extend, progress.part(0.5, 1));
      return {};
    });
  }
  auto data = session::load_case(o.case_folder, context.progress());
  if (!data) return core::pass(data);
  nlohmann::json json{{"vessels", nlohmann::json::array()}};
  std::string text;
  for (const auto& v : data->vessel_meshes) {
    if (!o.vessel.empty() && v.key != o.vessel) continue;
    const auto found = session::find_in_vessel(v, session::voxel_of(*data, v), o.least);
    const auto& n = *v.network;
    nlohmann::json one{{"key", v.key}, {"name", v.name}, {"branches", nlohmann::json::array()}, {"bifurcations", nlohmann::json::array()}, {"stenoses", nlohmann::json::array()}, {"notes", v.notes}, {"doubts", found.doubts}};
    text += fmt::format("{}\n", v.name);
    for (std::size_t b = 0; b < n.branches.size(); ++b) {
      const auto& br = n.branches[b];
      const auto [least, most] = std::minmax_element(br.radius.begin(), br.radius.end());
      one["branches"].push_back({{"index", b}, {"name", br.name}, {"parent", br.parent}, {"length_mm", br.length()}, {"min_diameter_mm", 2 * *least}, {"max_diameter_mm", 2 * *most},
                                 {"outlet", br.outlet_patch ? v.lumen->patch_names.at(br.outlet_patch) : ""}});
      text += fmt::format("  {:<3} {:<24} {:7.1f} mm long, diameter {:5.2f} to {:5.2f} mm\n", b, br.name, br.length(), 2 * *least, 2 * *most);
    }
    for (const auto& f : found.bifurcations) {
      one["bifurcations"].push_back({{"parent", f.parent}, {"children", f.children}, {"at_mm", json_of(f.position)}, {"angle_deg", f.angle_deg}, {"parent_diameter_mm", f.parent_diameter_mm}, {"child_diameters_mm", f.child_diameters_mm}});
      text += fmt::format("  fork of {} at ({:.1f}, {:.1f}, {:.1f}): {:.0f} degrees, {:.1f} mm into", n.branches[std::size_t(f.parent)].name, f.position.x(), f.position.y(), f.position.z(), f.angle_deg, f.parent_diameter_mm);
      for (double d : f.child_diameters_mm) text += fmt::format(" {:.1f}", d);
      text += " mm\n";
    }
    for (const auto& s : found.stenoses) {
      one["stenoses"].push_back({{"branch", s.branch}, {"name", n.branches[std::size_t(s.branch)].name}, {"throat_mm", s.throat_mm}, {"at_mm", json_of(n.point_at(s.branch, s.throat_mm))}, {"diameter_percent", s.diameter_percent},
                                 {"area_percent", s.area_percent}, {"min_diameter_mm", s.min_diameter_mm}, {"reference_diameter_mm", s.reference_diameter_mm}, {"length_mm", s.end_mm - s.start_mm}});
      text += fmt::format("  stenosis in {} at {:.1f} mm: {:.0f} % diameter, {:.0f} % area, MLD {:.2f} mm, reference {:.2f} mm, {:.1f} mm long\n", n.branches[std::size_t(s.branch)].name, s.throat_mm, s.diameter_percent,
                          s.area_percent, s.min_diameter_mm, s.reference_diameter_mm, s.end_mm - s.start_mm);
    }
    if (found.stenoses.empty()) text += fmt::format("  no stenosis of {:g} % or more\n", o.least);
    for (const auto& d : found.doubts) text += "  " + d + "\n";
    json["vessels"].push_back(std::move(one));
  }
  if (json["vessels"].empty()) return core::bad_input("The case has no such vessel (nothing to measure). Run `mesh` first.");
  return context.print(json, text);
}

}  // namespace

void register_mesh(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* mesh_command = app.add_subcommand("mesh", "Surfaces and tetrahedra with a quality report; any labels with --labels");
  mesh_command->add_option("case", o.case_folder, "Case folder")->required();
  mesh_command->add_option("--edge", o.edge, "Edge length, mm")->check(within(0.1, 20.0));
  mesh_command->add_option("--rv-wall", o.rv_wall, "Assumed thickness of the RV wall, mm")->check(within(1.0, 10.0));
  mesh_command->add_flag("--vessels,!--no-vessels", o.vessels, "Also mesh the vessels that are labelled");
  mesh_command->add_option("--labels", o.labels, "Mesh these labels (keys or numbers, with commas) as one mesh with shared interfaces");
  mesh_command->add_option("--as", o.as, "Name of that mesh in the case");
  mesh_command->add_option("--image", o.image, "Image whose labels are meshed (default: the first with labels)");
  mesh_command->add_option("--fine", o.fine, "Finer edge in one label: label=MM (repeatable)");
  mesh_command->add_option("--fine-near", o.spots, "Finer edge in a ball: X,Y,Z,RADIUS,EDGE in mm (repeatable)");
  mesh_command->add_flag("--largest-part", o.largest, "Keep only the largest connected part");
  mesh_command->footer("Example: organtwin-cli mesh cases/p1 --edge 1.0\n         organtwin-cli mesh cases/p1 --labels lv_myocardium,rv_wall,scar --edge 1.5 --fine scar=0.8 --as walls");
  mesh_command->callback([&] { chosen = [&] { return mesh(context); }; });

  auto* patch_command = app.add_subcommand("patches", "Quality, patches and worst elements of every mesh; rename, merge or paint patches, choose the inlet");
  patch_command->add_option("case", o.case_folder, "Case folder")->required();
  patch_command->add_option("--mesh", o.mesh, "Only this mesh: heart, a vessel, or the name of a mesh of labels");
  patch_command->add_option("--rename", o.rename, "OLD=NEW (repeatable)");
  patch_command->add_option("--merge", o.merge, "FROM=INTO: all faces of one patch join another (repeatable)");
  patch_command->add_option("--paint", o.paint, "NAME=X,Y,Z,RADIUS in mm: the faces in that ball become this patch, new or known (repeatable)");
  patch_command->add_option("--inlet", o.inlet, "This outlet of the vessel becomes its inlet");
  patch_command->footer("Example: organtwin-cli patches cases/p1 --mesh heart --merge base_mitral=base\n         organtwin-cli patches cases/p1 --mesh heart --paint scar_window=20,-180,640,8");
  patch_command->callback([&] { chosen = [&] { return patches(context); }; });

  auto* vessel_command = app.add_subcommand("vessels", "Branches, forks and stenoses (QCA numbers); names, inlet, flow extensions");
  vessel_command->add_option("case", o.case_folder, "Case folder")->required();
  vessel_command->add_option("--vessel", o.vessel, "Only this vessel");
  vessel_command->add_option("--least", o.least, "Smallest diameter stenosis listed, %")->check(within(5.0, 99.0));
  vessel_command->add_option("--name", o.branch, "NUMBER=NAME of a branch (repeatable)");
  vessel_command->add_option("--inlet", o.inlet, "This outlet becomes the inlet");
  vessel_command->add_option("--extend", o.extend, "Flow extensions at every cap, diameters")->check(within(0.0, 10.0));
  vessel_command->footer("Example: organtwin-cli vessels cases/p1 --json\n         organtwin-cli vessels cases/p1 --vessel aorta --extend 5");
  vessel_command->callback([&] { chosen = [&] { return vessels(context); }; });
}

}  // namespace ot::cli
