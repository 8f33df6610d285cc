// SPDX-License-Identifier: GPL-3.0-or-later
// FULL beats of a case that were stopped and go on; electrograms of probes; points and electrodes from files; the table of tissue factors.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "app/session/electrode_choices.hpp"
#include "app/session/electrograms.hpp"
#include "app/session/exchange.hpp"
#include "app/session/kept_runs.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/tissue_factors.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using namespace ot::session;
namespace fs = std::filesystem;

namespace {

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) { return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

RunDone run(CaseData& data, const RunAsked& asked, core::Mode mode = core::Mode::full) {
  auto done = run_scenario_kept(data, data.plans[0].scenario, mode, {}, asked, {});
  if (!done) FAIL(done.error().message);
  return *done;
}

// Cancelled after so many reports of the monodomain solver, one every 2 ms.
void stop_after(CaseData& data, const RunAsked& asked, int reports) {
  const auto flag = std::make_shared<core::CancelFlag>();
  const core::Progress progress([&](double, std::string_view what) { if (what.rfind("monodomain", 0) == 0 && --reports <= 0) flag->cancel(); }, flag);
  const auto stopped = run_scenario_kept(data, data.plans[0].scenario, core::Mode::full, {}, asked, progress);
  REQUIRE(!stopped);
  CHECK(stopped.error().code == core::ErrorCode::cancelled);
}

double at(const ProbeTrace& t, double ms) {
  for (std::size_t k = 0; k < t.t_ms.size(); ++k)
    if (std::abs(t.t_ms[k] - ms) < 1e-6) return t.mV[k];
  FAIL("no sample at " << ms);
  return 0;
}

}  // namespace

TEST_CASE("a FULL beat of a case that was cancelled goes on when it is asked again, is the uninterrupted one bit for bit, and is tidied away when its result is stored") {
  const fs::path folder = test::scratch_folder("kept-runs");
  RunAsked asked;
  asked.folder = folder;
  CaseData whole_case = test::small_case(), data = test::small_case();
  const auto whole = run(whole_case, {}).result;
  stop_after(data, asked, 6);
  CHECK(data.results.empty());
  CHECK(holds_stopped_run(folder));
  const RunDone done = run(data, asked);
  CHECK(done.continued_ms == Approx(10));
  CHECK(words_of(done).find("10 ms") != std::string::npos);
  const auto &a = *whole->electro, &b = *done.result->electro;
  CHECK(same_bits(a.activation_ms, b.activation_ms));
  CHECK(same_bits(a.repolarisation_ms, b.repolarisation_ms));
  CHECK(a.ecg.mV == b.ecg.mV);
  REQUIRE(a.frames.size() == b.frames.size());
  for (std::size_t f = 0; f < a.frames.size(); ++f) CHECK(same_bits(*a.frames[f].v_mV, *b.frames[f].v_mV));
  CHECK(whole->notes == done.result->notes);
  REQUIRE(whole->quantities.size() == done.result->quantities.size());
  for (std::size_t q = 0; q < whole->quantities.size(); ++q) CHECK(std::memcmp(&whole->quantities[q].value, &done.result->quantities[q].value, sizeof(double)) == 0);
  CHECK(run(data, asked).continued_ms < 0);   // known: nothing goes on
  tidy_kept_runs(data, folder);
  CHECK_FALSE(holds_stopped_run(folder));

  CaseData again = test::small_case();
  stop_after(again, asked, 4);
  asked.fresh = true;
  CHECK(run(again, asked).continued_ms < 0);
}

TEST_CASE("electrograms: FULL records its probes every 0.5 ms, FAST is sampled every 0.5 ms and equals its frames where they stand, stored frames serve else, and a bipolar one is the difference") {
  const fs::path folder = test::scratch_folder("kept-egm");
  CaseData data = test::small_case();
  const std::vector<EgmProbe> probes{{"tip", {6, 4, 4.5}}, {"ring", {9, 4, 4.5}}};
  RunAsked asked;
  asked.folder = folder;
  for (const auto& p : probes) asked.probes.push_back(p.at);
  const auto full = run(data, asked).result;
  const auto traces = probe_electrograms(data.twin, probes, data.plans[0].scenario, *full, {}, folder);
  REQUIRE(traces);
  REQUIRE(traces->size() == 2);
  CHECK(traces->front().t_ms.size() == 81);   // 40 ms
  CHECK(sampling_words(*traces) == "sampled every 0.5 ms");
  const auto rough = probe_electrograms(data.twin, probes, data.plans[0].scenario, *full, {});
  REQUIRE(rough);
  const double step = rough->front().t_ms[1] - rough->front().t_ms[0];
  CHECK(step >= 2);
  CHECK(sampling_words(*rough).find("stored frames") != std::string::npos);
  double size = 0;
  for (const double v : traces->front().mV) size = std::max(size, std::abs(v));
  CHECK(size > 0.5);
  for (const double t : rough->front().t_ms) CHECK(at((*traces)[0], t) == Approx(at((*rough)[0], t)).margin(1e-3 * size));

  const auto fast = run(data, asked, core::Mode::fast).result;
  const auto fine = probe_electrograms(data.twin, probes, data.plans[0].scenario, *fast, {}, folder);
  REQUIRE(fine);
  CHECK(fine->front().t_ms.size() == 81);
  const auto setup = twin::prepare(data.twin, data.plans[0].scenario, core::Mode::fast);
  REQUIRE(setup);
  const auto framed = ep::electrograms(*setup->electro, asked.probes, fast->electro->frames);
  for (std::size_t f = 0; f < fast->electro->frames.size(); ++f) CHECK(at((*fine)[1], fast->electro->frames[f].t_ms) == Approx(framed[1][f]).margin(1e-3 * size));

  const auto pairs = bipolar_pairs(*fine);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].name == "tip-ring");
  for (std::size_t k = 0; k < pairs[0].mV.size(); ++k) CHECK(pairs[0].mV[k] == (*fine)[0].mV[k] - (*fine)[1].mV[k]);
  const std::string csv = electrograms_csv(*fine);
  CHECK(csv.rfind("t_ms,tip mV,ring mV,tip-ring mV\n", 0) == 0);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 82);

  // A probe that the known FULL beat did not record: with insistence it runs again and keeps the others.
  RunAsked third = asked;
  third.probes = {{3, 4, 4.5}};
  CHECK(run(data, third).result == full);
  CHECK(recorded_traces(folder, full->electro->problem_sha256, third.probes)[0].t_ms.empty());
  third.insist_on_probes = true;
  const auto second = run(data, third).result;
  CHECK(second != full);
  CHECK(same_bits(second->electro->activation_ms, full->electro->activation_ms));
  CHECK(recorded_traces(folder, full->electro->problem_sha256, third.probes)[0].t_ms.size() == 81);
  CHECK(recorded_traces(folder, full->electro->problem_sha256, asked.probes)[1].mV == (*traces)[1].mV);
}

