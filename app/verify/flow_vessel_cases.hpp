// SPDX-License-Identifier: GPL-3.0-or-later
// Flow rows on whole vessels and devices.
#pragma once
#include "app/verify/catalogue.hpp"

namespace ot::verify {

Rows flow_stent(bool quick, const core::Progress&);
Rows flow_bypass(bool quick, const core::Progress&);
Rows network_against_full_second(bool quick, const core::Progress&);
Rows network_against_full_third(bool quick, const core::Progress&);
Rows network_against_full_fourth(bool quick, const core::Progress&);
Rows flow_fast_beat(bool quick, const core::Progress&);
Rows flow_aorta(bool quick, const core::Progress&);
core::Result<std::vector<BenchRow>> bench_stent_drag(const core::Progress&);
core::Result<std::vector<BenchRow>> bench_stent_full(const core::Progress&);

}  // namespace ot::verify
