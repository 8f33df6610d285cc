// SPDX-License-Identifier: GPL-3.0-or-later
// The functions behind builtin.cpp.
#pragma once
#include "app/verify/catalogue.hpp"

namespace ot::verify {

using Rows = core::Result<std::vector<Row>>;
Rows slab_half_alternating(bool quick, const core::Progress&);
Rows slab_half_kuhn(bool quick, const core::Progress&);
Rows slab_fifth_alternating(bool quick, const core::Progress&);
Rows cable_convergence(bool quick, const core::Progress&);
Rows eikonal_point(bool quick, const core::Progress&);
Rows hill(bool quick, const core::Progress&);
Rows poiseuille_pressure(bool quick, const core::Progress&);
Rows poiseuille_network(bool quick, const core::Progress&);
Rows phantom_dice(bool quick, const core::Progress&);
Rows phantom_mesh(bool quick, const core::Progress&);

using BenchRows = core::Result<std::vector<BenchRow>>;
BenchRows bench_triad(const core::Progress&);
BenchRows bench_monodomain(const core::Progress&);
BenchRows bench_eikonal(const core::Progress&);
BenchRows bench_pipe(const core::Progress&);

}  // namespace ot::verify
