// SPDX-License-Identifier: GPL-3.0-or-later
// Verification cases and benchmarks that the shipped program can run itself (`verify`, `bench`): explicit arrays, one file each.
// Rows are the contract of cli.md.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::verify {

struct Row {
  std::string name, quantity;
  double value = 0, reference = 0, tolerance = 0;
  bool relative = true;               // tolerance is relative to the reference, else absolute
  bool pass() const;                  // |value - reference| within tolerance; not finite = fails
  std::string source;
  double wall_s = 0;
  int threads = 1;
  bool quick = false;
};

struct Verification {
  std::string name;                   // "ep/slab-0.5-alternating"
  std::string summary, source;
  std::function<core::Result<std::vector<Row>>(bool quick, const core::Progress&)> run;
};

struct BenchRow {
  std::string name;
  std::vector<std::pair<std::string, double>> size;   // nodes, steps ...
  int threads = 1;
  double value = 0;
  std::string unit;
  double bound = 0;                   // same unit, from bytes and flops; 0 = not known
  std::string bound_reason, source;   // source: the verification that passes with these settings
  std::string settings = {};          // step, tolerances, precision, hash of the mesh
};

struct Benchmark {
  std::string name, summary, source;
  std::function<core::Result<std::vector<BenchRow>>(const core::Progress&)> run;
};

const std::vector<Verification>& builtin_verifications();
const std::vector<Benchmark>& builtin_benchmarks();
// Shell patterns: 'ep/*'.
bool matches(const std::string& name, const std::vector<std::string>& patterns);

}  // namespace ot::verify
