// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/fast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/fem/csr.hpp"
#include "solvers/fem/solve.hpp"

namespace ot::ep {
namespace {

using core::Index;
using core::Mat3;
using core::Vec3;

constexpr double coupling_ms = 100.0;                    // tau of the smoothing, see the header
constexpr std::size_t frame_bytes_limit = 256u << 20;    // frames kept in a result; beyond it they are spaced wider

struct Smoother {
  fem::CsrMatrix stiffness;       // D of healthy tissue
  std::vector<double> mass;       // lumped
};

// What does not change while interventions move: kept for the last few meshes, compared by identity and value.
struct Prepared {
  std::weak_ptr<const core::TetMesh> mesh;
  std::weak_ptr<const FibreField> fibres;
  Vec3 velocity, sigma;
  double chi = 0, cm = 0;
  std::vector<Electrode> electrodes;
  std::shared_ptr<const Eikonal> eikonal;
  std::shared_ptr<const LeadField> healthy_leads;
  std::shared_ptr<const Smoother> smoother;
};

std::mutex prepared_mutex;
std::vector<Prepared> prepared_recent;   // newest first, at most 3

bool same_electrodes(const std::vector<Electrode>& a, const std::vector<Electrode>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Electrode& x, const Electrode& y) { return x.name == y.name && x.position == y.position; });
}

Mat3 diffusion(const ElectroProblem& p, std::size_t t, const Vec3& scale) {
  const Vec3 &f = p.fibres->f[t], &s = p.fibres->s[t];
  const Vec3 n = f.cross(s);
  const Vec3 d = p.sigma.cwiseProduct(scale) / (p.chi_per_mm * p.cm_uF_per_mm2);   // mS/mm / (uF/mm3) = mm2/ms
  return d[0] * f * f.transpose() + d[1] * s * s.transpose() + d[2] * n * n.transpose();
}

std::shared_ptr<const Smoother> make_smoother(const ElectroProblem& p) {
  auto out = std::make_shared<Smoother>();
  const std::size_t nt = p.mesh->tets.size();
  std::vector<Mat3> tensor(nt);
  for (std::size_t t = 0; t < nt; ++t) tensor[t] = diffusion(p, t, Vec3(1, 1, 1));
  const auto around = fem::node_tets(*p.mesh);
  const auto geometry = fem::tet_geometry(*p.mesh);
  out->stiffness = fem::assemble_stiffness(*p.mesh, around, geometry, tensor);
  out->mass = fem::lumped_mass(*p.mesh, around, geometry);
  return out;
}

// Speeds of the problem's regions with the velocity of their cells.
SpeedMap speed_of(const ElectroProblem& p, const FastTemplates& templates) {
  SpeedMap map = speed_map(p);
  for (std::size_t r = 0; r < map.factor.size() && r < templates.speed.size(); ++r)
    if (templates.speed[r] > 0) map.factor[r] *= templates.speed[r];
  return map;
}

// Tets that carry a wave: conducting, and not where FULL's cells let it die.
std::vector<std::uint8_t> carrying_tets(const ElectroProblem& p, const FastTemplates& templates) {
  std::vector<std::uint8_t> flags = conducting_tets(p);
  for (std::size_t t = 0; t < flags.size() && !templates.speed.empty(); ++t)
    if (!(templates.speed[p.tissue.empty() ? 0 : p.tissue[t]] > 0)) flags[t] = 0;
  return flags;
}

