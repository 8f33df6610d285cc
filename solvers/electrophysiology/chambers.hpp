// SPDX-License-Identifier: GPL-3.0-or-later
// Atria and ventricles in one problem: sinus node -> atria -> AV node -> His-Purkinje -> ventricles, one ECG with P, QRS and T.
// Model:   the fibrous skeleton insulates: both meshes lie side by side in one and share no node, so each part is computed by itself, FAST or FULL, with its own cells, conductivities
//          and time step. The AV node is a delay and conducts one way (no echo into the atria): what it leads to fires `delay_ms` after the atrial wall there was activated. Potentials
//          add up in the same torso; those of the atria are taken without the blood of the ventricles.
// Source:  20 normal subjects, Alboni et al. 1985 (Eur Heart J 6:602, abstract): AH 83 +- 16 ms (55 to 110), HV 39.5 +- 3.9 ms. HV ends with the first ventricular activation, which is
//          time 0 of the ventricles' own sites. An accessory pathway is a second way of this kind, from the atrial wall at its end: its ventricular end fires 35 ms after it (local
//          atrial to ventricular intervals where such pathways are ablated are 25 to 50 ms: general knowledge, not read), sites behind that follow. Arrival times with two ways in are the
//          earlier of both; what the other wave has passed does not fire (as in conduction_system.hpp).
// In/out:  the problem as a whole is what interventions edit, cases keep and the window shows. Nodes, tets and regions of the ventricles come first, those of the atria after them; atrial
//          regions have keys that begin with "atrial_" and conductivity scales relative to the whole's sigma. The first site on the atria named av_node carries the delay as its start
//          and has no current; sites named "conducted ..." wait for it. A complete block has no such site. The same with pathway_name and "bypassed ...". Atria: Courtemanche 1998 at
//          0.02 ms.
// Fails:   as FAST and FULL do; ventricles nobody excites stay at rest and a note says so. Threads: same bits for every count.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

inline constexpr double normal_ah_ms = 83.0, normal_hv_ms = 39.5;
inline constexpr double pathway_delay_ms = 35.0;
inline constexpr const char *av_node_name = "AV node", *conducted_prefix = "conducted ", *pathway_name = "atrial end of the pathway", *bypassed_prefix = "bypassed ", *atrial_prefix = "atrial_";

struct AvConduction {
  bool open = true;                                // false: complete block
  core::Index atrial_node = -1;                    // of the atria's own mesh
  double delay_ms = normal_ah_ms + normal_hv_ms;   // from there to the first ventricular muscle
  core::Index pathway_node = -1;                   // atrial end of an accessory pathway; -1: none. The ventricles' sites "bypassed ..." wait for it
};

// One problem of two. Electrodes, cycle length, end and frames are those of the ventricles.
ElectroProblem join_chambers(const ElectroProblem& ventricles, const ElectroProblem& atria, const AvConduction& av);

enum class ChamberPart { ventricles, atria };
// A part with all that was done to the whole: tissue, channels, cycle, sites, electrodes. The same mesh object for the same whole mesh, so that what FAST keeps stays of use.
ElectroProblem part_of(const ElectroProblem& whole, ChamberPart part);

// The whole mesh with one part alive and the other not conducting, with the part's own cells and conductivities: what runs on it has the nodes of the whole. No sites, no electrodes.
ElectroProblem alone(const ElectroProblem& whole, ChamberPart part);
// Whether only atrial muscle conducts.
bool conducts_in_atria_alone(const ElectroProblem& problem);

// Site that stays in a beat whose other sites are replaced: the AV node, the pathway and what they conduct to follow the atria, paced or silent.
bool follows_atria(const ActivationSite& site);

// m/s along f, s, n of working atrial muscle. The median velocity over both atria in sinus rhythm was 0.92 m/s in patients without atrial fibrillation, in whatever direction the wave
// ran (Heida et al. 2021, J Clin Med 10:2614, abstract: 92 +- 6 cm/s). Along and across differ by sqrt(3.75), the anisotropy of conductivity of working atrial muscle in Loewe et al.
// 2015 (FIMH, "Left and right atrial contribution to the P wave", table 1). At 45 degrees to the fibres the speed is sqrt((a^2 + b^2) / 2) = 0.92, so a = 1.16 and b = 0.60.
inline const core::Vec3 atrial_velocity{1.16, 0.60, 0.60};
// mS/mm along the fibres at that velocity: heart muscle as measured (Clerc 1976; 0.17 and 0.62 S/m inside and outside the cells, Niederer 2011). A front's strength in the ECG is conductivity
// times step of potential; at the surface-to-volume ratio of the ventricles the velocity of these cells alone would need several times as much, and P waves were 1.3 mV tall.
inline constexpr double atrial_sigma_along = 0.1334;
double atrial_chi_per_mm();   // the surface-to-volume ratio at which both hold, for 0.01 uF/mm2

// Plane-wave velocity in mm/ms over sqrt(D / (mm2/ms)) of healthy atrial cells at rest (a strand, within 0.5 % of the converged one). Computed once.
double atrial_wave_constant();

// The muscle (of a whole heart: of the ventricles) gets these cells. Velocities stay as wished, the conductivities are those whose plane waves have them in the new cells.
// Takes some seconds for cells that were not used before. Fails: as conductivity_for (conduction_tuning.hpp); the problem is then as it was.
core::Result<void> choose_cells(ElectroProblem& problem, const std::string& ionic_family, const core::Progress& progress = {});

// FAST or FULL. `on_frame` as in run_monodomain (FULL alone).
core::Result<ElectroResult> run_chambers(const ElectroProblem& whole, core::Mode mode, const std::function<void(const ElectroFrame&, const Ecg& so_far)>& on_frame,
                                         const core::Progress& progress);

// [points][frames] mV of both parts together.
std::vector<std::vector<double>> chamber_electrograms(const ElectroProblem& whole, const std::vector<core::Vec3>& points, const std::vector<ElectroFrame>& frames);

}  // namespace ot::ep
