// SPDX-License-Identifier: GPL-3.0-or-later
// Script: a journey through the window as text, one command per line, by object name; for pictures, demos and tests.
//   action ID                  triggers an action ("lesion_point", "compare")
//   click OBJECT               clicks the middle of a widget with the mouse
//   drag OBJECT X Y X Y ...    presses, moves and lets go the left button; 0..1 of the widget's size
//   set OBJECT VALUE           number fields, sliders, choices, checks
//   pick X Y Z                 clicks the wall at a patient point (LPS mm) of the main 3D view
//   drag_vessel FROM TO        drags along the centreline of the shown vessel (branch 0, mm) in the main 3D view
//   pick_wall N                clicks the N-th place of a spiral over the visible wall (0 is nearest to the middle)
//   key OBJECT KEY             a key pressed on that widget ("5", "Esc", "Ctrl+Z")
//   open PATH                  a case, an image or a scan folder, as if it had been dropped on the window
//   labels FILE                opens a label map of another tool in its sheet
//   vessel KEY | time MS | wait MS | idle [S] | resize W H | save FOLDER | report FILE | screenshot FILE | quit
//   expect OBJECT TEXT         fails unless the widget shows this text
#pragma once
#include <QString>
#include <functional>

namespace ot::gui {

class MainWindow;

// Empty when everything went well, else a sentence with the line number.
QString run_script(MainWindow& window, const QString& file);
QString run_command(MainWindow& window, const QString& line);

// Helpers shared with the journey test. They spin the event loop.
bool wait_until(const std::function<bool()>& done, int timeout_ms);
bool click_wall(MainWindow& window, int nth);   // mouse press and release on tissue; false when no tissue is visible

}  // namespace ot::gui
