// SPDX-License-Identifier: GPL-3.0-or-later
// SliceBar: the row of small buttons above the slices (planes, window, slab, measure, cine) and MeasurePanel, the list below them.
#pragma once
#include <QFrame>

#include "app/gui/views/slice_deck.hpp"

class QLabel;
class QMenu;
class QSlider;
class QToolButton;
class QVBoxLayout;

namespace ot::gui {

class SliceBar : public QFrame {
  Q_OBJECT
 public:
  SliceBar(SliceDeck& deck, Workspace& workspace, QWidget* parent);

 private:
  void fill_planes();
  void fill_windows();
  void fill_slab();
  void fill_measure();
  void refresh();

  SliceDeck& deck_;
  Workspace& workspace_;
  QToolButton *planes_, *window_, *slab_, *measure_, *play_;
  QSlider* time_;
};

// Name (editable), value and a delete button per measurement; a click goes there.
class MeasurePanel : public QFrame {
  Q_OBJECT
 public:
  MeasurePanel(SliceDeck& deck, Workspace& workspace, QWidget* parent);

 private:
  void refresh();
  void export_csv();
  SliceDeck& deck_;
  Workspace& workspace_;
  QVBoxLayout* rows_;
  std::vector<std::pair<core::Measurement, bool>> shown_;   // with: selected
};

}  // namespace ot::gui
