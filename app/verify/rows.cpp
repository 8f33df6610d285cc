// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {

bool Row::pass() const {
  const double allowed = relative ? tolerance * std::abs(reference) : tolerance;
  return std::isfinite(value) && std::abs(value - reference) <= allowed;
}

Row make_row(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, bool quick) {
  Row r;
  r.name = std::move(name);
  r.quantity = std::move(quantity);
  r.value = value;
  r.reference = reference;
  r.tolerance = tolerance;
  r.relative = false;
  r.source = std::move(source);
  r.quick = quick;
  r.threads = core::thread_count();
  return r;
}

Row timed_row(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, bool quick, std::chrono::steady_clock::time_point start) {
  Row r = make_row(std::move(name), std::move(quantity), value, reference, tolerance, std::move(source), quick);
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return r;
}

Row with_settings(Row row, const std::string& settings) {
  row.source += "; settings: " + settings;
  return row;
}

void RowTable::add(const std::string& quantity, double value, double reference, double tolerance, const std::string& source) {
  rows.push_back(timed_row(name, quantity, value, reference, tolerance, source, quick, start));
  start = std::chrono::steady_clock::now();
}

void RowTable::add_relative(const std::string& quantity, double value, double reference, double tolerance, const std::string& source) {
  add(quantity, value, reference, tolerance, source);
  rows.back().relative = true;
}

}  // namespace ot::verify
