// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/curved_scene.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::viewer {
using core::Vec3;

namespace {

constexpr double tangent_window_mm = 1.5;   // centrelines carry sub-voxel noise: tangents are means over this reach
constexpr double least_across_mm = 24;      // field across the line

// Half-way indicator of one label at a patient point.
double indicator(const core::LabelMap& labels, int label, const Vec3& x) {
  const core::Grid& g = labels.grid;
  const Vec3 at = g.to_index(x);
  const int i = int(std::floor(at.x())), j = int(std::floor(at.y())), k = int(std::floor(at.z()));
  double sum = 0;
  for (int c = 0; c < 8; ++c) {
    const int a = i + (c & 1), b = j + ((c >> 1) & 1), d = k + (c >> 2);
    if (!g.contains(a, b, d) || labels.values[g.offset(a, b, d)] != label) continue;
    sum += ((c & 1) ? at.x() - i : 1 - (at.x() - i)) * ((c & 2) ? at.y() - j : 1 - (at.y() - j)) * ((c & 4) ? at.z() - k : 1 - (at.z() - k));
  }
  return sum;
}

int label_near(const core::LabelMap& labels, const Vec3& x) {
  const Vec3 at = labels.grid.to_index(x);
  const int i = int(std::lround(at.x())), j = int(std::lround(at.y())), k = int(std::lround(at.z()));
  return labels.grid.contains(i, j, k) ? labels.at(i, j, k) : 0;
}

void put_grey(std::uint8_t* out, float value, WindowLevel wl) {
  out[3] = 255;
  if (!std::isfinite(value)) {
    out[0] = out[1] = out[2] = 0;
    return;
  }
  const double grey = std::clamp((double(value) - (wl.level - 0.5 * wl.width)) * 255.0 / std::max(1e-6, wl.width), 0.0, 255.0);
  out[0] = out[1] = out[2] = std::uint8_t(grey + 0.5);
}

}  // namespace

PathPoint VesselPath::at(double arc_mm) const {
  OT_EXPECT(points.size() >= 2);
  const double step = points[1].arc - points[0].arc;
  const double f = std::clamp((arc_mm - points[0].arc) / step, 0.0, double(points.size() - 1));
  const std::size_t i = std::min(std::size_t(f), points.size() - 2);
  const double t = f - double(i);
  const PathPoint &a = points[i], &b = points[i + 1];
  PathPoint p;
  p.at = (1 - t) * a.at + t * b.at;
  p.tangent = ((1 - t) * a.tangent + t * b.tangent).normalized();
  Vec3 u = (1 - t) * a.u + t * b.u;
  p.u = (u - u.dot(p.tangent) * p.tangent).normalized();
  p.v = p.tangent.cross(p.u);
  p.arc = (1 - t) * a.arc + t * b.arc;
  p.radius = (1 - t) * a.radius + t * b.radius;
  return p;
}

std::pair<double, double> VesselPath::locate(const Vec3& x) const {
  double best = std::numeric_limits<double>::infinity(), arc = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Vec3 d = points[i + 1].at - points[i].at;
    const double t = std::clamp(d.dot(x - points[i].at) / std::max(d.squaredNorm(), 1e-300), 0.0, 1.0);
    const double distance = (x - points[i].at - t * d).norm();
    if (distance < best) best = distance, arc = points[i].arc + t * (points[i + 1].arc - points[i].arc);
  }
  return {arc, best};
}