core::Result<Prepared> prepare(const ElectroProblem& p, const FastTemplates& templates) {
  Prepared found;
  {
    const std::lock_guard lock(prepared_mutex);
    std::erase_if(prepared_recent, [](const Prepared& x) { return x.mesh.expired() || x.fibres.expired(); });
    for (const auto& x : prepared_recent)
      if (x.mesh.lock() == p.mesh && x.fibres.lock() == p.fibres && x.velocity == p.velocity && x.sigma == p.sigma &&
          x.chi == p.chi_per_mm && x.cm == p.cm_uF_per_mm2 && same_electrodes(x.electrodes, p.electrodes)) {
        found = x;
        break;
      }
  }
  const SpeedMap speed = speed_of(p, templates);
  bool changed = false;
  if (!found.eikonal) {
    auto eikonal = Eikonal::make(p.mesh, p.fibres, p.velocity, speed);
    if (!eikonal) return core::pass(eikonal);
    found = {p.mesh, p.fibres, p.velocity, p.sigma, p.chi_per_mm, p.cm_uF_per_mm2, p.electrodes,
             std::make_shared<Eikonal>(std::move(*eikonal)), std::make_shared<LeadField>(make_healthy_lead_field(p)), make_smoother(p)};
    changed = true;
  } else {
    // Speeds of tets that do not conduct do not matter: a moved lesion reuses the metric as it is.
    SpeedMap wanted = speed;
    const auto conducting = carrying_tets(p, templates);
    if (!found.eikonal->has(wanted, conducting)) {
      auto eikonal = found.eikonal->with(wanted);
      if (!eikonal) return core::pass(eikonal);
      found.eikonal = std::make_shared<Eikonal>(std::move(*eikonal));
      changed = true;
    }
  }
  if (changed) {
    const std::lock_guard lock(prepared_mutex);
    std::erase_if(prepared_recent, [&](const Prepared& x) { return x.mesh.lock() == p.mesh && x.healthy_leads == found.healthy_leads; });
    prepared_recent.insert(prepared_recent.begin(), found);
    if (prepared_recent.size() > 3) prepared_recent.resize(3);
  }
  return found;
}

core::Result<void> check(const ElectroProblem& p, const FastTemplates& templates) {
  OT_EXPECT(p.mesh && p.fibres);
  const std::size_t nt = p.mesh->tets.size(), nn = p.mesh->nodes.size();
  OT_EXPECT(p.fibres->f.size() == nt && p.fibres->s.size() == nt);
  OT_EXPECT(p.tissue.empty() || p.tissue.size() == nt);
  OT_EXPECT(p.cell_type.empty() || p.cell_type.size() == nn);
  OT_EXPECT(templates.speed.empty() || templates.speed.size() >= std::max<std::size_t>(p.regions.size(), 1));
  OT_EXPECT(!templates.shapes.empty() && templates.of_region.size() >= std::max<std::size_t>(p.regions.size(), 1));
  if (!(p.end_ms > 0) || !(p.frame_every_ms > 0) || !std::isfinite(p.end_ms) || p.end_ms / p.frame_every_ms > 1e6)
    return core::bad_input(fmt::format("End {} ms with a frame every {} ms is not possible. Set both above 0.", p.end_ms, p.frame_every_ms));
  if (!p.sigma.allFinite() || (p.sigma.array() < 0).any() || !(p.chi_per_mm > 0) || !(p.cm_uF_per_mm2 > 0))
    return core::bad_input("A conductivity or membrane constant is not a positive number (currents cannot be computed). Check the tissue parameters.");
  for (const auto& r : p.regions)
    if (r.conducting && (!r.sigma_scale.allFinite() || (r.sigma_scale.array() <= 0).any()))
      return core::bad_input(fmt::format("Tissue '{}' has a conductivity scale that is not positive (its speed would be 0). Mark it as not conducting instead.", r.key));
  for (std::uint8_t t : p.tissue)
    if (t >= p.regions.size()) return core::bad_input(fmt::format("A tetrahedron names tissue {} of {}. Build the tissue map again.", int(t), p.regions.size()));
  return {};
}

// The tissue that holds most of the conducting volume around each node, as in FULL; ties go to the lower index.
std::vector<std::uint8_t> node_regions(const ElectroProblem& p) {
  const std::size_t nn = p.mesh->nodes.size(), nr = p.regions.size();
  std::vector<std::uint8_t> region(nn, 0);
  if (p.tissue.empty() || nr < 2) return region;
  std::vector<double> share(nn * nr, 0.0);
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    if (!p.regions[p.tissue[t]].conducting) continue;
    const auto& v = p.mesh->tets[t];
    const double volume = core::tet_volume(p.mesh->nodes[v[0]], p.mesh->nodes[v[1]], p.mesh->nodes[v[2]], p.mesh->nodes[v[3]]);
    for (Index n : v) share[std::size_t(n) * nr + p.tissue[t]] += volume;
  }
  for (std::size_t n = 0; n < nn; ++n) {
    double most = 0;
    for (std::size_t r = 0; r < nr; ++r)
      if (share[n * nr + r] > most * (1 + 1e-9)) {
        most = share[n * nr + r];
        region[n] = std::uint8_t(r);
      }
  }
  return region;
}

