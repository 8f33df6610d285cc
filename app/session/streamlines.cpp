// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/streamlines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ot::session {
namespace {

using core::Vec3;

// Neighbour across each face of each tetrahedron, -1 at the boundary; face f lies opposite corner f.
std::vector<std::array<core::Index, 4>> neighbours_of(const core::TetMesh& mesh) {
  struct Face {
    std::array<core::Index, 3> nodes;
    core::Index tet;
    int side;
  };
  std::vector<Face> faces;
  faces.reserve(4 * mesh.tets.size());
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    for (int f = 0; f < 4; ++f) {
      std::array<core::Index, 3> n{};
      int k = 0;
      for (int c = 0; c < 4; ++c)
        if (c != f) n[std::size_t(k++)] = mesh.tets[t][std::size_t(c)];
      std::sort(n.begin(), n.end());
      faces.push_back({n, core::Index(t), f});
    }
  std::sort(faces.begin(), faces.end(), [](const Face& a, const Face& b) { return a.nodes != b.nodes ? a.nodes < b.nodes : a.tet < b.tet; });
  std::vector<std::array<core::Index, 4>> out(mesh.tets.size(), {-1, -1, -1, -1});
  for (std::size_t i = 0; i + 1 < faces.size(); ++i)
    if (faces[i].nodes == faces[i + 1].nodes) {
      out[std::size_t(faces[i].tet)][std::size_t(faces[i].side)] = faces[i + 1].tet;
      out[std::size_t(faces[i + 1].tet)][std::size_t(faces[i + 1].side)] = faces[i].tet;
    }
  return out;
}

class Field {
 public:
  Field(const core::TetMesh& mesh, const std::vector<float>& velocity) : mesh_(mesh), velocity_(&velocity), across_(neighbours_of(mesh)) {}

  // Walks from `tet` to the one that holds x; -1 when x lies outside. Weights of its corners go to `w`.
  core::Index find(const Vec3& x, core::Index tet, std::array<double, 4>& w) const {
    constexpr int most = 200;
    constexpr double slack = 1e-9;
    for (int i = 0; i < most && tet >= 0; ++i) {
      const auto& n = mesh_.tets[std::size_t(tet)];
      const Vec3 &a = at(n[0]), &b = at(n[1]), &c = at(n[2]), &d = at(n[3]);
      const double whole = (b - a).cross(c - a).dot(d - a);
      w[0] = (b - x).cross(c - x).dot(d - x) / whole;
      w[1] = (x - a).cross(c - a).dot(d - a) / whole;
      w[2] = (b - a).cross(x - a).dot(d - a) / whole;
      w[3] = 1 - w[0] - w[1] - w[2];
      const int least = int(std::min_element(w.begin(), w.end()) - w.begin());
      if (w[std::size_t(least)] >= -slack) return tet;
      tet = across_[std::size_t(tet)][std::size_t(least)];
    }
    return -1;
  }
  Vec3 value(core::Index tet, const std::array<double, 4>& w) const { return value(tet, w, *velocity_); }
  Vec3 value(core::Index tet, const std::array<double, 4>& w, const std::vector<float>& velocity) const {
    Vec3 u(0, 0, 0);
    for (int c = 0; c < 4; ++c) {
      const std::size_t n = 3 * std::size_t(mesh_.tets[std::size_t(tet)][std::size_t(c)]);
      u += w[std::size_t(c)] * Vec3(double(velocity[n]), double(velocity[n + 1]), double(velocity[n + 2]));
    }
    return u;
  }
  double edge(core::Index tet) const {
    const auto& n = mesh_.tets[std::size_t(tet)];
    return std::cbrt(6.0 * std::abs((at(n[1]) - at(n[0])).cross(at(n[2]) - at(n[0])).dot(at(n[3]) - at(n[0]))) / 6.0 * std::sqrt(2.0));   // of the regular one of that volume
  }

