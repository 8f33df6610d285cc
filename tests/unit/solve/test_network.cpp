// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "tests/unit/solve/answers.hpp"

using namespace ot::test;

TEST_CASE("Means over a cycle weigh its two ends as one point: half a sine has a mean within 0.1 % of its samples' trapezoid, inflow equals outflow") {
  json spec = example("network");
  json& in = spec["svzerod"]["boundary_conditions"][0]["bc_values"];
  in = {{"Q", json::array()}, {"t", json::array()}};
  for (int k = 0; k <= 20; ++k) in["t"].push_back(k / 20.0), in["Q"].push_back(std::max(0.0, 20 * std::sin(2 * M_PI * k / 20)));
  spec["svzerod"]["simulation_parameters"] = {{"number_of_cardiac_cycles", 15}, {"number_of_time_pts_per_cardiac_cycle", 21}};
  const json out = answer(spec);
  const double sampled = 1 / std::tan(M_PI / 20);   // the trapezoid of the 21 samples: 0.8 % below 20 / pi
  const std::string q = "mean flow_in:branch0_seg0", p = "mean pressure_in:branch0_seg0";
  CHECK(value(out, q) == Approx(sampled).epsilon(1e-3));
  CHECK(value(out, q) == Approx(20 / M_PI).epsilon(0.01));
  CHECK(value(out, "mean flow_out:branch0_seg0") == Approx(value(out, q)).epsilon(1e-4));
  CHECK(value(out, p) == Approx(1100 * value(out, q)).epsilon(2e-3));   // R + Rp + Rd
  CHECK(ot::solve::mean_over_time({0, 1, 3}, {2, 4, 4}) == Approx(11.0 / 3));
  CHECK(ot::solve::mean_over_time({5}, {7}) == 7);
}

TEST_CASE("A pulse wave that does not repeat itself, or runs at 0.04 m/s, is answered with a note") {
  json spec = example("network");
  spec = {{"kind", "network"}, {"one_d", {{"segments", {{{"name", "a"}, {"length_mm", 100}, {"radius_in_mm", 5}, {"young_Pa", 4e5}, {"wall_mm", 1}}}}, {"terminals", {{{"segment", "a"}, {"resistance_Pa_s_per_mm3", 0.5}}}}, {"inflow_mm3_per_s", {{0, 5000}, {1, 5000}}}}}, {"cycles", 5}};
  CHECK(answer(spec)["notes"].empty());
  json soft = spec;
  soft["one_d"]["segments"][0]["young_Pa"] = 10;
  const json out = answer(soft);
  CHECK(value(out, "difference_of_last_two_cycles") > 0.01);
  CHECK(notes_say(out, "no periodic state"));
  CHECK(notes_say(out, "young_Pa"));
  spec["cycles"] = 1;
  CHECK(notes_say(answer(spec), "One cycle"));
}