// R - tau div(D grad R) = target in conducting tissue; keeps target where it never activates.
core::Result<std::vector<double>> smooth_repolarisation(const ElectroProblem& p, const Smoother& smoother, const std::vector<double>& target) {
  fem::CsrMatrix a = smoother.stiffness;
  if (!p.tissue.empty())
    for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
      const TissueRegion& r = p.regions[p.tissue[t]];
      const Vec3 missing = Vec3(1, 1, 1) - (r.conducting ? Vec3(r.sigma_scale.cwiseMin(1.0)) : Vec3(0, 0, 0));
      if (missing == Vec3(0, 0, 0)) continue;
      const auto& v = p.mesh->tets[t];
      const Vec3 &x0 = p.mesh->nodes[v[0]], &x1 = p.mesh->nodes[v[1]], &x2 = p.mesh->nodes[v[2]], &x3 = p.mesh->nodes[v[3]];
      std::array<Vec3, 4> g;   // volume times gradient
      g[1] = (x2 - x0).cross(x3 - x0) / 6.0;
      g[2] = (x3 - x0).cross(x1 - x0) / 6.0;
      g[3] = (x1 - x0).cross(x2 - x0) / 6.0;
      g[0] = -(g[1] + g[2] + g[3]);
      const double volume = core::tet_volume(x0, x1, x2, x3);
      const Mat3 d = diffusion(p, t, missing);
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) a.value[a.find(v[i], v[j])] -= g[i].dot(d * g[j]) / volume;
    }
  std::vector<double> b(target.size()), x = target;
  for (double& value : a.value) value *= coupling_ms;
  for (Index n = 0; n < a.n; ++n) {
    a.value[a.find(n, n)] += smoother.mass[n];
    b[n] = smoother.mass[n] * target[n];
  }
  const auto report = fem::conjugate_gradients(a, b, x, fem::jacobi(a), 1e-5, 500);
  if (!report.converged)
    return core::computation_failed("Smoothing of repolarisation did not converge (the ECG would be wrong). Check the mesh for flat elements.");
  return x;
}

struct Clock {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
};

core::Result<FastSolution> solve_prepared(const ElectroProblem& p, const FastTemplates& templates, const Prepared& prepared,
                                          const core::Progress& progress) {
  FastSolution s;
  s.templates = templates;
  const std::size_t nn = p.mesh->nodes.size();
  std::vector<EikonalSource> sources;
  for (const auto& site : p.sites)
    for (Index n : site.nodes) sources.push_back({n, site.start_ms + capture_delay_ms(site)});
  auto arrival = prepared.eikonal->solve(sources, carrying_tets(p, templates), progress.part(0.0, 0.5));
  if (!arrival) return core::pass(arrival);
  s.activation_ms = std::move(*arrival);
  const auto region = node_regions(p);
  s.shape.resize(nn);
  s.stretch.assign(nn, 1.0f);
  std::vector<double> target(nn, 0.0);
  for (std::size_t n = 0; n < nn; ++n) {
    const int type = p.cell_type.empty() ? 0 : p.cell_type[n];
    s.shape[n] = templates.of_region[region[n]][type];
    if (std::isfinite(s.activation_ms[n])) target[n] = s.activation_ms[n] + templates.shapes[s.shape[n]].apd90_ms;
  }
  if (progress.cancelled()) return core::cancelled();
  auto smoothed = smooth_repolarisation(p, *prepared.smoother, target);
  if (!smoothed) return core::pass(smoothed);
  s.repolarisation_ms = std::move(*smoothed);
  for (std::size_t n = 0; n < nn; ++n) {
    if (!std::isfinite(s.activation_ms[n])) {
      s.repolarisation_ms[n] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const double apd = templates.shapes[s.shape[n]].apd90_ms;
    // Coupling moves APD by tens of ms at most; the limits only guard tiny islands.
    s.stretch[n] = float(std::clamp((s.repolarisation_ms[n] - s.activation_ms[n]) / apd, 0.5, 1.5));
    s.repolarisation_ms[n] = s.activation_ms[n] + double(s.stretch[n]) * apd;
  }
  return s;
}

}  // namespace

