// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/chambers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers_full.hpp"
#include "solvers/electrophysiology/conduction_tuning.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/ecg_quantities.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/p_wave.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

using core::Index;

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr const char* atrial_model = "courtemanche_1998";
constexpr double atrial_dt_ms = 0.02;                   // Courtemanche's upstroke needs it (structure.md)
constexpr std::size_t frame_bytes_limit = 256u << 20;   // of the joined frames, as FAST keeps of one part

// The second mesh behind the first; its regions and patches get values of their own.
std::shared_ptr<const core::TetMesh> side_by_side(const core::TetMesh& a, const core::TetMesh& b) {
  auto out = std::make_shared<core::TetMesh>(a);
  const Index node = Index(a.nodes.size()), tet = Index(a.tets.size());
  int region = 0, patch = 0;
  for (const auto& [value, name] : a.region_names) region = std::max(region, value + 1);
  for (const auto& [value, name] : a.patch_names) patch = std::max(patch, value + 1);
  if (out->region.empty()) out->region.assign(a.tets.size(), 0);
  out->nodes.insert(out->nodes.end(), b.nodes.begin(), b.nodes.end());
  for (core::Tet v : b.tets) {
    for (Index& n : v) n += node;
    out->tets.push_back(v);
  }
  for (std::size_t t = 0; t < b.tets.size(); ++t) out->region.push_back(region + (b.region.empty() ? 0 : b.region[t]));
  for (core::BoundaryFace f : b.boundary) {
    for (Index& n : f.nodes) n += node;
    f.tet += tet;
    f.patch += patch;
    out->boundary.push_back(f);
  }
  for (const auto& [value, name] : b.region_names) out->region_names[region + value] = name;
  for (const auto& [value, name] : b.patch_names) out->patch_names[patch + value] = name;
  return out;
}

struct Half {
  std::shared_ptr<const core::TetMesh> mesh;
  std::shared_ptr<const FibreField> fibres;
};
struct Halves {
  std::weak_ptr<const core::TetMesh> whole;
  std::weak_ptr<const FibreField> whole_fibres;
  Half ventricles, atria;
};
std::mutex halves_mutex;
std::vector<std::shared_ptr<const Halves>> kept_halves;   // newest first, at most 3

// Nodes and tets [first, first + count) of the whole as a mesh of their own.
Half cut_out(const ElectroProblem& whole, std::size_t first_node, std::size_t nodes, std::size_t first_tet, std::size_t tets) {
  const core::TetMesh& m = *whole.mesh;
  auto mesh = std::make_shared<core::TetMesh>();
  mesh->nodes.assign(m.nodes.begin() + std::ptrdiff_t(first_node), m.nodes.begin() + std::ptrdiff_t(first_node + nodes));
  for (std::size_t t = first_tet; t < first_tet + tets; ++t) {
    core::Tet v = m.tets[t];
    for (Index& n : v) n -= Index(first_node);
    mesh->tets.push_back(v);
    mesh->region.push_back(m.region[t]);
    mesh->region_names[m.region[t]] = m.region_names.at(m.region[t]);
  }
  for (core::BoundaryFace f : m.boundary) {
    if (f.tet < Index(first_tet) || f.tet >= Index(first_tet + tets)) continue;
    for (Index& n : f.nodes) n -= Index(first_node);
    f.tet -= Index(first_tet);
    if (const auto name = m.patch_names.find(f.patch); name != m.patch_names.end()) mesh->patch_names[f.patch] = name->second;
    mesh->boundary.push_back(f);
  }
  auto fibres = std::make_shared<FibreField>();
  const auto take = [&](const std::vector<core::Vec3>& x) { return std::vector<core::Vec3>(x.begin() + std::ptrdiff_t(first_tet), x.begin() + std::ptrdiff_t(first_tet + tets)); };
  fibres->f = take(whole.fibres->f);
  fibres->s = take(whole.fibres->s);
  return {std::move(mesh), std::move(fibres)};
}

