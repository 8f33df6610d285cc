// SPDX-License-Identifier: GPL-3.0-or-later
// What a person sets at the ends of a vessel: Windkessels in one action, the coronary bed, blood, wall and run, kept whole by the case.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/session/flow_codec.hpp"
#include "app/session/flow_ends.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;

namespace {

std::shared_ptr<twin::VesselModel> artery(const std::string& key) {
  const test::Tube made = test::tube(2.0, 20, 3);
  auto v = std::make_shared<twin::VesselModel>();
  v->key = key, v->name = key;
  v->network = std::make_shared<const core::VesselNetwork>(made.network);
  v->lumen = std::make_shared<const core::SurfaceMesh>(made.surface);
  v->aortic_pressure_Pa = hemo::mean_aortic_pressure_Pa;
  v->report_ffr = hemo::coronary_of(key).has_value();
  v->baseline.network = v->network;
  v->baseline.steady = true;
  v->baseline.inlets = {{test::tube_inlet, {{0.0, 1500.0}}, hemo::InletProfile::parabolic}};
  v->baseline.outlets = {{test::tube_outlet, 8.0, 0, 0, hemo::venous_pressure_Pa}};
  return v;
}

session::CapCondition& end_of(session::FlowConditions& all, bool inlet) {
  for (auto& c : all.caps)
    if (c.inlet == inlet) return c;
  FAIL("no such end");
  return all.caps.front();
}

}  // namespace

TEST_CASE("Murray's Windkessels hold the mean pressure at the mean flow to 1e-9 and let it decay in 1.5 s, and the impedance before them is that of the wall") {
  const auto v = artery("carotid");
  auto all = session::conditions_of(*v);
  REQUIRE(session::give_waveform(all, end_of(all, true), session::pulse_of_mean(1500, 0.8)));
  REQUIRE(session::give_murray_windkessels(all, *v));
  const auto& o = end_of(all, false).outflow;
  const double mean = session::mean_of(end_of(all, true), all.cycle_s);
  CHECK(o.pd + (o.rp + o.rd) * mean == Approx(v->aortic_pressure_Pa).epsilon(1e-9));
  CHECK((o.rp + o.rd) * o.c == Approx(1.5).epsilon(1e-9));
  const double rho = hemo::Fluid{}.density_g_per_mm3, radius = hemo::outlet_sizes(*v->network).front().radius_mm;
  CHECK(o.rp == Approx(rho * hemo::VesselWall{}.wave_speed_mm_s(radius, rho) / (M_PI * radius * radius)).epsilon(1e-9));
  CHECK(session::kind_of(end_of(all, false), all.steady) == session::EndKind::windkessel);
}

TEST_CASE("a coronary bed keeps the outlet's resistance, splits it 0.32, 0.52, 0.16, is squeezed to 120 mmHg on the left and a quarter on the right, and beats with the inlet") {
  for (const auto& [key, side] : {std::pair{"lad", session::CoronarySide::left}, {"rca", session::CoronarySide::right}}) {
    const auto v = artery(key);
    CHECK(session::side_of(*v) == side);
    auto all = session::conditions_of(*v);
    auto& outlet = end_of(all, false);
    session::give_coronary(all, outlet, *v, side);
    REQUIRE(outlet.outflow.coronary);
    CHECK(session::kind_of(outlet, all.steady) == session::EndKind::coronary);
    CHECK(outlet.outflow.rp == Approx(0.32 * 8));
    CHECK(outlet.outflow.coronary->ra_micro == Approx(0.52 * 8));
    CHECK(outlet.outflow.rp + outlet.outflow.rd == Approx(8));
    double most = 0;
    for (const auto& [t, p] : outlet.outflow.coronary->pim) most = std::max(most, p);
    CHECK(core::units::mmhg_from_pa(most) == Approx(side == session::CoronarySide::left ? 120 : 30).epsilon(0.01));
    CHECK(session::side_of_bed(*outlet.outflow.coronary) == side);
    REQUIRE(session::give_waveform(all, end_of(all, true), session::pulse_of_mean(1500, 1.0)));   // a slower beat
    CHECK(outlet.outflow.coronary->cycle_s == 1.0);
    CHECK(outlet.outflow.coronary->pim.back().first < 1.0);
    const auto laid = session::with_conditions(*v, all);
    REQUIRE(laid);
    CHECK(hemo::check_conditions((*laid)->baseline));
  }
}

TEST_CASE("the constant inflow of a coronary is refused, that of another artery is not") {
  CHECK_FALSE(session::check_inflow_is_free(*artery("lad")));
  CHECK(session::check_inflow_is_free(*artery("carotid")));
}

TEST_CASE("the case keeps every condition: coronary bed, profile, blood, wall, model of the beat, beats, step and tolerance come back equal and survive the next edit") {
  const auto v = artery("lad");
  auto all = session::conditions_of(*v);
  session::give_coronary(all, end_of(all, false), *v, session::CoronarySide::left);
  end_of(all, true).inflow.profile = hemo::InletProfile::womersley;
  session::give_blood(all, true);
  all.network_model = hemo::NetworkModel::one_d;
  all.vessel_wall.young_Pa = 4e5, all.vessel_wall.thickness_mm = 0.4;
  all.cycles = 5, all.dt_s = 0.001, all.steady_tolerance = 1e-4;
  session::ModelChoices choices;
  choices.flow["lad"] = all;
  const auto back = session::decode_choices(nlohmann::json::from_cbor(nlohmann::json::to_cbor(session::encode_choices(choices)))).flow.at("lad");
  const auto laid = session::with_conditions(*v, back);
  REQUIRE(laid);
  const hemo::FlowProblem& p = (*laid)->baseline;
  REQUIRE(p.outlets.size() == 1);
  REQUIRE(p.outlets[0].coronary);
  CHECK(p.outlets[0].coronary->pim == end_of(all, false).outflow.coronary->pim);
  CHECK(p.outlets[0].coronary->cim == end_of(all, false).outflow.coronary->cim);
  CHECK(p.inlets[0].profile == hemo::InletProfile::womersley);
  CHECK(p.fluid == all.fluid);
  CHECK(p.network_model == hemo::NetworkModel::one_d);
  CHECK(p.vessel_wall == all.vessel_wall);
  CHECK(p.cycles == 5);
  CHECK(p.dt_s == 0.001);
  CHECK(p.steady_tolerance == 1e-4);
  // The next edit begins from the vessel as it is.
  auto next = session::conditions_of(**laid);
  session::give_blood(next, false);
  const auto again = session::with_conditions(**laid, next);
  REQUIRE(again);
  CHECK((*again)->baseline.outlets[0].coronary != nullptr);
  CHECK((*again)->baseline.network_model == hemo::NetworkModel::one_d);
  CHECK_FALSE((*again)->baseline.fluid.carreau_yasuda);
  // A case saved before these were kept opens with the defaults.
  auto old = session::encode_choices(choices);
  for (const char* key : {"cycles", "dt_s", "steady_tolerance", "density_g_per_mm3", "viscosity_Pa_s", "carreau_yasuda", "network_model", "vessel_wall"}) old["flow"]["lad"].erase(key);
  const auto opened = session::decode_choices(old).flow.at("lad");
  CHECK(opened.fluid == hemo::Fluid{});
  CHECK(opened.cycles == hemo::FlowProblem{}.cycles);
  CHECK(opened.network_model == hemo::NetworkModel::automatic);
}
