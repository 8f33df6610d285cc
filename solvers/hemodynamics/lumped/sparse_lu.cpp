// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/lumped/sparse_lu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "solvers/core/contracts.hpp"

namespace ot::hemo::lumped {

void SparseLu::pattern(int n, const std::vector<int>& rows, const std::vector<int>& cols) {
  OT_EXPECT(rows.size() == cols.size());
  n_ = n;
  rows_ = rows;
  cols_ = cols;
  row_at_.clear();
  work_.assign(std::size_t(n), 0.0);
}

bool SparseLu::factorise(const std::vector<double>& values) {
  OT_EXPECT(values.size() == rows_.size());
  if (!row_at_.empty() && refactorise(values)) return true;
  return analyse(values) && refactorise(values);
}

bool SparseLu::analyse(const std::vector<double>& values) {
  ++analyses_;
  const std::size_t n = std::size_t(n_);
  row_at_.clear();
  row_scale_.assign(n, 1.0);
  col_scale_.assign(n, 1.0);
  for (int round = 0; round < 4; ++round) {  // equilibrate: largest entry of every row and column near one
    std::vector<double> row_max(n, 0.0), col_max(n, 0.0);
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double a = std::abs(values[k]) * row_scale_[std::size_t(rows_[k])] * col_scale_[std::size_t(cols_[k])];
      if (!std::isfinite(a)) return false;
      row_max[std::size_t(rows_[k])] = std::max(row_max[std::size_t(rows_[k])], a);
      col_max[std::size_t(cols_[k])] = std::max(col_max[std::size_t(cols_[k])], a);
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!(row_max[i] > 0) || !(col_max[i] > 0)) return false;
      row_scale_[i] *= std::exp2(-std::round(0.5 * std::log2(row_max[i])));
      col_scale_[i] *= std::exp2(-std::round(0.5 * std::log2(col_max[i])));
    }
  }
  struct Cell {
    int col;
    double value;
  };
  std::vector<std::vector<Cell>> active(n);
  std::vector<std::set<int>> column(n);  // rows of the active part with an entry in the column
  for (std::size_t k = 0; k < values.size(); ++k) {
    active[std::size_t(rows_[k])].push_back({cols_[k], values[k] * row_scale_[std::size_t(rows_[k])] * col_scale_[std::size_t(cols_[k])]});
    column[std::size_t(cols_[k])].insert(rows_[k]);
  }
  std::vector<int> row_order, col_order, open(n);
  for (std::size_t i = 0; i < n; ++i) open[i] = int(i);
  std::vector<std::vector<int>> upper_cols(n), lower_steps(n);  // by original row: columns of U, pivot steps in L
  std::size_t from = 0;
  std::vector<int> place(n, -1);
  while (!open.empty()) {
    long best = std::numeric_limits<long>::max();
    std::size_t best_at = 0;
    int best_col = -1;
    double best_value = 0;
    for (std::size_t step = 0; step < open.size() && best > 0; ++step) {
      const std::size_t at = (from + step) % open.size();
      const auto& row = active[std::size_t(open[at])];
      if (best_col >= 0 && long(row.size()) - 1 > best) continue;
      double largest = 0;
      for (const Cell& c : row) largest = std::max(largest, std::abs(c.value));
      for (const Cell& c : row) {
        if (!(std::abs(c.value) >= 0.1 * largest) || c.value == 0) continue;
        const long cost = (long(row.size()) - 1) * (long(column[std::size_t(c.col)].size()) - 1);
        if (cost < best || (cost == best && std::abs(c.value) > best_value)) best = cost, best_at = at, best_col = c.col, best_value = std::abs(c.value);
      }
    }
    if (best_col < 0) return false;
    const int pivot_row = open[best_at];
    from = best_at;
    open.erase(open.begin() + std::ptrdiff_t(best_at));
    if (open.empty()) from = 0;
    else from %= open.size();
    const int step = int(row_order.size());
    row_order.push_back(pivot_row);
    col_order.push_back(best_col);
    double pivot = 0;
    for (const Cell& c : active[std::size_t(pivot_row)]) {
      column[std::size_t(c.col)].erase(pivot_row);
      if (c.col == best_col) pivot = c.value;
      else upper_cols[std::size_t(pivot_row)].push_back(c.col);
    }
    for (const int r : column[std::size_t(best_col)]) {
      auto& row = active[std::size_t(r)];
      double factor = 0;
      for (std::size_t k = 0; k < row.size(); ++k)
        if (row[k].col == best_col) {
          factor = row[k].value / pivot;
          row[k] = row.back();
          row.pop_back();
          break;
        }
      lower_steps[std::size_t(r)].push_back(step);
      for (std::size_t k = 0; k < row.size(); ++k) place[std::size_t(row[k].col)] = int(k);
      for (const Cell& c : active[std::size_t(pivot_row)]) {
        if (c.col == best_col) continue;
        if (place[std::size_t(c.col)] >= 0) {
          row[std::size_t(place[std::size_t(c.col)])].value -= factor * c.value;
        } else {
          row.push_back({c.col, -factor * c.value});
          column[std::size_t(c.col)].insert(r);
          place[std::size_t(c.col)] = int(row.size()) - 1;
        }
      }
      for (const Cell& c : row) place[std::size_t(c.col)] = -1;
    }
    column[std::size_t(best_col)].clear();
  }
  std::vector<int> row_step(n), col_step(n);
  for (std::size_t s = 0; s < n; ++s) row_step[std::size_t(row_order[s])] = int(s), col_step[std::size_t(col_order[s])] = int(s);
  lower_begin_.assign(1, 0);
  upper_begin_.assign(1, 0);
  lower_col_.clear();
  upper_col_.clear();
  for (std::size_t s = 0; s < n; ++s) {
    const std::size_t r = std::size_t(row_order[s]);
    std::sort(lower_steps[r].begin(), lower_steps[r].end());
    lower_col_.insert(lower_col_.end(), lower_steps[r].begin(), lower_steps[r].end());
    lower_begin_.push_back(int(lower_col_.size()));
    for (int& c : upper_cols[r]) c = col_step[std::size_t(c)];
    std::sort(upper_cols[r].begin(), upper_cols[r].end());
    upper_col_.insert(upper_col_.end(), upper_cols[r].begin(), upper_cols[r].end());
    upper_begin_.push_back(int(upper_col_.size()));
  }
  lower_.assign(lower_col_.size(), 0.0);
  upper_.assign(upper_col_.size(), 0.0);
  inverse_pivot_.assign(n, 0.0);
  std::vector<std::vector<int>> of_row(n);
  for (std::size_t k = 0; k < rows_.size(); ++k) of_row[std::size_t(row_step[std::size_t(rows_[k])])].push_back(int(k));
  entry_begin_.assign(1, 0);
  entry_id_.clear();
  entry_col_.clear();
  entry_scale_.clear();
  for (std::size_t s = 0; s < n; ++s) {
    for (const int k : of_row[s]) {
      entry_id_.push_back(k);
      entry_col_.push_back(col_step[std::size_t(cols_[std::size_t(k)])]);
      entry_scale_.push_back(row_scale_[std::size_t(rows_[std::size_t(k)])] * col_scale_[std::size_t(cols_[std::size_t(k)])]);
    }
    entry_begin_.push_back(int(entry_id_.size()));
  }
  row_at_ = std::move(row_order);
  col_at_ = std::move(col_order);
  return true;
}