VesselPath path_to(const core::VesselNetwork& network, int branch, double step_mm) {
  VesselPath path;
  if (branch < 0 || branch >= int(network.branches.size())) return path;
  for (int b = branch, guard = 0; b >= 0 && guard < int(network.branches.size()); b = network.branches[std::size_t(b)].parent, ++guard) path.branches.insert(path.branches.begin(), b);
  path.name = network.branches[std::size_t(branch)].name;
  std::vector<Vec3> line;
  std::vector<double> radius, arc;
  for (const int b : path.branches) {
    const auto& v = network.branches[std::size_t(b)];
    path.branch_start.push_back(arc.empty() ? 0.0 : arc.back());
    for (std::size_t i = 0; i < v.points.size(); ++i) {
      const double d = line.empty() ? 0.0 : (v.points[i] - line.back()).norm();
      if (!line.empty() && d < 1e-9) continue;
      arc.push_back(arc.empty() ? 0.0 : arc.back() + d);
      line.push_back(v.points[i]);
      radius.push_back(i < v.radius.size() ? v.radius[i] : 0.0);
    }
  }
  if (line.size() < 2 || arc.back() < step_mm) return {};
  const int n = std::max(2, int(std::floor(arc.back() / step_mm)) + 1);
  const double step = arc.back() / (n - 1);
  path.points.resize(std::size_t(n));
  std::size_t at = 0;
  for (int i = 0; i < n; ++i) {
    const double s = step * i;
    while (at + 2 < arc.size() && arc[at + 1] < s) ++at;
    const double t = std::clamp((s - arc[at]) / (arc[at + 1] - arc[at]), 0.0, 1.0);
    path.points[std::size_t(i)].at = (1 - t) * line[at] + t * line[at + 1];
    path.points[std::size_t(i)].radius = (1 - t) * radius[at] + t * radius[at + 1];
    path.points[std::size_t(i)].arc = s;
  }
  const int reach = std::max(1, int(std::lround(tangent_window_mm / step)));
  for (int i = 0; i < n; ++i) {
    const Vec3 d = path.points[std::size_t(std::min(n - 1, i + reach))].at - path.points[std::size_t(std::max(0, i - reach))].at;
    path.points[std::size_t(i)].tangent = d.norm() > 1e-12 ? Vec3(d.normalized()) : Vec3(0, 0, 1);
  }
  // The first frame looks to the front, so that angle 0 means the same in every vessel.
  PathPoint& first = path.points.front();
  Vec3 u = Vec3(0, -1, 0) - Vec3(0, -1, 0).dot(first.tangent) * first.tangent;
  if (u.norm() < 0.1) u = Vec3(0, 0, 1) - Vec3(0, 0, 1).dot(first.tangent) * first.tangent;
  first.u = u.normalized();
  first.v = first.tangent.cross(first.u);
  for (int i = 0; i + 1 < n; ++i) {
    const PathPoint& a = path.points[std::size_t(i)];
    PathPoint& b = path.points[std::size_t(i + 1)];
    const Vec3 v1 = b.at - a.at;
    const double c1 = v1.squaredNorm();
    const Vec3 ul = a.u - 2 / c1 * v1.dot(a.u) * v1, tl = a.tangent - 2 / c1 * v1.dot(a.tangent) * v1;
    const Vec3 v2 = b.tangent - tl;
    const double c2 = v2.squaredNorm();
    Vec3 fresh = c2 > 1e-20 ? Vec3(ul - 2 / c2 * v2.dot(ul) * v2) : ul;
    fresh -= fresh.dot(b.tangent) * b.tangent;
    b.u = fresh.normalized();
    b.v = b.tangent.cross(b.u);
  }
  return path;
}

std::vector<VesselPath> all_paths(const core::VesselNetwork& network) {
  std::vector<VesselPath> out;
  for (std::size_t b = 0; b < network.branches.size(); ++b) {
    if (!network.branches[b].children.empty()) continue;
    VesselPath p = path_to(network, int(b));
    if (!p.points.empty()) out.push_back(std::move(p));
  }
  std::stable_sort(out.begin(), out.end(), [](const VesselPath& a, const VesselPath& b) { return a.length() > b.length(); });
  return out;
}

void CurvedScene::set_volume(std::shared_ptr<const core::Volume> volume) {
  volume_ = std::move(volume);
  if (volume_) wl_ = volume_->quantity == "HU" ? WindowLevel{800, 300} : percentile_window(*volume_);   // CTA coronary
}
void CurvedScene::set_labels(std::shared_ptr<const core::LabelMap> labels) { labels_ = std::move(labels); }
void CurvedScene::set_path(VesselPath path) {
  path_ = std::move(path);
  cursor_ = std::clamp(cursor_, 0.0, path_.length());
  laid_out_ = false;
}
void CurvedScene::set_angle(double degrees) {
  angle_ = std::remainder(degrees, 360.0);
  laid_out_ = false;
}
void CurvedScene::set_cursor(double arc_mm) { cursor_ = std::clamp(arc_mm, 0.0, path_.length()); }
void CurvedScene::set_size(int width, int height) {
  width_ = std::max(16, width), height_ = std::max(16, height);
  laid_out_ = false;
}

Vec3 CurvedScene::across(const PathPoint& p) const {
  const double a = angle_ * std::numbers::pi / 180;
  return std::cos(a) * p.u + std::sin(a) * p.v;
}

