// SPDX-License-Identifier: GPL-3.0-or-later
// The healthy twin at 60 per minute and with left bundle branch block, FAST and FULL, on the built-in phantom and on one real CT; and how far
// FAST activation is from FULL. Both hearts go through the program's own recipe and mesher; nothing is set for one of them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "app/verify/cases.hpp"
#include "imaging/io/io.hpp"
#include "imaging/meshing/meshing.hpp"
#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/organs/heart/heart.hpp"

namespace ot::verify {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* issue = "issue 4: healthy twin at 60 per minute";
constexpr double edge_mm = 2.0;

struct Sheet {
  std::string name;
  bool quick = false;
  Clock::time_point start = Clock::now();
  std::vector<Row> rows;
  void between(const std::string& quantity, double value, double low, double high, const char* source = issue) {
    Row r;
    r.name = name;
    r.quantity = quantity;
    r.value = value;
    r.reference = 0.5 * (low + high);
    r.tolerance = 0.5 * (high - low);
    r.relative = false;
    r.source = source;
    r.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
    r.threads = core::thread_count();
    r.quick = quick;
    rows.push_back(std::move(r));
  }
};

using Mesh = std::shared_ptr<const core::TetMesh>;

core::Result<Mesh> mesh_of(const core::Volume& ct, const core::Progress& progress) {
  const auto found = imaging::find_recipe("cardiac_ct")->run(ct, progress.part(0, 0.6));
  if (!found) return core::pass(found);
  imaging::HeartMeshParams params;
  params.edge_mm = edge_mm;
  auto heart = imaging::biventricular_mesh(found->labels, found->planes, params, progress.part(0.6, 1));
  if (!heart) return core::pass(heart);
  return Mesh(std::make_shared<core::TetMesh>(std::move(heart->mesh)));
}

core::Result<Mesh> phantom_mesh(const core::Progress& progress) {
  auto phantom = imaging::make_thorax_phantom({}, progress.part(0, 0.2));
  if (!phantom) return core::pass(phantom);
  return mesh_of(phantom->ct, progress.part(0.2, 1));
}

// Null without the shared data.
core::Result<Mesh> ct_mesh(const core::Progress& progress) {
  const char* shared = std::getenv("ORGANTWIN_SHARED");
  const auto file = std::filesystem::path(shared ? shared : "") / "data/heart-cta-dissection/ct.nii.gz";
  std::error_code ec;
  if (!shared || !std::filesystem::exists(file, ec)) return Mesh();
  const auto ct = imaging::read_volume(file, "", progress.part(0, 0.1));
  if (!ct) return core::pass(ct);
  return mesh_of(*ct, progress.part(0.1, 1));
}

core::Result<std::shared_ptr<const twin::HeartModel>> heart_of(const Mesh& mesh, const char* block, const core::Progress& progress) {
  organs::HeartInputs in;
  in.mesh = mesh;
  auto conduction = organs::heart_conduction("purkinje", block, "none");
  if (!conduction) return core::pass(conduction);
  in.params.conduction = std::move(*conduction);
  return organs::build_heart(in, progress);
}

const std::vector<double>& lead_of(const ep::Ecg& ecg, const std::string& name) { return ecg.mV[std::size_t(std::find(ecg.leads.begin(), ecg.leads.end(), name) - ecg.leads.begin())]; }

// Largest deflection from 60 ms after the QRS on.
double t_wave(const ep::Ecg& ecg, const ep::EcgIntervals& i, const std::string& name) {
  const auto& lead = lead_of(ecg, name);
  double top = 0;
  for (std::size_t k = 0; k < lead.size(); ++k)
    if (ecg.t_ms[k] > i.qrs_offset_ms + 60 && std::abs(lead[k]) > std::abs(top)) top = lead[k];
  return top;
}

void healthy_rows(Sheet& sheet, const char* mode, const ep::Ecg& ecg) {
  const auto i = ep::measure(ecg, 1000);
  const auto chest = ep::precordial(ecg, i);
  const auto key = [&](const std::string& what) { return fmt::format("{}_{}", mode, what); };
  sheet.between(key("qrs_ms"), i.qrs_ms, 80, 110);
  sheet.between(key("qt_ms"), i.qt_ms, 350, 440);
  sheet.between(key("axis_deg"), i.axis_deg, -30, 90);
  sheet.between(key("r_transition_lead"), chest.transition, 2, 5, "R progression: R exceeds S from V3 or V4 on, at the latest V5 (Wagner, Marriott's Practical Electrocardiography)");
  sheet.between(key("r_v4_over_r_v1"), chest.r[3] / std::max(chest.r[0], 1e-9), 1, 1e9);
  for (const char* lead : {"I", "II", "V4", "V5", "V6"}) sheet.between(key(fmt::format("t_wave_{}_mV", lead)), t_wave(ecg, i, lead), 1e-3, 2);
  sheet.between(key("t_wave_aVR_mV"), t_wave(ecg, i, "aVR"), -2, -1e-3);
  double limb = 0;
  for (const char* lead : {"I", "II", "III"}) {
    const auto& x = lead_of(ecg, lead);
    double up = 0, down = 0;
    for (std::size_t k = 0; k < x.size() && ecg.t_ms[k] <= i.qrs_offset_ms; ++k) {
      up = std::max(up, x[k]);
      down = std::min(down, x[k]);
    }
    limb = std::max(limb, up - down);
  }
  sheet.between(key("largest_limb_qrs_mV"), limb, 0.5, 2.5, "low voltage below 0.5 mV in all limb leads (AHA/ACCF/HRS 2009); tall above about 2.5");
}

void lbbb_rows(Sheet& sheet, const char* mode, const ep::Ecg& ecg) {
  const auto i = ep::measure(ecg, 1000);
  const auto chest = ep::precordial(ecg, i);
  sheet.between(fmt::format("{}_lbbb_qrs_ms", mode), i.qrs_ms, 120, 200, "issue 4: LBBB at least 120 ms");
  sheet.between(fmt::format("{}_lbbb_r_over_s_in_v1", mode), chest.r[0] / std::max(chest.s[0], 1e-9), 0, 0.3, "issue 4: QS or rS in V1");
}

core::Result<std::vector<Row>> healthy(const std::string& name, const core::Result<Mesh>& mesh, bool quick, const core::Progress& progress) {
  if (!mesh) return core::pass(mesh);
  Sheet sheet{name, quick, Clock::now(), {}};
  if (!*mesh) return sheet.rows;
  for (const char* block : {"none", "lbbb"}) {
    const bool plain = std::string(block) == "none";
    const auto part = plain ? progress.part(0, 0.6) : progress.part(0.6, 1);
    const auto model = heart_of(*mesh, block, part.part(0, 0.1));
    if (!model) return core::pass(model);
    ep::ElectroProblem problem = (*model)->baseline;
    const auto templates = ep::make_templates(problem, part.part(0.1, 0.2));
    if (!templates) return core::pass(templates);
    const auto fast = ep::run_fast(problem, *templates, part.part(0.2, 0.3));
    if (!fast) return core::pass(fast);
    plain ? healthy_rows(sheet, "fast", fast->ecg) : lbbb_rows(sheet, "fast", fast->ecg);
    if (quick) continue;
    if (!plain) problem.end_ms = 200;   // QRS only
    const auto full = ep::run_monodomain(problem, {}, part.part(0.3, 1));
    if (!full) return core::pass(full);
    plain ? healthy_rows(sheet, "full", full->ecg) : lbbb_rows(sheet, "full", full->ecg);
  }
  return sheet.rows;
}

}  // namespace

