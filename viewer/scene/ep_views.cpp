// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/ep_views.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace ot::viewer {
namespace {
constexpr double deg = std::numbers::pi / 180.0;
}

const char* name_of(EpView view) {
  switch (view) {
    case EpView::ap: return "AP";
    case EpView::pa: return "PA";
    case EpView::lao: return "LAO";
    case EpView::rao: return "RAO";
    case EpView::ll: return "LL";
    case EpView::rl: return "RL";
    case EpView::sup: return "SUP";
    case EpView::inf: return "INF";
  }
  return "";
}

ViewFrame frame_of_angles(double lao_deg, double cran_deg) {
  const double a = lao_deg * deg, c = cran_deg * deg;
  const core::Vec3 from(std::sin(a) * std::cos(c), -std::cos(a) * std::cos(c), std::sin(c));
  const core::Vec3 up(-std::sin(a) * std::sin(c), std::cos(a) * std::sin(c), std::cos(c));
  return {from, up};
}

ViewFrame frame_of(EpView view) {
  switch (view) {
    case EpView::ap: return frame_of_angles(0, 0);
    case EpView::pa: return frame_of_angles(180, 0);
    case EpView::lao: return frame_of_angles(45, 0);
    case EpView::rao: return frame_of_angles(-30, 0);
    case EpView::ll: return frame_of_angles(90, 0);
    case EpView::rl: return frame_of_angles(-90, 0);
    case EpView::sup: return frame_of_angles(0, 90);    // up = posterior, patient left on screen right
    case EpView::inf: return frame_of_angles(0, -90);   // up = anterior, patient left on screen right
  }
  return frame_of_angles(0, 0);
}

CArm carm_of(const core::Vec3& from) {
  const core::Vec3 d = from.normalized();
  const double across = std::hypot(d.x(), d.y());
  CArm c;
  c.lao_deg = across > 1e-6 ? std::atan2(d.x(), -d.y()) / deg : 0.0;
  c.cran_deg = std::asin(std::clamp(d.z(), -1.0, 1.0)) / deg;
  return c;
}

std::string CArm::text() const {
  const long a = std::lround(std::abs(lao_deg)), c = std::lround(std::abs(cran_deg));
  if (c >= 90) return cran_deg > 0 ? "SUP" : "INF";
  std::string out = a == 0 ? "AP" : a == 180 ? "PA" : fmt::format("{} {}", lao_deg > 0 ? "LAO" : "RAO", a);
  if (c != 0) out += fmt::format(" / {} {}", cran_deg > 0 ? "CRAN" : "CAUD", c);
  return out;
}

}  // namespace ot::viewer
