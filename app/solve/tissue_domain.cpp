// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/tissue_domain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <sstream>

#include "app/solve/box_mesh.hpp"
#include "app/solve/file_unit.hpp"
#include "imaging/exchange/mesh_unit.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/fibres.hpp"
#include "solvers/electrophysiology/recorded/fibres_in.hpp"

namespace ot::solve {
namespace {

using core::Vec3;

// Directions of the fibres and the two across them, and the squares of the velocities along them (any unit).
struct Conduction {
  Vec3 f, s, square;
  core::Mat3 tensor() const {
    core::Mat3 axes;
    axes << f, s, f.cross(s);
    return axes * square.asDiagonal() * axes.transpose();
  }
};

std::shared_ptr<const core::TetMesh> read_box(SpecReader& spec, const Conduction& conduction, const char* usual_split, std::vector<std::string>& notes, const core::Progress& progress) {
  const Vec3 size = spec.vec3("box_mm");
  Vec3 edges = Vec3::Zero();   // one number, or three: boxes stretched along x, y, z
  if (spec.has("edge_mm") && spec.at("edge_mm").is_array()) edges = spec.vec3("edge_mm");
  else edges.setConstant(spec.number("edge_mm", {}, 1e-3, 1e3));
  if (!(edges.minCoeff() >= 1e-3) || !(edges.maxCoeff() <= 1e3)) throw SpecError("\"edge_mm\" is a length from 0.001 to 1000 mm, or three of them.");
  std::string split = spec.text("split", usual_split);
  if (split != "auto" && split != "kuhn" && split != "alternating" && split != "fibres" && split != "unstructured")
    throw SpecError("\"split\" is auto, kuhn, alternating, fibres or unstructured.");
  if (!((size.array() > 0).all())) throw SpecError("\"box_mm\" must be three positive lengths.");
  // At least one cell, two nodes along each edge: flat boxes have no fraction of a node.
  if (!((size.cwiseQuotient(edges).array().max(1.0) + 1.0).prod() <= 2e7)) throw SpecError("The box has more than 20 million nodes (too many for one machine). Use a larger edge_mm.");
  if (split == "unstructured" && edges.minCoeff() != edges.maxCoeff())
    throw SpecError("Three edges go with the splits of a regular box (an unstructured mesh has one size). Give one \"edge_mm\".");
  if (split == "auto") {
    split = auto_split(conduction.tensor());
    if (split == "fibres") notes.push_back("The fibres lie askew to the box: its tetrahedra are cut to follow them (\"split\": \"fibres\"), so that waves across the fibres keep their velocity.");
  }
  return std::make_shared<core::TetMesh>(take(box_mesh(split, size, edges, conduction.tensor(), progress)));
}

// openCARP keeps surfaces in files of their own, base_NAME.surf: a count, then rows "Tr a b c". They become patches with those names.
void add_surfaces(const std::filesystem::path& path, imaging::MixedMesh& mixed) {
  const std::string extension = path.extension().string(), file = path.filename().string();
  const bool parts = extension == ".pts" || extension == ".elem" || extension == ".lon";
  if (!parts && !extension.empty()) return;
  const std::string begins = (parts ? path.stem().string() : file) + "_";
  std::error_code ec;
  std::vector<std::filesystem::path> surfaces;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path().empty() ? "." : path.parent_path(), ec))
    if (entry.path().extension() == ".surf" && entry.path().filename().string().rfind(begins, 0) == 0) surfaces.push_back(entry.path());
  std::sort(surfaces.begin(), surfaces.end());
  int patch = 0;
  for (const auto& surface : surfaces) {
    const auto text = take(core::read_file(surface, std::size_t(1) << 30));
    std::istringstream in(text);
    std::size_t count = 0;
    in >> count;
    ++patch;
    for (std::size_t k = 0; k < count; ++k) {
      std::string kind;
      imaging::MixedCell cell;
      cell.kind = imaging::CellKind::triangle;
      cell.region = patch;
      if (!(in >> kind >> cell.nodes[0] >> cell.nodes[1] >> cell.nodes[2]) || kind != "Tr" ||
          std::any_of(cell.nodes.begin(), cell.nodes.begin() + 3, [&](core::Index n) { return n < 0 || std::size_t(n) >= mixed.points.size(); }))
        throw SpecError(fmt::format("{} is damaged at its triangle {} (the surface cannot be followed). Export it again.", surface.filename().string(), k + 1));
      mixed.cells.push_back(cell);
      if (!mixed.fibre.empty()) mixed.fibre.emplace_back(0, 0, 0);
      if (!mixed.sheet.empty()) mixed.sheet.emplace_back(0, 0, 0);
    }
    mixed.patch_names[patch] = surface.stem().string().substr(begins.size());
  }
}

