// SPDX-License-Identifier: GPL-3.0-or-later
// The FDA's nozzle with sudden expansion at a throat Reynolds number of 500, beside the laboratories' centreline, profiles, wall
// pressure and wall shear. Units of the rows: as in the laboratories' files (m/s, Pa); inside: mm, s, Pa.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numbers>
#include <set>
#include <sstream>

#include "app/verify/flow_cases.hpp"
#include "solvers/hemodynamics/navier_stokes.hpp"

namespace ot::verify {
namespace {

using namespace flow;
using core::Vec3;

constexpr double inflow_mm3_s = 5206.24;

// Laboratories' mean and sample standard deviation.
struct Spread {
  double mean = 0, sd = 0;
  double allowed() const { return std::max(2 * sd, 0.06 * std::abs(mean)); }
};

Spread spread_of(const std::vector<double>& values) {
  Spread s;
  for (const double v : values) s.mean += v / double(values.size());
  for (const double v : values) s.sd += (v - s.mean) * (v - s.mean);
  s.sd = values.size() > 1 ? std::sqrt(s.sd / double(values.size() - 1)) : 0;
  return s;
}

struct Compared {
  double z_mm, ours;
  Spread labs;
  double r_mm = 0;
  bool inside() const { return std::abs(ours - labs.mean) <= labs.allowed(); }
};

int inside_of(const std::vector<Compared>& all) { return int(std::count_if(all.begin(), all.end(), [](const Compared& c) { return c.inside(); })); }
// Issue 5 asks 13 of 15 of the centreline; the same share elsewhere is our own choice.
int least_of(std::size_t compared) { return int((13 * compared + 14) / 15); }

std::string station_list(const std::vector<Compared>& all) {
  std::string list = "; z mm: ours/mean+-allowed,";
  for (const Compared& c : all) list += fmt::format(" {:g}:{:.4g}/{:.4g}+-{:.3g}{}", c.z_mm, c.ours, c.labs.mean, c.labs.allowed(), c.inside() ? "" : "!");
  return list;
}

std::string largest_deviation(const std::vector<Compared>& all, const char* unit) {
  const auto worst = std::max_element(all.begin(), all.end(), [](const Compared& a, const Compared& b) { return std::abs(a.ours - a.labs.mean) < std::abs(b.ours - b.labs.mean); });
  return fmt::format("largest deviation {:+.3g} {} from {:.3g} at z {:g} mm{}", worst->ours - worst->labs.mean, unit, worst->labs.mean, worst->z_mm, worst->r_mm > 0 ? fmt::format(", r {:.2f} mm", worst->r_mm) : "");
}

using Profile = std::map<double, double>;  // r -> u along the diameter, mm, mm/s
struct Laboratories {
  std::vector<Compared> centreline;                                     // m/s, ours still 0
  std::map<double, std::map<int, double>> centre;                       // z mm -> laboratory -> mm/s
  std::map<double, std::map<int, Profile>> profiles;                    // z mm -> laboratory
  std::map<double, std::map<int, double>> pressure;                     // Pa, from the tap of its zero on
  std::map<double, std::map<int, std::vector<double>>> shear;           // Pa, both walls where measured
};

// Calls `take` with the numbers of every line of so many columns whose first is a number.
template <class Take>
void each_line(const std::string& path, std::size_t columns, Take take) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream in(line);
    std::vector<double> v(columns);
    bool whole = true;
    for (double& x : v) whole = whole && bool(in >> x);
    if (whole) take(v);
  }
}

// z in mm without the noise of the conversion.
double station_mm(double z_m) { return std::round(z_m * 1e6) / 1e3; }

