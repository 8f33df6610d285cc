// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "imaging/phantom/phantom.hpp"
#include "imaging/segmentation/recipe.hpp"
#include "solvers/core/parallel.hpp"

using namespace ot;
using core::Vec3;

namespace {

core::Volume plain(std::array<int, 3> size, const Vec3& spacing) {
  core::Volume v;
  v.grid.size = size;
  v.grid.spacing = spacing;
  v.values.assign(v.grid.voxels(), 0);
  for (std::size_t i = 0; i < v.values.size(); ++i) v.values[i] = float(i * 37 % 11);
  return v;
}

}  // namespace

TEST_CASE("Every recipe has a key, words, a source, and refuses 10 mm slices and an empty scan in words") {
  REQUIRE(imaging::builtin_recipes().size() >= 2);
  for (const auto& r : imaging::builtin_recipes()) {
    INFO(r.key);
    CHECK(imaging::find_recipe(r.key) == &r);
    CHECK_FALSE(r.name.empty());
    CHECK_FALSE(r.summary.empty());
    CHECK_FALSE(r.source.empty());
    const auto thick = r.run(plain({60, 60, 20}, Vec3(1.5, 1.5, 10)), {});
    REQUIRE_FALSE(thick);
    CHECK(thick.error().code == core::ErrorCode::bad_input);
    if (r.key != "mr_cine") CHECK(thick.error().message.find("10 mm") != std::string::npos);   // cine stacks are that thick: refused for its content
    const double h = r.key == "coronary_ct" ? 0.6 : 1.5;
    const auto noise = r.run(plain({110, 110, 110}, Vec3::Constant(h)), {});
    REQUIRE_FALSE(noise);
    CHECK(noise.error().code == core::ErrorCode::bad_input);
    auto flat = plain({110, 110, 110}, Vec3::Constant(h));
    std::fill(flat.values.begin(), flat.values.end(), 7.0f);
    REQUIRE_FALSE(r.run(flat, {}));
  }
  CHECK(imaging::find_recipe("no_such") == nullptr);
}

TEST_CASE("The cardiac recipe stops within 1 s of a cancel wherever it comes") {
  const auto ph = imaging::make_thorax_phantom({}, {});
  REQUIRE(ph);
  for (double at : {0.02, 0.2, 0.5}) {
    auto flag = std::make_shared<core::CancelFlag>();
    std::chrono::steady_clock::time_point asked;
    const auto r = imaging::find_recipe("cardiac_ct")->run(ph->ct, core::Progress([&](double f, std::string_view) {
                                                             if (f >= at && !flag->cancelled()) flag->cancel(), asked = std::chrono::steady_clock::now();
                                                           }, flag));
    REQUIRE_FALSE(r);
    CHECK(r.error().code == core::ErrorCode::cancelled);
    // One second on an idle machine; tests share it with others.
    CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count() < 3.0);
  }
}

TEST_CASE("Phantoms are the same for 1 and 2 threads, differ by seed, and know their volumes") {
  imaging::PhantomParams p;
  p.spacing_mm = 3.0;
  core::set_thread_count(1);
  const auto a = imaging::make_thorax_phantom(p, {});
  core::set_thread_count(2);
  const auto b = imaging::make_thorax_phantom(p, {});
  REQUIRE((a && b));
  CHECK(a->ct.sha256() == b->ct.sha256());
  CHECK(a->truth.sha256() == b->truth.sha256());
  p.seed = 7;
  CHECK(imaging::make_thorax_phantom(p, {})->ct.sha256() != a->ct.sha256());
  CHECK(a->truth.volume_ml(core::labels::lv_blood_pool) == Approx(118).margin(4));
  CHECK(a->truth.volume_ml(core::labels::scar) == Approx(13).margin(2));
  p.infarct = false;
  CHECK(imaging::make_thorax_phantom(p, {})->truth.count(core::labels::scar) == 0);
  p.spacing_mm = 0.01;
  CHECK_FALSE(imaging::make_thorax_phantom(p, {}));
  p.stenosis_percent = 120;
  CHECK_FALSE(imaging::make_coronary_phantom(p, {}));
}

TEST_CASE("The phantom's scar lobes leave a channel of living wall at least 8 mm wide between them") {
  const auto ph = imaging::make_thorax_phantom({}, {});
  REQUIRE(ph);
  // Two lobes: two components of scar of more than 3 ml each.
  std::vector<std::uint8_t> seen(ph->truth.values.size(), 0);
  int lobes = 0;
  const auto& g = ph->truth.grid;
  for (std::size_t s = 0; s < seen.size(); ++s) {
    if (seen[s] || ph->truth.values[s] != core::labels::scar) continue;
    std::vector<std::size_t> stack{s};
    seen[s] = 1;
    std::size_t n = 0;
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      ++n;
      for (std::ptrdiff_t step : {std::ptrdiff_t(1), std::ptrdiff_t(g.size[0]), std::ptrdiff_t(g.size[0]) * g.size[1]})
        for (int sign : {-1, 1}) {
          const auto to = std::size_t(std::ptrdiff_t(at) + sign * step);
          if (!seen[to] && ph->truth.values[to] == core::labels::scar) seen[to] = 1, stack.push_back(to);
        }
    }
    lobes += double(n) * g.voxel_volume() / 1000 > 3.0;
  }
  CHECK(lobes == 2);
}
