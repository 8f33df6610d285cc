// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: every colour and size of the window by role, in a dark and a light set (design/look.md).
#pragma once
#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>

class QApplication;

namespace ot::gui {

struct Theme {
  bool dark = true;
  QColor window, panel, card, selected, hairline;
  QColor text, secondary, hint;
  QColor accent, plan_b, good, attention, bad;
  QColor view_top, view_bottom;        // 3D background gradient
  QColor on_accent;                    // text on a filled accent
};

const Theme& theme();
Theme dark_theme();
Theme light_theme();

// Sets palette, font and style sheet of the whole program. May be called again to switch.
void apply_theme(QApplication& app, const Theme& theme);

// Emits `changed` after a switch, for icons that were coloured by hand.
class ThemeNotifier : public QObject {
  Q_OBJECT
 public:
  static ThemeNotifier& instance();
 signals:
  void changed();
};

// Line icon of resources/icons in one colour; `size` in device-independent pixels.
QIcon icon(const QString& name, const QColor& color);
QPixmap icon_pixmap(const QString& name, const QColor& color, int size, double ratio);
QFont ui_font(int pixels, int weight = QFont::Normal);

// Colour of a plan chip: Baseline grey, A accent, B violet, more by turns.
QColor plan_color(int plan);
QColor mix(const QColor& a, const QColor& b, double t);

}  // namespace ot::gui
