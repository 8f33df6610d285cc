// SPDX-License-Identifier: GPL-3.0-or-later
// Window presets by number key, each with its source. CT presets need HU; images in other units get the percentile windows.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "viewer/scene/slice_scene.hpp"

namespace ot::viewer {

struct WindowPreset {
  std::string key, name, source;   // "cta_coronary", "CTA coronary", where the numbers come from
  WindowLevel wl;
  int digit = 0;                   // number key, 0: none
};
// Presets for this image, in the order of their number keys. `labels` may be null: it enables the null-myocardium window of LGE.
std::vector<WindowPreset> window_presets(const core::Volume& volume, const core::LabelMap* labels);

// LGE, null myocardium: remote myocardium black, 5 standard deviations above it white, so that the blood lies in the middle greys.
// Median and SD of the wall with what lies 2.5 SD above dropped (a scar must not move the zero). Nothing without a myocardium.
std::optional<WindowLevel> null_myocardium_window(const core::Volume& volume, const core::LabelMap& labels);
// 2 to 98 percent of the values inside the middle half of the image, where the heart lies (air does not count).
WindowLevel centre_percentile_window(const core::Volume& volume);

}  // namespace ot::viewer
