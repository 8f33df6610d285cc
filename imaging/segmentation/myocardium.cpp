// SPDX-License-Identifier: GPL-3.0-or-later
// LV wall: rays from the middle of the LV cavity to the first of RV blood, another pool, fat or gas. Directions without a border (liver,
// diaphragm) and outliers take the median of their neighbours; the outer surface is smoothed over the sphere.
// Blur (motion, thick voxels) leaves the inner border where it is, at half height, but draws the outer one inwards: gas is so dark that a
// trace of it makes wall as dark as fat. The inner border tells how wide the blur is, and the outer one is moved out by what that shifts it
// (edge blurred by a Gaussian, own derivation); sharp scans are left as they are.
// Scar: wall voxels away from both rims, smoothed, below remote mean - 2.5 SD and below half way from remote wall to the scar's core
// (hypo-enhancing scar in contrast CT: Mahida et al., Europace 2017, doi 10.1093/europace/euw152; n-SD and half-height rules as for
// late-enhancement MR: Flett et al., JACC Cardiovasc Imaging 2011, doi 10.1016/j.jcmg.2010.11.015). Smallest scar reported: 1 ml.
#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "imaging/segmentation/heart_stages.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
using voxels::Mask;
namespace l = core::labels;

constexpr int rows = 90, cols = 180;          // 2 degrees
constexpr double step_mm = 0.5;
constexpr double thickest_mm = 18.0;          // normal 6 to 12 mm, hypertrophy to 18 (heart-segmentation.md; beyond: no border was met)
constexpr double thinnest_mm = 2.0;
enum : std::uint8_t { no_wall, seen, unseen };
constexpr double sharp_mm = 1.3, blurred_mm = 2.0;   // the still real CT measures 1.25 (voxels, smoothing); from blurred_mm on the wall is cut half way to fat
constexpr double half_of_fat = 0.3;                  // steps from wall to blood: half way to fat, 210 of some 350 HU below the wall (cardiac_ct.cpp)
constexpr double gas_steps = 2.7;                    // 960 HU of those 350
constexpr double most_shift_mm = 3.5;                // half of a usual wall
constexpr double pi = 3.14159265358979323846;

struct Sphere {
  Vec3 centre;
  core::Mat3 axes;  // column 2: towards the apex
  Vec3 direction(int row, int col) const {
    const double t = pi * (row + 0.5) / rows, f = 2 * pi * (col + 0.5) / cols;
    return axes * Vec3(std::sin(t) * std::cos(f), std::sin(t) * std::sin(f), std::cos(t));
  }
  // Fractional row and column of a point.
  void locate(const Vec3& p, double& row, double& col, double& radius) const {
    const Vec3 q = axes.transpose() * (p - centre);
    radius = q.norm();
    row = std::acos(std::clamp(q.z() / std::max(radius, 1e-9), -1.0, 1.0)) / pi * rows - 0.5;
    double f = std::atan2(q.y(), q.x());
    if (f < 0) f += 2 * pi;
    col = f / (2 * pi) * cols - 0.5;
  }
};

float sample(const core::Grid& g, const std::vector<float>& v, const Vec3& lps) {
  const Vec3 q = g.to_index(lps).cwiseMax(Vec3::Zero()).cwiseMin(Vec3(g.size[0] - 1.001, g.size[1] - 1.001, g.size[2] - 1.001));
  const int i = int(q.x()), j = int(q.y()), k = int(q.z());
  const double x = q.x() - i, y = q.y() - j, z = q.z() - k;
  double s = 0;
  for (int c = 0; c < 8; ++c)
    s += (c & 1 ? x : 1 - x) * (c & 2 ? y : 1 - y) * (c & 4 ? z : 1 - z) * double(v[g.offset(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2))]);
  return float(s);
}

int nearest(const core::Grid& g, const std::vector<std::uint8_t>& v, const Vec3& lps) {
  const Vec3 q = g.to_index(lps);
  const int i = int(std::lround(q.x())), j = int(std::lround(q.y())), k = int(std::lround(q.z()));
  return g.contains(i, j, k) ? v[g.offset(i, j, k)] : -1;
}

