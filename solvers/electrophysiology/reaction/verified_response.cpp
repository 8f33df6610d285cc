// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/verified_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

constexpr double tissue_dt_ms = 0.02;   // of single cells before a tissue beat, as the templates of FAST
constexpr int sweep = 7;                // factors at once: with the cell without drug, what one kernel call takes

using Key = std::pair<std::string, std::vector<double>>;
Key key_of(const std::string& cell, const ChannelScales& drug, double cycle_ms) {
  Key key{cell, {cycle_ms}};
  for (const ChannelKey& k : channel_keys()) key.second.push_back(drug.*k.member);
  const HergBinding& b = drug.herg;
  key.second.insert(key.second.end(), {b.concentration_nM, b.Kmax, b.Ku_per_ms, b.n, b.halfmax_nM_n, b.Vhalf_mV});
  return key;
}

template <class Value>
struct Kept {
  std::mutex mutex;
  std::map<Key, Value> values;
  const Value* find(const Key& key) {
    const std::lock_guard lock(mutex);
    const auto at = values.find(key);
    return at == values.end() ? nullptr : &at->second;   // nodes of a map stay where they are; none is ever removed
  }
  void keep(const Key& key, const Value& value) {
    const std::lock_guard lock(mutex);
    values.try_emplace(key, value);
  }
};

const IonicModel* model_of(const std::string& family, CellType type) {
  for (const IonicModel& m : builtin_ionic_models())
    if (m.family->key == family && m.cell_type == type) return &m;
  return nullptr;
}

bool acts(const IonicFamily& family, const char* scale) { return std::find(family.scales.begin(), family.scales.end(), scale) != family.scales.end(); }

// APD90 of the cell with each of the scales; NaN where it does not repolarise.
core::Result<std::vector<double>> apd90(const IonicModel& model, const std::vector<ChannelScales>& scales, double cycle_ms, const core::Progress& progress) {
  CellProblem cell;
  cell.model = model.key;
  cell.cycle_length_ms = cycle_ms;
  cell.beats = std::max(2, model.family->pacing_beats);
  cell.dt_ms = model.family->two_stage ? 0 : tissue_dt_ms;
  const auto cells = run_cells(cell, scales, progress);
  if (!cells) return core::pass(cells);
  std::vector<double> out;
  for (const CellResult& c : *cells) out.push_back(c.apd90_ms);
  return out;
}

core::Result<double> verified_change(const ChannelScales& drug, double cycle_ms, const core::Progress& progress) {
  static Kept<double> kept;
  const Key key = key_of(verified_drug_cell, drug, cycle_ms);
  if (const double* known = kept.find(key)) return *known;
  ChannelScales bound = drug;
  bound.g_Kr = 1;   // IKr follows the binding
  const auto apd = apd90(*find_ionic_model(verified_drug_cell), {ChannelScales{}, bound}, cycle_ms, progress);
  if (!apd) return core::pass(apd);
  const double change = (*apd)[1] - (*apd)[0];
  kept.keep(key, change);
  return change;
}

ChannelScales with_factor(const ChannelScales& drug, double factor) {
  ChannelScales s;
  s.g_Na = drug.g_Na;
  s.g_K1 = drug.g_K1;
  s.g_Kr = s.g_Ks = factor;
  return s;
}

// The factor with which APD90 changes by `wanted`, the one closest to no block; NaN when none in the range does. APD90 falls with the factor.
core::Result<double> factor_for(const IonicModel& model, const ChannelScales& drug, double wanted, double cycle_ms, const core::Progress& progress) {
  double low = 0.1, high = 3;   // nine tenths of both currents blocked; the shortest APD any of our drugs asks for needs less than 3
  double above = std::numeric_limits<double>::infinity(), below = -above;   // change less wanted at low and at high
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<double> factors;
    std::vector<ChannelScales> scales{ChannelScales{}};
    for (int k = 0; k < sweep; ++k) factors.push_back(low * std::pow(high / low, double(k) / (sweep - 1)));
    for (const double f : factors) scales.push_back(with_factor(drug, f));
    const auto apd = apd90(model, scales, cycle_ms, progress.part(0.5 * pass, 0.5 * pass + 0.5));
    if (!apd) return core::pass(apd);
    bool found = false;
    for (std::size_t k = factors.size() - 1; k-- > 0 && !found;) {   // from the weakest block: beyond a cell that misses every other beat APD90 is short again
      const auto error = [&](std::size_t i) { return std::isnan((*apd)[i + 1]) ? std::numeric_limits<double>::infinity() : (*apd)[i + 1] - (*apd)[0] - wanted; };
      if (!(error(k) >= 0 && error(k + 1) <= 0)) continue;
      low = factors[k];
      high = factors[k + 1];
      above = error(k);
      below = error(k + 1);
      found = true;
    }
    if (!found) return std::numeric_limits<double>::quiet_NaN();
  }
  if (!std::isfinite(above)) return std::numeric_limits<double>::quiet_NaN();
  const double share = above == below ? 0 : above / (above - below);
  return std::exp(std::log(low) + share * std::log(high / low));
}

}  // namespace

bool takes_verified_response(const std::string& family) {
  const IonicFamily* f = find_ionic_family(family);
  if (!f || f->dynamic_herg || !acts(*f, "g_Kr") || !acts(*f, "g_Ks")) return false;
  for (const CellType type : {CellType::epi, CellType::mid, CellType::endo})
    if (!model_of(family, type)) return false;
  return true;
}

