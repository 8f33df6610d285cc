// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/stuffing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>

#include "solvers/core/contracts.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Index;
using core::Tet;
using core::Vec3;

// Warp thresholds of Labelle & Shewchuk, table 1 (graded and uniform "safe" choice for the smallest dihedral angle).
constexpr double alpha_long = 0.24999, alpha_short = 0.41189;

struct Lattice {
  Vec3 origin;
  double a;
  std::int64_t nx, ny, nz, corners;

  std::int64_t corner(std::int64_t i, std::int64_t j, std::int64_t k) const { return (k * (ny + 1) + j) * (nx + 1) + i; }
  std::int64_t centre(std::int64_t i, std::int64_t j, std::int64_t k) const { return corners + (k * ny + j) * nx + i; }
  std::int64_t count() const { return corners + nx * ny * nz; }
  Vec3 point(std::int64_t n) const {
    if (n < corners) {
      return origin + a * Vec3(double(n % (nx + 1)), double(n / (nx + 1) % (ny + 1)), double(n / ((nx + 1) * (ny + 1))));
    }
    n -= corners;
    return origin + a * Vec3(0.5 + double(n % nx), 0.5 + double(n / nx % ny), 0.5 + double(n / (nx * ny)));
  }
};

struct Cut {
  std::int64_t u, v;
  double t;        // from u
  Vec3 point;
  bool alive = true;
  bool is_long;
};

// Root of f on the segment: Illinois false position, 2e-3 of the edge is far below the voxel size.
double root(const Implicit& f, const Vec3& p, const Vec3& q, double fp, double fq) {
  double lo = 0, hi = 1, t = 0.5;
  for (int it = 0; it < 24 && hi - lo > 1e-4; ++it) {
    t = lo + (hi - lo) * fp / (fp - fq);
    t = std::min(std::max(t, lo + 0.02 * (hi - lo)), hi - 0.02 * (hi - lo));
    const double ft = f(p + t * (q - p));
    if (ft == 0) return t;
    if ((ft < 0) == (fp < 0)) lo = t, fp = ft, fq *= 0.5;
    else hi = t, fq = ft, fp *= 0.5;
  }
  return t;
}

class Stuffer {
 public:
  Stuffer(const Implicit& f, const Lattice& lattice) : f_(f), l_(lattice) {}
  core::Result<RawTets> run(const core::Progress& progress);

 private:
  template <class Visit>
  void edges(Visit&& visit) const;
  void warp();
  void emit(std::int64_t b1, std::int64_t b2, std::int64_t a1, std::int64_t a2);
  Index node(std::int64_t lattice_node);
  Index cut_node(std::int64_t u, std::int64_t v);
  void put(Index a, Index b, Index c, Index d);
  void prism(const std::array<Index, 6>& v);
  bool before(Index p, Index q) const { return rank_[std::size_t(p)] < rank_[std::size_t(q)]; }
  static std::uint64_t key(std::int64_t u, std::int64_t v) {
    return (std::uint64_t(std::min(u, v)) << 32) | std::uint64_t(std::max(u, v));
  }

  const Implicit& f_;
  Lattice l_;
  std::vector<float> value_;
  std::vector<signed char> sign_;
  std::unordered_map<std::int64_t, Vec3> moved_;
  std::vector<Cut> cuts_;
  std::unordered_map<std::uint64_t, std::int32_t> cut_of_;
  std::vector<std::int32_t> node_id_;
  std::vector<Index> cut_id_;
  std::vector<std::int64_t> rank_;
  RawTets out_;
};

template <class Visit>
void Stuffer::edges(Visit&& visit) const {
  for (std::int64_t k = 0; k <= l_.nz; ++k)
    for (std::int64_t j = 0; j <= l_.ny; ++j)
      for (std::int64_t i = 0; i <= l_.nx; ++i) {
        const std::int64_t n = l_.corner(i, j, k);
        if (i < l_.nx) visit(n, l_.corner(i + 1, j, k), true);
        if (j < l_.ny) visit(n, l_.corner(i, j + 1, k), true);
        if (k < l_.nz) visit(n, l_.corner(i, j, k + 1), true);
        if (i == l_.nx || j == l_.ny || k == l_.nz) continue;
        const std::int64_t c = l_.centre(i, j, k);
        if (i + 1 < l_.nx) visit(c, l_.centre(i + 1, j, k), true);
        if (j + 1 < l_.ny) visit(c, l_.centre(i, j + 1, k), true);
        if (k + 1 < l_.nz) visit(c, l_.centre(i, j, k + 1), true);
        for (int d = 0; d < 8; ++d) visit(c, l_.corner(i + (d & 1), j + (d >> 1 & 1), k + (d >> 2)), false);
      }
}

