// SPDX-License-Identifier: GPL-3.0-or-later
// The one typeface of the pictures: Inter, else DejaVu Sans, else VTK's own. Sizes are pixels at 72 dpi.
#pragma once
#include "solvers/core/types.hpp"

class vtkTextProperty;

namespace ot::viewer {
void style_text(vtkTextProperty* property, int size_px, bool bold, core::Color color);
}
