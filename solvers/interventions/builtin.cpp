// SPDX-License-Identifier: GPL-3.0-or-later
// The kinds of intervention this program knows. A new one is a folder and a line here.
#include "solvers/interventions/ablation/ablation.hpp"
#include "solvers/interventions/angioplasty/angioplasty.hpp"
#include "solvers/interventions/bypass/bypass.hpp"
#include "solvers/interventions/drug/drug.hpp"
#include "solvers/interventions/ideal_lumen/ideal_lumen.hpp"
#include "solvers/interventions/pacing/pacing.hpp"
#include "solvers/interventions/stenosis/stenosis.hpp"
#include "solvers/interventions/stent/stent.hpp"

namespace ot::twin {

const std::vector<InterventionKind>& builtin_interventions() {
  static const std::vector<InterventionKind> kinds{
      interventions::ablation(),
      interventions::stent(),
      interventions::tapered_stent(),
      interventions::stenosis(),
      interventions::angioplasty(),
      interventions::ideal_lumen(),
      interventions::bypass(),
      interventions::drug(),
      interventions::pacing(),
  };
  return kinds;
}

}  // namespace ot::twin