std::shared_ptr<const Halves> halves_of(const ElectroProblem& whole) {
  const std::lock_guard lock(halves_mutex);
  std::erase_if(kept_halves, [](const auto& h) { return h->whole.expired() || h->whole_fibres.expired(); });
  for (const auto& h : kept_halves)
    if (h->whole.lock() == whole.mesh && h->whole_fibres.lock() == whole.fibres) return h;
  const core::TetMesh& m = *whole.mesh;
  OT_EXPECT(is_whole_heart(m) && m.region.size() == m.tets.size());
  const auto atrial = [&](std::size_t t) { return is_atrial_name(m.region_names.at(m.region[t])); };
  std::size_t tets = 0;
  while (tets < m.tets.size() && !atrial(tets)) ++tets;
  Index first = std::numeric_limits<Index>::max();   // of the atria's nodes
  for (std::size_t t = tets; t < m.tets.size(); ++t)
    for (Index n : m.tets[t]) first = std::min(first, n);
  for (std::size_t t = 0; t < m.tets.size(); ++t) {
    OT_EXPECT(atrial(t) == (t >= tets));
    for (Index n : m.tets[t]) OT_EXPECT((n >= first) == (t >= tets));
  }
  const auto made = std::make_shared<Halves>();
  made->whole = whole.mesh;
  made->whole_fibres = whole.fibres;
  made->ventricles = cut_out(whole, 0, std::size_t(first), 0, tets);
  made->atria = cut_out(whole, std::size_t(first), m.nodes.size() - std::size_t(first), tets, m.tets.size() - tets);
  kept_halves.insert(kept_halves.begin(), made);
  if (kept_halves.size() > 3) kept_halves.resize(3);
  return made;
}

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

// Two ways lead in: nodes of sites that fire when a wave has passed them stay out (FULL would stimulate refractory muscle).
core::Result<void> leave_out_passed(ElectroProblem& p, const core::Progress& progress) {
  auto eikonal = Eikonal::make(p.mesh, p.fibres, p.velocity, speed_map(p));
  if (!eikonal) return core::pass(eikonal);
  const auto arrival = eikonal->solve(eikonal_sources(p), conducting_tets(p), progress);
  if (!arrival) return core::pass(arrival);
  for (ActivationSite& s : p.sites) {
    ActivationSite kept = s;
    kept.nodes.clear();
    kept.weights.clear();
    for (std::size_t k = 0; k < s.nodes.size(); ++k) {
      if (s.start_ms > (*arrival)[std::size_t(s.nodes[k])] + 1e-6) continue;
      kept.nodes.push_back(s.nodes[k]);
      if (!s.weights.empty()) kept.weights.push_back(s.weights[k]);
    }
    s = std::move(kept);
  }
  std::erase_if(p.sites, [](const ActivationSite& s) { return s.nodes.empty(); });
  return {};
}

std::shared_ptr<const std::vector<float>> joined(const std::vector<float>& first, const std::vector<float>& second) {
  auto v = std::make_shared<std::vector<float>>(first);
  v->insert(v->end(), second.begin(), second.end());
  return v;
}

// Samples both have; where one recorded nothing the other stands alone.
Ecg sum(const Ecg& a, const Ecg& b) {
  if (a.t_ms.empty()) return b;
  if (b.t_ms.empty()) return a;
  OT_EXPECT(a.leads == b.leads);
  Ecg out = a.t_ms.size() <= b.t_ms.size() ? a : b;
  for (std::size_t l = 0; l < out.mV.size(); ++l)
    for (std::size_t i = 0; i < out.t_ms.size(); ++i) {
      OT_EXPECT(std::abs(a.t_ms[i] - b.t_ms[i]) < 1e-6);
      out.mV[l][i] = a.mV[l][i] + b.mV[l][i];
    }
  return out;
}

struct Span {
  double first = none, last = none;
  double ms() const { return last - first; }
};
Span span_of(const std::vector<float>& activation) {
  Span s;
  for (float t : activation)
    if (std::isfinite(t)) s.first = std::fmin(s.first, double(t)), s.last = std::fmax(s.last, double(t));   // of a number and NaN they take the number
  return s;
}

