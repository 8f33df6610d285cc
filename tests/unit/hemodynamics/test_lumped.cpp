// SPDX-License-Identifier: GPL-3.0-or-later
#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/hemodynamics/lumped/lumped.hpp"
#include "solvers/hemodynamics/lumped/sparse_lu.hpp"

using namespace ot;
namespace lumped = hemo::lumped;
using nlohmann::json;

namespace {

json one_vessel(json ends) {
  return {{"simulation_parameters", {{"number_of_cardiac_cycles", 3}, {"number_of_time_pts_per_cardiac_cycle", 51}}},
          {"boundary_conditions", {{{"bc_name", "IN"}, {"bc_type", "FLOW"}, {"bc_values", {{"Q", {4.0, 4.0}}, {"t", {0.0, 1.0}}}}}, {{"bc_name", "OUT"}, {"bc_type", "RCR"}, {"bc_values", {{"Rp", 10.0}, {"C", 0.01}, {"Rd", 90.0}, {"Pd", 5.0}}}}}},
          {"vessels", {{{"vessel_id", 0}, {"vessel_name", "a"}, {"zero_d_element_type", "BloodVessel"}, {"zero_d_element_values", {{"R_poiseuille", 25.0}}}, {"boundary_conditions", std::move(ends)}}}}};
}

std::string message(const json& j) {
  const auto r = lumped::run(j.dump(), {}, core::Progress());
  REQUIRE_FALSE(r.has_value());
  CHECK(r.error().code == core::ErrorCode::bad_input);
  return r.error().message;
}

}  // namespace

TEST_CASE("the fixed-pattern LU solves badly scaled sparse systems as a dense LU does to 1e-9") {
  std::srand(3);
  const int n = 60;
  std::vector<int> rows, cols;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      if (i == (j * 7) % n || std::rand() % 20 == 0) rows.push_back(i), cols.push_back(j);
  lumped::SparseLu lu;
  lu.pattern(n, rows, cols);
  for (int round = 0; round < 5; ++round) {
    std::vector<double> values(rows.size()), x(n, 0.0), b(n, 0.0);
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      values[k] = (std::rand() % 1000 - 500.5) * std::pow(10.0, rows[k] % 9 - cols[k] % 7);
      a(rows[k], cols[k]) = values[k];
    }
    Eigen::VectorXd exact = Eigen::VectorXd::Zero(n);
    for (int k = 0; k < n; ++k) exact[k] = std::pow(10.0, k % 7) * (1 + k % 5);
    const Eigen::VectorXd right = a * exact;
    for (int k = 0; k < n; ++k) x[std::size_t(k)] = right[k];
    REQUIRE(lu.factorise(values));
    lu.solve(x);
    for (int k = 0; k < n; ++k) CHECK(x[std::size_t(k)] == Approx(exact[k]).epsilon(1e-9));
  }
  CHECK_FALSE([] {
    lumped::SparseLu singular;
    singular.pattern(2, {0, 0, 1, 1}, {0, 1, 0, 1});
    return singular.factorise({1, 2, 2, 4});
  }());
}

TEST_CASE("a steady vessel with a Windkessel has the pressure (R + Rp + Rd) Q + Pd to 1e-9") {
  const auto r = lumped::run(one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}}).dump(), {}, core::Progress());
  REQUIRE(r.has_value());
  REQUIRE(r->vessels.size() == 1);
  CHECK(r->y.back()[std::size_t(r->vessels[0].pressure_in)] == Approx(125 * 4.0 + 5).epsilon(1e-9));
  CHECK(r->t.size() == 51);
}

TEST_CASE("cases that are not closed or not readable are refused with the name of the culprit") {
  CHECK_THAT(message(one_vessel({{"inlet", "IN"}})), Catch::Contains("\"OUT\"") || Catch::Contains("\"a\""));
  CHECK_THAT(message(one_vessel({{"inlet", "IN"}, {"outlet", "NOWHERE"}})), Catch::Contains("NOWHERE"));
  json unknown = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
  unknown["vessels"][0]["zero_d_element_values"]["Z"] = 3;
  CHECK_THAT(message(unknown), Catch::Contains("\"Z\""));
  for (const char* key : {"R_poiseuille", "C", "L"}) {   // a negative one makes energy; -1e-4 of C used to end in "not solved"
    json negative = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
    negative["vessels"][0]["zero_d_element_values"][key] = -1e-4;
    CHECK_THAT(message(negative), Catch::Contains(std::string("\"") + key + "\" of \"a\" is -0.0001"));
  }
  json sucking = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
  sucking["boundary_conditions"][1]["bc_values"]["Rd"] = -90.0;
  CHECK_THAT(message(sucking), Catch::Contains("\"Rd\" of \"OUT\" is -90"));
  json few = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
  few["simulation_parameters"]["number_of_time_pts_per_cardiac_cycle"] = 1;
  CHECK_THAT(message(few), Catch::Contains("number_of_time_pts_per_cardiac_cycle"));
  json curve = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
  curve["boundary_conditions"][0]["bc_values"]["t"] = {1.0, 0.0};
  CHECK_THAT(message(curve), Catch::Contains("do not increase"));
  json kind = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
  kind["vessels"][0]["zero_d_element_type"] = "Hose";
  CHECK_THAT(message(kind), Catch::Contains("Hose"));
  const auto broken = lumped::run("{", {}, core::Progress());
  REQUIRE_FALSE(broken.has_value());
}

TEST_CASE("a zero resistance at a given pressure and flow is singular and says so") {
  json j = one_vessel({{"inlet", "IN"}, {"outlet", "OUT"}});
  j["boundary_conditions"][1] = {{"bc_name", "OUT"}, {"bc_type", "FLOW"}, {"bc_values", {{"Q", {4.0, 4.0}}, {"t", {0.0, 1.0}}}}};
  const auto r = lumped::run(j.dump(), {}, core::Progress());
  REQUIRE_FALSE(r.has_value());
  CHECK(r.error().code == core::ErrorCode::computation_failed);
  CHECK_THAT(r.error().message, Catch::Contains("singular"));
}
