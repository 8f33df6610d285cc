// SPDX-License-Identifier: GPL-3.0-or-later
// What both electrophysiology solvers (FAST eikonal, FULL monodomain) take and give. Pure data.
// Units: mm, ms, mV, mS/mm (1 S/m = 1 mS/mm), uF/mm2; velocities m/s = mm/ms.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/field.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/types.hpp"

namespace ot::ep {

// Orthonormal frame per tet: f fibre, s sheet, n = f x s sheet normal.
struct FibreField {
  std::vector<core::Vec3> f, s;  // [tets], unit, f.s = 0
};

// A drug that binds the open and the inactivated hERG channel and can be trapped when it closes (Li et al. 2017,
// Circ Arrhythm Electrophysiol 10:e004628). Acts in models with a dynamic IKr; binding rate Kmax Ku C^n / (C^n + halfmax).
struct HergBinding {
  double concentration_nM = 0;             // 0: no drug
  double Kmax = 0, Ku_per_ms = 0, n = 1;
  double halfmax_nM_n = 1;                 // nM to the power n
  double Vhalf_mV = -1;                    // the trapped drug leaves around this potential
  bool operator==(const HergBinding&) const = default;
};

// Factors on the maximal conductances and fluxes of the ionic model (1 = as published). Drugs and remodelling act here.
// A model lists those it has in IonicFamily::scales; the others change nothing there.
struct ChannelScales {
  double g_Na = 1, g_CaL = 1, g_Kr = 1, g_Ks = 1, g_K1 = 1, g_to = 1, g_NaL = 1;
  double g_Kur = 1, g_f = 1, g_sus = 1;             // ultra-rapid, funny, sustained (atrium, Purkinje)
  double g_NaCa = 1, g_NaK = 1, g_pCa = 1, g_pK = 1;  // exchanger, sodium pump, calcium pump, plateau potassium
  double g_bNa = 1, g_bCa = 1, g_bK = 1;            // background currents
  double g_ClCa = 1, g_bCl = 1;                     // chloride: calcium-activated, background
  double J_up = 1, J_rel = 1, J_leak = 1;           // sarcoplasmic reticulum: SERCA, release, leak
  HergBinding herg;
  bool operator==(const ChannelScales&) const = default;
};

struct ChannelKey {
  const char* key;                 // "g_Kr"
  double ChannelScales::*member;
  const char* current;             // "IKr", "Jup": the literature's name
};
// Every scale, in the order above: whoever stores, hashes, checks or multiplies scales goes through this list.
const std::vector<ChannelKey>& channel_keys();
// Member by member; of two bound drugs the second is kept when it is there.
ChannelScales operator*(const ChannelScales& a, const ChannelScales& b);
// Every scale finite and not negative, binding parameters usable.
bool usable(const ChannelScales& scales);

enum class CellType : std::uint8_t { epi = 0, mid = 1, endo = 2 };

// Tissue of one tet. `scale` multiplies the conductivity along f, s, n (border zone: transverse reduced).
struct TissueRegion {
  std::string key;                    // "healthy", "border_zone", "scar_core", "lesion"
  bool conducting = true;
  core::Vec3 sigma_scale{1, 1, 1};    // on sigma along f, s, n
  ChannelScales channels;             // remodelling of the region, times the global (drug) scales
  std::string source;                 // where the numbers come from
  std::string ionic_model = {};       // family of its cells; empty: that of their layer or of the problem
};

// A place that is stimulated: all nodes listed, with one start time. For FAST: eikonal sources.
struct ActivationSite {
  std::string name;                   // "LV anterior", "pacing 1"
  std::vector<core::Index> nodes;
  double start_ms = 0;
  double duration_ms = 2.0;
  double amplitude_mV_per_ms = 35.714;  // current density over chi*Cm; Niederer 2011 table 2
  std::vector<float> weights;           // [nodes] share of the amplitude, e.g. part of the node's volume inside a box; empty = 1
};

// A current that an electrode puts into the extracellular space, of the muscle or of a bath. Negative: a cathode.
struct ExtracellularSite {
  std::string name;
  std::vector<core::Index> nodes;
  std::vector<double> weights;          // [nodes] shares of the current, sum 1
  double current_uA = 0, start_ms = 0, duration_ms = 2;
};

// The extracellular space as a domain of its own (bidomain.hpp).
struct Bidomain {
  core::Vec3 sigma_i{0.17, 0.019, 0.019}, sigma_e{0.62, 0.24, 0.24};   // along f, s, n, mS/mm (Niederer 2011 table 1)
  std::vector<double> bath;             // [regions] mS/mm of a bath in a region that does not conduct; 0: dead muscle, whose extracellular space conducts. Empty: no bath
  std::vector<core::Index> ground;      // nodes held at 0 mV; a piece without one has a mean of 0 and takes no net current
  std::vector<ExtracellularSite> sites;
  double tolerance = 1e-6;              // relative residual of phi_e
};

struct Electrode {
  std::string name;  // RA LA RL LL V1..V6
  core::Vec3 position;
};

struct ElectroProblem {
  std::shared_ptr<const core::TetMesh> mesh;
  std::shared_ptr<const FibreField> fibres;
  std::vector<std::uint8_t> tissue;             // [tets] index into regions
  std::vector<std::uint8_t> tissue_before;      // [tets] the same without lesions; empty: there are none. FAST repairs its answer to this
  std::vector<TissueRegion> regions;            // [0] healthy
  std::vector<std::uint8_t> cell_type;          // [nodes] CellType; empty = all epi
  std::string ionic_model = "ten_tusscher_panfilov_2006";   // family, reaction/ionic_model.hpp
  std::array<std::string, 3> layer_models;      // families of the cells of type epi, mid, endo where their region names none; empty: ionic_model
  core::Vec3 sigma{0.1334, 0.0176, 0.0176};     // effective monodomain conductivity along f, s, n, mS/mm
  double chi_per_mm = 140.0;
  double cm_uF_per_mm2 = 0.01;
  core::Vec3 velocity{0.6, 0.3, 0.2};           // FAST: conduction velocity along f, s, n, m/s, at scale 1 (CV ~ sqrt(scale))
  ChannelScales channels;                       // global scales (drug)
  std::vector<ActivationSite> sites;
  std::vector<Electrode> electrodes;            // empty: no ECG
  double cycle_length_ms = 1000;                // cells are paced at it before the beat; 0 = published initial state
  double end_ms = 500;
  double dt_ms = 0.05;
  double frame_every_ms = 2.0;                  // spacing of frames and ECG samples
  double solver_tolerance = 1e-4;               // CG relative residual (ep-numerics.md section 6)
  bool upstroke_sodium_interpolation = true;    // SVI (ep-numerics.md section 1)
  double sodium_interpolation_weight = -1;      // 0 (nodal) .. 1; negative: 0.65 with tuning, 1 without
  bool skip_tissue_at_rest = true;              // resting blocks follow one resting cell until the front comes (monodomain_step.hpp)
  bool conductivity_tuning = true;              // k(h/sqrt(D)) (ep-numerics.md section 3)
  std::shared_ptr<const Bidomain> bidomain;     // FULL; null: monodomain. sigma is then sigma_i sigma_e / (sigma_i + sigma_e)

