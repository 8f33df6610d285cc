// SPDX-License-Identifier: GPL-3.0-or-later
// CentreView: one or two 3D views and the column of slices, all on one crosshair; the banner above them.
#pragma once
#include <QWidget>
#include <array>

#include "app/gui/workspace.hpp"
#include "viewer/qt/slice_view.hpp"

class QLabel;
class QFrame;
class QSplitter;
class QToolButton;

namespace ot::gui {

class HeartPane;

// One line across the top: what went wrong or what to do next, in place, with a close button. Never a dialog.
class Banner : public QWidget {
  Q_OBJECT
 public:
  explicit Banner(QWidget* parent);
  void say(Tone tone, const QString& text);
  void close_banner();
  QString text() const;

 private:
  QFrame* bar_;
  QLabel *icon_, *label_;
};


class CentreView : public QWidget {
  Q_OBJECT
 public:
  CentreView(Workspace& workspace, QWidget* parent);
  HeartPane& main_pane() { return *main_; }
  HeartPane& other_pane() { return *other_; }
  viewer::SliceView& slice(int i) { return *slices_[std::size_t(i)]; }
  Banner& banner() { return *banner_; }
  void show_starter(QWidget* card);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh_images();
  void refresh_layout();
  void place_starter();

  Workspace& workspace_;
  Banner* banner_;
  HeartPane *main_, *other_;
  QWidget *column_, *slices_empty_, *panes_;
  std::array<viewer::SliceView*, 3> slices_{};
  QWidget* starter_ = nullptr;
  int maximised_ = -1;
  bool linked_ = false;
};

}  // namespace ot::gui