void CurvedScene::lay_out() const {
  if (laid_out_) return;
  laid_out_ = true;
  along_.clear();
  offset_.clear();
  if (path_.points.size() < 2) return;
  // The fixed direction is across the chord of the vessel, turned about it by the angle.
  Vec3 chord = path_.points.back().at - path_.points.front().at;
  chord = chord.norm() > 1e-6 ? Vec3(chord.normalized()) : path_.points.front().tangent;
  Vec3 side = Vec3(0, -1, 0) - Vec3(0, -1, 0).dot(chord) * chord;
  if (side.norm() < 0.1) side = Vec3(0, 0, 1) - Vec3(0, 0, 1).dot(chord) * chord;
  fixed_ = Eigen::AngleAxisd(angle_ * std::numbers::pi / 180, chord) * side.normalized();
  double sum = 0, lo = 1e300, hi = -1e300;
  for (std::size_t i = 0; i < path_.points.size(); ++i) {
    if (i > 0) {
      const Vec3 d = path_.points[i].at - path_.points[i - 1].at;
      const double off = d.dot(fixed_);
      sum += std::sqrt(std::max(0.0, d.squaredNorm() - off * off));
    }
    along_.push_back(sum);
    offset_.push_back(path_.points[i].at.dot(fixed_));
    lo = std::min(lo, offset_.back()), hi = std::max(hi, offset_.back());
  }
  for (double& o : offset_) o -= 0.5 * (lo + hi);
}

double CurvedScene::mm_per_pixel() const {
  if (path_.points.size() < 2) return 1;
  if (shape_ == Shape::straightened) return std::max(path_.length() / width_, least_across_mm / height_);
  lay_out();
  double lo = 1e300, hi = -1e300;
  for (const double o : offset_) lo = std::min(lo, o), hi = std::max(hi, o);
  return std::max(along_.back() / width_, (hi - lo + least_across_mm) / height_);
}

double CurvedScene::arc_at(double x, double) const {
  if (path_.points.size() < 2) return 0;
  const double mm = mm_per_pixel();
  if (shape_ == Shape::straightened) return std::clamp((x - 0.5 * width_) * mm + 0.5 * path_.length(), 0.0, path_.length());
  lay_out();
  const double s = std::clamp((x - 0.5 * width_) * mm + 0.5 * along_.back(), 0.0, along_.back());
  const auto next = std::lower_bound(along_.begin(), along_.end(), s);
  const std::size_t i = std::clamp<std::size_t>(std::size_t(next - along_.begin()), 1, along_.size() - 1);
  const double span = along_[i] - along_[i - 1], t = span > 0 ? std::clamp((s - along_[i - 1]) / span, 0.0, 1.0) : 0.0;
  return path_.points[i - 1].arc + t * (path_.points[i].arc - path_.points[i - 1].arc);
}

std::array<double, 2> CurvedScene::place_of(double arc_mm) const {
  if (path_.points.size() < 2) return {0, 0};
  const double mm = mm_per_pixel();
  if (shape_ == Shape::straightened) return {(arc_mm - 0.5 * path_.length()) / mm + 0.5 * width_, 0.5 * height_};
  lay_out();
  const double step = path_.points[1].arc, f = std::clamp(arc_mm / step, 0.0, double(path_.points.size() - 1));
  const std::size_t i = std::min(std::size_t(f), path_.points.size() - 2);
  const double t = f - double(i);
  const double s = (1 - t) * along_[i] + t * along_[i + 1], o = (1 - t) * offset_[i] + t * offset_[i + 1];
  return {(s - 0.5 * along_.back()) / mm + 0.5 * width_, 0.5 * height_ - o / mm};
}

std::optional<Vec3> CurvedScene::patient_at(double x, double y) const {
  if (path_.points.size() < 2) return std::nullopt;
  const double mm = mm_per_pixel(), arc = arc_at(x, y);
  const double end = shape_ == Shape::straightened ? path_.length() : along_.back();
  const double s = (x - 0.5 * width_) * mm + 0.5 * end;
  if (s < -1e-9 || s > end + 1e-9) return std::nullopt;
  const PathPoint p = path_.at(arc);
  if (shape_ == Shape::straightened) return Vec3(p.at + (0.5 * height_ - y) * mm * across(p));
  const double line_y = place_of(arc)[1];
  return Vec3(p.at + (line_y - y) * mm * fixed_);
}

