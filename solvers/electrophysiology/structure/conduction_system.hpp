// SPDX-License-Identifier: GPL-3.0-or-later
// The ventricles' conduction system: His bundle, bundle branches, fascicles and fractal Purkinje trees; block and accessory pathway
// as switches; out come the places and times where muscle is stimulated.
// Model:   His point between the roots of both sides; fascicles along the shortest way on the endocardium to their ends, insulated;
//          the right bundle reaches the septum, then the free wall through the moderator band (a straight strand). Trees grow from
//          the ends. Arrival along the tree at constant speed (graph eikonal); a junction hands over to muscle after
//          junction_delay_ms, muscle to the tree after retrograde_delay_ms. Both fronts are coupled until neither changes: behind a
//          blocked bundle the tree is entered from muscle.
// Source:  anatomy: Durrer et al. 1970 (Circulation 41:899), as the root points; tree: purkinje.hpp. Speed 2-4 m/s, junction delay
//          3-10 ms and 2-3 ms backwards: shared/reference/EP-FACTS.md section 2. Pre-excitation: see the field.
// In/out:  mm, ms. Time 0 is the first excitation of muscle.
// Fails:   bad_input when roots are off the surface or nothing is left to excite; cancelled. Threads: same bits for any count.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/problem.hpp"
#include "solvers/electrophysiology/structure/purkinje.hpp"

namespace ot::ep {

enum class Bundle : std::uint8_t { his, left, left_anterior, left_posterior, left_septal, right };
const char* name_of(Bundle bundle);

enum class ConductionBlock { none, lbbb, rbbb, lafb, lpfb };   // left / right bundle branch, left anterior / posterior fascicle
const char* name_of(ConductionBlock block);
core::Result<ConductionBlock> conduction_block(const std::string& name);

// Roots on the mesh: nodes of the endocardium.
struct FascicleEnd {
  core::Index node = -1;
  Bundle bundle = Bundle::left;
};
struct ConductionRoots {
  core::Index left = -1;                    // where the left bundle comes through the septum
  std::vector<FascicleEnd> left_ends;
  core::Index right = -1;                   // -1: no right ventricle
  core::Index right_septal = -1;            // end of the right bundle on the septum
  core::Index right_free_wall = -1;         // end of the moderator band; -1: none
  std::vector<char> open;                   // [nodes] 1 where trees may grow; empty: everywhere
};

struct ConductionParams {
  PurkinjeParams tree;
  double speed_m_per_s = 2.0;          // of 2-4; calibrated on three hearts in FAST: QRS 75, 91, 97 ms (at 2.5: 70, 86, 93)
  double junction_delay_ms = 5.0;      // of 3-10
  double retrograde_delay_ms = 2.5;    // of 2-3
  // Muscle excited at once at a junction; of neighbours further out, stimulated on coarse meshes, each comes as much later as a wave from there.
  double site_radius_mm = 1.2;
  bool operator==(const ConductionParams&) const = default;
};

struct ConductionNetwork {
  PurkinjeTree tree;                   // point 0 is His
  std::vector<core::Index> junctions;  // points of the tree
  core::Index left_root = -1, right_root = -1;   // first points of the bundles: where a block cuts
  std::vector<core::Index> anterior_cut, posterior_cut;
  ConductionParams params;
  std::string sha256() const;
};

core::Result<ConductionNetwork> grow_conduction_network(const core::TetMesh& mesh, const ConductionRoots& roots,
                                                        const ConductionParams& params, const core::Progress& progress = {});

// Muscle that bypasses the conduction system (Wolff-Parkinson-White): excited at this node `lead_ms` before the first junction
// would be. 40 ms: a delta wave of usual length, about the His-ventricle time that is bypassed (35-55 ms).
struct AccessoryPathway {
  std::string name;
  core::Index node = -1;
  double lead_ms = 40;      // infinity: the His bundle is silent, the pathway alone excites (times from there)
  double radius_mm = 2.0;
};

struct ConductionResult {
  std::vector<ActivationSite> sites;       // in order of the tree's points, accessory pathway first; one for each delay within a junction
  std::vector<double> tree_ms;             // [tree points] arrival, infinity = never
  int junctions_used = 0, entered_backwards = 0, rounds = 0;
  double first_junction_ms = 0;            // on the sites' clock; > 0 when the accessory pathway leads
};

// `problem`: mesh, fibres, tissue and speeds of the heart; its sites are ignored. Coupled to its muscle by the eikonal.
core::Result<ConductionResult> conduct(const ElectroProblem& problem, const ConductionNetwork& network, ConductionBlock block,
                                       const AccessoryPathway* accessory, const core::Progress& progress = {});

}  // namespace ot::ep
