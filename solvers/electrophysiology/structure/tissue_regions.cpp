// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/structure/tissue_regions.hpp"

#include "solvers/core/contracts.hpp"

namespace ot::ep {

double conductivity_with_insulating_spheres(double share) { return (1.0 - share) / (1.0 + 0.5 * share); }

const std::vector<TissueRegion>& builtin_tissue_regions() {
  static const std::vector<TissueRegion> all = [] {
    std::vector<TissueRegion> r(8);
    r[0].key = "healthy";
    r[0].source = "EP-FACTS section 8; sigma from the velocity and the cells of the heart";

    r[1].key = "border_zone";
    r[1].sigma_scale = core::Vec3(1.0, 0.1, 0.1);
    r[1].channels.g_Na = 0.38;
    r[1].channels.g_CaL = 0.31;
    r[1].channels.g_Kr = 0.30;
    r[1].channels.g_Ks = 0.20;
    r[1].source = "Arevalo et al. 2016 Nat Commun 7:11437: transverse conductivity -90 %, peri-infarct remodelling (INa -62 %, ICaL -69 %, IKr -70 %, IKs -80 %)";

    r[2].key = "scar_core";
    r[2].conducting = false;
    r[2].source = "Arevalo et al. 2016: dense scar does not conduct";

    r[3].key = "myocardial_fat";
    r[3].conducting = false;
    r[3].source = "fat cells carry no action potential: taken as an insulator (Sung et al. 2022, Nat Cardiovasc Res)";

    r[4].key = "fat_admixture";
    r[4].sigma_scale = core::Vec3::Constant(conductivity_with_insulating_spheres(0.5));
    r[4].source = "rim between fat and muscle, half fat: conductivity of a medium with half its volume in insulating spheres (Maxwell 1873: 0.4); the rim itself after Sung et al. 2022";

    r[5].key = "af_remodelled";
    r[5].channels.g_to = 0.5;
    r[5].channels.g_CaL = 0.3;
    r[5].channels.g_Kur = 0.5;
    r[5].channels.g_K1 = 2.0;
    r[5].source = "persistent AF: Ito -50 %, ICaL -70 %, IKur -50 % (Courtemanche et al. 1999, Cardiovasc Res 42:477), IK1 +100 % (Krogh-Madsen et al. 2012, PLoS Comput Biol 8:e1002390)";

    r[6].key = "atrial_fibrosis";
    r[6].channels.g_K1 = 0.5;
    r[6].channels.g_CaL = 0.5;
    r[6].channels.g_Na = 0.6;
    r[6].source = "fibrotic atrium: IK1 -50 %, ICaL -50 %, INa -40 % (Krogh-Madsen et al. 2012; Zahid et al. 2016, Cardiovasc Res 110:443); conductivity left as it is";

    r[7].key = "atrial_fibrosis_dense";
    r[7].conducting = false;
    r[7].source = "dense atrial scar (image intensity ratio above 1.32, bipolar voltage below 0.1 mV) taken as an insulator";
    return r;
  }();
  return all;
}

const TissueRegion* find_tissue_region(const std::string& key) {
  for (const TissueRegion& r : builtin_tissue_regions())
    if (r.key == key) return &r;
  return nullptr;
}

const TissueRegion& tissue_region(const std::string& key) {
  const TissueRegion* const r = find_tissue_region(key);
  OT_EXPECT(r != nullptr);
  return *r;
}

}  // namespace ot::ep
