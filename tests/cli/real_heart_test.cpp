// SPDX-License-Identifier: GPL-3.0-or-later
// A real contrast CT (heart-cta-dissection) through the documented commands: from a file to a changed activation.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "app/session/case.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using namespace ot::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json ok(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const auto r = run(arguments);
  std::string line = "organtwin-cli";
  for (const auto& a : arguments) line += " " + a;
  INFO(line << "\n" << r.err);
  REQUIRE(r.code == 0);
  return r.json();
}

double value(const json& answer, const std::string& key) {
  INFO(key);
  return answer.at("quantities").at(key).at("value").get<double>();
}

const json& stage(const json& answer, const std::string& name) {
  for (const auto& s : answer.at("stages"))
    if (s.at("name") == name) return s;
  throw std::runtime_error("no stage " + name);
}

}  // namespace

TEST_CASE("Real heart CT: import, segment, mesh, build, run and a lesion on the LV wall change the activation") {
  const fs::path ct = shared_file("data/heart-cta-dissection/ct.nii.gz");
  const fs::path dir = scratch_folder("real-heart");
  const std::string folder = (dir / "case").string();
  ok({"import", ct.string(), "--case", folder});
  const json segmented = ok({"segment", folder, "--recipe", "cardiac_ct"});
  const auto& volumes = stage(segmented, "segment image");
  CHECK(volumes.at("lv_blood_pool_ml").get<double>() == Approx(132).epsilon(0.25));   // 132 ml measured on 21 Nov 2026; an adult's LV holds 60 to 200 ml
  for (const char* key : {"lv_myocardium_ml", "rv_blood_pool_ml", "aorta_ml"}) {
    INFO(key);
    CHECK(volumes.at(key).get<double>() > 40);
    CHECK(volumes.at(key).get<double>() < 300);
  }
  const json meshed = ok({"mesh", folder, "--edge", "2.0"});
  const auto& ventricles = stage(meshed, "mesh ventricles");
  CHECK(ventricles.at("inverted") == 0);
  CHECK(ventricles.at("nodes").get<double>() > 10000);
  CHECK(ventricles.at("min_dihedral_deg").get<double>() > 5);
  CHECK(ventricles.at("cut_volume_ml").get<double>() >= 0);
  CHECK(ventricles.at("notes").dump().find("assumed") != std::string::npos);   // the RV wall is a shell that was not seen
  const json built = ok({"build", folder, "--organ", "heart"});
  CHECK(stage(built, "build twin").at("notes").dump().find("RV wall assumed") != std::string::npos);

  const json base = ok({"run", folder, "--out", (dir / "baseline").string()});
  CHECK(base.at("mode") == "fast");
  CHECK(base.at("source_labels_sha256").get<std::string>().size() == 64);
  CHECK(value(base, "activated_percent") == 100);
  CHECK(value(base, "total_activation_ms") > 60);    // Durrer 1970: about 80 ms from the first to the last site
  CHECK(value(base, "total_activation_ms") < 130);
  CHECK(value(base, "qrs_ms") > 50);
  CHECK(value(base, "qrs_ms") < 130);
  const auto files = base.at("files").get<std::vector<std::string>>();
  for (const auto& f : files) CHECK(fs::file_size(f) > 100);
  const auto ecg = snapshot(dir / "baseline").at("ecg.csv");
  CHECK(std::count(ecg.begin(), ecg.begin() + std::ptrdiff_t(ecg.find('\n')), ',') == 12);

  // The part of the left-ventricular wall that is activated last, read from the saved case.
  const auto saved = session::load_case(folder, {});
  REQUIRE(saved);
  REQUIRE(saved->results.size() == 1);
  const auto& mesh = *saved->twin->heart->baseline.mesh;
  const auto before = saved->results[0].result->electro->activation_ms;
  REQUIRE(before.size() == mesh.nodes.size());
  std::size_t last = mesh.nodes.size();
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (mesh.region[t] == core::labels::lv_myocardium)
      for (auto n : mesh.tets[t])
        if (last == mesh.nodes.size() || before[std::size_t(n)] > before[last]) last = std::size_t(n);
  REQUIRE(last < mesh.nodes.size());
  const core::Vec3 point = mesh.nodes[last];

  json lesion{{"name", "Lesion"},
              {"interventions", {{{"id", "ablation-1"}, {"kind", "ablation"}, {"placement", {{"kind", "point"}, {"points_mm", {{point[0], point[1], point[2]}}}}}, {"params", {{"radius_mm", 8}, {"depth_mm", 10}}}}}}};
  put(dir / "lesion.json", lesion.dump(2));
  const json after = ok({"run", folder, "--scenario", (dir / "lesion.json").string()});
  CHECK(after.at("mode") == "fast");
  CHECK(after.at("source_labels_sha256") == base.at("source_labels_sha256"));
  CHECK(after.at("setup_sha256") != base.at("setup_sha256"));
  CHECK(value(after, "lesion_volume_cm3") > 0.2);
  CHECK(value(after, "lesion_volume_cm3") < 4.0 / 3 * M_PI * 1.1);   // at most a ball of the depth of 10 mm, and a tenth
  const auto both = session::load_case(folder, {});
  REQUIRE(both);
  REQUIRE(both->results.size() == 2);
  const auto& burned = both->results[1].result->electro->activation_ms;
  CHECK(!std::isfinite(burned[last]));   // the burned wall is never activated
  std::size_t silent = 0, later = 0;
  for (std::size_t n = 0; n < burned.size(); ++n) {
    if (!std::isfinite(burned[n])) ++silent;
    else if (burned[n] > before[n] + 1e-4f) ++later;
    CHECK_FALSE(burned[n] < before[n]);   // a barrier never makes a wave arrive earlier, not by a rounding
  }
  CHECK(silent > 20);
  CHECK(later > 0);   // little lies behind the last site: 13 nodes on 21 Nov 2026
  const json compared = ok({"compare", folder, "Baseline", "Lesion"});
  CHECK(compared.at("mode") == "fast");
  CHECK(compared.at("source_labels_sha256") == base.at("source_labels_sha256"));
  // A disabled lesion is none: the same numbers as the baseline.
  lesion["interventions"][0]["enabled"] = false;
  lesion["name"] = "Disabled";
  put(dir / "lesion.json", lesion.dump(2));
  const json disabled = ok({"run", folder, "--scenario", (dir / "lesion.json").string()});
  CHECK(disabled.at("quantities") == base.at("quantities"));

  // Paced faster, the same heart repolarises earlier; the case keeps the choice.
  ok({"build", folder, "--cycle-length", "500"});
  const json fast = ok({"run", folder});
  CHECK(value(fast, "qt_ms") < value(base, "qt_ms") - 10);
  CHECK(value(fast, "qt_ms") > 0.6 * value(base, "qt_ms"));
  CHECK(value(fast, "total_activation_ms") == Approx(value(base, "total_activation_ms")).epsilon(1e-6));
  ok({"build", folder});
  CHECK(value(ok({"run", folder}), "qt_ms") == Approx(value(fast, "qt_ms")).epsilon(1e-9));
}
