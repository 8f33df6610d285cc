// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "imaging/segmentation/guided.hpp"

namespace ot::imaging {
namespace {

using core::Result;
using core::Vec3;
using Json = nlohmann::ordered_json;

constexpr double warn_mm = 3.0;          // mean hinge residual above which a click is likely wrong (heart-segmentation.md)
constexpr std::size_t most_points = 10000;

Json point(const Vec3& p) {
  const auto tidy = [](double v) { return std::round(v * 1000.0) / 1000.0; };   // a micrometre is enough
  return Json::array({tidy(p.x()), tidy(p.y()), tidy(p.z())});
}
Json points(const std::vector<Vec3>& v) {
  Json out = Json::array();
  for (const Vec3& p : v) out.push_back(point(p));
  return out;
}

// Thrown and caught in this file only.
struct Refused {
  std::string what;
};

void only_keys(const Json& j, const std::string& where, const std::vector<std::string>& known) {
  if (!j.is_object()) throw Refused{fmt::format("{} must be an object", where)};
  for (const auto& [key, value] : j.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw Refused{fmt::format("'{}' is not known in {}; known are: {}", key, where, fmt::join(known, ", "))};
}
double number(const Json& j, const std::string& where) {
  if (!j.is_number() || !std::isfinite(j.get<double>())) throw Refused{where + " must be a number"};
  return j.get<double>();
}
std::string text(const Json& j, const std::string& where) {
  if (!j.is_string()) throw Refused{where + " must be a text"};
  return j.get<std::string>();
}
Vec3 to_point(const Json& j, const std::string& where) {
  if (!j.is_array() || j.size() != 3) throw Refused{where + " must hold points of three numbers (LPS, mm)"};
  Vec3 p;
  for (std::size_t d = 0; d < 3; ++d) p[Eigen::Index(d)] = number(j[d], "a coordinate in " + where);
  return p;
}
std::vector<Vec3> to_points(const Json& j, const std::string& where) {
  if (!j.is_array()) throw Refused{where + " must be a list of points"};
  if (j.size() > most_points) throw Refused{fmt::format("{} has more than {} points", where, most_points)};
  std::vector<Vec3> out;
  for (const Json& p : j) out.push_back(to_point(p, where));
  return out;
}
const Json& member(const Json& j, const char* key, const std::string& where) {
  if (!j.contains(key)) throw Refused{fmt::format("'{}' is missing in {}", key, where)};
  return j.at(key);
}

GuidedInput parse(const Json& j) {
  only_keys(j, "the file", {"format", "version", "space", "comment", "seeds", "valves", "apex", "cuts", "threshold", "right_atrium_threshold", "papillary", "splits"});
  if (text(member(j, "format", "the file"), "'format'") != "organtwin-guided") throw Refused{"'format' must be \"organtwin-guided\""};
  if (const double version = number(member(j, "version", "the file"), "'version'"); version != 1)
    throw Refused{fmt::format("version {} is not known (this program reads version 1)", version)};
  if (j.contains("space") && text(j.at("space"), "'space'") != "LPS mm") throw Refused{"'space' must be \"LPS mm\""};
  if (j.contains("comment")) text(j.at("comment"), "'comment'");
  GuidedInput out;
  if (j.contains("seeds")) {
    only_keys(j.at("seeds"), "'seeds'", seed_keys());
    for (const auto& [key, value] : j.at("seeds").items()) out.seeds[key] = to_points(value, "seeds of '" + key + "'");
  }
  if (j.contains("valves")) {
    only_keys(j.at("valves"), "'valves'", valve_keys());
    for (const auto& [key, value] : j.at("valves").items()) out.valves[key] = to_points(value, "valve '" + key + "'");
  }
  if (j.contains("apex")) out.apex = to_point(j.at("apex"), "'apex'");
  if (j.contains("cuts")) {
    if (!j.at("cuts").is_array()) throw Refused{"'cuts' must be a list"};
    for (const Json& c : j.at("cuts")) {
      only_keys(c, "a cut", {"name", "label", "centre", "normal", "radius_mm"});
      CutPlane cut;
      if (c.contains("name")) cut.name = text(c.at("name"), "'name' of a cut");
      cut.label = text(member(c, "label", "a cut"), "'label' of a cut");
      cut.centre = to_point(member(c, "centre", "a cut"), "'centre' of a cut");
      cut.normal = to_point(member(c, "normal", "a cut"), "'normal' of a cut");
      if (c.contains("radius_mm")) cut.radius_mm = number(c.at("radius_mm"), "'radius_mm' of a cut");
      out.cuts.push_back(cut);
    }
  }
  if (j.contains("threshold")) out.threshold = number(j.at("threshold"), "'threshold'");
  if (j.contains("right_atrium_threshold")) out.right_atrium_threshold = number(j.at("right_atrium_threshold"), "'right_atrium_threshold'");
  if (j.contains("papillary")) {
    const std::string p = text(j.at("papillary"), "'papillary'");
    if (p != "blood" && p != "wall") throw Refused{"'papillary' must be \"blood\" or \"wall\""};
    out.papillary = p == "wall" ? Papillary::wall : Papillary::blood;
  }
  if (j.contains("splits")) {
    if (!j.at("splits").is_array()) throw Refused{"'splits' must be a list"};
    for (const Json& s : j.at("splits")) {
      only_keys(s, "a split", {"between", "strokes"});
      SplitSheet sheet;
      const Json& between = member(s, "between", "a split");
      if (!between.is_array() || between.size() != 2) throw Refused{"'between' of a split must name two labels"};
      for (std::size_t d = 0; d < 2; ++d) sheet.between[d] = text(between[d], "'between' of a split");
      const Json& strokes = member(s, "strokes", "a split");
      if (!strokes.is_array()) throw Refused{"'strokes' of a split must be a list"};
      for (const Json& line : strokes) sheet.strokes.push_back(to_points(line, "a stroke of a split"));
      out.splits.push_back(std::move(sheet));
    }
  }
  return out;
}

bool chamber_key(const std::string& key) { return key != "not_heart" && std::find(seed_keys().begin(), seed_keys().end(), key) != seed_keys().end(); }

}  // namespace

const std::vector<std::string>& seed_keys() {
  static const std::vector<std::string> all = {"lv_blood_pool", "rv_blood_pool", "left_atrium", "right_atrium", "aorta", "pulmonary_artery",
                                               "superior_vena_cava", "descending_aorta", "coronary_sinus", "inferior_vena_cava", "pulmonary_veins", "not_heart"};
  return all;
}

const std::vector<std::string>& valve_keys() {
  static const std::vector<std::string> all = {"mitral", "aortic", "tricuspid", "pulmonary"};
  return all;
}

Result<HingeFit> fit_hinges(const std::string& valve, const std::vector<Vec3>& points) {
  if (points.size() < 3)
    return core::bad_input(fmt::format("The {} valve has {} hinge point{} (a plane needs three). Click at least three points on its ring.", valve, points.size(), points.size() == 1 ? "" : "s"));
  Vec3 mean = Vec3::Zero();
  for (const Vec3& p : points) mean += p / double(points.size());
  core::Mat3 spread = core::Mat3::Zero();
  for (const Vec3& p : points) spread += (p - mean) * (p - mean).transpose();
  const Eigen::SelfAdjointEigenSolver<core::Mat3> eig(spread / double(points.size()));
  if (eig.eigenvalues()[1] < 1.0)   // mm^2: the ring would be thinner than a voxel
    return core::bad_input(fmt::format("The hinge points of the {} valve lie on a line (no plane follows from them). Click points all around its ring.", valve));
  HingeFit out;
  out.plane.key = valve;
  out.plane.normal = eig.eigenvectors().col(0);
  const Vec3 u = eig.eigenvectors().col(1), v = eig.eigenvectors().col(2);
  // Circle |x|^2 = 2 c.x + (r^2 - c^2) by least squares; where the points cover a short arc it runs away and the mean is taken.
  Eigen::MatrixXd a(points.size(), 3);
  Eigen::VectorXd b(points.size());
  double around = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Vec3 q = points[i] - mean;
    const double x = q.dot(u), y = q.dot(v);
    a.row(Eigen::Index(i)) << 2 * x, 2 * y, 1;
    b[Eigen::Index(i)] = x * x + y * y;
    around += std::hypot(x, y) / double(points.size());
    out.residual_mm += std::abs(q.dot(out.plane.normal)) / double(points.size());
  }
  const Eigen::Vector3d c = a.colPivHouseholderQr().solve(b);
  const double off = std::hypot(c[0], c[1]), radius = std::sqrt(std::max(0.0, c[2] + off * off));
  const bool sound = off < 0.8 * around && radius < 1.8 * around;
  out.plane.centre = sound ? Vec3(mean + c[0] * u + c[1] * v) : mean;
  out.plane.radius_mm = sound ? radius : around;
  out.plane.fitted = true;
  out.doubtful = out.residual_mm > warn_mm;
  return out;
}

Result<void> check_guided(const GuidedInput& input, const core::Volume& scan) {
  const auto inside = [&](const Vec3& p) {
    const Vec3 q = scan.grid.to_index(p);
    for (int d = 0; d < 3; ++d)
      if (!(q[d] >= -0.5 && q[d] <= scan.grid.size[std::size_t(d)] - 0.5)) return false;
    return true;
  };
  const auto outside = [](const Vec3& p, const std::string& what) {
    return core::bad_input(fmt::format("A point of {} at ({:.1f}, {:.1f}, {:.1f}) mm lies outside the scan (it may belong to another scan, or be RAS instead of LPS). "
                                       "Use points of this scan in LPS mm.", what, p.x(), p.y(), p.z()));
  };
  for (const auto& [key, all] : input.seeds) {
    if (std::find(seed_keys().begin(), seed_keys().end(), key) == seed_keys().end())
      return core::bad_input(fmt::format("There is no seed label '{}' (the recipe would ignore it). Use one of: {}.", key, fmt::join(seed_keys(), ", ")));
    for (const Vec3& p : all)
      if (!inside(p)) return outside(p, "the seeds of '" + key + "'");
  }
  for (const auto& [key, all] : input.valves) {
    if (std::find(valve_keys().begin(), valve_keys().end(), key) == valve_keys().end())
      return core::bad_input(fmt::format("There is no valve '{}' (the recipe would ignore it). Use one of: {}.", key, fmt::join(valve_keys(), ", ")));
    if (all.empty()) continue;
    for (const Vec3& p : all)
      if (!inside(p)) return outside(p, "the " + key + " valve");
    if (const auto fit = fit_hinges(key, all); !fit) return core::pass(fit);
  }
  if (input.apex && !inside(*input.apex)) return outside(*input.apex, "the apex");
  for (const CutPlane& c : input.cuts) {
    if (!chamber_key(c.label)) return core::bad_input(fmt::format("A cut plane names the label '{}' (the recipe has no such label). Use one of: {}.", c.label, fmt::join(seed_keys(), ", ")));
    if (!inside(c.centre)) return outside(c.centre, "a cut plane");
    if (!(c.normal.norm() > 1e-6)) return core::bad_input("A cut plane has a normal of no length (its side is unknown). Give a direction of any length but zero.");
    if (!(c.radius_mm >= 0)) return core::bad_input("A cut plane has a negative radius (it would cut nothing). Give a radius in mm, or 0 for an unlimited plane.");
  }
  for (const SplitSheet& s : input.splits) {
    for (const std::string& key : s.between)
      if (!chamber_key(key)) return core::bad_input(fmt::format("A split names the label '{}' (the recipe has no such label). Use one of: {}.", key, fmt::join(seed_keys(), ", ")));
    if (s.between[0] == s.between[1]) return core::bad_input("A split names the same label twice (there is nothing to separate). Name two labels.");
    for (const auto& line : s.strokes) {
      if (line.size() < 2) return core::bad_input("A split stroke has fewer than two points (it is no line). Draw it again.");
      for (const Vec3& p : line)
        if (!inside(p)) return outside(p, "a split stroke");
    }
  }
  if (input.threshold || input.right_atrium_threshold) {
    const auto [low, high] = std::minmax_element(scan.values.begin(), scan.values.end());
    for (const auto& t : {input.threshold, input.right_atrium_threshold})
      if (t && !(*t > *low && *t < *high))
        return core::bad_input(fmt::format("A threshold of {:.6g} lies outside the values of this scan, {:.6g} to {:.6g} (it would find nothing). Choose one between wall and blood.", *t, *low, *high));
  }
  return {};
}

std::string write_guided(const GuidedInput& input) {
  Json j;
  j["format"] = "organtwin-guided";
  j["version"] = 1;
  j["space"] = "LPS mm";
  for (const auto& [key, all] : input.seeds)
    if (!all.empty()) j["seeds"][key] = points(all);
  for (const auto& [key, all] : input.valves)
    if (!all.empty()) j["valves"][key] = points(all);
  if (input.apex) j["apex"] = point(*input.apex);
  for (const CutPlane& c : input.cuts) {
    Json cut;
    if (!c.name.empty()) cut["name"] = c.name;
    cut["label"] = c.label;
    cut["centre"] = point(c.centre);
    cut["normal"] = Json::array({c.normal.x(), c.normal.y(), c.normal.z()});
    cut["radius_mm"] = c.radius_mm;
    j["cuts"].push_back(cut);
  }
  if (input.threshold) j["threshold"] = *input.threshold;
  if (input.right_atrium_threshold) j["right_atrium_threshold"] = *input.right_atrium_threshold;
  j["papillary"] = input.papillary == Papillary::wall ? "wall" : "blood";
  for (const SplitSheet& s : input.splits) {
    Json sheet;
    sheet["between"] = {s.between[0], s.between[1]};
    sheet["strokes"] = Json::array();
    for (const auto& line : s.strokes) sheet["strokes"].push_back(points(line));
    j["splits"].push_back(sheet);
  }
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<GuidedInput> read_guided(std::string_view json, const std::string& name) {
  try {
    return parse(Json::parse(json));
  } catch (const Refused& r) {
    return core::bad_input(fmt::format("The guide '{}' cannot be used: {} (nothing was changed). Correct the file, or export one from the Guide panel and start from it.", name, r.what));
  } catch (const std::exception&) {
    return core::bad_input(fmt::format("The guide '{}' is not readable JSON (it may be damaged or another kind of file). Export a guide from the Guide panel and start from it.", name));
  }
}

}  // namespace ot::imaging
