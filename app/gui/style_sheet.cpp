// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/style_sheet.hpp"

#include <utility>
#include <vector>

namespace ot::gui {
namespace {

const char* const sheet = R"(
QWidget { color: @text; }
QMainWindow, #centre { background: @window; }
#top_bar, #status_bar, #stage_rail, #inspector, #dock { background: @panel; }
#top_bar { border-bottom: 1px solid @hairline; }
#status_bar { border-top: 1px solid @hairline; }
#stage_rail { border-right: 1px solid @hairline; }
#inspector { border-left: 1px solid @hairline; }
#dock { border-top: 1px solid @hairline; }
QScrollArea, QScrollArea > QWidget > QWidget, QStackedWidget { background: transparent; border: none; }
QToolTip { background: @card; color: @text; border: 1px solid @hairline; padding: 5px 7px; }

QLabel { background: transparent; }
QLabel[role="secondary"] { color: @secondary; }
QLabel[role="hint"] { color: @hint; }
QLabel[role="caption"] { color: @hint; font-size: 11px; letter-spacing: 1px; }
QLabel[role="title"] { font-size: 15px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="good"] { color: @good; }
QLabel[role="attention"] { color: @attention; }
QLabel[role="bad"] { color: @bad; }
QLabel[role="accent"] { color: @accent; }
QLabel[role="small"] { color: @secondary; font-size: 12px; }
QLabel[role="small_hint"] { color: @hint; font-size: 12px; }

QFrame[role="card"] { background: @card; border: 1px solid @hairline; border-radius: 8px; }
QFrame[role="strip"] { background: @card; border: none; border-radius: 6px; }
QFrame[role="rule"] { background: @hairline; border: none; max-height: 1px; min-height: 1px; }

QPushButton, QToolButton { background: @card; border: 1px solid @hairline; border-radius: 6px; padding: 0 10px; min-height: 28px; max-height: 28px; }
QPushButton:hover, QToolButton:hover { background: @selected; }
QPushButton:pressed, QToolButton:pressed { background: @hairline; }
QPushButton:disabled, QToolButton:disabled { color: @hint; background: @panel; }
QPushButton:focus, QToolButton:focus { border-color: @accent; }
QPushButton:checked, QToolButton:checked { border-color: @accent; background: @accent_soft; color: @text; }
QPushButton[role="primary"] { background: @accent_deep; border: 1px solid @accent_deep; color: #ffffff; font-weight: 600; }
QPushButton[role="primary"]:hover { background: @accent_deeper; }
QPushButton[role="primary"]:disabled { background: @card; border-color: @hairline; color: @hint; }
QPushButton[role="flat"], QToolButton[role="flat"] { background: transparent; border: 1px solid transparent; }
QPushButton[role="flat"]:hover, QToolButton[role="flat"]:hover { background: @selected; }
QPushButton[role="flat"]:disabled, QToolButton[role="flat"]:disabled { background: transparent; }
QToolButton[role="flat"]:checked { background: @accent_soft; border-color: @accent; }
QPushButton[role="link"] { background: transparent; border: none; color: @accent; padding: 0 4px; text-align: left; }
QPushButton[role="link"]:hover { color: @text; background: transparent; }
QPushButton[role="link"]:disabled { color: @hint; background: transparent; }
QPushButton[role="left"] { text-align: left; }
QToolButton[role="icon"] { background: transparent; border: none; padding: 0; min-width: 28px; max-width: 28px; }
QToolButton[role="icon"]:hover { background: @selected; }
QToolButton[role="icon"]:checked { background: @accent_soft; }
QToolButton[role="icon_plain"] { background: transparent; border: none; padding: 0; min-width: 28px; max-width: 28px; }
QToolButton[role="icon_plain"]:hover, QToolButton[role="icon_plain"]:focus { background: @selected; }
QToolButton[role="icon"]:focus { background: @selected; }
QToolButton::menu-indicator { image: none; }
QPushButton::menu-indicator { image: none; }
QToolButton[role="view"] { background: @glass; border: 1px solid @glass_line; color: @glass_secondary; font-size: 11px; border-radius: 5px; padding: 0; min-width: 40px; max-width: 40px; }
QToolButton[role="view"]:hover { background: @glass_hover; color: @glass_text; }
QToolButton[role="view"]:checked { background: @accent; border-color: @accent; color: @on_accent; font-weight: 600; }
QPushButton[role="search"] { text-align: left; color: @hint; background: @card; }
QPushButton[role="glass"], QToolButton[role="glass"] { background: @glass; border: 1px solid @glass_line; color: @glass_text; font-size: 12px; }
QToolButton[role="glass"]:hover { background: @glass_hover; }

QLabel[role="badge_research"] { color: @attention; border: 1px solid @attention_line; border-radius: 5px; padding: 3px 7px; font-size: 11px; }

QPushButton[role="tab"] { background: transparent; border: none; border-bottom: 2px solid transparent; border-radius: 0; color: @secondary; padding: 0 2px; font-weight: 500; }
QPushButton[role="tab"]:hover { color: @text; background: transparent; }
QPushButton[role="tab"]:checked { color: @text; border-bottom: 2px solid @accent; background: transparent; font-weight: 600; }

QLineEdit, QComboBox, QDoubleSpinBox, QSpinBox, QPlainTextEdit, QTextEdit {
  background: @card; border: 1px solid @hairline; border-radius: 6px; padding: 0 8px; min-height: 28px; selection-background-color: @accent; selection-color: @on_accent; }
QPlainTextEdit, QTextEdit { padding: 4px 6px; }
QLineEdit:focus, QComboBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus { border-color: @accent; }
QDoubleSpinBox[refused="true"] { color: @bad; border-color: @bad; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(:/icons/chevron_hint.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: @card; border: 1px solid @hairline; selection-background-color: @selected; selection-color: @text; outline: none; padding: 4px; }
QFrame[role="field"] { background: @card; border: 1px solid @hairline; border-radius: 6px; }
QFrame[role="field"] QDoubleSpinBox { background: transparent; border: none; min-height: 26px; padding: 0; }
QFrame[role="field"] QDoubleSpinBox[refused="true"] { color: @bad; }

QSlider:horizontal { min-height: 28px; }
QSlider::groove:horizontal { height: 4px; background: @selected; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { background: @knob; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; border: none; }
QSlider::handle:horizontal:hover { background: @accent; }
QSlider::sub-page:horizontal:disabled { background: @hairline; }
QSlider::handle:horizontal:disabled { background: @hint; }

QCheckBox { min-height: 28px; spacing: 8px; }
QCheckBox::indicator { width: 15px; height: 15px; border: 1px solid @hint; border-radius: 4px; background: @card; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(:/icons/check_dark.svg); }

QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar::handle:vertical { background: @hairline; border-radius: 4px; min-height: 32px; }
QScrollBar::handle:vertical:hover { background: @hint; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle:horizontal { background: @hairline; border-radius: 4px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; border: none; width: 0; height: 0; }

QMenu { background: @card; border: 1px solid @hairline; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: @selected; }
QMenu::item:disabled { color: @hint; }
QMenu::separator { height: 1px; background: @hairline; margin: 4px 6px; }
QListView { background: transparent; border: none; outline: none; }
QListView::item { border-radius: 6px; min-height: 30px; padding: 0 8px; }
QListView::item:selected { background: @selected; color: @text; }
QListView::item:disabled { color: @hint; }
QSplitter::handle { background: @hairline; }
QDialog { background: @panel; }
QProgressBar { background: @selected; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }
)";

QString rgba(const QColor& c, double alpha) {
  return QStringLiteral("rgba(%1,%2,%3,%4)").arg(c.red()).arg(c.green()).arg(c.blue()).arg(int(alpha * 255));
}

}  // namespace

QString style_sheet(const Theme& t) {
  // Longer names first: "@accent_soft" must not be eaten by "@accent".
  const std::vector<std::pair<QString, QString>> roles = {
      {"@accent_deeper", mix(t.accent, t.window, t.dark ? 0.28 : -0.0).name()},
      {"@accent_deep", (t.dark ? QColor("#0f6fae") : t.accent).name()},
      {"@accent_soft", rgba(t.accent, 0.14)},
      {"@attention_line", rgba(t.attention, 0.55)},
      {"@on_accent", t.on_accent.name()},
      {"@glass_hover", dark_theme().selected.name()},   // over the 3D picture, which stays dark in both themes
      {"@glass_line", dark_theme().hairline.name()},
      {"@glass_text", dark_theme().text.name()},
      {"@glass_secondary", dark_theme().secondary.name()},
      {"@glass", rgba(dark_theme().window, 0.80)},
      {"@knob", t.dark ? QStringLiteral("#f4f7fa") : t.accent.name()},
      {"@window", t.window.name()},
      {"@panel", t.panel.name()},
      {"@card", t.card.name()},
      {"@selected", t.selected.name()},
      {"@hairline", t.hairline.name()},
      {"@secondary", t.secondary.name()},
      {"@text", t.text.name()},
      {"@hint", t.hint.name()},
      {"@accent", t.accent.name()},
      {"@good", t.good.name()},
      {"@attention", t.attention.name()},
      {"@bad", t.bad.name()},
  };
  QString text = QString::fromLatin1(sheet);
  for (const auto& [name, value] : roles) text.replace(name, value);
  return text;
}

}  // namespace ot::gui
