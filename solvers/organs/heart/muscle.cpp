// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/muscle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/organs/heart/conductivity_scale.hpp"
#include "solvers/organs/heart/heart.hpp"

namespace ot::organs {
namespace {

constexpr const char *cells = "Cells: ", *layers = " layers.", *conduction = "Conduction of the muscle: ";

bool begins(const std::string& line, const std::string& with) { return line.rfind(with, 0) == 0; }
bool ends(const std::string& line, const std::string& with) { return line.size() >= with.size() && line.compare(line.size() - with.size(), with.size(), with) == 0; }

bool is_muscle_line(const std::string& line, bool atria_alone) {
  return begins(line, conduction) || (begins(line, cells) && (atria_alone || ends(line, layers)));   // those of atria beside ventricles name no layers
}

bool in_layers(const std::string& family) {
  const auto kinds = std::count_if(ep::builtin_ionic_models().begin(), ep::builtin_ionic_models().end(), [&](const ep::IonicModel& m) { return m.family && m.family->key == family && m.cell_type != ep::CellType::epi; });
  return kinds > 0;
}

const ep::ChannelKey* find_channel(const std::string& key) {
  for (const auto& k : ep::channel_keys())
    if (k.key == key) return &k;
  return nullptr;
}

constexpr const char* segment = "segment_";

// 1..17, 0 when the place names no segment.
int segment_of(const std::string& where) {
  for (int s = 1; s <= 17; ++s)
    if (where == segment + std::to_string(s)) return s;
  return 0;
}

void scale(ep::TissueRegion& region, const ConductanceScale& s) {
  if (const ConductivityKey* sigma = find_conductivity(s.channel)) {
    for (int k = 0; k < 3; ++k)
      if (sigma->along_fsn[k] > 0) region.sigma_scale[k] *= s.factor;
  } else {
    region.channels.*find_channel(s.channel)->member *= s.factor;
  }
  region.source += fmt::format("{}{} x {:g} by hand", region.source.empty() ? "" : "; ", s.channel, s.factor);
}

// The conducting tets of the segment become regions of their own, one for each they had, which `change` changes. False when the heart has none there.
template <class Change>
bool change_segment(twin::HeartModel& heart, int number, Change&& change) {
  if (heart.aha_segment.size() != heart.baseline.mesh->nodes.size()) return false;
  ep::ElectroProblem& p = heart.baseline;
  if (p.tissue.empty()) p.tissue.assign(p.mesh->tets.size(), 0);
  // Regions of the ventricles come before those of the atria (chambers.hpp).
  std::size_t end = 0;
  while (end < p.regions.size() && !begins(p.regions[end].key, ep::atrial_prefix)) ++end;
  std::map<std::uint8_t, std::uint8_t> own;
  std::vector<ep::TissueRegion> added;
  std::vector<std::size_t> tets;
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    if (heart.aha_segment[std::size_t(p.mesh->tets[t][0])] != number || p.tissue[t] >= end || !p.regions[p.tissue[t]].conducting) continue;
    if (own.try_emplace(p.tissue[t], std::uint8_t(end + added.size())).second) {
      added.push_back(p.regions[p.tissue[t]]);
      change(added.back());
      added.back().source += fmt::format(" in segment {}", number);
    }
    tets.push_back(t);
  }
  if (tets.empty() || p.regions.size() + added.size() >= 200) return false;
  std::vector<char> mine(p.tissue.size(), 0);
  for (const std::size_t t : tets) mine[t] = 1;
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    if (mine[t]) p.tissue[t] = own.at(p.tissue[t]);
    else if (p.tissue[t] >= end) p.tissue[t] = std::uint8_t(p.tissue[t] + added.size());
  }
  p.regions.insert(p.regions.begin() + std::ptrdiff_t(end), added.begin(), added.end());
  return true;
}

// "healthy, border_zone, "
std::string places_of(const ep::ElectroProblem& p) {
  std::string places;
  for (const auto& r : p.regions)
    if (r.conducting && places.find(r.key + ", ") == std::string::npos) places += r.key + ", ";
  return places;
}

// 0 epi, 1 mid, 2 endo; -1 when the place is no layer.
int layer_of(const std::string& where) { return where == "epi" ? 0 : where == "mid" ? 1 : where == "endo" ? 2 : -1; }

