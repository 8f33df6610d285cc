// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/slice_image.hpp"

#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPNGWriter.h>
#include <vtkStdString.h>
#include <vtkTextProperty.h>
#include <vtkTextRenderer.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include "solvers/core/atomic_file.hpp"
#include "solvers/core/parallel.hpp"
#include "viewer/scene/vtk_text.hpp"

namespace ot::viewer {
using core::Vec3;

std::array<Vec3, 8> extent_corners(const core::Grid& g) {
  std::array<Vec3, 8> out;
  for (int c = 0; c < 8; ++c) {
    const Vec3 index((c & 1) ? g.size[0] - 0.5 : -0.5, (c & 2) ? g.size[1] - 0.5 : -0.5, (c & 4) ? g.size[2] - 0.5 : -0.5);
    out[std::size_t(c)] = g.to_patient(index);
  }
  return out;
}

RgbaImage sample_slice(const core::Volume& volume, const PixelPlane& plane, WindowLevel wl) {
  const core::Grid& g = volume.grid;
  RgbaImage image{plane.width, plane.height, std::vector<std::uint8_t>(std::size_t(plane.width) * std::size_t(plane.height) * 4)};
  const Vec3 first = g.to_index(plane.corner + 0.5 * plane.right + 0.5 * plane.down);
  const Vec3 dx = g.to_index(plane.corner + plane.right) - g.to_index(plane.corner);
  const Vec3 dy = g.to_index(plane.corner + plane.down) - g.to_index(plane.corner);
  const float low = float(wl.level - 0.5 * wl.width), scale = float(255.0 / std::max(1e-6, wl.width));
  const std::ptrdiff_t row = g.size[0], sheet = std::ptrdiff_t(g.size[0]) * g.size[1];
  const float* values = volume.values.data();
  const auto cell = [](double at, int n, int& i, int& next, float& t) {
    const double c = std::clamp(at, 0.0, double(n - 1));
    i = std::min(int(c), n - 1);
    next = std::min(i + 1, n - 1);
    t = float(c - i);
  };
  core::parallel_chunks(plane.height, 16, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t y = begin; y < end; ++y) {
      std::uint8_t* out = image.pixels.data() + std::size_t(y) * std::size_t(plane.width) * 4;
      for (int x = 0; x < plane.width; ++x, out += 4) {
        const Vec3 at = first + double(x) * dx + double(y) * dy;
        out[3] = 255;
        if (at.x() < -0.5 || at.y() < -0.5 || at.z() < -0.5 || at.x() > g.size[0] - 0.5 || at.y() > g.size[1] - 0.5 ||
            at.z() > g.size[2] - 0.5) {
          out[0] = out[1] = out[2] = 0;
          continue;
        }
        int i, j, k, i1, j1, k1;
        float ti, tj, tk;
        cell(at.x(), g.size[0], i, i1, ti);
        cell(at.y(), g.size[1], j, j1, tj);
        cell(at.z(), g.size[2], k, k1, tk);
        const auto line = [&](int jj, int kk) {
          const float* p = values + jj * row + kk * sheet;
          return p[i] + ti * (p[i1] - p[i]);
        };
        const float a = line(j, k) + tj * (line(j1, k) - line(j, k));
        const float b = line(j, k1) + tj * (line(j1, k1) - line(j, k1));
        const float grey = std::clamp((a + tk * (b - a) - low) * scale, 0.0f, 255.0f);
        out[0] = out[1] = out[2] = std::uint8_t(grey + 0.5f);
      }
    }
  });
  return image;
}