void Stuffer::warp() {
  std::vector<std::pair<std::int64_t, std::int32_t>> at;
  at.reserve(2 * cuts_.size());
  for (std::size_t c = 0; c < cuts_.size(); ++c) at.emplace_back(cuts_[c].u, std::int32_t(c)), at.emplace_back(cuts_[c].v, std::int32_t(c));
  std::sort(at.begin(), at.end());
  for (std::size_t b = 0; b < at.size();) {
    std::size_t e = b;
    while (e < at.size() && at[e].first == at[b].first) ++e;
    const std::int64_t n = at[b].first;
    int best = -1;
    double nearest = 1e300;
    for (std::size_t q = b; q < e; ++q) {
      const Cut& cut = cuts_[std::size_t(at[q].second)];
      if (!cut.alive) continue;
      const double t = cut.u == n ? cut.t : 1 - cut.t;
      const double length = cut.is_long ? 1.0 : 0.8660254037844386;
      if (t < (cut.is_long ? alpha_long : alpha_short) && t * length < nearest) nearest = t * length, best = at[q].second;
    }
    if (best >= 0) {
      moved_[n] = cuts_[std::size_t(best)].point;
      sign_[std::size_t(n)] = 0;
      for (std::size_t q = b; q < e; ++q) cuts_[std::size_t(at[q].second)].alive = false;
    }
    b = e;
  }
}

Index Stuffer::node(std::int64_t n) {
  std::int32_t& id = node_id_[std::size_t(n)];
  if (id < 0) {
    id = Index(out_.nodes.size());
    const auto m = moved_.find(n);
    out_.nodes.push_back(m == moved_.end() ? l_.point(n) : m->second);
    out_.on_surface.push_back(sign_[std::size_t(n)] == 0);
    rank_.push_back((std::int64_t(1) << 40) + n);
  }
  return id;
}

Index Stuffer::cut_node(std::int64_t u, std::int64_t v) {
  const auto found = cut_of_.find(key(u, v));
  OT_ENSURE(found != cut_of_.end() && cuts_[std::size_t(found->second)].alive);
  Index& id = cut_id_[std::size_t(found->second)];
  if (id < 0) {
    id = Index(out_.nodes.size());
    const Cut& cut = cuts_[std::size_t(found->second)];
    out_.nodes.push_back(cut.point);
    out_.on_surface.push_back(1);
    rank_.push_back((cut.is_long ? 0 : std::int64_t(1) << 41) + found->second);
  }
  return id;
}

void Stuffer::put(Index a, Index b, Index c, Index d) {
  const auto& x = out_.nodes;
  if (core::tet_volume(x[std::size_t(a)], x[std::size_t(b)], x[std::size_t(c)], x[std::size_t(d)]) < 0) std::swap(c, d);
  out_.tets.push_back({a, b, c, d});
}

// v[0..2] and v[3..5] are the triangles, v[i]-v[i+3] the struts. Each quad is split at its first node in the total order.
void Stuffer::prism(const std::array<Index, 6>& in) {
  int first = 0;
  for (int i = 1; i < 6; ++i)
    if (before(in[std::size_t(i)], in[std::size_t(first)])) first = i;
  std::array<Index, 6> v;
  const std::size_t side = std::size_t(first / 3 * 3), other = 3 - side;
  for (std::size_t i = 0; i < 3; ++i) {
    v[i] = in[side + (std::size_t(first) + i) % 3];
    v[i + 3] = in[other + (std::size_t(first) + i) % 3];
  }
  const Index least15 = before(v[1], v[5]) ? v[1] : v[5], least24 = before(v[2], v[4]) ? v[2] : v[4];
  if (before(least15, least24)) {
    put(v[0], v[1], v[2], v[5]), put(v[0], v[1], v[5], v[4]), put(v[0], v[4], v[5], v[3]);
  } else {
    put(v[0], v[1], v[2], v[4]), put(v[0], v[4], v[2], v[5]), put(v[0], v[4], v[5], v[3]);
  }
}

void Stuffer::emit(std::int64_t b1, std::int64_t b2, std::int64_t a1, std::int64_t a2) {
  const std::int64_t v[4] = {b1, b2, a1, a2};
  std::int64_t in[4], zero[4], outer[4];
  int ni = 0, nz = 0, no = 0;
  for (std::int64_t n : v) {
    const int s = sign_[std::size_t(n)];
    if (s < 0) in[ni++] = n;
    else if (s > 0) outer[no++] = n;
    else zero[nz++] = n;
  }
  if (ni == 0) return;
  if (no == 0) {
    put(node(b1), node(b2), node(a1), node(a2));
  } else if (ni == 1) {
    Index w[4] = {node(in[0]), 0, 0, 0};
    int m = 1;
    for (int q = 0; q < nz; ++q) w[m++] = node(zero[q]);
    for (int q = 0; q < no; ++q) w[m++] = cut_node(in[0], outer[q]);
    put(w[0], w[1], w[2], w[3]);
  } else if (ni == 2 && no == 1) {
    const Index p = node(in[0]), q = node(in[1]), cp = cut_node(in[0], outer[0]), cq = cut_node(in[1], outer[0]), z = node(zero[0]);
    const Index pq = before(p, cq) ? p : cq, qp = before(q, cp) ? q : cp;
    if (before(pq, qp)) put(p, q, cq, z), put(p, cq, cp, z);
    else put(q, p, cp, z), put(q, cp, cq, z);
  } else if (ni == 2) {
    prism({node(in[0]), cut_node(in[0], outer[0]), cut_node(in[0], outer[1]), node(in[1]), cut_node(in[1], outer[0]), cut_node(in[1], outer[1])});
  } else {
    prism({node(in[0]), node(in[1]), node(in[2]), cut_node(in[0], outer[0]), cut_node(in[1], outer[0]), cut_node(in[2], outer[0])});
  }
}

