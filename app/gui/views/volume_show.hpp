// SPDX-License-Identifier: GPL-3.0-or-later
// VolumeShow: turns volume rendering of the shown image on and off in a 3D pane; the reduced copy is made by a job. GUI thread.
#pragma once
#include <QObject>
#include <QString>
#include <memory>

#include "app/gui/workspace.hpp"
#include "viewer/scene/drawn_volume.hpp"

class QMenu;

namespace ot::gui {

class HeartPane;

class VolumeShow : public QObject {
  Q_OBJECT
 public:
  VolumeShow(Workspace& workspace, HeartPane& pane, QObject* parent);
  void set_image(const QString& key) { image_ = key; }
  // Preset key; the same again or an empty key switches off.
  void toggle(const QString& preset);
  void set_crop_to_heart(bool on);
  bool crop_to_heart() const { return crop_; }
  QString shown() const { return shown_; }
  QString note() const { return note_; }     // "1.4 mm, reduced for drawing without a graphics card"
  std::vector<viewer::VolumePreset> presets() const;   // for the quantity of the image
  void add_actions(QMenu* menu);             // a line per preset and the cropping; nothing without an image

 signals:
  void changed();

 private:
  void start();
  void off();
  Workspace& workspace_;
  HeartPane& pane_;
  QString image_, shown_, note_;
  bool crop_ = true;
  std::shared_ptr<const core::Volume> texture_of_;
  std::shared_ptr<const viewer::VolumeTexture> texture_;
  bool texture_cropped_ = false;
};

}  // namespace ot::gui
