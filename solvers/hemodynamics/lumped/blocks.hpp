// SPDX-License-Identifier: GPL-3.0-or-later
// The elements that svZeroDSolver's cases are made of. Equations per element stand in the .cpp files beside their code.
// Source: documentation and public sources of svZeroDSolver, commit c7b0ca0 (equations as facts; own code).
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "solvers/hemodynamics/lumped/system.hpp"

namespace ot::hemo::lumped {

// How the reader hands a key of "..._values" on: the order here is the order of Block::par.
struct Key {
  std::string name;
  enum Kind { number, optional_number, curve, list, ignored } kind = number;
};
struct Kind {
  std::vector<Key> keys;
  std::function<std::unique_ptr<Block>()> make;
};
const std::map<std::string, Kind>& block_kinds();
// The named kinds of each file.
void add_vessels(std::map<std::string, Kind>&);
void add_conditions(std::map<std::string, Kind>&);
void add_hearts(std::map<std::string, Kind>&);

class ChamberBlock : public Block {
 public:
  std::unique_ptr<Activation> activation;
};

// type: half_cosine, piecewise_cosine, two_hill, fourier, wrapping_cosine; null when the type is unknown.
const std::map<std::string, std::vector<std::string>>& activation_kinds();
std::unique_ptr<Activation> make_activation(const std::string& type, const std::map<std::string, double>& values, double period);
// Normal ventricular elastance over the cycle as a Fourier series of 25 terms; phase 0..1, not normalised.
double elastance_series(double phase);
// Atrial activation that wraps around the end of the cycle.
double wrapping_cosine(double time, double period, double tsa, double tpwave);

}  // namespace ot::hemo::lumped
