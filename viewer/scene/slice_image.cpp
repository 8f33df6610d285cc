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
  const Vec3 dz = g.to_index(plane.corner + plane.layer_step) - g.to_index(plane.corner);
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
        const Vec3 top = first + double(x) * dx + double(y) * dy;
        out[3] = 255;
        float combined = 0;
        int inside = 0;
        for (int layer = 0; layer < plane.layers; ++layer) {
          const Vec3 at = top + double(layer) * dz;
          if (at.x() < -0.5 || at.y() < -0.5 || at.z() < -0.5 || at.x() > g.size[0] - 0.5 || at.y() > g.size[1] - 0.5 ||
              at.z() > g.size[2] - 0.5)
            continue;
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
          const float value = a + tk * (b - a);
          if (inside++ == 0) combined = value;
          else if (plane.mode == SlabMode::average) combined += value;
          else combined = plane.mode == SlabMode::mip ? std::max(combined, value) : std::min(combined, value);
        }
        if (inside == 0) {
          out[0] = out[1] = out[2] = 0;
          continue;
        }
        if (plane.mode == SlabMode::average) combined /= float(inside);
        const float grey = std::clamp((combined - low) * scale, 0.0f, 255.0f);
        out[0] = out[1] = out[2] = std::uint8_t(grey + 0.5f);
      }
    }
  });
  return image;
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

void draw_outlines(RgbaImage& image, const std::array<int, 2>& corner, const std::vector<Outline>& outlines, double width, double alpha) {
  std::vector<std::uint8_t> cover(std::size_t(image.width) * std::size_t(image.height), 0);
  const float half = float(0.5 * width), reach = half + 0.5f;
  for (const Outline& o : outlines) {
    int left = image.width, top = image.height, right = -1, bottom = -1;   // what the outline touched
    for (const auto& g : o.segments) {
      const float x1 = g[0] - float(corner[0]), y1 = g[1] - float(corner[1]), x2 = g[2] - float(corner[0]), y2 = g[3] - float(corner[1]);
      const float fxa = std::min(x1, x2) - reach, fxb = std::max(x1, x2) + reach, fya = std::min(y1, y2) - reach, fyb = std::max(y1, y2) + reach;
      if (!(fxb >= 0 && fyb >= 0 && fxa < float(image.width) && fya < float(image.height))) continue;
      const int xa = std::max(0, int(fxa)), xb = std::min(image.width - 1, int(fxb)), ya = std::max(0, int(fya)), yb = std::min(image.height - 1, int(fyb));
      const float lx = x2 - x1, ly = y2 - y1, length2 = lx * lx + ly * ly, per = length2 > 0 ? 1 / length2 : 0;
      left = std::min(left, xa), right = std::max(right, xb), top = std::min(top, ya), bottom = std::max(bottom, yb);
      for (int y = ya; y <= yb; ++y) {
        std::uint8_t* row = cover.data() + std::size_t(y) * std::size_t(image.width);
        for (int x = xa; x <= xb; ++x) {
          const float px = float(x) + 0.5f - x1, py = float(y) + 0.5f - y1;
          const float t = std::clamp((px * lx + py * ly) * per, 0.0f, 1.0f), dx = px - t * lx, dy = py - t * ly, d2 = dx * dx + dy * dy;
          if (d2 >= reach * reach) continue;
          const float part = std::min(1.0f, reach - std::sqrt(d2));
          row[x] = std::max(row[x], std::uint8_t(255 * part));
        }
      }
    }
    for (int y = top; y <= bottom; ++y) {
      std::uint8_t* row = cover.data() + std::size_t(y) * std::size_t(image.width);
      for (int x = left; x <= right; ++x) {
        if (row[x] == 0) continue;
        blend(image, x, y, o.color, alpha * row[x] / 255.0);
        row[x] = 0;
      }
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
