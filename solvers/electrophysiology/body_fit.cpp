// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/body_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/torso.hpp"

namespace ot::ep {
namespace {

using core::Vec3;

constexpr double margin_mm = 15;                   // above and below the chest leads
constexpr double fade_mm = 100;
constexpr std::size_t least_points = 3;            // of a place of the shape,
constexpr double near_mm = 7, near_turn = 4.5 / 180 * M_PI;   // this near to it, so that a breast is not averaged away
constexpr double narrowest = 0.5, widest = 1.7;    // shape: arms raised beside the head are no trunk

int direction_of(double x, double y) {
  const int d = int(std::lround(std::atan2(y, x) / (2 * M_PI) * skin_directions));
  return (d + skin_directions) % skin_directions;
}

double off(double x, double y) { return std::remainder(std::atan2(y, x) - 2 * M_PI * direction_of(x, y) / skin_directions, 2 * M_PI); }

std::size_t place(int level, int direction) { return std::size_t(level * skin_directions + direction); }

}  // namespace

core::Result<FittedBody> fit_body(const std::vector<Electrode>& standard, const std::vector<Vec3>& skin) {
  const auto plain = find_torso(standard);
  OT_EXPECT(plain.has_value());
  const auto local = [](const Torso& t, const Vec3& x) { return Vec3(t.axes.transpose() * (x - t.centre)); };
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Electrode& e : standard)
    if (e.name[0] == 'V') {
      low = std::min(low, local(*plain, e.position).z() - margin_mm);
      high = std::max(high, local(*plain, e.position).z() + margin_mm);
    }
  OT_EXPECT(low < high);
  FittedBody out;
  const auto too_little = [&] {
    return core::bad_input(fmt::format("The scan shows {:.0f} % of the skin under the chest leads and {:.0f} % around the body at their height ({:.0f} and {:.0f} % are needed, or electrodes would stand on guessed skin).",
                                       100 * out.chest_seen, 100 * out.around_seen, 100 * least_chest_seen, 100 * least_around_seen));
  };
  // Breadth, depth and middle of what is seen at the height of the chest leads; cut bodies fail by their gaps below.
  Vec3 least = Vec3::Constant(std::numeric_limits<double>::infinity()), most = -least;
  for (const Vec3& x : skin)
    if (const Vec3 p = local(*plain, x); p.z() >= low && p.z() <= high) least = least.cwiseMin(p), most = most.cwiseMax(p);
  if (!(most.x() - least.x() > 100 && most.y() - least.y() > 60)) return too_little();
  Torso t = *plain;
  t.half.head<2>() = 0.5 * (most - least).head<2>();
  t.centre += t.axes * Vec3(0.5 * (least.x() + most.x()), 0.5 * (least.y() + most.y()), 0);

  std::vector<double> sum(std::size_t(skin_levels * skin_directions), 0.0);
  std::vector<std::size_t> count(sum.size(), 0);
  const double step = t.level_mm(1) - t.level_mm(0);
  for (const Vec3& x : skin) {
    const Vec3 p = local(t, x);
    const int level = int(std::lround((p.z() - t.level_mm(0)) / step));
    if (level < 0 || level >= skin_levels || std::abs(p.z() - t.level_mm(level)) > near_mm || std::abs(off(p.x(), p.y())) > near_turn) continue;
    const std::size_t k = place(level, direction_of(p.x(), p.y()));
    sum[k] += std::hypot(p.x(), p.y()) / t.plain_radius(p.x(), p.y(), p.z());
    ++count[k];
  }
  const auto seen = [&](int level, int direction) { return count[place(level, direction)] >= least_points; };

  // How much is seen where it matters: heights of the chest leads; directions from V1 over the left side to V6.
  std::vector<char> under(skin_directions, 0);
  {
    double from = 0, to = 0;
    for (const Electrode& e : standard) {
      const Vec3 p = local(*plain, e.position);
      const double turn = std::atan2(p.y() / plain->half.y() * t.half.y(), p.x() / plain->half.x() * t.half.x());
      if (e.name == "V1") from = turn;
      if (e.name == "V6") to = turn;
    }
    for (int d = 0; d < skin_directions; ++d) {
      const double turn = std::remainder(2 * M_PI * d / skin_directions, 2 * M_PI), half = M_PI / skin_directions;
      under[std::size_t(d)] = turn >= from - half && turn <= to + half;   // both lie in front: angles of -pi to 0
    }
  }
  double chest = 0, chest_all = 0, around = 0, around_all = 0;
  for (int l = 0; l < skin_levels; ++l) {
    if (t.level_mm(l) < low || t.level_mm(l) > high) continue;
    for (int d = 0; d < skin_directions; ++d) {
      around_all += 1, around += seen(l, d);
      if (under[std::size_t(d)]) chest_all += 1, chest += seen(l, d);
    }
  }
  out.chest_seen = chest / std::max(chest_all, 1.0);
  out.around_seen = around / std::max(around_all, 1.0);
  if (out.chest_seen < least_chest_seen || out.around_seen < least_around_seen) return too_little();
  out.breadth_mm = 2 * t.half.x();
  out.depth_mm = 2 * t.half.y();

  t.shape.assign(sum.size(), 0.0);
  std::vector<char> known(skin_levels, 0);
  for (int l = 0; l < skin_levels; ++l) {
    std::vector<int> at;
    for (int d = 0; d < skin_directions; ++d)
      if (seen(l, d)) at.push_back(d);
    if (int(at.size()) * 2 < skin_directions) continue;
    known[std::size_t(l)] = 1;
    for (std::size_t k = 0; k < at.size(); ++k) {   // from one seen direction to the next
      const int a = at[k], gap = (at[(k + 1) % at.size()] - a + skin_directions) % skin_directions;
      const double here = sum[place(l, a)] / double(count[place(l, a)]), there = sum[place(l, (a + gap) % skin_directions)] / double(count[place(l, (a + gap) % skin_directions)]);
      for (int d = 0; d < gap; ++d) t.shape[place(l, (a + d) % skin_directions)] = std::clamp(here + (there - here) * d / gap, narrowest, widest);
    }
  }
  for (int l = 0; l < skin_levels; ++l) {
    if (known[std::size_t(l)]) continue;
    int near = -1;
    for (int k = 0; k < skin_levels; ++k)
      if (known[std::size_t(k)] && (near < 0 || std::abs(k - l) < std::abs(near - l))) near = k;
    const double share = std::max(0.0, 1 - std::abs(t.level_mm(l) - t.level_mm(near)) / fade_mm);
    for (int d = 0; d < skin_directions; ++d) t.shape[place(l, d)] = 1 + share * (t.shape[place(near, d)] - 1);
  }

  for (const Electrode& e : standard) {
    if (is_body_point(e)) continue;
    const Vec3 p = local(*plain, e.position);
    const Vec3 to(p.x() / plain->half.x() * t.half.x(), p.y() / plain->half.y() * t.half.y(), p.z());
    out.electrodes.push_back({e.name, on_skin(t, t.centre + t.axes * to)});
    const int level = int(std::lround((p.z() - t.level_mm(0)) / step));
    if (level < 0 || level >= skin_levels || !seen(level, direction_of(to.x(), to.y()))) out.beyond.push_back(e.name);
  }
  for (Electrode& e : body_points(t)) out.electrodes.push_back(std::move(e));
  return out;
}

}  // namespace ot::ep
