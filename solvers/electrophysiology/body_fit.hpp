// SPDX-License-Identifier: GPL-3.0-or-later
// The standard torso and its ten electrodes fitted to the skin of a patient, as far as a scan shows it.
// Model:    breadth and depth at the height of the chest leads, and their middle, are the patient's; around it the skin is a distance from the body's vertical axis
//           in 36 directions at 25 heights. Where no skin was seen: between seen directions of the same height by interpolation; above and
//           below the seen heights the shape of the last one fades to that of the standard torso over 100 mm. Shoulders and seat stay at their standard heights above and
//           below the heart.
//           Electrodes keep their heights over the heart and go sideways in proportion to breadth and depth, then onto the skin.
// Source:   sites of the chest leads relative to sternum, clavicle and axilla: Kligfield et al. 2007 (J Am Coll Cardiol 49:1109); as the standard torso has them
//           (standard_electrodes). Limb electrodes on the trunk: Mason & Likar 1966 (Am Heart J 71:196). That intercostal spaces lie at the
//           standard heights over the ventricles is assumed; ribs and sternum are not looked for.
// Fails:    bad_input with the shares that were seen when less than 90 % of the skin under the chest leads (V1 to V6, 15 mm above and below)
//           or less than 80 % around the body at that height is known.
// Threads: pure function.
#pragma once
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

inline constexpr double least_chest_seen = 0.9, least_around_seen = 0.8;

struct FittedBody {
  std::vector<Electrode> electrodes;        // in the order of `standard`, then the points of the skin
  double breadth_mm = 0, depth_mm = 0;      // at the height of the chest leads
  double chest_seen = 0, around_seen = 0;   // shares
  std::vector<std::string> beyond;          // electrodes that stand where no skin was seen
};

// standard: of standard_body(), electrodes and points of the body. skin: points of the patient's, mm, no order.
core::Result<FittedBody> fit_body(const std::vector<Electrode>& standard, const std::vector<core::Vec3>& skin);

}  // namespace ot::ep
