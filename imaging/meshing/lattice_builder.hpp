// SPDX-License-Identifier: GPL-3.0-or-later
// The work behind cut_lattice(): a lattice is made and refined (refine_lattice.cpp), then cut along the borders (cut_lattice.cpp).
// Model, source: cut_lattice.hpp. Threads: one owner; samples parallel inside.
#pragma once
#include <algorithm>
#include <cstdint>

#include "imaging/meshing/cut_lattice.hpp"

namespace ot::imaging {

namespace lattice {
constexpr int edge_of[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
inline std::uint64_t key_of(core::Index a, core::Index b) { return std::uint64_t(std::min(a, b)) << 32 | std::uint64_t(std::max(a, b)); }
inline core::Index low_of(std::uint64_t key) { return core::Index(key >> 32); }
inline core::Index high_of(std::uint64_t key) { return core::Index(key & 0xffffffffu); }
std::vector<std::uint64_t> edges_of(const std::vector<core::Tet>& tets);   // every edge once, sorted
}  // namespace lattice

class LatticeBuilder {
 public:
  LatticeBuilder(const LabelField& field, const core::LabelMap& labels, const LabelSet& set, const std::function<double(const core::Vec3&, int)>& edge_at)
      : field_(field), labels_(labels), set_(set), edge_at_(edge_at) {}
  core::Result<CutLattice> run(double largest, const core::Progress& progress);

 private:
  bool lattice(double cell);
  void find_mixed(double block);
  bool mixed_near(const core::Tet& t) const;
  void materials_from(std::size_t first);
  bool refine_once(bool thin_too);
  void bisect(const std::vector<std::uint64_t>& marked);
  void find_cuts();
  void warp();
  CutLattice subdivide();

  struct Cut {
    core::Index u, v;
    double t = 0;         // from u
    bool alive = true, is_long = false;
    core::Vec3 at(const std::vector<core::Vec3>& x) const { return x[std::size_t(u)] + t * (x[std::size_t(v)] - x[std::size_t(u)]); }
  };
  double best_share(const MaterialSet& s, const core::Vec3& x, int* which = nullptr) const;
  double balance(const MaterialSet& u, const MaterialSet& v, const core::Vec3& x) const { return best_share(u, x) - best_share(v, x); }
  double root(const MaterialSet& su, const MaterialSet& sv, const core::Vec3& p, const core::Vec3& q) const;
  double length(std::uint64_t e) const { return (x_[std::size_t(lattice::low_of(e))] - x_[std::size_t(lattice::high_of(e))]).norm(); }

  const LabelField& field_;
  const core::LabelMap& labels_;
  const LabelSet& set_;
  const std::function<double(const core::Vec3&, int)>& edge_at_;
  std::vector<core::Vec3> x_;
  std::vector<MaterialSet> of_;
  std::vector<core::Tet> tets_;
  std::vector<Cut> cuts_;
  std::vector<char> judged_;          // [tets] needs no refinement
  std::vector<char> mixed_;           // blocks of space that hold a border of the labels
  core::Vec3 low_{0, 0, 0};
  double block_ = 1;
  std::array<std::int64_t, 3> blocks_{0, 0, 0};
  std::size_t refined_ = 0;
};

}  // namespace ot::imaging
