// SPDX-License-Identifier: GPL-3.0-or-later
// Field: values on a mesh, tied to it by the mesh's hash, so that it cannot be shown on another mesh.
#pragma once
#include <memory>
#include <string>
#include <vector>

namespace ot::core {

struct Field {
  enum class On { node, cell, surface_node };
  std::string name;       // "activation_time"
  std::string unit;       // "ms"
  On on = On::node;
  int components = 1;     // 1 or 3, interleaved
  std::vector<float> values;   // [count * components]; NaN = no value here (never activated)
  std::string mesh_sha256;
};

// A named number with unit: what tables, comparisons and JSON show.
struct Quantity {
  std::string key;      // "total_activation_ms": unit in the key, part of the JSON contract
  std::string label;    // "Total activation"
  std::string unit;     // "ms"
  double value = 0;     // NaN = does not apply
  std::string note;     // assumption, e.g. "RV wall assumed 3 mm"
};

// One time series: ECG lead, pressure at a probe.
struct Series {
  std::string name, unit, time_unit;
  std::vector<double> t, values;
};

}  // namespace ot::core
