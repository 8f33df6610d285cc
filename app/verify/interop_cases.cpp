// SPDX-License-Identifier: GPL-3.0-or-later
// What comes from the patient and from other tools: recorded ECG, electro-anatomical maps, fibres. Truths are made here, so that each row
// needs no file.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>

#include "app/session/exchange.hpp"
#include "app/session/recorded.hpp"
#include "app/verify/cases.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::verify {
namespace {

using core::Vec3;

// A small generator of its own: the same numbers on every machine (numbers of std distributions differ between libraries).
struct Numbers {
  std::uint64_t state = 20261121;
  double uniform() {
    state = state * 6364136223846793005ull + 1442695040888963407ull;   // Knuth, MMIX
    return double(state >> 11) / 9007199254740992.0;
  }
  double normal() { return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * M_PI * uniform()); }
};

double bump(double t, double a, double b) { return t <= a || t >= b ? 0 : 0.5 * (1 - std::cos(2 * M_PI * (t - a) / (b - a))); }

std::array<double, 8> waves(double t) {
  const double p = bump(t, 60, 150), q = bump(t, 220, 250), r = bump(t, 236, 290), s = bump(t, 272, 318), w = bump(t, 380, 610);
  return {0.08 * p - 0.1 * q + 0.8 * r - 0.2 * s + 0.25 * w, 0.12 * p - 0.1 * q + 1.1 * r - 0.1 * s + 0.3 * w, 0.05 * p + 0.2 * q - 0.3 * r - 1.1 * s + 0.2 * w, 0.05 * p + 0.3 * q + 0.2 * r - 1.3 * s + 0.4 * w,
          0.05 * p + 0.2 * q + 0.7 * r - 0.9 * s + 0.5 * w,  0.05 * p + 1.2 * r - 0.5 * s + 0.45 * w,          0.05 * p - 0.1 * q + 1.2 * r - 0.2 * s + 0.35 * w, 0.05 * p - 0.1 * q + 0.9 * r - 0.1 * s + 0.25 * w};
}

ep::Ecg made(double end_ms, double step_ms, double rr_ms, double noise_mV, double drift_mV) {
  ep::Ecg e;
  for (const char* l : ep::lead_names()) e.leads.push_back(l);
  e.mV.resize(12);
  Numbers random;
  const double shift = rr_ms > 0 ? 0.35 * rr_ms : 0;
  for (int i = 0; i * step_ms <= end_ms + 1e-9; ++i) {
    const double t = i * step_ms, u = t + shift;
    e.t_ms.push_back(t);
    auto v = waves(rr_ms > 0 ? std::fmod(u, rr_ms) : u);
    for (int k = 0; k < 8; ++k) v[std::size_t(k)] += noise_mV * random.normal() + drift_mV * std::sin(2 * M_PI * 0.25 * t / 1000 + k);
    const auto all = ep::twelve_leads(v);
    for (std::size_t l = 0; l < 12; ++l) e.mV[l].push_back(all[l]);
  }
  return e;
}

core::TetMesh slab(double edge) {
  core::TetMesh m = core::make_box(Vec3(40, 30, 4), edge, core::BoxSplit::alternating);
  m.boundary = core::find_boundary(m.tets);
  m.patch_names = {{1, "endocardium_lv"}, {2, "epicardium"}};
  for (auto& f : m.boundary) {
    bool top = true;
    for (core::Index n : f.nodes) top = top && std::abs(m.nodes[n].z() - 4) < 1e-9;
    f.patch = top ? 1 : 2;
  }
  return m;
}

}  // namespace

Rows recorded_ecg(bool quick, const core::Progress& progress) {
  const char* source = "truth by construction: the same waves without noise, measured by the same code; noise 15 uV, drift 0.4 mV at 0.25 Hz";
  const auto truth = ep::measure(made(800, 2, 0, 0, 0), 900, ep::EcgSource::recorded);
  Rows out = std::vector<Row>();
  for (const double hz : {500.0, 250.0}) {
    if (progress.cancelled()) return core::cancelled();
    auto beat = ep::representative_beat(made(quick ? 20000 : 40000, 1000 / hz, 900, 0.015, 0.4));
    if (!beat) return core::pass(beat);
    const std::string name = fmt::format("ep/recorded-ecg-{:.0f}hz", hz);
    out->push_back(make_row(name, "qrs_ms", beat->intervals.qrs_ms, truth.qrs_ms, 6, source));
    out->push_back(make_row(name, "qt_ms", beat->intervals.qt_ms, truth.qt_ms, 6, source));
    out->push_back(make_row(name, "axis_deg", beat->intervals.axis_deg, truth.axis_deg, 3, source));
    out->push_back(make_row(name, "rr_ms", beat->rr_ms, 900, 2, source));
  }
  // Written as WFDB 16 and read again: half a unit of 1 uV.
  const auto e = made(4000, 2, 900, 0.015, 0.4);
  const auto file = ep::encode_wfdb("r", e);
  auto header = ep::parse_wfdb_header(file.header);
  if (!header) return core::pass(header);
  auto samples = ep::decode_wfdb(*header, "r.dat", file.data);
  if (!samples) return core::pass(samples);
  double worst = 0, wrong = 0;
  for (std::size_t l = 0; l < 12; ++l) {
    for (std::size_t i = 0; i < e.t_ms.size(); ++i) worst = std::max(worst, std::abs(samples->physical[l][i] - e.mV[l][i]));
    wrong += samples->checksum[l] != header->channels[l].checksum;
  }
  out->push_back(make_row("ep/recorded-ecg-wfdb", "largest_difference_uV", 1000 * worst, 0, 0.501, "format 16 at 1000 units/mV: half a unit (signal(5))"));
  out->push_back(make_row("ep/recorded-ecg-wfdb", "wrong_checksums", wrong, 0, 0, "header(5): 16-bit sum of the samples"));
  return out;
}