  std::string sha256() const;                   // over everything above; the cache key together with the mode
};

// Family of the cells of this type in this region (a place in p.regions, ignored when there are none): the region's, else the layer's, else the problem's.
const std::string& ionic_model_of(const ElectroProblem& p, std::size_t region, CellType type);
// Families that regions and the types of cell in use ask for, each once, the problem's own first.
std::vector<std::string> ionic_models_of(const ElectroProblem& p);
// Cells of other families than the problem's, in words for assumptions: "Courtemanche 1998 in border zone"; empty when there are none.
std::string other_cells(const ElectroProblem& p);

// One instant, immutable, cheap to hand to the window.
struct ElectroFrame {
  double t_ms = 0;
  std::shared_ptr<const std::vector<float>> v_mV;   // [nodes]
};

struct Ecg {
  std::vector<std::string> leads;               // I II III aVR aVL aVF V1..V6
  std::vector<double> t_ms;                     // [samples]
  std::vector<std::vector<double>> mV;          // [leads][samples]
};

struct EcgIntervals {                           // NaN where it cannot be measured
  double qrs_ms, qt_ms, qtc_fridericia_ms, qtc_bazett_ms, axis_deg, qrs_onset_ms, qrs_offset_ms, t_end_ms;
};

struct ElectroResult {
  core::Mode mode = core::Mode::full;
  std::string problem_sha256;
  std::string mesh_sha256;
  std::vector<float> activation_ms;             // [nodes], NaN = never
  std::vector<float> repolarisation_ms;         // [nodes], at 90 %; NaN = never, in FULL also after the end
  Ecg ecg;
  std::vector<ElectroFrame> frames;             // stored for scrubbing
  std::vector<core::Quantity> quantities;       // total_activation_ms, qrs_ms, qt_ms, activated_percent, ...
  double wall_s = 0;
  long steps = 0;
  std::vector<std::string> notes;               // assumptions, tuning factors, warnings, in words
};

}  // namespace ot::ep
