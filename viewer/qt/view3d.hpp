// SPDX-License-Identifier: GPL-3.0-or-later
// View3D: the 3D view of the window: Scene3D in a VtkWidget with mode badge, EP view buttons, hover card and pick mode.
// Mouse: left rotate, middle or Shift+left pan, wheel or right drag zoom, Ctrl+left drag roll, Ctrl+click picks in any mode,
// keys 1..8 EP views, R fits. In pick mode a plain click picks and a press may draw (set_draw); Esc leaves.
#pragma once
#include <QString>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

#include "solvers/core/result.hpp"
#include "viewer/scene/scene3d.hpp"

namespace ot::viewer {

class VtkWidget;

class View3D : public QWidget {
  Q_OBJECT
 public:
  explicit View3D(QWidget* parent = nullptr);
  ~View3D() override;

  Scene3D& scene();
  VtkWidget& canvas();

  // Badge at the top left: mode text "FAST"/"FULL" and details ("monodomain, TT06"); no mode hides it.
  void set_mode_badge(std::optional<core::Mode> mode, const QString& details);
  // Second chip ("difference to FAST 2.1 ms median"); empty hides. Stale: the view is hatched and a chip says so.
  void set_note(const QString& text);
  void set_stale(bool stale, const QString& why = {});
  // Centre text for an empty view, with an optional button; empty text hides it. Button click: empty_action().
  void set_empty(const QString& text, const QString& button = {});
  // What the hover card says for a pick (rich text lines); empty = no card. Default: object name and value with unit.
  using Hover = std::function<QString(const Pick&)>;
  void set_hover(Hover hover);
  // While on: crosshair cursor, a click emits picked(). The preview radius shows a ghost lesion under the cursor (0: none).
  void set_pick_mode(bool on, double preview_radius_mm = 0, const QString& hint = {});
  bool pick_mode() const;
  // Things that can be taken by the hand: `grab(pick, false)` asks for the cursor over a thing (ArrowCursor: not to be taken), with true
  // the left button went down on it; from then on the mouse sends grab_moved() instead of turning the view, until grab_ended().
  using Grab = std::function<Qt::CursorShape(const Pick&, bool pressed)>;
  void set_grab(Grab grab);
  bool grabbing() const;
  // In pick mode: whether the left button held down from here draws (grab_moved, grab_ended) instead of turning the view; a click still picks.
  using Draw = std::function<bool(const Pick&)>;
  void set_draw(Draw draw);
  void set_view_buttons_visible(bool visible);
  core::Result<void> save_png(const std::filesystem::path& path);   // what is on screen
  QSize sizeHint() const override { return {900, 640}; }

 signals:
  void grab_moved(double x, double y);          // device pixels
  void grab_ended(bool kept);                   // false: Esc
  void picked(const ot::viewer::Pick& pick);    // pick mode, or Ctrl+click
  void clicked(const ot::viewer::Pick& pick);   // plain click on something outside pick mode: selection
  void pick_cancelled();                        // Esc or right click in pick mode
  void camera_changed();
  void view_chosen(ot::viewer::EpView view);
  void color_bar_activated();                   // double click on the bar: edit break-points
  void maximise_requested();                    // double click on the background
  void empty_action();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
