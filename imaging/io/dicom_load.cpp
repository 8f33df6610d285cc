// SPDX-License-Identifier: GPL-3.0-or-later
// A reading to volumes: slice by slice, so that a reduced image never needs the memory of the full one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "imaging/io/dicom.hpp"
#include "imaging/io/preflight.hpp"
#include "imaging/io/thumbnail.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace {

// What lies outside a plane that was moved: air in CT, nothing in MR.
float outside_of(const DicomReading& r) { return r.modality == "CT" ? -1024.0f : 0.0f; }

// `plane` of the source moved by (sx, sy) pixels onto an nx x ny raster, bilinear.
void move_plane(const std::vector<float>& from, int w, int h, double sx, double sy, int nx, int ny, float outside, std::vector<float>& to) {
  to.assign(std::size_t(nx) * std::size_t(ny), outside);
  for (int j = 0; j < ny; ++j) {
    const double y = j - sy;
    if (y < -1e-9 || y > h - 1 + 1e-9) continue;
    const int j0 = std::clamp(int(std::floor(y)), 0, std::max(0, h - 2)), j1 = std::min(j0 + 1, h - 1);
    const double fy = std::clamp(y - j0, 0.0, 1.0);
    for (int i = 0; i < nx; ++i) {
      const double x = i - sx;
      if (x < -1e-9 || x > w - 1 + 1e-9) continue;
      const int i0 = std::clamp(int(std::floor(x)), 0, std::max(0, w - 2)), i1 = std::min(i0 + 1, w - 1);
      const double fx = std::clamp(x - i0, 0.0, 1.0);
      const auto at = [&](int a, int b) { return double(from[std::size_t(b) * std::size_t(w) + std::size_t(a)]); };
      to[std::size_t(j) * std::size_t(nx) + std::size_t(i)] =
          float((1 - fy) * ((1 - fx) * at(i0, j0) + fx * at(i1, j0)) + fy * ((1 - fx) * at(i0, j1) + fx * at(i1, j1)));
    }
  }
}

class PlaneReader {
 public:
  PlaneReader(const DicomScan& scan, const DicomReading& reading) : scan_(scan), r_(reading) {}

  // Plane k of phase p on the reading's raster.
  core::Result<void> read(int k, int p, std::vector<float>& out) {
    const DicomPlane& plane = r_.planes[std::size_t(k)];
    if (!plane.frames.empty()) return measured(plane, p, out);
    OT_EXPECT(k > 0 && k + 1 < int(r_.planes.size()));
    std::vector<float> after;
    if (auto ok = measured(r_.planes[std::size_t(k) - 1], p, out); !ok) return ok;
    if (auto ok = measured(r_.planes[std::size_t(k) + 1], p, after); !ok) return ok;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = 0.5f * (out[i] + after[i]);
    return {};
  }

 private:
  core::Result<void> measured(const DicomPlane& plane, int p, std::vector<float>& out) {
    const auto [file, frame] = plane.frames[std::size_t(p)];
    const DicomFile& f = scan_.files[std::size_t(file)];
    const auto failed = [&](const core::Result<void>& why) {
      return core::fail(why.error().code, fmt::format("{} cannot be used: {}. Copy or export it again.", f.path.string(), why.error().message));
    };
    if (!r_.resampled) {
      if (auto ok = frames_.read(f, frame, out); !ok) return failed(ok);
      return {};
    }
    std::vector<float> raw;
    if (auto ok = frames_.read(f, frame, raw); !ok) return failed(ok);
    move_plane(raw, f.columns, f.rows, plane.shift[0], plane.shift[1], r_.grid.size[0], r_.grid.size[1], outside_of(r_), out);
    return {};
  }

  const DicomScan& scan_;
  const DicomReading& r_;
  FrameReader frames_;
};

}  // namespace

core::Grid reduced_grid(const core::Grid& grid, const Reduction& reduction) {
  core::Grid g = grid;
  core::Vec3 first(0, 0, 0);
  for (int a = 0; a < 3; ++a) {
    const int f = std::clamp(reduction.factor[std::size_t(a)], 1, std::max(1, grid.size[std::size_t(a)]));
    g.size[std::size_t(a)] = grid.size[std::size_t(a)] / f;   // what does not fill a box at the far edge is left out
    g.spacing[a] = grid.spacing[a] * f;
    first[a] = (f - 1) / 2.0;
  }
  g.origin = grid.to_patient(first);
  return g;
}

