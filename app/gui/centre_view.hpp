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
class QGridLayout;

namespace ot::gui {

class HeartPane;
class MeasurePanel;
class SliceBar;
class SliceDeck;
class VesselPane;

// One line across the top: what went wrong or what to do next, in place, with a close button. Never a dialog.
class Banner : public QWidget {
  Q_OBJECT
 public:
  explicit Banner(QWidget* parent);
  void say(Tone tone, const QString& text);
  void close_banner();
  void close_good_news();   // a warning stays until it is read
  QString text() const;

 private:
  QFrame* bar_;
  QLabel *icon_, *label_;
  bool good_ = false;
};


class CentreView : public QWidget {
  Q_OBJECT
 public:
  CentreView(Workspace& workspace, QWidget* parent);
  HeartPane& main_pane() { return *main_; }
  HeartPane& other_pane() { return *other_; }
  viewer::SliceView& slice(int i) { return *slices_[std::size_t(i)]; }
  SliceDeck& deck() { return *deck_; }
  VesselPane& vessel_pane() { return *vessel_; }
  Banner& banner() { return *banner_; }
  void show_starter(QWidget* card);
  void set_low(bool low);   // little height is left: the slices give way
  bool hasHeightForWidth() const override { return false; }   // the views take what the dock leaves; Qt would take the preferred height for the least one

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh_images();
  void refresh_layout();
  void refresh_lines();
  void place_starter();

  Workspace& workspace_;
  Banner* banner_;
  HeartPane *main_, *other_;
  QWidget *column_, *slices_empty_, *panes_;
  std::array<viewer::SliceView*, 3> slices_{};
  QGridLayout* slice_grid_ = nullptr;
  SliceDeck* deck_ = nullptr;
  SliceBar* bar_ = nullptr;
  MeasurePanel* measures_ = nullptr;
  VesselPane* vessel_ = nullptr;
  QWidget* starter_ = nullptr;
  int maximised_ = -1;
  bool linked_ = false, low_ = false;
};

}  // namespace ot::gui