// The frame of the other part at this time, or its last before it.
const std::vector<float>* frame_at(const ElectroResult& r, double t_ms) {
  const std::vector<float>* found = nullptr;
  for (const auto& f : r.frames)
    if (f.t_ms <= t_ms + 1e-6) found = f.v_mV.get();
  return found;
}

// The ventricles' own ECG is flat until they are activated. What leaves its first value by 20 uV (least wave of the CSE working party, from memory) long before the QRS that measure() finds is
// a delta wave, whose slopes are below 5 % of the QRS's: the QRS begins there.
void begin_with_delta_wave(const Ecg& ventricles, EcgIntervals& i) {
  constexpr double least_mV = 0.02, quiet_ms = 8;   // as measure(): activity within 8 ms of the complex is part of it
  for (std::size_t k = 0; k < ventricles.t_ms.size() && ventricles.t_ms[k] < i.qrs_onset_ms - quiet_ms; ++k)
    for (const auto& lead : ventricles.mV)
      if (std::abs(lead[k] - lead[0]) > least_mV) {
        const double longer = i.qrs_onset_ms - ventricles.t_ms[k], share = 1 + longer / i.qt_ms;
        i.qrs_onset_ms -= longer;
        i.qrs_ms += longer;
        for (double* qt : {&i.qt_ms, &i.qtc_fridericia_ms, &i.qtc_bazett_ms}) *qt *= share;
        return;
      }
}

// P of the atria's own ECG, QRS and QT of the ventricles' own: the sum shows both, and an accessory pathway lets them overlap (a delta wave out of the P wave). A part that was not
// activated has no wave.
void add_intervals(const ElectroProblem& whole, const Ecg& atria, const Ecg& ventricles, bool atrial, bool ventricular, ElectroResult& out) {
  if (out.ecg.t_ms.empty()) return;
  const double cycle = whole.cycle_length_ms > 0 ? whole.cycle_length_ms : 1000.0;
  EcgIntervals i{none, none, none, none, none, none, none, none};
  if (ventricular) begin_with_delta_wave(ventricles, i = measure(ventricles, cycle));
  const PWave p = atrial ? measure_p_wave(atria, none) : PWave{none, none};
  const auto add = [&](const char* key, const char* label, const char* unit, double value, const std::string& note = "") { out.quantities.push_back({key, label, unit, value, note}); };
  add("p_wave_ms", "P wave duration", "ms", p.end_ms - p.onset_ms);
  add("pr_ms", "PR interval", "ms", i.qrs_onset_ms - p.onset_ms, std::isfinite(i.qrs_onset_ms - p.onset_ms) ? "" : "no QRS follows a P wave");
  add_ventricular_quantities(ventricles, i, out.quantities);
}

}  // namespace

