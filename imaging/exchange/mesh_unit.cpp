// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/exchange/mesh_unit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "imaging/exchange/label_scheme.hpp"
#include "imaging/exchange/mesh_file.hpp"

namespace ot::imaging {
namespace {

UnitReading read_as(LengthUnit unit, double extent, double calibre, const std::vector<const OrganSize*>& organs) {
  UnitReading r;
  r.unit = unit;
  r.extent_mm = extent * millimetres_per(unit);
  r.calibre_mm = calibre * millimetres_per(unit);
  for (const OrganSize* o : organs) {
    if (r.extent_mm < o->least_extent_mm || r.extent_mm > o->most_extent_mm) continue;
    if (r.calibre_mm > 0 && o->most_calibre_mm > 0 && (r.calibre_mm < o->least_calibre_mm || r.calibre_mm > o->most_calibre_mm)) continue;
    r.fits.push_back(o->name);
  }
  return r;
}

std::string list(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

std::string describe(const UnitReading& r) {
  std::string size = fmt::format("{:.3g} mm long", r.extent_mm);
  if (r.calibre_mm > 0) size += fmt::format(" and {:.2g} mm thick on average", r.calibre_mm);
  return fmt::format("in {} it is {}{}", name_of(r.unit), size, r.fits.empty() ? ", which no organ known here is" : fmt::format(", like {}", list(r.fits)));
}

}  // namespace

const std::vector<OrganSize>& organ_sizes() {
  static const std::string norms = "adult normal values and dilated extremes: Lang et al., J Am Soc Echocardiogr 28:1 (2015); Rogers et al., JACC Cardiovasc Imaging 2013 (aorta); Dodge et al., Circulation 86:232 (1992) (coronary)";
  static const std::vector<OrganSize> sizes{
      {"heart", "a heart or ventricles", 55, 260, 0, 0, norms},
      {"atrium", "an atrium", 35, 140, 15, 90, norms},
      {"aorta", "an aorta or a great vessel", 40, 800, 7, 80, norms},
      {"vessel", "an artery", 15, 400, 1.5, 14, norms},
      {"coronary", "a coronary artery", 10, 200, 1.0, 7, norms},
      {"brain", "a brain", 100, 230, 0, 0, norms},
  };
  return sizes;
}

UnitProposal propose_unit(const MixedMesh& mesh, const std::string& organ) {
  UnitProposal out;
  if (mesh.points.empty()) return out;
  core::Vec3 low = mesh.points.front(), high = low;
  for (const core::Vec3& p : mesh.points) low = low.cwiseMin(p), high = high.cwiseMax(p);
  const double extent = (high - low).maxCoeff();
  double calibre = 0;
  if (!mesh.has_volume())
    if (auto surface = to_surface(mesh, LengthUnit::mm); surface && surface->closed()) {
      const double area = surface->area();
      if (area > 0) calibre = 4 * std::abs(surface->volume()) / area;
    }
  // A word such as "aorta_iliac" or "left_atrium" narrows what it may be.
  static const std::vector<std::pair<std::string, std::string>> words{{"aort", "aorta"}, {"iliac", "aorta"}, {"pulmon", "aorta"}, {"atri", "atrium"}, {"heart", "heart"}, {"ventric", "heart"}, {"myocard", "heart"},
                                                                    {"coron", "coronary"}, {"lad", "coronary"}, {"rca", "coronary"}, {"lcx", "coronary"}, {"carotid", "vessel"}, {"brain", "brain"}};
  const std::string wanted = own_key(organ);
  std::vector<const OrganSize*> organs;
  for (const OrganSize& o : organ_sizes())
    if (o.key == wanted) organs.push_back(&o);
  if (organs.empty() && !wanted.empty())
    for (const auto& [word, key] : words)
      if (wanted.find(word) != std::string::npos && organs.empty())
        for (const OrganSize& o : organ_sizes())
          if (o.key == key) organs.push_back(&o);
  if (organs.empty())
    for (const OrganSize& o : organ_sizes()) organs.push_back(&o);
  std::vector<UnitReading> all;
  for (const LengthUnit u : {LengthUnit::mm, LengthUnit::cm, LengthUnit::um, LengthUnit::m}) {
    all.push_back(read_as(u, extent, calibre, organs));
    if (!all.back().fits.empty()) out.readings.push_back(all.back());
  }
  if (out.readings.size() == 1) {
    out.unit = out.readings.front().unit;
    const UnitReading& mm = all.front();
    out.sentence = *out.unit == LengthUnit::mm ? fmt::format("The file is in mm: {}.", describe(out.readings.front()))
                                               : fmt::format("The file looks like {}: {}; {}.", name_of(*out.unit), describe(mm), describe(out.readings.front()));
  } else {
    const bool none = out.readings.empty();
    if (none) out.readings = all;
    for (const UnitReading& r : out.readings) out.sentence += (out.sentence.empty() ? "" : "; ") + describe(r);
    out.sentence = (none ? "In no unit is it as large as an organ known here: " : "Several units are possible: ") + out.sentence + ".";
  }
  return out;
}

core::Result<LengthUnit> decide_unit(const UnitProposal& proposal, const std::string& file) {
  if (proposal.unit) return *proposal.unit;
  return core::bad_input(fmt::format("The unit of {} is not known (a wrong one makes it ten or a thousand times too large). {} Say --unit mm, cm, um or m.", file, proposal.sentence));
}

}  // namespace ot::imaging
