// SPDX-License-Identifier: GPL-3.0-or-later
// The muscle as a person chooses it: cells, velocities, fibre angles and conductances, from text to the problem that is computed, and what is said about it.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/session/conductivity_choices.hpp"
#include "app/session/model_choices.hpp"
#include "app/session/muscle_choices.hpp"
#include "app/session/pipeline.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/organs/heart/heart.hpp"
#include "solvers/twin/results.hpp"
#include "tests/support/ellipsoid_heart.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;

namespace {

organs::HeartInputs small_heart() {
  organs::HeartInputs in;
  in.mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart(5.0));
  return in;
}

bool says(const std::vector<std::string>& lines, const std::string& part) {
  return std::count_if(lines.begin(), lines.end(), [&](const std::string& l) { return l.find(part) != std::string::npos; }) == 1;
}

}  // namespace

TEST_CASE("another cell model keeps the velocities, changes the conductivities and is said in the assumptions, once") {
  auto data = test::small_case();
  data.twin = [&] {
    auto twin = std::make_shared<twin::TwinModel>(*data.twin);
    organs::restate_muscle(twin->assumptions, twin->heart->baseline);
    return twin;
  }();
  CHECK(says(data.twin->assumptions, "Cells: ten Tusscher-Panfilov 2006 in endocardial, mid-wall and epicardial layers."));
  const core::Vec3 velocity = data.twin->heart->baseline.velocity, sigma = data.twin->heart->baseline.sigma;
  auto choices = session::electro_of(data.twin->heart->baseline);
  choices.ionic_model = "ohara_rudy_2011";
  REQUIRE(session::set_electro(data, choices));
  const auto& p = data.twin->heart->baseline;
  CHECK(p.velocity == velocity);
  CHECK((p.sigma - sigma).norm() > 0.01);
  CHECK(p.sigma[1] / p.sigma[0] == Approx(std::pow(velocity[1] / velocity[0], 2)));
  CHECK(says(data.twin->assumptions, "Cells: O'Hara-Rudy 2011 in endocardial, mid-wall and epicardial layers."));
  CHECK_FALSE(says(data.twin->assumptions, "ten Tusscher"));
  CHECK(says(data.twin->assumptions, "Conduction of the muscle: "));
  CHECK(says(data.twin->assumptions, "a slab"));
  choices.ionic_model = "no_such_cell";
  const auto refused = session::set_electro(data, choices);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no_such_cell") != std::string::npos);
  CHECK(data.twin->heart->baseline.ionic_model == "ohara_rudy_2011");
}

TEST_CASE("a heart is built with the asked velocities and fibre angles and says both") {
  auto in = small_heart();
  in.params.velocity = {0.5, 0.25, 0.125};
  in.params.fibres = ep::bayer_2012();
  const auto heart = organs::build_heart(in, {});
  REQUIRE(heart);
  const auto& p = (*heart)->baseline;
  CHECK(p.velocity == in.params.velocity);
  CHECK(p.sigma[1] / p.sigma[0] == Approx(0.25));
  CHECK(p.sigma[2] / p.sigma[0] == Approx(0.0625));
  const auto usual = organs::build_heart(small_heart(), {});
  REQUIRE(usual);
  CHECK(p.sigma[0] / (*usual)->baseline.sigma[0] == Approx(std::pow(0.5 / 0.6, 2)));   // CV ~ sqrt(sigma)
  std::size_t turned = 0;
  for (std::size_t t = 0; t < p.fibres->f.size(); ++t) turned += std::abs(p.fibres->f[t].dot((*usual)->baseline.fibres->f[t])) < std::cos(M_PI / 180);
  CHECK(double(turned) > 0.5 * double(p.fibres->f.size()));   // by more than a degree
  CHECK(says(organs::assumptions(in), "as published, +40 to -50 degrees through the wall, sheets -65 to +25"));
  CHECK(says(organs::muscle_assumptions(p), "0.5 m/s along the fibres, 0.25 in the sheets, 0.125 across them at rest (chosen by hand)"));
  CHECK(says(organs::assumptions(small_heart()), "(Bayer 2012, +60 to -60 degrees through the wall), they were not measured"));
}

