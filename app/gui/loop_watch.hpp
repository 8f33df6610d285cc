// SPDX-License-Identifier: GPL-3.0-or-later
// LoopWatch: the longest time the GUI thread did not come back to its event loop. Tests and --measure read it.
#pragma once
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
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
      longest_ = std::max(longest_, gap);
      if (gap > 100) ++over_100_;
    });
    clock_.start();
    timer_.start();
  }
  double longest_ms() const { return longest_; }
  int over_100_ms() const { return over_100_; }
  void reset() {
    longest_ = 0;
    over_100_ = 0;
    clock_.restart();
  }

 private:
  static constexpr int interval_ms = 5;
  QTimer timer_;
  QElapsedTimer clock_;
  double longest_ = 0;
  int over_100_ = 0;
};

}  // namespace ot::gui
