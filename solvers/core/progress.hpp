// SPDX-License-Identifier: GPL-3.0-or-later
// Progress and cancel, handed down by value through every long function.
// Threads: cancel() may be called from any thread; report() is called from the thread that works.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ot::core {

class CancelFlag {
 public:
  void cancel() { flag_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return flag_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> flag_{false};
};

class Progress {
 public:
  // fraction in [0, 1] of the whole job; what: words for a person ("segmenting: myocardium").
  using Sink = std::function<void(double fraction, std::string_view what)>;

  Progress() = default;  // reports nowhere, is never cancelled
  Progress(Sink sink, std::shared_ptr<const CancelFlag> flag) : sink_(std::move(sink)), flag_(std::move(flag)) {}

  bool cancelled() const { return flag_ && flag_->cancelled(); }
  void report(double fraction, std::string_view what) const {
    if (sink_) sink_(from_ + (to_ - from_) * fraction, what);
  }
  // The share [from, to] of this job as a job of its own.
  Progress part(double from, double to) const {
    Progress p = *this;
    p.from_ = from_ + (to_ - from_) * from;
    p.to_ = from_ + (to_ - from_) * to;
    return p;
  }
  // The same cancel, another sink (none: silent): for work on several threads, whose reports must not cross.
  Progress with(Sink sink) const {
    Progress p = *this;
    p.sink_ = std::move(sink);
    p.from_ = 0.0;
    p.to_ = 1.0;
    return p;
  }

 private:
  Sink sink_;
  std::shared_ptr<const CancelFlag> flag_;
  double from_ = 0.0, to_ = 1.0;
};

}  // namespace ot::core