core::Result<Laboratories> read_laboratories(const std::string& folder) {
  Laboratories l;
  std::ifstream file(folder + "/centreline_summary.csv");
  for (std::string line; std::getline(file, line);) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream in(line);
    std::string kind;
    double re, z, n, mean, sd;
    if (in >> kind >> re >> z >> n >> mean >> sd && kind == "SE" && re == 500) l.centreline.push_back({station_mm(z), 0, {mean, sd}});
  }
  const std::string stem = folder + "/SE_Re0500_";
  each_line(stem + "centreline_axial_velocity.csv", 3, [&](const auto& v) { l.centre[station_mm(v[1])][int(v[0])] = v[2] * 1000; });
  each_line(stem + "radial_profiles_axial_velocity.csv", 4, [&](const auto& v) { l.profiles[station_mm(v[1])][int(v[0])][v[2] * 1000] = v[3] * 1000; });
  each_line(stem + "wall_pressure.csv", 3, [&](const auto& v) { l.pressure[station_mm(v[1])][int(v[0])] = v[2]; });
  each_line(stem + "wall_shear_stress.csv", 3, [&](const auto& v) { l.shear[station_mm(v[1])][int(v[0])].push_back(v[2]); });
  if (l.centreline.size() < 15 || l.centre.size() < 15 || l.profiles.size() < 12 || l.pressure.size() < 17 || l.shear.size() < 12)
    return core::bad_input("The nozzle's data in reference/hemodynamics/fda_nozzle are missing or short (there is nothing to compare with). Set ORGANTWIN_SHARED to the shared folder.");
  return l;
}

// Flow of a profile over the whole diameter, mm3/s: u linear between its points, each side standing for half the circle.
double flow_of(const Profile& profile) {
  double flow = 0;
  const auto add = [&](double a, double ua, double b, double ub) {  // Simpson's rule: exact for |r| u where r keeps its sign
    flow += std::numbers::pi * (b - a) / 6 * (std::abs(a) * ua + std::abs(a + b) * (ua + ub) + std::abs(b) * ub);
  };
  for (auto p = profile.begin(), q = std::next(p); q != profile.end(); p = q++) {
    if (p->first < 0 && q->first > 0) {
      const double middle = p->second + (q->second - p->second) * -p->first / (q->first - p->first);
      add(p->first, p->second, 0, middle), add(0, middle, q->first, q->second);
    } else {
      add(p->first, p->second, q->first, q->second);
    }
  }
  return flow;
}

// Mean of both sides at radius r; NaN where a side was not measured.
double both_sides(const Profile& profile, double r) {
  const auto at = [&](double x) {
    const auto q = profile.lower_bound(x);
    if (q == profile.end() || (q == profile.begin() && q->first > x)) return double(NAN);
    if (q->first == x) return q->second;
    const auto p = std::prev(q);
    return p->second + (q->second - p->second) * (x - p->first) / (q->first - p->first);
  };
  return 0.5 * (at(r) + at(-r));
}

// Axial velocity at points (z -> list of x, y), linear in the tetrahedra, one pass over them; NaN outside.
std::map<double, std::vector<double>> axial_velocity(const core::TetMesh& mesh, const std::vector<float>& velocity, const std::map<double, std::vector<Vec3>>& points) {
  std::map<double, std::vector<double>> out;
  for (const auto& [z, list] : points) out[z].assign(list.size(), NAN);
  for (const core::Tet& t : mesh.tets) {
    Vec3 low = mesh.nodes[std::size_t(t[0])], high = low;
    for (const auto i : t) low = low.cwiseMin(mesh.nodes[std::size_t(i)]), high = high.cwiseMax(mesh.nodes[std::size_t(i)]);
    for (auto at = points.lower_bound(low[2] - 1e-9); at != points.end() && at->first <= high[2] + 1e-9; ++at)
      for (std::size_t k = 0; k < at->second.size(); ++k) {
        const Vec3& x = at->second[k];
        if ((x.array() < low.array() - 1e-9).any() || (x.array() > high.array() + 1e-9).any()) continue;
        const Vec3& a = mesh.nodes[std::size_t(t[0])];
        Eigen::Matrix3d edges;
        for (int j = 0; j < 3; ++j) edges.col(j) = mesh.nodes[std::size_t(t[std::size_t(j) + 1])] - a;
        const Vec3 w = edges.inverse() * (x - a);
        if (w.minCoeff() < -1e-7 || w.sum() > 1 + 1e-7) continue;
        double u = (1 - w.sum()) * double(velocity[3 * std::size_t(t[0]) + 2]);
        for (int j = 0; j < 3; ++j) u += w[j] * double(velocity[3 * std::size_t(t[std::size_t(j) + 1]) + 2]);
        out[at->first][k] = u;
      }
  }
  return out;
}

