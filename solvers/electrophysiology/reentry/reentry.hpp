// SPDX-License-Identifier: GPL-3.0-or-later
// FAST re-entry: an event-driven reaction-eikonal model on the mesh, fibres and tissue of FULL. Any number of beats and fronts.
// Model:    a front reaches a node at the least arrival time over the tetrahedra around it (anisotropic eikonal, local plane waves from nodes of
//           the same front). Speeds are those at rest times cv(DI) of the node's cells, DI = arrival - last repolarisation. The node is then
//           depolarised for APD = a0 apd(DI): curves from a strand of the ionic model (restitution.hpp), a0 smoothed over the tissue by
//           electrotonic coupling, so that repolarisation has gradients and no steps. It is refractory until repolarisation + the shortest
//           DI that conducts in the strand. Head meets tail: a front that comes early may wait for recovery, but no longer than `patience`
//           times its travel time (it then moves 1/(1 + patience) times the slowest velocity of the strand) and only from tissue still
//           depolarised; else it ends there, which is how block, one-way conduction and re-entry arise. Recovered tissue is excited again
//           by whatever front reaches it. Tissue that does not conduct is absent.
// Source:   multi-front eikonal with refractoriness: Pernod et al. 2011, Comput Biol Med 41:431; with restitution: Corrado, Niederer 2018,
//           Comput Methods Appl Mech Eng 333:343, Serra et al. 2022, PLoS Comput Biol / arXiv 2409.06526 (Arrhythmic3D); alternation of
//           reaction and eikonal with re-excitation: Barrios Espinosa et al. 2022, Comput Cardiol 49. Written from the equations.
// Limits:   no curvature and no source-sink mismatch (a front leaves a thin channel into wide tissue without delay: FULL may block there); no
//           memory beyond one beat (alternans only as far as one DI carries it); spiral cores are set by refractoriness, not by curvature.
// In/out:   ElectroProblem [mm, ms, m/s]; stimuli at any time -> ActivationRecord.
// Numerics: label correcting, first order in the edge length. A smaller arrival of the same beat replaces a larger one, so that the result does
//           not depend on the order of events up to 1e-9 ms; ties go to the lower node.
// Fails:    bad_input for impossible speeds or tissue; cancelled. Threads: a tissue is shared and const, a run belongs to one thread; a run is
//           serial, so bits never depend on the thread count.
#pragma once
#include <memory>
#include <queue>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/reentry/record.hpp"
#include "solvers/electrophysiology/reentry/restitution.hpp"

namespace ot::ep {

struct ReentryParams {
  // Share of its travel time that a front may wait. A quarter lets a front follow a tail over the jumps of refractoriness from node to node
  // that a mesh has, and slows it by at most a fifth below the slowest velocity the strand conducts.
  double patience = 0.25;
  // Coupling of action potential durations: a0 - tau div(D grad a0) = APD of the cell. As in FAST (fast.hpp: order of phases 2-3).
  double coupling_ms = 100;
  bool smooth = true;
};

class ReentryTissue {
 public:
  // Restitution is measured at problem.cycle_length_ms (1000 when that is 0).
  static core::Result<std::shared_ptr<const ReentryTissue>> make(const ElectroProblem& problem, const ReentryParams& params = {}, const core::Progress& progress = {});
  // With curves given: one for each region, all cell types alike.
  static core::Result<std::shared_ptr<const ReentryTissue>> make(const ElectroProblem& problem, const std::vector<RestitutionCurve>& of_region,
                                                                 const ReentryParams& params = {}, const core::Progress& progress = {});

  std::size_t nodes() const { return class_.size(); }
  bool excitable(core::Index node) const { return excitable_[std::size_t(node)] != 0; }
  std::size_t excitable_nodes() const { return excitable_count_; }
  const std::vector<std::string>& notes() const { return notes_; }
  double apd_base_ms(core::Index node) const { return double(apd_base_[std::size_t(node)]); }
  double longest_apd_ms() const;

 private:
  friend class ReentryRun;
  struct Cell {
    float l2[6];               // squared travel times at rest of edges 01 02 03 12 13 23, ms2
    core::Index node[4];
  };
  struct Class {
    RestitutionCurve curve;
    double speed = 1;          // cv_base over that of healthy cells
    double di_full = 0;        // beyond it cv is that of the last point
    std::vector<float> cv, apd;   // tabulated every half ms from the shortest DI on
    double shortest = 0;
    double cv_at(double di) const;
    double apd_at(double di) const;
  };
  core::Result<void> build(const ElectroProblem& problem, std::vector<RestitutionCurve> curves, std::vector<std::uint16_t> class_of_node, double healthy_cv,
                           const ReentryParams& params, const core::Progress& progress);

  std::vector<Cell> cells_;
  std::vector<std::uint32_t> around_begin_, around_;   // cell * 4 + local node
  std::vector<Class> classes_;
  std::vector<std::uint16_t> class_;                   // [nodes]
  std::vector<float> apd_base_;                        // [nodes] smoothed
  std::vector<std::uint8_t> excitable_;
  std::size_t excitable_count_ = 0;
  double patience_ = 0.25;
  std::vector<std::string> notes_;
};

// One run; copying it is a checkpoint.
class ReentryRun {
 public:
  explicit ReentryRun(std::shared_ptr<const ReentryTissue> tissue);

  // Nodes are excited at at_ms, or when they recover up to duration_ms later; those that do not are not captured. at_ms >= time().
  void stimulate(const std::vector<core::Index>& nodes, double at_ms, double duration_ms = 2.0);
  // Starts from a given history: the last activation of every node, ms before now as negative numbers, -infinity = at rest, and how long
  // it lasts (empty: as from rest).
  void impose(const std::vector<double>& last_activation_ms, const std::vector<double>& apd_ms = {});

  // Goes on until `until_ms` or until nothing is left to happen. False: cancelled.
  bool advance(double until_ms, const core::Progress& progress = {});
  double time() const { return time_; }
  bool quiet() const;                           // no front anywhere, no stimulus to come
  double last_activation_ms() const { return last_; }
  long activations() const { return long(log_.size()); }
  // Nodes of the last call of stimulate() that were captured so far.
  long captured() const { return captured_; }
  ActivationRecord record(double until_ms) const;

 private:
  struct Event {
    double at;
    core::Index node;
    bool operator>(const Event& o) const { return at != o.at ? at > o.at : node > o.node; }
  };
  struct Entry {
    core::Index node;
    float at, repolarised;
  };
  struct Stimulus {
    double at, until;
    std::vector<core::Index> nodes;
  };
  void activate(core::Index node, double at);
  void spread(core::Index from);
  void offer(core::Index node, double at, double travel, double source_until);

  std::shared_ptr<const ReentryTissue> tissue_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::vector<Stimulus> stimuli_;               // ascending in time, the next one last
  // [nodes] last activation, its repolarisation, the repolarisation before it, tentative time, arrival of a front that ended here
  std::vector<double> at_, until_, before_, pending_, refused_;
  std::vector<std::int32_t> entry_;             // [nodes] last entry of log_
  std::vector<Entry> log_;
  double time_ = 0, last_ = -1e300;
  long captured_ = 0;
};

}  // namespace ot::ep
