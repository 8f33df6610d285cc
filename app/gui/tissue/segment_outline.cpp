// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tissue/segment_outline.hpp"

#include <algorithm>
#include <array>

namespace ot::gui {

std::vector<core::Vec3> segment_outline(const core::TetMesh& mesh, const std::vector<std::uint8_t>& node_segment, int segment) {
  // Edges that exactly one face of the segment has.
  std::vector<std::array<core::Index, 2>> edges;
  for (const auto& face : mesh.boundary) {
    int inside = 0;
    for (const core::Index n : face.nodes) inside += std::size_t(n) < node_segment.size() && node_segment[std::size_t(n)] == segment;
    if (inside < 2) continue;
    for (int e = 0; e < 3; ++e) {
      core::Index a = face.nodes[std::size_t(e)], b = face.nodes[std::size_t((e + 1) % 3)];
      if (a > b) std::swap(a, b);
      edges.push_back({a, b});
    }
  }
  std::sort(edges.begin(), edges.end());
  std::vector<core::Vec3> out;
  for (std::size_t i = 0; i < edges.size();) {
    std::size_t j = i;
    while (j < edges.size() && edges[j] == edges[i]) ++j;
    if (j - i == 1) {
      out.push_back(mesh.nodes[std::size_t(edges[i][0])]);
      out.push_back(mesh.nodes[std::size_t(edges[i][1])]);
    }
    i = j;
  }
  return out;
}

}  // namespace ot::gui
