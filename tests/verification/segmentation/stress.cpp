// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/verification/segmentation/stress.hpp"

#include <algorithm>
#include <cmath>

#include "imaging/phantom/render.hpp"
#include "imaging/segmentation/voxels.hpp"

namespace ot::test {
namespace {

using core::Mat3;
using core::Vec3;
namespace l = core::labels;
namespace vx = imaging::voxels;
using Map = std::function<Vec3(const Vec3&)>;

float darkest(const core::Volume& v) { return *std::min_element(v.values.begin(), v.values.end()); }

// `ct` seen through `back` (new point -> old point) on `grid`.
core::Volume resample(const core::Volume& ct, const core::Grid& grid, const Map& back = {}) {
  core::Volume out;
  out.grid = grid;
  out.quantity = ct.quantity;
  out.values.resize(grid.voxels());
  const float outside = std::max(-1000.0f, darkest(ct));
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = grid.to_patient(Vec3(i, j, k));
        out.values[grid.offset(i, j, k)] = ct.sample(back ? back(p) : p, outside);
      }
  return out;
}

core::Grid finer(const core::Grid& g, const Vec3& spacing) {
  core::Grid out = g;
  out.spacing = spacing;
  for (std::size_t d = 0; d < 3; ++d) out.size[d] = int(std::floor((g.size[d] - 1) * g.spacing[Eigen::Index(d)] / spacing[Eigen::Index(d)])) + 1;
  return out;
}

core::Volume at_spacing(const core::Volume& ct, const Vec3& spacing) {
  core::Volume blurred = ct;   // thick voxels average
  if (spacing.maxCoeff() > 1.6) blurred.values = vx::gaussian(ct.grid, ct.values, 0.4 * spacing.maxCoeff());
  return resample(blurred, finer(ct.grid, spacing));
}

core::Volume windowed(core::Volume v, float low, float high) {
  for (float& x : v.values) x = std::round(std::clamp((x - low) / (high - low) * 255.0f, 0.0f, 255.0f));
  v.quantity = "intensity";
  return v;
}

core::Volume noisy(core::Volume v, double sd) {
  for (std::size_t i = 0; i < v.values.size(); ++i) v.values[i] += float(sd * imaging::counter_normal(77, i));
  return v;
}

// Two phases in one picture, `by` apart; the truth lies half way.
core::Volume doubled(const core::Volume& ct, const Vec3& by) {
  const auto one = resample(ct, ct.grid, [&](const Vec3& p) -> Vec3 { return p - 0.5 * by; });
  core::Volume out = resample(ct, ct.grid, [&](const Vec3& p) -> Vec3 { return p + 0.5 * by; });
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] = 0.5f * (one.values[i] + out.values[i]);
  return out;
}

// Every 18 mm of slices shifted in their plane.
Stressed slabs(const core::Volume& ct, double mm) {
  const auto shift = [low = ct.grid.origin.z(), mm](const Vec3& p) -> Vec3 {
    const int slab = int(std::floor((p.z() - low) / 18.0));
    const double s[5][2] = {{0, 0}, {1, 0.4}, {-0.5, -0.8}, {0.3, 1}, {-1, 0.2}};
    return mm * Vec3(s[std::abs(slab) % 5][0], s[std::abs(slab) % 5][1], 0);
  };
  return {resample(ct, ct.grid, [&](const Vec3& p) -> Vec3 { return p + shift(p); }), [=](const Vec3& p) -> Vec3 { return p - shift(p); }};
}

Vec3 middle(const core::Grid& g) { return g.to_patient(0.5 * Vec3(g.size[0] - 1, g.size[1] - 1, g.size[2] - 1)); }