const Plane* plane(const std::vector<Plane>& planes, const char* key) {
  for (const Plane& p : planes)
    if (p.key == key) return &p;
  return nullptr;
}

// Behind the mitral plane or past the aortic plane, near the valve.
bool beyond_base(const std::vector<Plane>& planes, const Vec3& p) {
  if (const Plane* m = plane(planes, "mitral")) {
    const Vec3 q = p - m->centre;
    const double s = q.dot(m->normal);
    if (s < 0 && (q - s * m->normal).norm() < m->radius_mm + 20) return true;
  }
  if (const Plane* a = plane(planes, "aortic")) {
    const Vec3 q = p - a->centre;
    const double s = q.dot(a->normal);
    if (s > 0 && (q - s * a->normal).norm() < a->radius_mm + 12) return true;
  }
  return false;
}

struct Rays {
  std::vector<double> inner, wall;     // mm
  std::vector<std::uint8_t> kind, gas; // gas: it lies beyond the border
  double blur = 0, shift = 0, level = 0;   // mm; mm by which gas draws the border in; value of the border
};

// Normal quantile of a share from 0.5 to 0.96: logistic stand-in, within 0.12.
double quantile(double share) { return 0.5876 * std::log(share / (1 - share)); }

Rays cast(const HeartImage& image, const std::vector<std::uint8_t>& labels, const std::vector<Plane>& planes, const Sphere& sphere) {
  Rays out;
  out.inner.assign(rows * cols, 0);
  out.wall.assign(rows * cols, 0);
  out.kind.assign(rows * cols, unseen);
  out.gas.assign(rows * cols, 0);
  const double step = std::max(1.0, image.blood - image.wall);
  std::vector<double> fall(rows * cols, -1);   // from the inner border to where a Gaussian edge is one standard deviation further
  core::parallel_chunks(rows, 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (int r = int(b); r < int(e); ++r)
      for (int c = 0; c < cols; ++c) {
        const Vec3 d = sphere.direction(r, c);
        const auto n = std::size_t(r * cols + c);
        double last = 0;
        int beside = 0;
        for (double s = 0; s < 90; s += step_mm) {
          const int v = nearest(image.grid, labels, sphere.centre + s * d);
          if (v == l::lv_blood_pool) last = s;
          else if (v == l::left_atrium || v == l::aorta || v == l::rv_blood_pool) {
            beside = v;
            break;
          }
        }
        out.inner[n] = last + 0.5 * step_mm;
        if (beside == l::left_atrium || beside == l::aorta || beyond_base(planes, sphere.centre + (out.inner[n] + 1.0) * d)) continue;
        for (double h = 0; h < 8 && fall[n] < 0; h += 0.5 * step_mm)
          if (sample(image.grid, image.smooth, sphere.centre + (out.inner[n] + h) * d) < image.wall + 0.16 * step) fall[n] = h;
      }
  });
  std::vector<double> falls;
  for (double f : fall)
    if (f >= 0) falls.push_back(f);
  if (!falls.empty()) {
    std::nth_element(falls.begin(), falls.begin() + std::ptrdiff_t(falls.size() / 2), falls.end());
    out.blur = falls[falls.size() / 2];
  }
  const double blurred = std::clamp((out.blur - sharp_mm) / (blurred_mm - sharp_mm), 0.0, 1.0);
  out.level = image.below_wall - blurred * std::max(0.0, image.below_wall - (image.wall - half_of_fat * step));
  const auto drawn_in = [&](double blur) { return blur * quantile(std::clamp(1 - (image.wall - out.level) / (gas_steps * step), 0.5, 0.96)); };
  out.shift = std::clamp(drawn_in(out.blur) - drawn_in(sharp_mm), 0.0, most_shift_mm);
  core::parallel_chunks(rows, 1, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (int r = int(b); r < int(e); ++r)
      for (int c = 0; c < cols; ++c) {
        const Vec3 d = sphere.direction(r, c);
        const auto n = std::size_t(r * cols + c);
        const double last = out.inner[n] - 0.5 * step_mm;
        int gone = 0;
        out.kind[n] = unseen;
        for (double s = last + step_mm; s < last + thickest_mm; s += step_mm) {
          const Vec3 p = sphere.centre + s * d;
          const int v = nearest(image.grid, labels, p);
          const double h = s - out.inner[n];
          if (v == l::left_atrium || v == l::aorta || v == l::right_atrium || v == l::pulmonary_artery) {
            out.kind[n] = no_wall;
            out.wall[n] = h;
            break;
          }
          if (v == l::rv_blood_pool) {
            out.kind[n] = seen;
            out.wall[n] = h;
            break;
          }
          const float x = sample(image.grid, image.smooth, p);
          gone = x < out.level ? gone + 1 : 0;
          // A contrast-filled vessel on the outside, not the blurred inner border.
          const bool vessel = x > 0.5 * (image.above_wall + image.blood) && h > 4.0;
          if (gone == 2 || vessel) {
            out.wall[n] = gone == 2 ? h - step_mm : h - 1.0;
            if (gone == 2 && out.shift > 0) {
              for (double t = s; t < s + 5 && !out.gas[n]; t += step_mm) out.gas[n] = sample(image.grid, image.smooth, sphere.centre + t * d) < image.gas;
              if (out.gas[n]) out.wall[n] = std::min(out.wall[n] + out.shift, thickest_mm);
            }
            out.kind[n] = out.wall[n] >= thinnest_mm ? seen : unseen;
            break;
          }
        }
        if (beyond_base(planes, sphere.centre + (out.inner[n] + 1.0) * d)) out.kind[n] = no_wall;
      }
  });
  return out;
}

