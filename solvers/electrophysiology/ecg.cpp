// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/ecg.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/torso.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

constexpr std::array<const char*, 9> electrode_order{"RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6"};


// Leads from electrode potentials: Kligfield et al. 2007 (AHA/ACCF/HRS, part I). Direction and strength with which a source at x shows in each independent lead: sum of lead weights times grad(1/r).
std::array<Vec3, 8> lead_vectors(const std::array<Vec3, 9>& electrodes, const Vec3& x) {
  std::array<Vec3, 9> g;
  for (int e = 0; e < 9; ++e) {
    const Vec3 d = x - electrodes[e];
    const double r2 = std::max(d.squaredNorm(), 1e-6);   // an electrode inside the tissue: finite, 1 um
    g[e] = d / (r2 * std::sqrt(r2) * 4.0 * M_PI * torso_conductivity);   // -grad(1/r) / (4 pi sigma_b)
  }
  const Vec3 wilson = (g[0] + g[1] + g[2]) / 3.0;
  std::array<Vec3, 8> lead;
  lead[0] = g[1] - g[0];
  lead[1] = g[2] - g[0];
  for (int k = 0; k < 6; ++k) lead[2 + k] = g[3 + k] - wilson;
  return lead;
}

bool find_electrodes(const ElectroProblem& problem, std::array<Vec3, 9>& position) {
  for (int e = 0; e < 9; ++e) {
    const auto it = std::find_if(problem.electrodes.begin(), problem.electrodes.end(),
                                 [&](const Electrode& x) { return x.name == electrode_order[e]; });
    if (it == problem.electrodes.end() || !it->position.allFinite()) return false;
    position[e] = it->position;
  }
  return true;
}

struct TetShape {
  std::array<Vec3, 4> area;   // volume times gradient of the four P1 functions
  Vec3 centre;
};

TetShape tet_shape(const core::TetMesh& mesh, std::size_t t) {
  const auto& v = mesh.tets[t];
  const Vec3 &a = mesh.nodes[v[0]], &b = mesh.nodes[v[1]], &c = mesh.nodes[v[2]], &d = mesh.nodes[v[3]];
  TetShape s;
  s.area[1] = (c - a).cross(d - a) / 6.0;
  s.area[2] = (d - a).cross(b - a) / 6.0;
  s.area[3] = (b - a).cross(c - a) / 6.0;
  s.area[0] = -(s.area[1] + s.area[2] + s.area[3]);
  s.centre = 0.25 * (a + b + c + d);
  return s;
}

// sigma * v in the fibre frame of a tet.
Vec3 conduct(const ElectroProblem& p, std::size_t t, const Vec3& scale, const Vec3& v) {
  const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t];
  const Vec3 n = f.cross(s);
  return p.sigma[0] * scale[0] * f.dot(v) * f + p.sigma[1] * scale[1] * s.dot(v) * s + p.sigma[2] * scale[2] * n.dot(v) * n;
}

// What the ECG sees of a region, relative to healthy muscle.
Vec3 source_scale(const ElectroProblem& p, std::size_t t) {
  if (p.regions.empty() || p.tissue.empty()) return Vec3(1, 1, 1);
  const TissueRegion& r = p.regions[p.tissue[t]];
  return r.conducting ? Vec3(r.sigma_scale.cwiseMin(1.0)) : Vec3(0, 0, 0);
}

// Contribution of one tet with the given conductivity scale to its four nodes.
std::array<std::array<double, 8>, 4> tet_weights(const ElectroProblem& p, const LeadField& field, const std::array<Vec3, 9>& electrodes,
                                                 std::size_t t, const Vec3& scale) {
  const TetShape shape = tet_shape(*p.mesh, t);
  std::array<Vec3, 8> lead;
  if (field.potential.empty()) {
    lead = lead_vectors(electrodes, shape.centre);
  } else {
    const core::Tet& v = p.mesh->tets[t];
    const double volume = core::tet_volume(p.mesh->nodes[v[0]], p.mesh->nodes[v[1]], p.mesh->nodes[v[2]], p.mesh->nodes[v[3]]);
    for (int l = 0; l < 8; ++l) {
      lead[l] = Vec3::Zero();
      for (int k = 0; k < 4; ++k) lead[l] -= field.potential[v[k]][l] / volume * shape.area[k];
    }
  }
  std::array<Vec3, 4> flow;
  for (int k = 0; k < 4; ++k) flow[k] = conduct(p, t, scale, shape.area[k]);
  std::array<std::array<double, 8>, 4> w;
  for (int k = 0; k < 4; ++k)
    for (int l = 0; l < 8; ++l) w[k][l] = lead[l].dot(flow[k]);
  return w;
}

}  // namespace