ElectroProblem join_chambers(const ElectroProblem& v, const ElectroProblem& a, const AvConduction& av) {
  OT_EXPECT(v.mesh && a.mesh && v.fibres && a.fibres && v.tissue_before.empty() && a.tissue_before.empty());
  OT_EXPECT(holds_ventricles(*v.mesh) && !holds_atria(*v.mesh) && is_atrial(*a.mesh));
  OT_EXPECT(!v.regions.empty() && !a.regions.empty() && v.regions.size() + a.regions.size() < 200 && a.ionic_model == atrial_model);
  OT_EXPECT(av.atrial_node >= 0 && std::size_t(av.atrial_node) < a.mesh->nodes.size() && a.chi_per_mm == atrial_chi_per_mm() && v.cm_uF_per_mm2 == a.cm_uF_per_mm2);
  const std::size_t nv = v.mesh->nodes.size();
  ElectroProblem out = v;
  out.mesh = side_by_side(*v.mesh, *a.mesh);
  auto fibres = std::make_shared<FibreField>(*v.fibres);
  fibres->f.insert(fibres->f.end(), a.fibres->f.begin(), a.fibres->f.end());
  fibres->s.insert(fibres->s.end(), a.fibres->s.begin(), a.fibres->s.end());
  out.fibres = std::move(fibres);
  out.tissue.resize(v.mesh->tets.size(), 0);
  for (std::size_t t = 0; t < a.mesh->tets.size(); ++t) out.tissue.push_back(std::uint8_t(v.regions.size() + (a.tissue.empty() ? 0 : a.tissue[t])));
  for (TissueRegion r : a.regions) {
    if (r.key.rfind(atrial_prefix, 0) != 0) r.key = atrial_prefix + (r.key == "healthy" ? std::string("muscle") : r.key);
    r.sigma_scale = r.sigma_scale.cwiseProduct(a.sigma.cwiseQuotient(v.sigma));
    out.regions.push_back(std::move(r));
  }
  out.cell_type.resize(nv, std::uint8_t(CellType::epi));
  for (std::size_t n = 0; n < a.mesh->nodes.size(); ++n) out.cell_type.push_back(a.cell_type.empty() ? std::uint8_t(CellType::epi) : a.cell_type[n]);
  for (auto& s : out.sites)
    if (!starts_with(s.name, bypassed_prefix)) s.name = conducted_prefix + s.name;
  for (ActivationSite s : a.sites) {
    for (Index& n : s.nodes) n += Index(nv);
    out.sites.push_back(std::move(s));
  }
  const auto listen = [&](const char* name, Index atrial_node, double delay_ms) {
    OT_EXPECT(atrial_node >= 0 && std::size_t(atrial_node) < a.mesh->nodes.size());
    ActivationSite node;
    node.name = name;
    node.nodes = {Index(nv) + atrial_node};
    node.start_ms = delay_ms;
    node.amplitude_mV_per_ms = node.duration_ms = 0;
    out.sites.push_back(std::move(node));
  };
  if (av.open) listen(av_node_name, av.atrial_node, av.delay_ms);
  if (av.pathway_node >= 0) listen(pathway_name, av.pathway_node, pathway_delay_ms);
  return out;
}

bool follows_atria(const ActivationSite& site) {
  return site.name == av_node_name || site.name == pathway_name || starts_with(site.name, conducted_prefix) || starts_with(site.name, bypassed_prefix);
}

double atrial_wave_constant() {
  static const double k = [] {
    const IonicFamily* family = find_ionic_family(atrial_model);
    OT_EXPECT(family != nullptr);
    return strand_velocity(*family, family->parameters(CellType::epi, {}), family->initial(CellType::epi), 0.1, 0.02, 0.0);
  }();
  OT_EXPECT(k > 0);
  return k;
}

core::Result<void> choose_cells(ElectroProblem& p, const std::string& family, const core::Progress& progress) {
  auto sigma = conductivity_for(family, p.velocity, p.chi_per_mm, p.cm_uF_per_mm2, p.cycle_length_ms > 0, progress);
  if (!sigma) return core::pass(sigma);
  if (is_atrial(*p.mesh) && family == atrial_model) *sigma = conductivity_for_velocity(atrial_wave_constant(), p.velocity, p.chi_per_mm, p.cm_uF_per_mm2);   // as build_atria
  if (is_whole_heart(*p.mesh))
    for (auto& r : p.regions)   // the atria keep theirs, which are relative to the ventricles'
      if (starts_with(r.key, atrial_prefix)) r.sigma_scale = r.sigma_scale.cwiseProduct(p.sigma.cwiseQuotient(*sigma));
  p.sigma = *sigma;
  p.ionic_model = family;
  return {};
}

double atrial_chi_per_mm() {
  const double d = std::pow(atrial_velocity[0] / atrial_wave_constant(), 2);   // mm2/ms
  return atrial_sigma_along / (d * ElectroProblem{}.cm_uF_per_mm2);
}

