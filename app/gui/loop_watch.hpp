// SPDX-License-Identifier: GPL-3.0-or-later
// LoopWatch: the longest time the GUI thread did not come back to its event loop, on the clock and in processor time of that thread alone
// (which other programs on the machine do not lengthen). Tests and --measure read it.
#pragma once
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <time.h>

#include <algorithm>

namespace ot::gui {

class LoopWatch : public QObject {
 public:
  explicit LoopWatch(QObject* parent = nullptr) : QObject(parent) {
    timer_.setTimerType(Qt::PreciseTimer);
    timer_.setInterval(interval_ms);
    QObject::connect(&timer_, &QTimer::timeout, this, [this] {
      const double gap = double(clock_.nsecsElapsed()) * 1e-6 - interval_ms;
      clock_.restart();
      const double worked = thread_ms();
      longest_work_ = std::max(longest_work_, worked - worked_);
      worked_ = worked;
      longest_ = std::max(longest_, gap);
      if (gap > 100) ++over_100_;
    });
    worked_ = thread_ms();
    clock_.start();
    timer_.start();
  }
  double longest_ms() const { return longest_; }
  double longest_work_ms() const { return longest_work_; }   // processor time of the GUI thread between two returns
  int over_100_ms() const { return over_100_; }
  void reset() {
    longest_ = longest_work_ = 0;
    worked_ = thread_ms();
    over_100_ = 0;
    clock_.restart();
  }

 private:
  static double thread_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
  }
  static constexpr int interval_ms = 5;
  QTimer timer_;
  QElapsedTimer clock_;
  double longest_ = 0, longest_work_ = 0, worked_ = 0;
  int over_100_ = 0;
};

}  // namespace ot::gui
