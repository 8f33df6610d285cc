// SPDX-License-Identifier: GPL-3.0-or-later
// Fibres of the twin's atria: in the wall, continuous, and how near both rules come to fibres measured by diffusion imaging.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "app/session/atria.hpp"
#include "app/verify/atria_cases.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/hearts.hpp"
#include "solvers/electrophysiology/structure/wall_surface.hpp"
#include "solvers/fem/solve.hpp"
#include "solvers/organs/heart/atria.hpp"

namespace ot::verify {
namespace {

using core::Index;
using core::Vec3;
using organs::AtrialFibreRule;

double degrees_between(const Vec3& a, const Vec3& b) { return std::acos(std::min(1.0, std::abs(a.dot(b)) / std::max(1e-300, a.norm() * b.norm()))) * 180 / M_PI; }

// One element thick, outwards from a surface: tetrahedra 3 t to 3 t + 2 stand on triangle t.
core::TetMesh layer_on(const std::vector<Vec3>& x, const std::vector<core::Triangle>& triangles, double thickness_mm) {
  core::TetMesh mesh;
  std::vector<Vec3> normal(x.size(), Vec3::Zero());
  for (const auto& t : triangles)
    for (Index n : t) normal[std::size_t(n)] += (x[std::size_t(t[1])] - x[std::size_t(t[0])]).cross(x[std::size_t(t[2])] - x[std::size_t(t[0])]);
  mesh.nodes = x;
  for (std::size_t n = 0; n < x.size(); ++n) mesh.nodes.push_back(x[n] + thickness_mm * normal[n].normalized());
  const auto above = [&](Index n) { return Index(n + Index(x.size())); };
  for (auto t : triangles) {
    std::sort(t.begin(), t.end());   // neighbours cut their common side alike
    for (auto v : {std::array<Index, 4>{t[0], t[1], t[2], above(t[2])}, {t[0], t[1], above(t[1]), above(t[2])}, {t[0], above(t[0]), above(t[1]), above(t[2])}}) {
      const auto at = [&](int k) { return mesh.nodes[std::size_t(v[std::size_t(k)])]; };
      if ((at(1) - at(0)).cross(at(2) - at(0)).dot(at(3) - at(0)) < 0) std::swap(v[2], v[3]);
      mesh.tets.push_back({v[0], v[1], v[2], v[3]});
      mesh.region.push_back(1);
    }
  }
  mesh.region_names = {{1, organs::left_atrial_wall}};
  return mesh;
}

// Angles between the fibres of tetrahedra that share a face, inside one bundle and from bundle to bundle.
struct Steps {
  double inside = 0, across = 0;   // degrees, mean
  double turned = 0;               // share of all pairs more than 60 degrees apart
};
Steps steps_of(const core::TetMesh& mesh, const organs::AtrialFibreField& field) {
  std::map<std::array<Index, 3>, std::size_t> open;
  double sum[2] = {0, 0}, turned = 0;
  std::size_t count[2] = {0, 0};
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    for (int k = 0; k < 4; ++k) {
      std::array<Index, 3> face{};
      for (int m = 0, to = 0; m < 4; ++m)
        if (m != k) face[std::size_t(to++)] = mesh.tets[t][std::size_t(m)];
      std::sort(face.begin(), face.end());
      const auto [it, fresh] = open.try_emplace(face, t);
      if (fresh) continue;
      const double angle = degrees_between(field.fibres.f[t], field.fibres.f[it->second]);
      const int between = field.bundle[t] != field.bundle[it->second];
      sum[between] += angle;
      ++count[between];
      turned += angle > 60;
      open.erase(it);
    }
  return {sum[0] / double(std::max<std::size_t>(count[0], 1)), sum[1] / double(std::max<std::size_t>(count[1], 1)), turned / double(std::max<std::size_t>(count[0] + count[1], 1))};
}

}  // namespace

Rows twin_atrial_fibres(bool quick, const core::Progress& progress) {
  RowTable table{"ep/atrial-fibres-twin", quick};
  struct Who {
    const char* name;
    core::LabelMap labels;
  };
  std::vector<Who> all{{"ellipsoids", four_chambers()}};
  if (!quick) {
    const auto patient = phantom_patient(progress.part(0, 0.3));
    if (!patient) return core::pass(patient);
    all.push_back({"phantom", patient->labels});
    const auto real = ct_patient(progress.part(0.3, 0.5));
    if (!real) return core::pass(real);
    if (real->mesh) all.push_back({"ct", real->labels});
  }
  double at = 0.5;
  for (const auto& [name, labels] : all)
    for (const AtrialFibreRule rule : {AtrialFibreRule::piersanti, AtrialFibreRule::rings}) {
      session::AtriaCaseParams params;
      params.edge_mm = 1.5;
      params.tissue.fibres = rule;
      const auto made = session::make_atria(labels, params, progress.part(at, at + 0.5 / double(2 * all.size())));
      at += 0.5 / double(2 * all.size());
      if (!made) return core::pass(made);
      const core::TetMesh& mesh = *made->mesh;
      const auto field = organs::lay_atrial_fibres(mesh, made->inputs.valve_rims, made->inputs.ostia, rule, {});
      if (!field) return core::pass(field);
      const auto key = [&](const char* what) { return fmt::format("{}_{}_{}", name, organs::name_of(rule), what); };
      double wrong = 0, changed = 0;
      for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
        const Vec3 &f = field->fibres.f[t], &s = field->fibres.s[t];
        wrong = std::max({wrong, std::abs(f.norm() - 1), std::abs(s.norm() - 1), std::abs(f.dot(s))});
        changed = std::max(changed, (f - made->heart->baseline.fibres->f[t]).norm());
      }
      table.add(key("not_unit_or_orthogonal"), wrong, 0, 1e-9, "fibres and sheets are unit vectors at right angles");
      table.add(key("not_what_the_twin_has"), changed, 0, 0, "the rows look at the fibres of the built twin");
      // Out of the wall: against the nearest face on the blood's side, for elements all through the wall.
      double tilt = 0, volume = 0;
      for (const auto& [region, blood] : {std::pair{organs::left_atrial_wall, "left_atrium"}, {organs::right_atrial_wall, "right_atrium"}}) {
        const auto inner = ep::WallSurface::make(mesh, {fmt::format("{}/{}", region, blood)});
        if (!inner) return core::pass(inner);
        const auto wall = organs::tets_of(mesh, region);
        for (std::size_t t = 0; t < wall.size(); ++t) {
          if (!wall[t]) continue;
          const auto p = [&](int k) { return mesh.nodes[std::size_t(mesh.tets[t][std::size_t(k)])]; };
          const auto foot = inner->nearest(0.25 * (p(0) + p(1) + p(2) + p(3)), 10.0, Vec3::Zero());
          if (foot.triangle < 0) continue;
          const double v = std::abs((p(1) - p(0)).cross(p(2) - p(0)).dot(p(3) - p(0)));
          tilt += v * std::abs(90 - degrees_between(field->fibres.f[t], inner->normal(foot.triangle)));
          volume += v;
        }
      }
      table.between(key("tilt_out_of_the_wall_deg"), tilt / std::max(volume, 1e-300), 0, 15, "fibres lie in the wall: mean angle to the nearest face of its blood side, by volume; faces side by side differ by some degrees themselves (our bound)");
      const Steps steps = steps_of(mesh, *field);
      table.between(key("step_to_neighbour_deg"), steps.inside, 0, 22, "measured fibres of a human left atrium differ by 22 degrees at places 1 mm apart (structure.md); neighbouring elements are about that far apart");
      if (rule == AtrialFibreRule::piersanti) table.between(key("step_between_bundles_deg"), steps.across, 0, 45, "from bundle to bundle fibres go on better than by chance (45 degrees in the plane); the rule has steps there");
      table.between(key("share_of_neighbours_turned_by_60_deg"), steps.turned, 0, 0.1, "fibres are continuous but for seams: nine of ten neighbours within 60 degrees (our bound)");
    }
  return table.rows;
}