core::Result<VerifiedResponse> verified_response(const std::string& family, CellType type, const ChannelScales& drug, double cycle_ms, const core::Progress& progress) {
  OT_EXPECT(takes_verified_response(family) && drug.herg.concentration_nM > 0 && cycle_ms > 0);
  static Kept<VerifiedResponse> kept;
  const IonicModel& model = *model_of(family, type);
  const Key key = key_of(model.key, drug, cycle_ms);
  if (const VerifiedResponse* known = kept.find(key)) return *known;
  VerifiedResponse out;
  const auto change = verified_change(drug, cycle_ms, progress.part(0, 0.4));
  if (!change) return core::pass(change);
  out.change_ms = *change;
  out.scales = drug;
  out.scales.herg = {};
  if (std::isfinite(out.change_ms)) {
    const auto factor = factor_for(model, drug, out.change_ms, cycle_ms, progress.part(0.4, 1));
    if (!factor) return core::pass(factor);
    if (std::isfinite(*factor)) {
      out.found = true;
      out.factor = *factor;
      out.scales = with_factor(drug, *factor);
    }
  }
  kept.keep(key, out);
  return out;
}

namespace {

core::Result<std::array<ChannelScales, 3>> drug_in(const std::string& family, const ElectroProblem& p, const core::Progress& progress, std::vector<std::string>* notes) {
  std::array<ChannelScales, 3> out{p.channels, p.channels, p.channels};
  if (!(p.channels.herg.concentration_nM > 0)) return out;
  if (!takes_verified_response(family)) {
    if (find_ionic_family(family)->dynamic_herg && !find_ionic_family(p.ionic_model)->dynamic_herg)   // the static block was given for the problem's cells
      for (auto& s : out) s.g_Kr = 1;
    return out;
  }
  if (!(p.cycle_length_ms > 0)) {
    for (auto& s : out) s.herg = {};
    if (notes) notes->push_back("Cells start from their published state without pacing, so the drug acts by its static block (its verified effect needs paced cells).");
    return out;
  }
  std::array<bool, 3> used{p.cell_type.empty(), false, false};
  for (const std::uint8_t type : p.cell_type) used[std::min<std::size_t>(type, 2)] = true;
  std::array<core::Result<VerifiedResponse>, 3> of{core::computation_failed(""), core::computation_failed(""), core::computation_failed("")};
  // The verified cell first: all types share it.
  if (const auto change = verified_change(p.channels, p.cycle_length_ms, progress.part(0, 0.4)); !change) return core::pass(change);
  const core::Progress silent = progress.with({});
  core::parallel_chunks(3, 1, [&](std::ptrdiff_t type, std::ptrdiff_t) {
    if (used[std::size_t(type)]) of[std::size_t(type)] = verified_response(family, CellType(type), p.channels, p.cycle_length_ms, silent);
  });
  std::string factors;
  bool all = true;
  double change = 0;
  static const char* const words[] = {"epicardial", "mid-myocardial", "endocardial"};
  for (std::size_t type = 0; type < 3; ++type) {
    if (!used[type]) {
      out[type].herg = {};
      continue;
    }
    if (!of[type]) return core::pass(of[type]);
    out[type] = of[type]->scales;
    change = of[type]->change_ms;
    all = all && of[type]->found;
    if (of[type]->found) factors += fmt::format("{}{} {:.2f}", factors.empty() ? "" : ", ", words[type], of[type]->factor);
  }
  progress.report(1.0, "drug response");
  if (!notes) return out;
  const auto& cell = *find_ionic_model(verified_drug_cell);
  if (std::isnan(change))
    notes->push_back(fmt::format("At this dose the {} cell, which was validated for drugs, does not repolarise within {:g} ms or fires again early (torsade de pointes must be feared). The twin's cells take the static block; their QT is no prediction.", cell.name, p.cycle_length_ms));
  else if (!all)
    notes->push_back(fmt::format("No factor on IKr and IKs gives these cells the change of APD90 that {} shows for the drug ({:+.0f} ms); some take its static block, and QT is no prediction.", cell.name, change));
  else
    notes->push_back(fmt::format("Effect of the drug on repolarisation: that of the {} cell, validated for drugs, with the drug bound to hERG (APD90 {:+.1f} ms at {:g} ms), laid on these cells by a common factor on IKr and IKs ({}); INa and IK1, which carry conduction and rest, are blocked as measured.",
                                 cell.name, change, p.cycle_length_ms, factors));
  return out;
}

}  // namespace

core::Result<std::array<ChannelScales, 3>> acting_drug(const ElectroProblem& p, const core::Progress& progress, std::vector<std::string>* notes) {
  return drug_in(p.ionic_model, p, progress, notes);
}

core::Result<std::map<std::string, std::array<ChannelScales, 3>>> acting_drugs(const ElectroProblem& p, const core::Progress& progress, std::vector<std::string>* notes) {
  std::map<std::string, std::array<ChannelScales, 3>> out;
  const auto families = ionic_models_of(p);
  for (std::size_t f = 0; f < families.size(); ++f) {
    std::vector<std::string> said;
    auto drug = drug_in(families[f], p, progress.part(double(f) / double(families.size()), double(f + 1) / double(families.size())), &said);
    if (!drug) return core::pass(drug);
    out.emplace(families[f], *drug);
    if (notes)
      for (const std::string& note : said) notes->push_back(f == 0 ? note : family_name(families[f]) + ": " + note);
  }
  return out;
}

}  // namespace ot::ep
