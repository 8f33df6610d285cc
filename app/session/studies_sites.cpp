// SPDX-License-Identifier: GPL-3.0-or-later
// Where a study paces: segments, the right ventricle, points.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <sstream>

#include "app/session/studies_impl.hpp"
#include "solvers/core/lv_frame.hpp"
#include "solvers/organs/heart/atria.hpp"

namespace ot::session {
namespace {

// "x,y,z"; nothing when it is not a point.
std::optional<core::Vec3> point_of(const std::string& text) {
  double x[3];
  std::istringstream in(text);
  char comma;
  if (!(in >> x[0] >> comma >> x[1] >> comma >> x[2]) || !in.eof()) return std::nullopt;
  return core::Vec3(x[0], x[1], x[2]);
}

}  // namespace


ep::ChamberPart part_at(const core::TetMesh& mesh, const core::Vec3& point) {
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    for (core::Index n : mesh.tets[t])
      if (const double d = (mesh.nodes[std::size_t(n)] - point).squaredNorm(); d < least) least = d, nearest = t;
  const auto name = nearest < mesh.region.size() ? mesh.region_names.find(mesh.region[nearest]) : mesh.region_names.end();
  return name != mesh.region_names.end() && ep::is_atrial_name(name->second) ? ep::ChamberPart::atria : ep::ChamberPart::ventricles;
}

core::Result<ep::ChamberPart> part_of_study(const twin::TwinModel& twin, const StudySpec& spec) {
  std::optional<ep::ChamberPart> found;
  for (const std::string& text : spec.sites) {
    auto part = text == "atria" ? ep::ChamberPart::atria : ep::ChamberPart::ventricles;
    if (const auto x = point_of(text)) part = part_at(*twin.heart->baseline.mesh, *x);
    if (found && *found != part && ep::is_whole_heart(*twin.heart->baseline.mesh))
      return core::bad_input("The sites lie on the atria and on the ventricles (a study is played on one of them, nothing is conducted between them meanwhile). Play two studies.");
    found = part;
  }
  return found.value_or(ep::ChamberPart::ventricles);
}

core::Result<std::vector<ep::StudySite>> study_sites(const twin::TwinModel& twin, const StudySpec& spec) {
  if (!twin.heart) return core::bad_input("The twin has no heart (nothing to stimulate). Open a case with a heart.");
  const twin::HeartModel& heart = *twin.heart;
  const core::TetMesh& mesh = *heart.baseline.mesh;
  const auto& p = heart.baseline;
  std::vector<char> excitable(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (p.regions.empty() || p.regions[p.tissue.empty() ? 0 : p.tissue[t]].conducting)
      for (core::Index n : mesh.tets[t]) excitable[std::size_t(n)] = 1;
  std::vector<ep::StudySite> out;
  const auto add = [&](ep::StudySite site) {
    site.nodes = ep::nodes_near(p, site.at_mm, spec.site_radius_mm, 10.0);   // further off the muscle is a mistake
    if (std::none_of(out.begin(), out.end(), [&](const auto& s) { return s.key == site.key; })) out.push_back(std::move(site));
  };
  // The excitable node nearest to the centre of a group on the endocardium (inner fifth of the wall; all of the group when it has none there).
  const auto middle = [&](const auto& belongs) -> core::Index {
    for (const float inner : {0.2f, 2.0f}) {
      core::Vec3 centre = core::Vec3::Zero();
      std::size_t count = 0;
      const auto in = [&](std::size_t n) { return excitable[n] && belongs(n) && (heart.transmural.empty() || heart.transmural[n] <= inner); };
      for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
        if (in(n)) centre += mesh.nodes[n], ++count;
      if (count == 0) continue;
      centre /= double(count);
      core::Index best = -1;
      for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
        if (in(n) && (best < 0 || (mesh.nodes[n] - centre).squaredNorm() < (mesh.nodes[std::size_t(best)] - centre).squaredNorm())) best = core::Index(n);
      return best;
    }
    return -1;
  };
  const auto segment = [&](int s) {
    const core::Index n = middle([&](std::size_t i) { return i < heart.aha_segment.size() && heart.aha_segment[i] == s; });
    if (n >= 0) add({fmt::format("aha-{:02d}", s), fmt::format("{} {}", s, core::aha_name(s)), mesh.nodes[std::size_t(n)], s, {}});
    return n >= 0;
  };
  for (const std::string& text : spec.sites) {
    if (text == "aha") {
      for (int s = 1; s <= 17; ++s) segment(s);
    } else if (text == "rv") {
      int rv = -1;
      for (const auto& [value, name] : mesh.region_names)
        if (name == "rv_wall") rv = value;
      std::vector<char> in_rv(mesh.nodes.size(), 0);
      for (std::size_t t = 0; t < mesh.tets.size() && rv >= 0; ++t)
        if (t < mesh.region.size() && mesh.region[t] == rv)
          for (core::Index n : mesh.tets[t]) in_rv[std::size_t(n)] = 1;
      // Apex and outflow side: the usual two places of a catheter in the right ventricle.
      for (const bool apex : {true, false}) {
        const core::Index n = middle([&](std::size_t i) { return in_rv[i] && (heart.apicobasal.empty() || (apex ? heart.apicobasal[i] < 0.45f : heart.apicobasal[i] > 0.7f)); });
        if (n >= 0) add({apex ? "rv-apex" : "rv-base", apex ? "RV apex" : "RV base", mesh.nodes[std::size_t(n)], 0, {}});
      }
    } else if (text == "atria") {
      // Usual places of catheters in the atria, by the furthest wall along a direction (LPS: left, posterior, up).
      const struct { const char *key, *name, *region; core::Vec3 along; } places[] = {
          {"ra-high", "High right atrium", "right_atrial_wall", {-0.2, 0.2, 1}},        {"ra-appendage", "Right appendage", "right_atrial_wall", {0, -1, 0.5}},
          {"ra-low", "Low lateral right atrium", "right_atrial_wall", {-1, 0, -0.5}},   {"la-roof", "Left atrial roof", "left_atrial_wall", {0, 0.2, 1}},
          {"la-left-veins", "Left pulmonary veins", "left_atrial_wall", {0.8, 0.6, 0.2}}, {"la-right-veins", "Right pulmonary veins", "left_atrial_wall", {-0.8, 0.6, 0.2}},
          {"la-inferior", "Inferior left atrium", "left_atrial_wall", {0, 0.7, -0.7}},   {"la-anterior", "Anterior left atrium", "left_atrial_wall", {0, -1, 0.2}}};
      bool any = false;
      for (const auto& place : places)
        if (const core::Index n = organs::furthest_node(mesh, place.region, place.along); n >= 0) add({place.key, place.name, mesh.nodes[std::size_t(n)], 0, {}}), any = true;
      if (!any) return core::bad_input("The twin has no atria (the site \"atria\" is not there). Run `build --organ atria` first.");
    } else if (text.find(',') != std::string::npos) {
      const auto point = point_of(text);
      if (!point) return core::wrong_usage(fmt::format("\"{}\" is not a point. Write it as x,y,z in LPS mm.", text));
      const core::Vec3& x = *point;
      ep::StudySite site{fmt::format("point-{:.0f}-{:.0f}-{:.0f}", x[0], x[1], x[2]), fmt::format("({:.0f}, {:.0f}, {:.0f})", x[0], x[1], x[2]), {x[0], x[1], x[2]}, 0, {}};
      if (ep::nodes_near(p, site.at_mm, spec.site_radius_mm, 10.0).empty())
        return core::bad_input(fmt::format("The point {} lies more than 10 mm from conducting muscle (it would capture nothing). Place it on the wall.", text));
      add(std::move(site));
    } else {
      const int s = std::atoi(text.c_str());
      if (s < 1 || s > 17 || text != std::to_string(s)) return core::wrong_usage(fmt::format("\"{}\" is no pacing site. Use aha, rv, atria, a segment 1 to 17, or x,y,z in LPS mm.", text));
      if (!segment(s)) return core::bad_input(fmt::format("Segment {} holds no conducting muscle (it cannot be paced). Choose another.", s));
    }
  }
  if (out.empty()) return core::bad_input("None of the sites lies on conducting muscle (nothing to play). Choose others.");
  return out;
}

}  // namespace ot::session