 private:
  const Vec3& at(core::Index n) const { return mesh_.nodes[std::size_t(n)]; }
  const core::TetMesh& mesh_;
  const std::vector<float>* velocity_;
  std::vector<std::array<core::Index, 4>> across_;
};

// Where blood enters: faces of the inlet with flow through them, and the sum up to each.
struct Door {
  const core::BoundaryFace* face;
  Vec3 middle;
  double flux;
};
std::vector<Door> doors_of(const core::TetMesh& mesh, const std::vector<float>& velocity, int inlet_patch) {
  std::vector<Door> doors;
  double flux = 0;
  for (const auto& face : mesh.boundary) {
    if (face.patch != inlet_patch || face.tet < 0) continue;
    const Vec3 a = mesh.nodes[std::size_t(face.nodes[0])], b = mesh.nodes[std::size_t(face.nodes[1])], c = mesh.nodes[std::size_t(face.nodes[2])];
    Vec3 u(0, 0, 0);
    for (const auto n : face.nodes) u += Vec3(double(velocity[3 * std::size_t(n)]), double(velocity[3 * std::size_t(n) + 1]), double(velocity[3 * std::size_t(n) + 2])) / 3;
    const double in = -u.dot(0.5 * (b - a).cross(c - a));   // outward orientation
    if (!(in > 0)) continue;
    flux += in;
    doors.push_back({&face, (a + b + c) / 3, flux});
  }
  return doors;
}

// Just inside the face that this share (0 to 1) of the inflow enters through.
Vec3 seed_at(const core::TetMesh& mesh, const std::vector<Door>& doors, double share, core::Index& tet) {
  auto door = std::lower_bound(doors.begin(), doors.end(), share * doors.back().flux, [](const Door& d, double w) { return d.flux < w; });
  if (door == doors.end()) --door;
  tet = door->face->tet;
  Vec3 inside(0, 0, 0);
  for (const auto n : mesh.tets[std::size_t(tet)]) inside += 0.25 * mesh.nodes[std::size_t(n)];
  return door->middle + 0.01 * (inside - door->middle);
}

double fastest_of(const std::vector<float>& velocity) {
  double fastest = 0;
  for (std::size_t n = 0; n + 2 < velocity.size(); n += 3) fastest = std::max(fastest, std::hypot(double(velocity[n]), double(velocity[n + 1]), double(velocity[n + 2])));
  return fastest;
}

// velocity(tet, weights, t): of the blood there and then.
template <class Velocity>
Streamline follow(const Field& field, Vec3 x, core::Index tet, double fastest, const StreamlineParams& params, double longest_step_s, const Velocity& velocity) {
  Streamline line;
  double t = 0;
  std::array<double, 4> w{};
  tet = field.find(x, tet, w);
  for (int step = 0; step < params.most_steps && tet >= 0 && t <= params.longest_s; ++step) {
    const Vec3 u = velocity(tet, w, t);
    const double speed = u.norm();
    line.points.push_back(x);
    line.t_s.push_back(t);
    line.speed.push_back(float(speed));
    if (speed < 1e-4 * fastest && !(longest_step_s < params.longest_s)) break;   // the blood stands (over a beat it may go on)
    const double dt = std::min(field.edge(tet) / (3 * std::max(speed, 1e-9 * fastest)), longest_step_s);
    const core::Index middle = field.find(x + 0.5 * dt * u, tet, w);
    if (middle < 0) break;
    x += dt * velocity(middle, w, t + 0.5 * dt);
    t += dt;
    tet = field.find(x, middle, w);
  }
  return line;
}

const char* const nothing_enters = "No blood enters at the inlet of this result (no way can be followed). Check the condition at the inlet.";
const char* const other_mesh = "The velocity does not belong to this mesh (no way can be followed). Run the flow again.";

}  // namespace

core::Result<std::vector<Streamline>> trace_streamlines(const core::TetMesh& mesh, const std::vector<float>& velocity, int inlet_patch, const StreamlineParams& params,
                                                        const core::Progress& progress) {
  if (velocity.size() != 3 * mesh.nodes.size() || mesh.tets.empty()) return core::bad_input(other_mesh);
  const Field field(mesh, velocity);
  // Begun where the flow enters: every line carries the same share of it.
  const auto doors = doors_of(mesh, velocity, inlet_patch);
  const double fastest = fastest_of(velocity);
  if (doors.empty() || !(fastest > 0)) return core::bad_input(nothing_enters);
  std::vector<Streamline> lines;
  for (int i = 0; i < params.count; ++i) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(i) / params.count, "following the blood");
    core::Index tet = -1;
    const Vec3 x = seed_at(mesh, doors, (i + 0.5) / params.count, tet);
    Streamline line = follow(field, x, tet, fastest, params, INFINITY, [&](core::Index at, const std::array<double, 4>& w, double) { return field.value(at, w); });
    if (line.points.size() > 2) lines.push_back(std::move(line));
  }
  return lines;
}

