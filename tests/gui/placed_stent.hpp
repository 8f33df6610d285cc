// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <catch2/catch.hpp>

#include "app/gui/flow/flow_drafts.hpp"
#include "tests/gui/window_fixture.hpp"

namespace ot::test {

// Plan A with one stent in the middle of the narrowed tube, by mouse.
inline void place_stent(Window& w) {
  w.session().replace(journey_case(), {});
  REQUIRE(w.fast_ready(0));
  w->drafts().set_full_behind(false);
  REQUIRE(w.command("action stent").isEmpty());
  w.wait([] { return false; }, 200);
  REQUIRE(w.command("pick_vessel 20").isEmpty());
  REQUIRE(w.fast_ready(1));
  REQUIRE(w.placed(1).size() == 1);
}

}  // namespace ot::test
