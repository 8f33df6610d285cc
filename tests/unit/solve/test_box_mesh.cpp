// SPDX-License-Identifier: GPL-3.0-or-later
// Boxes whose tetrahedra follow the fibres, and which box a spec gets.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <vector>

#include "app/solve/box_mesh.hpp"
#include "tests/unit/solve/answers.hpp"

using namespace ot;
using namespace ot::test;
using core::Vec3;

namespace {

core::Mat3 conductivity(const Vec3& fibre, double ratio) {
  const Vec3 f = fibre.normalized();
  return core::Mat3::Identity() + (ratio - 1) * f * f.transpose();
}

// Least and largest square of the spacing of a front's leading error, sum_j k_ij (n.d_ij)^4 / (2 M_i (n.D.n)^2) summed over nodes away from the faces, over
// that of a box along its axes, h^2 / D across fibres (1 here), for fronts in all directions. k from each tet's gradients.
std::pair<double, double> squares(const core::TetMesh& mesh, const core::Mat3& d, const Vec3& size, double edge, double away) {
  std::vector<Vec3> n;
  for (int i = 0; i < 300; ++i) {
    const double z = (i + 0.5) / 300, turn = 2.4 * i, r = std::sqrt(1 - z * z);
    n.emplace_back(r * std::cos(turn), r * std::sin(turn), z);
  }
  std::vector<double> sum(n.size(), 0);
  double mass = 0;
  const auto inside = [&](core::Index i) { return mesh.nodes[std::size_t(i)].minCoeff() > away && (size - mesh.nodes[std::size_t(i)]).minCoeff() > away; };
  for (const core::Tet& t : mesh.tets) {
    Eigen::Matrix4d x;
    for (int a = 0; a < 4; ++a) x.row(a) << 1, mesh.nodes[std::size_t(t[std::size_t(a)])].transpose();
    const Eigen::Matrix<double, 3, 4> gradient = x.inverse().bottomRows<3>();
    const double volume = x.determinant() / 6;
    CHECK(volume > 0);
    for (int a = 0; a < 4; ++a) {
      if (!inside(t[std::size_t(a)])) continue;
      mass += volume / 4;
      for (int b = 0; b < 4; ++b) {
        const double k = -volume * gradient.col(a).dot(d * gradient.col(b));
        const Vec3 e = (x.row(b) - x.row(a)).tail<3>();
        for (std::size_t i = 0; i < n.size() && a != b; ++i) sum[i] += k * std::pow(n[i].dot(e), 4) / std::pow(n[i].dot(d * n[i]), 2);
      }
    }
  }
  for (double& s : sum) s /= 2 * mass * edge * edge;
  return {*std::min_element(sum.begin(), sum.end()), *std::max_element(sum.begin(), sum.end())};
}

}  // namespace

TEST_CASE("The leading error of a box cut along fibres lies between -0.1 and 1.01 of h^2 / D for fronts in all directions, of an alternating one below -1 (9 : 1, gradients of its tets)") {
  const Vec3 size(8, 7, 6);
  for (const Vec3& f : {Vec3(1, 1, 0), Vec3(1, 0.27, 0), Vec3(0.6, -1, 0), Vec3(1, 0, 0.7), Vec3(1, 0.7, 0.4), Vec3(1, -0.5, 0.2), Vec3(-0.3, 0.2, 1)}) {
    const core::Mat3 d = conductivity(f, 9);
    const auto box = solve::box_mesh("fibres", size, Vec3::Constant(0.5), d, {});
    REQUIRE(box);
    INFO(f.transpose());
    const auto [low, high] = squares(*box, d, size, 0.5, 1.9);
    CHECK(low > -0.1);
    CHECK(high < 1.01);
    const auto regular = solve::box_mesh("alternating", size, Vec3::Constant(0.5), d, {});
    REQUIRE(regular);
    CHECK(squares(*regular, d, size, 0.5, 1.9).first < -1);
  }
}

TEST_CASE("A box cut along fibres is filled to 1e-12 without gaps, its skin lies on the six faces, and stretched edges and thin boxes are cut too") {
  struct Box {
    Vec3 size, edges;
    double ratio;
  };
  for (const auto& [size, edges, ratio] : {Box{{20, 9, 0.4}, {0.4, 0.4, 0.4}, 9}, Box{{20, 7, 3}, {1, 0.5, 0.5}, 7.6}, Box{{3, 3, 3}, {3, 3, 3}, 4}, Box{{9, 9, 9}, {0.5, 0.5, 0.5}, 30}}) {
    const auto box = solve::box_mesh("fibres", size, edges, conductivity({1, 0.6, 0.3}, ratio), {});
    REQUIRE(box);
    REQUIRE(core::check_simulation_ready(*box));
    CHECK(box->volume() == Approx(size.prod()).epsilon(1e-12));
    double area[7] = {};
    for (const core::BoundaryFace& f : box->boundary) {
      REQUIRE(f.patch >= 1);
      REQUIRE(f.patch <= 6);
      const Vec3 &a = box->nodes[std::size_t(f.nodes[0])], &b = box->nodes[std::size_t(f.nodes[1])], &c = box->nodes[std::size_t(f.nodes[2])];
      const int axis = (f.patch - 1) / 2;
      for (const Vec3& x : {a, b, c}) CHECK(x[axis] == Approx((f.patch - 1) % 2 ? size[axis] : 0.0).margin(1e-12));
      area[f.patch] += 0.5 * (b - a).cross(c - a).norm();
    }
    for (int patch = 1; patch <= 6; ++patch) CHECK(area[patch] == Approx(size.prod() / size[(patch - 1) / 2]).epsilon(1e-12));
    CHECK(box->patch_names.at(6) == "z_max");
  }
}

TEST_CASE("A tissue box without a split is alternating with fibres along an axis and follows the fibres when these lie askew, and says so") {
  json spec{{"kind", "tissue"}, {"mesh", {{"box_mm", {4, 3, 2}}, {"edge_mm", 0.5}}}, {"end_ms", 1}, {"conductivity_tuning", "off"}, {"stimuli", {{{"box_mm", {{0, 0, 0}, {1, 1, 1}}}}}},
            {"sensors", {{{"activation_at_mm", {{2, 1, 1}}}}}}};
  const auto mesh = [](json s, const char* split, const json& fibre) {
    if (split) s["mesh"]["split"] = split;
    s["fibres"] = {{"direction", fibre}};
    return answer(s);
  };
  const json along{0, 1, 0}, askew{1, 1, 0};
  const json straight = mesh(spec, nullptr, along), turned = mesh(spec, nullptr, askew);
  CHECK(straight["mesh_sha256"] == mesh(spec, "alternating", along)["mesh_sha256"]);
  CHECK_FALSE(notes_say(straight, "askew"));
  CHECK(turned["mesh_sha256"] == mesh(spec, "fibres", askew)["mesh_sha256"]);
  CHECK(turned["mesh_sha256"] != straight["mesh_sha256"]);
  CHECK(notes_say(turned, "cut to follow them"));
  CHECK(mesh(spec, "auto", askew)["mesh_sha256"] == turned["mesh_sha256"]);
  spec["mesh"]["split"] = "diagonal";
  refused(spec, "auto, kuhn, alternating, fibres or unstructured");
}
