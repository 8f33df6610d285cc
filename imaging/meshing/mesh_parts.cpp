// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/meshing/mesh_parts.hpp"

#include <algorithm>
#include <iterator>

#include "imaging/meshing/tet_improve.hpp"

namespace ot::imaging {

using core::Index;
using core::Tet;
using core::TetMesh;
using core::Vec3;

double tet_volume_of(const TetMesh& m, std::size_t i) {
  const Tet& t = m.tets[i];
  return core::tet_volume(m.nodes[std::size_t(t[0])], m.nodes[std::size_t(t[1])], m.nodes[std::size_t(t[2])], m.nodes[std::size_t(t[3])]);
}

std::vector<std::int32_t> face_neighbours(const std::vector<Tet>& tets) {
  struct Face {
    std::uint64_t low;   // two smallest nodes
    std::int32_t high, id;
    bool operator<(const Face& o) const { return low != o.low ? low < o.low : high != o.high ? high < o.high : id < o.id; }
  };
  std::vector<Face> faces;
  faces.reserve(4 * tets.size());
  for (std::size_t t = 0; t < tets.size(); ++t)
    for (int f = 0; f < 4; ++f) {
      std::array<std::int32_t, 3> n{};
      for (int q = 0, m = 0; q < 4; ++q)
        if (q != f) n[std::size_t(m++)] = tets[t][std::size_t(q)];
      std::sort(n.begin(), n.end());
      faces.push_back({std::uint64_t(n[0]) << 32 | std::uint64_t(n[1]), n[2], std::int32_t(4 * t) + f});
    }
  std::sort(faces.begin(), faces.end());
  std::vector<std::int32_t> other(4 * tets.size(), -1);
  for (std::size_t i = 0; i + 1 < faces.size(); ++i)
    if (faces[i].low == faces[i + 1].low && faces[i].high == faces[i + 1].high) {
      other[std::size_t(faces[i].id)] = faces[i + 1].id;
      other[std::size_t(faces[i + 1].id)] = faces[i].id;
    }
  return other;
}

std::vector<int> parts_of(const std::vector<std::int32_t>& other, const std::vector<int>& key, int& count) {
  std::vector<int> part(key.size(), -1);
  std::vector<std::int32_t> stack;
  count = 0;
  for (std::size_t s = 0; s < key.size(); ++s) {
    if (part[s] >= 0) continue;
    part[s] = count;
    stack.push_back(std::int32_t(s));
    while (!stack.empty()) {
      const std::size_t t = std::size_t(stack.back());
      stack.pop_back();
      for (std::size_t f = 4 * t; f < 4 * t + 4; ++f) {
        if (other[f] < 0) continue;
        const std::size_t o = std::size_t(other[f]) / 4;
        if (part[o] < 0 && key[o] == key[t]) part[o] = count, stack.push_back(std::int32_t(o));
      }
    }
    ++count;
  }
  return part;
}

std::vector<std::array<Index, 3>> surface_neighbours(const std::vector<core::BoundaryFace>& faces) {
  struct Side {
    std::uint64_t key;
    std::int32_t id;
    bool operator<(const Side& o) const { return key != o.key ? key < o.key : id < o.id; }
  };
  std::vector<Side> sides;
  sides.reserve(3 * faces.size());
  for (std::size_t f = 0; f < faces.size(); ++f)
    for (std::size_t s = 0; s < 3; ++s) {
      const auto a = std::uint64_t(faces[f].nodes[s]), b = std::uint64_t(faces[f].nodes[(s + 1) % 3]);
      sides.push_back({std::min(a, b) << 32 | std::max(a, b), std::int32_t(3 * f + s)});
    }
  std::sort(sides.begin(), sides.end());
  std::vector<std::array<Index, 3>> out(faces.size(), {-1, -1, -1});
  for (std::size_t i = 0; i < sides.size();) {
    std::size_t e = i;
    while (e < sides.size() && sides[e].key == sides[i].key) ++e;
    if (e - i == 2) {
      out[std::size_t(sides[i].id / 3)][std::size_t(sides[i].id % 3)] = sides[i + 1].id / 3;
      out[std::size_t(sides[i + 1].id / 3)][std::size_t(sides[i + 1].id % 3)] = sides[i].id / 3;
    }
    i = e;
  }
  return out;
}

namespace {

// Keeps the marked tets, drops unused nodes.
void keep_tets(TetMesh& mesh, const std::vector<char>& keep, std::vector<MaterialSet>* sets) {
  std::vector<Index> id(mesh.nodes.size(), -1);
  std::size_t n = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (keep[t]) {
      for (Index v : mesh.tets[t]) id[std::size_t(v)] = 0;
      mesh.tets[n] = mesh.tets[t];
      mesh.region[n++] = mesh.region[t];
    }
  mesh.tets.resize(n);
  mesh.region.resize(n);
  std::size_t kept = 0;
  for (std::size_t v = 0; v < id.size(); ++v)
    if (id[v] == 0) {
      id[v] = Index(kept);
      mesh.nodes[kept] = mesh.nodes[v];
      if (sets) (*sets)[kept] = (*sets)[v];
      ++kept;
    }
  mesh.nodes.resize(kept);
  if (sets) sets->resize(kept);
  for (Tet& t : mesh.tets)
    for (Index& v : t) v = id[std::size_t(v)];
}

}  // namespace

double drop_parts(TetMesh& mesh, double share, std::vector<MaterialSet>* sets) {
  int count = 0;
  const std::vector<int> part = parts_of(face_neighbours(mesh.tets), std::vector<int>(mesh.tets.size(), 0), count);
  std::vector<double> volume(std::size_t(count), 0.0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) volume[std::size_t(part[t])] += tet_volume_of(mesh, t);
  if (count < 2) return 0;
  const std::size_t largest = std::size_t(std::max_element(volume.begin(), volume.end()) - volume.begin());
  std::vector<char> keep(mesh.tets.size());
  double dropped = 0;
  for (std::size_t p = 0; p < volume.size(); ++p)
    if (p != largest && volume[p] < share * volume[largest] + (share >= 1 ? 1e300 : 0)) dropped += volume[p], volume[p] = -1;
  for (std::size_t t = 0; t < keep.size(); ++t) keep[t] = volume[std::size_t(part[t])] >= 0;
  keep_tets(mesh, keep, sets);
  return dropped;
}

std::vector<char> at_pinched_edges(const std::vector<Tet>& tets) {
  const auto key = [](Index a, Index b) { return std::min(std::uint64_t(a), std::uint64_t(b)) << 32 | std::max(std::uint64_t(a), std::uint64_t(b)); };
  std::vector<std::uint64_t> edges;
  for (const core::BoundaryFace& f : core::find_boundary(tets))
    for (std::size_t s = 0; s < 3; ++s) edges.push_back(key(f.nodes[s], f.nodes[(s + 1) % 3]));
  std::sort(edges.begin(), edges.end());
  std::vector<std::uint64_t> pinched;
  for (std::size_t i = 0; i < edges.size();) {
    std::size_t e = i;
    while (e < edges.size() && edges[e] == edges[i]) ++e;
    if (e - i > 2) pinched.push_back(edges[i]);
    i = e;
  }
  if (pinched.empty()) return {};
  std::vector<char> touches(tets.size(), 0);
  for (std::size_t t = 0; t < tets.size(); ++t)
    for (std::size_t p = 0; p < 4 && !touches[t]; ++p)
      for (std::size_t q = p + 1; q < 4 && !touches[t]; ++q) touches[t] = std::binary_search(pinched.begin(), pinched.end(), key(tets[t][p], tets[t][q]));
  return touches;
}

double open_pinched_edges(TetMesh& mesh, std::vector<MaterialSet>* sets, double part_share) {
  double removed = 0;
  for (int round = 0; round < 8; ++round) {
    std::vector<char> keep = at_pinched_edges(mesh.tets);
    if (keep.empty()) break;
    for (std::size_t t = 0; t < keep.size(); ++t) {
      if (keep[t]) removed += tet_volume_of(mesh, t);
      keep[t] = !keep[t];
    }
    keep_tets(mesh, keep, sets);
    removed += drop_parts(mesh, part_share, sets);
  }
  return removed;
}

std::size_t collapse_flat(TetMesh& mesh, std::vector<MaterialSet>& sets, double least_deg) {
  std::size_t done = 0;
  auto angle = [&](const Tet& t) {
    return smallest_dihedral(mesh.nodes[std::size_t(t[0])], mesh.nodes[std::size_t(t[1])], mesh.nodes[std::size_t(t[2])], mesh.nodes[std::size_t(t[3])]);
  };
  for (int round = 0; round < 6; ++round) {
    const NodeStars stars(mesh.nodes.size(), mesh.tets);
    std::vector<char> keep(mesh.tets.size(), 1), frozen(mesh.nodes.size(), 0);
    std::vector<char> boundary(mesh.nodes.size(), 0);
    for (const auto& f : core::find_boundary(mesh.tets))
      for (Index n : f.nodes) boundary[std::size_t(n)] = 1;
    std::size_t here = 0;
    for (std::size_t f = 0; f < mesh.tets.size(); ++f) {
      if (!keep[f]) continue;
      const double flat = angle(mesh.tets[f]);
      if (flat >= least_deg) continue;
      bool free = true;
      for (Index n : mesh.tets[f]) free = free && !frozen[std::size_t(n)];
      if (!free) continue;
      // from -> to: every material of `from` belongs to `to`, so no border moves off its materials.
      double best = flat;
      Index from = -1, to = -1;
      for (Index a : mesh.tets[f])
        for (Index b : mesh.tets[f]) {
          if (a == b) continue;
          bool inside = !(boundary[std::size_t(a)] && !boundary[std::size_t(b)]);
          for (auto m : sets[std::size_t(a)].m) inside = inside && (m < 0 || sets[std::size_t(b)].has(m));
          if (!inside) continue;
          double least = 180;
          for (auto s = stars.start[std::size_t(a)]; s < stars.start[std::size_t(a) + 1] && least > best; ++s) {
            const std::size_t t = std::size_t(stars.tet[std::size_t(s)]);
            if (!keep[t]) continue;
            Tet moved = mesh.tets[t];
            if (std::find(moved.begin(), moved.end(), b) != moved.end()) continue;
            for (Index& n : moved)
              if (n == a) n = b;
            least = std::min(least, angle(moved));
          }
          if (least > best + 0.5) best = least, from = a, to = b;
        }
      if (from < 0 || best < std::min(least_deg, flat + 2)) continue;
      // Link condition (Dey et al., Publ. Inst. Math. 66, 1999): nodes next to both ends must be those of the tets around the edge.
      std::vector<Index> near_from, near_to, around;
      for (const auto& [node, list] : {std::pair(from, &near_from), std::pair(to, &near_to)})
        for (auto s = stars.start[std::size_t(node)]; s < stars.start[std::size_t(node) + 1]; ++s) {
          const Tet& t = mesh.tets[std::size_t(stars.tet[std::size_t(s)])];
          const bool both = std::find(t.begin(), t.end(), from) != t.end() && std::find(t.begin(), t.end(), to) != t.end();
          for (Index n : t) {
            if (n == from || n == to) continue;
            list->push_back(n);
            if (both) around.push_back(n);
          }
        }
      for (auto* list : {&near_from, &near_to, &around}) std::sort(list->begin(), list->end()), list->erase(std::unique(list->begin(), list->end()), list->end());
      std::vector<Index> common;
      std::set_intersection(near_from.begin(), near_from.end(), near_to.begin(), near_to.end(), std::back_inserter(common));
      if (common != around) continue;
      for (auto s = stars.start[std::size_t(from)]; s < stars.start[std::size_t(from) + 1]; ++s) {
        const std::size_t t = std::size_t(stars.tet[std::size_t(s)]);
        for (Index n : mesh.tets[t]) frozen[std::size_t(n)] = 1;
        if (std::find(mesh.tets[t].begin(), mesh.tets[t].end(), to) != mesh.tets[t].end()) keep[t] = 0;
        else
          for (Index& n : mesh.tets[t])
            if (n == from) n = to;
      }
      for (auto s = stars.start[std::size_t(to)]; s < stars.start[std::size_t(to) + 1]; ++s)
        for (Index n : mesh.tets[std::size_t(stars.tet[std::size_t(s)])]) frozen[std::size_t(n)] = 1;
      ++here;
    }
    if (here == 0) break;
    done += here;
    keep_tets(mesh, keep, &sets);
  }
  return done;
}

}  // namespace ot::imaging
