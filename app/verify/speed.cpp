// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/verify/speed.hpp"

#include <nlohmann/json.hpp>

#include "app/solve/box_mesh.hpp"
#include "app/verify/monodomain_block.hpp"

namespace ot::verify {
namespace {

using Settings = core::Result<std::string>;

Timed slab(bool nothing_left_out) {
  return {nothing_left_out ? "ep/monodomain-slab-60-ms" : "ep/monodomain-slab", "ep/slab-0.2-alternating", [nothing_left_out](const core::Progress& progress) -> Settings {
            nlohmann::json spec = slab_spec(0.2, "alternating");
            if (nothing_left_out) spec["skip_tissue_at_rest"] = false;
            const auto mesh = solve::box_mesh("alternating", {20, 7, 3}, core::Vec3::Constant(0.2), core::Mat3::Identity(), progress);
            if (!mesh) return core::pass(mesh);
            return slab_settings(spec, {{"mesh_sha256", mesh->sha256()}});
          }};
}

}  // namespace

const std::vector<Timed>& timed_problems() {
  static const std::vector<Timed> all = [] {
    std::vector<Timed> list = timed_kernels();
    list.push_back({"ionic/cipa-1000-beats", "ionic/cipa-control-qnet", [](const core::Progress&) -> Settings { return cipa_settings(1000); }});
    list.push_back(slab(false));
    list.push_back(slab(true));
    list.push_back({"ep/monodomain-step-slab", "ep/monodomain-step", [](const core::Progress&) -> Settings { return settings_of(slab_of_the_step()); }});
    list.push_back({"ep/monodomain-step-askew", "ep/monodomain-step", [](const core::Progress&) -> Settings { return settings_of(askew_block_of_the_step()); }});
    list.push_back({"ep/monodomain-step-heart", "ep/monodomain-step-heart", [](const core::Progress& progress) -> Settings {
                      const auto heart = heart_of_the_step(progress);
                      if (!heart) return core::pass(heart);
                      return settings_of(*heart);
                    }});
    list.push_back({"ep/beat-300k", "ep/beat-300k", [](const core::Progress&) -> Settings { return settings_of(beat_of_300k()); }});
    list.push_back({"ep/eikonal-box", "ep/eikonal-box", [](const core::Progress&) -> Settings { return eikonal_box_settings(); }});
    list.push_back({"ep/fast-lesion", "ep/fast-lesion", fast_lesion_settings});
    list.push_back({"ep/fast-lesion-heart", "ep/fast-lesion-heart", fast_lesion_heart_settings});
    list.push_back({"ep/s1s2-sweep-17", "ep/s1s2-sweep-17", [](const core::Progress&) -> Settings { return sweep_settings(); }});
    return list;
  }();
  return all;
}

}  // namespace ot::verify