core::Result<RawTets> Stuffer::run(const core::Progress& progress) {
  const std::int64_t n = l_.count();
  value_.resize(std::size_t(n));
  core::parallel_chunks(n, 8192, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (progress.cancelled()) return;
    for (std::ptrdiff_t i = b; i < e; ++i) value_[std::size_t(i)] = float(f_(l_.point(i)));
  });
  if (progress.cancelled()) return core::cancelled();
  sign_.resize(std::size_t(n));
  for (std::int64_t i = 0; i < n; ++i) sign_[std::size_t(i)] = value_[std::size_t(i)] < 0 ? -1 : value_[std::size_t(i)] > 0 ? 1 : 0;
  progress.report(0.3, "meshing: surface crossings");
  edges([&](std::int64_t u, std::int64_t v, bool is_long) {
    if (sign_[std::size_t(u)] * sign_[std::size_t(v)] < 0) cuts_.push_back({u, v, 0, Vec3::Zero(), true, is_long});
  });
  core::parallel_chunks(std::ptrdiff_t(cuts_.size()), 1024, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t i = b; i < e; ++i) {
      Cut& c = cuts_[std::size_t(i)];
      const Vec3 p = l_.point(c.u), q = l_.point(c.v);
      c.t = root(f_, p, q, value_[std::size_t(c.u)], value_[std::size_t(c.v)]);
      c.point = p + c.t * (q - p);
    }
  });
  warp();
  if (progress.cancelled()) return core::cancelled();
  cut_of_.reserve(cuts_.size());
  for (std::size_t c = 0; c < cuts_.size(); ++c)
    if (cuts_[c].alive) cut_of_[key(cuts_[c].u, cuts_[c].v)] = std::int32_t(c);
  cut_id_.assign(cuts_.size(), -1);
  node_id_.assign(std::size_t(n), -1);
  progress.report(0.6, "meshing: tetrahedra");
  // Around each face between two cells: their centres and one side of the face.
  for (std::int64_t k = 0; k < l_.nz; ++k) {
    if (progress.cancelled()) return core::cancelled();
    for (std::int64_t j = 0; j < l_.ny; ++j)
      for (std::int64_t i = 0; i < l_.nx; ++i)
        for (int d = 0; d < 3; ++d) {
          const std::int64_t s[3] = {i + (d == 0), j + (d == 1), k + (d == 2)};
          if (s[0] >= l_.nx || s[1] >= l_.ny || s[2] >= l_.nz) continue;
          const std::int64_t b1 = l_.centre(i, j, k), b2 = l_.centre(s[0], s[1], s[2]);
          const int e1 = (d + 1) % 3, e2 = (d + 2) % 3;
          std::int64_t ring[4];
          for (int m = 0; m < 4; ++m) {
            std::int64_t c[3] = {s[0], s[1], s[2]};
            c[e1] += (m == 1 || m == 2), c[e2] += (m >= 2);
            ring[m] = l_.corner(c[0], c[1], c[2]);
          }
          for (int m = 0; m < 4; ++m) emit(b1, b2, ring[m], ring[(m + 1) % 4]);
        }
  }
  progress.report(1.0, "meshing: tetrahedra");
  return std::move(out_);
}

}  // namespace

core::Result<RawTets> stuff(const Implicit& f, const Vec3& low, const Vec3& high, double cell, const core::Progress& progress) {
  OT_EXPECT(cell > 0 && ((high - low).array() > 0).all());
  Lattice l;
  l.a = cell;
  l.origin = low - Vec3::Constant(2 * cell);
  const Vec3 cells = (high - low) / cell;
  l.nx = std::int64_t(std::ceil(cells.x())) + 4, l.ny = std::int64_t(std::ceil(cells.y())) + 4, l.nz = std::int64_t(std::ceil(cells.z())) + 4;
  l.corners = (l.nx + 1) * (l.ny + 1) * (l.nz + 1);
  if (double(l.nx) * double(l.ny) * double(l.nz) > 4.0e8) {
    return core::wrong_usage("The mesh would need over 400 million lattice cells (more memory than a workstation has). "
                             "Use a larger edge length.");
  }
  return Stuffer(f, l).run(progress);
}

}  // namespace ot::imaging
