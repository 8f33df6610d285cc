// SPDX-License-Identifier: GPL-3.0-or-later
// mr_cine against the ventricular surfaces that another program fitted to the same images (dicom-mr-cine-heart/fitted_surfaces).
#include <catch2/catch.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "imaging/io/dicom.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using core::Vec3;
namespace l = core::labels;

namespace {

struct Surface {
  std::vector<Vec3> points;
  std::vector<std::array<int, 3>> faces;
};

// VTK legacy 5.1 ASCII: POINTS, then POLYGONS with OFFSETS and CONNECTIVITY.
Surface read_surface(const std::string& path) {
  std::ifstream in(path);
  Surface s;
  std::string word;
  while (in >> word) {
    if (word == "POINTS") {
      std::size_t n = 0;
      in >> n >> word;
      s.points.resize(n);
      for (auto& p : s.points) in >> p.x() >> p.y() >> p.z();
    } else if (word == "CONNECTIVITY") {
      in >> word;
      std::array<int, 3> f{};
      while (in >> f[0] >> f[1] >> f[2]) s.faces.push_back(f);
      break;
    }
  }
  return s;
}

// Voxels of the grid's planes inside the surface: parity along every row.
std::vector<std::uint8_t> fill(const Surface& s, const core::Grid& g) {
  std::vector<std::uint8_t> out(g.voxels(), 0);
  std::vector<Vec3> q;
  for (const auto& p : s.points) q.push_back(g.to_index(p));
  for (int k = 0; k < g.size[2]; ++k) {
    // Outline of the surface in this plane: segments in pixel coordinates.
    std::vector<std::array<double, 4>> segments;
    for (const auto& f : s.faces) {
      double at[4];
      int n = 0;
      for (int e = 0; e < 3 && n < 4; ++e) {
        const Vec3 a = q[std::size_t(f[std::size_t(e)])], b = q[std::size_t(f[std::size_t((e + 1) % 3)])];
        const double u = a.z() - k - 1e-7, v = b.z() - k - 1e-7;
        if ((u < 0) == (v < 0)) continue;
        const Vec3 p = a + (b - a) * (u / (u - v));
        at[n++] = p.x(), at[n++] = p.y();
      }
      if (n == 4) segments.push_back({at[0], at[1], at[2], at[3]});
    }
    for (int j = 0; j < g.size[1]; ++j) {
      std::vector<double> cross;
      for (const auto& t : segments) {
        const double u = t[1] - j - 1e-7, v = t[3] - j - 1e-7;
        if ((u < 0) != (v < 0)) cross.push_back(t[0] + (t[2] - t[0]) * u / (u - v));
      }
      std::sort(cross.begin(), cross.end());
      for (std::size_t c = 0; c + 1 < cross.size(); c += 2)
        for (int i = std::max(0, int(std::ceil(cross[c]))); i <= std::min(g.size[0] - 1, int(std::floor(cross[c + 1]))); ++i) out[g.offset(i, j, k)] = 1;
    }
  }
  return out;
}

struct Score {
  double dice = 0, ours_ml = 0, theirs_ml = 0;
};

// Only in planes where ours has an LV: elsewhere the surfaces go on beyond the planes that count.
Score compare(const core::LabelMap& ours, int value, const std::vector<std::uint8_t>& theirs) {
  const auto& g = ours.grid;
  const std::size_t per = std::size_t(g.size[0]) * std::size_t(g.size[1]);
  double a = 0, b = 0, both = 0;
  for (int k = 0; k < g.size[2]; ++k) {
    bool used = false;
    for (std::size_t i = 0; i < per; ++i) used = used || ours.values[per * std::size_t(k) + i] == l::lv_blood_pool;
    if (!used) continue;
    for (std::size_t i = per * std::size_t(k); i < per * std::size_t(k + 1); ++i) {
      const bool x = ours.values[i] == value, y = theirs[i];
      a += x, b += y, both += x && y;
    }
  }
  const double ml = g.voxel_volume() / 1000;
  return {a + b > 0 ? 2 * both / (a + b) : 0, a * ml, b * ml};
}

}  // namespace

TEST_CASE("mr_cine on the real short-axis cine: in its planes Dice >= 0.85 LV and 0.70 RV at end-diastole with the fitted surfaces, EF 40 to 75 %") {
  const auto scan = imaging::scan_dicom(test::shared_file("data/dicom-mr-cine-heart"), {});
  REQUIRE(scan);
  const imaging::DicomReading* stack = nullptr;
  for (const auto& r : scan->readings)
    if (r.kind == imaging::ReadingKind::stack_phases) stack = &r;
  REQUIRE(stack);
  const auto loaded = imaging::load_reading(*scan, *stack, {}, {});
  REQUIRE(loaded);
  imaging::Phases phases;
  for (const auto& p : loaded->phases) phases.push_back(std::make_shared<core::Volume>(p.volume));
  REQUIRE(phases.size() == 9);
  const auto s = imaging::find_recipe("mr_cine")->run_phases(phases, {});
  if (!s) FAIL(s.error().message);
  for (const auto& q : s->quantities) std::printf("verify mr_cine %s %.1f %s\n", q.key.c_str(), q.value, q.unit.c_str());
  const auto surfaces = test::shared_file("data/dicom-mr-cine-heart/fitted_surfaces");
  for (int f : {0, s->end_systole}) {
    char name[64];
    Score lv, rv;
    for (const char* part : {"LV", "RV"}) {
      std::snprintf(name, sizeof name, "patient1_%s_ENDOCARDIAL_%03d.vtk", part, 3 * f);
      const auto surface = read_surface((surfaces / name).string());
      REQUIRE(surface.faces.size() > 500);
      const auto inside = fill(surface, phases.front()->grid);
      (part[0] == 'L' ? lv : rv) = compare(s->labels[std::size_t(f)], part[0] == 'L' ? l::lv_blood_pool : l::rv_blood_pool, inside);
    }
    std::printf("verify mr_cine frame %d LV dice %.3f (%.0f, fitted %.0f ml in its planes) RV dice %.3f (%.0f, fitted %.0f ml)\n", f, lv.dice, lv.ours_ml, lv.theirs_ml, rv.dice, rv.ours_ml, rv.theirs_ml);
    if (f == 0) {
      CHECK(lv.dice >= 0.85);
      CHECK(rv.dice >= 0.70);
    } else {
      CHECK(lv.dice >= 0.75);
    }
  }
  for (const auto& q : s->quantities)
    if (q.key == "lv_ef_percent") {
      CHECK(q.value > 40);
      CHECK(q.value < 75);
    }
}