// openCARP (.pts, .elem, .lon or their common name) and Gmsh, with the fibres they bring.
TissueDomain foreign_mesh(const std::filesystem::path& path, const FileUnit& given, std::vector<std::string>& notes, const core::Progress& progress) {
  auto mixed = take(imaging::read_mesh(path, "", progress));
  if (!mixed.has_volume()) throw SpecError(fmt::format("{} holds no volume cells (tissue is a volume). Give a mesh of tetrahedra.", path.filename().string()));
  add_surfaces(path, mixed);
  imaging::LengthUnit unit = given.unit;
  if (!given.given) {
    const auto proposal = imaging::propose_unit(mixed, "heart");
    unit = take(imaging::decide_unit(proposal, path.filename().string()));
    notes.push_back(proposal.sentence);
  }
  auto tets = take(imaging::to_tets(mixed, unit));
  for (auto& n : tets.notes) notes.push_back(std::move(n));
  TissueDomain out;
  out.mesh = std::make_shared<core::TetMesh>(std::move(tets.mesh));
  if (!tets.fibre.empty()) {
    auto taken = take(ep::taken_fibres(std::move(tets.fibre), std::move(tets.sheet), path.filename().string()));
    out.fibres = taken.field;
    if (!taken.completed.empty()) notes.push_back(taken.completed);
  }
  return out;
}

std::shared_ptr<const ep::FibreField> one_direction(const core::TetMesh& mesh, const Vec3& f) {
  auto field = std::make_shared<ep::FibreField>();
  field->f.assign(mesh.tets.size(), f);
  field->s.assign(mesh.tets.size(), f.unitOrthogonal());
  return field;
}

// The one direction that a spec gives to every tetrahedron; nothing when it leaves the fibres to a rule, a file or the mesh.
std::optional<Vec3> read_direction(SpecReader& fibres) {
  if (fibres.has("rule") || fibres.has("file")) return std::nullopt;
  Vec3 f;
  if (fibres.has("angle_deg")) {   // from x towards y
    const double a = fibres.number("angle_deg", {}, -360, 360) * M_PI / 180.0;
    f = Vec3(std::cos(a), std::sin(a), 0);
  } else {
    f = fibres.vec3("direction");
  }
  if (!(f.norm() > 0) || !f.allFinite()) throw SpecError("The fibre direction must not be zero.");
  return f.normalized();
}

// Arrays fibre (and sheet) of a .vtu, at its points or tetrahedra.
std::shared_ptr<const ep::FibreField> of_vtu(const std::filesystem::path& file, const core::TetMesh& mesh, imaging::VtuVectors vectors, std::vector<std::string>& notes) {
  if (vectors.tet_fibre.empty()) {
    if (vectors.points.size() != mesh.nodes.size())
      throw SpecError(fmt::format("{} has fibres at {} points for {} nodes (fibres belong to their own mesh). Give the file of this mesh.", file.filename().string(), vectors.points.size(), mesh.nodes.size()));
    vectors.tet_fibre = ep::axes_of_tets(mesh, vectors.node_fibre);
    if (!vectors.node_sheet.empty()) vectors.tet_sheet = ep::axes_of_tets(mesh, vectors.node_sheet);
  }
  if (vectors.tet_fibre.size() != mesh.tets.size())
    throw SpecError(fmt::format("{} has fibres of {} tetrahedra for {} (fibres belong to their own mesh). Give the file of this mesh.", file.filename().string(), vectors.tet_fibre.size(), mesh.tets.size()));
  if (vectors.tet_sheet.size() != vectors.tet_fibre.size()) vectors.tet_sheet.clear();
  auto taken = take(ep::taken_fibres(std::move(vectors.tet_fibre), std::move(vectors.tet_sheet), file.filename().string()));
  if (!taken.completed.empty()) notes.push_back(taken.completed);
  return taken.field;
}

// A .lon of openCARP: one line a tetrahedron, in the mesh's order. Or a .vtu.
std::shared_ptr<const ep::FibreField> of_file(const std::filesystem::path& file, const core::TetMesh& mesh, std::vector<std::string>& notes) {
  if (file.extension() == ".vtu") return of_vtu(file, mesh, take(imaging::read_vtu_vectors(file)), notes);
  auto vectors = take(ep::parse_lon(take(core::read_file(file, std::size_t(4) << 30))));
  if (vectors.f.size() != mesh.tets.size())
    throw SpecError(fmt::format("{} has {} lines for {} tetrahedra (fibres belong to their own mesh). Give the file of this mesh.", file.filename().string(), vectors.f.size(), mesh.tets.size()));
  auto taken = take(ep::taken_fibres(std::move(vectors.f), std::move(vectors.s), file.filename().string()));
  if (!taken.completed.empty()) notes.push_back(taken.completed);
  return taken.field;
}