std::string in_words(const std::string& where) {
  static const char* const layer[] = {"the epicardial layer", "the mid-wall layer", "the endocardial layer"};
  if (where.empty()) return "the whole heart";
  if (layer_of(where) >= 0) return layer[layer_of(where)];
  std::string out = where;
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

}  // namespace

core::Result<void> check_velocity(const core::Vec3& v) {
  if (!v.allFinite() || v.minCoeff() < slowest_m_per_s || v.maxCoeff() > fastest_m_per_s)
    return core::bad_input(fmt::format("Heart muscle conducts at {:g} to {:g} m/s, not at {:g}, {:g}, {:g} (no muscle was ever measured there). Usual: 0.6 along the fibres, 0.3 in the sheets, 0.2 across them.", slowest_m_per_s,
                                       fastest_m_per_s, v[0], v[1], v[2]));
  if (v[1] > v[0] || v[2] > v[0])
    return core::bad_input(fmt::format("Muscle conducts fastest along its fibres: {:g} m/s along and {:g}, {:g} m/s across are the wrong way round. Give them in the order along, in the sheet, across the sheets.", v[0], v[1], v[2]));
  return {};
}

core::Result<void> check_fibre_angles(const ep::FibreAngles& a) {
  for (const double x : {a.alpha_endo, a.alpha_epi, a.beta_endo, a.beta_epi})
    if (!(x >= -90 && x <= 90)) return core::bad_input(fmt::format("Angles of fibres and sheets lie between -90 and 90 degrees, not at {:g} (a larger one is the same fibre turned over). Usual: 60 at the endocardium, -60 at the epicardium, sheets 0.", x));
  return {};
}

std::vector<std::string> families_of(const ep::ElectroProblem& p) {
  std::vector<std::string> out = ep::ionic_models_of(p);
  if (ep::is_whole_heart(*p.mesh)) out.push_back(ep::part_of(p, ep::ChamberPart::atria).ionic_model);
  return out;
}

core::Result<void> scale_conductances(twin::HeartModel& heart, const std::vector<ConductanceScale>& scales) {
  ep::ElectroProblem& p = heart.baseline;
  for (const ConductanceScale& s : scales) {
    const bool conductivity = find_conductivity(s.channel) != nullptr;
    std::string known;
    bool here = conductivity;
    for (const auto& name : families_of(p))
      if (const auto* family = ep::find_ionic_family(name))
        for (const auto& key : family->scales) {
          here = here || key == s.channel;
          if (known.find(key + ",") == std::string::npos) known += key + ", ";
        }
    for (const auto& k : conductivity_keys) known += std::string(k.key) + ", ";
    known.erase(known.size() - 2);
    if (!conductivity && !find_channel(s.channel)) return core::wrong_usage(fmt::format("There is no conductance \"{}\" (nothing to scale). These cells have: {}.", s.channel, known));
    if (!here) return core::bad_input(fmt::format("The cells of this heart have no {} (its factor would change nothing). They have: {}.", s.channel, known));
    if (conductivity && !(s.factor >= smallest_conductivity_scale && s.factor <= largest_conductance_scale))
      return core::bad_input(fmt::format("{} x {:g}: a conductivity is scaled by {:g} to {:g} (below, nothing conducts: that is scar). Label it as scar, or burn it.", s.channel, s.factor, smallest_conductivity_scale, largest_conductance_scale));
    if (!(s.factor >= 0 && s.factor <= largest_conductance_scale))
      return core::bad_input(fmt::format("{} x {:g}: a conductance is scaled by 0 to {:g} (beyond, no cell model was ever tested). 1 is as published.", s.channel, s.factor, largest_conductance_scale));
    bool found = false;
    if (const int number = segment_of(s.where)) {
      found = change_segment(heart, number, [&](ep::TissueRegion& r) { scale(r, s); });
    } else {
      for (auto& r : p.regions)
        if (r.conducting && (s.where.empty() || r.key == s.where)) {
          scale(r, s);
          found = true;
        }
    }
    if (!found)
      return core::bad_input(fmt::format("The heart has no conducting tissue \"{}\" (there is nothing to scale {} in). It has: {}segment_1 to segment_17 of a left ventricle.", s.where, s.channel, places_of(p)));
  }
  return {};
}

