// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/initial_flow.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/fem/amg.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

void add_inflow(const FlowMesh& m, const Cap& cap, InletState& state) {
  for (Index f : cap.faces) {
    const core::Triangle& t3 = m.mesh.boundary[std::size_t(f)].nodes;
    const Vec3& x0 = m.mesh.nodes[std::size_t(t3[0])];
    const Vec3 area = 0.5 * (m.mesh.nodes[std::size_t(t3[1])] - x0).cross(m.mesh.nodes[std::size_t(t3[2])] - x0);
    double through[3], all = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double* u = &state.velocity[3 * std::size_t(t3[k])];
      through[k] = -(u[0] * area[0] + u[1] * area[1] + u[2] * area[2]);
      all += through[k];
    }
    for (std::size_t k = 0; k < 3; ++k) state.inflow[std::size_t(t3[k])] += (all + through[k]) / 12.0;
    state.rate += all / 3.0;
  }
}

bool developed_velocity(const FlowMesh& m, const InletState& inlet, std::vector<double>& velocity) {
  if (m.inlets.size() != 1) return false;
  const Cap& cap = m.inlets.front();
  const Vec3 n = cap.normal, a = n.unitOrthogonal(), b = n.cross(a);
  double volume = 0, reach = 0;
  for (const TetShape& s : m.shape) volume += double(s.volume);
  for (const Vec3& x : m.mesh.nodes) reach = std::max(reach, (cap.centre - x).dot(n));
  constexpr double straight = 0.01;  // share of the volume or radius by which a straight lumen may differ
  if (std::abs(volume / (cap.area_mm2 * reach) - 1) > straight) return false;
  // Faces of the cap in square bins of its plane.
  const double radius = cap.radius_mm(), slack = straight * radius;
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (Index i : cap.nodes) {
    const Vec3 d = m.mesh.nodes[std::size_t(i)] - cap.centre;
    low[0] = std::min(low[0], d.dot(a) - slack), high[0] = std::max(high[0], d.dot(a) + slack);
    low[1] = std::min(low[1], d.dot(b) - slack), high[1] = std::max(high[1], d.dot(b) + slack);
  }
  const int bins = std::clamp(int(std::sqrt(double(cap.faces.size()))), 1, 256);
  const auto bin = [&](double v, int c) { return std::clamp(int((v - low[c]) / (high[c] - low[c]) * bins), 0, bins - 1); };
  std::vector<std::vector<Index>> inside(std::size_t(bins) * std::size_t(bins));
  for (Index f : cap.faces) {
    int from[2] = {bins, bins}, to[2] = {-1, -1};
    for (Index i : m.mesh.boundary[std::size_t(f)].nodes) {
      const Vec3 d = m.mesh.nodes[std::size_t(i)] - cap.centre;
      for (int c = 0; c < 2; ++c)
        for (double s : {-slack, slack}) {
          const int k = bin(d.dot(c == 0 ? a : b) + s, c);
          from[c] = std::min(from[c], k), to[c] = std::max(to[c], k);
        }
    }
    for (int i = from[0]; i <= to[0]; ++i)
      for (int j = from[1]; j <= to[1]; ++j) inside[std::size_t(i * bins + j)].push_back(f);
  }
  std::vector<double> out = inlet.velocity;
  std::vector<std::uint8_t> missed(m.nodes(), 0);
  core::parallel_chunks(std::ptrdiff_t(m.nodes()), 1024, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const Vec3 d = m.mesh.nodes[std::size_t(i)] - cap.centre;
      const double x = d.dot(a), y = d.dot(b);
      double best = -INFINITY, w[3] = {0, 0, 0};
      core::Triangle t{0, 0, 0};
      for (Index f : inside[std::size_t(bin(x, 0) * bins + bin(y, 1))]) {
        const core::Triangle& q = m.mesh.boundary[std::size_t(f)].nodes;
        double p[3][2];
        for (std::size_t k = 0; k < 3; ++k) {
          const Vec3 v = m.mesh.nodes[std::size_t(q[k])] - cap.centre;
          p[k][0] = v.dot(a) - x, p[k][1] = v.dot(b) - y;
        }
        double s[3], sum = 0;
        for (int k = 0; k < 3; ++k) s[k] = p[(k + 1) % 3][0] * p[(k + 2) % 3][1] - p[(k + 1) % 3][1] * p[(k + 2) % 3][0], sum += s[k];
        const double lowest = std::min(s[0] / sum, std::min(s[1] / sum, s[2] / sum)) * std::sqrt(std::abs(sum));
        if (lowest > best) {
          best = lowest, t = q;
          for (int k = 0; k < 3; ++k) w[k] = s[k] / sum;
          if (lowest >= 0) break;
        }
      }
      if (best < -2 * slack) missed[std::size_t(i)] = 1;
      if (m.fixed[std::size_t(i)] || missed[std::size_t(i)]) continue;
      for (std::size_t c = 0; c < 3; ++c) {
        double v = 0;
        for (std::size_t k = 0; k < 3; ++k) v += w[k] * inlet.velocity[3 * std::size_t(t[k]) + c];
        out[std::size_t(3 * i) + c] = v;
      }
    }
  });
  if (std::any_of(missed.begin(), missed.end(), [](auto q) { return q != 0; })) return false;
  velocity = std::move(out);
  return true;
}