Rows atrial_fibres(bool quick, const core::Progress& progress) {
  RowTable table{"ep/atrial-fibres", quick};
  const char* const shared = std::getenv("ORGANTWIN_SHARED");
  if (quick || !shared || !*shared) return table.rows;
  const auto folder = std::filesystem::path(shared) / "data/left-atrium-fibres-1";
  if (!std::filesystem::exists(folder / "Labelled.pts")) return table.rows;
  std::vector<Vec3> x, measured;
  std::vector<core::Triangle> triangles;
  std::vector<int> tag;
  {
    std::ifstream pts(folder / "Labelled.pts"), elem(folder / "Labelled.elem"), lon(folder / "Labelled.lon");
    std::size_t n = 0;
    pts >> n;
    x.resize(n);
    for (Vec3& p : x) pts >> p.x() >> p.y() >> p.z();
    for (Vec3& p : x) p *= 1e-3;   // micrometres
    elem >> n;
    triangles.resize(n);
    tag.resize(n);
    measured.resize(n);
    std::string kind;
    for (std::size_t t = 0; t < n; ++t) elem >> kind >> triangles[t][0] >> triangles[t][1] >> triangles[t][2] >> tag[t];
    for (Vec3& f : measured) lon >> f.x() >> f.y() >> f.z();
    if (!pts || !elem || !lon) return core::bad_input(fmt::format("{} cannot be read (there are no measured fibres to compare with). Restore the files.", folder.string()));
  }
  // Rings: the tag most of their triangles carry; 11 body: the mitral ring; 21, 23, 25, 27: veins. Left ones: nearer to the appendage.
  std::vector<std::vector<int>> tags_at(x.size());
  std::vector<char> body(x.size(), 0), appendage(x.size(), 0);
  Vec3 centre_of_appendage = Vec3::Zero();
  std::size_t in_appendage = 0;
  for (std::size_t t = 0; t < triangles.size(); ++t)
    for (const Index n : triangles[t]) {
      tags_at[std::size_t(n)].push_back(tag[t]);
      if (tag[t] == 11) body[std::size_t(n)] = 1;
      if (tag[t] == 13) {
        appendage[std::size_t(n)] = 1;
        centre_of_appendage += x[std::size_t(n)];
        ++in_appendage;
      }
    }
  centre_of_appendage /= double(std::max<std::size_t>(in_appendage, 1));
  ep::LeftAtrialBoundaries on;
  std::vector<std::pair<double, std::vector<Index>>> veins;
  for (const auto& ring : ep::open_rings(x, triangles)) {
    std::map<int, int> count;
    Vec3 centre = Vec3::Zero();
    for (const Index n : ring) {
      centre += x[std::size_t(n)] / double(ring.size());
      for (const int g : tags_at[std::size_t(n)]) ++count[g];
    }
    const int most = std::max_element(count.begin(), count.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    if (most == 11 && on.mitral.empty()) on.mitral = ring;
    else veins.emplace_back((centre - centre_of_appendage).norm(), ring);
  }
  std::sort(veins.begin(), veins.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t v = 0; v < veins.size(); ++v) {
    auto& side = v < veins.size() / 2 ? on.left_veins : on.right_veins;
    side.insert(side.end(), veins[v].second.begin(), veins[v].second.end());
  }
  // Tip of the appendage: its vertex farthest along the surface from the body.
  const auto surface = ep::WallSurface::make(x, triangles);
  Index neck = -1;
  double nearest = 1e300;
  for (std::size_t n = 0; n < x.size(); ++n)
    if (body[n] && appendage[n] && (x[n] - centre_of_appendage).norm() < nearest) {
      nearest = (x[n] - centre_of_appendage).norm();
      neck = Index(n);
    }
  if (neck < 0) return core::bad_input("The atrium's appendage does not touch its body (the labels are not as expected).");
  const auto ways = surface.ways_from(neck);
  Index tip = neck;
  for (std::size_t n = 0; n < x.size(); ++n)
    if (appendage[n] && std::isfinite(ways.distance[n]) && ways.distance[n] > ways.distance[std::size_t(tip)]) tip = Index(n);
  for (std::size_t n = 0; n < x.size(); ++n)
    if (appendage[n] && (x[n] - x[std::size_t(tip)]).norm() < 2.0) on.appendage.push_back(Index(n));
  const core::TetMesh layer = layer_on(x, triangles, 0.1);   // thin beside the edges: as the surface itself
  const std::vector<char> wall(layer.tets.size(), 1);
  const auto bundles = ep::left_atrial_bundles(layer, wall, on, {}, progress.part(0, 0.6));
  if (!bundles) return core::pass(bundles);
  const auto far = organs::from_rim_to_far(layer, std::vector<char>(layer.nodes.size(), 1), on.mitral, organs::left_atrial_wall);
  if (!far) return core::pass(far);
  const auto away = fem::solve_laplace(layer, std::vector<core::Mat3>(layer.tets.size(), core::Mat3::Identity()), *far, progress.part(0.6, 1));
  if (!away) return core::pass(away);
  std::vector<Vec3> through;
  for (const auto& t : triangles)
    for (int k = 0; k < 3; ++k) through.push_back((x[std::size_t(t[1])] - x[std::size_t(t[0])]).cross(x[std::size_t(t[2])] - x[std::size_t(t[0])]).normalized());
  const auto rings = organs::tet_gradients(layer, *away);
  const auto rule = organs::in_the_wall(through, bundles->across, rings), valve = organs::in_the_wall(through, rings, rings);
  double unit = 0, sum = 0, sum_rings = 0, area = 0;
  std::map<int, std::pair<double, double>> by_tag;
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    const Vec3& f = rule.f[3 * t];   // the tetrahedron on the triangle itself
    unit = std::max({unit, std::abs(f.norm() - 1), std::abs(f.dot(through[3 * t]))});
    const double a = 0.5 * (x[triangles[t][1]] - x[triangles[t][0]]).cross(x[triangles[t][2]] - x[triangles[t][0]]).norm(), angle = degrees_between(f, measured[t]);
    sum += a * angle;
    sum_rings += a * degrees_between(valve.f[3 * t], measured[t]);
    area += a;
    by_tag[tag[t]].first += a * angle;
    by_tag[tag[t]].second += a;
  }
  table.add("unit_and_tangent_error", unit, 0, 1e-9, "fibres lie in the surface");
  // Two directions of a plane drawn at random differ by 45 degrees on average: a rule must do clearly better.
  const std::string source = "diffusion imaging of one human atrium (Roney et al. 2021); 45 degrees is chance";
  table.between("mean_angle_to_measured_deg", sum / area, 0, 40, source);
  table.between("rings_mean_angle_minus_that_of_the_bundles_deg", (sum_rings - sum) / area, 0, 45, source + "; the bundles are nearer to measured fibres than the rings (decision 0012)");
  for (const auto& [g, s] : by_tag) table.between(fmt::format("mean_angle_deg_in_tag_{}", g), s.first / s.second, 0, 45, source + "; 11 body, 13 appendage, 21-27 veins");
  return table.rows;
}

}  // namespace ot::verify