namespace {

// Indicator of one label on the sample grid, contoured at one half by marching squares.
void contour_half(const std::vector<float>& f, int nu, int nv, double u0, double v0, double step, std::vector<std::array<float, 4>>& out) {
  for (int v = 0; v + 1 < nv; ++v) {
    for (int u = 0; u + 1 < nu; ++u) {
      const float* p = f.data() + std::size_t(v) * std::size_t(nu) + std::size_t(u);
      const float c[4] = {p[0], p[1], p[nu + 1], p[nu]};
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

std::vector<LabelContour> label_contours(const core::LabelMap& labels, const SliceAxes& axes, double position_mm) {
  const core::Grid& g = labels.grid;
  if (labels.values.empty()) return {};
  double u0 = 1e300, u1 = -1e300, v0 = 1e300, v1 = -1e300;
  for (const Vec3& c : extent_corners(g)) {
    u0 = std::min(u0, c.dot(axes.right)), u1 = std::max(u1, c.dot(axes.right));
    v0 = std::min(v0, c.dot(axes.down)), v1 = std::max(v1, c.dot(axes.down));
  }
  // Half a voxel between samples; coarser when the map is so fine that it would not be seen.
  constexpr int most_samples = 640;
  const double step = std::max(0.5 * g.spacing.minCoeff(), std::max(u1 - u0, v1 - v0) / most_samples);
  const int nu = int((u1 - u0) / step) + 3, nv = int((v1 - v0) / step) + 3;
  u0 -= step, v0 -= step;
  const Vec3 first = g.to_index(position_mm * axes.normal + u0 * axes.right + v0 * axes.down);
  const Vec3 origin = g.to_index(Vec3::Zero());
  const Vec3 du = g.to_index(step * axes.right) - origin, dv = g.to_index(step * axes.down) - origin;

  // Corner labels and weights of every sample; most samples lie inside one label and are settled at once.
  std::array<bool, 256> seen{};
  struct Sample { std::uint8_t label[8]; float weight[8]; };
  std::vector<Sample> samples(std::size_t(nu) * std::size_t(nv));
  core::parallel_chunks(nv, 32, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t v = begin; v < end; ++v) {
      for (int u = 0; u < nu; ++u) {
        const Vec3 at = first + double(u) * du + double(v) * dv;
        const int i = int(std::floor(at.x())), j = int(std::floor(at.y())), k = int(std::floor(at.z()));
        const float t[3] = {float(at.x() - i), float(at.y() - j), float(at.z() - k)};
        Sample& s = samples[std::size_t(v) * std::size_t(nu) + std::size_t(u)];
        for (int c = 0; c < 8; ++c) {
          const int a = i + (c & 1), b = j + ((c >> 1) & 1), d = k + (c >> 2);
          s.label[c] = g.contains(a, b, d) ? labels.values[g.offset(a, b, d)] : std::uint8_t(0);
          s.weight[c] = ((c & 1) ? t[0] : 1 - t[0]) * ((c & 2) ? t[1] : 1 - t[1]) * ((c & 4) ? t[2] : 1 - t[2]);
        }
      }
    }
  });
  for (const Sample& s : samples) {
    for (const std::uint8_t l : s.label) seen[l] = true;
  }
  std::vector<int> present;
  for (int l = 1; l < 256; ++l) {
    if (seen[std::size_t(l)]) present.push_back(l);
  }
  std::vector<LabelContour> out(present.size());
  core::parallel_chunks(std::ptrdiff_t(present.size()), 1, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t p = begin; p < end; ++p) {
      const auto label = std::uint8_t(present[std::size_t(p)]);
      std::vector<float> f(samples.size()), smooth(samples.size());
      for (std::size_t n = 0; n < samples.size(); ++n) {
        float sum = 0;
        for (int c = 0; c < 8; ++c) sum += samples[n].label[c] == label ? samples[n].weight[c] : 0.0f;
        f[n] = sum;
      }
      // 1-2-1 in both directions twice, about one voxel wide: rounds the voxel corners, moves flat walls nowhere.
      for (int round = 0; round < 2; ++round) {
        for (int v = 0; v < nv; ++v) {
          for (int u = 0; u < nu; ++u) {
            const float* q = f.data() + std::size_t(v) * std::size_t(nu);
            smooth[std::size_t(v) * std::size_t(nu) + std::size_t(u)] =
                0.25f * q[std::max(u - 1, 0)] + 0.5f * q[u] + 0.25f * q[std::min(u + 1, nu - 1)];
          }
        }
        for (int v = 0; v < nv; ++v) {
          const float* a = smooth.data() + std::size_t(std::max(v - 1, 0)) * std::size_t(nu);
          const float* b = smooth.data() + std::size_t(v) * std::size_t(nu);
          const float* c = smooth.data() + std::size_t(std::min(v + 1, nv - 1)) * std::size_t(nu);
          for (int u = 0; u < nu; ++u) f[std::size_t(v) * std::size_t(nu) + std::size_t(u)] = 0.25f * a[u] + 0.5f * b[u] + 0.25f * c[u];
        }
      }
      LabelContour& contour = out[std::size_t(p)];
      contour.label = label;
      contour_half(f, nu, nv, u0, v0, step, contour.segments);
    }
  });
  return out;
}