core::Volume reduce_volume(const core::Volume& volume, const Reduction& reduction) {
  core::Volume out;
  out.grid = reduced_grid(volume.grid, reduction);
  out.quantity = volume.quantity;
  out.description = volume.description;
  out.values.resize(out.grid.voxels());
  std::array<int, 3> f{};
  for (int a = 0; a < 3; ++a) f[std::size_t(a)] = int(std::lround(out.grid.spacing[a] / volume.grid.spacing[a]));
  const double share = 1.0 / (double(f[0]) * f[1] * f[2]);
  core::parallel_chunks(out.grid.size[2], 1, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    for (int j = 0; j < out.grid.size[1]; ++j)
      for (int i = 0; i < out.grid.size[0]; ++i) {
        double sum = 0;
        for (int c = 0; c < f[2]; ++c)
          for (int b = 0; b < f[1]; ++b)
            for (int a = 0; a < f[0]; ++a) sum += volume.at(i * f[0] + a, j * f[1] + b, int(k) * f[2] + c);
        out.values[out.grid.offset(i, j, int(k))] = float(sum * share);
      }
  });
  return out;
}

Reduction reduction_for(const core::Grid& grid, double target_mm) {
  Reduction r;
  for (int a = 0; a < 3; ++a) r.factor[std::size_t(a)] = std::clamp(int(std::lround(target_mm / grid.spacing[a])), 1, std::max(1, grid.size[std::size_t(a)]));
  return r;
}

Reduction half_resolution(const core::Grid& grid) {
  Reduction r;
  r.factor = {2, 2, grid.spacing[2] * 2 <= 2.0 + 1e-9 ? 2 : 1};   // thick slices are not made thicker than 2 mm
  for (std::size_t a = 0; a < 3; ++a)
    if (grid.size[a] < 4) r.factor[a] = 1;
  return r;
}

MemoryNeed memory_need(const DicomReading& reading, const Reduction& reduction) {
  MemoryNeed need;
  if (reading.grid.voxels() == 0) return need;
  const std::uint64_t voxels = reduced_grid(reading.grid, reduction).voxels();
  need.image_bytes = voxels * 4 * std::max<std::size_t>(1, reading.trigger_ms.size());
  need.work_bytes = need.image_bytes + voxels * 12 + 500'000'000;   // issue 3: 500 MB + 8 x the int16 bytes for one phase
  return need;
}

core::Result<LoadedReading> load_reading(const DicomScan& scan, const DicomReading& reading, const Reduction& reduction, const core::Progress& progress) {
  if (reading.state == ReadingState::refused || reading.grid.voxels() == 0)
    return core::bad_input(fmt::format("This reading cannot be imported: {} (it would be measured wrongly). Choose another one.", reading.verdict));
  const MemoryNeed need = memory_need(reading, reduction);
  // While a phase is read there is nothing beside it but a few planes.
  if (double(need.image_bytes) * 1.2 > double(memory_budget()))
    return core::bad_input(fmt::format("The image needs {:.1f} GB of memory (this machine can give {:.1f} GB). Import it at a lower resolution.", double(need.image_bytes) / 1e9, double(memory_budget()) / 1e9));
  LoadedReading out;
  const core::Grid grid = reduced_grid(reading.grid, reduction);
  std::array<int, 3> factor{};
  for (int a = 0; a < 3; ++a) factor[std::size_t(a)] = int(std::lround(grid.spacing[a] / reading.grid.spacing[a]));
  const int fx = factor[0], fy = factor[1], fz = factor[2];
  const std::size_t per_slice = std::size_t(grid.size[0]) * std::size_t(grid.size[1]), in_row = std::size_t(reading.grid.size[0]);
  PlaneReader planes(scan, reading);
  bool rescaled = false;
  for (const auto& p : reading.planes)
    if (!p.frames.empty()) rescaled = scan.files[std::size_t(p.frames[0].first)].rescaled;
  const std::size_t phases = std::max<std::size_t>(1, reading.trigger_ms.size());
  for (std::size_t p = 0; p < phases; ++p) {
    LoadedPhase phase;
    phase.trigger_ms = reading.trigger_ms.empty() ? 0 : reading.trigger_ms[p];
    core::Volume& v = phase.volume;
    v.grid = grid;
    try {
      v.values.resize(grid.voxels());
    } catch (const std::bad_alloc&) {
      return core::bad_input("The image does not fit into memory. Import it at a lower resolution.");
    }
    constexpr int block = 16;   // slices between two looks at the cancel flag
    for (int from = 0; from < grid.size[2]; from += block) {
      if (progress.cancelled()) return core::cancelled();
      progress.report((double(p) + double(from) / grid.size[2]) / double(phases), phases > 1 ? fmt::format("reading phase {} of {}", p + 1, phases) : std::string("reading slices"));
      const int n = std::min(block, grid.size[2] - from);
      std::vector<core::Result<void>> state(std::size_t(n), core::Result<void>{});
      core::parallel_chunks(n, 1, [&](std::ptrdiff_t b, std::ptrdiff_t) {
        try {
          std::vector<float> plane;
          std::vector<double> sum;
          float* to = v.values.data() + (std::size_t(from) + std::size_t(b)) * per_slice;
          for (int z = 0; z < fz && !progress.cancelled(); ++z) {
            if (auto ok = planes.read((from + int(b)) * fz + z, int(p), plane); !ok) {
              state[std::size_t(b)] = ok;
              return;
            }
            if (plane.size() != in_row * std::size_t(reading.grid.size[1])) {
              state[std::size_t(b)] = core::bad_input("A slice has another size than its neighbours (its pixels are damaged). Copy it again.");
              return;
            }
            if (fx == 1 && fy == 1 && fz == 1) {
              std::copy(plane.begin(), plane.end(), to);
              return;
            }
            if (z == 0) sum.assign(per_slice, 0.0);
            for (int j = 0; j < grid.size[1] * fy; ++j)
              for (int i = 0; i < grid.size[0] * fx; ++i)
                sum[std::size_t(j / fy) * std::size_t(grid.size[0]) + std::size_t(i / fx)] += plane[std::size_t(j) * in_row + std::size_t(i)];
          }
          if (sum.empty()) return;
          const double share = 1.0 / (double(fx) * fy * fz);
          for (std::size_t i = 0; i < per_slice; ++i) to[i] = float(sum[i] * share);
        } catch (const std::exception&) {
          state[std::size_t(b)] = core::bad_input("The image does not fit into memory. Import it at a lower resolution.");
        }
      });
      if (progress.cancelled()) return core::cancelled();
      for (const auto& s : state)
        if (!s) return core::pass(s);
    }
    float least = std::numeric_limits<float>::max();
    std::size_t bad = 0;
    for (float x : v.values) {
      if (std::isfinite(x)) least = std::min(least, x);
      else ++bad;
    }
    if (bad == v.values.size()) return core::bad_input("The image holds no number at all (every pixel is NaN or infinite). Export it again.");
    if (bad > 0)
      for (float& x : v.values)
        if (!std::isfinite(x)) x = least;
    v.quantity = reading.modality == "CT" && (rescaled || least < -500) ? "HU" : "intensity";
    out.phases.push_back(std::move(phase));
  }
  out.notes = reading.notes;
  if (fx * fy * fz > 1)
    out.notes.push_back(fmt::format("Imported at lower resolution: boxes of {} x {} x {} voxels were averaged, {:.3g} x {:.3g} x {:.3g} mm now.", fx, fy, fz, grid.spacing[0], grid.spacing[1], grid.spacing[2]));
  progress.report(1, "image read");
  return out;
}

