// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/turn_queue.hpp"

#include <QCoreApplication>
#include <QPointer>
#include <QTimer>

#include <algorithm>
#include <deque>
#include <utility>

namespace ot::gui {
namespace {

class TurnQueue : public QObject {
 public:
  using QObject::QObject;
  void add(QObject* owner, int place, std::function<void()> work) {
    const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const Work& w) { return w.owner == owner && w.place == place; });
    if (same != waiting_.end()) {
      same->run = std::move(work);
      return;
    }
    waiting_.push_back({owner, place, std::move(work)});
    if (waiting_.size() == 1) next();
  }

 private:
  struct Work {
    QPointer<QObject> owner;
    int place;
    std::function<void()> run;
  };
  void next() {
    QTimer::singleShot(0, this, [this] {
      if (waiting_.empty()) return;
      Work work = std::move(waiting_.front());
      waiting_.pop_front();
      if (!waiting_.empty()) next();   // before it runs: what it adds finds the chain as it is
      if (work.owner) work.run();
    });
  }
  std::deque<Work> waiting_;
};

}  // namespace

void in_own_turn(QObject* owner, int place, std::function<void()> work) {
  static QPointer<TurnQueue> queue;   // ends with the application
  if (!queue) queue = new TurnQueue(QCoreApplication::instance());
  queue->add(owner, place, std::move(work));
}

}  // namespace ot::gui
