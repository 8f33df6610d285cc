// SPDX-License-Identifier: GPL-3.0-or-later
// TissueOverlay: scar, border zone and fat as they would be, the chosen segment and the landmarks in the slices; as a tool it moves a landmark.
#pragma once
#include <QImage>
#include <functional>
#include <map>
#include <string>

#include "app/gui/tissue/tissue_model.hpp"
#include "viewer/qt/slice_tool.hpp"

namespace ot::gui {

class TissueOverlay : public viewer::SliceTool {
 public:
  TissueOverlay(Workspace& workspace, TissueModel& model) : workspace_(workspace), model_(model) {}
  void set_preview(bool on) { preview_ = on; }
  void set_marks(bool on) { marks_ = on; }              // landmarks
  void set_moving(const std::string& key) { moving_ = key; }
  const std::string& moving() const { return moving_; }
  void invalidate() { cache_.clear(); }
  std::function<void(const std::string& key, const core::Vec3& at)> placed;

  bool press(viewer::SliceView& view, const viewer::SlicePointer& pointer) override;
  bool key(viewer::SliceView& view, int key, Qt::KeyboardModifiers) override;
  void paint(viewer::SliceView& view, QPainter& painter) override;

 private:
  struct Cached {
    QImage image;
    core::Vec3 corner[3];
    int segment = -1;
  };
  QImage wash(viewer::SliceView& view, int width, int height);

  Workspace& workspace_;
  TissueModel& model_;
  bool preview_ = true, marks_ = true;
  std::string moving_;
  std::map<const viewer::SliceView*, Cached> cache_;
};

}  // namespace ot::gui
