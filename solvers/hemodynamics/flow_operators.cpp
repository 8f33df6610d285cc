// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/flow_operators.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

namespace {
constexpr double streamline_share = 0.25;  // of tau; flow-numerics.md, pitfall 3
constexpr double backflow_beta = 1.0;

// g[c][d] = d u_d / d x_c
void velocity_gradient(const core::Tet& t, const TetShape& s, const std::vector<double>& u, double g[3][3]) {
  for (int c = 0; c < 3; ++c)
    for (int d = 0; d < 3; ++d) g[c][d] = 0;
  const double* u0 = &u[3 * std::size_t(t[0])];
  for (std::size_t j = 0; j < 3; ++j) {
    const double* uj = &u[3 * std::size_t(t[j + 1])];
    for (int c = 0; c < 3; ++c)
      for (int d = 0; d < 3; ++d) g[c][d] += double(s.g[j][c]) * (uj[d] - u0[d]);
  }
}
}  // namespace

FlowOperators::FlowOperators(const FlowMesh& m, double nu, double peak_speed) : m_(m), nu_(nu), row_chunk_(m.row_chunk()), tet_chunk_(m.tet_chunk()) {
  tau_.resize(m.tets());
  element_.resize(m.tets());
  for (std::size_t e = 0; e < m.tets(); ++e) {
    const double h = m.edge[e], advective = 2 * peak_speed / h, viscous = 12 * nu / (h * h);
    tau_[e] = float(1.0 / std::sqrt(advective * advective + viscous * viscous));
  }
  a_ = m.pattern;
  b_.assign(3 * m.nodes(), 0.0);
  projected_.assign(6 * m.nodes(), 0.0);
  history_.assign(3 * m.nodes(), 0.0);
  backflow_.assign(m.nodes(), 0.0);
  mass_rate_.assign(m.pattern.col.size(), 0.0);
  viscous_.assign(m.pattern.col.size(), 0.0);
}

void FlowOperators::set_time_step(const std::vector<double>& dt) {
  OT_EXPECT(dt.size() == m_.tets());
  dt_ = dt;
  core::parallel_chunks(std::ptrdiff_t(m_.nodes()), row_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const std::ptrdiff_t row = m_.pattern.row_begin[std::size_t(i)];
      std::fill(mass_rate_.begin() + row, mass_rate_.begin() + m_.pattern.row_begin[std::size_t(i) + 1], 0.0);
      for (std::ptrdiff_t k = m_.around.begin[std::size_t(i)]; k < m_.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m_.around.tet[std::size_t(k)]);
        const int me = m_.around.local[std::size_t(k)];
        const double v = m_.shape[e].volume;
        for (int j = 0; j < 4; ++j) mass_rate_[std::size_t(row + m_.slot[std::size_t(k)][std::size_t(j)])] += v / dt_[e] * (j == me ? 0.1 : 0.05);
      }
    }
  });
  assemble_viscous();
}

void FlowOperators::assemble_viscous() {
  core::parallel_chunks(std::ptrdiff_t(m_.nodes()), row_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const std::ptrdiff_t row = m_.pattern.row_begin[std::size_t(i)];
      std::fill(viscous_.begin() + row, viscous_.begin() + m_.pattern.row_begin[std::size_t(i) + 1], 0.0);
      for (std::ptrdiff_t k = m_.around.begin[std::size_t(i)]; k < m_.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m_.around.tet[std::size_t(k)]);
        const int me = m_.around.local[std::size_t(k)];
        const TetShape& s = m_.shape[e];
        double g[4][3];
        for (int c = 0; c < 3; ++c) {
          g[1][c] = s.g[0][c], g[2][c] = s.g[1][c], g[3][c] = s.g[2][c];
          g[0][c] = -(g[1][c] + g[2][c] + g[3][c]);
        }
        const double w = viscosity(e) * double(s.volume);
        for (int j = 0; j < 4; ++j)
          viscous_[std::size_t(row + m_.slot[std::size_t(k)][std::size_t(j)])] += w * (g[me][0] * g[j][0] + g[me][1] * g[j][1] + g[me][2] * g[j][2]);
      }
    }
  });
}