const std::array<const char*, lead_count>& lead_names() {
  static constexpr std::array<const char*, lead_count> names{"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"};
  return names;
}

namespace {

// Potentials of the leads at the nodes, a function of mesh and electrodes alone.
struct KeptPotential {
  std::weak_ptr<const core::TetMesh> mesh;
  std::vector<Electrode> electrodes;
  std::shared_ptr<const std::vector<std::array<double, 8>>> at;
};
std::mutex kept_mutex;
std::vector<KeptPotential> kept_potentials;   // newest first, at most 3

core::Result<std::shared_ptr<const std::vector<std::array<double, 8>>>> torso_potential(const ElectroProblem& p, const Torso& torso, const std::array<Vec3, 9>& electrodes,
                                                                                      const core::Progress& progress) {
  const auto same = [&](const KeptPotential& x) {
    return x.mesh.lock() == p.mesh && std::equal(x.electrodes.begin(), x.electrodes.end(), p.electrodes.begin(), p.electrodes.end(), [](const Electrode& a, const Electrode& b) {
             return a.name == b.name && a.position == b.position;
           });
  };
  {
    const std::lock_guard lock(kept_mutex);
    std::erase_if(kept_potentials, [](const KeptPotential& x) { return x.mesh.expired(); });
    if (const auto it = std::find_if(kept_potentials.begin(), kept_potentials.end(), same); it != kept_potentials.end()) return it->at;
  }
  progress.report(0, "conductor: the torso");
  std::vector<ConductorSurface> surfaces{torso_surface(torso)};
  for (const char* patch : {"endocardium_lv", "endocardium_rv"}) {
    if (progress.cancelled()) return core::cancelled();
    if (auto blood = cavity_surface(*p.mesh, patch)) surfaces.push_back(std::move(*blood));
  }
  std::vector<Vec3> on;
  for (const Vec3& x : electrodes) on.push_back(on_skin(torso, x));
  const auto z = LeadPotential::make(std::move(surfaces), std::move(on), progress);
  if (!z) return core::pass(z);
  auto at = std::make_shared<std::vector<std::array<double, 8>>>(p.mesh->nodes.size());
  std::atomic<bool> stop{false};
  core::parallel_chunks(std::ptrdiff_t(at->size()), 256, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (stop || progress.cancelled()) {
      stop = true;
      return;
    }
    for (std::ptrdiff_t n = b; n < e; ++n) {
      const auto x = z->at(p.mesh->nodes[std::size_t(n)]);
      const double wilson = (x[0] + x[1] + x[2]) / 3;
      (*at)[std::size_t(n)] = {x[1] - x[0], x[2] - x[0], x[3] - wilson, x[4] - wilson, x[5] - wilson, x[6] - wilson, x[7] - wilson, x[8] - wilson};
    }
  });
  if (stop) return core::cancelled();
  const std::lock_guard lock(kept_mutex);
  kept_potentials.insert(kept_potentials.begin(), {p.mesh, p.electrodes, at});
  if (kept_potentials.size() > 3) kept_potentials.resize(3);
  return std::shared_ptr<const std::vector<std::array<double, 8>>>(std::move(at));
}

}  // namespace