TEST_CASE("absurd velocities and angles are refused with what is usual") {
  for (const char* text : {"6,0.3,0.2", "0.6,0.3,0.001", "0.3,0.6,0.2", "0.6,0.3", "0.6,0.3,fast", "nan,0.3,0.2", ""}) {
    const auto v = session::velocity_from(text);
    INFO(text);
    REQUIRE_FALSE(v);
    CHECK(v.error().message.find('.') != std::string::npos);
  }
  CHECK(**session::velocity_from("0.6,0.3,0.2") == core::Vec3(0.6, 0.3, 0.2));
  CHECK_FALSE(session::velocity_from("default")->has_value());
  for (const char* text : {"120,-60", "60", "60,-60,0", "up,down"}) CHECK_FALSE(session::fibre_angles_from(text));
  CHECK(**session::fibre_angles_from("bayer") == ep::bayer_2012());
  const auto four = session::fibre_angles_from("50,-40,-30,20");
  REQUIRE(four);
  CHECK((*four)->alpha_endo == 50);
  CHECK((*four)->beta_epi == 20);
  CHECK((*four)->depth == ep::DepthLaw::linear);
  for (const char* text : {"g_Kr", "=2", "g_Kr=half", "g_Kr@=2", "g_Kr=0.5,"}) CHECK_FALSE(session::conductances_from(text));
  auto in = small_heart();
  in.params.velocity = {0.6, 0.3, -0.2};
  CHECK_FALSE(organs::build_heart(in, {}));
}

namespace {

// Ellipsoids of 4 mm edges with a scar and its border zone.
auto scarred_heart() {
  auto in = small_heart();
  test::EllipsoidHeart shape;
  shape.edge_mm = 4;
  shape.scar = true;
  in.mesh = std::make_shared<core::TetMesh>(test::ellipsoid_heart(shape));
  const auto built = organs::build_heart(in, {});
  REQUIRE(built);
  return built;
}

}  // namespace

TEST_CASE("conductances are scaled in the whole heart, in a tissue region and in one segment alone, and multiply with each other") {
  const auto built = scarred_heart();
  const auto scales = session::conductances_from("g_Kr=0.5,g_Na@border_zone=0.7,g_Kr@segment_4=0.4");
  REQUIRE(scales);
  twin::HeartModel heart = **built;
  REQUIRE(organs::scale_conductances(heart, *scales));
  const auto& before = (*built)->baseline;
  const auto& p = heart.baseline;
  std::size_t inside = 0;
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    const auto &was = before.regions[before.tissue[t]], &now = p.regions[p.tissue[t]];
    REQUIRE(now.key == was.key);
    REQUIRE(now.conducting == was.conducting);
    REQUIRE(now.sigma_scale == was.sigma_scale);
    if (!now.conducting) continue;
    const bool segment = heart.aha_segment[std::size_t(p.mesh->tets[t][0])] == 4;
    inside += segment;
    REQUIRE(now.channels.g_Kr == Approx(was.channels.g_Kr * 0.5 * (segment ? 0.4 : 1.0)));
    REQUIRE(now.channels.g_Na == Approx(was.channels.g_Na * (was.key == "border_zone" ? 0.7 : 1.0)));
    REQUIRE(now.channels.g_CaL == was.channels.g_CaL);
  }
  CHECK(inside > 20);
  CHECK(inside < p.tissue.size() / 4);
  const std::string line = organs::scale_assumption(*scales);
  for (const char* part : {"g_Kr x 0.5 in the whole heart", "g_Na x 0.7 in border zone", "g_Kr x 0.4 in segment 4"}) CHECK(line.find(part) != std::string::npos);
  for (const char* wrong : {"g_Xy=0.5", "g_Kur=0.5", "g_Kr=-1", "g_Kr=99", "g_Kr@myocardial_fat=0.5", "g_Kr@segment_18=0.5"}) {
    twin::HeartModel other = **built;
    const auto refused = organs::scale_conductances(other, *session::conductances_from(wrong));
    INFO(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find('(') != std::string::npos);
  }
}