// Median wall among seen directions within `reach` grid steps (in great-circle terms: columns shrink towards the poles).
double local_median(const Rays& rays, int row, int col, int reach) {
  std::vector<double> h;
  const double shrink = std::max(0.05, std::sin(pi * (row + 0.5) / rows));
  const int wide = std::min(cols / 2, int(reach / shrink));
  for (int r = std::max(0, row - reach); r <= std::min(rows - 1, row + reach); ++r)
    for (int c = col - wide; c <= col + wide; c += std::max(1, wide / 8)) {
      const auto n = std::size_t(r * cols + ((c % cols) + cols) % cols);
      if (rays.kind[n] == seen) h.push_back(rays.wall[n]);
    }
  if (h.size() < 12) return -1;
  std::nth_element(h.begin(), h.begin() + std::ptrdiff_t(h.size() / 2), h.end());
  return h[h.size() / 2];
}

void find_scar(const HeartImage& image, Wall& wall) {
  const core::Grid& g = image.grid;
  wall.scar.assign(wall.myocardium.size(), 0);
  const double rim = 1.01 * g.spacing.maxCoeff();
  const Mask inside = voxels::erode(g, wall.myocardium, rim);
  std::vector<float> weight(inside.begin(), inside.end()), weighted(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) weighted[i] = inside[i] ? image.raw[i] : 0.0f;
  const double smoothing = 1.7;  // mm
  weight = voxels::gaussian(g, weight, smoothing);
  weighted = voxels::gaussian(g, weighted, smoothing);
  std::vector<float> values;
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (inside[i]) values.push_back(weighted[i] /= weight[i]);
  if (values.size() < 1000) return;
  const auto at = [&](std::vector<float>& v, double q) {
    const auto n = std::ptrdiff_t(q * double(v.size() - 1));
    std::nth_element(v.begin(), v.begin() + n, v.end());
    return double(v[std::size_t(n)]);
  };
  // Remote wall: centre and upper half width, which scar (always lower) does not touch.
  wall.remote_mean = at(values, 0.55);
  wall.remote_sd = std::max(1.0, at(values, 0.55 + 0.45 * 0.6827) - wall.remote_mean);
  const double entry = std::min(wall.remote_mean - 2.5 * wall.remote_sd, wall.remote_mean - 0.25 * (wall.remote_mean - image.below_wall));
  wall.scar_threshold = entry;
  std::vector<float> low;
  for (float v : values)
    if (v < entry) low.push_back(v);
  const double voxel_ml = g.voxel_volume() / 1000.0;
  if (double(low.size()) * voxel_ml < 0.2) return;
  wall.scar_threshold = std::max(entry, 0.5 * (wall.remote_mean + at(low, 0.25)));
  wall.scar_threshold = std::min(wall.scar_threshold, wall.remote_mean - 2.5 * wall.remote_sd);
  Mask found(inside.size());
  for (std::size_t i = 0; i < found.size(); ++i) found[i] = inside[i] && weighted[i] < wall.scar_threshold;
  // Out to both rims where the inner voxel next to them is scar.
  const auto to_scar = voxels::distance_to(g, found);
  Mask healthy(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) healthy[i] = inside[i] && !found[i];
  const auto to_healthy = voxels::distance_to(g, healthy);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (wall.myocardium[i] && !inside[i] && to_scar[i] < 3.0 && to_scar[i] < to_healthy[i]) found[i] = 1;
  std::vector<std::size_t> sizes;
  const auto part = voxels::components(g, found, sizes);
  for (std::size_t i = 0; i < found.size(); ++i) wall.scar[i] = found[i] && double(sizes[std::size_t(part[i])]) * voxel_ml >= 1.0;
}

}  // namespace