// What the nodes of one layer on the wall and on the axis hold, and its linear interpolation.
struct Layer {
  double wall_pressure = 0, shear = 0, axis_pressure = NAN;
  int nodes = 0;
};
using Layers = std::map<double, Layer>;

// Layers of the swept mesh before (z <= 0) or behind the step; the step's own face belongs to neither: at z = 0 the lip or the corner counts.
Layers layers_of(const core::TetMesh& mesh, const hemo::FlowResult& r, bool behind) {
  Layers layers;
  std::set<core::Index> wall;
  for (const auto& f : mesh.boundary)
    if (f.patch == hemo::domain_wall) wall.insert(f.nodes.begin(), f.nodes.end());
  for (const core::Index i : wall) {
    const Vec3& x = mesh.nodes[std::size_t(i)];
    const double radius = std::hypot(x[0], x[1]);
    if (behind ? x[2] < 0 || radius < 5.9 : x[2] > 0 || (x[2] == 0 && radius > 2.1)) continue;
    Layer& l = layers[x[2]];
    const float* t = &r.wall_shear[3 * std::size_t(i)];
    l.wall_pressure += double(r.pressure[std::size_t(i)]), l.shear += std::hypot(double(t[0]), double(t[1]), double(t[2])), ++l.nodes;
  }
  for (auto& [z, l] : layers) l.wall_pressure /= l.nodes, l.shear /= l.nodes;
  for (std::size_t i = 0; i < mesh.nodes.size(); ++i)
    if (const Vec3& x = mesh.nodes[i]; x[0] == 0 && x[1] == 0)
      if (const auto at = layers.find(x[2]); at != layers.end()) at->second.axis_pressure = double(r.pressure[i]);
  return layers;
}

double between_layers(const Layers& layers, double z, double Layer::*what) {
  const auto q = layers.lower_bound(z - 1e-9);
  if (q == layers.end()) return NAN;
  if (q == layers.begin() || q->first < z + 1e-9) return q->first < z + 1e-9 ? q->second.*what : NAN;
  const auto p = std::prev(q);
  return p->second.*what + (q->second.*what - p->second.*what) * (z - p->first) / (q->first - p->first);
}

double radius_before(const hemo::Revolution& shape, double z) {  // at a step: the one before it
  for (std::size_t k = 1; k < shape.profile.size(); ++k) {
    const auto& [z0, r0] = shape.profile[k - 1];
    const auto& [z1, r1] = shape.profile[k];
    if (z <= z1 && z1 > z0) return r0 + (r1 - r0) * (z - z0) / (z1 - z0);
  }
  return NAN;
}

// Profiles of the axial velocity, m/s, at r = 0, 0.05 R ... 0.95 R; ours the mean of eight directions, a laboratory's the mean of its two
// sides. With `own_flow` every laboratory's is divided by its own flow over the flow given.
std::vector<Compared> profile_points(const hemo::Revolution& shape, const core::TetMesh& mesh, const hemo::FlowResult& r, const Laboratories& labs, bool own_flow) {
  constexpr int steps = 20, directions = 8;
  std::map<double, std::vector<Vec3>> points;
  for (const auto& [z, list] : labs.profiles)
    for (int k = 0; k < steps; ++k)
      for (int d = 0; d < directions; ++d) {
        const double at = 0.05 * k * radius_before(shape, z), angle = 2 * std::numbers::pi * (d + 0.3) / directions;
        points[z].emplace_back(at * std::cos(angle), at * std::sin(angle), z);
      }
  const auto ours = axial_velocity(mesh, r.velocity, points);
  std::vector<Compared> all;
  for (const auto& [z, list] : labs.profiles)
    for (int k = 0; k < steps; ++k) {
      const double at = 0.05 * k * radius_before(shape, z);
      double u = 0;
      for (int d = 0; d < directions; ++d) u += ours.at(z)[std::size_t(directions * k + d)] / directions;
      std::vector<double> theirs;
      for (const auto& [lab, profile] : list)
        if (const double v = both_sides(profile, at); std::isfinite(v)) theirs.push_back((own_flow ? v * inflow_mm3_s / flow_of(profile) : v) / 1000);
      all.push_back({z, u / 1000, spread_of(theirs), at});
    }
  return all;
}

