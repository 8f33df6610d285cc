// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>

#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/recorded/made_ecg.hpp"

using namespace ot;

namespace {
std::string message(const core::Result<ep::RecordedEcg>& r) { return r ? "" : r.error().message; }
}  // namespace

TEST_CASE("WFDB 16: all 38400 samples of the twelve leads of s0010_re fit the header's checksums (PTB, ODC-BY)") {
  const auto path = test::shared_file("data/ecg-12-lead/s0010_re.hea");
  auto text = core::read_file(path);
  REQUIRE(text);
  auto header = ep::parse_wfdb_header(*text);
  REQUIRE(header);
  CHECK(header->channels.size() == 15);
  CHECK(header->sample_hz == 1000);
  for (const char* file : {"s0010_re.dat", "s0010_re.xyz"}) {
    auto bytes = core::read_file(path.parent_path() / file);
    REQUIRE(bytes);
    auto samples = ep::decode_wfdb(*header, file, *bytes);
    REQUIRE(samples);
    for (std::size_t c = 0; c < samples->signal.size(); ++c) {
      const auto& s = header->channels[std::size_t(samples->signal[c])];
      CHECK(samples->physical[c].size() == 38400);
      CHECK(samples->checksum[c] == s.checksum);
      CHECK(samples->physical[c][0] == Approx(s.initial / 2000.0));
    }
  }
}

TEST_CASE("WFDB formats 212 80 61 160 24 32 give back the samples that were packed by hand (signal(5))") {
  const auto decode = [](int format, const std::string& bytes, long n) {
    auto h = ep::parse_wfdb_header("r 2 500 " + std::to_string(n) + "\nr.dat " + std::to_string(format) + " 100/mV 12 0 0 0 0 I\nr.dat " + std::to_string(format) + " 100/mV 12 0 0 0 0 II\n");
    REQUIRE(h);
    auto s = ep::decode_wfdb(*h, "r.dat", bytes);
    REQUIRE(s);
    return *s;
  };
  // I = 1, -2; II = 2047, -2047.
  const auto s212 = decode(212, std::string("\x01\x70\xff", 3) + std::string("\xfe\x8f\x01", 3), 2);
  CHECK(s212.physical[0] == std::vector<double>{0.01, -0.02});
  CHECK(s212.physical[1] == std::vector<double>{20.47, -20.47});
  const auto s80 = decode(80, "\x81\x7e\xff\x01", 2);
  CHECK(s80.physical[0] == std::vector<double>{0.01, 1.27});
  CHECK(s80.physical[1] == std::vector<double>{-0.02, -1.27});
  const auto s61 = decode(61, std::string("\x01\x00\xff\xfe", 4), 1);
  CHECK(s61.physical[0][0] == 2.56);
  CHECK(s61.physical[1][0] == -0.02);
  const auto s160 = decode(160, std::string("\x01\x80\x00\x80", 4), 1);
  CHECK(s160.physical[0][0] == 0.01);
  CHECK(s160.physical[1][0] == 0.0);
  const auto s24 = decode(24, std::string("\x00\x00\x01\xff\xff\xff", 6), 1);
  CHECK(s24.physical[0][0] == 655.36);
  CHECK(s24.physical[1][0] == -0.01);
  const auto s32 = decode(32, std::string("\x00\x00\x00\x01\xfe\xff\xff\xff", 8), 1);
  CHECK(s32.physical[0][0] == 167772.16);
  CHECK(s32.physical[1][0] == -0.02);
}

TEST_CASE("Intervals of a noisy drifting strip with an extrasystole are those of its noise-free beat within 6 ms and 3 degrees") {
  const test::MadeBeat made;
  const auto truth = ep::measure(test::one_beat(made, 800, 2), 900, ep::EcgSource::recorded);
  for (const double hz : {250.0, 500.0, 1000.0}) {
    auto beat = ep::representative_beat(test::strip(made, 900, 30, hz, 0.015, 0.4, 12, 9));
    REQUIRE(beat);
    INFO(hz << " Hz: QRS " << beat->intervals.qrs_ms << " / " << truth.qrs_ms << " QT " << beat->intervals.qt_ms << " / " << truth.qt_ms << " PR " << beat->pr_ms);
    CHECK(beat->rr_ms == Approx(900).margin(8));
    CHECK(beat->beats > 25);
    CHECK(beat->left_out >= 1);
    CHECK(beat->intervals.qrs_ms == Approx(truth.qrs_ms).margin(6));
    CHECK(beat->intervals.qt_ms == Approx(truth.qt_ms).margin(6));
    CHECK(beat->intervals.axis_deg == Approx(truth.axis_deg).margin(3));
    CHECK(beat->pr_ms == Approx(made.qrs_on - made.p_on).margin(20));   // the tangent cuts the foot of a smooth P wave
  }
}

TEST_CASE("A simulated ECG against a recording of itself: correlation 1 within 0.01 and QRS and QT within 6 ms") {
  const test::MadeBeat made;
  auto beat = ep::representative_beat(test::strip(made, 900, 20, 500, 0.002, 0.1, 0));
  REQUIRE(beat);
  test::MadeBeat alone = made;
  for (double* t : {&alone.p_on, &alone.p_off, &alone.qrs_on, &alone.qrs_off, &alone.t_on, &alone.t_off}) *t -= 200;   // starts just before its QRS
  alone.p_on = alone.p_off = -1;
  auto c = ep::compare_ecg(*beat, test::one_beat(alone, 500, 2), 900);
  REQUIRE(c);
  CHECK(c->leads.size() == 12);
  CHECK(c->mean_correlation > 0.99);
  CHECK(std::abs(c->qrs_difference_ms) < 6);
  CHECK(std::abs(c->qt_difference_ms) < 6);
  CHECK(std::abs(c->axis_difference_deg) < 3);
  for (const auto& l : c->leads) CHECK(l.rms_mV < 0.04);
  // Upside down: every correlation is negative, the axis turns by half.
  ep::Ecg flipped = test::one_beat(alone, 500, 2);
  for (auto& v : flipped.mV)
    for (double& x : v) x = -x;
  auto f = ep::compare_ecg(*beat, flipped, 900);
  REQUIRE(f);
  CHECK(f->mean_correlation < -0.98);
  CHECK(std::abs(std::abs(f->axis_difference_deg) - 180) < 3);
}

