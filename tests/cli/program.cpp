// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ot::test {
namespace fs = std::filesystem;
namespace {

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

fs::path fresh_folder() {
  std::string pattern = (fs::temp_directory_path() / "organtwin-cli-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
  return pattern;
}

}  // namespace

nlohmann::json Outcome::json() const { return nlohmann::json::parse(out); }

Child::Child(const std::vector<std::string>& arguments, const Limits& limits) : folder_(fresh_folder()), clock_(std::chrono::steady_clock::now()) {
  std::vector<std::string> words{OT_CLI};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const std::string out = folder_ / "out", err = folder_ / "err";
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  const int to_out = ::open(out.c_str(), O_WRONLY | O_CREAT, 0600), to_err = ::open(err.c_str(), O_WRONLY | O_CREAT, 0600), from = ::open("/dev/null", O_RDONLY);
  ::dup2(from, 0), ::dup2(to_out, 1), ::dup2(to_err, 2);
  ::signal(SIGINT, SIG_DFL);
  if (limits.file_bytes > 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{static_cast<rlim_t>(limits.file_bytes), static_cast<rlim_t>(limits.file_bytes)};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Child::~Child() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    reap(0);
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

bool Child::reap(int flags) {
  if (!ended_ && ::waitpid(pid_, &status_, flags) == pid_) ended_ = true;
  return ended_;
}

bool Child::running() { return !reap(WNOHANG); }

void Child::signal(int number) {
  clock_ = std::chrono::steady_clock::now();
  ::kill(pid_, number);
}

Outcome Child::wait(double timeout_s) {
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - clock_).count(); };
  while (!reap(WNOHANG)) {
    if (elapsed() > timeout_s) {
      ::kill(pid_, SIGKILL);
      reap(0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Outcome outcome;
  outcome.ended_after_s = elapsed();
  outcome.code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  outcome.out = slurp(folder_ / "out");
  outcome.err = slurp(folder_ / "err");
  return outcome;
}

Outcome run(const std::vector<std::string>& arguments, const Limits& limits, double timeout_s) { return Child(arguments, limits).wait(timeout_s); }

std::map<std::string, std::string> snapshot(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = slurp(entry.path());
  return files;
}

void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string not_one_sentence(const std::string& err) {
  if (err.empty()) return "nothing on standard error";
  if (err.back() != '\n' || err.find('\n') != err.size() - 1) return "not exactly one line";
  if (err.size() < 20 || err.size() > 600) return fmt::format("{} characters", err.size());
  if (err[err.size() - 2] != '.' && err[err.size() - 2] != '\'') return "does not end like a sentence";
  for (const char* trace : {"terminate called", "what():", "Segmentation", "core dumped", "internal error", "itk::", "vtk", "std::", ".cxx", "json.exception", "0x"})
    if (err.find(trace) != std::string::npos) return std::string("smells of a trace: ") + trace;
  return "";
}

}  // namespace ot::test
