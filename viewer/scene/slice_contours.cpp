// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/slice_contours.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/parallel.hpp"

namespace ot::viewer {
using core::Vec3;

namespace {

constexpr int tile_cells = 40;
constexpr int halo = 2;             // two rounds of 1-2-1 look two samples far
constexpr int most_samples = 640;   // along the longer side: finer would not be seen

// Indicator on the samples of one tile, contoured at one half by marching squares; cells [0, cells_u) x [0, cells_v) behind the halo.
void contour_half(const std::vector<float>& f, int stride, int cells_u, int cells_v, double u0, double v0, double step,
                  std::vector<std::array<float, 4>>& out) {
  for (int v = 0; v < cells_v; ++v) {
    for (int u = 0; u < cells_u; ++u) {
      const float* p = f.data() + std::size_t(v + halo) * std::size_t(stride) + std::size_t(u + halo);
      const float c[4] = {p[0], p[1], p[stride + 1], p[stride]};
      const int inside = (c[0] >= 0.5f) | (c[1] >= 0.5f) << 1 | (c[2] >= 0.5f) << 2 | (c[3] >= 0.5f) << 3;
      if (inside == 0 || inside == 15) continue;
      static constexpr int corner_u[4] = {0, 1, 1, 0}, corner_v[4] = {0, 0, 1, 1};
      std::array<std::array<float, 2>, 4> cut;
      int cuts = 0;
      for (int e = 0; e < 4; ++e) {
        const int a = e, b = (e + 1) % 4;
        if ((c[a] >= 0.5f) == (c[b] >= 0.5f)) continue;
        const double t = (0.5 - c[a]) / (c[b] - c[a]);
        cut[std::size_t(cuts++)] = {float(u0 + step * (u + corner_u[a] + t * (corner_u[b] - corner_u[a]))),
                                    float(v0 + step * (v + corner_v[a] + t * (corner_v[b] - corner_v[a])))};
      }
      for (int k = 0; k + 1 < cuts; k += 2) {
        out.push_back({cut[std::size_t(k)][0], cut[std::size_t(k)][1], cut[std::size_t(k) + 1][0], cut[std::size_t(k) + 1][1]});
      }
    }
  }
}

}  // namespace

void TiledContours::clear() {
  labels_ = nullptr;
  tiles_.clear();
  tiles_u_ = tiles_v_ = 0;
}

void TiledContours::set(std::shared_ptr<const core::LabelMap> labels, const SliceAxes& axes, double position_mm) {
  if (!labels || labels->values.empty()) return clear();
  const bool same = labels == labels_ && position_mm == position_ && axes.right == axes_.right && axes.down == axes_.down && axes.normal == axes_.normal;
  if (same) return;
  labels_ = std::move(labels);
  axes_ = axes;
  position_ = position_mm;
  const core::Grid& g = labels_->grid;
  double u1 = -1e300, v1 = -1e300;
  u0_ = v0_ = 1e300;
  for (const Vec3& c : extent_corners(g)) {
    u0_ = std::min(u0_, c.dot(axes.right)), u1 = std::max(u1, c.dot(axes.right));
    v0_ = std::min(v0_, c.dot(axes.down)), v1 = std::max(v1, c.dot(axes.down));
  }
  step_ = std::max(0.5 * g.spacing.minCoeff(), std::max(u1 - u0_, v1 - v0_) / most_samples);
  nu_ = int((u1 - u0_) / step_) + 3, nv_ = int((v1 - v0_) / step_) + 3;
  u0_ -= step_, v0_ -= step_;
  first_ = g.to_index(position_ * axes.normal + u0_ * axes.right + v0_ * axes.down);
  const Vec3 origin = g.to_index(Vec3::Zero());
  du_ = g.to_index(step_ * axes.right) - origin;
  dv_ = g.to_index(step_ * axes.down) - origin;
  tiles_u_ = (nu_ - 1 + tile_cells - 1) / tile_cells;
  tiles_v_ = (nv_ - 1 + tile_cells - 1) / tile_cells;
  tiles_.assign(std::size_t(tiles_u_) * std::size_t(tiles_v_), {});
}

std::optional<std::array<double, 4>> TiledContours::changed_in(const std::array<int, 3>& lo, const std::array<int, 3>& hi) {
  if (!labels_) return std::nullopt;
  const core::Grid& g = labels_->grid;
  // A sample sees the 8 voxels around it: one voxel further on every side.
  double u[2] = {1e300, -1e300}, v[2] = {1e300, -1e300}, n[2] = {1e300, -1e300};
  for (int c = 0; c < 8; ++c) {
    const Vec3 x = g.to_patient(Vec3((c & 1) ? hi[0] + 1 : lo[0] - 1, (c & 2) ? hi[1] + 1 : lo[1] - 1, (c & 4) ? hi[2] + 1 : lo[2] - 1));
    u[0] = std::min(u[0], x.dot(axes_.right)), u[1] = std::max(u[1], x.dot(axes_.right));
    v[0] = std::min(v[0], x.dot(axes_.down)), v[1] = std::max(v[1], x.dot(axes_.down));
    n[0] = std::min(n[0], x.dot(axes_.normal)), n[1] = std::max(n[1], x.dot(axes_.normal));
  }
  if (position_ < n[0] || position_ > n[1]) return std::nullopt;
  const auto tile = [&](double mm, double from, int most) { return std::clamp(int(std::floor((mm - from) / step_ / tile_cells)), 0, most - 1); };
  const double reach = (halo + 1) * step_;
  const int from_u = tile(u[0] - reach, u0_, tiles_u_), to_u = tile(u[1] + reach, u0_, tiles_u_);
  const int from_v = tile(v[0] - reach, v0_, tiles_v_), to_v = tile(v[1] + reach, v0_, tiles_v_);
  for (int tv = from_v; tv <= to_v; ++tv)
    for (int tu = from_u; tu <= to_u; ++tu) tiles_[std::size_t(tv) * std::size_t(tiles_u_) + std::size_t(tu)].valid = false;
  const double wide = step_ * tile_cells;
  return std::array<double, 4>{u0_ + wide * from_u, v0_ + wide * from_v, u0_ + wide * (to_u + 1), v0_ + wide * (to_v + 1)};
}

// All voxels that these samples see carry one label: there is nothing to contour. Looked at where it costs less than the samples.
bool TiledContours::one_label(int from_u, int from_v, int wide, int tall) const {
  const core::Grid& g = labels_->grid;
  Vec3 lo = Vec3::Constant(1e300), hi = Vec3::Constant(-1e300);
  for (int c = 0; c < 4; ++c) {
    const Vec3 x = first_ + double(from_u + ((c & 1) ? wide - 1 : 0)) * du_ + double(from_v + ((c & 2) ? tall - 1 : 0)) * dv_;
    lo = lo.cwiseMin(x), hi = hi.cwiseMax(x);
  }
  int from[3], to[3];
  double voxels = 1;
  bool outside = false;
  for (int a = 0; a < 3; ++a) {
    from[a] = int(std::floor(lo[a])), to[a] = int(std::floor(hi[a])) + 1;
    outside = outside || from[a] < 0 || to[a] >= g.size[std::size_t(a)];
    from[a] = std::max(from[a], 0), to[a] = std::min(to[a], g.size[std::size_t(a)] - 1);
    voxels *= std::max(0, to[a] - from[a] + 1);
  }
  if (voxels > double(wide) * tall) return false;   // a plane across the axes: its box holds too much
  if (voxels == 0) return true;                     // all outside
  const std::uint8_t first = outside ? std::uint8_t(0) : labels_->values[g.offset(from[0], from[1], from[2])];
  for (int k = from[2]; k <= to[2]; ++k)
    for (int j = from[1]; j <= to[1]; ++j) {
      const std::uint8_t* row = labels_->values.data() + g.offset(from[0], j, k);
      for (int i = 0; i <= to[0] - from[0]; ++i)
        if (row[i] != first) return false;
    }
  return true;
}

void TiledContours::compute(int tu, int tv) {
  Tile& tile = tiles_[std::size_t(tv) * std::size_t(tiles_u_) + std::size_t(tu)];
  tile.valid = true;
  tile.contours.clear();
  const core::Grid& g = labels_->grid;
  const std::uint8_t* values = labels_->values.data();
  const int from_u = tu * tile_cells, from_v = tv * tile_cells;
  const int cells_u = std::min(tile_cells, nu_ - 1 - from_u), cells_v = std::min(tile_cells, nv_ - 1 - from_v);
  const int wide = cells_u + 1 + 2 * halo, tall = cells_v + 1 + 2 * halo;
  if (one_label(from_u - halo, from_v - halo, wide, tall)) return;
  struct Sample { std::uint8_t label[8]; float weight[8]; };
  std::vector<Sample> mixed;
  std::vector<int> at(std::size_t(wide) * std::size_t(tall));   // >= 0: a sample in `mixed`; < 0: all corners carry label -1 - at
  std::array<bool, 256> seen{};
  int different = 0, last = -1;
  for (int v = 0; v < tall; ++v) {
    for (int u = 0; u < wide; ++u) {
      const Vec3 x = first_ + double(from_u + u - halo) * du_ + double(from_v + v - halo) * dv_;
      const int i = int(std::floor(x.x())), j = int(std::floor(x.y())), k = int(std::floor(x.z()));
      std::uint8_t l[8];
      bool one = true;
      if (i >= 0 && j >= 0 && k >= 0 && i + 1 < g.size[0] && j + 1 < g.size[1] && k + 1 < g.size[2]) {
        const std::uint8_t* p = values + g.offset(i, j, k);
        const std::size_t row = std::size_t(g.size[0]), sheet = row * std::size_t(g.size[1]);
        l[0] = p[0], l[1] = p[1], l[2] = p[row], l[3] = p[row + 1];
        p += sheet;
        l[4] = p[0], l[5] = p[1], l[6] = p[row], l[7] = p[row + 1];
      } else {
        for (int c = 0; c < 8; ++c) {
          const int a = i + (c & 1), b = j + ((c >> 1) & 1), d = k + (c >> 2);
          l[c] = g.contains(a, b, d) ? values[g.offset(a, b, d)] : std::uint8_t(0);
        }
      }
      for (int c = 1; c < 8; ++c) one = one && l[c] == l[0];
      int& here = at[std::size_t(v) * std::size_t(wide) + std::size_t(u)];
      if (one) {
        here = -1 - int(l[0]);
        seen[l[0]] = true;
        if (last >= 0 && last != l[0]) ++different;
        last = l[0];
        continue;
      }
      ++different;
      Sample s;
      const float t[3] = {float(x.x() - i), float(x.y() - j), float(x.z() - k)};
      for (int c = 0; c < 8; ++c) {
        s.label[c] = l[c];
        seen[l[c]] = true;
        s.weight[c] = ((c & 1) ? t[0] : 1 - t[0]) * ((c & 2) ? t[1] : 1 - t[1]) * ((c & 4) ? t[2] : 1 - t[2]);
      }
      here = int(mixed.size());
      mixed.push_back(s);
    }
  }
  if (different == 0) return;
  std::vector<float> f(at.size()), smooth(at.size());
  for (int label = 1; label < 256; ++label) {
    if (!seen[std::size_t(label)]) continue;
    for (std::size_t n = 0; n < at.size(); ++n) {
      if (at[n] < 0) {
        f[n] = at[n] == -1 - label ? 1.0f : 0.0f;
        continue;
      }
      const Sample& s = mixed[std::size_t(at[n])];
      float sum = 0;
      for (int c = 0; c < 8; ++c) sum += s.label[c] == label ? s.weight[c] : 0.0f;
      f[n] = sum;
    }
    // Outside the halo nothing is known, but two rounds spoil at most `halo` samples at the rim and those are not contoured.
    for (int round = 0; round < 2; ++round) {
      for (int v = 0; v < tall; ++v) {
        const float* q = f.data() + std::size_t(v) * std::size_t(wide);
        float* o = smooth.data() + std::size_t(v) * std::size_t(wide);
        o[0] = 0.25f * q[0] + 0.5f * q[0] + 0.25f * q[1];
        for (int u = 1; u + 1 < wide; ++u) o[u] = 0.25f * q[u - 1] + 0.5f * q[u] + 0.25f * q[u + 1];
        o[wide - 1] = 0.25f * q[wide - 2] + 0.5f * q[wide - 1] + 0.25f * q[wide - 1];
      }
      for (int v = 0; v < tall; ++v) {
        const float* a = smooth.data() + std::size_t(std::max(v - 1, 0)) * std::size_t(wide);
        const float* b = smooth.data() + std::size_t(v) * std::size_t(wide);
        const float* c = smooth.data() + std::size_t(std::min(v + 1, tall - 1)) * std::size_t(wide);
        float* o = f.data() + std::size_t(v) * std::size_t(wide);
        for (int u = 0; u < wide; ++u) o[u] = 0.25f * a[u] + 0.5f * b[u] + 0.25f * c[u];
      }
    }
    LabelContour contour;
    contour.label = label;
    contour_half(f, wide, cells_u, cells_v, u0_ + step_ * from_u, v0_ + step_ * from_v, step_, contour.segments);
    if (!contour.segments.empty()) tile.contours.push_back(std::move(contour));
  }
}

std::vector<LabelContour> TiledContours::all() {
  std::vector<int> todo;
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    if (!tiles_[t].valid) todo.push_back(int(t));
  }
  computed_ += long(todo.size());
  core::parallel_chunks(std::ptrdiff_t(todo.size()), 4, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t n = begin; n < end; ++n) compute(todo[std::size_t(n)] % tiles_u_, todo[std::size_t(n)] / tiles_u_);
  });
  std::vector<LabelContour> out;
  std::array<int, 256> place;
  place.fill(-1);
  for (const Tile& tile : tiles_) {
    for (const LabelContour& c : tile.contours) {
      int& p = place[std::size_t(c.label)];
      if (p < 0) {
        p = int(out.size());
        out.push_back({c.label, {}});
      }
      auto& segments = out[std::size_t(p)].segments;
      segments.insert(segments.end(), c.segments.begin(), c.segments.end());
    }
  }
  std::sort(out.begin(), out.end(), [](const LabelContour& a, const LabelContour& b) { return a.label < b.label; });
  return out;
}

std::vector<LabelContour> label_contours(const core::LabelMap& labels, const SliceAxes& axes, double position_mm) {
  TiledContours tiles;
  tiles.set(std::shared_ptr<const core::LabelMap>(std::shared_ptr<void>(), &labels), axes, position_mm);
  return tiles.all();
}

}  // namespace ot::viewer