bool SparseLu::refactorise(const std::vector<double>& values) {
  double* w = work_.data();
  for (int s = 0; s < n_; ++s) {
    // Positions of the row's pattern are zeroed as they are gathered, so the work row is clean on entry.
    for (int k = entry_begin_[std::size_t(s)]; k < entry_begin_[std::size_t(s) + 1]; ++k)
      w[entry_col_[std::size_t(k)]] = values[std::size_t(entry_id_[std::size_t(k)])] * entry_scale_[std::size_t(k)];
    for (int k = lower_begin_[std::size_t(s)]; k < lower_begin_[std::size_t(s) + 1]; ++k) {
      const int p = lower_col_[std::size_t(k)];
      const double factor = w[p] * inverse_pivot_[std::size_t(p)];
      w[p] = 0;
      lower_[std::size_t(k)] = factor;
      if (factor == 0) continue;
      for (int u = upper_begin_[std::size_t(p)]; u < upper_begin_[std::size_t(p) + 1]; ++u) w[upper_col_[std::size_t(u)]] -= factor * upper_[std::size_t(u)];
    }
    const double pivot = w[s];
    w[s] = 0;
    double largest = std::abs(pivot);
    for (int u = upper_begin_[std::size_t(s)]; u < upper_begin_[std::size_t(s) + 1]; ++u) {
      double& x = w[upper_col_[std::size_t(u)]];
      upper_[std::size_t(u)] = x;
      largest = std::max(largest, std::abs(x));
      x = 0;
    }
    if (!(std::abs(pivot) > 1e-6 * largest) || !std::isfinite(largest)) {
      std::fill(work_.begin(), work_.end(), 0.0);
      row_at_.clear();
      return false;
    }
    inverse_pivot_[std::size_t(s)] = 1.0 / pivot;
  }
  return true;
}

void SparseLu::solve(std::vector<double>& x) const {
  OT_EXPECT(x.size() == std::size_t(n_) && row_at_.size() == x.size());
  double* w = work_.data();
  for (int s = 0; s < n_; ++s) {
    double sum = x[std::size_t(row_at_[std::size_t(s)])] * row_scale_[std::size_t(row_at_[std::size_t(s)])];
    for (int k = lower_begin_[std::size_t(s)]; k < lower_begin_[std::size_t(s) + 1]; ++k) sum -= lower_[std::size_t(k)] * w[lower_col_[std::size_t(k)]];
    w[s] = sum;
  }
  for (int s = n_ - 1; s >= 0; --s) {
    double sum = w[s];
    for (int u = upper_begin_[std::size_t(s)]; u < upper_begin_[std::size_t(s) + 1]; ++u) sum -= upper_[std::size_t(u)] * w[upper_col_[std::size_t(u)]];
    w[s] = sum * inverse_pivot_[std::size_t(s)];
  }
  for (int s = 0; s < n_; ++s) {
    x[std::size_t(col_at_[std::size_t(s)])] = w[s] * col_scale_[std::size_t(col_at_[std::size_t(s)])];
    w[s] = 0;
  }
}

}  // namespace ot::hemo::lumped
