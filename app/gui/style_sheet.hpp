// SPDX-License-Identifier: GPL-3.0-or-later
// The one style sheet of the program, filled in from the roles of a theme.
#pragma once
#include <QString>

#include "app/gui/theme.hpp"

namespace ot::gui {
QString style_sheet(const Theme& theme);
}
