// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "tests/support/ellipsoid_heart.hpp"

using namespace ot;
using core::Vec3;

namespace {

ep::ElectroProblem ball_problem(double radius, double edge) {
  ep::ElectroProblem p;
  p.mesh = std::make_shared<core::TetMesh>(test::ball_mesh(radius, edge));
  auto fibres = std::make_shared<ep::FibreField>();
  fibres->f.assign(p.mesh->tets.size(), Vec3(1, 0, 0));
  fibres->s.assign(p.mesh->tets.size(), Vec3(0, 1, 0));
  p.fibres = fibres;
  p.sigma = Vec3(0.2, 0.2, 0.2);
  p.electrodes = ep::standard_electrodes({});
  return p;
}

// Potential of a ball of radius a with V = g.x inside, in the unbounded conductor: the far field of the dipole -sigma g 4/3 pi a^3,
// exact outside the ball because 1/r is harmonic there.
std::array<double, 12> exact_leads(const ep::ElectroProblem& p, const Vec3& g, double a) {
  auto phi = [&](const std::string& name) {
    for (const auto& e : p.electrodes)
      if (e.name == name) {
        const Vec3 d = -e.position;   // from the electrode to the centre
        return 0.2 * g.dot(d) / std::pow(d.norm(), 3) * (4.0 / 3.0 * M_PI * a * a * a) / (4 * M_PI * ep::torso_conductivity);
      }
    return std::nan("");
  };
  const double ra = phi("RA"), la = phi("LA"), ll = phi("LL"), w = (ra + la + ll) / 3;
  return {la - ra, ll - ra, ll - la, ra - (la + ll) / 2, la - (ra + ll) / 2, ll - (ra + la) / 2, phi("V1") - w, phi("V2") - w,
          phi("V3") - w, phi("V4") - w, phi("V5") - w, phi("V6") - w};
}

double ball_error(int across) {
  const double a = 30;
  const auto p = ball_problem(a, 2 * a / across);
  const auto field = ep::make_lead_field(p);
  double worst = 0;
  for (const Vec3& g : {Vec3(1.0, 0.3, -0.5), Vec3(-0.2, 1.0, 0.4)}) {
    std::vector<float> v;
    for (const auto& x : p.mesh->nodes) v.push_back(float(g.dot(x)));
    const auto got = ep::evaluate(field, v);
    const auto want = exact_leads(p, g, a);
    double largest = 0;
    for (double w : want) largest = std::max(largest, std::abs(w));
    for (int l = 0; l < 12; ++l) worst = std::max(worst, std::abs(got[l] - want[l]) / largest);
  }
  return worst;
}

std::vector<float> some_field(const core::TetMesh& mesh) {
  std::vector<float> v;
  for (const auto& x : mesh.nodes) v.push_back(float(-85 + 60 * std::sin(0.1 * x.x()) + 40 * std::cos(0.07 * x.y() + 0.05 * x.z())));
  return v;
}

// A clean beat with known landmarks: QRS a raised cosine of 90 ms, T a raised cosine of 180 ms.
ep::Ecg synthetic(double qrs_start, double qrs_ms, double t_peak, double t_width) {
  ep::Ecg ecg;
  for (const char* n : ep::lead_names()) ecg.leads.push_back(n);
  ecg.mV.resize(12);
  for (double t = 0; t <= 500; t += 1) {
    ecg.t_ms.push_back(t);
    auto bump = [&](double from, double width) { return t > from && t < from + width ? 0.5 * (1 - std::cos(2 * M_PI * (t - from) / width)) : 0.0; };
    for (int l = 0; l < 12; ++l) {
      const double sign = l == 3 ? -1 : 1;
      ecg.mV[l].push_back(sign * (1.0 * bump(qrs_start, qrs_ms) + 0.3 * bump(t_peak - t_width / 2, t_width)));
    }
  }
  return ecg;
}

}  // namespace

TEST_CASE("ECG: a uniformly polarised ball in an infinite medium: all twelve leads within 1 % of the dipole at 20 elements across, order >= 1.8") {
  const double coarse = ball_error(10), fine = ball_error(20);
  INFO("10 across " << coarse << ", 20 across " << fine);
  CHECK(fine < 0.01);
  CHECK(std::log2(coarse / fine) > 1.8);
}

