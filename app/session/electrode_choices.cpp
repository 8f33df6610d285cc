// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/electrode_choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/core/place.hpp"

namespace ot::session {
namespace {

constexpr std::array<const char*, 10> names{"RA", "LA", "RL", "LL", "V1", "V2", "V3", "V4", "V5", "V6"};
constexpr const char* begins = "Electrodes placed by hand";
// An electrode lies on skin: beyond the muscle, and no farther from it than the length of a body (limb electrodes of a tall adult are about 1.2 m away).
constexpr double least_mm = 2, most_mm = 2000;
constexpr double apart_mm = 10;   // two pads cannot lie closer; our own choice, about the diameter of their gel

bool is_electrode(const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

}  // namespace

core::Result<std::map<std::string, core::Vec3>> electrodes_from(const std::filesystem::path& file, const ep::ElectroProblem& heart) {
  OT_EXPECT(heart.mesh != nullptr);
  const auto points = read_named_points(file);
  if (!points) return core::pass(points);
  std::map<std::string, core::Vec3> out;
  for (const auto& p : *points) {
    if (!is_electrode(p.name) || std::none_of(heart.electrodes.begin(), heart.electrodes.end(), [&](const auto& e) { return e.name == p.name; }))
      return core::bad_input(fmt::format("{}: \"{}\" is no electrode of this twin (nothing would be moved). Electrodes are RA, LA, RL, LL and V1 to V6.", file.filename().string(), p.name));
    double near = std::numeric_limits<double>::infinity();
    for (const core::Vec3& x : heart.mesh->nodes) near = std::min(near, (x - p.at).norm());
    if (near < least_mm || near > most_mm)
      return core::bad_input(fmt::format("{}: {} at {} is {:.0f} mm from the heart (no electrode lies there). Give patient coordinates (LPS) in mm on the skin.", file.filename().string(), p.name,
                                         core::place_words(p.at), near));
    out[p.name] = p.at;
  }
  std::vector<NamedPoint> all = electrodes_of(heart);
  for (NamedPoint& e : all)
    if (const auto moved = out.find(e.name); moved != out.end()) e.at = moved->second;
  for (std::size_t a = 0; a < all.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      if ((all[a].at - all[b].at).norm() < apart_mm && (out.count(all[a].name) || out.count(all[b].name)))
        return core::bad_input(fmt::format("{}: {} and {} would lie {:.1f} mm apart (leads between them are flat; a pad is {:g} mm wide). Give each its own place.", file.filename().string(), all[b].name, all[a].name,
                                           (all[a].at - all[b].at).norm(), apart_mm));
  return out;
}

std::vector<NamedPoint> electrodes_of(const ep::ElectroProblem& heart) {
  std::vector<NamedPoint> out;
  for (const auto& e : heart.electrodes)
    if (is_electrode(e.name)) out.push_back({e.name, e.position});
  return out;
}

void restate_electrodes(std::vector<std::string>& assumptions, const std::map<std::string, core::Vec3>& placed) {
  std::erase_if(assumptions, [](const std::string& line) { return line.rfind(begins, 0) == 0; });
  if (placed.empty()) return;
  std::string line = std::string(begins) + ", mm:";
  for (const auto& [name, at] : placed) line += fmt::format("{} {} ({:.1f}, {:.1f}, {:.1f})", line.back() == ':' ? "" : ",", name, at.x(), at.y(), at.z());
  assumptions.push_back(line + (placed.size() < names.size() ? ". The others stand where the twin placed them." : "."));
}

}  // namespace ot::session
