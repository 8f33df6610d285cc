// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/recorded/fibres_in.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "solvers/electrophysiology/recorded/delimited.hpp"

namespace ot::ep {

using core::bad_input;
using core::Vec3;

core::Result<TakenFibres> taken_fibres(std::vector<Vec3> f, std::vector<Vec3> s, const std::string& source) {
  if (f.empty() || (!s.empty() && s.size() != f.size())) return bad_input(fmt::format("{} holds {} fibres and {} sheets (they do not belong together). Export them again.", source, f.size(), s.size()));
  auto out = std::make_shared<FibreField>();
  std::size_t zero = 0, no_sheet = 0, bent = 0;
  Vec3 last(1, 0, 0);
  for (std::size_t t = 0; t < f.size(); ++t) {
    if (!f[t].allFinite() || (!s.empty() && !s[t].allFinite())) return bad_input(fmt::format("{}: the fibre of tetrahedron {} is not a number. Export the fibres again.", source, t));
    const double length = f[t].norm();
    if (length < 1e-6) ++zero, f[t] = last;   // neighbours in the file are mostly neighbours in the mesh
    else f[t] /= length;
    last = f[t];
    Vec3 sheet = s.empty() ? Vec3(0, 0, 0) : s[t];
    bool square = true;
    if (sheet.norm() > 1e-6) {
      sheet.normalize();
      square = std::abs(sheet.dot(f[t])) <= 0.05;   // 3 degrees off the right angle
    }
    sheet -= sheet.dot(f[t]) * f[t];
    if (sheet.norm() < 1e-3) ++no_sheet, sheet = f[t].unitOrthogonal();
    else if (!square) ++bent;
    out->f.push_back(f[t]);
    out->s.push_back(sheet.normalized());
  }
  if (double(zero) > 0.01 * double(f.size())) return bad_input(fmt::format("{}: {} of {} tetrahedra have no fibre (conduction there would be a guess). Complete the fibres, or build without them.", source, zero, f.size()));
  TakenFibres taken;
  if (zero) taken.completed += fmt::format("{} tetrahedra without a fibre took that of the one before. ", zero);
  if (no_sheet == f.size() && !s.empty()) taken.completed += "The sheet directions of the file are zero or run along the fibre: any direction across it was taken. ";
  else if (no_sheet == f.size()) taken.completed += "The file has no sheet directions: any direction across the fibre was taken. ";
  else if (no_sheet) taken.completed += fmt::format("{} sheet directions were missing or along the fibre and were replaced. ", no_sheet);
  if (bent) taken.completed += fmt::format("{} sheet directions were not square to the fibre and were turned. ", bent);
  if (!taken.completed.empty()) taken.completed.pop_back();
  taken.field = std::move(out);
  return taken;
}

core::Result<LonVectors> parse_lon(std::string_view text) {
  auto table = read_delimited(text);
  // A first line with one number makes the table one column wide: skip it and read again.
  if (text.find('\n') != std::string_view::npos) {
    const std::string first = trim(text.substr(0, text.find('\n')));
    double v = 0;
    if (read_number(first, false, v)) table = read_delimited(text.substr(text.find('\n') + 1));
  }
  if (!table) return core::pass(table);
  if (table->columns != 3 && table->columns != 6) return bad_input(fmt::format("The fibre file has {} numbers a line (one or two vectors are 3 or 6). Export the fibres again.", table->columns));
  LonVectors out;
  for (std::size_t r = 0; r < table->rows; ++r) {
    const double* v = &table->values[r * table->columns];
    out.f.emplace_back(v[0], v[1], v[2]);
    if (table->columns == 6) out.s.emplace_back(v[3], v[4], v[5]);
  }
  return out;
}

std::vector<Vec3> axes_of_tets(const core::TetMesh& mesh, const std::vector<Vec3>& at_nodes) {
  std::vector<Vec3> out;
  out.reserve(mesh.tets.size());
  for (const auto& t : mesh.tets) {
    core::Mat3 sum = core::Mat3::Zero();
    for (core::Index n : t) sum += at_nodes[std::size_t(n)] * at_nodes[std::size_t(n)].transpose();
    if (!(sum.trace() > 1e-12)) {
      out.emplace_back(0, 0, 0);
      continue;
    }
    const Eigen::SelfAdjointEigenSolver<core::Mat3> solver(sum);
    out.push_back(solver.eigenvectors().col(2));
  }
  return out;
}

}  // namespace ot::ep
