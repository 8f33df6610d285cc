// SPDX-License-Identifier: GPL-3.0-or-later
// Atria and ventricles in one twin.
#pragma once
#include "app/verify/catalogue.hpp"
#include "solvers/core/progress.hpp"
#include "solvers/core/result.hpp"

namespace ot::verify {

core::Result<std::vector<Row>> pr_interval(bool quick, const core::Progress& progress);
core::Result<std::vector<Row>> pathway_rows(bool quick, const core::Progress& progress);
core::Result<std::vector<Row>> twin_atrial_fibres(bool quick, const core::Progress& progress);
core::Result<std::vector<Row>> af_induction(bool quick, const core::Progress& progress);
core::Result<std::vector<Row>> extracellular_rows(bool quick, const core::Progress& progress);

}  // namespace ot::verify