ElectroProblem part_of(const ElectroProblem& whole, ChamberPart part) {
  OT_EXPECT(whole.mesh && whole.fibres && whole.tissue.size() == whole.mesh->tets.size());
  const bool atria = part == ChamberPart::atria;
  const auto halves = halves_of(whole);
  const std::size_t first_node = atria ? halves->ventricles.mesh->nodes.size() : 0, first_tet = atria ? halves->ventricles.mesh->tets.size() : 0;
  const Half& half = atria ? halves->atria : halves->ventricles;
  const std::size_t nn = half.mesh->nodes.size(), nt = half.mesh->tets.size();
  // Regions: those of the ventricles, those of the atria, those that interventions added.
  const auto atrial = [](const TissueRegion& r) { return r.key.rfind(atrial_prefix, 0) == 0; };
  const std::size_t from = std::size_t(std::find_if(whole.regions.begin(), whole.regions.end(), atrial) - whole.regions.begin());
  std::size_t to = from;
  while (to < whole.regions.size() && atrial(whole.regions[to])) ++to;
  OT_EXPECT(from > 0 && to > from);
  const std::size_t first_region = atria ? from : 0, own = atria ? to - from : from;

  ElectroProblem p = whole;
  p.mesh = half.mesh;
  p.fibres = half.fibres;
  p.regions.assign(whole.regions.begin() + std::ptrdiff_t(first_region), whole.regions.begin() + std::ptrdiff_t(first_region + own));
  p.regions.insert(p.regions.end(), whole.regions.begin() + std::ptrdiff_t(to), whole.regions.end());
  const auto cut = [&](const std::vector<std::uint8_t>& tissue) {
    std::vector<std::uint8_t> out(nt);
    for (std::size_t t = 0; t < nt; ++t) {
      const std::size_t r = tissue[first_tet + t], here = r >= to ? own + (r - to) : r - first_region;
      OT_EXPECT(here < p.regions.size());
      out[t] = std::uint8_t(here);
    }
    return out;
  };
  p.tissue = cut(whole.tissue);
  if (!whole.tissue_before.empty()) p.tissue_before = cut(whole.tissue_before);
  p.cell_type.assign(whole.cell_type.begin() + std::ptrdiff_t(first_node), whole.cell_type.begin() + std::ptrdiff_t(first_node + nn));
  p.sites.clear();
  for (const ActivationSite& s : whole.sites) {
    if (s.name == av_node_name || s.name == pathway_name) continue;
    ActivationSite mine = s;
    mine.nodes.clear();
    mine.weights.clear();
    for (std::size_t k = 0; k < s.nodes.size(); ++k) {
      const std::ptrdiff_t n = std::ptrdiff_t(s.nodes[k]) - std::ptrdiff_t(first_node);
      if (n < 0 || std::size_t(n) >= nn) continue;
      mine.nodes.push_back(Index(n));
      if (!s.weights.empty()) mine.weights.push_back(s.weights[k]);
    }
    if (!mine.nodes.empty()) p.sites.push_back(std::move(mine));
  }
  if (!atria) return p;
  const core::Vec3 base = whole.regions[from].sigma_scale;
  p.sigma = whole.sigma.cwiseProduct(base);
  for (std::size_t r = 0; r < own; ++r) p.regions[r].sigma_scale = p.regions[r].sigma_scale.cwiseQuotient(base);
  p.chi_per_mm = atrial_chi_per_mm();
  p.velocity = atrial_wave_constant() * (p.sigma / (p.chi_per_mm * p.cm_uF_per_mm2)).cwiseSqrt();
  p.ionic_model = atrial_model;
  p.layer_models = {};   // layers are those of the ventricles
  p.dt_ms = std::min(whole.dt_ms, atrial_dt_ms);
  return p;
}

