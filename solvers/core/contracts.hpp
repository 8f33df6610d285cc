// SPDX-License-Identifier: GPL-3.0-or-later
// Contracts: a broken one is our bug, never the user's. Caught only at the top of a thread.
#pragma once
#include <stdexcept>
#include <string>

namespace ot::core {

class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void contract_failed(const char* kind, const char* what, const char* file, int line) {
  throw ContractViolation(std::string(kind) + " failed: " + what + " (" + file + ":" + std::to_string(line) + ")");
}

}  // namespace ot::core

#define OT_EXPECT(condition) \
  ((condition) ? void(0) : ::ot::core::contract_failed("expectation", #condition, __FILE__, __LINE__))
#define OT_ENSURE(condition) \
  ((condition) ? void(0) : ::ot::core::contract_failed("guarantee", #condition, __FILE__, __LINE__))