TEST_CASE("conductivities are scaled in a region, across the fibres of a segment and everywhere, channels stay, and what is beyond 0.01 to 10 or unreadable is refused") {
  const auto built = scarred_heart();
  const auto scales = session::conductivities_from("all=0.9,border_zone=0.5,segment_4:across=0.3");
  REQUIRE(scales);
  twin::HeartModel heart = **built;
  REQUIRE(organs::scale_conductances(heart, *scales));
  const auto& before = (*built)->baseline;
  const auto& p = heart.baseline;
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    const auto &was = before.regions[before.tissue[t]], &now = p.regions[p.tissue[t]];
    REQUIRE(now.key == was.key);
    REQUIRE(now.channels == was.channels);
    if (!now.conducting) continue;
    const bool segment = heart.aha_segment[std::size_t(p.mesh->tets[t][0])] == 4;
    const double along = 0.9 * (was.key == "border_zone" ? 0.5 : 1.0), across = along * (segment ? 0.3 : 1.0);
    for (int k = 0; k < 3; ++k) REQUIRE(now.sigma_scale[k] == Approx(was.sigma_scale[k] * (k == 0 ? along : across)));
  }
  const std::string line = organs::scale_assumption(*scales);
  for (const char* part : {"conductivity x 0.9 in the whole heart", "conductivity x 0.5 in border zone", "conductivity across the fibres x 0.3 in segment 4"}) CHECK(line.find(part) != std::string::npos);
  for (const char* wrong : {"all=0", "all=11", "myocardial_fat=0.5", "segment_18=0.5"}) {
    twin::HeartModel other = **built;
    INFO(wrong);
    CHECK_FALSE(organs::scale_conductances(other, *session::conductivities_from(wrong)));
  }
  for (const char* text : {"border_zone", "=2", "border_zone=half", "border_zone:along=2", "all=0.5,"}) CHECK_FALSE(session::conductivities_from(text));
}

TEST_CASE("other cells are put into a tissue region, a segment and a layer, are said, and reach the problem that is computed, unknown cells and places are refused") {
  const auto built = scarred_heart();
  const auto chosen = session::cells_from("ohara_rudy_2011_endo,courtemanche_1998@border_zone,tor_ord_dyncl_2020@mid,stewart_2009@segment_4");
  REQUIRE(chosen);
  CHECK(chosen->muscle == "ohara_rudy_2011");
  twin::HeartModel heart = **built;
  REQUIRE(organs::put_cells(heart, chosen->places));
  const auto& before = (*built)->baseline;
  const auto& p = heart.baseline;
  std::size_t border = 0, segment = 0;
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    const auto &was = before.regions[before.tissue[t]], &now = p.regions[p.tissue[t]];
    REQUIRE(now.key == was.key);
    if (!now.conducting) continue;
    const bool four = heart.aha_segment[std::size_t(p.mesh->tets[t][0])] == 4;
    segment += four;
    border += !four && was.key == "border_zone";
    for (const auto type : {ep::CellType::epi, ep::CellType::mid}) {
      const std::string& model = ep::ionic_model_of(p, p.tissue[t], type);
      REQUIRE(model == (four ? "stewart_2009" : was.key == "border_zone" ? "courtemanche_1998" : type == ep::CellType::mid ? "tor_ord_dyncl_2020" : p.ionic_model));
    }
  }
  CHECK(border > 20);
  CHECK(segment > 20);
  CHECK(p.sha256() != before.sha256());
  const std::string line = organs::cells_assumption(chosen->places);
  for (const char* part : {"Courtemanche-Ramirez-Nattel 1998 in border zone", "ToR-ORd", "in the mid-wall layer", "in segment 4"}) CHECK(line.find(part) != std::string::npos);
  for (const char* wrong : {"hodgkin@border_zone", "stewart_2009,ohara_rudy_2011", "stewart_2009@"}) CHECK_FALSE(session::cells_from(wrong));
  for (const char* nowhere : {"stewart_2009@healhty", "stewart_2009@segment_18"}) {
    twin::HeartModel other = **built;
    const auto refused = organs::put_cells(other, session::cells_from(nowhere)->places);
    INFO(nowhere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("border_zone") != std::string::npos);
  }
}

