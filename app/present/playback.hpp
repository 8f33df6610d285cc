// SPDX-License-Identifier: GPL-3.0-or-later
// Playback: the one clock that the 3D wave, the ECG cursor and the slider share.
#pragma once
#include <memory>
#include <vector>

#include "solvers/twin/simulation.hpp"

namespace ot::present {

class Playback {
 public:
  double time_ms() const { return time_; }
  double end_ms() const { return end_; }
  bool playing() const { return playing_; }
  double speed() const { return speed_; }             // simulated ms per ms on the wall

  void set_end(double end_ms);
  void set_time(double t_ms);
  void set_speed(double speed) { speed_ = speed; }
  void set_playing(bool playing) { playing_ = playing; }
  // Goes on by the wall time that has passed and starts over at the end. Returns whether the time changed.
  bool advance(double wall_ms);

 private:
  double time_ = 0, end_ = 0, speed_ = 0.1;
  bool playing_ = false;
};

// Index of the stored frame nearest to t; -1 when there is none. Frames are in order of time.
int nearest_beat_frame(const std::vector<hemo::FlowFrame>& beat, double t_s);   // periodic; -1: none kept
std::string at_instant(const std::string& what, double t_s);                     // "Pressure at 240 ms of the beat"
int nearest_frame(const std::vector<ep::ElectroFrame>& frames, double t_ms);

}  // namespace ot::present
