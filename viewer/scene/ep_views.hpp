// SPDX-License-Identifier: GPL-3.0-or-later
// The standard views of the electrophysiology laboratory and the C-arm angles. LPS: +x left, +y posterior, +z head.
// LAO and CRAN are positive; the camera stands where the image detector would.
#pragma once
#include <array>
#include <string>

#include "solvers/core/types.hpp"

namespace ot::viewer {

enum class EpView { ap, pa, lao, rao, ll, rl, sup, inf };
inline constexpr std::array<EpView, 8> ep_views{EpView::ap, EpView::pa, EpView::lao, EpView::rao,
                                                EpView::ll, EpView::rl, EpView::sup, EpView::inf};
const char* name_of(EpView view);   // "AP", "LAO" ...

struct ViewFrame {
  core::Vec3 from;   // unit, from the heart to the camera
  core::Vec3 up;     // unit, screen up
  core::Vec3 right() const { return up.cross(from); }   // unit, screen right
};
ViewFrame frame_of(EpView view);                            // LAO 45, RAO 30
ViewFrame frame_of_angles(double lao_deg, double cran_deg); // lao < 0: RAO; cran < 0: CAUD

struct CArm {
  double lao_deg = 0, cran_deg = 0;
  std::string text() const;  // "LAO 35 / CRAN 10", "AP / CAUD 5", "PA"
};
CArm carm_of(const core::Vec3& from);

}  // namespace ot::viewer
