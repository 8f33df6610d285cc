// SPDX-License-Identifier: GPL-3.0-or-later
// LU of one small sparse matrix that is factorised many times with the same pattern and changing values.
// Model: rows and columns are scaled by powers of two, pivots chosen once by Markowitz cost among entries of at least a tenth of the
//   largest of their row (Duff, Erisman & Reid, Direct Methods for Sparse Matrices, 7.2); later factorisations reuse order and
//   fill-in and fall back to a new choice when a pivot becomes smaller than 1e-6 of its row.
// Cost: a tree of 200 vessels (about 1000 unknowns) has 4-5 entries per row of L and U: some 10 us per factorisation.
// Fails: factorise() returns false for a singular matrix. Threads: one object per thread.
#pragma once
#include <cstdint>
#include <vector>

namespace ot::hemo::lumped {

class SparseLu {
 public:
  // Entries (row, col) without duplicates; `values` of factorise() come in this order.
  void pattern(int n, const std::vector<int>& rows, const std::vector<int>& cols);
  bool factorise(const std::vector<double>& values);
  // x := A^-1 x
  void solve(std::vector<double>& x) const;
  long analyses() const { return analyses_; }
  long fill() const { return long(lower_col_.size() + upper_col_.size()); }

 private:
  bool analyse(const std::vector<double>& values);
  bool refactorise(const std::vector<double>& values);
  int n_ = 0;
  long analyses_ = 0;
  std::vector<int> rows_, cols_;
  std::vector<double> row_scale_, col_scale_;
  std::vector<int> row_at_, col_at_;            // [pivot step] original row and column
  std::vector<int> entry_begin_, entry_id_, entry_col_;  // entries of each pivot row, columns in pivot order
  std::vector<double> entry_scale_;
  std::vector<int> lower_begin_, lower_col_, upper_begin_, upper_col_;
  std::vector<double> lower_, upper_, inverse_pivot_;
  mutable std::vector<double> work_;
};

}  // namespace ot::hemo::lumped