namespace {
void blend(RgbaImage& image, int x, int y, core::Color color, double alpha) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  std::uint8_t* p = image.pixels.data() + (std::size_t(y) * std::size_t(image.width) + std::size_t(x)) * 4;
  for (int c = 0; c < 3; ++c) p[c] = std::uint8_t(std::lround(p[c] + alpha * (double(color[std::size_t(c)]) - p[c])));
}
}  // namespace

void draw_line(RgbaImage& image, double x1, double y1, double x2, double y2, core::Color color, double width, double alpha) {
  const double reach = 0.5 * width + 1;
  const double lx = x2 - x1, ly = y2 - y1, length2 = lx * lx + ly * ly;
  const int xa = int(std::max(0.0, std::min(x1, x2) - reach)), xb = int(std::min(image.width - 1.0, std::max(x1, x2) + reach));
  const int ya = int(std::max(0.0, std::min(y1, y2) - reach)), yb = int(std::min(image.height - 1.0, std::max(y1, y2) + reach));
  for (int y = ya; y <= yb; ++y) {
    for (int x = xa; x <= xb; ++x) {
      const double px = x + 0.5 - x1, py = y + 0.5 - y1;
      const double t = length2 > 0 ? std::clamp((px * lx + py * ly) / length2, 0.0, 1.0) : 0.0;
      const double d = std::hypot(px - t * lx, py - t * ly);
      const double cover = std::clamp(0.5 * width + 0.5 - d, 0.0, 1.0);
      if (cover > 0) blend(image, x, y, color, alpha * cover);
    }
  }
}

void draw_text(RgbaImage& image, const std::string& text, double x, double y, TextAnchor anchor, int size_px, bool bold, core::Color color) {
  if (text.empty()) return;
  vtkNew<vtkTextProperty> style;
  style_text(style, size_px, bold, color);
  vtkNew<vtkImageData> glyphs;
  int used[2] = {0, 0};
  vtkTextRenderer* renderer = vtkTextRenderer::GetInstance();
  if (!renderer || !renderer->RenderString(style.Get(), vtkStdString(text), glyphs.Get(), used, 72)) return;
  const int w = used[0], h = used[1];
  double left = x, top = y;
  if (anchor == TextAnchor::center_top || anchor == TextAnchor::center_bottom) left -= 0.5 * w;
  if (anchor == TextAnchor::right_middle) left -= w;
  if (anchor == TextAnchor::left_middle || anchor == TextAnchor::right_middle) top -= 0.5 * h;
  if (anchor == TextAnchor::center_bottom) top -= h;
  int extent[6];
  glyphs->GetExtent(extent);
  for (int v = 0; v < h; ++v) {
    for (int u = 0; u < w; ++u) {
      if (extent[0] + u > extent[1] || extent[2] + v > extent[3]) continue;
      const auto* p = static_cast<const std::uint8_t*>(glyphs->GetScalarPointer(extent[0] + u, extent[2] + v, 0));
      blend(image, int(std::lround(left)) + u, int(std::lround(top)) + (h - 1 - v), color, p[3] / 255.0);
    }
  }
}

core::Result<void> write_png(const std::filesystem::path& path, const RgbaImage& image) {
  return core::write_file_with(path, [&](const std::filesystem::path& temporary) -> core::Result<void> {
    const auto failed = core::bad_input("The picture " + path.string() + " could not be written (the folder may be missing, read-only or full). "
                                        "Choose another folder.");
    if (!std::ofstream(temporary)) return failed;  // asked first: VTK would write to the terminal
    vtkNew<vtkImageData> data;
    data->SetDimensions(image.width, image.height, 1);
    data->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
    for (int y = 0; y < image.height; ++y) {
      auto* out = static_cast<std::uint8_t*>(data->GetScalarPointer(0, image.height - 1 - y, 0));
      const std::uint8_t* in = image.pixels.data() + std::size_t(y) * std::size_t(image.width) * 4;
      for (int x = 0; x < image.width; ++x) std::memcpy(out + 3 * x, in + 4 * x, 3);
    }
    vtkNew<vtkPNGWriter> writer;
    writer->SetFileName(temporary.c_str());
    writer->SetInputData(data);
    writer->Write();
    if (writer->GetErrorCode() != 0 || !std::filesystem::exists(temporary)) {
      return failed;
    }
    return {};
  });
}

}  // namespace ot::viewer