RgbaImage CurvedScene::image() const {
  RgbaImage out{width_, height_, std::vector<std::uint8_t>(std::size_t(width_) * std::size_t(height_) * 4, 0)};
  for (std::size_t i = 3; i < out.pixels.size(); i += 4) out.pixels[i] = 255;
  if (!volume_ || path_.points.size() < 2) return out;
  lay_out();
  const double mm = mm_per_pixel();
  const double end = shape_ == Shape::straightened ? path_.length() : along_.back();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  core::parallel_chunks(width_, 16, [&](std::ptrdiff_t begin, std::ptrdiff_t stop) {
    for (std::ptrdiff_t x = begin; x < stop; ++x) {
      const double s = (double(x) + 0.5 - 0.5 * width_) * mm + 0.5 * end;
      if (s < 0 || s > end) continue;
      const double arc = arc_at(double(x) + 0.5, 0);
      const PathPoint p = path_.at(arc);
      const Vec3 d = shape_ == Shape::straightened ? across(p) : fixed_;
      const double line_y = shape_ == Shape::straightened ? 0.5 * height_ : place_of(arc)[1];
      for (int y = 0; y < height_; ++y)
        put_grey(out.pixels.data() + (std::size_t(y) * std::size_t(width_) + std::size_t(x)) * 4, volume_->sample(p.at + (line_y - y - 0.5) * mm * d, nan), wl_);
    }
  });
  return out;
}

std::vector<std::array<float, 4>> CurvedScene::lumen_edges() const {
  std::vector<std::array<float, 4>> out;
  if (!labels_ || path_.points.size() < 2) return out;
  lay_out();
  const double mm = mm_per_pixel();
  constexpr int columns = 2;   // pixels between two tries
  // Distance to the half-way line along +d and -d, by marching half a voxel at a time and bisection.
  const double march = 0.5 * labels_->grid.spacing.minCoeff();
  const auto edge = [&](const PathPoint& p, const Vec3& d, int label) {
    double r = 0;
    const double most = 4 * std::max(1.0, p.radius) + 2;
    while (r < most && indicator(*labels_, label, p.at + r * d) >= 0.5) r += march;
    double lo = std::max(0.0, r - march), hi = r;
    for (int i = 0; i < 12; ++i) {
      const double middle = 0.5 * (lo + hi);
      (indicator(*labels_, label, p.at + middle * d) >= 0.5 ? lo : hi) = middle;
    }
    return 0.5 * (lo + hi);
  };
  std::array<double, 2> before{-1, -1};
  double before_x = 0;
  for (int x = 0; x < width_; x += columns) {
    const double end = shape_ == Shape::straightened ? path_.length() : along_.back();
    const double s = (x + 0.5 - 0.5 * width_) * mm + 0.5 * end;
    if (s < 0 || s > end) continue;
    const double arc = arc_at(x + 0.5, 0);
    const PathPoint p = path_.at(arc);
    const Vec3 d = shape_ == Shape::straightened ? across(p) : fixed_;
    const int label = label_near(*labels_, p.at);
    if (label == 0) {
      before = {-1, -1};
      continue;
    }
    const double y = shape_ == Shape::straightened ? 0.5 * height_ : place_of(arc)[1];
    const std::array<double, 2> now{y - edge(p, d, label) / mm, y + edge(p, -d, label) / mm};
    if (before[0] >= 0)
      for (int k = 0; k < 2; ++k) out.push_back({float(before_x), float(before[std::size_t(k)]), float(x + 0.5), float(now[std::size_t(k)])});
    before = now;
    before_x = x + 0.5;
  }
  return out;
}

RgbaImage CurvedScene::section_image(int size, double half_mm) const {
  RgbaImage out{size, size, std::vector<std::uint8_t>(std::size_t(size) * std::size_t(size) * 4, 0)};
  for (std::size_t i = 3; i < out.pixels.size(); i += 4) out.pixels[i] = 255;
  if (!volume_ || path_.points.size() < 2) return out;
  const PathPoint p = path_.at(cursor_);
  const double mm = 2 * half_mm / size;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  core::parallel_chunks(size, 16, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t y = begin; y < end; ++y)
      for (int x = 0; x < size; ++x)
        put_grey(out.pixels.data() + (std::size_t(y) * std::size_t(size) + std::size_t(x)) * 4,
                 volume_->sample(p.at + (x + 0.5 - 0.5 * size) * mm * p.u + (0.5 * size - double(y) - 0.5) * mm * p.v, nan), wl_);
  });
  return out;
}

