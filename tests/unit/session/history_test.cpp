// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <random>

#include "app/session/history.hpp"

using namespace ot::session;

namespace {
std::vector<Plan> plans(int n) {
  std::vector<Plan> p{{"Baseline", "untreated", {}}};
  for (int i = 0; i < n; ++i) p.push_back({"P" + std::to_string(i), "", {}});
  return p;
}
}  // namespace

TEST_CASE("undo and redo return equal values over 2000 random edits (property)") {
  std::mt19937 random(7);
  History history;
  std::vector<std::vector<Plan>> past{plans(0)};
  std::size_t at = 0;
  std::vector<Plan> now = plans(0);
  for (int step = 0; step < 2000; ++step) {
    const int what = static_cast<int>(random() % 3);
    if (what == 0) {
      auto next = plans(static_cast<int>(random() % 50));
      if (next == now) continue;
      history.record("edit", now, next, "");
      now = next;
      past.resize(at + 1);
      past.push_back(now);
      ++at;
      if (past.size() > 501) past.erase(past.begin()), --at;   // the history is bounded
    } else if (what == 1 && history.can_undo()) {
      now = history.undo().plans->before;
      --at;
    } else if (what == 2 && history.can_redo()) {
      now = history.redo().plans->after;
      ++at;
    }
    REQUIRE(now == past[at]);
  }
}

TEST_CASE("dragging one value is one undo step, a pause or another value starts a new one") {
  History history;
  history.record("change lesion 1", plans(0), plans(1), "update 1 ablation-1");
  history.record("change lesion 1", plans(1), plans(2), "update 1 ablation-1");
  CHECK(history.undo().plans->before == plans(0));
  CHECK(history.redo().plans->after == plans(2));
  history.record("change lesion 1", plans(2), plans(3), "update 1 ablation-1");
  CHECK(history.undo().plans->before == plans(2));
  CHECK(history.undo_name() == "change lesion 1");
}

TEST_CASE("a new edit ends what could be redone") {
  History history;
  history.record("a", plans(0), plans(1), "");
  history.undo();
  CHECK(history.can_redo());
  history.record("b", plans(0), plans(2), "");
  CHECK(!history.can_redo());
  CHECK(history.undo_name() == "b");
}
