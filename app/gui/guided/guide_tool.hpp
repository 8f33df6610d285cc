// SPDX-License-Identifier: GPL-3.0-or-later
// GuideTool: clicks in slices become the guide of an image (seeds, valve hinges, apex, cuts, split strokes) and are drawn there.
// As a tool it takes clicks for one item; as an overlay it always draws. Every change is one undo step of the session. GUI thread only.
#pragma once
#include <QObject>
#include <QPointer>
#include <optional>

#include "app/gui/workspace.hpp"
#include "viewer/qt/slice_tool.hpp"

namespace ot::gui {

struct GuideItem {
  enum class Kind { none, seed, valve, apex, cut, split };
  Kind kind = Kind::none;
  std::string key;                       // seed or valve key; label of a cut
  std::array<std::string, 2> between;    // of a split
  bool unlimited = false;                // of a cut
};

class GuideTool : public QObject, public viewer::SliceTool {
  Q_OBJECT
 public:
  GuideTool(Workspace& workspace, QObject* parent);
  void set_item(GuideItem item) { item_ = std::move(item); stroke_.clear(); }
  const GuideItem& item() const { return item_; }
  void set_preview(std::optional<double> threshold, std::optional<double> right_atrium);
  // Image of the case whose slices are on screen (the first with a volume).
  const session::ImageData* image() const;
  // One undo step; refusals go to the banner.
  void change(const std::string& step, const std::function<void(imaging::GuidedInput&)>& edit, const std::string& merge_key = {});

  bool press(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool move(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool release(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool key(viewer::SliceView& view, int key, Qt::KeyboardModifiers modifiers) override;
  void paint(viewer::SliceView& view, QPainter& painter) override;

 signals:
  void redraw();                         // all slices

 private:
  // Points of the item that may be dragged; for a valve without clicks: the ring of the plane that the recipe found.
  std::vector<core::Vec3> handles(bool* adopted = nullptr) const;
  int nearest(viewer::SliceView& view, const viewer::SlicePointer& at) const;
  void put_points(const std::vector<core::Vec3>& points, const std::string& step, const std::string& merge_key);
  void paint_preview(viewer::SliceView& view, QPainter& painter, double level, const QColor& color) const;
  void paint_disc(viewer::SliceView& view, QPainter& painter, const imaging::Plane& plane, const QColor& color, bool clicked) const;

  Workspace& workspace_;
  GuideItem item_;
  int held_ = -1, last_ = -1;            // point being dragged; last touched (for Delete)
  int drag_number_ = 0;                  // one undo step per drag
  std::vector<core::Vec3> stroke_;       // being drawn: cut line or split stroke
  std::optional<double> threshold_, right_atrium_;
};

// What a person reads: "LV blood pool", "Mitral valve".
QString guide_name(const GuideItem& item);
QColor guide_color(const GuideItem& item);

}  // namespace ot::gui
