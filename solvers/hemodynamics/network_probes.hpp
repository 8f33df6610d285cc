// SPDX-License-Identifier: GPL-3.0-or-later
// Probes of the FAST solver: static pressure at the centreline beside a place, and the mean speed of its section (flow over area, along the vessel).
// A place further from the centreline than 1.5 radii is taken there all the same, with a note. Internal to the network.
#pragma once
#include <functional>

#include "solvers/hemodynamics/network_pieces.hpp"

namespace ot::hemo {

class NetworkProbes {
 public:
  using PressureOf = std::function<double(std::size_t piece, std::size_t point)>;   // Pa
  using FlowOf = std::function<double(std::size_t piece, std::size_t point)>;       // mm3/s
  NetworkProbes(const FlowProblem& problem, const Pieces& pieces, std::vector<std::string>& notes);
  void average(double weight, const PressureOf& pressure, const FlowOf& flow);
  void begin(std::vector<core::Series>& series);                                    // five curves per probe: velocity and pressure, named as those of the FULL solver, and the flow of the section
  void record(double t_s, const PressureOf& pressure, const FlowOf& flow, std::vector<core::Series>& series) const;
  const std::vector<FlowProbe>& means() const { return means_; }

 private:
  struct Spot {
    std::size_t piece = 0, point = 0;   // between this point and the next
    double share = 0;                   // of the next
    double area_mm2 = 1;
    core::Vec3 along{0, 0, 1};
  };
  FlowProbe at(const Spot& spot, const PressureOf& pressure, const FlowOf& flow) const;
  std::vector<Spot> spots_;
  std::vector<FlowProbe> means_;
  std::size_t first_ = 0;               // of its curves in the series
};

}  // namespace ot::hemo