void FlowOperators::set_viscosity(const Fluid& fluid, const std::vector<double>& u) {
  if (!fluid.carreau_yasuda) return;
  nu_of_.resize(m_.tets());
  core::parallel_chunks(std::ptrdiff_t(m_.tets()), tet_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      double g[3][3];
      velocity_gradient(m_.mesh.tets[std::size_t(i)], m_.shape[std::size_t(i)], u, g);
      double square = 0;  // 2 D:D
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) square += 0.5 * (g[a][b] + g[b][a]) * (g[a][b] + g[b][a]);
      nu_of_[std::size_t(i)] = float(fluid.viscosity_at(std::sqrt(square)) / fluid.density_g_per_mm3);
    }
  });
  assemble_viscous();
  // Transposed stress: -(nu grad N_i . grad u^T), plus its boundary part at the outlets, whose condition is on the pseudo-traction.
  transposed_.assign(3 * m_.nodes(), 0.0);
  core::parallel_chunks(std::ptrdiff_t(m_.nodes()), row_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      if (m_.fixed[std::size_t(i)]) continue;
      for (std::ptrdiff_t k = m_.around.begin[std::size_t(i)]; k < m_.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m_.around.tet[std::size_t(k)]);
        const TetShape& s = m_.shape[e];
        double g[3][3];
        velocity_gradient(m_.mesh.tets[e], s, u, g);
        const int me = m_.around.local[std::size_t(k)];
        double n[3];
        for (int c = 0; c < 3; ++c) n[c] = me == 0 ? -double(s.g[0][c] + s.g[1][c] + s.g[2][c]) : double(s.g[me - 1][c]);
        const double w = double(nu_of_[e]) * double(s.volume);
        for (int c = 0; c < 3; ++c)  // g[c][d] = d u_d / d x_c
          for (int d = 0; d < 3; ++d) transposed_[std::size_t(3 * i + c)] -= w * n[d] * g[c][d];
      }
    }
  });
  for (const Cap& cap : m_.outlets)
    for (Index f : cap.faces) {
      const core::BoundaryFace& face = m_.mesh.boundary[std::size_t(f)];
      const Vec3& x0 = m_.mesh.nodes[std::size_t(face.nodes[0])];
      const Vec3 area = 0.5 * (m_.mesh.nodes[std::size_t(face.nodes[1])] - x0).cross(m_.mesh.nodes[std::size_t(face.nodes[2])] - x0);
      double g[3][3];
      velocity_gradient(m_.mesh.tets[std::size_t(face.tet)], m_.shape[std::size_t(face.tet)], u, g);
      for (Index i : face.nodes)
        for (int c = 0; c < 3; ++c)
          for (int d = 0; d < 3; ++d) transposed_[3 * std::size_t(i) + std::size_t(c)] += double(nu_of_[std::size_t(face.tet)]) * area[d] * g[c][d] / 3.0;
    }
}

