// SPDX-License-Identifier: GPL-3.0-or-later
// One thread with one slot: a request that has not begun is replaced by a newer one, so that what follows a moving hand never queues.
// Threads: ask() from any thread; `work` runs on the worker's own. The destructor waits for the request in work.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace ot::gui {

template <class Request>
class LatestWorker {
 public:
  explicit LatestWorker(std::function<void(Request)> work) : work_(std::move(work)), thread_([this] { loop(); }) {}
  ~LatestWorker() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  LatestWorker(const LatestWorker&) = delete;
  LatestWorker& operator=(const LatestWorker&) = delete;

  void ask(Request request) {
    {
      const std::lock_guard lock(mutex_);
      waiting_ = std::move(request);
    }
    wake_.notify_all();
  }

 private:
  void loop() {
    for (;;) {
      std::optional<Request> request;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stop_ || waiting_; });
        if (stop_) return;
        request.swap(waiting_);
      }
      work_(std::move(*request));
    }
  }

  std::function<void(Request)> work_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Request> waiting_;
  bool stop_ = false;
  std::thread thread_;   // last: the rest is there when it begins
};

}  // namespace ot::gui
