// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/whole_heart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"

namespace ot::organs {
namespace {

using core::Index;

constexpr double first_degree_ms = 100;   // more AH
constexpr double longest_pr_ms = 200;     // normal: room for it before the beat of the ventricles

template <class T>
std::vector<T> behind(std::vector<T> first, const std::vector<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// [nodes] 1 on the wall of the left atrium, on that of the right one.
std::pair<std::vector<char>, std::vector<char>> sides(const core::TetMesh& mesh) {
  std::vector<char> on_left(mesh.nodes.size(), 0), on_right(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto name = mesh.region_names.find(mesh.region[t]);
    const bool right = name != mesh.region_names.end() && name->second == "right_atrial_wall";
    for (Index n : mesh.tets[t]) (right ? on_right : on_left)[std::size_t(n)] = 1;
  }
  return {std::move(on_left), std::move(on_right)};
}

}  // namespace

core::Result<AvState> av_state(const std::string& name) {
  if (name == "normal") return AvState::normal;
  if (name == "first_degree") return AvState::first_degree;
  if (name == "complete") return AvState::complete;
  return core::wrong_usage(fmt::format("There is no AV conduction \"{}\". Choose one of: normal, first_degree, complete.", name));
}

double av_delay_ms(AvState state) { return ep::normal_ah_ms + ep::normal_hv_ms + (state == AvState::first_degree ? first_degree_ms : 0.0); }

Index av_node(const core::TetMesh& mesh, const std::vector<Index>& rims) {
  const auto [on_left, on_right] = sides(mesh);
  Index best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (Index r : rims) {
    if (!on_right[std::size_t(r)]) continue;
    for (Index l : rims) {
      if (!on_left[std::size_t(l)]) continue;
      const double d = (mesh.nodes[std::size_t(r)] - mesh.nodes[std::size_t(l)]).squaredNorm();
      if (d < least || (d == least && r < best)) least = d, best = r;
    }
  }
  return best;
}

Index pathway_end(const core::TetMesh& mesh, const std::vector<Index>& rims, const std::string& accessory, const core::Vec3& at) {
  const auto [on_left, on_right] = sides(mesh);
  const auto& side = accessory.rfind("left_", 0) == 0 ? on_left : on_right;
  Index best = -1;
  for (Index r : rims)
    if (side[std::size_t(r)] && (best < 0 || (mesh.nodes[std::size_t(r)] - at).squaredNorm() < (mesh.nodes[std::size_t(best)] - at).squaredNorm())) best = r;
  return best;
}

core::Result<std::shared_ptr<const twin::HeartModel>> join_heart(const twin::HeartModel& v, const twin::HeartModel& a, const std::vector<Index>& rims, AvState state, const HeartConduction& conduction) {
  OT_EXPECT(v.baseline.mesh && a.baseline.mesh);
  if (!ep::holds_ventricles(*v.baseline.mesh)) return core::bad_input("The mesh of the ventricles has no named walls (atria cannot be told from it). Mesh the heart from labels again.");
  ep::AvConduction av;
  av.open = state != AvState::complete;
  av.atrial_node = av_node(*a.baseline.mesh, rims);
  av.delay_ms = av_delay_ms(state);
  if (av.atrial_node < 0) return core::bad_input("The atria have no rim at one of their valves (the AV node lies between both). Labels of both ventricles' blood are needed beside the atria.");
  if (conduction.accessory != "none") {
    const auto bypass = std::find_if(v.baseline.sites.begin(), v.baseline.sites.end(), [&](const ep::ActivationSite& s) { return s.name.rfind(ep::bypassed_prefix + std::string("accessory pathway"), 0) == 0; });
    OT_EXPECT(bypass != v.baseline.sites.end() && !bypass->nodes.empty());
    core::Vec3 at = core::Vec3::Zero();
    for (Index n : bypass->nodes) at += v.baseline.mesh->nodes[std::size_t(n)] / double(bypass->nodes.size());
    av.pathway_node = pathway_end(*a.baseline.mesh, rims, conduction.accessory, at);
    OT_EXPECT(av.pathway_node >= 0);   // both atria have a rim: av_node() found them
  }
  auto out = std::make_shared<twin::HeartModel>(v);
  out->baseline = ep::join_chambers(v.baseline, a.baseline, av);
  out->baseline.end_ms += longest_pr_ms + std::max(0.0, av.delay_ms - ep::normal_ah_ms - ep::normal_hv_ms);
  out->transmural = behind(v.transmural, a.transmural);
  out->apicobasal = behind(v.apicobasal, a.apicobasal);
  out->aha_segment = behind(v.aha_segment, a.aha_segment);
  return std::shared_ptr<const twin::HeartModel>(std::move(out));
}

std::vector<std::string> assumptions(AvState state) {
  std::vector<std::string> out{"Atria and ventricles are insulated from each other but for the AV node; it conducts one way and is a delay."};
  if (state == AvState::complete) out.push_back("Conduction block: complete AV block. The AV node conducts nothing to the ventricles; an escape rhythm is not simulated.");
  else
    out.push_back(fmt::format("AV conduction takes {:.0f} ms from the atrial wall at the node to the first ventricular muscle (AH 83 and HV 39.5 ms, means of 20 normal subjects, Alboni 1985{}).",
                              av_delay_ms(state), state == AvState::first_degree ? "; first-degree block: 100 ms more" : ""));
  out.push_back("The P wave is computed without the blood of the ventricles in the torso.");
  return out;
}

}  // namespace ot::organs
