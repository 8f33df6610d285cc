// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/solve/bidomain_spec.hpp"

#include <algorithm>
#include <utility>

#include "app/solve/sensors.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::solve {
namespace {

using core::Index;
using core::Vec3;

std::vector<Index> nodes_in(const core::TetMesh& mesh, const nlohmann::json& box, const std::string& what) {
  if (!box.is_array() || box.size() != 2) throw SpecError(what + " is [[x, y, z], [x, y, z]].");
  const Vec3 low = SpecReader::to_vec3(box[0], what), high = SpecReader::to_vec3(box[1], what);
  std::vector<Index> out;
  constexpr double edge = 1e-9;   // mm: faces of a box belong to it
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if ((mesh.nodes[n].array() >= low.array() - edge).all() && (mesh.nodes[n].array() <= high.array() + edge).all()) out.push_back(Index(n));
  if (out.empty()) throw SpecError(what + " holds no node of the mesh. Move or enlarge it.");
  return out;
}

}  // namespace

std::shared_ptr<const ep::Bidomain> read_bidomain(const nlohmann::json& json, const ep::ElectroProblem& problem, const Vec3& ratio, std::vector<double> bath) {
  const core::TetMesh& mesh = *problem.mesh;
  auto out = std::make_shared<ep::Bidomain>();
  out->sigma_i = problem.sigma.cwiseProduct(Vec3::Ones() + ratio.cwiseInverse());
  out->sigma_e = out->sigma_i.cwiseProduct(ratio);
  out->bath = std::move(bath);
  SpecReader spec(json, "\"bidomain\"");
  out->tolerance = spec.number("tolerance", 1e-6, 1e-12, 1e-2);
  if (spec.has("ground_box_mm")) out->ground = nodes_in(mesh, spec.at("ground_box_mm"), "\"ground_box_mm\"");
  if (spec.has("electrodes")) {
    const auto mass = fem::lumped_mass(mesh, fem::node_tets(mesh), fem::tet_geometry(mesh));
    for (const auto& one : spec.at("electrodes")) {
      SpecReader e(one, "\"electrodes\" of the bidomain");
      ep::ExtracellularSite site;
      site.name = "electrode " + std::to_string(out->sites.size() + 1);
      site.current_uA = e.number("current_uA", {}, -1e6, 1e6);
      const std::vector<double> starts = e.has("start_ms") ? SpecReader::times(e.at("start_ms"), "an electrode") : std::vector<double>{0};
      site.duration_ms = e.number("duration_ms", 2, 1e-3, 1e4);
      if (e.has("at_mm")) {
        const Place place = place_in_tissue(mesh, e.vec3("at_mm"), "An electrode");
        for (std::size_t k = 0; k < 4; ++k)
          if (place.weight[k] != 0) site.nodes.push_back(place.node[k]), site.weights.push_back(place.weight[k]);
      } else {
        site.nodes = nodes_in(mesh, e.at("box_mm"), "\"box_mm\" of an electrode");
        double all = 0;
        for (Index n : site.nodes) all += mass[std::size_t(n)];
        for (Index n : site.nodes) site.weights.push_back(mass[std::size_t(n)] / all);
      }
      e.finish();
      for (const double t : starts) {
        site.start_ms = t;
        out->sites.push_back(site);
      }
    }
  }
  spec.finish();
  return out;
}

}  // namespace ot::solve
