// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <mutex>

namespace ot::cli {
namespace {

// Lives as long as the process: the handler touches it.
std::shared_ptr<core::CancelFlag> interrupt_flag() {
  static const auto flag = std::make_shared<core::CancelFlag>();
  return flag;
}
core::CancelFlag* handler_flag = nullptr;

extern "C" void on_interrupt(int) {
  if (handler_flag) handler_flag->cancel();   // one atomic store: safe in a signal handler
}

}  // namespace

struct Context::Bar {
  std::mutex mutex;
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  bool open = false;
  std::string last_what;
  int last_percent = -1;
  std::chrono::steady_clock::time_point last{};

  void report(double fraction, std::string_view what) {
    const std::lock_guard lock(mutex);
    const int percent = static_cast<int>(std::lround(100 * fraction));
    const auto now = std::chrono::steady_clock::now();
    if (terminal) {
      if (now - last < std::chrono::milliseconds(100) && percent < 100) return;
      last = now;
      const int filled = percent * 24 / 100;
      fmt::print(stderr, "\r\033[K[{}{}] {:3d} % {}", std::string(static_cast<std::size_t>(filled), '#'), std::string(static_cast<std::size_t>(24 - filled), '.'), percent, what);
      std::fflush(stderr);
      open = true;
    } else if (what != last_what || percent >= last_percent + 20) {   // a log file gets few lines
      last_percent = percent;
      last_what = what;
      fmt::print(stderr, "{:3d} % {}\n", percent, what);
    }
  }
  void close() {
    const std::lock_guard lock(mutex);
    if (open) fmt::print(stderr, "\r\033[K");
    open = false;
  }
};

core::Progress Context::progress() {
  handler_flag = interrupt_flag().get();
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (quiet) return core::Progress(nullptr, interrupt_flag());
  if (!bar_) bar_ = std::make_shared<Bar>();
  return core::Progress([bar = bar_](double fraction, std::string_view what) { bar->report(fraction, what); }, interrupt_flag());
}

void Context::end_progress() {
  if (bar_) bar_->close();
}

void Context::note(const std::string& line) {
  end_progress();
  if (!quiet) fmt::print(stderr, "{}\n", line);
}

core::Result<void> Context::print(const nlohmann::json& document, const std::string& text) {
  end_progress();
  const std::string out = json ? document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n" : text;
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0)
    return core::bad_input("Cannot write the result to standard output (it is closed or the disk is full). Redirect it to another place.");
  return {};
}

nlohmann::json quantity_or_null(double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr); }

}  // namespace ot::cli