Rows healthy_phantom(bool quick, const core::Progress& progress) { return healthy("ep/healthy-phantom", phantom_mesh(progress.part(0, 0.2)), quick, progress.part(0.2, 1)); }

Rows healthy_ct(bool quick, const core::Progress& progress) { return healthy("ep/healthy-ct", ct_mesh(progress.part(0, 0.2)), quick, progress.part(0.2, 1)); }

// Over all nodes both reach.
Rows fast_against_full(bool quick, const core::Progress& progress) {
  Sheet sheet{"ep/fast-vs-full", quick, Clock::now(), {}};
  if (quick) return sheet.rows;
  const auto mesh = phantom_mesh(progress.part(0, 0.1));
  if (!mesh) return core::pass(mesh);
  const auto model = heart_of(*mesh, "none", progress.part(0.1, 0.15));
  if (!model) return core::pass(model);
  ep::ElectroProblem problem = (*model)->baseline;
  problem.end_ms = 130;
  const auto templates = ep::make_templates(problem, progress.part(0.15, 0.2));
  if (!templates) return core::pass(templates);
  const auto fast = ep::run_fast(problem, *templates, progress.part(0.2, 0.25));
  if (!fast) return core::pass(fast);
  const auto full = ep::run_monodomain(problem, {}, progress.part(0.25, 1));
  if (!full) return core::pass(full);
  std::vector<double> apart;
  for (std::size_t n = 0; n < full->activation_ms.size(); ++n)
    if (std::isfinite(full->activation_ms[n]) && std::isfinite(fast->activation_ms[n])) apart.push_back(std::abs(double(full->activation_ms[n]) - double(fast->activation_ms[n])));
  std::sort(apart.begin(), apart.end());
  const auto share = [&](double p) { return apart.empty() ? std::nan("") : apart[std::size_t(p * double(apart.size() - 1))]; };
  sheet.between("median_difference_ms", share(0.5), 0, 3, "issue 4: FAST vs FULL activation on the biventricle");
  sheet.between("p95_difference_ms", share(0.95), 0, 8, "issue 4: FAST vs FULL activation on the biventricle");
  return sheet.rows;
}

}  // namespace ot::verify
