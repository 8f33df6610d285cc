// SPDX-License-Identifier: GPL-3.0-or-later
// One piece of work per turn of the window's event loop: what a large image brings (three slices, a list, a choice of recipes) is done one after
// another, and between two pieces the window answers the mouse. GUI thread only.
#pragma once
#include <QObject>

#include <functional>

namespace ot::gui {

// Runs `work` in a turn of its own, in the order of the calls. Not run when `owner` is gone by then. The same owner and place again before it
// ran: the later work takes the earlier one's turn.
void in_own_turn(QObject* owner, int place, std::function<void()> work);

}  // namespace ot::gui
