// SPDX-License-Identifier: GPL-3.0-or-later
// CutPanel: ends of the vessel before it is meshed. The closed vessel of the labels stands in the 3D view with a disc at every end that was
// found; a click on an end or on the wall makes an inlet or an outlet there, or leaves an end closed. Every click is one undo step of the
// image and saved with it; "Cut and mesh" makes the vessel again from them.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"
#include "imaging/meshing/meshing.hpp"
#include "viewer/scene/scene3d.hpp"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class Places;

class CutPanel : public QWidget {
  Q_OBJECT
 public:
  CutPanel(Workspace& workspace, Places& places, QWidget* parent);
  const imaging::LumenProposal* proposal() const { return proposal_ ? &*proposal_ : nullptr; }
  bool working() const { return waiting_; }            // the ends are being found

 protected:
  void hideEvent(QHideEvent* event) override;

 private:
  const session::ImageData* image() const;             // the one with the vessel, null: none
  void refresh();
  void begin(bool on);
  void ask();
  void show_proposal();
  void mark(const core::Vec3& at);
  void take_back(const core::Vec3& at);
  void cut();

  Workspace& workspace_;
  Places& places_;
  QPushButton *start_, *kinds_[3], *cut_, *clear_;
  QWidget* tools_;
  QVBoxLayout* list_;
  QLabel* note_;
  imaging::EndMark::Kind kind_ = imaging::EndMark::Kind::outlet;
  std::optional<imaging::LumenProposal> proposal_;
  int asked_ = 0;
  bool waiting_ = false;
};

}  // namespace ot::gui
