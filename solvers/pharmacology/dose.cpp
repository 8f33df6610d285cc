// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/pharmacology/dose.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "solvers/core/contracts.hpp"

namespace ot::pharma {
namespace {

// sum over n = 0 .. doses-1 of exp(-k (t + n tau)); doses = 0: the limit of infinitely many.
double superposed(double k, double t, double tau, int doses) {
  const double first = std::exp(-k * t);
  if (doses == 1) return first;
  const double all = -std::expm1(-k * tau);
  return doses == 0 ? first / all : first * -std::expm1(-k * tau * doses) / all;
}

}  // namespace

std::string missing_kinetics(const Drug& drug) {
  const Kinetics& k = drug.kinetics;
  std::vector<const char*> missing;
  const auto need = [&](bool known, const char* what) {
    if (!known) missing.push_back(what);
  };
  need(k.molar_mass_g_per_mol.has_value(), "molar mass");
  need(k.bioavailability.has_value(), "oral bioavailability");
  need(k.tmax_h.has_value(), "time of the peak");
  need(k.half_life_h.has_value(), "half-life");
  need(k.volume_L_per_kg.has_value(), "volume of distribution");
  need(k.protein_bound_fraction.has_value(), "protein binding");
  return fmt::format("{}", fmt::join(missing, ", "));
}

bool has_oral_kinetics(const Drug& drug) { return missing_kinetics(drug).empty(); }

double absorption_rate_per_h(double ke, double tmax) {
  OT_EXPECT(ke > 0 && tmax > 0);
  if (tmax * ke >= 1.0) return std::numeric_limits<double>::quiet_NaN();
  // g(ka) = ln(ka/ke) / (ka - ke) falls monotonically from 1/ke (ka = ke) to 0: bisection on ln ka.
  double low = std::log(ke), high = std::log(ke) + 1.0;
  const auto peak = [&](double log_ka) {
    const double x = log_ka - std::log(ke);
    return x / (ke * std::expm1(x));
  };
  while (peak(high) > tmax) high += 1.0;
  for (int i = 0; i < 200 && high - low > 1e-15 * std::abs(high) + 1e-15; ++i) {
    const double middle = 0.5 * (low + high);
    (peak(middle) > tmax ? low : high) = middle;
  }
  return std::exp(0.5 * (low + high));
}

core::Result<double> total_concentration_mg_per_L(const Drug& drug, const Dosing& dosing, double t_h) {
  OT_EXPECT(dosing.dose_mg >= 0 && dosing.interval_h > 0 && dosing.doses >= 0 && dosing.weight_kg > 0 && t_h >= 0);
  if (const std::string missing = missing_kinetics(drug); !missing.empty())
    return core::wrong_usage(fmt::format("A dose of {} in mg cannot be turned into a concentration ({} not known for the oral one-compartment model). Give the dose as a multiple of the free maximum concentration.",
                                         drug.name, missing));
  const Kinetics& k = drug.kinetics;
  const double ke = std::numbers::ln2 / k.half_life_h->value;
  const double ka = absorption_rate_per_h(ke, k.tmax_h->value);
  if (!std::isfinite(ka))
    return core::wrong_usage(fmt::format("A dose of {} in mg cannot be turned into a concentration (absorption is slower than elimination). Give the dose as a multiple of the free maximum concentration.", drug.name));
  const double volume_L = k.volume_L_per_kg->value * dosing.weight_kg;
  const double peak = k.bioavailability->value * dosing.dose_mg / volume_L * ka / (ka - ke);
  return peak * (superposed(ke, t_h, dosing.interval_h, dosing.doses) - superposed(ka, t_h, dosing.interval_h, dosing.doses));
}

core::Result<double> free_concentration_nM(const Drug& drug, const Dosing& dosing, double t_h) {
  const auto total = total_concentration_mg_per_L(drug, dosing, t_h);
  if (!total) return pass(total);
  const double nmol_per_mg = 1.0e6 / drug.kinetics.molar_mass_g_per_mol->value;
  return *total * (1.0 - drug.kinetics.protein_bound_fraction->value) * nmol_per_mg;
}

double free_concentration_nM(const Drug& drug, double multiple_of_cmax) {
  OT_EXPECT(multiple_of_cmax >= 0);
  return multiple_of_cmax * drug.free_cmax_nM.value;
}

double remaining_fraction(double c, double ic50, double hill) {
  OT_EXPECT(c >= 0 && ic50 > 0 && hill > 0);
  return c == 0 ? 1.0 : 1.0 / (1.0 + std::pow(c / ic50, hill));
}

ChannelBlock block_at(const Drug& drug, double c) {
  ChannelBlock block;
  for (const HillBlock& b : drug.channels) {
    const double f = remaining_fraction(c, b.ic50_nM, b.hill);
    switch (b.channel) {
      case Channel::Kr: block.kr *= f; break;
      case Channel::CaL: block.cal *= f; break;
      case Channel::Na: block.na *= f; break;
      case Channel::NaL: block.nal *= f; break;
      case Channel::Ks: block.ks *= f; break;
      case Channel::K1: block.k1 *= f; break;
      case Channel::to: block.to *= f; break;
    }
  }
  return block;
}

}  // namespace ot::pharma
