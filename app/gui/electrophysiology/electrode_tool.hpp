// SPDX-License-Identifier: GPL-3.0-or-later
// ElectrodeTool: the ECG electrodes as balls around the heart, moved by the hand in the plane of the screen. Letting go is one undo step
// of the model: the lead fields and the ECG are computed again. Esc puts the electrode back.
#pragma once
#include <QObject>
#include <functional>
#include <optional>

#include "app/gui/workspace.hpp"
#include "viewer/scene/scene3d.hpp"

namespace ot::gui {

class Places;

class ElectrodeTool : public QObject {
  Q_OBJECT
 public:
  // `others`: what else can be taken in this view; asked when no electrode is under the pointer.
  using Hand = std::function<Qt::CursorShape(const viewer::Pick&, bool pressed)>;
  ElectrodeTool(Workspace& workspace, Places& places, Hand others, QObject* parent);
  void set_shown(bool on);
  bool shown() const { return shown_; }
  int moved() const;                  // how many do not stand where they were placed
  void reset();                       // all of them back; one undo step

 private:
  void refresh();
  void move_to(const std::string& name, const core::Vec3& at);

  Workspace& workspace_;
  Places& places_;
  bool shown_ = false;
  std::string held_;
  core::Vec3 from_{0, 0, 0};          // where the held one stood
  std::optional<core::Vec3> now_;
};

}  // namespace ot::gui
