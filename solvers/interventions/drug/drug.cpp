// SPDX-License-Identifier: GPL-3.0-or-later
// Model: free plasma concentration from a multiple of the therapeutic maximum or from oral doses (pharmacology/dose.hpp), then
//   each maximal conductance times 1 / (1 + (C/IC50)^h). Drugs given together multiply (independent binding). The same factors
//   act everywhere in the heart. A drug whose binding to hERG is known: in cells with a dynamic hERG channel (CiPAORdv1.0) IKr follows binding and trapping instead; on other
//   ventricular cells the repolarisation that CiPAORdv1.0 shows is laid (reaction/verified_response.hpp, decision 0010); atrial cells take the static block.
//   Neglected: binding kinetics of the other channels, active metabolites, autonomic effects.
// Source: binding Li et al. 2017, Circ Arrhythm Electrophysiol 10:e004628; simple pore block as in Mirams et al. 2011, Cardiovasc Res 91:53; data per drug in resources/drugs.
#include "solvers/interventions/drug/drug.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/verified_response.hpp"
#include "solvers/pharmacology/dose.hpp"

namespace ot::interventions {
namespace {

using twin::InterventionSpec;

constexpr const char* concentration_suffix = "_concentration_nM";
constexpr const char* laid_note =
    ": what it does to repolarisation is taken from the cell model made for drugs and validated on them (CiPAORdv1.0, with its binding to hERG) and laid on the cells of this twin; their own answer to its static block is not reliable.";
const std::string several_note = "Several drugs: how they act together is not validated; each blocks by its static curves, whose effect on QT these cells do not predict reliably.";

core::Result<void> validate(const twin::TwinModel& model, const InterventionSpec& spec) {
  if (!model.heart) return core::bad_input("A drug acts on heart muscle (this twin has none). Open a case with a heart.");
  if (auto c = concentration_nM(spec); !c) return pass(c);
  return {};
}

core::Result<void> apply(const twin::TwinModel&, const InterventionSpec& spec, twin::SimulationSetup& setup) {
  const auto concentration = concentration_nM(spec);
  if (!concentration) return pass(concentration);
  if (*concentration <= 0) return {};
  OT_EXPECT(setup.electro);
  const pharma::Drug& drug = *pharma::find_drug(spec.params.text("drug"));
  const std::string key = drug.key + concentration_suffix;
  if (twin::find_quantity(setup.quantities, key))
    return core::bad_input(fmt::format("{} is given twice (its concentrations would have to be added). Change the dose of one and remove the other.", drug.name));
  ep::ElectroProblem& problem = *setup.electro;
  const ep::IonicFamily* cells = ep::find_ionic_family(problem.ionic_model);
  const bool channel_binds = cells && cells->dynamic_herg;
  const bool second = std::any_of(setup.quantities.begin(), setup.quantities.end(), [](const core::Quantity& q) { return q.key.ends_with(concentration_suffix); });
  ep::ChannelScales scales = scales_of(drug, *concentration, problem.ionic_model);
  const pharma::ChannelBlock block = pharma::block_at(drug, *concentration);
  if (second && channel_binds && problem.channels.herg.concentration_nM > 0) {   // a cell follows the binding of one drug
    scales.herg = {};
    scales.g_Kr = block.kr;
  } else if (second && !channel_binds) {   // how two act together is not validated: both by their static block
    scales.herg = problem.channels.herg = {};
    std::erase_if(setup.notes, [](const std::string& note) { return note.find(laid_note) != std::string::npos; });
  }
  const bool bound = channel_binds && scales.herg.concentration_nM > 0, laid = !channel_binds && scales.herg.concentration_nM > 0;
  problem.channels = problem.channels * scales;
  // A T wave that ends after the beat gives no QT, just where QT matters most. A beat ended before any T wave was ended on purpose.
  // 700 ms: well past a QT of 500 ms, from where torsades are feared; our own choice.
  constexpr double with_t_wave_ms = 400, long_beat_ms = 700;
  if (const double end = std::min(long_beat_ms, problem.cycle_length_ms > 0 ? problem.cycle_length_ms : long_beat_ms); problem.end_ms >= with_t_wave_ms && problem.end_ms < end) {
    setup.notes.push_back(fmt::format("With a drug the beat is followed to {:.0f} ms instead of {:.0f} ms, so that a prolonged T wave ends within it.", end, problem.end_ms));
    problem.end_ms = end;
  }
  if (bound && problem.mesh && ep::is_whole_heart(*problem.mesh) && block.kr != 1) {
    for (ep::TissueRegion& region : problem.regions)
      if (region.key.starts_with(ep::atrial_prefix)) region.channels.g_Kr *= block.kr;
    setup.notes.push_back(drug.name + ": the atrial cells have no channel that it binds to; IKr there takes its static block.");
  }
  const auto static_only = [](const std::string& family) {   // neither binds nor takes the verified response
    const ep::IonicFamily* f = family.empty() ? nullptr : ep::find_ionic_family(family);
    return f && !f->dynamic_herg && !ep::takes_verified_response(family);
  };
  if (bound && problem.mesh && block.kr != 1) {
    for (const std::string& layer : problem.layer_models)
      if (static_only(layer))
        return core::bad_input(fmt::format("{} binds to the channel of the muscle's cells, but a layer is of {}, whose channel it cannot bind to (its static block would have to act in that layer alone). Give these cells to a region instead of a layer.", drug.name,
                                           ep::family_name(layer)));
    for (ep::TissueRegion& region : problem.regions)
      if (static_only(region.ionic_model) && !(ep::is_whole_heart(*problem.mesh) && region.key.starts_with(ep::atrial_prefix))) {   // the atria's were scaled above
        region.channels.g_Kr *= block.kr;
        std::string note = fmt::format("{}: cells of {} have no channel that it binds to; IKr there takes its static block.", drug.name, ep::family_name(region.ionic_model));
        if (std::find(setup.notes.begin(), setup.notes.end(), note) == setup.notes.end()) setup.notes.push_back(std::move(note));
      }
  }
  set_quantity(setup, {key, drug.name + " in plasma, free", "nM", *concentration, fmt::format("{:.2f} x free Cmax", *concentration / drug.free_cmax_nM.value)});
  for (const pharma::HillBlock& b : drug.channels) {
    if (bound && b.channel == pharma::Channel::Kr) continue;
    const char* channel = pharma::name_of(b.channel);
    std::string lower = channel;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const double blocked = 100.0 * (1.0 - pharma::remaining_fraction(*concentration, b.ic50_nM, b.hill));
    set_quantity(setup, {fmt::format("{}_{}_block_percent", drug.key, lower), fmt::format("{}: {} blocked", drug.name, channel), "%", blocked,
                         laid && b.channel == pharma::Channel::Kr ? b.source + "; the beat takes the verified response instead" : b.source});
  }
  if (bound) setup.notes.push_back(fmt::format("{}: IKr follows its binding to the hERG channel and its trapping there ({}).", drug.name, drug.herg_source));
  else if (channel_binds && drug.herg) setup.notes.push_back(drug.name + ": the channel follows the binding of one drug only; this one acts on IKr by its static block.");
  else if (channel_binds) setup.notes.push_back(drug.name + ": its binding to hERG is not published; it acts on IKr by its static block.");
  else if (laid) setup.notes.push_back(drug.name + laid_note);
  else if (second && std::find(setup.notes.begin(), setup.notes.end(), several_note) == setup.notes.end())
    setup.notes.push_back(several_note);
  for (const std::string& note : drug.notes) setup.notes.push_back(drug.name + ": " + note);
  return {};
}

}  // namespace

core::Result<double> concentration_nM(const twin::InterventionSpec& spec) {
  const pharma::Drug* drug = pharma::find_drug(spec.params.text("drug"));
  OT_EXPECT(drug);
  if (spec.params.text("input") == "cmax_multiple") return pharma::free_concentration_nM(*drug, spec.params.number("dose_x_cmax"));
  const double dose = spec.params.number("dose_mg");
  if (dose == 0) return 0.0;
  const pharma::Dosing dosing{dose, spec.params.number("interval_h"), spec.params.text("course") == "single_dose" ? 1 : 0, spec.params.number("weight_kg")};
  return pharma::free_concentration_nM(*drug, dosing, spec.params.number("hours_since_dose"));
}

ep::ChannelScales scales_of(const pharma::Drug& drug, double concentration_nM, const std::string& ionic_family) {
  const pharma::ChannelBlock block = pharma::block_at(drug, concentration_nM);
  const ep::IonicFamily* cells = ep::find_ionic_family(ionic_family);
  ep::ChannelScales g;
  const bool binds = cells && cells->dynamic_herg && drug.herg && concentration_nM > 0;
  if (binds || (drug.herg && concentration_nM > 0 && ep::takes_verified_response(ionic_family)))
    g.herg = {concentration_nM, drug.herg->Kmax, drug.herg->Ku_per_ms, drug.herg->n, drug.herg->halfmax_nM_n, drug.herg->Vhalf_mV};
  if (!binds) g.g_Kr = block.kr;
  g.g_CaL = block.cal;
  g.g_Na = block.na;
  g.g_NaL = block.nal;
  g.g_Ks = block.ks;
  g.g_K1 = block.k1;
  g.g_to = block.to;
  return g;
}

twin::InterventionKind drug() {
  using core::Liveness;
  twin::InterventionKind kind;
  kind.key = "drug";
  kind.label = "Drug";
  kind.summary = "A drug at a dose: concentration in plasma, block of each channel, action potential and QT.";
  kind.source = "Simple pore block: Mirams et al. 2011, Cardiovasc Res 91:53, doi 10.1093/cvr/cvr044; IC50 and kinetics with their sources in resources/drugs.";
  kind.assumes = "A drug whose binding to hERG is published changes repolarisation as the cell model validated for drugs does; others, and several drugs at once, act by static blocks, whose effect on QT is less reliable. Heart rate and autonomic tone stay as they are.";
  kind.placement = twin::Placement::Kind::none;
  std::vector<std::string> drugs;
  for (const auto& d : pharma::builtin_drugs()) drugs.push_back(d.key);
  const std::string label = "dosing regimens of the labels quoted in resources/drugs";
  kind.schema.name = "Drug";
  const std::vector<core::AppliesWhen> multiple{{"input", std::string("cmax_multiple")}}, oral{{"input", std::string("oral_dose")}};
  std::vector<core::AppliesWhen> repeated = oral;
  repeated.push_back({"course", std::string("steady_state")});
  kind.schema.params = {
      {"drug", "Drug", "", std::string("dofetilide"), 0, 0, drugs, "Which compound.", "resources/drugs", Liveness::live},
      {"input", "Dose given as", "", std::string("cmax_multiple"), 0, 0, {"cmax_multiple", "oral_dose"}, "As a multiple of the usual maximal free concentration, or as an oral dose.", "multiples of free Cmax: CiPA (Li et al. 2017, 10.1161/CIRCEP.116.004628)", Liveness::live},
      {"dose_x_cmax", "Dose", "x Cmax", 1.0, 0.0, 100.0, {}, "Free concentration as a multiple of the usual therapeutic maximum; 0 is no drug.", "CiPA evaluates 1 to 4 x and up to 25 x free Cmax (Li et al. 2017)", Liveness::live, multiple},
      {"dose_mg", "Oral dose", "mg", 0.0, 0.0, 5000.0, {}, "Each oral dose; 0 is no drug. Used when the dose is given as an oral dose.", label, Liveness::live, oral},
      {"interval_h", "Every", "h", 12.0, 1.0, 168.0, {}, "Time between oral doses.", label, Liveness::live, repeated},
      {"hours_since_dose", "Time since last dose", "h", 3.0, 0.0, 168.0, {}, "When after the last oral dose the heart is looked at.", "peaks lie at 1 to 5 h (tmax in resources/drugs)", Liveness::live, oral},
      {"course", "Course", "", std::string("steady_state"), 0, 0, {"steady_state", "single_dose"}, "After many doses, or after one.", "superposition: Gibaldi and Perrier, Pharmacokinetics, 1982", Liveness::live, oral},
      {"weight_kg", "Body weight", "kg", 70.0, 30.0, 250.0, {}, "Scales the volume of distribution of an oral dose.", "reference adult of the kinetic data, 70 kg", Liveness::live, oral},
  };
  kind.validate = validate;
  kind.apply = apply;
  return kind;
}

}  // namespace ot::interventions
