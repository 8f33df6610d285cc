// SPDX-License-Identifier: GPL-3.0-or-later
// The one way a failure of the world (files, input, divergence, cancel) travels: Result<T>.
// Our own bugs travel as ContractViolation (contracts.hpp) instead.
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ot::core {

// Each code maps to one exit code of the command line (architecture.md, cli.md).
enum class ErrorCode {
  computation_failed,  // diverged, a check failed            -> exit 1
  wrong_usage,         // the call itself makes no sense      -> exit 2
  bad_input,           // unreadable, implausible, missing    -> exit 3
  cancelled,           // Ctrl-C, SIGTERM, a cancel button    -> exit 4
};

// A message reads "what failed (why it matters). What to try."
struct Error {
  ErrorCode code = ErrorCode::computation_failed;
  std::string message;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}
};

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> bad_input(std::string message) { return fail(ErrorCode::bad_input, std::move(message)); }
inline tl::unexpected<Error> wrong_usage(std::string message) { return fail(ErrorCode::wrong_usage, std::move(message)); }
inline tl::unexpected<Error> computation_failed(std::string message) {
  return fail(ErrorCode::computation_failed, std::move(message));
}
inline tl::unexpected<Error> cancelled() { return fail(ErrorCode::cancelled, "Cancelled. Nothing was changed."); }

// Hand on the error of another Result of any type:  if (!mesh) return pass(mesh);
template <class T>
tl::unexpected<Error> pass(const Result<T>& failed) {
  return tl::unexpected<Error>(failed.error());
}

inline int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::computation_failed: return 1;
    case ErrorCode::wrong_usage: return 2;
    case ErrorCode::bad_input: return 3;
    case ErrorCode::cancelled: return 4;
  }
  return 1;
}

}  // namespace ot::core