core::Result<std::vector<Streamline>> trace_pathlines(const core::TetMesh& mesh, const std::vector<hemo::FlowFrame>& beat, int inlet_patch, const StreamlineParams& params, const core::Progress& progress) {
  if (beat.size() < 2 || mesh.tets.empty()) return core::bad_input("The result keeps no frames of a beat (no path can be followed over it). Run the flow over a beat again.");
  for (const auto& f : beat)
    if (f.velocity.size() != 3 * mesh.nodes.size()) return core::bad_input(other_mesh);
  const Field field(mesh, beat.front().velocity);
  const double cycle = beat.back().t_s, between = cycle / double(beat.size());   // even instants, the last at the end of the beat
  const auto velocity_at = [&](core::Index tet, const std::array<double, 4>& w, double t) {
    const double place = t / between - 1, whole = std::floor(place), share = place - whole;
    const auto frame = [&](double k) -> const std::vector<float>& { return beat[std::size_t((long(k) % long(beat.size()) + long(beat.size())) % long(beat.size()))].velocity; };
    return Vec3((1 - share) * field.value(tet, w, frame(whole)) + share * field.value(tet, w, frame(whole + 1)));
  };
  std::vector<std::vector<Door>> doors;
  std::vector<double> until;   // inflow up to each frame
  double all = 0, fastest = 0;
  for (const auto& f : beat) {
    doors.push_back(doors_of(mesh, f.velocity, inlet_patch));
    all += doors.back().empty() ? 0.0 : doors.back().back().flux;
    until.push_back(all);
    fastest = std::max(fastest, fastest_of(f.velocity));
  }
  if (!(all > 0) || !(fastest > 0)) return core::bad_input(nothing_enters);
  constexpr double golden = 0.6180339887498949;   // spreads the beginnings over the inlet
  std::vector<Streamline> lines;
  for (int i = 0; i < params.count; ++i) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(i) / params.count, "following the blood over the beat");
    const std::size_t k = std::size_t(std::lower_bound(until.begin(), until.end(), (i + 0.5) / params.count * all) - until.begin());
    core::Index tet = -1;
    const Vec3 x = seed_at(mesh, doors[k], std::fmod(golden * (i + 1), 1.0), tet);
    const double start = beat[k].t_s - between * std::fmod(golden * golden * (i + 1), 1.0);   // not all at the instant of the frame
    Streamline line = follow(field, x, tet, fastest, params, 0.5 * between, [&](core::Index at, const std::array<double, 4>& w, double t) { return velocity_at(at, w, start + t); });
    line.start_s = start;
    if (line.points.size() > 2) lines.push_back(std::move(line));
  }
  return lines;
}

std::string streamlines_vtp(const std::vector<Streamline>& lines) {
  std::size_t points = 0;
  for (const auto& l : lines) points += l.points.size();
  std::string coordinates, speed, time, connectivity, offsets;
  std::size_t at = 0;
  for (const auto& l : lines) {
    for (std::size_t k = 0; k < l.points.size(); ++k) {
      coordinates += fmt::format("{:.7g} {:.7g} {:.7g}\n", l.points[k].x(), l.points[k].y(), l.points[k].z());
      speed += fmt::format("{:.6g}\n", l.speed[k]), time += fmt::format("{:.6g}\n", l.t_s[k]);
      connectivity += fmt::format("{} ", at++);
    }
    connectivity += "\n", offsets += fmt::format("{}\n", at);
  }
  const auto array = [](const char* type, const char* name, int components, const std::string& text) {
    return fmt::format("<DataArray type=\"{}\" Name=\"{}\" NumberOfComponents=\"{}\" format=\"ascii\">\n{}</DataArray>\n", type, name, components, text);
  };
  return fmt::format("<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"0.1\" byte_order=\"LittleEndian\">\n<PolyData>\n<Piece NumberOfPoints=\"{}\" NumberOfVerts=\"0\" NumberOfLines=\"{}\" NumberOfStrips=\"0\" NumberOfPolys=\"0\">\n", points, lines.size()) +
         "<PointData Scalars=\"speed_mm_per_s\">\n" + array("Float32", "speed_mm_per_s", 1, speed) + array("Float32", "time_s", 1, time) + "</PointData>\n<Points>\n" + array("Float64", "Points", 3, coordinates) + "</Points>\n<Lines>\n" +
         array("Int64", "connectivity", 1, connectivity) + array("Int64", "offsets", 1, offsets) + "</Lines>\n</Piece>\n</PolyData>\n</VTKFile>\n";
}

