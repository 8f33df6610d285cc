// SPDX-License-Identifier: GPL-3.0-or-later
// "domain" of a flow spec: idealised shapes, a surface or a tetrahedral mesh with named patches.
#pragma once
#include <memory>

#include "app/solve/solve.hpp"
#include "solvers/core/mesh.hpp"
#include "solvers/core/vessel_network.hpp"

namespace ot::solve {

struct FlowDomain {
  std::shared_ptr<const core::TetMesh> mesh;
  std::shared_ptr<const core::VesselNetwork> network;   // empty where no centreline exists
  std::shared_ptr<const core::SurfaceMesh> lumen;       // closed, with its caps; empty for the channel and for layered meshes
  double edge_mm = 0;                                   // asked for; 0: none was
  int cylinder_patch = 0;                               // of the channel with a cylinder, 0 = another domain
  double cylinder_mm = 0, depth_mm = 0, height_mm = 0;  // its diameter, the channel's depth and height
  std::vector<core::Vec3> cylinder_probes;              // front and back
  std::vector<std::string> notes;
};
// The caps that the spec's conditions name, by the numbers of the file. The first inlet is where the centreline begins.
// A number that is no cap of the domain is refused with those there are.
struct NamedCaps {
  std::vector<int> inlets, outlets;
};
// meshed: whether a mesh of the lumen as given is wanted (FULL without devices; devices have theirs made of the treated lumen).
FlowDomain read_flow_domain(const nlohmann::json& json, const SolveOptions& options, bool full, bool meshed, const NamedCaps& caps, const core::Progress& progress);

}  // namespace ot::solve
