// SPDX-License-Identifier: GPL-3.0-or-later
// What the world does wrong: one sentence, exit code 3, and an existing case stays as it was, bit for bit.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "app/session/pipeline.hpp"
#include "imaging/io/dicom_write.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/mesh.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using namespace ot::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

fs::path saved_small_case(const std::string& name) {
  const fs::path folder = scratch_folder(name) / "case";
  REQUIRE(session::save_case(small_case(), folder, {}));
  return folder;
}

// Exit code 3, one sentence with `word`, nothing on standard output; with and without progress.
void refused(const std::vector<std::string>& arguments, const std::string& word) {
  auto quiet = arguments;
  quiet.push_back("--quiet");
  const auto r = run(quiet);
  std::string line = "organtwin-cli";
  for (const auto& a : arguments) line += " " + a;
  INFO(line << "\n" << r.err);
  CHECK(r.code == 3);
  CHECK(r.out.empty());
  CHECK(not_one_sentence(r.err) == "");
  CHECK(r.err.find(word) != std::string::npos);
}

void import_refused(const fs::path& path, const std::string& word) {
  const fs::path target = scratch_folder("import-target") / "case";
  refused({"import", path.string(), "--case", target.string()}, word);
  CHECK(!fs::exists(target / "case.json"));
}

core::Volume block(double dz, int nz) {
  core::Volume v;
  v.grid.size = {40, 40, nz};
  v.grid.spacing = {1, 1, dz};
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i * 7919 % 600) - 200);
  return v;
}

void scenario_refused(const fs::path& folder, const json& spec, const std::string& word) {
  const fs::path file = folder.parent_path() / "scenario.json";
  put(file, json{{"name", "Wrong"}, {"interventions", {spec}}}.dump());
  const auto before = snapshot(folder);
  for (const char* mode : {"fast", "full"}) refused({"run", folder.string(), "--scenario", file.string(), "--mode", mode}, word);
  CHECK(snapshot(folder) == before);
}

}  // namespace

TEST_CASE("Looking at a scan none of whose readings can be used lists them and ends with exit code 3") {
  const auto dir = scratch_folder("nothing-usable");
  core::Volume v;
  v.grid.size = {8, 8, 6};
  v.grid.spacing = core::Vec3(1, 1, 1);
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i % 91));
  imaging::DicomSeriesParams params;
  params.edit = [&](int k, imaging::DicomData& d) {   // gaps of 1, 2, 4, 8 and 16 mm: no even part
    const auto at = v.grid.to_patient(core::Vec3(0, 0, std::pow(2.0, k)));
    d.decimals(0x00200032, {at[0], at[1], at[2]});
  };
  REQUIRE(imaging::write_dicom_series(v, dir / "scan", params, {}));
  const auto r = run({"import", (dir / "scan").string(), "--json", "--quiet"});
  INFO(r.out << r.err);
  CHECK(r.code == 3);
  CHECK(not_one_sentence(r.err) == "");
  CHECK(r.err.find("uneven") != std::string::npos);
  REQUIRE(!r.json()["readings"].empty());
  for (const auto& reading : r.json()["readings"]) CHECK(reading["state"] == "refused");
}

TEST_CASE("A missing file is refused by import, segment, mesh, build, run, compare, report, rerun and solve") {
  const auto dir = scratch_folder("missing");
  import_refused(dir / "nothing.nii.gz", "nothing.nii.gz");
  const std::string none = (dir / "none").string();
  refused({"segment", none}, "none");
  refused({"mesh", none}, "none");
  refused({"build", none}, "none");
  refused({"run", none}, "none");
  refused({"compare", none, "Baseline", "A"}, "none");
  refused({"report", none, "--out", (dir / "r.html").string()}, "none");
  refused({"rerun", (dir / "report.html").string(), "--case", none}, "report.html");
  refused({"solve", (dir / "spec.json").string()}, "spec.json");
  CHECK(fs::is_empty(dir));
}

TEST_CASE("A directory without images, a 2D image, a text file named .nii.gz and a truncated volume are refused by import") {
  const auto dir = scratch_folder("images");
  fs::create_directories(dir / "empty");
  import_refused(dir / "empty", "no images");
  fs::create_directories(dir / "letters");
  put(dir / "letters" / "letter.txt", "Dear colleague");
  import_refused(dir / "letters", "no images");
  put(dir / "flat.mha", "ObjectType = Image\nNDims = 2\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = 8 8\nElementSpacing = 1 1\nElementType = MET_SHORT\nElementDataFile = LOCAL\n" + std::string(128, '\1'));
  import_refused(dir / "flat.mha", "2");
  put(dir / "list.nii.gz", "milk, eggs, bread\n" + std::string(500, 'x'));
  import_refused(dir / "list.nii.gz", "NIfTI");
  for (const char* name : {"cut.nii.gz", "cut.nrrd", "cut.mha"}) {
    REQUIRE(imaging::write_volume(block(1, 40), dir / name));
    fs::resize_file(dir / name, fs::file_size(dir / name) * 6 / 10);
    import_refused(dir / name, name);
  }
}

