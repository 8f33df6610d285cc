// SPDX-License-Identifier: GPL-3.0-or-later
// "sensors" of tissue and eikonal specs: points whose activation is asked for, and the electrodes of a 12-lead ECG.
// Model: times are linear in the tet. A point up to one mean edge outside the tissue (curved surfaces are faceted) takes the nearest node;
//   one farther away is refused, as a stimulus or a lesion outside is. ECG: unbounded conductor (ecg.hpp), RA LA LL V1..V6, "standard12" puts
//   them where an average adult has them around the centre of the mesh, with the axes of the mesh as left, posterior, superior (LPS).
// Fails: SpecError. Threads: pure functions.
#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "app/solve/box_mesh.hpp"
#include "app/solve/spec_reader.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::solve {

struct Sensors {
  std::vector<Place> places;
  std::vector<Place> potentials;           // membrane potential, and of a bidomain the extracellular one
  std::vector<ep::Electrode> electrodes;   // RA LA LL V1..V6 in this order, or none
};
Sensors read_sensors(SpecReader& spec, const core::TetMesh& mesh, bool ecg_possible);

// The place of a point of the spec in the tissue; SpecError when it lies more than one mean edge outside.
Place place_in_tissue(const core::TetMesh& mesh, const core::Vec3& x, const std::string& what);

// series "ecg_I" ... "ecg_V6" from the unipolar potentials of the electrodes, [electrodes][samples] mV.
nlohmann::json ecg_series(const std::vector<double>& t_ms, const std::vector<std::vector<double>>& electrodes_mV);

template <class Times>
double value_at(const Place& place, const Times& values) {
  double sum = 0;
  for (std::size_t k = 0; k < 4; ++k)
    if (place.weight[k] != 0) sum += place.weight[k] * static_cast<double>(values[static_cast<std::size_t>(place.node[k])]);
  if (std::isfinite(sum)) return sum;   // next to a node without a value: the nearest node's
  const std::size_t most = static_cast<std::size_t>(std::max_element(place.weight.begin(), place.weight.end()) - place.weight.begin());
  return static_cast<double>(values[static_cast<std::size_t>(place.node[most])]);
}

}  // namespace ot::solve
