// SPDX-License-Identifier: GPL-3.0-or-later
// Baseline twin of atria and ventricles together: two heart models in, one out, joined by the AV node (electrophysiology/chambers.hpp).
// Model: the AV node lies where the rims of tricuspid and mitral valve are nearest to each other on the right atrium's side (general anatomy: the triangle of Koch ends at the central
//        fibrous body, between both rings). First-degree block: the AH interval is 100 ms longer than normal (our choice; PR is then beyond 200 ms). Complete block: nothing passes.
//        An accessory pathway joins its ventricular end with the rim of the atrium on its side (left_... the left atrium, others the right) where that is nearest. The ventricles must have
//        been built with HeartConduction::pathway_from_atria. It conducts towards the ventricle only, also beside a block of the AV node.
// Fails: wrong_usage for an unknown state; bad_input when the atria have no rim of both valves. Threads: pure functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/organs/heart/atria.hpp"
#include "solvers/organs/heart/conduction.hpp"
#include "solvers/twin/twin_model.hpp"

namespace ot::organs {

enum class AvState { normal, first_degree, complete };
core::Result<AvState> av_state(const std::string& name);   // "normal", "first_degree", "complete"
double av_delay_ms(AvState state);   // from the atrial wall at the node to the first ventricular muscle

// Node of the right atrium's wall on the rim of its valve that is nearest to the rim of the left one; -1 when one has no rim.
core::Index av_node(const core::TetMesh& atria, const std::vector<core::Index>& valve_rims);

// Node of the atria where the pathway ends whose ventricular end lies at `at`.
core::Index pathway_end(const core::TetMesh& atria, const std::vector<core::Index>& valve_rims, const std::string& accessory, const core::Vec3& at);

core::Result<std::shared_ptr<const twin::HeartModel>> join_heart(const twin::HeartModel& ventricles, const twin::HeartModel& atria, const std::vector<core::Index>& atrial_valve_rims,
                                                                 AvState av, const HeartConduction& conduction);
std::vector<std::string> assumptions(AvState av);

}  // namespace ot::organs