TEST_CASE("electrodes from a file move those it names, are said among the assumptions, exported, and refused when they are no electrodes or nowhere near a body") {
  const fs::path folder = test::scratch_folder("electrodes");
  CaseData data = test::small_case();
  const auto write = [&](const char* name, const std::string& text) {
    const fs::path file = folder / name;
    REQUIRE(core::write_file(file, text));
    return file;
  };
  const auto& heart = data.twin->heart->baseline;
  const auto csv = electrodes_from(write("a.csv", "name,x,y,z\nV1,-22,-81.5,3\nRA,-120,-50,90\n"), heart);
  REQUIRE(csv);
  CHECK(csv->size() == 2);
  const auto json = electrodes_from(write("a.json", R"({"V1": [-22, -81.5, 3], "RA": [-120, -50, 90]})"), heart);
  REQUIRE(json);
  CHECK(*json == *csv);
  CHECK_FALSE(electrodes_from(write("b.csv", "V7,1,2,80\n"), heart));
  CHECK_FALSE(electrodes_from(write("c.csv", "V1,6,4,1.5\n"), heart));                 // in the muscle
  CHECK_FALSE(electrodes_from(write("d.csv", "V1,-22000,-81500,3000\n"), heart));      // micrometres
  CHECK_FALSE(electrodes_from(write("e.csv", "V1,1,2,80\nV1,1,2,90\n"), heart));
  CHECK_FALSE(electrodes_from(write("f.csv", "V1,1,2\n"), heart));
  const auto same = electrodes_from(write("h.csv", "RA,-120,-50,90\nLA,-120,-50,90\n"), heart);   // a flat lead I
  REQUIRE_FALSE(same);
  CHECK_THAT(same.error().message, Catch::Contains("RA and LA would lie 0.0 mm apart"));
  CHECK_FALSE(electrodes_from(write("g.json", R"({"V1": [1, 2]})"), heart));
  ElectroChoices choices = electro_of(heart);
  choices.electrodes = *csv;
  REQUIRE(set_electro(data, choices));
  const auto& lines = data.twin->assumptions;
  const auto said = [](const std::string& line) { return line.rfind("Electrodes placed by hand", 0) == 0; };
  REQUIRE(std::count_if(lines.begin(), lines.end(), said) == 1);
  CHECK(std::find_if(lines.begin(), lines.end(), said)->find("V1 (-22.0, -81.5, 3.0)") != std::string::npos);
  const auto report = export_part(data, {"electrodes", "", "", "", folder / "out.csv", false}, {});
  REQUIRE(report);
  const auto back = read_named_points(folder / "out.csv");
  REQUIRE(back);
  REQUIRE(back->size() == 10);
  for (const auto& p : *back)
    for (const auto& e : data.twin->heart->baseline.electrodes)
      if (e.name == p.name) CHECK((e.position - p.at).norm() < 1e-9);
  choices.electrodes.clear();
  REQUIRE(set_electro(data, choices));
  CHECK(std::count_if(data.twin->assumptions.begin(), data.twin->assumptions.end(), said) == 0);
}

TEST_CASE("the table of tissue factors names conductivity and channels of the border zone as Arevalo 2016 has them, leaves out what is as published, and a scar does not conduct") {
  const auto table = tissue_factors(ep::builtin_tissue_regions());
  const auto find = [&](const std::string& key) { return *std::find_if(table.begin(), table.end(), [&](const auto& r) { return r["key"] == key; }); };
  const auto border = find("border_zone");
  CHECK(border["conductivity_scale"] == nlohmann::json({1.0, 0.1, 0.1}));
  CHECK(border["channels"] == nlohmann::json({{"g_Na", 0.38}, {"g_CaL", 0.31}, {"g_Kr", 0.30}, {"g_Ks", 0.20}}));
  CHECK(border["source"].get<std::string>().find("Arevalo") != std::string::npos);
  CHECK(find("scar_core")["conducting"] == false);
  CHECK(factor_words(ep::tissue_region("scar_core")) == "does not conduct");
  CHECK(factor_words(ep::tissue_region("healthy")) == "as healthy muscle");
  const std::string html = tissue_factors_html({ep::tissue_region("healthy"), ep::tissue_region("border_zone")});
  CHECK(html.find("INa x 0.38") != std::string::npos);
  CHECK(tissue_factors_html({ep::tissue_region("healthy")}).empty());
}