namespace {

// A tube around the way, as thick at each ring as asked.
void add_tube(const std::vector<Vec3>& way, const std::vector<double>& thick, const std::vector<float>& speed_mm_s, core::SurfaceMesh& surface, std::vector<float>& speed_m_s) {
  constexpr int sides = 5;
  const auto rings = core::Index(way.size());
  const auto base = core::Index(surface.points.size());
  for (core::Index r = 0; r < rings; ++r) {
    Vec3 along = way[std::size_t(std::min(r + 1, rings - 1))] - way[std::size_t(std::max(r - 1, 0))];
    if (along.norm() < 1e-12) along = way.back() - way.front();
    if (along.norm() < 1e-12) along = Vec3(0, 0, 1);
    along.normalize();
    const Vec3 u = along.cross(std::abs(along.z()) < 0.9 ? Vec3(0, 0, 1) : Vec3(1, 0, 0)).normalized(), v = along.cross(u);
    for (int s = 0; s < sides; ++s) {
      const double a = 2 * 3.14159265358979323846 * s / sides;
      surface.points.push_back(way[std::size_t(r)] + thick[std::size_t(r)] * (std::cos(a) * u + std::sin(a) * v));
      speed_m_s.push_back(speed_mm_s[std::size_t(r)] * 1e-3f);
    }
  }
  for (core::Index r = 0; r + 1 < rings; ++r)
    for (core::Index s = 0; s < sides; ++s) {
      const core::Index a = base + r * sides + s, b = base + r * sides + (s + 1) % sides;
      surface.triangles.push_back({a, b, a + sides});
      surface.triangles.push_back({b, b + sides, a + sides});
    }
}

// The particle whose head is at this age of its line, and its tail; false: it has no length.
bool add_particle(const Streamline& line, double head, double radius, double tail_s, Particles& out) {
  constexpr int rings = 5;
  const double tail = std::max(0.0, head - tail_s);
  if (head - tail < 1e-6) return false;
  std::vector<Vec3> way;
  std::vector<float> speed;
  std::vector<double> thick;
  for (int r = 0; r < rings; ++r) {
    const double t = tail + (head - tail) * r / (rings - 1);
    const auto after = std::min<std::size_t>(std::size_t(std::upper_bound(line.t_s.begin(), line.t_s.end(), t) - line.t_s.begin()), line.t_s.size() - 1);
    const std::size_t before = after ? after - 1 : 0;
    const double span = line.t_s[after] - line.t_s[before], s = span > 0 ? std::clamp((t - line.t_s[before]) / span, 0.0, 1.0) : 0;
    way.push_back(line.points[before] + s * (line.points[after] - line.points[before]));
    speed.push_back(line.speed[before] + float(s) * (line.speed[after] - line.speed[before]));
    thick.push_back(radius * (0.25 + 0.75 * double(r) / (rings - 1)));   // thin at the tail
  }
  if ((way.back() - way.front()).norm() < 1e-9) return false;
  add_tube(way, thick, speed, out.tubes, out.speed_m_s);
  ++out.count;
  return true;
}

}  // namespace

Tubes tubes_along(const std::vector<Streamline>& lines, double radius) {
  Tubes out;
  constexpr std::size_t most_rings = 160;   // per line: thinned evenly above
  for (const auto& line : lines) {
    const std::size_t n = line.points.size(), step = std::max<std::size_t>(1, n / most_rings);
    std::vector<Vec3> way;
    std::vector<float> speed;
    for (std::size_t k = 0; k < n; k += step) way.push_back(line.points[k]), speed.push_back(line.speed[k]);
    if (way.size() > 1) add_tube(way, std::vector<double>(way.size(), radius), speed, out.surface, out.speed_m_s);
  }
  return out;
}

Particles particles_at(const std::vector<Streamline>& lines, double clock_s, double radius, double tail_s, double every_s) {
  constexpr double golden = 0.6180339887498949;   // spreads the beginnings evenly
  Particles out;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const double whole = lines[l].duration_s();
    if (!(whole > 0)) continue;
    const int on_line = std::max(1, int(whole / every_s));
    for (int k = 0; k < on_line; ++k) {
      const double start = std::fmod(golden * double(l), 1.0) + double(k) / on_line;
      add_particle(lines[l], std::fmod(clock_s + start * whole, whole), radius, tail_s, out);
    }
  }
  return out;
}

Particles pulsing_particles_at(const std::vector<Streamline>& paths, double clock_s, double cycle_s, double radius, double tail_s) {
  Particles out;
  for (const Streamline& path : paths)
    for (double age = std::fmod(std::fmod(clock_s - path.start_s, cycle_s) + cycle_s, cycle_s); age < path.duration_s(); age += cycle_s) add_particle(path, age, radius, tail_s, out);
  return out;
}

}  // namespace ot::session
