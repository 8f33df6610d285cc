// SPDX-License-Identifier: GPL-3.0-or-later
// Small vocabulary shared by every layer. Space is patient LPS in mm from reader to screen.
#pragma once
#include <Eigen/Core>
#include <Eigen/Geometry>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ot::core {

using Vec3 = Eigen::Vector3d;
using Mat3 = Eigen::Matrix3d;
using Index = std::int32_t;  // node, element and triangle numbers
using Tet = std::array<Index, 4>;
using Triangle = std::array<Index, 3>;
using Color = std::array<std::uint8_t, 3>;

// Which solver an answer comes from. Every stored or shown result carries it.
enum class Mode { fast, full };
inline const char* name_of(Mode mode) { return mode == Mode::fast ? "fast" : "full"; }

}  // namespace ot::core