Stressed linear(const core::Volume& ct, const Mat3& a) {
  const Vec3 c = middle(ct.grid);
  core::Grid grid = ct.grid;
  Vec3 low = Vec3::Constant(1e9), high = -low;
  for (int n = 0; n < 8; ++n) {
    const Vec3 p = c + a * (ct.grid.to_patient(Vec3(n & 1 ? grid.size[0] - 1 : 0, n & 2 ? grid.size[1] - 1 : 0, n & 4 ? grid.size[2] - 1 : 0)) - c);
    low = low.cwiseMin(p), high = high.cwiseMax(p);
  }
  grid.direction = Mat3::Identity();
  grid.origin = low;
  for (int d = 0; d < 3; ++d) grid.size[std::size_t(d)] = int(std::ceil((high[d] - low[d]) / grid.spacing[d])) + 1;
  const Mat3 inverse = a.inverse();
  return {resample(ct, grid, [=](const Vec3& p) -> Vec3 { return c + inverse * (p - c); }), [=](const Vec3& p) -> Vec3 { return c + a * (p - c); }};
}

Mat3 turn(double x, double y, double z) {
  const double d = 3.14159265358979323846 / 180;
  return (Eigen::AngleAxisd(z * d, Vec3::UnitZ()) * Eigen::AngleAxisd(y * d, Vec3::UnitY()) * Eigen::AngleAxisd(x * d, Vec3::UnitX())).toRotationMatrix();
}

// Smooth displacement u, x_new = x + u(x); the scan is read by a fixed-point inverse.
Stressed warped(const core::Volume& ct, const Map& u) {
  return {resample(ct, ct.grid, [=](const Vec3& p) -> Vec3 {
            Vec3 q = p;
            for (int n = 0; n < 12; ++n) q = p - u(q);
            return q;
          }),
          [=](const Vec3& p) -> Vec3 { return p + u(p); }};
}

Vec3 centre_of(const core::LabelMap& m, int label) {
  Vec3 sum = Vec3::Zero();
  double n = 0;
  for (int k = 0; k < m.grid.size[2]; ++k)
    for (int j = 0; j < m.grid.size[1]; ++j)
      for (int i = 0; i < m.grid.size[0]; ++i)
        if (m.at(i, j, k) == label) sum += Vec3(i, j, k), n += 1;
  return m.grid.to_patient(sum / std::max(1.0, n));
}

Map balloon(const Vec3& centre, double radius, double by) {
  return [=](const Vec3& p) -> Vec3 {
    const Vec3 q = p - centre;
    return by * std::exp(-0.5 * q.squaredNorm() / (radius * radius)) * q;
  };
}

// Blood of the given labels (and `reach` mm around) scaled towards the wall's value.
core::Volume diluted(const core::Volume& ct, const core::LabelMap& ref, const std::vector<int>& which, double share, double wall) {
  vx::Mask m(ct.values.size(), 0);
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = std::find(which.begin(), which.end(), int(ref.values[i])) != which.end();
  // Blood beyond the reference (veins, branches) that hangs on the same pool.
  vx::Mask keep(m.size(), 0);
  for (std::size_t i = 0; i < m.size(); ++i) keep[i] = ref.values[i] != 0 && !m[i];
  const auto d = vx::distance_to(ct.grid, m), other = vx::distance_to(ct.grid, keep);
  core::Volume out = ct;
  for (std::size_t i = 0; i < m.size(); ++i) {
    const double a = m[i] ? 1.0 : d[i] < other[i] ? std::clamp(1 - (double(d[i]) - 25) / 10, 0.0, 1.0) : 0.0;
    const double v = ct.values[i];
    if (v > wall) out.values[i] = float(v + a * (share - 1) * (v - wall));
  }
  return out;
}

core::Volume cropped(const core::Volume& ct, std::array<int, 3> low, std::array<int, 3> high) {
  core::Volume out = ct;
  out.grid = vx::crop_grid(ct.grid, low, high);
  out.values = vx::crop(ct.grid, ct.values, low, high);
  return out;
}

core::Volume tight(const core::Volume& ct, const core::LabelMap& ref, int pad) {
  std::array<int, 3> low{1 << 20, 1 << 20, 1 << 20}, high{-1, -1, -1};
  const auto& g = ct.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const int v = ref.at(i, j, k);
        if (v == 0 || v == l::aorta || v == l::pulmonary_artery) continue;
        low = {std::min(low[0], i - pad), std::min(low[1], j - pad), std::min(low[2], k - pad)};
        high = {std::max(high[0], i + pad), std::max(high[1], j + pad), std::max(high[2], k + pad)};
      }
  return cropped(ct, low, high);
}

