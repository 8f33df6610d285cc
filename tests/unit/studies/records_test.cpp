// SPDX-License-Identifier: GPL-3.0-or-later
// What was studied, kept beside the case and printed in its report; what a run leaves for other tools.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>

#include "app/session/exchange.hpp"
#include "app/session/report.hpp"
#include "app/session/report_studies.hpp"
#include "app/session/report_svg.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("ot_records_" + std::to_string(::getpid()));
  Folder() { fs::remove_all(path); fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

session::KeptProof one_way() {
  session::KeptProof p;
  p.plan = "A";
  p.scenario = "abc";
  p.a = {1, 2, 3};
  p.b = {4, 5, 6.5};
  p.saved_utc = "2026-11-22T03:00:00Z";
  p.proof = {std::numeric_limits<double>::infinity(), 84.25, 31.5, 32.5, true, false, "Nothing crosses from a to b.", {{1, 2, 7.5}, 4.5}, {{4, 5, 6.5}, 0}};
  return p;
}

session::KeptRestitution curves() {
  session::KeptRestitution c;
  c.plan = "Baseline";
  c.saved_utc = "2026-11-22T03:10:00Z";
  c.study.base_interval_ms = 600;
  c.study.ionic_model = "ten_tusscher_panfilov_2006";
  ep::KindRestitution k;
  k.name = "healthy, endocardial";
  k.share_percent = 62.5;
  k.velocity_m_per_s = 1.9;
  k.s1s2 = ep::make_curve({{310, 40, 0.25, 180}, {400, 130, 0.3, 240}}, 0.31, 262);
  k.dynamic = {{320, 50, 0.26, 190}};
  k.slope_s1s2 = 1.25;
  k.slope_dynamic = 0.75;
  k.refractory_ms = 309;
  k.shortest_interval_ms = 300;
  k.alternans_from_ms = 320;
  c.study.kinds = {k};
  return c;
}

std::string text_of(const fs::path& file) {
  auto text = core::read_file(file, std::size_t(256) << 20);
  REQUIRE(text);
  return *text;
}

int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("proofs of block and restitution curves kept in a case folder read back equal, the same question replaces the older answer", "[studies][session]") {
  const Folder folder;
  auto proof = one_way();
  REQUIRE(session::keep_proof(folder.path, proof));
  proof.saved_utc = "2026-11-22T04:00:00Z";
  REQUIRE(session::keep_proof(folder.path, proof));
  REQUIRE(session::keep_restitution(folder.path, curves()));
  const auto records = session::study_records(folder.path);
  REQUIRE(records.proofs.size() == 1);
  const auto& p = records.proofs[0];
  CHECK(p.saved_utc == "2026-11-22T04:00:00Z");
  CHECK(p.plan == "A");
  CHECK(p.b == core::Vec3(4, 5, 6.5));
  CHECK(std::isinf(p.proof.delay_ab_ms));
  CHECK(p.proof.delay_ba_ms == 84.25);
  CHECK(p.proof.delay_ab_without_ms == 31.5);
  CHECK(p.proof.block_ab);
  CHECK_FALSE(p.proof.block_ba);
  CHECK(p.proof.verdict == proof.proof.verdict);
  CHECK(p.proof.a.at_mm == proof.proof.a.at_mm);
  CHECK(p.proof.a.moved_mm == 4.5);
  CHECK(p.proof.b.moved_mm == 0);
  REQUIRE(records.curves.size() == 1);
  const auto &read = records.curves[0].study.kinds.at(0), kind = curves().study.kinds[0];
  CHECK(read.name == kind.name);
  CHECK(read.velocity_m_per_s == kind.velocity_m_per_s);
  CHECK(read.slope_s1s2 == kind.slope_s1s2);
  CHECK(read.alternans_from_ms == kind.alternans_from_ms);
  REQUIRE(read.s1s2.points.size() == 2);
  CHECK(read.s1s2.points[1].cv == Approx(0.3).epsilon(1e-12));
  CHECK(read.s1s2.points[1].apd_ms == 240);
  CHECK(read.dynamic.size() == 1);
  // Another place is another proof, a damaged file is not shown.
  proof.a.x() += 1;
  REQUIRE(session::keep_proof(folder.path, proof));
  CHECK(session::study_records(folder.path).proofs.size() == 2);
  for (const auto& entry : fs::directory_iterator(folder.path / "studies"))
    if (entry.path().filename().string().rfind("restitution-", 0) == 0) REQUIRE(core::write_file(entry.path(), "{\"plan\": 3"));
  CHECK(session::study_records(folder.path).curves.empty());
}

TEST_CASE("the report prints studies with protocol, outcome and cycle length, proofs, curves, electrograms and the notes of the solvers", "[studies][session]") {
  const Folder folder;
  auto data = test::small_case();
  const auto run = session::run_scenario(data, {}, core::Mode::fast, {}, {});
  REQUIRE(run);
  REQUIRE((*run)->electro);
  const auto& mesh = *data.twin->heart->baseline.mesh;
  data.egm_probes = {{"Probe 1", mesh.nodes.front()}, {"Probe 2", mesh.nodes.back()}};
  session::StudySpec spec;
  spec.name = "pace";
  spec.sites = {"1,4,1"};
  spec.protocol.kind = ep::ProtocolKind::fixed;
  spec.protocol.s1_beats = 1;
  spec.protocol.couplings_ms = {450, 400};
  spec.protocol.observe_ms = 300;
  REQUIRE(session::run_study(data, spec, folder.path, {}));
  REQUIRE(session::keep_proof(folder.path, one_way()));
  REQUIRE(session::keep_restitution(folder.path, curves()));
  auto records = session::study_records(folder.path);
  REQUIRE(records.studies.size() == 1);
  // One with a re-entry of 243 ms, as a study would find it.
  auto induced = std::make_shared<ep::StudyResult>(*records.studies[0].study);
  auto& attempt = induced->runs[0].attempts[0];
  attempt.found.outcome = ep::Outcome::reentry;
  attempt.found.rhythm = ep::Rhythm::monomorphic_vt;
  attempt.found.cycle_length_ms = 243;
  attempt.found.cycles = 5;
  induced->runs[0].best = 0;
  induced->induced = 1;
  induced->shortest_cycle_ms = induced->longest_cycle_ms = 243;
  induced->notes.push_back("An assumption of the study <itself>.");
  records.studies.push_back({"", "vt-induction", "2026-11-22T03:00:00Z", session::study_presets().front().spec, induced});
  const auto file = folder.path / "report.html";
  REQUIRE(core::write_file(file, "%PDF-1.4 ..."));
  CHECK(session::read_report(file).error().message.find("attachment report.html") != std::string::npos);
  REQUIRE(session::write_report(data, file, {}, records, {}));
  const std::string html = text_of(file);
  INFO(html.substr(html.find("<h2>Stim"), 3000));
  CHECK(html.find("Stimulation study: Pacing") != std::string::npos);
  CHECK(html.find("S1 1 × 600 ms, S2 450, S3 400 ms") != std::string::npos);
  CHECK(html.find("S2 to S4 from 400 down to 200 ms in steps of 10") != std::string::npos);
  CHECK(html.find("1 of 1 sites inducible, cycle length 243 ms") != std::string::npos);
  CHECK(html.find("monomorphic vt") != std::string::npos);
  CHECK(html.find("An assumption of the study &lt;itself&gt;.") != std::string::npos);
  CHECK(html.find("Proofs of block") != std::string::npos);
  CHECK(html.find("never (32 ms)") != std::string::npos);
  CHECK(html.find("blocks one way only") != std::string::npos);
  CHECK(html.find("Restitution, Baseline") != std::string::npos);
  CHECK(html.find("healthy, endocardial") != std::string::npos);
  CHECK(html.find("from 320 ms") != std::string::npos);
  CHECK(html.find("Electrograms, Baseline, FAST model") != std::string::npos);
  CHECK(html.find("Probe 2") != std::string::npos);
  int extra = 0;
  for (const auto& note : (*run)->notes)
    if (std::find(data.twin->assumptions.begin(), data.twin->assumptions.end(), note) == data.twin->assumptions.end()) {
      ++extra;
      CHECK(html.find("Baseline: " + session::html_escape(note)) != std::string::npos);
    }
  CHECK(count(html, "<h2>Notes of the solvers</h2>") == (extra > 0 ? 1 : 0));
  // Without studies none of it is printed.
  REQUIRE(session::write_report(data, file));
  CHECK(text_of(file).find("Stimulation study") == std::string::npos);
}

TEST_CASE("the report sets plans side by side: one row per quantity, numbers in words with units, plans without an answer named, runs without a baseline kept", "[session]") {
  const Folder folder;
  auto data = test::small_case();
  const auto& mesh = *data.twin->heart->baseline.mesh;
  const auto lesion = [&](const std::string& name, double radius) {
    session::Plan plan{name, "lesion", {}};
    twin::InterventionSpec spec;
    spec.id = "ablation-1", spec.kind = "ablation", spec.placement.kind = twin::Placement::Kind::point, spec.placement.points_mm = {mesh.nodes.front()};
    spec.params = twin::find_intervention("ablation")->schema.defaults();
    spec.params.set("radius_mm", radius);
    plan.scenario.interventions = {spec};
    data.plans.push_back(plan);
    return plan.scenario;
  };
  const auto first = lesion("L", 3), second = lesion("M", 3.5);
  lesion("N", 4);
  REQUIRE(session::run_scenario(data, first, core::Mode::fast, {}, {}));
  REQUIRE(session::run_scenario(data, second, core::Mode::fast, {}, {}));
  const auto file = folder.path / "report.html";
  REQUIRE(session::write_report(data, file));
  std::string html = text_of(file);
  CHECK(html.find("Results, FAST") != std::string::npos);   // although the baseline was not computed
  CHECK(html.find("Not computed with this model: Baseline (untreated)") != std::string::npos);
  CHECK(html.find("N (lesion).") != std::string::npos);
  REQUIRE(session::run_scenario(data, {}, core::Mode::fast, {}, {}));
  REQUIRE(session::write_report(data, file));
  html = text_of(file);
  CHECK(html.find("Baseline (untreated)") == std::string::npos);
  CHECK(html.find("N (lesion).") != std::string::npos);
  const auto table = html.substr(html.find("Results, FAST"));
  CHECK(count(table, "<tr><td>Lesion volume") == 1);
  CHECK(html.find("{\"radius_mm\"") == std::string::npos);
  CHECK(html.find("Radius 3.5 mm") != std::string::npos);
  CHECK(html.find("mm (LPS)") != std::string::npos);
}

TEST_CASE("activation, ECG and potentials of a run are exported, and a plan that was not computed is refused by name", "[session]") {
  const Folder folder;
  auto data = test::small_case();
  CHECK(session::why_no_export(data, "ecg").find("Run one first") != std::string::npos);
  const auto run = session::run_scenario(data, {}, core::Mode::fast, {}, {});
  REQUIRE(run);
  data.plans.push_back({"Z", "", {}});
  data.plans.back().scenario.interventions.emplace_back();
  data.plans.back().scenario.interventions.back().id = "ablation-1";
  CHECK(session::why_no_export(data, "ecg").empty());
  session::ExportRequest request;
  request.what = "activation";
  request.path = folder.path / "lat.vtu";
  REQUIRE(session::export_part(data, request, {}));
  const std::string vtu = text_of(request.path);
  CHECK(vtu.find("activation_ms") != std::string::npos);
  CHECK(vtu.find("repolarisation_ms") != std::string::npos);
  request.what = "ecg";
  request.path = folder.path / "ecg.csv";
  REQUIRE(session::export_part(data, request, {}));
  std::istringstream csv(text_of(request.path));
  std::string line;
  std::getline(csv, line);
  CHECK(line.rfind("t_ms,I_mV,II_mV", 0) == 0);
  CHECK(count(line, ",") == 12);
  std::size_t samples = 0;
  while (std::getline(csv, line)) ++samples;
  CHECK(samples == (*run)->electro->ecg.t_ms.size());
  request.what = "potentials";
  request.path = folder.path / "phi.pvd";
  const auto potentials = session::export_part(data, request, {});
  REQUIRE(potentials);
  REQUIRE(potentials->files.size() > 2);
  for (const auto& f : potentials->files) CHECK(fs::exists(f));
  CHECK(count(text_of(request.path), "<DataSet ") == int(potentials->files.size()) - 1);
  CHECK(text_of(potentials->files.front()).find("phi_e_mV") != std::string::npos);
  request.plan = "Z";
  const auto none = session::export_part(data, request, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("Z has not been computed") != std::string::npos);
}

TEST_CASE("couplings written with blanks or commas are read, others are refused in words", "[studies]") {
  const auto three = session::couplings_from(" 350 300,280 ");
  REQUIRE(three);
  CHECK(*three == std::vector<double>{350, 300, 280});
  CHECK(session::couplings_from("")->empty());
  for (const char* bad : {"350 x", "0", "-3", "350ms"}) {
    const auto refused = session::couplings_from(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("no coupling") != std::string::npos);
  }
}