TEST_CASE("ECG: lead identities hold to rounding, a common level has no effect, swapped arm electrodes give the textbook swap") {
  auto p = ball_problem(25, 5);
  const auto v = some_field(*p.mesh);
  const auto x = ep::evaluate(ep::make_lead_field(p), v);
  CHECK(x[0] + x[2] == Approx(x[1]).epsilon(1e-12));
  CHECK(std::abs(x[3] + x[4] + x[5]) < 1e-12);
  auto lifted = v;
  for (float& y : lifted) y += 64;
  const auto up = ep::evaluate(ep::make_lead_field(p), lifted);
  for (int l = 0; l < 12; ++l) CHECK(std::abs(up[l] - x[l]) < 1e-6);
  for (auto& e : p.electrodes) e.name = e.name == "RA" ? "LA" : e.name == "LA" ? "RA" : e.name;
  const auto s = ep::evaluate(ep::make_lead_field(p), v);
  const double want[12] = {-x[0], x[2], x[1], x[4], x[3], x[5], x[6], x[7], x[8], x[9], x[10], x[11]};
  for (int l = 0; l < 12; ++l) CHECK(std::abs(s[l] - want[l]) < 1e-10);
}

TEST_CASE("ECG: a wave that comes nearer to V4 deflects it upward, dead tissue has no source, same bits with 1 and 2 threads") {
  auto p = ball_problem(25, 4);
  Vec3 v4;
  for (const auto& e : p.electrodes)
    if (e.name == "V4") v4 = e.position;
  std::vector<float> v;
  for (const auto& x : p.mesh->nodes) v.push_back(x.dot(v4.normalized()) < 0 ? 20.f : -85.f);
  const int before = core::thread_count();
  core::set_thread_count(1);
  const auto one = ep::evaluate(ep::make_lead_field(p), v);
  core::set_thread_count(2);
  const auto two = ep::evaluate(ep::make_lead_field(p), v);
  core::set_thread_count(before);
  CHECK(one[9] > 0.5);
  CHECK(one == two);
  p.regions.resize(2);
  p.regions[1].conducting = false;
  p.tissue.assign(p.mesh->tets.size(), 1);
  const auto dead = ep::evaluate(ep::make_lead_field(p), v);
  for (double x : dead) CHECK(std::abs(x) < 1e-9);
  p.electrodes.pop_back();
  CHECK(ep::make_lead_field(p).empty());
}

TEST_CASE("ECG intervals: QRS within 12 ms, T end of a raised cosine at its tangent, axis of equal I and II at 60 degrees") {
  const auto ecg = synthetic(40, 90, 330, 180);
  const auto i = ep::measure(ecg, 800);
  CHECK(i.qrs_onset_ms == Approx(40).margin(6));
  CHECK(i.qrs_ms == Approx(90).margin(12));
  // Steepest tangent of 1 - cos at a quarter width, slope pi/width: meets zero at peak + width/4 + width/(2 pi).
  CHECK(i.t_end_ms == Approx(330 + 45 + 180 / (2 * M_PI)).margin(2));
  CHECK(i.qtc_bazett_ms == Approx(i.qt_ms / std::sqrt(0.8)));
  CHECK(i.qtc_fridericia_ms == Approx(i.qt_ms / std::cbrt(0.8)));
  CHECK(i.axis_deg == Approx(std::atan2(2 / std::sqrt(3.0), 1.0) * 180 / M_PI).margin(0.5));
  ep::Ecg flat = ecg;
  for (auto& lead : flat.mV) std::fill(lead.begin(), lead.end(), 0.1);
  CHECK(std::isnan(ep::measure(flat).qrs_ms));
  CHECK(std::isnan(ep::measure({}).qt_ms));
}

TEST_CASE("ECG intervals: a lull of 12 ms before the last muscle belongs to the QRS (end within 5 ms), a T wave from 60 ms later does not") {
  auto ecg = synthetic(40, 90, 330, 180);
  for (auto& lead : ecg.mV)
    for (std::size_t k = 0; k < ecg.t_ms.size(); ++k) {
      const double t = ecg.t_ms[k];
      const auto bump = [&](double from, double width) { return t > from && t < from + width ? 0.5 * (1 - std::cos(2 * M_PI * (t - from) / width)) : 0.0; };
      lead[k] = bump(40, 50) + 0.15 * bump(102, 14) + 0.25 * bump(176, 220);
    }
  const auto i = ep::measure(ecg, 800);
  CHECK(i.qrs_onset_ms == Approx(40).margin(5));
  CHECK(i.qrs_offset_ms == Approx(116).margin(5));
}

