// SPDX-License-Identifier: GPL-3.0-or-later
// Anisotropic eikonal equation on tetrahedra: when does the wavefront arrive at each node.
// Model:   sqrt(grad T . V V^T grad T) = 1,  V = v_f f f^T + v_s s s^T + v_n n n^T  (no curvature, no wavefront interaction).
// Source:  local tetrahedron solver after Fu, Kirby, Whitaker 2013 (SIAM J Sci Comput 35:C473) and Qian, Zhang, Zhao 2007
//          (SIAM J Numer Anal 45:83): arrival = min over the opposite face of T(y) + |x - y|_M with M = (V V^T)^-1, T linear on the face.
// In/out:  start times [ms], velocities [mm/ms = m/s]; T [nodes] ms, infinity where no path leads.
// Numerics: source: nodes within 4.07 slowest edge times take the time along the straight ray, integrated over the tets it
//          crosses (exact in a uniform medium, else the time of a real path). Elsewhere the fixed point of all first-order local
//          solvers to 1e-9 ms, which depends neither on node order nor on the frame (bucketed label setting, a check of every
//          tet, label correction), then one pass of curvature correction; where two fronts meet each is carried on alone.
//          Measured: worst error / largest arrival 0.6 % one source, 0.8 % two at 40 edges across for tensor ratio 9:1 with 20 % node
//          jitter, falling with order 0.6 (worst) in the needle along the fibres; rms 0.14 %.
// Fails:   bad_input for non-positive or non-finite velocities, no source in conducting tissue; cancelled.
// Threads: solve() is serial and const: many may run at once on one object. Building is parallel, same bits for any count.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct EikonalSource {
  core::Index node = 0;
  double start_ms = 0;
  core::Vec3 offset{0, 0, 0};   // of the true place from the node, mm: a source inside a tet starts at all its nodes
};

// Speed factors of the tissue: factor on v_f, v_s, v_n for each kind, one kind per tet.
struct SpeedMap {
  std::vector<core::Vec3> factor{core::Vec3(1, 1, 1)};
  std::vector<std::uint8_t> kind;   // [tets]; empty = all kind 0
};

// CV ~ sqrt(conductivity) (plane wave of the cable equation), so a region's factor is sqrt(sigma_scale).
SpeedMap speed_map(const ElectroProblem& problem);
std::vector<std::uint8_t> conducting_tets(const ElectroProblem& problem);   // [tets] 0/1
std::vector<EikonalSource> eikonal_sources(const ElectroProblem& problem);  // all nodes of all sites

// A point anywhere: the nodes of the tet that holds it; outside the tissue the nearest node.
std::vector<EikonalSource> sources_at(const core::TetMesh& mesh, const core::Vec3& x, double start_ms);

class Eikonal {
 public:
  // Geometry and metric, once per mesh, fibres and velocities.
  static core::Result<Eikonal> make(std::shared_ptr<const core::TetMesh> mesh, std::shared_ptr<const FibreField> fibres,
                                    const core::Vec3& velocity, const SpeedMap& speed = {});
  // Same geometry, other speeds: only tets whose factor differs are computed again.
  core::Result<Eikonal> with(const SpeedMap& speed) const;
  // Whether the speeds held agree with these wherever tissue conducts.
  bool has(const SpeedMap& speed, const std::vector<std::uint8_t>& conducting = {}) const;

  // conducting: [tets] 0/1, empty = all conduct.
  core::Result<std::vector<double>> solve(const std::vector<EikonalSource>& sources,
                                          const std::vector<std::uint8_t>& conducting = {},
                                          const core::Progress& progress = {}) const;

  // The same with what a repair needs. All per node in curve order: of use to the object that made it alone.
  struct Arrival {
    std::vector<double> t;                 // ms
    std::vector<std::uint32_t> parent;     // the way in: cell * 4 + local node; none in start balls
    std::vector<core::Vec3> slowness;      // of the front, ms/mm
    std::vector<std::int32_t> source;      // in start balls: which source
  };
  core::Result<Arrival> arrive(const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& conducting = {},
                               const core::Progress& progress = {}) const;
  // After tets stopped conducting (lesions): nodes whose way led through them, straight or through others, are reached again from
  // those that keep their times. Nothing comes earlier than before. bad_input when a tet conducts that did not before.
  core::Result<Arrival> repair(const Arrival& before, const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& conducting_before,
                               const std::vector<std::uint8_t>& conducting, const core::Progress& progress = {}) const;
  std::vector<double> times(const Arrival& arrival) const;   // [nodes] of the mesh

  const core::TetMesh& mesh() const { return *mesh_; }
  double mean_edge_mm() const { return mean_edge_; }

 private:
  // One cache line: nodes and squared metric edge lengths (01 02 03 12 13 23), ms^2.
  struct alignas(64) Cell {
    std::array<double, 6> l2;
    std::array<core::Index, 4> node;
  };
  struct State;
  class Front;

  core::Mat3 metric(core::Index tet, const core::Vec3& factor) const;
  void fill_cell(std::size_t cell);
  // Second order, see eikonal_curvature.cpp. parent: cell * 4 + local node of the best way in; times in curve order.
  static constexpr std::uint32_t no_parent = 0xffffffffu;
  void sharpen(State& state, const std::uint8_t* known) const;   // known: [nodes] keep their times; null = none
  // The front's slowness falls along the edge i-j: nodes of two fronts that meet.
  bool is_tent(const std::vector<core::Vec3>& slowness, core::Index i, core::Index j, double length2) const;
  core::Result<void> check(const std::vector<EikonalSource>& sources) const;
  State fresh_state(const std::vector<EikonalSource>& sources) const;
  std::vector<std::uint8_t> in_curve_order(const std::vector<std::uint8_t>& conducting) const;
  // Nodes whose way leads through a tet that conducted before and does not now.
  std::vector<std::uint8_t> cut_off(const Arrival& before, const std::vector<EikonalSource>& sources, const std::vector<std::uint8_t>& conducting_before,
                                    const std::vector<std::uint8_t>& conducting) const;
  bool serves(core::Index node, std::uint32_t way, const std::vector<double>& t) const;   // the ray into the way's node touches this one
  double start_delay(const EikonalSource& source, const std::vector<std::uint8_t>& conducting) const;
  core::Vec3 position_of(const EikonalSource& source) const;
  std::size_t across(std::size_t cell, const std::array<core::Index, 3>& face) const;
  double ray_time(core::Index m, const core::Vec3& to, const core::Vec3& along,
                  const std::function<bool(std::size_t)>& usable) const;
  void start_ball(const EikonalSource& source, std::int32_t number, const std::vector<std::uint8_t>& conducting, State& state) const;

  std::shared_ptr<const core::TetMesh> mesh_;
  std::shared_ptr<const FibreField> fibres_;
  core::Vec3 velocity_;
  std::vector<core::Vec3> factor_;           // [kinds]
  std::vector<std::uint8_t> kind_;           // [cells]
  std::vector<Cell> cells_;                  // sorted along a space-filling curve
  std::vector<core::Index> tet_of_cell_, cell_of_tet_;
  std::vector<core::Index> rank_of_node_, node_of_rank_;
  std::vector<std::uint32_t> around_begin_;  // [nodes+1] in curve order
  std::vector<std::uint32_t> around_;        // cell * 4 + local node
  double mean_edge_ = 0, bucket_ms_ = 1;
};

}  // namespace ot::ep