void inlet_state(const FlowMesh& m, const std::vector<InflowProfile>& profiles, double t, InletState& state) {
  state.velocity.assign(3 * m.nodes(), 0.0);
  state.inflow.assign(m.nodes(), 0.0);
  state.rate = 0;
  std::vector<double> speed;
  for (const InflowProfile& profile : profiles) {
    const Cap& cap = profile.cap();
    profile.speeds(t, speed);
    for (std::size_t k = 0; k < cap.nodes.size(); ++k)
      if (!m.wall[std::size_t(cap.nodes[k])])
        for (int c = 0; c < 3; ++c) state.velocity[3 * std::size_t(cap.nodes[k]) + std::size_t(c)] = -speed[k] * cap.normal[c];
    add_inflow(m, cap, state);
  }
}

core::Result<InitialFlow> initial_flow(const FlowMesh& m, const InletState& inlet, double mu, const std::vector<OutletLine>& outlets,
                                       const core::Progress& progress) {
  const std::size_t n = m.nodes();
  // 1. w: identity rows on the wall, natural on the caps.
  fem::CsrMatrix k = m.pattern;
  std::vector<double> b(n, 0.0), w(n, 0.0);
  core::parallel_chunks(std::ptrdiff_t(n), 1024, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const std::ptrdiff_t row = k.row_begin[std::size_t(i)];
      if (m.wall[std::size_t(i)]) {
        k.value[std::size_t(k.find(Index(i), Index(i)))] = m.lumped[std::size_t(i)] / std::cbrt(m.lumped[std::size_t(i)] * m.lumped[std::size_t(i)]);
        continue;
      }
      b[std::size_t(i)] = m.lumped[std::size_t(i)];
      for (std::ptrdiff_t q = m.around.begin[std::size_t(i)]; q < m.around.begin[std::size_t(i) + 1]; ++q) {
        const std::size_t e = std::size_t(m.around.tet[std::size_t(q)]);
        const TetShape& s = m.shape[e];
        double g[4][3];
        for (int c = 0; c < 3; ++c) {
          g[1][c] = s.g[0][c], g[2][c] = s.g[1][c], g[3][c] = s.g[2][c];
          g[0][c] = -(g[1][c] + g[2][c] + g[3][c]);
        }
        const double* gi = g[m.around.local[std::size_t(q)]];
        for (int j = 0; j < 4; ++j)
          if (!m.wall[std::size_t(m.mesh.tets[e][std::size_t(j)])])
            k.value[std::size_t(row + m.slot[std::size_t(q)][std::size_t(j)])] +=
                double(s.volume) * (gi[0] * g[j][0] + gi[1] * g[j][1] + gi[2] * g[j][2]);
      }
    }
  });
  const fem::SolveReport poisson = fem::conjugate_gradients(k, b, w, fem::jacobi(k), 1e-4, 3000);
  if (!poisson.converged)
    return core::computation_failed(fmt::format("The start of the flow could not be computed: relative residual {:.1e} after {} iterations (the mesh is probably badly shaped). Mesh the lumen again.",
                                                poisson.relative_residual, poisson.iterations));
  if (progress.cancelled()) return core::cancelled();
  k = fem::CsrMatrix{};

  // 2. Pressure. Tets with all nodes on the wall get the profile's value about one cell away.
  const TiedUnknowns tied = tie_outlets(m);
  std::vector<double> conductivity(m.tets());
  for (std::size_t e = 0; e < m.tets(); ++e) {
    double mean = 0;
    for (Index i : m.mesh.tets[e]) mean += 0.25 * w[std::size_t(i)];
    conductivity[e] = std::max(mean, double(m.edge[e]) * m.edge[e] / 16.0) / mu;
  }
  std::vector<double> diagonal, rhs(std::size_t(tied.count), 0.0), x(std::size_t(tied.count), 0.0);
  for (const OutletLine& o : outlets) diagonal.push_back(1.0 / o.impedance);
  const fem::CsrMatrix a = tied_stiffness(m, tied, conductivity, diagonal);
  double level = 0;
  for (std::size_t i = 0; i < n; ++i) rhs[std::size_t(tied.of_node[i])] += inlet.inflow[i];
  for (std::size_t o = 0; o < outlets.size(); ++o) {
    rhs[std::size_t(tied.outlet(o))] += outlets[o].history / outlets[o].impedance;
    level = std::max(level, outlets[o].history);
  }
  std::fill(x.begin(), x.end(), level);
  const fem::Amg amg(a);
  if (progress.cancelled()) return core::cancelled();
  const fem::SolveReport darcy = fem::amg_conjugate_gradients(a, amg, rhs, x, 1e-9, 300);
  if (!darcy.converged && !(darcy.relative_residual < 1e-4))
    return core::computation_failed(fmt::format("The pressure at the start could not be computed: relative residual {:.1e} after {} iterations (the mesh is badly shaped, or the largest outlet resistance of {:.3g} Pa s/mm3 is out of all "
                                                "proportion to the vessel). Check the resistances, else mesh the lumen again.",
                                                darcy.relative_residual, darcy.iterations, std::max_element(outlets.begin(), outlets.end(), [](const OutletLine& a, const OutletLine& b) { return a.impedance < b.impedance; })->impedance));

  // 3. Velocity at the nodes.
  InitialFlow flow;
  flow.pressure.resize(n);
  for (std::size_t i = 0; i < n; ++i) flow.pressure[i] = x[std::size_t(tied.of_node[i])];
  flow.velocity = inlet.velocity;
  core::parallel_chunks(std::ptrdiff_t(n), 1024, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      if (m.fixed[std::size_t(i)]) continue;
      double g[3] = {0, 0, 0};
      for (std::ptrdiff_t q = m.around.begin[std::size_t(i)]; q < m.around.begin[std::size_t(i) + 1]; ++q) {
        const std::size_t e = std::size_t(m.around.tet[std::size_t(q)]);
        const core::Tet& t = m.mesh.tets[e];
        const TetShape& s = m.shape[e];
        for (int j = 0; j < 3; ++j) {
          const double d = double(s.volume) * (flow.pressure[std::size_t(t[std::size_t(j) + 1])] - flow.pressure[std::size_t(t[0])]);
          for (int c = 0; c < 3; ++c) g[c] += d * double(s.g[j][c]);
        }
      }
      for (int c = 0; c < 3; ++c) flow.velocity[std::size_t(3 * i + c)] = -w[std::size_t(i)] / mu * 0.25 * g[c] / m.lumped[std::size_t(i)];
    }
  });
  for (std::size_t i = 0; i < n; ++i) {
    const double* u = &flow.velocity[3 * i];
    flow.peak_speed = std::max(flow.peak_speed, std::sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]));
  }
  for (std::size_t o = 0; o < outlets.size(); ++o)
    flow.outlet_flow.push_back((x[std::size_t(tied.outlet(o))] - outlets[o].history) / outlets[o].impedance);
  return flow;
}

}  // namespace ot::hemo