// A large field of view: soft body around (with a bright spine-like column), long neck and abdomen.
core::Volume embedded(const core::Volume& ct) {
  core::Volume out;
  const auto& g = ct.grid;
  const std::array<int, 3> pad{50, 40, 70};
  out.grid = g;
  for (std::size_t d = 0; d < 3; ++d) out.grid.size[d] += 2 * pad[d];
  out.grid.origin = g.to_patient(Vec3(-pad[0], -pad[1], -pad[2]));
  out.quantity = ct.quantity;
  out.values.assign(out.grid.voxels(), -1000.0f);
  const Vec3 c = middle(g);
  for (int k = 0; k < out.grid.size[2]; ++k)
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) {
        const std::size_t o = out.grid.offset(i, j, k);
        const int x = i - pad[0], y = j - pad[1], z = k - pad[2];
        if (g.contains(x, y, z)) {
          out.values[o] = ct.at(x, y, z);
          continue;
        }
        const Vec3 q = out.grid.to_patient(Vec3(i, j, k)) - c;
        const bool neck = q.z() > 140;
        const double body = std::hypot(q.x() / (neck ? 60 : 150), q.y() / (neck ? 60 : 105));
        if (body > 1) continue;
        float v = body > 0.9 ? -100.0f : 50.0f;
        if (z < 0) {
          if (std::hypot(q.x() + 50, q.y()) < 60) v = 110;                          // enhanced liver
          if (std::hypot(q.x() + 60, q.y() - 60) < 28 || std::hypot(q.x() - 60, q.y() - 60) < 28) v = 260;   // kidneys
          if (std::hypot(q.x() - 50, q.y()) < 35) v = 140;                          // spleen
        }
        if (std::hypot(q.x(), q.y() - 75) < 18) v = 400;                            // spine
        out.values[o] = v + float(15 * imaging::counter_normal(5, o));
      }
  return out;
}

core::Volume with_leads(core::Volume ct, const core::LabelMap& ref) {
  const Vec3 a = centre_of(ref, l::right_atrium), b = centre_of(ref, l::rv_blood_pool);
  const std::vector<Vec3> way = {a + Vec3(-8, 20, 70), a + Vec3(-5, 5, 25), a, b, b + 0.6 * (b - a)};
  const auto& g = ct.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 p = g.to_patient(Vec3(i, j, k));
        double d = 1e9;
        for (std::size_t s = 0; s + 1 < way.size(); ++s) {
          const Vec3 e = way[s + 1] - way[s];
          d = std::min(d, (p - way[s] - std::clamp((p - way[s]).dot(e) / e.squaredNorm(), 0.0, 1.0) * e).norm());
        }
        float& v = ct.values[g.offset(i, j, k)];
        if (d < 1.8) v = 3000;
        else if (d < 40) v += float(250 * std::exp(-d / 10) * std::cos(12 * std::atan2(p.y() - b.y(), p.x() - b.x())));   // streaks
      }
  return ct;
}

// Radial streaks in the slices around a dense thing at `at` (contrast at full strength in the vena cava, a valve of metal), fading over `reach`.
core::Volume streaked(core::Volume ct, const Vec3& at, double dense_mm, double half_length, float dense, double strength, double reach) {
  const auto& g = ct.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const Vec3 q = g.to_patient(Vec3(i, j, k)) - at;
        if (std::abs(q.z()) > half_length) continue;
        const double r = std::hypot(q.x(), q.y());
        float& v = ct.values[g.offset(i, j, k)];
        if (r < dense_mm) v = dense;
        else v += float(strength * std::exp(-r / reach) * std::cos(11 * std::atan2(q.y(), q.x())));
      }
  return ct;
}