core::Result<LeadField> make_healthy_lead_field(const ElectroProblem& problem, const core::Progress& progress) {
  OT_EXPECT(problem.mesh && problem.fibres && problem.fibres->f.size() == problem.mesh->tets.size());
  LeadField field;
  std::array<Vec3, 9> electrodes;
  if (!find_electrodes(problem, electrodes)) return field;
  const std::ptrdiff_t nt = std::ptrdiff_t(problem.mesh->tets.size()), nn = std::ptrdiff_t(problem.mesh->nodes.size());
  if (const auto torso = find_torso(problem.electrodes)) {
    auto potential = torso_potential(problem, *torso, electrodes, progress);
    if (!potential) return core::pass(potential);
    field.potential = **potential;
  }
  std::vector<std::array<std::array<double, 8>, 4>> part(static_cast<std::size_t>(nt));
  core::parallel_chunks(nt, 1024, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t t = b; t < e; ++t) part[t] = tet_weights(problem, field, electrodes, std::size_t(t), Vec3(1, 1, 1));
  });
  const fem::NodeTets around = fem::node_tets(*problem.mesh);
  field.weight.assign(std::size_t(nn), {});
  core::parallel_chunks(nn, 1024, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t n = b; n < e; ++n)
      for (std::ptrdiff_t k = around.begin[n]; k < around.begin[n + 1]; ++k)
        for (int l = 0; l < 8; ++l) field.weight[n][l] += part[around.tet[k]][around.local[k]][l];
  });
  return field;
}

void apply_tissue(const ElectroProblem& problem, LeadField& healthy) {
  std::array<Vec3, 9> electrodes;
  if (healthy.empty() || problem.tissue.empty() || !find_electrodes(problem, electrodes)) return;
  for (std::size_t t = 0; t < problem.mesh->tets.size(); ++t) {
    const Vec3 missing = Vec3(1, 1, 1) - source_scale(problem, t);
    if (missing == Vec3(0, 0, 0)) continue;
    const auto w = tet_weights(problem, healthy, electrodes, t, missing);
    for (int k = 0; k < 4; ++k)
      for (int l = 0; l < 8; ++l) healthy.weight[problem.mesh->tets[t][k]][l] -= w[k][l];
  }
}

core::Result<LeadField> make_lead_field(const ElectroProblem& problem, const core::Progress& progress) {
  auto field = make_healthy_lead_field(problem, progress);
  if (field) apply_tissue(problem, *field);
  return field;
}

LeadField make_lead_field(const ElectroProblem& problem) {
  auto field = make_lead_field(problem, core::Progress{});
  OT_EXPECT(bool(field));
  return std::move(*field);
}

std::array<double, lead_count> twelve_leads(const std::array<double, 8>& x) {
  const double one = x[0], two = x[1];
  return {one, two, two - one, -0.5 * (one + two), one - 0.5 * two, two - 0.5 * one, x[2], x[3], x[4], x[5], x[6], x[7]};
}

std::array<double, lead_count> evaluate(const LeadField& field, const std::vector<float>& v_mV) {
  OT_EXPECT(field.weight.size() == v_mV.size());
  std::array<double, 8> sum{};
  if (!v_mV.empty()) {
    constexpr std::ptrdiff_t chunk = 4096;
    const std::ptrdiff_t n = std::ptrdiff_t(v_mV.size()), chunks = (n + chunk - 1) / chunk;
    std::vector<std::array<double, 8>> part(static_cast<std::size_t>(chunks));
    const double level = v_mV[0];   // the weights sum to zero: any common level drops out, this one limits cancellation
    core::parallel_chunks(n, chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
      std::array<double, 8> s{};
      for (std::ptrdiff_t k = b; k < e; ++k) {
        const double v = double(v_mV[k]) - level;
        for (int l = 0; l < 8; ++l) s[l] += field.weight[k][l] * v;
      }
      part[b / chunk] = s;
    });
    for (const auto& p : part)
      for (int l = 0; l < 8; ++l) sum[l] += p[l];
  }
  return twelve_leads(sum);
}

std::vector<double> point_weights(const ElectroProblem& problem, const Vec3& position) {
  std::vector<double> weight(problem.mesh->nodes.size(), 0.0);
  for (std::size_t t = 0; t < problem.mesh->tets.size(); ++t) {
    const TetShape shape = tet_shape(*problem.mesh, t);
    const Vec3 d = shape.centre - position;
    const core::Tet& v = problem.mesh->tets[t];
    const double volume = core::tet_volume(problem.mesh->nodes[v[0]], problem.mesh->nodes[v[1]], problem.mesh->nodes[v[2]], problem.mesh->nodes[v[3]]);
    const double radius = std::cbrt(3.0 * volume / (4.0 * M_PI));
    const double r2 = std::max(d.squaredNorm(), radius * radius);
    const Vec3 lead = d / (r2 * std::sqrt(r2) * 4.0 * M_PI * torso_conductivity);
    const Vec3 scale = source_scale(problem, t);
    for (int k = 0; k < 4; ++k) weight[problem.mesh->tets[t][k]] += lead.dot(conduct(problem, t, scale, shape.area[k]));
  }
  return weight;
}

