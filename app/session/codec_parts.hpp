// SPDX-License-Identifier: GPL-3.0-or-later
// Small pieces shared by the codec files: NaN becomes null, points are packed flat.
#pragma once
#include "app/session/blob_store.hpp"
#include "solvers/core/types.hpp"

namespace ot::session {

Json numbers_or_null(double v);
double number_or_nan(const Json& j);
Json vec3(const core::Vec3& v);
core::Vec3 to_vec3(const Json& j);
Json pack_points(const std::vector<core::Vec3>& points);
std::vector<core::Vec3> unpack_points(const Json& json);

}  // namespace ot::session