ElectroProblem alone(const ElectroProblem& whole, ChamberPart part) {
  const ElectroProblem half = part_of(whole, part);
  const std::size_t first = part == ChamberPart::atria ? whole.mesh->tets.size() - half.mesh->tets.size() : 0;
  ElectroProblem p = half;
  p.mesh = whole.mesh;
  p.fibres = whole.fibres;
  p.cell_type = whole.cell_type;
  p.sites.clear();
  p.electrodes.clear();
  TissueRegion other;
  other.key = "other_chambers";
  other.conducting = false;
  other.source = "not part of this study";
  p.regions.push_back(std::move(other));
  const auto spread = [&](const std::vector<std::uint8_t>& mine) {
    std::vector<std::uint8_t> out(whole.mesh->tets.size(), std::uint8_t(p.regions.size() - 1));
    std::copy(mine.begin(), mine.end(), out.begin() + std::ptrdiff_t(first));
    return out;
  };
  p.tissue = spread(half.tissue);
  if (!half.tissue_before.empty()) p.tissue_before = spread(half.tissue_before);
  return p;
}

bool conducts_in_atria_alone(const ElectroProblem& p) {
  const core::TetMesh& m = *p.mesh;
  if (!holds_atria(m) || m.region.size() != m.tets.size()) return false;
  for (std::size_t t = 0; t < m.tets.size(); ++t) {
    if (!p.regions.empty() && !p.regions[p.tissue.empty() ? 0 : p.tissue[t]].conducting) continue;
    if (const auto name = m.region_names.find(m.region[t]); name == m.region_names.end() || !is_atrial_name(name->second)) return false;
  }
  return true;
}

core::Result<ElectroResult> run_chambers(const ElectroProblem& whole, core::Mode mode, const std::function<void(const ElectroFrame&, const Ecg&)>& on_frame, const core::Progress& progress) {
  MonodomainRun run;
  run.on_frame = on_frame;
  auto both = run_chambers_with(whole, mode, run, progress);
  if (!both) return core::pass(both);
  return ElectroResult(std::move(static_cast<ElectroResult&>(*both)));
}