TEST_CASE("ECG intervals: a slow delta wave of 0.1 mV in 40 ms and a slow end belong to a simulated QRS (edges within 10 ms: 20 uV), noise and a recorded trace are judged by 5 % of the steepest slope") {
  auto ecg = synthetic(40, 90, 330, 180);
  const auto half = [](double t, double from, double width) { return std::clamp((t - from) / width, 0.0, 1.0); };
  for (auto& lead : ecg.mV)
    for (std::size_t k = 0; k < ecg.t_ms.size(); ++k) {
      const double t = ecg.t_ms[k];
      const auto bump = [&](double from, double width) { return t > from && t < from + width ? 0.5 * (1 - std::cos(2 * M_PI * (t - from) / width)) : 0.0; };
      lead[k] = 1.5 * bump(60, 40) + 0.1 * half(t, 20, 40) * (1 - half(t, 60, 20)) + 0.08 * (1 - half(t, 100, 30)) * half(t, 80, 10) + 0.25 * bump(220, 200);
    }
  const auto i = ep::measure(ecg, 800);
  CHECK(i.qrs_onset_ms == Approx(28).margin(2));   // 0.1 mV in 40 ms reaches 20 uV after 8
  CHECK(i.qrs_offset_ms == Approx(122.5).margin(2));   // 0.08 mV in 30 ms falls below 20 uV 7.5 before its end
  const auto cut = ep::measure(ecg, 800, ep::EcgSource::recorded);
  CHECK(cut.qrs_onset_ms > 50);
  CHECK(cut.qrs_offset_ms < 110);
  unsigned seed = 1;
  for (auto& lead : ecg.mV)
    for (double& v : lead) seed = seed * 1664525u + 1013904223u, v += 0.006 * (double(seed >> 8) / double(1u << 24) - 0.5);
  const auto noisy = ep::measure(ecg, 800);
  CHECK(noisy.qrs_onset_ms > 50);
  CHECK(noisy.qrs_ms < 60);
}

TEST_CASE("electrograms: a front that passes a probe gives a positive then a negative deflection, bipolar is the difference, far away it vanishes") {
  auto p = ball_problem(20, 3);
  std::vector<ep::ElectroFrame> frames;
  for (double front = -25; front <= 25; front += 2.5) {
    auto v = std::make_shared<std::vector<float>>();
    for (const auto& x : p.mesh->nodes) v->push_back(x.x() < front ? 20.f : -85.f);
    frames.push_back({front, v});
  }
  const auto phi = ep::electrograms(p, {Vec3(0, 0, 24), Vec3(4, 0, 24), Vec3(0, 0, 4000)}, frames);
  REQUIRE(phi.size() == 3);
  const auto& one = phi[0];
  const auto top = std::max_element(one.begin(), one.end()), low = std::min_element(one.begin(), one.end());
  CHECK(*top > 1);
  CHECK(*low < -1);
  CHECK(top < low);
  const auto pair = ep::bipolar(phi[0], phi[1]);
  for (std::size_t k = 0; k < pair.size(); ++k) {
    CHECK(pair[k] == phi[0][k] - phi[1][k]);
    CHECK(std::abs(phi[2][k]) < 0.01);
  }
}

TEST_CASE("ECG: R grows and S shrinks from V1 to V6: the transition lies where they are equal") {
  auto ecg = synthetic(40, 90, 330, 180);
  for (std::size_t l = 6; l < 12; ++l)
    for (std::size_t k = 0; k < ecg.t_ms.size(); ++k) {
      const double t = ecg.t_ms[k], a = 0.2 * double(l - 5);   // R 0.2 .. 1.2 mV, S 1.1 - R/1.2
      const auto bump = [&](double from, double width) { return t > from && t < from + width ? 0.5 * (1 - std::cos(2 * M_PI * (t - from) / width)) : 0.0; };
      ecg.mV[l][k] = a * bump(40, 45) - (1.3 - a) * bump(85, 45) + 0.3 * bump(240, 180);
    }
  const auto r = ep::precordial(ecg, ep::measure(ecg));
  CHECK(r.r[0] == Approx(0.2).margin(0.02));
  CHECK(r.s[0] == Approx(1.1).margin(0.02));
  CHECK(r.transition == Approx(3.25).margin(0.1));   // a = 0.65
}
