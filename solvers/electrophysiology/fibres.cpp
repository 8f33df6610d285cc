// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/fibres.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <memory>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;
using Fixed = std::vector<std::pair<Index, double>>;

// Nodes of all patches whose name starts with `prefix`, ascending.
std::vector<char> patch_nodes(const core::TetMesh& mesh, const std::string& prefix) {
  std::vector<char> on(mesh.nodes.size(), 0);
  const auto values = mesh.patch_values(prefix);
  for (const auto& f : mesh.boundary)
    if (std::find(values.begin(), values.end(), f.patch) != values.end())
      for (Index n : f.nodes) on[n] = 1;
  return on;
}

bool any(const std::vector<char>& on) { return std::find(on.begin(), on.end(), 1) != on.end(); }

// Gradient of a nodal field per tet after one volume-weighted average over the stars of its nodes.
std::vector<Vec3> smooth_gradient(const core::TetMesh& mesh, const fem::NodeTets& around, const fem::TetGeometry& geometry,
                                  const std::vector<double>& u) {
  const std::ptrdiff_t nt = std::ptrdiff_t(mesh.tets.size()), nn = std::ptrdiff_t(mesh.nodes.size());
  std::vector<Vec3> raw(mesh.tets.size()), node(mesh.nodes.size()), out(mesh.tets.size());
  core::parallel_chunks(nt, 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t t = b; t < e; ++t) {
      Vec3 g = Vec3::Zero();
      for (int k = 0; k < 4; ++k) g += u[mesh.tets[t][k]] * geometry.gradient[t][k];
      raw[t] = g;
    }
  });
  core::parallel_chunks(nn, 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t n = b; n < e; ++n) {
      Vec3 g = Vec3::Zero();
      double volume = 0;
      for (std::ptrdiff_t k = around.begin[n]; k < around.begin[n + 1]; ++k) {
        g += geometry.volume[around.tet[k]] * raw[around.tet[k]];
        volume += geometry.volume[around.tet[k]];
      }
      node[n] = volume > 0 ? Vec3(g / volume) : g;
    }
  });
  core::parallel_chunks(nt, 4096, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t t = b; t < e; ++t) {
      out[t] = Vec3::Zero();
      for (int k = 0; k < 4; ++k) out[t] += 0.25 * node[mesh.tets[t][k]];
    }
  });
  return out;
}

// Columns: along the wall across the long axis, towards the base, through the wall.
bool axis(const Vec3& up, const Vec3& through, Mat3& q) {
  const double scale_up = up.norm(), scale_through = through.norm();
  if (!(scale_up > 1e-12) || !(scale_through > 1e-12)) return false;
  const Vec3 e1 = up / scale_up;
  const Vec3 across = through / scale_through - e1 * e1.dot(through / scale_through);
  if (!(across.norm() > 1e-6)) return false;
  q.col(1) = e1;
  q.col(2) = across.normalized();
  q.col(0) = q.col(1).cross(q.col(2));
  return true;
}

// Turns the frame by alpha about the transmural axis, then by beta about the fibre.
Mat3 orient(const Mat3& q, double alpha, double beta) {
  const double d = M_PI / 180.0;
  Mat3 a, b;
  a << std::cos(alpha * d), -std::sin(alpha * d), 0, std::sin(alpha * d), std::cos(alpha * d), 0, 0, 0, 1;
  b << 1, 0, 0, 0, std::cos(beta * d), std::sin(beta * d), 0, -std::sin(beta * d), std::cos(beta * d);
  return q * a * b;
}

// Spherical interpolation between frames whose axes have no sign: of the four equivalent rotations the nearest is taken.
Mat3 bislerp(const Mat3& from, const Mat3& to, double share) {
  const Eigen::Quaterniond a(from), b(to);
  const Eigen::Quaterniond turns[4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
  Eigen::Quaterniond best = a;
  double closest = -1;
  for (const auto& turn : turns) {
    const Eigen::Quaterniond q = a * turn;
    const double c = std::abs(q.dot(b));
    if (c > closest + 1e-12) {
      closest = c;
      best = q;
    }
  }
  return best.slerp(share, b).normalized().toRotationMatrix();   // Eigen takes the shorter of q and -q
}

core::Result<std::vector<double>> distance_from(const Eikonal& eikonal, const std::vector<char>& on, const core::Progress& progress) {
  std::vector<EikonalSource> sources;
  for (std::size_t n = 0; n < on.size(); ++n)
    if (on[n]) sources.push_back({Index(n), 0.0});
  return eikonal.solve(sources, {}, progress);
}

}  // namespace

