// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>

#include "app/session/recorded.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/recorded/made_ecg.hpp"

using namespace ot;

namespace {
std::size_t lead(const ep::Ecg& e, const char* name) { return std::size_t(std::find(e.leads.begin(), e.leads.end(), name) - e.leads.begin()); }
std::string message(const core::Result<ep::RecordedEcg>& r) { return r ? "" : r.error().message; }
}  // namespace

TEST_CASE("A recorded ECG of an infarct patient gives intervals that a clinician believes: 50 to 110 a minute QRS 60 to 160 QT 280 to 500 ms") {
  auto ecg = session::read_recorded_ecg(test::shared_file("data/ecg-12-lead/s0010_re.hea"), {}, {});
  REQUIRE(ecg);
  CHECK(ecg->ecg.leads.size() == 12);
  CHECK(ecg->format == "WFDB 16");
  CHECK(ecg->source_sha256.size() == 64);
  auto beat = ep::representative_beat(ecg->ecg);
  REQUIRE(beat);
  INFO("RR " << beat->rr_ms << " beats " << beat->beats << " QRS " << beat->intervals.qrs_ms << " QT " << beat->intervals.qt_ms << " PR " << beat->pr_ms << " axis " << beat->intervals.axis_deg);
  CHECK(beat->rr_ms > 545);
  CHECK(beat->rr_ms < 1200);
  CHECK(beat->beats > 20);
  CHECK(beat->intervals.qrs_ms > 60);
  CHECK(beat->intervals.qrs_ms < 160);
  CHECK(beat->intervals.qt_ms > 280);
  CHECK(beat->intervals.qt_ms < 500);
}

TEST_CASE("A DICOM waveform gives twelve leads in steps of its sensitivity with III = II - I within two steps (pydicom test file)") {
  auto ecg = session::read_dicom_ecg(test::shared_file("data/ecg-12-lead/waveform_ecg.dcm"));
  INFO(message(ecg));
  REQUIRE(ecg);
  CHECK(ecg->ecg.leads.size() == 12);
  CHECK(ecg->sample_hz == 1000);
  CHECK(ecg->ecg.t_ms.size() == 10000);
  const auto &one = ecg->ecg.mV[lead(ecg->ecg, "I")], &two = ecg->ecg.mV[lead(ecg->ecg, "II")], &three = ecg->ecg.mV[lead(ecg->ecg, "III")];
  double worst = 0, step = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    worst = std::max(worst, std::abs(three[i] - two[i] + one[i]));
    const double counts = one[i] / 0.00125;   // 1.25 uV per count
    step = std::max(step, std::abs(counts - std::round(counts)));
  }
  CHECK(worst < 0.0051);
  CHECK(step < 1e-6);
  CHECK(ep::representative_beat(ecg->ecg));
}

TEST_CASE("An ECG written as WFDB 16 and CSV comes back within half a microvolt") {
  const auto folder = test::scratch_folder("recorded-roundtrip");
  const ep::Ecg e = test::strip({}, 900, 8, 500, 0.01, 0.2, 10);
  for (const char* name : {"out.hea", "out.csv"}) {
    REQUIRE(session::export_ecg(e, folder / name));
    auto back = session::read_recorded_ecg(folder / name, {}, {});
    INFO(message(back));
    REQUIRE(back);
    CHECK(back->sample_hz == Approx(500));
    REQUIRE(back->ecg.leads == e.leads);
    double worst = 0;
    for (std::size_t l = 0; l < 12; ++l)
      for (std::size_t i = 0; i < e.t_ms.size(); ++i) worst = std::max(worst, std::abs(back->ecg.mV[l][i] - e.mV[l][i]));
    CHECK(worst <= 0.000501);
  }
}

TEST_CASE("A recording that is not there is refused with one sentence") {
  auto r = session::read_recorded_ecg("/nowhere/x.hea", {}, {});
  REQUIRE_FALSE(r);
  CHECK(message(r).size() > 20);
}
