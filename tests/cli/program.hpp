// SPDX-License-Identifier: GPL-3.0-or-later
// Runs organtwin-cli as a user does: a child process with its own standard output and error.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ot::test {

struct Outcome {
  int code = -1;              // exit code; 128 + signal when a signal ended the program
  std::string out, err;
  double ended_after_s = 0;   // since the start, or since the signal for interrupt()
  nlohmann::json json() const;   // parses `out` as exactly one document; throws otherwise
};

struct Limits {
  long file_bytes = 0;        // RLIMIT_FSIZE with SIGXFSZ ignored: every write beyond fails with EFBIG; 0 = none
};

class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments, const Limits& limits = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  bool running();                      // false once it ended
  void signal(int number);             // starts the clock of `ended_after_s`
  Outcome wait(double timeout_s);      // kills it (code 137) when the time is over

 private:
  bool reap(int flags);
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::filesystem::path folder_;
  std::chrono::steady_clock::time_point clock_;
};

Outcome run(const std::vector<std::string>& arguments, const Limits& limits = {}, double timeout_s = 300);

// Every file below `folder` and its bytes (small cases only).
std::map<std::string, std::string> snapshot(const std::filesystem::path& folder);
void put(const std::filesystem::path& path, const std::string& bytes);

// Exactly one line of plain words: no second message, no trace of a crash. The empty string when it is so, else what is wrong.
std::string not_one_sentence(const std::string& err);

}  // namespace ot::test