// {"rule": "bayer2012" or "default", "angles_deg": [endo, epi] or [endo, epi, sheet endo, sheet epi], "patches": {"epicardium": "epi", ...}}
std::shared_ptr<const ep::FibreField> by_rule(SpecReader& spec, const core::TetMesh& mesh, std::vector<std::string>& notes, const core::Progress& progress) {
  const std::string rule = spec.text("rule", {});
  if (rule != "bayer2012" && rule != "default") throw SpecError("\"rule\" of the fibres is bayer2012 (angles as published) or default (60 to -60 degrees).");
  ep::FibreAngles angles = rule == "bayer2012" ? ep::bayer_2012() : ep::FibreAngles{};
  if (spec.has("angles_deg")) {
    const auto& list = spec.at("angles_deg");
    std::vector<double> a;
    if (list.is_array())
      for (const auto& x : list)
        if (x.is_number()) a.push_back(x.get<double>());
    if ((a.size() != 2 && a.size() != 4) || a.size() != list.size() || std::any_of(a.begin(), a.end(), [](double x) { return !(std::abs(x) <= 90); }))
      throw SpecError("\"angles_deg\" is [endo, epi] or [endo, epi, sheet endo, sheet epi], each from -90 to 90 degrees.");
    angles.alpha_endo = a[0];
    angles.alpha_epi = a[1];
    angles.beta_endo = a.size() == 4 ? a[2] : 0;
    angles.beta_epi = a.size() == 4 ? a[3] : 0;
  }
  core::TetMesh named = mesh;
  if (spec.has("patches")) {
    SpecReader names(spec.at("patches"), "\"patches\" of the fibres");
    std::vector<std::pair<std::string, std::string>> renamed;   // the mesh's, ours
    for (const char* key : {"epicardium", "endocardium_lv", "endocardium_rv", "base"})
      if (names.has(key)) renamed.emplace_back(names.text(key, {}), key);
    names.finish();
    for (const auto& [its, ours] : renamed) {
      const auto at = std::find_if(mesh.patch_names.begin(), mesh.patch_names.end(), [&, its = its](const auto& p) { return p.second == its; });
      if (at == mesh.patch_names.end()) {
        std::string known;
        for (const auto& [value, name] : mesh.patch_names) known += (known.empty() ? "" : ", ") + name;
        throw SpecError(fmt::format("The mesh has no patch \"{}\" (it has: {}).", its, known.empty() ? "none" : known));
      }
      named.patch_names[at->first] = ours;
    }
  }
  const auto coordinates = take(ep::ventricular_coordinates(named, progress));
  notes.push_back(fmt::format("Fibres by rule: {:g} degrees at the endocardium to {:g} at the epicardium, sheets {:g} to {:g}{}.", angles.alpha_endo, angles.alpha_epi, angles.beta_endo, angles.beta_epi,
                              coordinates.has_rv ? "" : "; there is no right ventricle"));
  return std::make_shared<ep::FibreField>(take(ep::rule_based_fibres(named, coordinates, angles)));
}

}  // namespace

TissueDomain read_tissue_domain(SpecReader& spec, const Vec3& squares, const char* usual_split, const SolveOptions& options, std::vector<std::string>& notes, const core::Progress& progress) {
  TissueDomain out;
  std::optional<SpecReader> fibres;
  std::optional<Vec3> direction;
  if (spec.has("fibres")) {
    fibres.emplace(spec.at("fibres"), "\"fibres\"");
    direction = read_direction(*fibres);
  }
  SpecReader mesh(spec.at("mesh"), "\"mesh\"");
  const bool from_file = mesh.has("file");
  if (from_file) {
    const FileUnit unit = file_unit(mesh);
    const std::filesystem::path file = mesh.text("file", {});
    const bool by_rule = fibres && fibres->has("rule");   // needs named surfaces
    if (file.extension() == ".vtu" && !by_rule) {
      out.mesh = std::make_shared<core::TetMesh>(take(imaging::read_tet_mesh(options.base / file, unit.unit)));
      check_unit(unit, out.mesh->nodes, file.string(), notes);
      if (!fibres)
        if (auto vectors = imaging::read_vtu_vectors(options.base / file)) out.fibres = of_vtu(file, *out.mesh, std::move(*vectors), notes);
    } else {
      out = foreign_mesh(options.base / file, unit, notes, progress);
    }
  } else {
    const Vec3 f = direction.value_or(Vec3(1, 0, 0));
    out.mesh = read_box(mesh, {f, f.unitOrthogonal(), squares}, usual_split, notes, progress);
  }
  mesh.finish();
  if (!fibres) {
    const bool brought = out.fibres != nullptr;
    if (brought) notes.push_back("The fibres of the file are used.");
    else out.fibres = one_direction(*out.mesh, Vec3(1, 0, 0));
    if (from_file && !brought) notes.push_back("The mesh brings no fibres (a .vtu would name them fibre) and the spec gives none: they run along x everywhere.");
    return out;
  }
  if (direction) out.fibres = one_direction(*out.mesh, *direction);
  else if (fibres->has("rule")) out.fibres = by_rule(*fibres, *out.mesh, notes, progress);
  else out.fibres = of_file(options.base / fibres->text("file", {}), *out.mesh, notes);
  fibres->finish();
  return out;
}

}  // namespace ot::solve