void FlowOperators::assemble_momentum(const TimeScheme& scheme, const std::vector<double>& u, const std::vector<double>& u_before,
                                      const std::vector<double>& advect, const std::vector<double>& pressure_star,
                                      const std::vector<double>& pressure, const std::vector<double>& given) {
  const std::ptrdiff_t n = std::ptrdiff_t(m_.nodes()), tets = std::ptrdiff_t(m_.tets());
  // 1. Elements: advecting velocity, its convective derivative, pressure gradients.
  std::vector<std::pair<float, Index>> fastest(std::size_t((tets + tet_chunk_ - 1) / tet_chunk_), {0.0f, 0});
  core::parallel_chunks(tets, tet_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    std::pair<float, Index> most{0.0f, Index(first)};
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const core::Tet& t = m_.mesh.tets[std::size_t(i)];
      const TetShape& s = m_.shape[std::size_t(i)];
      Element& el = element_[std::size_t(i)];
      const double *u0 = &advect[3 * std::size_t(t[0])], *u1 = &advect[3 * std::size_t(t[1])], *u2 = &advect[3 * std::size_t(t[2])],
                   *u3 = &advect[3 * std::size_t(t[3])];
      const double p0 = pressure_star[std::size_t(t[0])], q0 = pressure[std::size_t(t[0])];
      const double p1 = pressure_star[std::size_t(t[1])] - p0, p2 = pressure_star[std::size_t(t[2])] - p0, p3 = pressure_star[std::size_t(t[3])] - p0;
      const double q1 = pressure[std::size_t(t[1])] - q0, q2 = pressure[std::size_t(t[2])] - q0, q3 = pressure[std::size_t(t[3])] - q0;
      double a[3];
      for (int c = 0; c < 3; ++c) a[c] = 0.25 * (u0[c] + u1[c] + u2[c] + u3[c]);
      const double s1 = a[0] * s.g[0][0] + a[1] * s.g[0][1] + a[2] * s.g[0][2];
      const double s2 = a[0] * s.g[1][0] + a[1] * s.g[1][1] + a[2] * s.g[1][2];
      const double s3 = a[0] * s.g[2][0] + a[1] * s.g[2][1] + a[2] * s.g[2][2];
      const double v = s.volume, h = m_.edge[std::size_t(i)];
      const double speed = std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
      const double advective = 2 * speed / h, viscous = 12 * viscosity(std::size_t(i)) / (h * h);
      el.tau = float(streamline_share * v / std::sqrt(advective * advective + viscous * viscous));
      for (int c = 0; c < 3; ++c) {
        el.a[c] = float(a[c]);
        el.c[c] = float(v * (s1 * (u1[c] - u0[c]) + s2 * (u2[c] - u0[c]) + s3 * (u3[c] - u0[c])));
        el.r[c] = float(-0.25 * v * (p1 * s.g[0][c] + p2 * s.g[1][c] + p3 * s.g[2][c]));
        el.d[c] = float(v * (q1 * s.g[0][c] + q2 * s.g[1][c] + q3 * s.g[2][c]));
      }
      const float cfl = float(dt_[std::size_t(i)] * speed / h);
      if (!(cfl <= most.first)) most = {cfl, Index(i)};
    }
    fastest[std::size_t(first / tet_chunk_)] = most;
  });
  cfl_ = 0;
  for (const auto& [cfl, tet] : fastest)
    if (!(double(cfl) <= cfl_)) cfl_ = cfl, cfl_tet_ = tet;

  // 2. Nodes: lumped projections of both, and the history velocity.
  core::parallel_chunks(n, row_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      double s[6] = {0, 0, 0, 0, 0, 0};
      for (std::ptrdiff_t k = m_.around.begin[std::size_t(i)]; k < m_.around.begin[std::size_t(i) + 1]; ++k) {
        const Element& el = element_[std::size_t(m_.around.tet[std::size_t(k)])];
        for (int c = 0; c < 3; ++c) s[c] += double(el.c[c]), s[3 + c] += double(el.d[c]);
      }
      const double w = 0.25 / m_.lumped[std::size_t(i)];
      for (int c = 0; c < 6; ++c) projected_[std::size_t(6 * i + c)] = w * s[c];
      for (int c = 0; c < 3; ++c) {
        const std::size_t k = std::size_t(3 * i + c);
        history_[k] = scheme.a1 * u[k] - scheme.a2 * u_before[k];
      }
    }
  });

  // 3. Elements: what the node loops of both equations need.
  core::parallel_chunks(tets, tet_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const core::Tet& t = m_.mesh.tets[std::size_t(i)];
      Element& el = element_[std::size_t(i)];
      const double *q0 = &projected_[6 * std::size_t(t[0])], *q1 = &projected_[6 * std::size_t(t[1])],
                   *q2 = &projected_[6 * std::size_t(t[2])], *q3 = &projected_[6 * std::size_t(t[3])];
      const double v = m_.shape[std::size_t(i)].volume, tau = tau_[std::size_t(i)];
      for (int c = 0; c < 3; ++c) {
        el.c[c] = float(0.25 * double(el.tau) * (q0[c] + q1[c] + q2[c] + q3[c]));
        el.d[c] = float(tau * (double(el.d[c]) - 0.25 * v * (q0[3 + c] + q1[3 + c] + q2[3 + c] + q3[3 + c])));
      }
    }
  });

  // 4. Outlets: inward flow is met by a resistance against what differs from the incoming velocity (lumped on the face's nodes).
  for (const Cap& cap : m_.outlets) {
    for (Index i : cap.nodes) backflow_[std::size_t(i)] = 0;
    for (Index f : cap.faces) {
      const core::Triangle& t = m_.mesh.boundary[std::size_t(f)].nodes;
      const Vec3 &x0 = m_.mesh.nodes[std::size_t(t[0])], &x1 = m_.mesh.nodes[std::size_t(t[1])], &x2 = m_.mesh.nodes[std::size_t(t[2])];
      const Vec3 area = 0.5 * (x1 - x0).cross(x2 - x0);
      double out = 0;
      for (Index i : t)
        for (int c = 0; c < 3; ++c) out += advect[3 * std::size_t(i) + std::size_t(c)] * area[c] / 3.0;
      if (out < 0)
        for (Index i : t) backflow_[std::size_t(i)] -= backflow_beta * out / 3.0;
    }
  }

  // 5. Rows.
  core::parallel_chunks(n, row_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const std::ptrdiff_t row = m_.pattern.row_begin[std::size_t(i)], end = m_.pattern.row_begin[std::size_t(i) + 1];
      double* value = a_.value.data() + row;
      double* b = &b_[std::size_t(3 * i)];
      const Index* col = m_.pattern.col.data() + row;
      const std::ptrdiff_t width = end - row;
      if (m_.fixed[std::size_t(i)]) {
        for (std::ptrdiff_t k = 0; k < width; ++k) value[k] = col[k] == i ? 1.0 : 0.0;
        for (int c = 0; c < 3; ++c) b[c] = given[std::size_t(3 * i + c)];
        continue;
      }
      double r[3] = {0, 0, 0};
      std::ptrdiff_t diagonal = 0;
      for (std::ptrdiff_t k = 0; k < width; ++k) {
        const double m = mass_rate_[std::size_t(row + k)];
        value[k] = scheme.a0 * m + viscous_[std::size_t(row + k)];
        const double* h = &history_[3 * std::size_t(col[k])];
        r[0] += m * h[0], r[1] += m * h[1], r[2] += m * h[2];
        if (col[k] == i) diagonal = k;
      }
      const double* ui = &advect[std::size_t(3 * i)];
      for (std::ptrdiff_t k = m_.around.begin[std::size_t(i)]; k < m_.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m_.around.tet[std::size_t(k)]);
        const Element& el = element_[e];
        const TetShape& s = m_.shape[e];
        const double a[3] = {el.a[0], el.a[1], el.a[2]};
        const double v20 = 0.05 * double(s.volume);
        const int me = m_.around.local[std::size_t(k)];
        const double s1 = a[0] * s.g[0][0] + a[1] * s.g[0][1] + a[2] * s.g[0][2];
        const double s2 = a[0] * s.g[1][0] + a[1] * s.g[1][1] + a[2] * s.g[1][2];
        const double s3 = a[0] * s.g[2][0] + a[1] * s.g[2][1] + a[2] * s.g[2][2];
        const double all[4] = {-(s1 + s2 + s3), s1, s2, s3};
        const double mine = all[me], f = 4 * v20 + double(el.tau) * mine;
        // (v20 u_i + f a) . grad N_j
        const double w0 = v20 * ui[0], w1 = v20 * ui[1], w2 = v20 * ui[2];
        const double n1 = f * s1 + w0 * s.g[0][0] + w1 * s.g[0][1] + w2 * s.g[0][2];
        const double n2 = f * s2 + w0 * s.g[1][0] + w1 * s.g[1][1] + w2 * s.g[1][2];
        const double n3 = f * s3 + w0 * s.g[2][0] + w1 * s.g[2][1] + w2 * s.g[2][2];
        const auto& at = m_.slot[std::size_t(k)];
        value[at[0]] -= n1 + n2 + n3;
        value[at[1]] += n1;
        value[at[2]] += n2;
        value[at[3]] += n3;
        for (int c = 0; c < 3; ++c) r[c] += double(el.r[c]) + mine * double(el.c[c]);
      }
      if (!transposed_.empty())
        for (int c = 0; c < 3; ++c) r[c] += transposed_[std::size_t(3 * i + c)];
      if (m_.outlet_of[std::size_t(i)] >= 0) {
        value[diagonal] += backflow_[std::size_t(i)];
        if (!incoming_.empty())
          for (int c = 0; c < 3; ++c) r[c] += backflow_[std::size_t(i)] * incoming_[std::size_t(3 * i + c)];
      }
      const double scale = 1.0 / value[diagonal];
      for (std::ptrdiff_t k = 0; k < width; ++k) value[k] *= scale;
      for (int c = 0; c < 3; ++c) b[c] = scale * r[c];
    }
  });
}

