// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/conduction.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "solvers/electrophysiology/chambers.hpp"

namespace ot::organs {

core::Result<HeartConduction> heart_conduction(const std::string& kind, const std::string& block, const std::string& accessory) {
  HeartConduction c;
  if (kind == "points") c.kind = ConductionKind::points;
  else if (kind != "purkinje")
    return core::wrong_usage(fmt::format("There is no conduction system \"{}\". Choose one of: points, purkinje.", kind));
  auto cut = ep::conduction_block(block);
  if (!cut) return core::pass(cut);
  c.block = *cut;
  if (c.kind == ConductionKind::points && (c.block == ep::ConductionBlock::lafb || c.block == ep::ConductionBlock::lpfb))
    return core::wrong_usage("A block of one fascicle needs the Purkinje tree (the early sites have no fascicles). Choose conduction purkinje as well.");
  const auto& known = accessory_sites();
  if (accessory != "none" && std::none_of(known.begin(), known.end(), [&](const RootSite& s) { return s.name == accessory; })) {
    std::string names = "none";
    for (const RootSite& s : known) names += ", " + s.name;
    return core::wrong_usage(fmt::format("There is no accessory pathway \"{}\". Choose one of: {}.", accessory, names));
  }
  c.accessory = accessory;
  return c;
}

const std::vector<RootSite>& accessory_sites() {
  // Just below the ring: apicobasal 0.95.
  static const std::vector<RootSite> all{{"left_lateral", Endocardium::lv, 0.95, 180},         {"left_anterolateral", Endocardium::lv, 0.95, 120},
                                         {"left_posterior", Endocardium::lv, 0.95, -120},      {"posteroseptal", Endocardium::rv_septum, 0.95, -50},
                                         {"anteroseptal", Endocardium::rv_septum, 0.95, 50},   {"right_lateral", Endocardium::rv_free_wall, 0.95, 0},
                                         {"right_anterior", Endocardium::rv_free_wall, 0.95, 45}, {"right_posterior", Endocardium::rv_free_wall, 0.95, -45}};
  return all;
}

PurkinjeSites purkinje_sites() {
  return {{"left bundle", Endocardium::lv, 0.90, 20},
          {"left anterior", Endocardium::lv, 0.70, 75},
          {"left posterior", Endocardium::lv, 0.50, -130},
          {"left septal", Endocardium::lv, 0.60, 10},
          {"right bundle", Endocardium::rv_septum, 0.90, 20},
          {"right septal", Endocardium::rv_septum, 0.50, 20},
          {"right free wall", Endocardium::rv_free_wall, 0.50, 30}};
}

core::Result<ep::ConductionRoots> purkinje_roots(const PurkinjeSites& s, bool has_rv, const std::function<core::Index(const RootSite&)>& node_at) {
  ep::ConductionRoots roots;
  const auto place = [&](const RootSite& site, core::Index& node) -> core::Result<void> {
    node = node_at(site);
    if (node < 0) return core::bad_input(fmt::format("The {} finds no conducting endocardium (the Purkinje tree cannot grow there). Check the mesh.", site.name));
    return {};
  };
  if (auto ok = place(s.left, roots.left); !ok) return core::pass(ok);
  for (const auto& [site, bundle] : {std::pair{s.left_septal, ep::Bundle::left_septal}, {s.left_anterior, ep::Bundle::left_anterior}, {s.left_posterior, ep::Bundle::left_posterior}}) {
    ep::FascicleEnd end;
    end.bundle = bundle;
    if (auto ok = place(site, end.node); !ok) return core::pass(ok);
    roots.left_ends.push_back(end);
  }
  if (!has_rv) return roots;
  if (auto ok = place(s.right, roots.right); !ok) return core::pass(ok);
  if (auto ok = place(s.right_septal, roots.right_septal); !ok) return core::pass(ok);
  if (auto ok = place(s.right_free_wall, roots.right_free_wall); !ok) return core::pass(ok);
  return roots;
}

core::Result<std::optional<ep::AccessoryPathway>> accessory_pathway(const std::string& name, const std::function<core::Index(const RootSite&)>& node_at) {
  if (name == "none") return std::optional<ep::AccessoryPathway>{};
  for (const RootSite& site : accessory_sites())
    if (site.name == name) {
      ep::AccessoryPathway path;
      path.name = name;
      path.node = node_at(site);
      if (path.node < 0) return core::bad_input(fmt::format("The accessory pathway {} finds no conducting wall at the valve ring (it cannot be placed). Choose another place.", name));
      return std::optional<ep::AccessoryPathway>{path};
    }
  return core::wrong_usage(fmt::format("There is no accessory pathway \"{}\".", name));
}

namespace {

const char* block_words(ep::ConductionBlock block) {
  switch (block) {
    case ep::ConductionBlock::lbbb: return "left bundle branch (LBBB)";
    case ep::ConductionBlock::rbbb: return "right bundle branch (RBBB)";
    case ep::ConductionBlock::lafb: return "left anterior fascicle (LAFB)";
    case ep::ConductionBlock::lpfb: return "left posterior fascicle (LPFB)";
    case ep::ConductionBlock::none: break;
  }
  return "none";
}

}  // namespace

std::vector<std::string> assumptions(const HeartConduction& c) {
  std::vector<std::string> out;
  if (c.kind == ConductionKind::purkinje)
    out.push_back(fmt::format("The Purkinje tree is grown by a rule (Sahli Costabal 2016) from root points after Durrer 1970 and conducts at {:g} m/s; the patient's own is unknown.", c.params.speed_m_per_s));
  if (c.block != ep::ConductionBlock::none) out.push_back(fmt::format("Conduction block: {}.", block_words(c.block)));
  if (c.accessory != "none" && c.pathway_from_atria)
    out.push_back(fmt::format("Accessory pathway {}: it excites the ventricle {:g} ms after the atrial wall at its end (0.3 mm/ms over about 10 mm, Boineau and Moore 1970; the patient's is not known), towards the ventricle only.", c.accessory, ep::pathway_delay_ms));
  else if (c.accessory != "none")
    out.push_back(fmt::format("Accessory pathway {}: it excites the ventricle {:g} ms before the conduction system would.", c.accessory, ep::AccessoryPathway{}.lead_ms));
  return out;
}

}  // namespace ot::organs
