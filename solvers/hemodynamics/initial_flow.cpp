// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/initial_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/fem/amg.hpp"

namespace ot::hemo {
using core::Index;
using core::Vec3;

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
    return core::computation_failed(fmt::format("The pressure at the start could not be computed: relative residual {:.1e} after {} iterations (the mesh is probably badly shaped). Mesh the lumen again.",
                                                darcy.relative_residual, darcy.iterations));

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
