// SPDX-License-Identifier: GPL-3.0-or-later
// What the vector kernels approximate: exponential and logarithm, and the rates of ten Tusscher-Panfilov 2006 in float.
#include <catch2/catch.hpp>
#include <cmath>

#include "solvers/electrophysiology/diffusion_kernel.hpp"
#include "solvers/electrophysiology/reaction/aligned.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/ten_tusscher_2006/rows.hpp"
#include "solvers/electrophysiology/reaction/vector_math.hpp"

using namespace ot;
using namespace ot::ep;

TEST_CASE("The kernels' exp is within 2e-14 of the C library for |x| up to 100, in float within 3e-6 up to 60, their log within 1e-13") {
  double exp_error = 0, float_error = 0, log_error = 0;
  for (int k = 0; k <= 200000; ++k) {
    const double x = -100 + 0.001 * k;
    exp_error = std::max(exp_error, std::abs(vector_exp(x) / std::exp(x) - 1));
    const float f = float(0.6 * x);
    float_error = std::max(float_error, std::abs(double(vector_exp(f)) / std::exp(double(f)) - 1));
    const double y = std::exp(0.276 * x);   // 1e-12 .. 1e12
    log_error = std::max(log_error, std::abs(vector_log(y) - std::log(y)));
  }
  CHECK(exp_error < 2e-14);   // without fused products the reduction alone rounds by 100 * 2^-53
  CHECK(float_error < 3e-6);
  CHECK(log_error < 1e-13);
  CHECK(vector_exp(0.0) == 1.0);
  CHECK(vector_log(1.0) == 0.0);
  CHECK(vector_log(-1.0) < -1e200);   // no sentinel overlooks it
}

namespace {
struct Rate {
  double inf, tau;
};
// Table 2 and the appendix of ten Tusscher, Noble, Noble, Panfilov 2004 and of ten Tusscher, Panfilov 2006, as printed, in the order of the rows from m on.
std::vector<Rate> published(double V, bool endo) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(x)); };
  std::vector<Rate> r;
  const double am = sigmoid((-60 - V) / 5), bm = 0.1 * sigmoid((V + 35) / 5) + 0.1 * sigmoid((V - 50) / 200);
  r.push_back({std::pow(sigmoid((-56.86 - V) / 9.03), 2), am * bm});
  const bool low = V < -40;
  const double ah = low ? 0.057 * std::exp(-(V + 80) / 6.8) : 0.0,
               bh = low ? 2.7 * std::exp(0.079 * V) + 3.1e5 * std::exp(0.3485 * V) : 0.77 / (0.13 * (1 + std::exp(-(V + 10.66) / 11.1)));
  const double hinf = std::pow(sigmoid((V + 71.55) / 7.43), 2);
  r.push_back({hinf, 1 / (ah + bh)});
  const double aj = low ? (-2.5428e4 * std::exp(0.2444 * V) - 6.948e-6 * std::exp(-0.04391 * V)) * (V + 37.78) / (1 + std::exp(0.311 * (V + 79.23))) : 0.0,
               bj = low ? 0.02424 * std::exp(-0.01052 * V) / (1 + std::exp(-0.1378 * (V + 40.14))) : 0.6 * std::exp(0.057 * V) / (1 + std::exp(-0.1 * (V + 32)));
  r.push_back({hinf, 1 / (aj + bj)});
  r.push_back({sigmoid((-26 - V) / 7), 450 * sigmoid((-45 - V) / 10) * 6 * sigmoid((V + 30) / 11.5)});
  r.push_back({sigmoid((V + 88) / 24), 3 * sigmoid((-60 - V) / 20) * 1.12 * sigmoid((V - 60) / 20)});
  r.push_back({sigmoid((-5 - V) / 14), 1400 / std::sqrt(1 + std::exp((5 - V) / 6)) * sigmoid((V - 35) / 15) + 80});
  r.push_back({sigmoid((20 - V) / 6), 9.5 * std::exp(-(V + 40) * (V + 40) / 1800) + 0.8});
  if (endo) r.push_back({sigmoid((V + 28) / 5), 1000 * std::exp(-(V + 67) * (V + 67) / 1000) + 8});
  else r.push_back({sigmoid((V + 20) / 5), 85 * std::exp(-(V + 45) * (V + 45) / 320) + 5 * sigmoid((V - 20) / 5) + 3});
  r.push_back({sigmoid((-8 - V) / 7.5), (1.4 * sigmoid((-35 - V) / 13) + 0.25) * 1.4 * sigmoid((V + 5) / 5) + sigmoid((50 - V) / 20)});
  r.push_back({sigmoid((V + 20) / 7), 1102.5 * std::exp(-(V + 27) * (V + 27) / 225) + 200 * sigmoid((13 - V) / 10) + 180 * sigmoid((V + 30) / 10) + 20});
  r.push_back({0.67 * sigmoid((V + 35) / 7) + 0.33, 562 * std::exp(-(V + 27) * (V + 27) / 240) + 31 * sigmoid((25 - V) / 10) + 80 * sigmoid((V + 30) / 10)});
  return r;
}
}  // namespace

