// SPDX-License-Identifier: GPL-3.0-or-later
#include <Eigen/Eigenvalues>
#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/segmentation/heart_stages.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace l = core::labels;

struct Kind {
  const char* key;
  int upstream, downstream;
  Vec3 model_centre, model_normal;  // of the model heart (imaging/phantom/thorax.cpp), used only when the pools do not touch
  double model_radius;
};

// Where it cannot be seen, a plane is carried over from the model heart and marked as not fitted.
const std::array<Kind, 4>& kinds() {
  static const std::array<Kind, 4> all = {{{"mitral", l::left_atrium, l::lv_blood_pool, Vec3(20, -9, 8), Vec3(0.45, -0.82, -0.36), 15},
                                           {"aortic", l::lv_blood_pool, l::aorta, Vec3(14, -25, 20), Vec3(-0.57, -0.18, 0.80), 12},
                                           {"tricuspid", l::right_atrium, l::rv_blood_pool, Vec3(-3, -48, 2), Vec3(0.91, -0.36, -0.23), 17},
                                           {"pulmonary", l::rv_blood_pool, l::pulmonary_artery, Vec3(32, -42, 44), Vec3(0.10, 0.87, 0.48), 12}}};
  return all;
}

}  // namespace

ModelValve model_valve(const std::string& key) {
  for (const Kind& k : kinds())
    if (key == k.key) return {k.model_centre, k.model_normal.normalized(), k.model_radius};
  return {};
}
Vec3 model_apex() { return Vec3(19, -13, 10) + 80.0 * Vec3(0.684, -0.593, -0.425).normalized(); }  // end of the model's LV cavity

std::vector<Plane> fit_valves(const core::Grid& grid, const std::vector<std::uint8_t>& labels, const HeartFit& fit, const Hints& hints) {
  std::vector<Plane> out;
  for (const Kind& kind : kinds()) {
    if (const Plane* clicked = hints.valve(kind.key)) {
      out.push_back(*clicked);
      continue;
    }
    // Points half way between facing voxels of the two pools, which may be one leaflet (two voxels) apart.
    std::vector<Vec3> points;
    Vec3 flow = Vec3::Zero();
    for (int k = 0; k < grid.size[2]; ++k)
      for (int j = 0; j < grid.size[1]; ++j)
        for (int i = 0; i < grid.size[0]; ++i) {
          const int own = labels[grid.offset(i, j, k)];
          if (own != kind.upstream && own != kind.downstream) continue;
          const int other = own == kind.upstream ? kind.downstream : kind.upstream;
          for (int d = 0; d < 3; ++d)
            for (int far = 1; far <= 2; ++far) {
              const int x = i + (d == 0) * far, y = j + (d == 1) * far, z = k + (d == 2) * far;
              if (!grid.contains(x, y, z)) break;
              const int met = labels[grid.offset(x, y, z)];
              if (met == own) break;
              if (met != other) {
                if (met != 0) break;
                continue;
              }
              const Vec3 a = grid.to_patient(Vec3(i, j, k)), b = grid.to_patient(Vec3(x, y, z));
              points.push_back(0.5 * (a + b));
              flow += own == kind.upstream ? Vec3(b - a) : Vec3(a - b);
              break;
            }
        }
    Plane plane;
    plane.key = kind.key;
    plane.centre = fit.to_patient(kind.model_centre);
    plane.normal = (fit.linear() * kind.model_normal).normalized();
    plane.radius_mm = kind.model_radius * std::exp(fit.log_scale.mean());
    // Only the patch around the median point belongs to the valve.
    if (points.size() >= 30) {
      for (int round = 0; round < 3; ++round) {
        Vec3 centre;
        for (int d = 0; d < 3; ++d) {
          std::vector<double> x;
          for (const Vec3& p : points) x.push_back(p[d]);
          std::nth_element(x.begin(), x.begin() + std::ptrdiff_t(x.size() / 2), x.end());
          centre[d] = x[x.size() / 2];
        }
        std::vector<Vec3> near;
        for (const Vec3& p : points)
          if ((p - centre).norm() < 32) near.push_back(p);  // twice a large valve's radius
        if (near.size() == points.size() || near.size() < 30) break;
        points = near;
      }
      Vec3 mean = Vec3::Zero();
      for (const Vec3& p : points) mean += p;
      mean /= double(points.size());
      core::Mat3 spread = core::Mat3::Zero();
      for (const Vec3& p : points) spread += (p - mean) * (p - mean).transpose();
      const Eigen::SelfAdjointEigenSolver<core::Mat3> eig(spread / double(points.size()));
      Vec3 normal = eig.eigenvectors().col(0);
      // For a flat disc of radius r both in-plane variances are r^2 / 4.
      const double radius = 2.0 * std::sqrt(std::sqrt(std::max(0.0, eig.eigenvalues()[1] * eig.eigenvalues()[2])));
      if (normal.dot(flow) < 0) normal = -normal;
      if (radius > 4 && radius < 40) {
        plane.centre = mean;
        plane.normal = normal;
        plane.radius_mm = radius;
        plane.fitted = true;
      }
    }
    out.push_back(plane);
  }
  return out;
}

}  // namespace ot::imaging