core::Vec3 FlowOperators::reaction(const std::vector<std::uint8_t>& on_patch, const TimeScheme& scheme, const std::vector<double>& u, const std::vector<double>& before,
                                   const std::vector<double>& before2, const std::vector<double>& p) const {
  Vec3 sum = Vec3::Zero();
  for (std::size_t e = 0; e < m_.tets(); ++e) {
    const core::Tet& t = m_.mesh.tets[e];
    bool on[4], any = false;
    for (std::size_t j = 0; j < 4; ++j) on[j] = on_patch[std::size_t(t[j])] != 0, any = any || on[j];
    if (!any) continue;
    const TetShape& s = m_.shape[e];
    const double v = s.volume;
    double n[4][3], g[3][3], rate[4][3], mean[3] = {0, 0, 0}, pressure = 0, all[3] = {0, 0, 0}, tau_projected[3] = {0, 0, 0};
    for (int c = 0; c < 3; ++c) {
      n[1][c] = s.g[0][c], n[2][c] = s.g[1][c], n[3][c] = s.g[2][c];
      n[0][c] = -(n[1][c] + n[2][c] + n[3][c]);
    }
    velocity_gradient(t, s, u, g);
    for (std::size_t j = 0; j < 4; ++j) {
      pressure += 0.25 * p[std::size_t(t[j])];
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t k = 3 * std::size_t(t[j]) + c;
        double convective = 0;
        for (std::size_t d = 0; d < 3; ++d) convective += u[3 * std::size_t(t[j]) + d] * g[d][c];
        rate[j][c] = (scheme.a0 * u[k] - scheme.a1 * before[k] + scheme.a2 * before2[k]) / dt_[e] + convective;
        all[c] += rate[j][c];
        mean[c] += 0.25 * u[k];
        tau_projected[c] += 0.25 * projected_[6 * std::size_t(t[j]) + c];
      }
    }
    const double speed = std::sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]), h = m_.edge[e];
    const double advective = 2 * speed / h, viscous = 12 * viscosity(e) / (h * h);
    const double tau = streamline_share * v / std::sqrt(advective * advective + viscous * viscous);
    for (std::size_t j = 0; j < 4; ++j) {
      if (!on[j]) continue;
      const double along = mean[0] * n[j][0] + mean[1] * n[j][1] + mean[2] * n[j][2];
      for (std::size_t c = 0; c < 3; ++c) {
        double r = v * 0.05 * (all[c] + rate[j][c]) - v * pressure * n[j][c], convective = 0;
        for (std::size_t d = 0; d < 3; ++d) r += viscosity(e) * v * n[j][d] * (g[d][c] + (nu_of_.empty() ? 0.0 : g[c][d])), convective += mean[d] * g[d][c];
        r += tau * along * (convective - tau_projected[c]);
        sum[Eigen::Index(c)] -= r;
      }
    }
  }
  return sum;
}

