// SPDX-License-Identifier: GPL-3.0-or-later
// Drug data: which channels a compound blocks at which free concentration, and what a dose leads to in plasma.
// The numbers stand in resources/drugs/*.json, each with its source, and are embedded when the library is built.
// A number nobody measured, or that the one-compartment model cannot use, is absent, never guessed.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace ot::pharma {

enum class Channel { Kr, CaL, Na, NaL, Ks, K1, to };
const char* name_of(Channel channel);  // "IKr", "ICaL", ...

// Concentration-block curve of one channel (Hill 1910): current / control = 1 / (1 + (C / IC50)^h).
struct HillBlock {
  Channel channel = Channel::Kr;
  double ic50_nM = 0;  // > 0
  double hill = 1;     // > 0
  std::string source;
};

// Binding to the open hERG channel and trapping in the closed one, Li et al. 2017, doi:10.1161/CIRCEP.116.004628.
struct CipaBinding {
  double Kmax, Ku_per_ms, n, halfmax_nM_n, Vhalf_mV;
};

struct SourcedNumber {
  double value = 0;
  std::string source;
};

// Oral one-compartment kinetics. Population means of healthy adults, for a planning tool's default and not for dosing.
struct Kinetics {
  std::optional<SourcedNumber> molar_mass_g_per_mol;
  std::optional<SourcedNumber> bioavailability;         // 0..1, fraction of the oral dose that reaches plasma
  std::optional<SourcedNumber> tmax_h;                  // time of the peak after one oral dose
  std::optional<SourcedNumber> half_life_h;
  std::optional<SourcedNumber> volume_L_per_kg;         // apparent volume of distribution
  std::optional<SourcedNumber> protein_bound_fraction;  // 0..1; only the free part reaches the channels
  std::optional<SourcedNumber> typical_dose_mg;
  std::optional<SourcedNumber> typical_interval_h;
};

struct Drug {
  std::string key;             // "dofetilide"
  std::string name;            // "Dofetilide"
  std::string drug_class;      // "class III antiarrhythmic"
  SourcedNumber free_cmax_nM;  // free plasma concentration at the top of usual therapy: the unit of "x Cmax"
  std::vector<HillBlock> channels;
  std::optional<CipaBinding> herg;   // takes the place of the IKr curve where the cell has a channel to bind to
  std::string herg_source;
  Kinetics kinetics;
  std::vector<std::string> notes;  // what the model leaves out
};

// In alphabetical order. Threads: safe from any thread.
const std::vector<Drug>& builtin_drugs();
const Drug* find_drug(const std::string& key);

}  // namespace ot::pharma