// What a scan without ECG sees: the mean of five moments of a ventricle that shrinks and grows, and moves along its axis.
core::Volume beating(const core::Volume& ct, const core::LabelMap& ref, double share, double shift) {
  const Vec3 centre = centre_of(ref, l::lv_blood_pool), axis = (centre - centre_of(ref, l::left_atrium)).normalized();
  core::Volume out = ct;
  std::fill(out.values.begin(), out.values.end(), 0.0f);
  for (double t : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
    const auto grow = balloon(centre, 40, share * t);
    const auto one = warped(ct, [&](const Vec3& p) -> Vec3 { return grow(p) + shift * t * std::exp(-0.5 * (p - centre).squaredNorm() / 3600) * axis; });
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += one.ct.values[i] / 5;
  }
  return out;
}

// Noise as a smooth kernel leaves it: grains of about 3 mm.
core::Volume grainy(core::Volume ct, double sd) {
  std::vector<float> n(ct.values.size());
  for (std::size_t i = 0; i < n.size(); ++i) n[i] = float(imaging::counter_normal(91, i));
  n = vx::gaussian(ct.grid, n, 1.5);
  double square = 0;
  for (float v : n) square += double(v) * v;
  const double scale = sd / std::sqrt(square / double(n.size()));
  for (std::size_t i = 0; i < n.size(); ++i) ct.values[i] += float(scale * n[i]);
  return ct;
}

// Outside the circle that the scanner reconstructs stands a value of no tissue.
core::Volume padded(core::Volume ct, float value) {
  const auto& g = ct.grid;
  const double radius = 0.5 * std::min(g.size[0], g.size[1]);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (std::hypot(i - 0.5 * g.size[0], j - 0.5 * g.size[1]) > radius) ct.values[g.offset(i, j, k)] = value;
  return ct;
}

core::Volume mixed(const core::Volume& a, const core::Volume& b, float share) {
  core::Volume out = a;
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += share * (b.values[i] - a.values[i]);
  return out;
}

core::Volume shifted(const core::Volume& ct, const Vec3& by) {
  return resample(ct, ct.grid, [&](const Vec3& p) -> Vec3 { return p - by; });
}

core::Volume bent_scale(core::Volume v) {   // a display curve instead of a straight window
  for (float& x : v.values) x = std::round(255.0f * std::pow(x / 255.0f, 0.7f));
  return v;
}

core::Volume stored_otherwise(const core::Volume& ct) {
  core::Volume out = ct;
  const auto& g = ct.grid;
  out.grid.size = {g.size[2], g.size[0], g.size[1]};
  out.grid.spacing = Vec3(g.spacing.z(), g.spacing.x(), g.spacing.y());
  out.grid.direction.col(0) = -g.direction.col(2), out.grid.direction.col(1) = -g.direction.col(0), out.grid.direction.col(2) = -g.direction.col(1);
  out.grid.origin = g.to_patient(Vec3(g.size[0] - 1, g.size[1] - 1, g.size[2] - 1));
  for (int k = 0; k < out.grid.size[2]; ++k)
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) out.values[out.grid.offset(i, j, k)] = ct.at(g.size[0] - 1 - j, g.size[1] - 1 - k, g.size[2] - 1 - i);
  return out;
}

core::Volume oblique(const core::Volume& ct) {
  core::Grid grid = ct.grid;
  grid.direction = turn(12, -8, 20);
  grid.spacing = Vec3(0.9, 0.9, 1.25);
  grid.size = {240, 240, 210};
  grid.origin = middle(ct.grid) - grid.direction * (0.5 * grid.spacing.cwiseProduct(Vec3(239, 239, 209)));
  return resample(ct, grid);
}

}  // namespace

