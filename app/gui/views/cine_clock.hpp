// SPDX-License-Identifier: GPL-3.0-or-later
// CineClock: which phase of a beating image is due, at the speed of the real beat. Pure arithmetic, no timer.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

namespace ot::gui {

class CineClock {
 public:
  // Trigger times in ms, in order. The last phase lasts as long as the mean of the others.
  void set_triggers(std::vector<double> trigger_ms) {
    start_ = std::move(trigger_ms);
    const std::size_t n = start_.size();
    if (n == 0) return;
    const double first = start_.front();
    for (double& t : start_) t -= first;
    bool rising = n > 1;
    for (std::size_t i = 1; i < n; ++i) rising = rising && start_[i] > start_[i - 1];
    if (!rising) {   // no usable times: one second a beat, as at 60 per minute
      for (std::size_t i = 0; i < n; ++i) start_[i] = 1000.0 * double(i) / double(n);
      beat_ms_ = 1000;
    } else {
      beat_ms_ = start_.back() * double(n) / double(n - 1);
    }
  }
  double beat_ms() const { return beat_ms_; }
  int count() const { return int(start_.size()); }
  // Phase shown `elapsed_ms` of beat time after the first one began.
  int phase_at(double elapsed_ms) const {
    if (start_.empty()) return 0;
    const double t = elapsed_ms - beat_ms_ * std::floor(elapsed_ms / beat_ms_);
    return int(std::upper_bound(start_.begin(), start_.end(), t + 1e-9) - start_.begin()) - 1;
  }
  double time_of(int phase) const { return start_.empty() ? 0 : start_[std::size_t(std::clamp(phase, 0, count() - 1))]; }

 private:
  std::vector<double> start_;
  double beat_ms_ = 1000;
};

}  // namespace ot::gui