CrossSection CurvedScene::section(double half_mm) const {
  CrossSection out;
  if (!labels_ || path_.points.size() < 2) return out;
  const PathPoint p = path_.at(cursor_);
  out.label = label_near(*labels_, p.at);
  if (out.label == 0) return out;
  for (const auto& info : labels_->labels)
    if (info.value == out.label) out.label_name = info.name;
  constexpr int n = 161;   // samples across: 1/80 of the half field
  const double h = 2 * half_mm / (n - 1);
  std::vector<float> f(std::size_t(n) * n);
  core::parallel_chunks(n, 16, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t y = begin; y < end; ++y)
      for (int x = 0; x < n; ++x)
        f[std::size_t(y) * n + std::size_t(x)] = float(indicator(*labels_, out.label, p.at + (x * h - half_mm) * p.u + (double(y) * h - half_mm) * p.v));
  });
  // The part that holds the centre.
  std::vector<char> inside(f.size(), 0);
  std::vector<int> stack;
  const int middle = (n / 2) * n + n / 2;
  int start = -1;
  for (int r = 0; r <= 8 && start < 0; ++r)   // the centre may sit on an edge voxel
    for (int dy = -r; dy <= r && start < 0; ++dy)
      for (int dx = -r; dx <= r && start < 0; ++dx)
        if (f[std::size_t(middle + dy * n + dx)] >= 0.5f) start = middle + dy * n + dx;
  if (start < 0) {
    out.label = 0;
    return out;
  }
  stack.push_back(start);
  inside[std::size_t(start)] = 1;
  while (!stack.empty()) {
    const int at = stack.back();
    stack.pop_back();
    const int x = at % n, y = at / n;
    if (x == 0 || y == 0 || x == n - 1 || y == n - 1) out.open = true;
    const int next[4][2] = {{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}};
    for (const auto& q : next) {
      if (q[0] < 0 || q[1] < 0 || q[0] >= n || q[1] >= n) continue;
      const std::size_t i = std::size_t(q[1]) * n + std::size_t(q[0]);
      if (inside[i] || f[i] < 0.5f) continue;
      inside[i] = 1;
      stack.push_back(int(i));
    }
  }
  for (std::size_t i = 0; i < f.size(); ++i)
    if (!inside[i] && f[i] >= 0.5f) f[i] = 0;
  // Marching squares: outline segments; the area inside is the sum of the cells' inside parts (Green's theorem over the segments).
  std::vector<std::array<double, 2>> rim;
  double area = 0;
  for (int y = 0; y + 1 < n; ++y)
    for (int x = 0; x + 1 < n; ++x) {
      const float c[4] = {f[std::size_t(y) * n + std::size_t(x)], f[std::size_t(y) * n + std::size_t(x) + 1], f[std::size_t(y + 1) * n + std::size_t(x) + 1], f[std::size_t(y + 1) * n + std::size_t(x)]};
      static constexpr int cu[4] = {0, 1, 1, 0}, cv[4] = {0, 0, 1, 1};
      std::array<std::array<double, 2>, 8> polygon;
      int corners = 0;
      std::array<std::array<double, 2>, 4> cut;
      int cuts = 0;
      for (int e = 0; e < 4; ++e) {
        const int b = (e + 1) % 4;
        if (c[e] >= 0.5f) polygon[std::size_t(corners++)] = {x + double(cu[e]), y + double(cv[e])};
        if ((c[e] >= 0.5f) != (c[b] >= 0.5f)) {
          const double t = (0.5 - c[e]) / (c[b] - c[e]);
          const std::array<double, 2> q{x + cu[e] + t * (cu[b] - cu[e]), y + cv[e] + t * (cv[b] - cv[e])};
          polygon[std::size_t(corners++)] = q;
          cut[std::size_t(cuts++)] = q;
        }
      }
      double twice = 0;
      for (int i = 0; i < corners; ++i) {
        const auto &a = polygon[std::size_t(i)], &b = polygon[std::size_t((i + 1) % corners)];
        twice += a[0] * b[1] - b[0] * a[1];
      }
      area += 0.5 * std::abs(twice);
      for (int k = 0; k + 1 < cuts; k += 2) {
        const auto to_mm = [&](const std::array<double, 2>& q) { return std::array<double, 2>{q[0] * h - half_mm, q[1] * h - half_mm}; };
        const auto a = to_mm(cut[std::size_t(k)]), b = to_mm(cut[std::size_t(k) + 1]);
        out.outline.push_back({a[0], a[1], b[0], b[1]});
        rim.push_back(a);
        rim.push_back(b);
      }
    }
  out.area_mm2 = area * h * h;
  out.equivalent_diameter_mm = 2 * std::sqrt(out.area_mm2 / std::numbers::pi);
  if (rim.empty()) return out;
  out.min_diameter_mm = 1e300;
  for (int degree = 0; degree < 180; ++degree) {
    const double a = degree * std::numbers::pi / 180, ca = std::cos(a), sa = std::sin(a);
    double lo = 1e300, hi = -1e300;
    for (const auto& q : rim) lo = std::min(lo, ca * q[0] + sa * q[1]), hi = std::max(hi, ca * q[0] + sa * q[1]);
    out.min_diameter_mm = std::min(out.min_diameter_mm, hi - lo);
    out.max_diameter_mm = std::max(out.max_diameter_mm, hi - lo);
  }
  return out;
}

}  // namespace ot::viewer