const std::vector<Condition>& conditions() {
  using V = const core::Volume&;
  using R = const core::LabelMap&;
  static const std::vector<Condition> all = {
      {"as-is", [](V v, R) { return Stressed{v, {}}; }},
      {"0.8mm", [](V v, R) { return Stressed{at_spacing(v, Vec3::Constant(0.8)), {}}; }},
      {"1.0mm", [](V v, R) { return Stressed{at_spacing(v, Vec3::Constant(1.0)), {}}; }},
      {"2.0mm", [](V v, R) { return Stressed{at_spacing(v, Vec3::Constant(2.0)), {}}; }},
      {"2.5mm", [](V v, R) { return Stressed{at_spacing(v, Vec3::Constant(2.5)), {}}; }},
      {"0.7x0.7x3mm", [](V v, R) { return Stressed{at_spacing(v, Vec3(0.7, 0.7, 3.0)), {}}; }},
      {"8bit-200..700", [](V v, R) { return Stressed{windowed(v, -200, 700), {}}; }},
      {"8bit-0..500", [](V v, R) { return Stressed{windowed(v, 0, 500), {}}; }},
      {"8bit-1000..1500", [](V v, R) { return Stressed{windowed(v, -1000, 1500), {}}; }},
      {"8bit-100..400", [](V v, R) { return Stressed{windowed(v, -100, 400), {}}; }},
      {"offset+1024", [](V v, R) { auto o = v; for (float& x : o.values) x += 1024; return Stressed{o, {}}; }},
      {"8bit-motion", [](V v, R) { auto s = slabs(doubled(v, Vec3(3, -2, 1.5)), 2); s.ct = windowed(noisy(s.ct, 25), -200, 700); return s; }},
      {"8bit-motion-other", [](V v, R) { auto s = slabs(doubled(v, Vec3(-2.5, 3, -2)), 2.5); s.ct = windowed(noisy(s.ct, 20), -100, 550); return s; }},
      {"8bit-motion-5mm", [](V v, R) { auto s = slabs(doubled(v, Vec3(4, 3, 0)), 1); s.ct = windowed(noisy(s.ct, 15), -300, 800); return s; }},
      {"noise60", [](V v, R) { return Stressed{noisy(v, 60), {}}; }},
      {"blur1.5", [](V v, R) { auto o = v; o.values = vx::gaussian(v.grid, v.values, 1.5); return Stressed{o, {}}; }},
      {"double4mm", [](V v, R) { return Stressed{doubled(v, Vec3(3, -2, 1.5)), {}}; }},
      {"slabs3mm", [](V v, R) { return slabs(v, 3); }},
      {"oblique-grid", [](V v, R) { return Stressed{oblique(v), {}}; }},
      {"permuted-axes", [](V v, R) { return Stressed{stored_otherwise(v), {}}; }},
      {"patient-turned-20", [](V v, R) { return linear(v, turn(12, -8, 20)); }},
      {"patient-turned-back", [](V v, R) { return linear(v, turn(-15, 10, -20)); }},
      {"tight-crop", [](V v, R r) { return Stressed{tight(v, r, 3), {}}; }},
      {"large-fov", [](V v, R) { return Stressed{embedded(v), {}}; }},
      {"left-only", [](V v, R r) { return Stressed{diluted(v, r, {3, 5, 7}, 0.06, 120), {}}; }, true},
      {"right-faint", [](V v, R r) { return Stressed{diluted(v, r, {3, 5, 7}, 0.35, 120), {}}; }, true},
      {"ra-faint", [](V v, R r) { return Stressed{diluted(v, r, {5}, 0.35, 120), {}}; }, true},
      {"weak-contrast", [](V v, R r) { return Stressed{diluted(v, r, {1, 3, 4, 5, 6, 7}, 0.5, 120), {}}; }},
      {"leads", [](V v, R r) { return Stressed{with_leads(v, r), {}}; }},
      {"tall-thin", [](V v, R) { return linear(v, Vec3(0.88, 0.88, 1.15).asDiagonal().toDenseMatrix()); }},
      {"short-wide", [](V v, R) { return linear(v, Vec3(1.15, 1.1, 0.85).asDiagonal().toDenseMatrix()); }},
      {"large-1.2", [](V v, R) { return linear(v, 1.2 * Mat3::Identity()); }},
      {"small-0.82", [](V v, R) { return linear(v, 0.82 * Mat3::Identity()); }},
      {"big-left-atrium", [](V v, R r) { return warped(v, balloon(centre_of(r, 4), 30, 0.3)); }},
      {"big-left-ventricle", [](V v, R r) { return warped(v, balloon(centre_of(r, 1), 35, 0.3)); }},
      {"big-right-ventricle", [](V v, R r) { return warped(v, balloon(centre_of(r, 3), 35, 0.3)); }},
      {"small-left-ventricle", [](V v, R r) { return warped(v, balloon(centre_of(r, 1), 35, -0.25)); }},
      {"wavy", [](V v, R) { return warped(v, [](const Vec3& p) -> Vec3 { return 7 * Vec3(std::sin(p.z() / 22 + 1), std::sin(p.x() / 24), std::sin(p.y() / 20 + 2)); }); }},
      {"wavy-2", [](V v, R) { return warped(v, [](const Vec3& p) -> Vec3 { return 7 * Vec3(std::sin(p.y() / 20), std::sin(p.z() / 22 + 2), std::sin(p.x() / 24 + 1)); }); }},
      {"mirrored", [](V v, R) { return linear(v, Vec3(-1, 1, 1).asDiagonal().toDenseMatrix()); }, true},
      {"8bit-motion-6mm", [](V v, R) { auto s = slabs(doubled(v, Vec3(-3, 4, 3.5)), 1.5); s.ct = windowed(noisy(s.ct, 20), -150, 650); return s; }},
      {"8bit-ghost", [](V v, R) { return Stressed{windowed(noisy(mixed(v, shifted(v, Vec3(8, 6, 0)), 0.3f), 15), -200, 600), {}}; }},
      {"8bit-beating", [](V v, R r) { return Stressed{windowed(noisy(beating(v, r, 0.15, 5), 15), -200, 600), {}}; }},
      {"8bit-curve", [](V v, R) { return Stressed{bent_scale(windowed(v, -300, 700)), {}}; }},
      {"8bit-tight", [](V v, R r) { return Stressed{windowed(tight(v, r, 4), -100, 500), {}}; }},
      {"8bit-3mm-motion", [](V v, R) { auto s = slabs(doubled(v, Vec3(2, 2, 2)), 1.5); s.ct = windowed(at_spacing(noisy(s.ct, 20), Vec3(1, 1, 3)), -200, 600); return s; }},
      {"beating", [](V v, R r) { return Stressed{beating(v, r, 0.2, 6), {}}; }},
      {"early", [](V v, R r) { return Stressed{diluted(diluted(v, r, {3, 5, 7}, 1.8, 120), r, {1, 4, 6}, 0.6, 120), {}}; }},
      {"late-noise", [](V v, R r) { return Stressed{noisy(diluted(v, r, {1, 3, 4, 5, 6, 7}, 0.4, 120), 30), {}}; }},
      {"grain50", [](V v, R) { return Stressed{grainy(v, 50), {}}; }},
      {"svc-streaks", [](V v, R r) { return Stressed{streaked(v, centre_of(r, 5) + Vec3(-5, 10, 45), 8, 30, 1800, 500, 25), {}}; }},
      {"metal-valve", [](V v, R) { return Stressed{streaked(v, Vec3(13.8, -185.2, 660.2), 9, 5, 3000, 600, 20), {}}; }},
      {"padded", [](V v, R) { return Stressed{padded(v, -3024), {}}; }},
      {"offset-padded", [](V v, R) { auto o = v; for (float& x : o.values) x += 1024; return Stressed{padded(o, -2000), {}}; }},
      {"sheared", [](V v, R) { Mat3 a = Mat3::Identity(); a(0, 2) = 0.2, a(1, 2) = -0.15; return linear(v, a); }},
      {"no-top", [](V v, R r) { auto g = v.grid; const int top = int(g.to_index(centre_of(r, 6)).z()); return Stressed{cropped(v, {0, 0, 0}, {g.size[0], g.size[1], top}), {}}; }, true},
      {"no-apex", [](V v, R r) { auto g = v.grid; const int low = int(g.to_index(centre_of(r, 3)).z() - 12); return Stressed{cropped(v, {0, 0, low}, {g.size[0], g.size[1], g.size[2]}), {}}; }, true},
  };
  return all;
}

}  // namespace ot::test