TEST_CASE("a map of factors reaches every conducting tetrahedron within its rounding, keeps tissue, cells and other scales, and is laid on again at every build") {
  auto data = test::small_case();
  const auto before = data.twin->heart->baseline;
  ep::ScaleMap map{"g_Na", "slope.csv", before.mesh->nodes, {}};
  double low = 1e9, high = -1e9;
  for (const auto& x : map.points) low = std::min(low, x.z()), high = std::max(high, x.z());
  for (const auto& x : map.points) map.factor.push_back(float(0.3 + 0.9 * (x.z() - low) / (high - low)));
  auto p = before;
  const auto use = ep::scale_by_map(p, map);
  REQUIRE(use);
  CHECK(use->rounding_percent < 2.5);
  CHECK(use->levels > 5);
  for (std::size_t t = 0; t < p.tissue.size(); ++t) {
    const auto &was = before.regions[before.tissue[t]], &now = p.regions[p.tissue[t]];
    REQUIRE(now.key == was.key);
    REQUIRE(now.conducting == was.conducting);
    double factor = 0;
    for (const auto i : p.mesh->tets[t]) factor += double(map.factor[std::size_t(i)]) / 4;
    if (now.conducting) REQUIRE(now.channels.g_Na / was.channels.g_Na == Approx(factor).epsilon(0.01 * use->rounding_percent + 1e-6));
    REQUIRE(now.channels.g_Kr == was.channels.g_Kr);
  }
  session::MuscleChoices choices;
  choices.maps = {map};
  twin::TwinModel twin = *data.twin;
  REQUIRE(session::lay_muscle(choices, twin));
  CHECK(twin.heart->baseline.sha256() == p.sha256());
  CHECK(says(twin.assumptions, "g_Na is scaled from place to place by the map slope.csv"));
  map.factor.pop_back();
  CHECK_FALSE(ep::scale_by_map(p, map));
}

TEST_CASE("choices of the muscle are kept with the case bit for bit, and older cases have none") {
  session::ModelChoices choices;
  choices.muscle.velocity = core::Vec3(0.55, 0.27, 0.13);
  choices.muscle.fibres = ep::bayer_2012();
  choices.muscle.conductances = {{"g_Kr", 0.5, ""}, {"g_Na", 0.7, "border_zone"}};
  choices.muscle.cells = {{"courtemanche_1998", "border_zone"}, {"tor_ord_dyncl_2020", "mid"}};
  choices.muscle.maps = {{"g_Na", "g_na.vtu", {{1.25, 2, 3}, {4, 5, 6.5}}, {0.5f, 0.1f}}};
  const auto back = session::decode_choices(nlohmann::json::parse(session::encode_choices(choices).dump()));
  CHECK(back.muscle == choices.muscle);
  const auto none = session::decode_choices(session::encode_choices({}));
  CHECK(none.muscle == session::MuscleChoices{});
  CHECK_FALSE(session::encode_choices({}).contains("muscle"));
}

TEST_CASE("FAST and FULL give the R-wave progression alike: the lead of transition and R and S of V1 to V6 of their own ECG") {
  for (const auto mode : {core::Mode::fast, core::Mode::full}) {
    auto data = test::small_case();
    auto twin = std::make_shared<twin::TwinModel>(*data.twin);
    auto heart = std::make_shared<twin::HeartModel>(*twin->heart);
    heart->baseline.frame_every_ms = 1;
    twin->heart = heart;
    data.twin = twin;
    const auto run = session::run_scenario(data, {}, mode, {}, {});
    REQUIRE(run);
    const auto chest = ep::precordial((*run)->electro->ecg, ep::measure((*run)->electro->ecg));
    const auto same = [&](const std::string& key, double expected) {
      const core::Quantity* q = twin::find_quantity((*run)->quantities, key);
      INFO(core::name_of(mode) << " " << key);
      REQUIRE(q);
      CHECK((q->value == expected || (std::isnan(q->value) && std::isnan(expected) && key == "r_transition_lead" && !q->note.empty())));
    };
    same("r_transition_lead", chest.transition);
    for (std::size_t k = 0; k < 6; ++k) {
      same("r_v" + std::to_string(k + 1) + "_mV", chest.r[k]);
      same("s_v" + std::to_string(k + 1) + "_mV", chest.s[k]);
    }
  }
}

TEST_CASE("two activations lie apart by the median and the 95th percentile of the places both reach, and say what one alone reaches") {
  std::vector<float> a(101), b(101);
  for (std::size_t i = 0; i <= 100; ++i) a[i] = float(i), b[i] = float(i) + 0.1f * float(i);   // 0 to 10 ms apart
  auto d = twin::activation_difference(a, b);
  CHECK(d.median_ms == Approx(5).epsilon(1e-5));
  CHECK(d.p95_ms == Approx(9.5).epsilon(1e-5));
  CHECK(d.only_a_percent == 0);
  b[100] = std::nanf("");
  d = twin::activation_difference(a, b);
  CHECK(d.only_a_percent == Approx(100.0 / 101));
  CHECK(d.only_b_percent == 0);
  CHECK(std::isnan(twin::activation_difference(a, {}).median_ms));
}