TEST_CASE("One step of every gate of ten Tusscher-Panfilov 2006 is within 1e-6 of the published rates from -125 to 80 mV in every instruction set") {
  const IonicFamily& family = *find_ionic_family("ten_tusscher_panfilov_2006");
  const std::size_t bn = block_nodes;
  for (const std::string& set : usable_instruction_sets()) {
    const KernelStep step = family.kernel(set);
    if (!step) continue;
    for (const CellType type : {CellType::epi, CellType::endo})
      for (const double dt : {0.01, 0.05})
        for (double low = -125; low < 80; low += 16) {
          const auto column = family.parameters(type, {}), initial = family.initial(type);
          AlignedVector state(std::size_t(family.states) * bn), param(std::size_t(family.params) * bn), v(bn), i(bn), e(bn);
          for (std::size_t l = 0; l < bn; ++l) {
            v[l] = std::min(80.0, low + 0.25 * double(l));
            for (std::size_t p = 0; p < column.size(); ++p) param[p * bn + l] = column[p];
            for (std::size_t s = 0; s + 1 < initial.size(); ++s) state[s * bn + l] = initial[s + 1];
            for (std::size_t s = tt06::row_m; s <= tt06::row_f2; ++s) state[s * bn + l] = 0.05 + 0.9 * double((l * 7 + s * 13) % 64) / 64;
          }
          const AlignedVector before = state;
          // 24 lanes: a full vector of floats and half a one.
          for (const int lanes : {24, int(bn)}) {
            state = before;
            step({lanes, dt, 0.0, state.data(), param.data(), v.data(), v.data(), i.data(), e.data()});
            double worst = 0;
            for (std::size_t l = 0; l < std::size_t(lanes); ++l) {
              const auto rates = published(v[l], type == CellType::endo);
              for (std::size_t g = 0; g < rates.size(); ++g) {
                const std::size_t at = (tt06::row_m + g) * bn + l;
                const double gone = g < 2 ? 1 - std::exp(-dt / rates[g].tau) : 2 * dt / (2 * rates[g].tau + dt);
                worst = std::max(worst, std::abs(state[at] - before[at] - (rates[g].inf - before[at]) * gone));
              }
            }
            INFO(set << " dt " << dt << " from " << low << " mV");
            CHECK(worst < 1e-6);
          }
        }
  }
}

TEST_CASE("The sliced product of the best instruction set equals the sum over the rows to 1e-15 and is exactly 0 on a constant") {
  // A ring: three couplings in every third row, two else.
  std::vector<std::ptrdiff_t> begin{0};
  std::vector<float> k;
  std::vector<std::int32_t> col;
  const auto coupling = [](std::ptrdiff_t i, int c) { return c == 2 && i % 3 != 0 ? 0.0f : -0.1f * float(i % 7 + c + 1); };
  const auto column = [](std::ptrdiff_t i, int c) { return std::int32_t((i + (c == 0 ? 1 : c == 1 ? 63 : 29)) % 64); };
  for (std::ptrdiff_t g = 0; g < 8; ++g) {
    for (int c = 0; c < 3; ++c)
      for (std::ptrdiff_t i = 8 * g; i < 8 * g + 8; ++i) {
        k.push_back(coupling(i, c));
        col.push_back(coupling(i, c) == 0.0f ? std::int32_t(i) : column(i, c));
      }
    begin.push_back(begin.back() + 3);
  }
  AlignedVector x(64), y(64), one(64, -85.23);
  for (std::size_t i = 0; i < 64; ++i) x[i] = std::sin(double(i));
  const SlicedRows rows{begin.data(), k.data(), col.data()};
  diffusion_kernels().product(rows, 0, x.data(), y.data());
  for (std::ptrdiff_t i = 0; i < 64; ++i) {
    double sum = 0;
    for (int c = 0; c < 3; ++c) sum += double(coupling(i, c)) * (x[std::size_t(column(i, c))] - x[std::size_t(i)]);
    CHECK(y[std::size_t(i)] == Approx(sum).margin(1e-15));
  }
  diffusion_kernels().product(rows, 0, one.data(), y.data());
  for (double z : y) CHECK(z == 0.0);
}
