// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/streamlines.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ot::present {
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
  Field(const core::TetMesh& mesh, const std::vector<float>& velocity) : mesh_(mesh), velocity_(velocity), across_(neighbours_of(mesh)) {}

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
  Vec3 value(core::Index tet, const std::array<double, 4>& w) const {
    Vec3 u(0, 0, 0);
    for (int c = 0; c < 4; ++c) {
      const std::size_t n = 3 * std::size_t(mesh_.tets[std::size_t(tet)][std::size_t(c)]);
      u += w[std::size_t(c)] * Vec3(double(velocity_[n]), double(velocity_[n + 1]), double(velocity_[n + 2]));
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
  const std::vector<float>& velocity_;
  std::vector<std::array<core::Index, 4>> across_;
};

}  // namespace

core::Result<std::vector<Streamline>> trace_streamlines(const core::TetMesh& mesh, const std::vector<float>& velocity, int inlet_patch, const StreamlineParams& params,
                                                        const core::Progress& progress) {
  if (velocity.size() != 3 * mesh.nodes.size() || mesh.tets.empty()) return core::bad_input("The velocity does not belong to this mesh (no way can be followed). Run the flow again.");
  const Field field(mesh, velocity);
  // Begun where the flow enters: every line carries the same share of it.
  struct Door {
    const core::BoundaryFace* face;
    Vec3 middle;
    double flux;
  };
  std::vector<Door> doors;
  double flux = 0, fastest = 0;
  for (std::size_t n = 0; n + 2 < velocity.size(); n += 3) fastest = std::max(fastest, std::hypot(double(velocity[n]), double(velocity[n + 1]), double(velocity[n + 2])));
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
  if (doors.empty() || !(fastest > 0)) return core::bad_input("No blood enters at the inlet of this result (no way can be followed). Check the condition at the inlet.");
  std::vector<Streamline> lines;
  for (int i = 0; i < params.count; ++i) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(i) / params.count, "following the blood");
    const double wanted = (i + 0.5) / params.count * flux;
    const auto door = std::lower_bound(doors.begin(), doors.end(), wanted, [](const Door& d, double w) { return d.flux < w; });
    if (door == doors.end()) continue;
    core::Index tet = door->face->tet;
    Vec3 inside(0, 0, 0);
    for (const auto n : mesh.tets[std::size_t(tet)]) inside += 0.25 * mesh.nodes[std::size_t(n)];
    Vec3 x = door->middle + 0.01 * (inside - door->middle);
    Streamline line;
    double t = 0;
    std::array<double, 4> w{};
    tet = field.find(x, tet, w);
    for (int step = 0; step < params.most_steps && tet >= 0 && t <= params.longest_s; ++step) {
      const Vec3 u = field.value(tet, w);
      const double speed = u.norm();
      line.points.push_back(x);
      line.t_s.push_back(t);
      line.speed.push_back(float(speed));
      if (speed < 1e-4 * fastest) break;   // the blood stands
      const double dt = field.edge(tet) / (3 * speed);
      const core::Index middle = field.find(x + 0.5 * dt * u, tet, w);
      if (middle < 0) break;
      x += dt * field.value(middle, w);
      t += dt;
      tet = field.find(x, middle, w);
    }
    if (line.points.size() > 2) lines.push_back(std::move(line));
  }
  return lines;
}

Particles particles_at(const std::vector<Streamline>& lines, double clock_s, double radius, double tail_s, double every_s) {
  constexpr int sides = 5, rings = 5;
  constexpr double golden = 0.6180339887498949;   // spreads the beginnings evenly
  Particles out;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const Streamline& line = lines[l];
    const double whole = line.duration_s();
    if (!(whole > 0)) continue;
    const int on_line = std::max(1, int(whole / every_s));
    for (int k = 0; k < on_line; ++k) {
      const double start = std::fmod(golden * double(l), 1.0) + double(k) / on_line;
      const double head = std::fmod(clock_s + start * whole, whole), tail = std::max(0.0, head - tail_s);
      if (head - tail < 1e-6) continue;
      std::vector<Vec3> way;
      std::vector<float> speed;
      for (int r = 0; r < rings; ++r) {
        const double t = tail + (head - tail) * r / (rings - 1);
        const auto after = std::min<std::size_t>(std::size_t(std::upper_bound(line.t_s.begin(), line.t_s.end(), t) - line.t_s.begin()), line.t_s.size() - 1);
        const std::size_t before = after ? after - 1 : 0;
        const double span = line.t_s[after] - line.t_s[before], s = span > 0 ? std::clamp((t - line.t_s[before]) / span, 0.0, 1.0) : 0;
        way.push_back(line.points[before] + s * (line.points[after] - line.points[before]));
        speed.push_back(line.speed[before] + float(s) * (line.speed[after] - line.speed[before]));
      }
      Vec3 along = way.back() - way.front();
      if (along.norm() < 1e-9) continue;
      along.normalize();
      const Vec3 u = along.cross(std::abs(along.z()) < 0.9 ? Vec3(0, 0, 1) : Vec3(1, 0, 0)).normalized(), v = along.cross(u);
      const auto base = core::Index(out.tubes.points.size());
      for (int r = 0; r < rings; ++r) {
        const double thick = radius * (0.25 + 0.75 * double(r) / (rings - 1));   // thin at the tail
        for (int s = 0; s < sides; ++s) {
          const double a = 2 * 3.14159265358979323846 * s / sides;
          out.tubes.points.push_back(way[std::size_t(r)] + thick * (std::cos(a) * u + std::sin(a) * v));
          out.speed_m_s.push_back(speed[std::size_t(r)] * 1e-3f);
        }
      }
      for (core::Index r = 0; r + 1 < rings; ++r)
        for (core::Index s = 0; s < sides; ++s) {
          const core::Index a = base + r * sides + s, b = base + r * sides + (s + 1) % sides;
          out.tubes.triangles.push_back({a, b, a + sides});
          out.tubes.triangles.push_back({b, b + sides, a + sides});
        }
      ++out.count;
    }
  }
  return out;
}

}  // namespace ot::present
