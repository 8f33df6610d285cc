// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>

#include "imaging/phantom/phantom.hpp"

namespace ot::imaging {

core::Result<core::Volume> make_hospital_ct(const core::Progress& progress) {
  PhantomParams params;
  params.spacing_mm = 0.7;
  const auto phantom = make_thorax_phantom(params, progress);
  if (!phantom) return core::pass(phantom);
  core::Volume ct;
  ct.quantity = "HU";
  ct.grid = phantom->ct.grid;
  ct.grid.size = {512, 512, 400};
  const auto& from = phantom->ct.grid;
  std::array<int, 3> shift{};
  for (std::size_t d = 0; d < 3; ++d) shift[d] = (ct.grid.size[d] - from.size[d]) / 2;
  ct.grid.origin = from.to_patient(core::Vec3(-shift[0], -shift[1], -shift[2]));
  ct.values.assign(ct.grid.voxels(), -1000.0f);
  for (int k = 0; k < from.size[2]; ++k)
    for (int j = 0; j < from.size[1]; ++j)
      for (int i = 0; i < from.size[0]; ++i)
        if (ct.grid.contains(i + shift[0], j + shift[1], k + shift[2])) ct.values[ct.grid.offset(i + shift[0], j + shift[1], k + shift[2])] = phantom->ct.at(i, j, k);
  return ct;
}

}  // namespace ot::imaging