void FlowOperators::divergence(const std::vector<double>& u, std::vector<double>& out) {
  core::parallel_chunks(std::ptrdiff_t(m_.tets()), tet_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const core::Tet& t = m_.mesh.tets[std::size_t(i)];
      Element& el = element_[std::size_t(i)];
      const double v = 0.25 * double(m_.shape[std::size_t(i)].volume);
      for (std::size_t c = 0; c < 3; ++c)
        el.c[c] = float(v * (u[3 * std::size_t(t[0]) + c] + u[3 * std::size_t(t[1]) + c] + u[3 * std::size_t(t[2]) + c] + u[3 * std::size_t(t[3]) + c]) -
                        double(el.d[c]));
    }
  });
  out.resize(m_.nodes());
  core::parallel_chunks(std::ptrdiff_t(m_.nodes()), row_chunk_, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      double sum = 0;
      for (std::ptrdiff_t k = m_.around.begin[std::size_t(i)]; k < m_.around.begin[std::size_t(i) + 1]; ++k) {
        const std::size_t e = std::size_t(m_.around.tet[std::size_t(k)]);
        const Element& el = element_[e];
        const TetShape& s = m_.shape[e];
        double d[3];
        for (int j = 0; j < 3; ++j) d[j] = double(el.c[0]) * s.g[j][0] + double(el.c[1]) * s.g[j][1] + double(el.c[2]) * s.g[j][2];
        const int me = m_.around.local[std::size_t(k)];
        sum += me == 0 ? -(d[0] + d[1] + d[2]) : d[me - 1];
      }
      out[std::size_t(i)] = sum;
    }
  });
}

}  // namespace ot::hemo