FibreAngles bayer_2012() { return {40, -50, -65, 25, DepthLaw::as_published}; }

core::Result<VentricularCoordinates> ventricular_coordinates(const core::TetMesh& mesh, const core::Progress& progress) {
  VentricularCoordinates c;
  const auto lv = patch_nodes(mesh, "endocardium_lv"), rv = patch_nodes(mesh, "endocardium_rv"), epi = patch_nodes(mesh, "epicardium"),
             base = patch_nodes(mesh, "base");
  for (const auto& [name, on] : {std::pair{"endocardium_lv", &lv}, {"epicardium", &epi}, {"base", &base}})
    if (!any(*on))
      return core::bad_input(fmt::format("The heart mesh has no surface named {} (fibres follow from the wall's surfaces). Mesh the labels again or name the patch.", name));
  c.has_rv = any(rv);
  const std::size_t nn = mesh.nodes.size();

  // Isotropic unit speed turns the eikonal solver into a distance.
  auto shared = std::shared_ptr<const core::TetMesh>(&mesh, [](const core::TetMesh*) {});
  auto frame = std::make_shared<FibreField>();
  frame->f.assign(mesh.tets.size(), Vec3(1, 0, 0));
  frame->s.assign(mesh.tets.size(), Vec3(0, 1, 0));
  auto eikonal = Eikonal::make(shared, frame, Vec3(1, 1, 1));
  if (!eikonal) return core::pass(eikonal);
  auto from_base = distance_from(*eikonal, base, progress.part(0.0, 0.1));
  if (!from_base) return core::pass(from_base);
  // The apex: epicardial node farthest from the centre of the base along its mean normal (the LV's, when regions tell it).
  Vec3 centre = Vec3::Zero(), normal = Vec3::Zero();
  double area = 0;
  const auto base_values = mesh.patch_values("base");
  for (const auto& f : mesh.boundary) {
    if (std::find(base_values.begin(), base_values.end(), f.patch) == base_values.end()) continue;
    const Vec3 &p = mesh.nodes[f.nodes[0]], &q = mesh.nodes[f.nodes[1]], &r = mesh.nodes[f.nodes[2]];
    const Vec3 a = 0.5 * (q - p).cross(r - p);
    normal += a;
    centre += a.norm() * (p + q + r) / 3.0;
    area += a.norm();
  }
  centre /= std::max(area, 1e-12);
  if (!(normal.norm() > 1e-6 * area))
    return core::bad_input("The base of the heart mesh has no direction (the apex cannot be found). Cut the base by a plane again.");
  normal.normalize();
  std::vector<char> lv_node(nn, c.has_rv ? 0 : 1);
  bool regions = false;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto it = mesh.region_names.find(mesh.region.empty() ? 0 : mesh.region[t]);
    if (it == mesh.region_names.end() || it->second.rfind("lv", 0) != 0) continue;
    regions = true;
    for (Index n : mesh.tets[t]) lv_node[n] = 1;
  }
  double farthest = -1e300;
  for (std::size_t n = 0; n < nn; ++n) {
    if (!epi[n] || (regions && !lv_node[n])) continue;
    const double depth = -normal.dot(mesh.nodes[n] - centre);
    if (depth > farthest) {
      farthest = depth;
      c.apex = Index(n);
    }
  }
  if (c.apex < 0) return core::bad_input("The heart mesh has no epicardial node on the left ventricle (the apex cannot be found). Check the patches.");
  std::vector<char> apex(nn, 0);
  apex[c.apex] = 1;
  auto from_apex = distance_from(*eikonal, apex, progress.part(0.1, 0.2));
  if (!from_apex) return core::pass(from_apex);
  c.apicobasal.resize(nn);
  for (std::size_t n = 0; n < nn; ++n) {
    const double sum = (*from_apex)[n] + (*from_base)[n];
    if (!std::isfinite(sum)) return core::bad_input("A part of the heart mesh is not connected to its base (no coordinates there). Keep the largest part only.");
    c.apicobasal[n] = sum > 0 ? (*from_apex)[n] / sum : 0.0;
  }

  // The apical condition of psi is a cap of two mean edges: a single node would be a point singularity.
  const double cap = std::max(2.0 * eikonal->mean_edge_mm(), 2.0);
  Fixed psi, on_epi, on_lv, on_rv;
  for (std::size_t n = 0; n < nn; ++n) {
    const Index i = Index(n);
    if (base[n]) psi.emplace_back(i, 1.0);
    else if (epi[n] && (*from_apex)[n] <= cap) psi.emplace_back(i, 0.0);
    // Nodes shared by two surfaces (rim at the base): the endocardium wins.
    if (lv[n] || rv[n] || epi[n]) {
      on_epi.emplace_back(i, !lv[n] && !rv[n] ? 1.0 : 0.0);
      on_lv.emplace_back(i, lv[n] ? 1.0 : 0.0);
      on_rv.emplace_back(i, rv[n] && !lv[n] ? 1.0 : 0.0);
    }
  }
  auto solve = [&](const Fixed& fixed, double from, double to) { return fem::solve_laplace(mesh, {}, fixed, progress.part(from, to)); };
  auto a = solve(psi, 0.2, 0.45);
  if (!a) return core::pass(a);
  auto b = solve(on_epi, 0.45, 0.65);
  if (!b) return core::pass(b);
  auto l = solve(on_lv, 0.65, 0.85);
  if (!l) return core::pass(l);
  c.psi = std::move(*a);
  c.transmural = std::move(*b);
  c.phi_lv = std::move(*l);
  c.phi_rv.assign(nn, 0.0);
  auto unit = [](std::vector<double>& u) {
    for (double& x : u) x = std::clamp(x, 0.0, 1.0);
  };
  for (auto* u : {&c.psi, &c.transmural, &c.phi_lv}) unit(*u);
  if (c.has_rv)   // the three fields add up to 1: same equation, boundary values add up to 1
    for (std::size_t n = 0; n < nn; ++n) c.phi_rv[n] = std::clamp(1.0 - c.transmural[n] - c.phi_lv[n], 0.0, 1.0);

  const fem::NodeTets around = fem::node_tets(mesh);
  const fem::TetGeometry geometry = fem::tet_geometry(mesh);
  c.grad_psi = smooth_gradient(mesh, around, geometry, c.psi);
  c.grad_epi = smooth_gradient(mesh, around, geometry, c.transmural);
  c.grad_lv = smooth_gradient(mesh, around, geometry, c.phi_lv);
  c.grad_rv = smooth_gradient(mesh, around, geometry, c.phi_rv);
  progress.report(1.0, "fibres");
  return c;
}

