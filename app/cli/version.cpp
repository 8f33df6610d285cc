// SPDX-License-Identifier: GPL-3.0-or-later
#include <Eigen/Core>
#include <fmt/format.h>

#include "app/cli/context.hpp"

namespace ot::cli {

std::string version_text() {
  return fmt::format("OrganTwin {} (GPL-3.0-or-later)\nITK {}\nVTK {}\nQt {}\nEigen {}.{}.{}\ncompiler {}", OT_VERSION, OT_ITK_VERSION, OT_VTK_VERSION, OT_QT_VERSION, EIGEN_WORLD_VERSION,
                     EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION, OT_COMPILER);
}

}  // namespace ot::cli
