// SPDX-License-Identifier: GPL-3.0-or-later
// Speed rows of electrophysiology and cells: each names a verification, and a row of that verification passes with the same settings and mesh hash.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "app/verify/speed.hpp"

using namespace ot;

namespace {

bool stands_in(const std::string& settings, const std::string& name, const std::vector<verify::Row>& rows) {
  return std::any_of(rows.begin(), rows.end(), [&](const auto& r) { return r.name == name && r.source.find("; settings: " + settings) != std::string::npos; });
}
const verify::Verification& verification(const std::string& name) {
  const auto& all = verify::builtin_verifications();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& v) { return v.name == name; });
  const bool exists = found != all.end();
  if (!exists) FAIL("there is no verification " << name);
  return *found;
}

}  // namespace

TEST_CASE("each benchmark of cells and electrophysiology is in the list of timed problems (issue 4)") {
  for (const auto& b : verify::builtin_benchmarks()) {
    if (b.name.rfind("ep/", 0) != 0 && b.name.rfind("ionic/", 0) != 0) continue;
    INFO(b.name);
    const std::string stem = b.name == "ionic/kernels" ? "ionic/kernel: " : b.name;
    CHECK(std::any_of(verify::timed_problems().begin(), verify::timed_problems().end(), [&](const auto& t) { return t.bench.rfind(stem, 0) == 0; }));
  }
}

TEST_CASE("each timed problem of cells and electrophysiology stands, settings and mesh hash word for word, in a passing row of the verification it names (issue 4)") {
  std::map<std::string, std::vector<verify::Row>> done;
  for (const auto& timed : verify::timed_problems()) {
    INFO(timed.bench << " by " << timed.vouched_by);
    if (!done.count(timed.vouched_by)) {
      const auto rows = verification(timed.vouched_by).run(true, {});
      if (!rows) FAIL(rows.error().message);
      REQUIRE_FALSE(rows->empty());
      for (const auto& r : *rows) {
        INFO(r.name << " " << r.quantity << " " << r.value << ", reference " << r.reference << ", tolerance " << r.tolerance << ": " << r.source);
        CHECK(r.pass());
      }
      done[timed.vouched_by] = *rows;
    }
    const auto settings = timed.settings({});
    if (!settings) FAIL(settings.error().message);
    INFO(*settings);
    CHECK(stands_in(*settings, timed.vouched_by, done[timed.vouched_by]));
  }
}

TEST_CASE("what the short benches of cells and the eikonal report as source and settings is what the list of timed problems says") {
  for (auto* const bench : {verify::bench_eikonal, verify::bench_cipa, verify::bench_ionic_kernels}) {
    const auto rows = bench({});
    if (!rows) FAIL(rows.error().message);
    REQUIRE_FALSE(rows->empty());
    for (const auto& b : *rows) {
      INFO(b.name << " by " << b.source << " with " << b.settings);
      const auto& list = verify::timed_problems();
      CHECK(std::any_of(list.begin(), list.end(), [&](const auto& t) { return t.bench == b.name && t.vouched_by == b.source && t.settings({}).value() == b.settings; }));
    }
  }
}