core::Result<FibreField> rule_based_fibres(const core::TetMesh& mesh, const VentricularCoordinates& c, const FibreAngles& angles) {
  const std::size_t nt = mesh.tets.size();
  OT_EXPECT(c.transmural.size() == mesh.nodes.size() && c.grad_psi.size() == nt);
  for (double a : {angles.alpha_endo, angles.alpha_epi, angles.beta_endo, angles.beta_epi})
    if (!(std::abs(a) <= 90)) return core::bad_input(fmt::format("Fibre angle {} degrees is outside -90..90. Choose angles within this range.", a));
  FibreField field;
  field.f.resize(nt);
  field.s.resize(nt);
  std::vector<char> known(nt, 0);
  core::parallel_chunks(std::ptrdiff_t(nt), 2048, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t t = begin; t < end; ++t) {
      double epi = 0, lv = 0, rv = 0;
      for (Index n : mesh.tets[t]) {
        epi += 0.25 * c.transmural[n];
        lv += 0.25 * c.phi_lv[n];
        rv += 0.25 * c.phi_rv[n];
      }
      const double d = lv + rv > 1e-9 ? rv / (lv + rv) : 0.0;
      const bool linear = angles.depth == DepthLaw::linear;
      const double alpha_w = angles.alpha_endo * (1 - epi) + angles.alpha_epi * epi;
      const double beta_w = angles.beta_endo * (1 - epi) + angles.beta_epi * epi;
      // The endocardial frames: through-wall axis from the LV cavity outward, from the RV cavity inward. Linear law: they
      // carry the angle of this depth already, so that blending with the epicardial frame turns axes only.
      const double alpha_s = (linear ? alpha_w : angles.alpha_endo) * (1 - 2 * d);
      const double beta_s = (linear ? beta_w : angles.beta_endo) * (1 - 2 * d);
      Mat3 q_lv, q_rv, q_epi;
      const bool has_lv = axis(c.grad_psi[t], -c.grad_lv[t], q_lv);
      const bool has_rv = c.has_rv && axis(c.grad_psi[t], c.grad_rv[t], q_rv);
      const bool has_epi = axis(c.grad_psi[t], c.grad_epi[t], q_epi);
      if (!has_lv && !has_rv && !has_epi) continue;
      Mat3 q;
      if (has_lv || has_rv) {
        if (has_lv) q_lv = orient(q_lv, alpha_s, beta_s);
        if (has_rv) q_rv = orient(q_rv, alpha_s, beta_s);
        q = has_lv && has_rv ? bislerp(q_lv, q_rv, d) : has_lv ? q_lv : q_rv;
        if (has_epi) {
          // In the septum the part of grad phi_epi through the wall changes sign, with it the epicardial frame: the linear law takes that
          // frame only as far as this part stands out against the endocardial gradients, but wholly in the outer wall. In free walls it equals
          // theirs and the share is phi_epi as written.
          const Vec3 across = c.grad_rv[t] - c.grad_lv[t];
          const double endo = c.grad_lv[t].norm() + c.grad_rv[t].norm();
          double clear = 1.0;
          if (linear && endo > 0 && across.norm() > 0) {
            const double outer = std::clamp((epi - 0.3) / 0.5, 0.0, 1.0), whole = outer * outer * (3 - 2 * outer);
            clear = whole + (1 - whole) * std::min(1.0, std::abs(c.grad_epi[t].dot(across.normalized())) / endo);
          }
          q = bislerp(q, orient(q_epi, alpha_w, beta_w), epi * clear);
        }
      } else {
        q = orient(q_epi, alpha_w, beta_w);
      }
      const Vec3 f = q.col(0).normalized();
      field.f[t] = f;
      field.s[t] = (q.col(2) - f * f.dot(q.col(2))).normalized();
      known[t] = 1;
    }
  });
  // Tets without gradients (exact symmetry points) take the frame of a neighbour through a shared node, in rounds.
  for (std::size_t missing = std::size_t(std::count(known.begin(), known.end(), 0)); missing > 0;) {
    if (missing == nt) return core::bad_input("No fibre direction can be computed (all coordinates are flat). Check the surfaces of the heart mesh.");
    std::vector<Index> donor(mesh.nodes.size(), -1);
    for (std::size_t t = 0; t < nt; ++t)
      if (known[t])
        for (Index n : mesh.tets[t])
          if (donor[n] < 0) donor[n] = Index(t);
    std::size_t filled = 0;
    for (std::size_t t = 0; t < nt; ++t) {
      if (known[t]) continue;
      for (Index n : mesh.tets[t])
        if (donor[n] >= 0) {
          field.f[t] = field.f[donor[n]];
          field.s[t] = field.s[donor[n]];
          known[t] = 1;
          ++filled;
          break;
        }
    }
    if (filled == 0) return core::bad_input("A part of the heart mesh has no fibre direction (it is not connected to the rest). Keep the largest part only.");
    missing -= filled;
  }
  return field;
}

}  // namespace ot::ep