std::string sections_list(const std::vector<Compared>& all) {
  std::map<double, std::pair<int, int>> sections;
  for (const Compared& c : all) sections[c.z_mm].first += c.inside(), ++sections[c.z_mm].second;
  std::string list = "; z mm: inside/points,";
  for (const auto& [z, n] : sections) list += fmt::format(" {:g}:{}/{}", z, n.first, n.second);
  return list;
}

}  // namespace

Rows flow_nozzle(bool quick, const core::Progress& progress) {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  if (quick || !shared) return std::vector<Row>{};
  // Geometry and fluid: Hariharan 2011 (physiology_and_models.json, fda_nozzle); z = 0 at the sudden expansion.
  hemo::Revolution shape;
  shape.profile = {{-110, 6}, {-62.685, 6}, {-40, 2}, {0, 2}, {0, 6}, {150, 6}};
  // Short cells where tube and cone meet (the pressure gradient jumps there) and where the jet breaks up, long ones along the smooth flow between.
  shape.edge_mm = 2.0 / 8, shape.expanded_edge_ratio = 2.5;
  shape.axial_ratio_at = {{-85, 3.5}, {-70, 1}, {-45, 1}, {-30, 3.5}, {50, 3.5}, {70, 2}};
  auto made = hemo::revolution_mesh(shape);
  if (!made) return core::pass(made);
  auto labs = read_laboratories(std::string(shared) + "/reference/hemodynamics/fda_nozzle");
  if (!labs) return core::pass(labs);
  hemo::FlowProblem p;
  p.mesh = std::make_shared<core::TetMesh>(std::move(made->mesh));
  p.network = std::make_shared<core::VesselNetwork>(std::move(made->network));
  p.fluid.density_g_per_mm3 = 1.056e-3, p.fluid.viscosity_Pa_s = 0.0035;
  p.inlets = {{hemo::domain_inlet, {{0.0, inflow_mm3_s}}, hemo::InletProfile::parabolic}};
  p.outlets = {{hemo::domain_outlet, 1e-6, 0, 0, 0}};
  p.sections = 5;
  p.steady_tolerance = 2e-4;   // the jet settles slowly: at 1e-3 it may still be on its way
  for (const Compared& s : labs->centreline) p.probes.push_back(Vec3(0, 0, s.z_mm));
  auto r = hemo::run_navier_stokes(p, progress);
  if (!r) return core::pass(r);

  std::vector<Row> rows;
  const char* name = "flow/fda-nozzle-500";
  const std::string bound = "inside: within max(2 SD, 6 %) of the laboratories' mean";
  const auto counted = [&](const std::string& what, const std::vector<Compared>& all, const std::string& source) {
    const int least = least_of(all.size());
    rows.push_back(at_least(name, fmt::format("{}_short_of_{}", what, least), inside_of(all), least, fmt::format("{}; {} of {} inside", source, inside_of(all), all.size()), r->wall_s, quick));
  };
  const std::string ours = bound + " (issue 5 gives that bound and 13 of 15 for the centreline only; here both are our own choice)";

  // Centreline. The inlet's station is held against the exact parabola: the laboratories' data there are biased low.
  rows.push_back(close_to(name, "inlet_centreline_m_per_s", r->probes[0].velocity_mm_s[2] / 1000, 2 * inflow_mm3_s / (std::numbers::pi * 36) / 1000, 0.01, "exact parabola of 5.20624e-6 m3/s", r->wall_s, quick));
  std::vector<Compared> centre, own;
  double least_flow = INFINITY, most_flow = 0;
  for (std::size_t k = 0; k < labs->centreline.size(); ++k) {
    Compared c = labs->centreline[k];
    c.ours = r->probes[k].velocity_mm_s[2] / 1000;
    if (k > 0) centre.push_back(c);
    const auto profiles = labs->profiles.find(c.z_mm);
    if (profiles == labs->profiles.end()) continue;
    std::vector<double> theirs;
    for (const auto& [lab, u] : labs->centre.at(c.z_mm))
      if (const auto at = profiles->second.find(lab); at != profiles->second.end()) {
        const double share = flow_of(at->second) / inflow_mm3_s;
        least_flow = std::min(least_flow, share), most_flow = std::max(most_flow, share);
        theirs.push_back(u / share / 1000);
      }
    own.push_back({c.z_mm, c.ours, spread_of(theirs)});
  }
  counted("stations", centre, fmt::format("Hariharan 2011, five laboratories' PIV; {} tets, {} steps, change per flow-through {:.2g}; {}; the inlet's station has its own row; {}{}", p.mesh->tets.size(), r->steps, quantity_of(*r, "steady_change"), bound,
                                          largest_deviation(centre, "m/s"), station_list(centre)));
  counted("stations_by_own_flow", own, fmt::format("the same, each laboratory's u over its own flow (its profile at that station integrated: {:.3f} to {:.3f} of the flow given) times the flow given; stations with profiles; {}; {}{}", least_flow,
                                                   most_flow, ours, largest_deviation(own, "m/s"), station_list(own)));

  // Pressure of the wall's taps, zero at the last one (as the laboratories set it); on the axis for information.
  const Layers before = layers_of(*p.mesh, *r, false), behind = layers_of(*p.mesh, *r, true);
  const auto at_wall = [&](double z, double Layer::*what) { return between_layers(z > 0 ? behind : before, z, what); };
  const auto& zero = *labs->pressure.rbegin();
  std::vector<Compared> taps, axis, shear;
  for (const auto& [z, by_lab] : labs->pressure) {
    if (z == zero.first) continue;
    std::vector<double> theirs;
    for (const auto& [lab, value] : by_lab)
      if (const auto at = zero.second.find(lab); at != zero.second.end()) theirs.push_back(value - at->second);
    taps.push_back({z, at_wall(z, &Layer::wall_pressure) - at_wall(zero.first, &Layer::wall_pressure), spread_of(theirs)});
    axis.push_back({z, at_wall(z, &Layer::axis_pressure) - at_wall(zero.first, &Layer::axis_pressure), taps.back().labs});
  }
  std::string on_axis = "; on the axis (not measured) z mm: Pa,";
  for (const Compared& c : axis) on_axis += fmt::format(" {:g}:{:.4g}", c.z_mm, c.ours);
  counted("wall_pressure_stations", taps, fmt::format("Hariharan 2011, wall taps of four laboratories, Pa, zero at z = {:g} mm; {}; {}{}{}, {} inside", zero.first, ours, largest_deviation(taps, "Pa"), station_list(taps), on_axis, inside_of(axis)));

  // Wall shear, a laboratory's two walls averaged first.
  for (const auto& [z, by_lab] : labs->shear) {
    std::vector<double> theirs;
    for (const auto& [lab, walls] : by_lab) theirs.push_back(spread_of(walls).mean);
    shear.push_back({z, at_wall(z, &Layer::shear), spread_of(theirs)});
  }
  counted("wall_shear_stations", shear, fmt::format("Hariharan 2011, magnitude from five laboratories' PIV, Pa (z = 0 is the lip, where the shear is singular); {}; {}{}", ours, largest_deviation(shear, "Pa"), station_list(shear)));

  const std::vector<Compared> points = profile_points(shape, *p.mesh, *r, *labs, false), by_own = profile_points(shape, *p.mesh, *r, *labs, true);
  counted("profile_points", points, fmt::format("Hariharan 2011, radial profiles of five laboratories at r = 0, 0.05 R ... 0.95 R of {} sections; {}; {}{}; by each laboratory's own flow {} inside", labs->profiles.size(), ours,
                                                largest_deviation(points, "m/s"), sections_list(points), inside_of(by_own)));
  rows.push_back(at_most(name, "section_flow_error_rel", quantity_of(*r, "section_flow_error_rel"), 0.01, "integral of u.n over five interior sections", r->wall_s, quick));
  return rows;
}

}  // namespace ot::verify