core::Result<void> put_cells(twin::HeartModel& heart, const std::vector<CellsIn>& cells) {
  ep::ElectroProblem& p = heart.baseline;
  for (const CellsIn& c : cells) {
    if (!ep::find_ionic_family(c.family)) return core::wrong_usage(fmt::format("There is no family of cells \"{}\" (nothing could be paced). See 'organtwin-cli list ionic-models'.", c.family));
    const auto put = [&](ep::TissueRegion& r) {
      r.ionic_model = c.family;
      r.source += fmt::format("{}cells of {} by hand", r.source.empty() ? "" : "; ", ep::family_name(c.family));
    };
    bool found = false;
    if (const int layer = layer_of(c.where); layer >= 0) {
      found = std::find(p.cell_type.begin(), p.cell_type.end(), std::uint8_t(layer)) != p.cell_type.end() && !ep::is_atrial(*p.mesh);
      if (found) p.layer_models[std::size_t(layer)] = c.family;
    } else if (const int number = segment_of(c.where)) {
      found = change_segment(heart, number, put);
    } else {
      for (auto& r : p.regions)
        if (r.conducting && r.key == c.where) {
          put(r);
          found = true;
        }
    }
    if (!found)
      return core::bad_input(fmt::format("The heart has no conducting tissue \"{}\" (no cells of {} can be put there). It has: {}the layers epi, mid and endo of ventricles, segment_1 to segment_17 of a left ventricle.", c.where,
                                         ep::family_name(c.family), places_of(p)));
  }
  return {};
}

std::string cells_assumption(const std::vector<CellsIn>& cells) {
  std::string out;
  for (const auto& c : cells) out += fmt::format("{}{} in {}", out.empty() ? "Cells of other models by hand: " : ", ", ep::family_name(c.family), in_words(c.where));
  return out.empty() ? out : out + ". Conductivities there stay as they are, so that velocity follows from the cells; a region goes before a layer.";
}

std::string scale_assumption(const std::vector<ConductanceScale>& scales) {
  std::string out;
  for (const auto& s : scales) {
    const ConductivityKey* sigma = find_conductivity(s.channel);
    out += fmt::format("{}{} x {:g} in {}", out.empty() ? "Conductances were scaled by hand: " : ", ", sigma ? sigma->words : s.channel.c_str(), s.factor, in_words(s.where));
  }
  return out.empty() ? out : out + ". Drugs multiply conductances again; velocities follow conductivities with their square root.";
}

std::vector<std::string> muscle_assumptions(const ep::ElectroProblem& p) {
  const std::string name = ep::family_name(p.ionic_model);
  std::vector<std::string> out;
  if (ep::is_atrial(*p.mesh)) {
    const bool remodelled = !p.regions.empty() && p.regions.front().key == "af_remodelled";
    out.push_back(fmt::format("{}{}{}.", cells, name, remodelled ? " with the remodelling of persistent atrial fibrillation" : ""));
  } else {
    out.push_back(in_layers(p.ionic_model) ? fmt::format("{}{} in endocardial, mid-wall and epicardial{}", cells, name, layers) : fmt::format("{}{}, the same in all{}", cells, name, layers));
  }
  const char* whose = p.velocity == HeartParams{}.velocity ? " (population values)" : ep::is_atrial(*p.mesh) ? "" : " (chosen by hand)";
  out.push_back(fmt::format("{}{:g} m/s along the fibres, {:g} in the sheets, {:g} across them at rest{}; the conductivities {:.3g}, {:.3g} and {:.3g} mS/mm follow from these velocities and a plane wave of these cells.", conduction,
                            p.velocity[0], p.velocity[1], p.velocity[2], whose, p.sigma[0], p.sigma[1], p.sigma[2]));
  return out;
}

void restate_muscle(std::vector<std::string>& assumptions, const ep::ElectroProblem& p) {
  const bool atria_alone = ep::is_atrial(*p.mesh);
  const auto old = [&](const std::string& line) { return is_muscle_line(line, atria_alone); };
  const auto at = std::find_if(assumptions.begin(), assumptions.end(), old) - assumptions.begin();
  std::erase_if(assumptions, old);
  const auto lines = muscle_assumptions(p);
  assumptions.insert(assumptions.begin() + at, lines.begin(), lines.end());
}

}  // namespace ot::organs