core::Result<Thumbnail> reading_thumbnail(const DicomScan& scan, const DicomReading& reading, int side) {
  // A refused reading has no planes with frames to show: the middle frame of its series stands in.
  int file = -1, frame = 0;
  std::vector<std::pair<int, int>> with;
  for (const auto& p : reading.planes)
    if (!p.frames.empty()) with.push_back(p.frames.front());
  if (!with.empty()) std::tie(file, frame) = with[with.size() / 2];
  else if (reading.series >= 0) {
    const auto& files = scan.series[std::size_t(reading.series)].files;
    file = files[files.size() / 2];
    frame = int(scan.files[std::size_t(file)].frames.size()) / 2;
  }
  if (file < 0) return core::bad_input("There is nothing to show.");
  const DicomFile& f = scan.files[std::size_t(file)];
  if (f.samples != 1 || f.bits_allocated == 1) return core::bad_input("There is no grey picture to show.");
  std::vector<float> values;
  FrameReader frames;
  if (auto ok = frames.read(f, frame, values); !ok) return core::pass(ok);
  const double dx = f.frames[std::size_t(frame)].dx > 0 ? f.frames[std::size_t(frame)].dx : 1, dy = f.frames[std::size_t(frame)].dy > 0 ? f.frames[std::size_t(frame)].dy : 1;
  const double scale = side / std::max(f.columns * dx, f.rows * dy);
  const int width = std::max(1, int(std::lround(f.columns * dx * scale))), height = std::max(1, int(std::lround(f.rows * dy * scale)));
  std::vector<float> small(std::size_t(width) * std::size_t(height));
  for (int j = 0; j < height; ++j)
    for (int i = 0; i < width; ++i) {
      const int x = std::min(f.columns - 1, int((i + 0.5) * f.columns / width)), y = std::min(f.rows - 1, int((j + 0.5) * f.rows / height));
      small[std::size_t(j) * std::size_t(width) + std::size_t(i)] = values[std::size_t(y) * std::size_t(f.columns) + std::size_t(x)];
    }
  return grey_picture(small, width, height, f.modality == "CT");
}

}  // namespace ot::imaging