double capture_delay_ms(const ActivationSite& site) {
  // Under the benchmark's stimulus of 35.714 mV/ms tissue crosses 0 mV after 1.22 ms, whatever the mesh and scheme (Niederer P1:
  // design/ep-numerics.md, section 2); a weaker current charges the membrane in proportion longer.
  constexpr double benchmark = 35.714, delay = 1.22;
  return site.amplitude_mV_per_ms > 0 ? std::min(delay * benchmark / site.amplitude_mV_per_ms, site.duration_ms + delay) : 0.0;
}

double activated_percent(const ElectroProblem& p, const std::vector<float>& activation_ms) {
  OT_EXPECT(p.mesh && activation_ms.size() == p.mesh->nodes.size());
  double on = 0, all = 0;
  for (std::size_t t = 0; t < p.mesh->tets.size(); ++t) {
    const auto& v = p.mesh->tets[t];
    const double volume = core::tet_volume(p.mesh->nodes[v[0]], p.mesh->nodes[v[1]], p.mesh->nodes[v[2]], p.mesh->nodes[v[3]]);
    all += volume;
    if (!p.regions.empty() && !p.regions[p.tissue.empty() ? 0 : p.tissue[t]].conducting) continue;
    int active = 0;
    for (Index n : v) active += std::isfinite(activation_ms[std::size_t(n)]);
    on += volume * (0.25 * active);
  }
  return all > 0 ? 100.0 * (on / all) : std::numeric_limits<double>::quiet_NaN();
}

void voltage_at(const FastSolution& s, double t_ms, std::size_t begin, std::size_t end, float* v) {
  for (std::size_t n = begin; n < end; ++n) {
    const ActionPotential& ap = s.templates.shapes[s.shape[n]];
    double u = t_ms - s.activation_ms[n];
    if (!(u > -ap.upstroke_ms)) {   // also never
      v[n - begin] = ap.rest_mV;
      continue;
    }
    if (u > 0) u /= double(s.stretch[n]);
    const double place = (u + ap.upstroke_ms) / ap.dt_ms;
    const std::size_t i = std::size_t(place);
    if (i + 1 >= ap.v_mV.size()) {
      v[n - begin] = ap.v_mV.back();
      continue;
    }
    const float w = float(place - double(i));
    v[n - begin] = ap.v_mV[i] + w * (ap.v_mV[i + 1] - ap.v_mV[i]);
  }
}

void voltage_at(const FastSolution& s, double t_ms, std::vector<float>& v) {
  v.resize(s.shape.size());
  core::parallel_chunks(std::ptrdiff_t(v.size()), 8192, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    voltage_at(s, t_ms, std::size_t(b), std::size_t(e), v.data() + b);
  });
}

core::Result<FastSolution> solve_fast(const ElectroProblem& problem, const FastTemplates& templates, const core::Progress& progress) {
  if (auto ok = check(problem, templates); !ok) return core::pass(ok);
  auto prepared = prepare(problem, templates);
  if (!prepared) return core::pass(prepared);
  return solve_prepared(problem, templates, *prepared, progress);
}

