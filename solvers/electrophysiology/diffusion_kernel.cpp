// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/diffusion_kernel.hpp"

#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {

extern const DiffusionKernels diffusion_kernels_baseline;
#ifdef OT_X86_KERNELS
extern const DiffusionKernels diffusion_kernels_avx2, diffusion_kernels_avx512;
#endif

const DiffusionKernels& diffusion_kernels() {
  static const DiffusionKernels& best = []() -> const DiffusionKernels& {
#ifdef OT_X86_KERNELS
    for (const std::string& set : usable_instruction_sets()) {
      if (set == "avx512") return diffusion_kernels_avx512;
      if (set == "avx2") return diffusion_kernels_avx2;
    }
#endif
    return diffusion_kernels_baseline;
  }();
  return best;
}

}  // namespace ot::ep