TEST_CASE("The representative beat laid behind simulated leads has its QRS onset where it was asked for within 2 ms") {
  auto beat = ep::representative_beat(test::strip({}, 900, 20, 500, 0.002, 0.0, 0));
  REQUIRE(beat);
  const ep::Ecg laid = ep::aligned_beat(*beat, 12.0, 1000);
  CHECK(laid.t_ms.back() == Approx(1000));
  const auto m = ep::measure(laid, 1000);
  CHECK(m.qrs_ms == Approx(beat->intervals.qrs_ms).margin(3));
  CHECK(m.qrs_onset_ms == Approx(12).margin(2));
}

TEST_CASE("Limb leads that were not recorded follow exactly and swapped channels are said") {
  const ep::Ecg e = test::strip({}, 800, 5, 500, 0, 0, 0);
  const auto &one = e.mV[0], &two = e.mV[1], &three = e.mV[2];
  auto r = ep::make_recorded({"i", "Lead III (Einthoven)", "vx"}, {one, three, two}, 500);
  REQUIRE(r);
  REQUIRE(r->ecg.leads.size() == 6);
  for (std::size_t l = 0; l < 6; ++l)
    for (std::size_t i = 0; i < e.t_ms.size(); i += 97) CHECK(r->ecg.mV[l][i] == Approx(e.mV[l][i]).margin(1e-12));
  auto swapped = ep::make_recorded({"I", "II", "III"}, {two, one, three}, 500);
  REQUIRE(swapped);
  CHECK(std::any_of(swapped->notes.begin(), swapped->notes.end(), [](const std::string& n) { return n.find("swapped") != std::string::npos; }));
}

TEST_CASE("CSV with semicolons decimal commas and microvolts in the header is read in millivolts") {
  std::string text = "Zeit;x\n";
  text = "t_ms;I (uV);II (uV)\n";
  for (int i = 0; i < 2000; ++i) text += std::to_string(2 * i) + ",0;" + std::to_string(i % 400 == 0 ? 900 : 0) + ",5;" + std::to_string(i % 400 == 0 ? 1200 : 10) + "\n";
  auto r = ep::parse_ecg_csv(text, {});
  INFO(message(r));
  REQUIRE(r);
  CHECK(r->sample_hz == Approx(500));
  CHECK(r->ecg.mV[0][400] == Approx(0.9005));
}

TEST_CASE("Bad recordings are refused with one sentence on what to do") {
  const auto refused = [](const core::Result<ep::RecordedEcg>& r, const char* word) {
    REQUIRE_FALSE(r);
    INFO(r.error().message);
    CHECK(r.error().message.find(word) != std::string::npos);
    CHECK(r.error().message.find('.') != std::string::npos);
  };
  const std::vector<double> flat(5000, 0.0), wave = test::strip({}, 800, 10, 500, 0, 0, 0).mV[0];
  refused(ep::make_recorded({"x"}, {wave}, 500), "standard lead");
  refused(ep::make_recorded({"I"}, {wave}, 3), "samples per second");
  refused(ep::make_recorded({"I"}, {flat}, 500), "flat line");
  refused(ep::make_recorded({"I"}, {std::vector<double>(100, 1)}, 500), "lasts");
  auto uv = wave;
  for (double& v : uv) v *= 1000;
  refused(ep::make_recorded({"I"}, {uv}, 500), "microvolts");
  refused(ep::parse_ecg_csv("", {}), "no rows");
  refused(ep::parse_ecg_csv("I,II\n1,2\n3,4\n", {}), "sampling");
  refused(ep::parse_ecg_csv("t_ms,I\n0,1\n2,1\n9,1\n", {}), "jumps");
  refused(ep::parse_ecg_csv("t_ms,I\n0,1\n2\n", {}), "fields");
  CHECK_FALSE(ep::parse_wfdb_header("nonsense"));
  CHECK_FALSE(ep::parse_wfdb_header("r 2 500 100\nr.dat 16 200\n"));
  CHECK_FALSE(ep::parse_wfdb_header("r 1 500 100\nr.dat 310 200\n"));
  auto h = ep::parse_wfdb_header("r 1 500 100\nr.dat 16 200 16 0 0 0 0 I\n");
  REQUIRE(h);
  CHECK_FALSE(ep::decode_wfdb(*h, "r.dat", std::string(150, 'x')));   // truncated
  CHECK_FALSE(ep::representative_beat(ep::Ecg{{"I"}, {0, 1}, {{0, 0}}}));
  // Pure noise: beats may be found in it, a QRS that cannot be measured is NaN and a comparison is refused; never a crash.
  auto noise = ep::representative_beat(test::strip({}, 1e9, 10, 500, 0.1, 0, 0));
  if (noise) {
    auto c = ep::compare_ecg(*noise, test::one_beat({}, 800, 2), 900);
    CHECK((!c || std::abs(c->mean_correlation) < 0.9));
  }
}