std::vector<std::vector<double>> electrograms(const ElectroProblem& problem, const std::vector<Vec3>& points,
                                              const std::vector<ElectroFrame>& frames) {
  if (is_whole_heart(*problem.mesh)) return chamber_electrograms(problem, points, frames);
  std::vector<std::vector<double>> out(points.size(), std::vector<double>(frames.size(), 0.0));
  core::parallel_chunks(std::ptrdiff_t(points.size()), 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t k = b; k < e; ++k) {
      const auto weight = point_weights(problem, points[std::size_t(k)]);
      for (std::size_t f = 0; f < frames.size(); ++f) {
        const auto& v = *frames[f].v_mV;
        OT_EXPECT(v.size() == weight.size());
        double sum = 0;
        const double level = v.empty() ? 0.0 : v[0];   // the weights sum to zero
        for (std::size_t n = 0; n < v.size(); ++n) sum += weight[n] * (double(v[n]) - level);
        out[std::size_t(k)][f] = sum;
      }
    }
  });
  return out;
}

std::vector<double> bipolar(const std::vector<double>& tip, const std::vector<double>& ring) {
  OT_EXPECT(tip.size() == ring.size());
  std::vector<double> out(tip.size());
  for (std::size_t k = 0; k < tip.size(); ++k) out[k] = tip[k] - ring[k];
  return out;
}

Mat3 average_body_axes(const HeartAxes& axes) {
  // Average adult: apex 50 degrees to the left of the front and 35 degrees below the horizontal, right ventricle to the
  // right and front (Mori et al. 2016, Clin Anat 29:353, semi-vertical heart).
  const double left = 50 * M_PI / 180, down = 35 * M_PI / 180;
  const Vec3 apex(std::cos(down) * std::sin(left), -std::cos(down) * std::cos(left), -std::sin(down));
  Vec3 rv(-0.62, -0.78, 0.0);
  rv = (rv - rv.dot(apex) * apex).normalized();
  Mat3 standard, actual;
  standard << apex, rv, apex.cross(rv);
  const Vec3 a = axes.long_axis.normalized();
  const Vec3 r = (axes.rv_direction - axes.rv_direction.dot(a) * a).normalized();
  actual << a, r, a.cross(r);
  return actual * standard.transpose();   // columns: images of left (+x), posterior (+y), superior (+z)
}

std::vector<Electrode> standard_electrodes(const HeartAxes& axes, ElectrodeFrame frame) {
  // Offsets from the centre of the ventricles in LPS mm. Chest leads at their anatomical sites (Kligfield et al. 2007: V1, V2
  // fourth intercostal space at the sternal borders, V4 fifth space mid-clavicular, V6 mid-axillary) on an adult thorax whose
  // midline runs 25 mm to the right of the ventricles; distances as in the layout of the fenicsx-beat biventricular demo
  // (V1..V6 80-120 mm, arms and leg 145-215 mm from the heart).
  struct Site {
    const char* name;
    double x, y, z;
  };
  static constexpr Site sites[] = {{"RA", -130, 20, 125}, {"LA", 100, 25, 115}, {"RL", -75, 10, -200}, {"LL", 55, 10, -200},
                                   {"V1", -48, -78, 22},  {"V2", -5, -86, 20},  {"V3", 28, -86, 4},    {"V4", 60, -76, -14},
                                   {"V5", 93, -45, -16},  {"V6", 112, -2, -18}};
  const Mat3 body = frame == ElectrodeFrame::patient ? Mat3(Mat3::Identity()) : average_body_axes(axes);
  std::vector<Electrode> electrodes;
  for (const auto& s : sites) electrodes.push_back({s.name, axes.centre + body * Vec3(s.x, s.y, s.z)});
  return electrodes;
}

}  // namespace ot::ep