core::Result<Wall> find_wall(const HeartImage& image, const std::vector<std::uint8_t>& labels, const std::vector<Plane>& planes, const HeartFit& fit,
                             const Hints& hints, const core::Progress& progress) {
  Wall out;
  const core::Grid& g = image.grid;
  out.myocardium.assign(labels.size(), 0);
  out.scar = out.guessed = out.myocardium;
  // Long axis: from the mitral centre through the cavity's centre.
  Sphere sphere;
  Vec3 sum = Vec3::Zero();
  double count = 0;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i)
        if (labels[g.offset(i, j, k)] == l::lv_blood_pool) sum += Vec3(i, j, k), count += 1;
  if (count < 100) return core::bad_input("The left ventricle could not be found in this scan (no contrast-filled cavity with a thick wall). Use a contrast CT that shows the whole heart.");
  sphere.centre = g.to_patient(sum / count);
  const Plane* mitral = plane(planes, "mitral");
  Vec3 axis = mitral ? Vec3(sphere.centre - mitral->centre) : Vec3(fit.linear() * Vec3(0.684, -0.593, -0.425));
  if (hints.input().apex) axis = *hints.input().apex - (mitral ? mitral->centre : sphere.centre);
  if (axis.norm() < 1) axis = fit.linear() * Vec3(0.684, -0.593, -0.425);
  sphere.axes.col(2) = axis.normalized();
  sphere.axes.col(0) = sphere.axes.col(2).unitOrthogonal();
  sphere.axes.col(1) = sphere.axes.col(2).cross(sphere.axes.col(0));

  Rays rays = cast(image, labels, planes, sphere);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.4, "outer border of the LV wall");
  std::vector<double> h = rays.wall;
  std::vector<std::uint8_t> guessed(h.size(), 0);
  std::size_t replaced = 0, walls = 0;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      const auto n = std::size_t(r * cols + c);
      if (rays.kind[n] == no_wall) continue;
      ++walls;
      double usual = -1;
      for (int reach = 7; reach <= 60 && usual < 0; reach *= 2) usual = local_median(rays, r, c, reach);
      if (usual < 0) return core::bad_input("The outer border of the LV wall could not be seen (no fat, lung or RV blood around it). Use a scan of the whole heart.");
      // Thinner is believed (a thin scar), much thicker is a leak.
      if (rays.kind[n] == unseen || rays.wall[n] > 1.35 * usual + 1.0 || rays.wall[n] < 0.45 * usual) h[n] = usual, guessed[n] = 1, ++replaced;
    }
  out.edge_blur_mm = rays.blur, out.corrected_mm = rays.shift;
  out.replaced_share = walls ? double(replaced) / double(walls) : 0;
  if (progress.cancelled()) return core::cancelled();
  // Outer radius, smoothed over about 4 degrees among directions with a wall.
  std::vector<double> outer(h.size(), 0.0), thick;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      const auto n = std::size_t(r * cols + c);
      if (rays.kind[n] == no_wall) {
        outer[n] = rays.inner[n] + h[n];
        continue;
      }
      thick.push_back(h[n]);
      double a = 0, w = 0;
      const double shrink = std::max(0.05, std::sin(pi * (r + 0.5) / rows));
      const int wide = std::min(cols / 4, int(std::lround(2 / shrink)));
      for (int dr = -2; dr <= 2; ++dr)
        for (int dc = -wide; dc <= wide; ++dc) {
          if (r + dr < 0 || r + dr >= rows) continue;
          const auto m = std::size_t((r + dr) * cols + (c + dc + cols) % cols);
          if (rays.kind[m] == no_wall) continue;
          const double x = dc * shrink, k = std::exp(-(dr * dr + x * x) / 2.0);
          a += k * (rays.inner[m] + h[m]);
          w += k;
        }
      outer[n] = a / w;
    }
  if (thick.empty()) return core::bad_input("The LV wall could not be found (the cavity touches other blood on all sides). Use a contrast CT of the heart.");
  std::nth_element(thick.begin(), thick.begin() + std::ptrdiff_t(thick.size() / 2), thick.end());
  out.median_thickness_mm = thick[thick.size() / 2];

  Mask lv(labels.size());
  for (std::size_t i = 0; i < lv.size(); ++i) lv[i] = labels[i] == l::lv_blood_pool;
  const auto from_lv = voxels::distance_to(g, lv);
  Mask wall(labels.size(), 0);
  core::parallel_chunks(std::ptrdiff_t(g.size[2]) * g.size[1], 16, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t line = b; line < e; ++line) {
      const int j = int(line % g.size[1]), k = int(line / g.size[1]);
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t o = g.offset(i, j, k);
        if (labels[o] || from_lv[o] > thickest_mm) continue;
        const Vec3 p = g.to_patient(Vec3(i, j, k));
        if (beyond_base(planes, p)) continue;
        double row = 0, col = 0, radius = 0;
        sphere.locate(p, row, col, radius);
        const int r0 = std::clamp(int(std::floor(row)), 0, rows - 1), r1 = std::clamp(r0 + 1, 0, rows - 1);
        const int c0 = (int(std::floor(col)) + cols) % cols, c1 = (c0 + 1) % cols;
        const double fr = std::clamp(row - r0, 0.0, 1.0), fc = col - std::floor(col);
        const std::array<std::size_t, 4> at = {std::size_t(r0 * cols + c0), std::size_t(r0 * cols + c1), std::size_t(r1 * cols + c0), std::size_t(r1 * cols + c1)};
        const std::array<double, 4> w = {(1 - fr) * (1 - fc), (1 - fr) * fc, fr * (1 - fc), fr * fc};
        double limit = 0;
        for (std::size_t q = 0; q < 4; ++q) limit += w[q] * outer[at[q]];
        // What is dark inside the border is fat in a groove; where gas was blurred into the wall it is wall.
        const std::size_t nearest_ray = at[(fr > 0.5 ? 2u : 0u) + (fc > 0.5 ? 1u : 0u)];
        wall[o] = radius <= limit && (image.smooth[o] >= rays.level || rays.gas[nearest_ray]);
        out.guessed[o] = guessed[nearest_ray];
      }
    }
  });
  if (progress.cancelled()) return core::cancelled();
  // One piece, without holes between cavity and wall.
  for (std::size_t i = 0; i < wall.size(); ++i) wall[i] = wall[i] || lv[i];
  wall = voxels::open(g, wall, 1.6);
  for (std::size_t i = 0; i < wall.size(); ++i) wall[i] = (wall[i] && !labels[i]) || lv[i];
  wall = voxels::fill_holes(g, voxels::largest_component(g, wall));
  for (std::size_t i = 0; i < wall.size(); ++i) wall[i] = wall[i] && !labels[i];
  out.myocardium = std::move(wall);
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.8, "looking for scar");
  find_scar(image, out);
  return out;
}

}  // namespace ot::imaging