Rows ea_map(bool, const core::Progress& progress) {
  const char* source = "analytic: a plane wave and a known rigid motion";
  const core::TetMesh heart = slab(2);
  const core::Mat3 turn = (Eigen::AngleAxisd(0.9, Vec3::UnitX()) * Eigen::AngleAxisd(-0.4, Vec3::UnitZ())).toRotationMatrix();
  const Vec3 shift(120, -40, 15);
  Numbers random;
  ep::EaMap map;
  const auto wave = [](const Vec3& p) { return 10 + 1.5 * p.x() - 0.8 * p.y(); };   // 0.59 m/s
  for (int i = 0; i < 300; ++i) {
    const Vec3 at(40 * random.uniform(), 30 * random.uniform(), 4 + 3 * random.uniform());
    ep::EaPoint p;
    p.at = turn * at + shift;
    p.lat_ms = wave(at);
    p.bipolar_mV = (at.head<2>() - Eigen::Vector2d(20, 15)).norm() < 10 ? 0.2 : 4;
    map.points.push_back(p);
  }
  std::vector<ep::EaPair> pairs;
  for (const Vec3& p : {Vec3(0, 0, 4), Vec3(40, 0, 4), Vec3(0, 30, 4), Vec3(20, 15, 0)}) pairs.push_back({turn * p + shift, p});
  auto r = ep::register_landmarks(pairs);
  if (!r) return core::pass(r);
  map.registration = *r;
  auto on = ep::project_map(map, heart, ep::EaQuantity::lat, progress);
  if (!on) return core::pass(on);
  double worst = 0;
  for (std::size_t n = 0; n < heart.nodes.size(); ++n)
    if (std::isfinite(on->value[n])) worst = std::max(worst, std::abs(double(on->value[n]) - wave(heart.nodes[n])));
  std::vector<float> simulated(heart.nodes.size());
  for (std::size_t n = 0; n < simulated.size(); ++n) simulated[n] = float(47 + wave(heart.nodes[n]));
  auto c = ep::compare_lat(*on, simulated);
  if (!c) return core::pass(c);
  Rows out = std::vector<Row>();
  out->push_back(make_row("ep/map-projection", "landmark_rms_mm", r->landmark_rms_mm, 0, 1e-9, source));
  out->push_back(make_row("ep/map-projection", "rotation_error", (r->rotation - turn.transpose()).norm(), 0, 1e-12, source));
  out->push_back(make_row("ep/map-projection", "coverage_percent", on->coverage_percent, 100, 1, source));
  out->push_back(make_row("ep/map-projection", "largest_lat_error_ms", worst, 0, 1, source));
  out->push_back(make_row("ep/map-projection", "offset_ms", c->offset_ms, 47, 0.2, source));
  out->push_back(make_row("ep/map-projection", "p95_difference_ms", c->p95_abs_ms, 0, 1, source));
  return out;
}

Rows carp_fibres(bool, const core::Progress& progress) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("organtwin-fibres-{}", ::getpid());
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  struct Remove {
    std::filesystem::path f;
    ~Remove() {
      std::error_code e;
      std::filesystem::remove_all(f, e);
    }
  } remove{folder};
  core::TetMesh mesh = slab(2);
  imaging::MeshExport options;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const double a = 0.013 * double(t);
    options.fibre.emplace_back(std::cos(a), std::sin(a), 0);
    options.sheet.emplace_back(-std::sin(a), std::cos(a), 0);
  }
  auto files = imaging::export_tets(mesh, folder / "heart.elem", options, progress);
  if (!files) return core::pass(files);
  session::CaseData data;
  if (auto ok = session::add_foreign_mesh(data, {folder / "heart.pts", "um", "heart", "", "", 0}, {}, progress); !ok) return core::pass(ok);
  double worst = 180;
  if (data.heart_mesh && data.heart_mesh->fibres && data.heart_mesh->fibres->f.size() == mesh.tets.size()) {
    worst = 0;
    for (std::size_t t = 0; t < mesh.tets.size(); ++t)
      worst = std::max({worst, std::asin(std::min(1.0, data.heart_mesh->fibres->f[t].cross(options.fibre[t]).norm())), std::asin(std::min(1.0, data.heart_mesh->fibres->s[t].cross(options.sheet[t]).norm()))});
    worst *= 180 / M_PI;
  }
  Rows out = std::vector<Row>();
  out->push_back(make_row("ep/opencarp-fibres", "largest_angle_deg", worst, 0, 1e-4, "fibres written as openCARP .lon and imported with the mesh; issue 4 part 8"));
  return out;
}

}  // namespace ot::verify
