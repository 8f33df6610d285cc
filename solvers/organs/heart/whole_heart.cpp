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

}  // namespace

core::Result<AvState> av_state(const std::string& name) {
  if (name == "normal") return AvState::normal;
  if (name == "first_degree") return AvState::first_degree;
  if (name == "complete") return AvState::complete;
  return core::wrong_usage(fmt::format("There is no AV conduction \"{}\". Choose one of: normal, first_degree, complete.", name));
}

double av_delay_ms(AvState state, const HeartConduction& conduction) {
  const double lead = conduction.accessory == "none" ? 0.0 : ep::AccessoryPathway{}.lead_ms;
  return ep::normal_ah_ms + ep::normal_hv_ms - lead + (state == AvState::first_degree ? first_degree_ms : 0.0);
}

Index av_node(const core::TetMesh& mesh, const std::vector<Index>& rims) {
  std::vector<char> on_left(mesh.nodes.size(), 0), on_right(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto name = mesh.region_names.find(mesh.region[t]);
    const bool right = name != mesh.region_names.end() && name->second == "right_atrial_wall";
    for (Index n : mesh.tets[t]) (right ? on_right : on_left)[std::size_t(n)] = 1;
  }
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

core::Result<std::shared_ptr<const twin::HeartModel>> join_heart(const twin::HeartModel& v, const twin::HeartModel& a, const std::vector<Index>& rims, AvState state, const HeartConduction& conduction) {
  OT_EXPECT(v.baseline.mesh && a.baseline.mesh);
  if (conduction.accessory != "none" && state != AvState::normal)
    return core::wrong_usage("An accessory pathway goes round the AV node (a block there beside it is not built). Choose normal AV conduction or no pathway.");
  if (!ep::holds_ventricles(*v.baseline.mesh)) return core::bad_input("The mesh of the ventricles has no named walls (atria cannot be told from it). Mesh the heart from labels again.");
  ep::AvConduction av;
  av.open = state != AvState::complete;
  av.atrial_node = av_node(*a.baseline.mesh, rims);
  av.delay_ms = av_delay_ms(state, conduction);
  if (av.atrial_node < 0) return core::bad_input("The atria have no rim at one of their valves (the AV node lies between both). Labels of both ventricles' blood are needed beside the atria.");
  auto out = std::make_shared<twin::HeartModel>(v);
  out->baseline = ep::join_chambers(v.baseline, a.baseline, av);
  out->baseline.end_ms += longest_pr_ms + std::max(0.0, av.delay_ms - ep::normal_ah_ms - ep::normal_hv_ms);
  out->transmural = behind(v.transmural, a.transmural);
  out->apicobasal = behind(v.apicobasal, a.apicobasal);
  out->aha_segment = behind(v.aha_segment, a.aha_segment);
  return std::shared_ptr<const twin::HeartModel>(std::move(out));
}

std::vector<std::string> assumptions(AvState state, const HeartConduction& conduction) {
  std::vector<std::string> out{"Atria and ventricles are insulated from each other but for the AV node; it conducts one way and is a delay."};
  if (state == AvState::complete) out.push_back("Conduction block: complete AV block. Nothing is conducted to the ventricles; an escape rhythm is not simulated.");
  else
    out.push_back(fmt::format("AV conduction takes {:.0f} ms from the atrial wall at the node to the first ventricular muscle (AH 83 and HV 39.5 ms, means of 20 normal subjects, Alboni 1985{}{}).",
                              av_delay_ms(state, conduction), state == AvState::first_degree ? "; first-degree block: 100 ms more" : "", conduction.accessory == "none" ? "" : "; earlier by the lead of the accessory pathway"));
  out.push_back("The P wave is computed without the blood of the ventricles in the torso.");
  return out;
}

}  // namespace ot::organs
