// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/playback.hpp"

#include <algorithm>
#include <cmath>

namespace ot::present {

void Playback::set_end(double end_ms) {
  end_ = std::max(0.0, end_ms);
  time_ = std::clamp(time_, 0.0, end_);
}

void Playback::set_time(double t_ms) { time_ = std::clamp(t_ms, 0.0, end_); }

bool Playback::advance(double wall_ms) {
  if (!playing_ || end_ <= 0) return false;
  time_ = std::fmod(time_ + wall_ms * speed_, end_);
  return true;
}

int nearest_beat_frame(const std::vector<hemo::FlowFrame>& beat, double t_s) {
  if (beat.empty()) return -1;
  const double cycle = beat.back().t_s;   // the last frame ends the beat and is also its beginning
  const int n = int(beat.size()), k = int(std::lround(t_s / cycle * n));
  return ((k - 1) % n + n) % n;
}

std::string at_instant(const std::string& what, double t_s) { return what + " at " + std::to_string(std::lround(1e3 * t_s)) + " ms of the beat"; }

int nearest_frame(const std::vector<ep::ElectroFrame>& frames, double t_ms) {
  if (frames.empty()) return -1;
  const auto after = std::lower_bound(frames.begin(), frames.end(), t_ms,
                                      [](const ep::ElectroFrame& f, double t) { return f.t_ms < t; });
  if (after == frames.begin()) return 0;
  if (after == frames.end()) return int(frames.size()) - 1;
  const auto before = after - 1;
  return int((t_ms - before->t_ms <= after->t_ms - t_ms ? before : after) - frames.begin());
}

}  // namespace ot::present