core::Result<MonodomainResult> run_chambers_with(const ElectroProblem& whole, core::Mode mode, const MonodomainRun& run, const core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const ElectroProblem atria = part_of(whole, ChamberPart::atria);
  ElectroProblem ventricles = part_of(whole, ChamberPart::ventricles);
  const std::size_t first_atrial = ventricles.mesh->nodes.size();
  const auto way = [&](const char* name) { return std::find_if(whole.sites.begin(), whole.sites.end(), [&](const ActivationSite& s) { return s.name == name; }); };
  const auto av = way(av_node_name), pathway = way(pathway_name);
  const bool open = av != whole.sites.end(), bypass = pathway != whole.sites.end();
  const auto& on_frame = run.on_frame;
  MonodomainRun of_atria = part_run(run, "atria", whole.end_ms), of_ventricles = part_run(run, "ventricles", whole.end_ms);
  if (on_frame) {   // the ventricles wait at rest while the atria are computed
    const auto rest = at_rest(ventricles, mode, progress.part(0, 0.02));
    if (!rest) return core::pass(rest);
    of_atria.on_frame = [&on_frame, wait = rest->frames.front().v_mV](const ElectroFrame& f, const Ecg& so_far) { on_frame({f.t_ms, joined(*wait, *f.v_mV)}, so_far); };
  }
  const double share = mode == core::Mode::full ? 0.6 : 0.3;   // of the wall time, about
  auto first = run_part(atria, mode, of_atria, progress.part(0.02, share));
  if (!first) return core::pass(first);

  MonodomainResult out;
  const auto reached_at = [&](auto site) { return site == whole.sites.end() ? none : double(first->activation_ms[std::size_t(site->nodes.at(0)) - first_atrial]); };
  const double reached = reached_at(av), arrives = open ? reached + av->start_ms : none;
  const double bypass_reached = reached_at(pathway), bypass_arrives = bypass ? bypass_reached + pathway->start_ms : none;
  bool waits = false;
  for (auto s = ventricles.sites.begin(); s != ventricles.sites.end();) {
    const bool bypassed = starts_with(s->name, bypassed_prefix);
    const double from = !follows_atria(*s) ? 0.0 : bypassed ? bypass_arrives : arrives;
    if (std::isfinite(from)) {
      s->start_ms += from;
      ++s;
    } else {
      s = ventricles.sites.erase(s);
      waits = waits || !bypassed;
    }
  }
  if (bypass && std::isfinite(bypass_arrives) && std::isfinite(arrives))
    if (auto ok = leave_out_passed(ventricles, progress.part(share, share)); !ok) return core::pass(ok);
  if (waits && open) out.notes.push_back("The wave does not reach the AV node: it conducts nothing to the ventricles.");
  if (waits && !open) out.notes.push_back("Complete AV block: the AV node conducts nothing to the ventricles. An escape rhythm is not simulated.");
  if (std::isfinite(arrives)) out.notes.push_back(fmt::format("The AV node is reached at {:.0f} ms; it conducts to the ventricles {:.0f} ms later.", reached, av->start_ms));
  if (bypass && std::isfinite(bypass_arrives)) out.notes.push_back(fmt::format("The atrial end of the accessory pathway is reached at {:.0f} ms; it excites the ventricle {:.0f} ms later.", bypass_reached, pathway->start_ms));
  if (bypass && !std::isfinite(bypass_arrives)) out.notes.push_back("The wave does not reach the atrial end of the accessory pathway: it conducts nothing.");
  if (on_frame)
    of_ventricles.on_frame = [&](const ElectroFrame& f, const Ecg& so_far) {
      if (const auto* beside = frame_at(*first, f.t_ms)) on_frame({f.t_ms, joined(*f.v_mV, *beside)}, sum(first->ecg, so_far));
    };
  auto second = run_part(ventricles, mode, of_ventricles, progress.part(share, 1));
  if (!second) return core::pass(second);

  out.mode = mode;
  out.problem_sha256 = whole.sha256();
  out.mesh_sha256 = whole.mesh->sha256();
  for (const MonodomainResult* r : {&*second, &*first}) {
    out.activation_ms.insert(out.activation_ms.end(), r->activation_ms.begin(), r->activation_ms.end());
    out.repolarisation_ms.insert(out.repolarisation_ms.end(), r->repolarisation_ms.begin(), r->repolarisation_ms.end());
    out.steps += r->steps;
    for (const auto& n : r->notes)
      if (std::find(out.notes.begin(), out.notes.end(), n) == out.notes.end()) out.notes.push_back(n);
  }
  // Frames at the times both have, spaced wider where they would fill the memory.
  std::vector<std::pair<const ElectroFrame*, const ElectroFrame*>> both;
  auto beside = first->frames.begin();
  for (const ElectroFrame& f : second->frames) {
    while (beside != first->frames.end() && beside->t_ms < f.t_ms - 1e-6) ++beside;
    if (beside != first->frames.end() && std::abs(beside->t_ms - f.t_ms) < 1e-6) both.emplace_back(&f, &*beside);
  }
  std::size_t stride = 1;
  while (both.size() / stride * out.activation_ms.size() * sizeof(float) > frame_bytes_limit) stride *= 2;
  for (std::size_t k = 0; k < both.size(); k += stride) out.frames.push_back({both[k].first->t_ms, joined(*both[k].first->v_mV, *both[k].second->v_mV)});
  out.ecg = sum(first->ecg, second->ecg);
  add_probes(*first, *second, out);

  const Span atrial = span_of(first->activation_ms), ventricular = span_of(second->activation_ms);
  out.quantities.push_back({"total_activation_ms", "Ventricular activation", "ms", ventricular.ms(), "first to last ventricular muscle"});
  out.quantities.push_back({"atrial_activation_ms", "Atrial activation", "ms", atrial.ms(), "first to last atrial muscle"});
  out.quantities.push_back({"activated_percent", "Activated tissue", "%", activated_percent(whole, out.activation_ms), "of all myocardium by volume, scar and lesions included"});
  add_intervals(whole, first->ecg, second->ecg, std::isfinite(atrial.first), std::isfinite(ventricular.first), out);
  for (const auto& q : second->quantities)   // what the ventricles alone report
    if (std::none_of(out.quantities.begin(), out.quantities.end(), [&](const core::Quantity& x) { return x.key == q.key; })) out.quantities.push_back(q);
  out.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return out;
}

}  // namespace ot::ep