TEST_CASE("An import never replaces a case that is there") {
  const fs::path folder = saved_small_case("replace");
  REQUIRE(imaging::write_volume(block(1, 40), folder.parent_path() / "good.mha"));
  const auto before = snapshot(folder);
  refused({"import", (folder.parent_path() / "good.mha").string(), "--case", folder.string()}, "already holds a case");
  CHECK(snapshot(folder) == before);
}

TEST_CASE("Slices 10 mm apart are imported but the cardiac recipe refuses them and leaves the case as it was") {
  const auto dir = scratch_folder("thick");
  REQUIRE(imaging::write_volume(block(10, 14), dir / "thick.nii.gz"));
  const std::string folder = (dir / "case").string();
  REQUIRE(run({"import", (dir / "thick.nii.gz").string(), "--case", folder, "--quiet"}).code == 0);
  const auto before = snapshot(folder);
  refused({"segment", folder}, "10");
  CHECK(snapshot(folder) == before);
}

TEST_CASE("An empty label map and one from elsewhere are refused by segment --labels") {
  const fs::path folder = saved_small_case("labels"), dir = folder.parent_path();
  core::LabelMap labels;
  labels.grid.size = {6, 5, 4};
  labels.grid.spacing = {1.5, 1.25, 2};
  labels.grid.origin = {-3, 7, 11};
  labels.labels = core::labels::heart();
  labels.values.assign(labels.grid.voxels(), 0);
  REQUIRE(imaging::write_labels(labels, dir / "empty.nii.gz"));
  labels.values.assign(labels.grid.voxels(), 2);
  labels.grid.origin = {1000, 1000, 1000};
  REQUIRE(imaging::write_labels(labels, dir / "elsewhere.nii.gz"));
  const auto before = snapshot(folder);
  refused({"segment", folder.string(), "--labels", (dir / "empty.nii.gz").string()}, "empty");
  refused({"segment", folder.string(), "--labels", (dir / "elsewhere.nii.gz").string()}, "overlap");
  refused({"segment", folder.string(), "--labels", (dir / "nowhere.nii.gz").string()}, "nowhere");
  CHECK(snapshot(folder) == before);
}

TEST_CASE("A mesh with inverted tetrahedra is refused by solve, the same mesh in order is solved") {
  const auto dir = scratch_folder("inverted");
  core::TetMesh mesh = core::make_box({4, 2, 2}, 1.0, core::BoxSplit::alternating);
  REQUIRE(imaging::write_tet_mesh(mesh, dir / "good.vtu"));
  // One inner node pulled through the opposite faces: no renumbering can repair that.
  for (auto& x : mesh.nodes)
    if ((x - core::Vec3(2, 1, 1)).norm() < 1e-9) x = {3.7, 1, 1};
  REQUIRE(core::measure_quality(mesh).inverted > 0);
  REQUIRE(imaging::write_tet_mesh(mesh, dir / "bad.vtu"));
  json spec{{"kind", "tissue"}, {"mesh", {{"file", "good.vtu"}, {"unit", "mm"}}}, {"end_ms", 2}, {"stimuli", {{{"box_mm", {{0, 0, 0}, {1, 2, 2}}}}}}};
  json eikonal{{"kind", "eikonal"}, {"mesh", {{"file", "bad.vtu"}}}, {"velocity_m_per_s", {0.6, 0.3, 0.3}}, {"sources", {{{"at_mm", {0, 0, 0}}}}}};
  put(dir / "good.json", spec.dump());
  spec["mesh"]["file"] = "bad.vtu";
  put(dir / "bad.json", spec.dump());
  put(dir / "eikonal.json", eikonal.dump());
  const auto good = run({"solve", (dir / "good.json").string(), "--json", "--quiet"});
  INFO(good.err);
  CHECK(good.code == 0);
  refused({"solve", (dir / "bad.json").string()}, "inverted");
  refused({"solve", (dir / "eikonal.json").string()}, "inverted");
}

