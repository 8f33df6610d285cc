// SPDX-License-Identifier: GPL-3.0-or-later
// A display for tests that draw: the one in DISPLAY, else an Xvfb of our own that ends with this process.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace ot::test {

inline void need_display() {
  static bool done = false;
  if (done) return;
  done = true;
  setenv("XDG_RUNTIME_DIR", "/tmp", 0);
  if (const char* display = std::getenv("DISPLAY"); display && *display) return;
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) std::_Exit(1);
  static pid_t server = ::fork();
  if (server == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // never outlives the test, even when that crashes
    ::close(pipe_ends[0]);
    const int quiet = ::open("/dev/null", O_WRONLY);
    ::dup2(quiet, 1), ::dup2(quiet, 2);
    const std::string fd = std::to_string(pipe_ends[1]);
    ::execlp("Xvfb", "Xvfb", "-displayfd", fd.c_str(), "-screen", "0", "1600x1000x24", "+extension", "GLX", "-nolisten", "tcp", "-noreset", nullptr);
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  std::string number;
  char c;
  pollfd ready{pipe_ends[0], POLLIN, 0};
  while (::poll(&ready, 1, 30000) > 0 && ::read(pipe_ends[0], &c, 1) == 1 && c != '\n') number += c;
  // The reading end stays open: Xvfb 21 ends itself when nobody listens.
  if (number.empty()) {
    std::fprintf(stderr, "SKIPPED: no DISPLAY and Xvfb did not start; install xvfb or run under xvfb-run.\n");
    std::fflush(nullptr);
    std::_Exit(77);
  }
  setenv("DISPLAY", (":" + number).c_str(), 1);
  std::atexit([] {
    ::kill(server, SIGTERM);
    ::waitpid(server, nullptr, 0);
  });
}

}  // namespace ot::test