core::Result<ElectroResult> run_fast(const ElectroProblem& p, const FastTemplates& templates, const core::Progress& progress) {
  const Clock clock;
  if (auto ok = check(p, templates); !ok) return core::pass(ok);
  auto prepared = prepare(p, templates);
  if (!prepared) return core::pass(prepared);
  auto solved = solve_prepared(p, templates, *prepared, progress.part(0.0, 0.5));
  if (!solved) return core::pass(solved);
  const FastSolution& s = *solved;

  ElectroResult out;
  out.mode = core::Mode::fast;
  out.problem_sha256 = p.sha256();
  out.mesh_sha256 = p.mesh->sha256();
  const std::size_t nn = p.mesh->nodes.size();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  out.activation_ms.resize(nn);
  out.repolarisation_ms.resize(nn);
  double first = std::numeric_limits<double>::infinity(), last = -first;
  std::size_t activated = 0;
  for (std::size_t n = 0; n < nn; ++n) {
    const double t = s.activation_ms[n];
    const bool on = t <= p.end_ms;
    out.activation_ms[n] = on ? float(t) : nan;
    out.repolarisation_ms[n] = on && s.repolarisation_ms[n] <= p.end_ms ? float(s.repolarisation_ms[n]) : nan;
    if (!on) continue;
    ++activated;
    first = std::min(first, t);
    last = std::max(last, t);
  }

  // Frames and ECG together: a chunk of nodes stays in cache while time runs over it; partial sums are added in order.
  const std::size_t samples = std::size_t(std::floor(p.end_ms / p.frame_every_ms + 1e-9)) + 1;
  std::size_t stride = 1;
  while ((samples / stride + 1) * nn * sizeof(float) > frame_bytes_limit) stride *= 2;
  std::vector<std::shared_ptr<std::vector<float>>> frames;
  for (std::size_t k = 0; k < samples; k += stride) frames.push_back(std::make_shared<std::vector<float>>(nn));
  LeadField leads = *prepared->healthy_leads;
  apply_tissue(p, leads);
  const std::ptrdiff_t chunk = 1024, chunks = (std::ptrdiff_t(nn) + chunk - 1) / chunk;
  std::vector<std::vector<std::array<double, 8>>> part(static_cast<std::size_t>(chunks));
  std::atomic<bool> stop{false};
  const double level = s.templates.shapes[0].rest_mV;   // weights sum to zero: limits cancellation, changes nothing else
  core::parallel_chunks(std::ptrdiff_t(nn), chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    if (stop) return;
    if (progress.cancelled()) {
      stop = true;
      return;
    }
    auto& sum = part[b / chunk];
    if (!leads.empty()) sum.assign(samples, {});
    std::array<float, 1024> v;
    for (std::size_t k = 0; k < samples; ++k) {
      const bool keep = k % stride == 0;
      float* const target = keep ? frames[k / stride]->data() + b : v.data();
      voltage_at(s, double(k) * p.frame_every_ms, std::size_t(b), std::size_t(e), target);
      if (leads.empty()) continue;
      std::array<double, 8> x{};
      for (std::ptrdiff_t n = b; n < e; ++n) {
        const double above = double(target[n - b]) - level;
        for (int l = 0; l < 8; ++l) x[l] += leads.weight[n][l] * above;
      }
      sum[k] = x;
    }
  });
  if (stop) return core::cancelled();
  for (std::size_t k = 0; k < frames.size(); ++k) out.frames.push_back({double(k * stride) * p.frame_every_ms, frames[k]});
  if (stride > 1) out.notes.push_back(fmt::format("Frames are kept every {:g} ms to limit memory.", double(stride) * p.frame_every_ms));
  if (!leads.empty()) {
    for (const char* name : lead_names()) out.ecg.leads.push_back(name);
    out.ecg.mV.assign(lead_count, std::vector<double>(samples));
    for (std::size_t k = 0; k < samples; ++k) {
      std::array<double, 8> x{};
      for (const auto& q : part)
        for (int l = 0; l < 8; ++l) x[l] += q[k][l];
      const auto lead = twelve_leads(x);
      for (int l = 0; l < lead_count; ++l) out.ecg.mV[l][k] = lead[l];
      out.ecg.t_ms.push_back(double(k) * p.frame_every_ms);
    }
  }

  const double none = std::numeric_limits<double>::quiet_NaN();
  auto add = [&](const char* key, const char* label, const char* unit, double value, std::string note = {}) {
    out.quantities.push_back({key, label, unit, value, std::move(note)});
  };
  add("total_activation_ms", "Total activation", "ms", activated ? last - first : none);
  add("activated_percent", "Activated tissue", "%", activated_percent(p, out.activation_ms), "of all myocardium by volume, scar and lesions included");
  if (!out.ecg.leads.empty()) {
    const EcgIntervals i = measure(out.ecg, p.cycle_length_ms);
    if (is_atrial(*p.mesh)) {
      add("p_wave_ms", "P wave duration", "ms", i.qrs_ms);
    } else {
      add("qrs_ms", "QRS duration", "ms", i.qrs_ms);
      add("qt_ms", "QT interval", "ms", i.qt_ms);
      add("qtc_fridericia_ms", "QTc (Fridericia)", "ms", i.qtc_fridericia_ms);
      add("qtc_bazett_ms", "QTc (Bazett)", "ms", i.qtc_bazett_ms);
      add("axis_deg", "Frontal axis", "deg", i.axis_deg);
      add("r_transition_lead", "R/S transition, chest lead", "", precordial(out.ecg, i).transition, "between V1 and V6, where R first exceeds S");
    }
  }
  out.notes.insert(out.notes.end(), templates.notes.begin(), templates.notes.end());
  out.steps = long(samples);
  out.wall_s = clock.seconds();
  progress.report(1.0, "FAST electrophysiology");
  return out;
}

}  // namespace ot::ep