TEST_CASE("A lesion outside the tissue, a negative dose and other impossible plans are refused by run") {
  const fs::path folder = saved_small_case("plans");
  const json lesion{{"id", "a"}, {"kind", "ablation"}, {"placement", {{"kind", "point"}, {"points_mm", {{500, 0, 0}}}}}};
  scenario_refused(folder, lesion, "from the nearest tissue");
  scenario_refused(folder, {{"id", "d"}, {"kind", "drug"}, {"params", {{"drug", "dofetilide"}, {"dose_x_cmax", -1}}}}, "Dose -1 x Cmax");
  scenario_refused(folder, {{"id", "d"}, {"kind", "drug"}, {"params", {{"drug", "dofetilide"}, {"input", "oral_dose"}, {"dose_mg", -0.5}}}}, "Oral dose -0.5 mg");
  scenario_refused(folder, {{"id", "d"}, {"kind", "drug"}, {"params", {{"drug", "snake oil"}}}}, "snake oil");
  scenario_refused(folder, {{"id", "s"}, {"kind", "stent"}, {"placement", {{"kind", "segment"}, {"vessel", "lad"}, {"branch", 0}, {"start_mm", 1}, {"length_mm", 5}}}}, "vessel");
  scenario_refused(folder, {{"id", "x"}, {"kind", "prayer"}}, "prayer");
  json misspelt = lesion;
  misspelt["params"] = {{"raduis_mm", 3}};
  scenario_refused(folder, misspelt, "raduis_mm");
  const auto before = snapshot(folder);
  put(folder.parent_path() / "scenario.json", "{\"name\": \"cut off\", \"interv");
  refused({"run", folder.string(), "--scenario", (folder.parent_path() / "scenario.json").string()}, "JSON");
  refused({"run", folder.string(), "--scenario", "no-such-plan"}, "no-such-plan");
  CHECK(snapshot(folder) == before);
}

TEST_CASE("The same small case runs when nothing is wrong: a lesion on the tissue stops it, zero dose changes nothing") {
  const fs::path folder = saved_small_case("good");
  const auto base = run({"run", folder.string(), "--json", "--quiet"});
  INFO(base.err);
  REQUIRE(base.code == 0);
  const auto base_json = base.json();
  CHECK(base_json.at("mode") == "fast");
  CHECK(base_json.at("source_labels_sha256").get<std::string>().size() == 64);
  const fs::path file = folder.parent_path() / "plan.json";
  put(file, json{{"name", "Lesion"}, {"interventions", {{{"id", "a"}, {"kind", "ablation"}, {"placement", {{"kind", "point"}, {"points_mm", {{6, 4, 3}}}}}}}}}.dump());
  const auto lesion = run({"run", folder.string(), "--scenario", file.string(), "--json", "--quiet"}).json();
  CHECK(lesion.at("quantities").at("lesion_volume_cm3").at("value").get<double>() > 0.01);
  // The burned nodes fall silent in the stored field.
  const auto saved = session::load_case(folder, {});
  REQUIRE(saved);
  REQUIRE(saved->results.size() == 2);
  const auto silent = [&](std::size_t run) {
    const auto& t = saved->results[run].result->electro->activation_ms;
    return std::count_if(t.begin(), t.end(), [](float v) { return !std::isfinite(v); });
  };
  CHECK(silent(0) == 0);
  CHECK(silent(1) > 10);
  put(file, json{{"name", "Zero"}, {"interventions", {{{"id", "d"}, {"kind", "drug"}, {"params", {{"drug", "dofetilide"}, {"dose_x_cmax", 0}}}}}}}.dump());
  const auto zero = run({"run", folder.string(), "--scenario", file.string(), "--json", "--quiet"}).json();
  CHECK(zero["quantities"]["total_activation_ms"] == base_json["quantities"]["total_activation_ms"]);
  CHECK(zero["quantities"]["qt_ms"] == base_json["quantities"]["qt_ms"]);
  const auto compared = run({"compare", folder.string(), "Baseline", "Lesion", "--json", "--quiet"});
  CHECK(compared.code == 0);
  CHECK(!compared.json().at("rows").empty());
}

TEST_CASE("Steps out of order say which one is missing") {
  const auto dir = scratch_folder("order");
  REQUIRE(imaging::write_volume(block(1, 40), dir / "v.mha"));
  const std::string folder = (dir / "case").string();
  REQUIRE(run({"import", (dir / "v.mha").string(), "--case", folder, "--quiet"}).code == 0);
  const auto before = snapshot(folder);
  refused({"mesh", folder}, "segment");
  refused({"build", folder}, "mesh");
  refused({"run", folder}, "build");
  refused({"segment", folder}, ".");   // noise is no heart
  CHECK(snapshot(folder) == before);
}

TEST_CASE("A case that was edited, cut or lost a blob is refused and not touched") {
  const fs::path folder = saved_small_case("damaged");
  const auto whole = snapshot(folder);
  std::string edited = whole.at("case.json");
  edited.replace(edited.find("TEST"), 4, "REST");
  const auto check = [&](const std::string& word) {
    const auto before = snapshot(folder);
    refused({"run", folder.string()}, word);
    refused({"mesh", folder.string()}, word);
    CHECK(snapshot(folder) == before);
  };
  put(folder / "case.json", edited);
  check("outside OrganTwin");
  put(folder / "case.json", whole.at("case.json").substr(0, 300));
  check("damaged");
  put(folder / "case.json", whole.at("case.json"));
  for (const auto& [name, bytes] : whole) {
    if (name.rfind("blobs/", 0) != 0) continue;
    put(folder / name, bytes.substr(0, bytes.size() / 2));
    check("damaged");
    put(folder / name, bytes);
    break;
  }
  fs::remove(folder / "plans.json");
  check("plans.json");
}
