// SPDX-License-Identifier: GPL-3.0-or-later
// Twin of a case with ventricles and atria: build_twin() on the case's mesh of the ventricles, the atria meshed from the labels, joined by the AV node.
// What the case was built as is kept in its choices (organ, AV conduction, atrial wall), so that a model made anew from the labels is the same organ.
// Fails: as build_twin() and make_atria(); bad_input without a mesh of the ventricles or labels of both atria. The case is then unchanged.
#pragma once
#include <string>

#include "app/session/atria.hpp"
#include "app/session/pipeline.hpp"

namespace ot::session {

// av: normal | first_degree | complete.
core::Result<void> build_whole_heart(CaseData& data, const PipelineParams& params, const AtriaCaseParams& atria, const std::string& av, const core::Progress& progress);

// The organ of the case's choices on its present meshes: build_twin(), build_atrial_twin() or build_whole_heart().
core::Result<void> build_chosen_twin(CaseData& data, const PipelineParams& params, const core::Progress& progress);
}  // namespace ot::session
