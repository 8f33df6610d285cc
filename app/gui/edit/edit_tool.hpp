// SPDX-License-Identifier: GPL-3.0-or-later
// EditTool: the mouse of the segmentation editing tools in the slices: brush, eraser, threshold brush (strokes written at once into a private
// copy of the labels and handed to the session when the button is let go), seeds to grow from and scissors (an outline, then a job).
// GUI thread only.
#pragma once
#include <QObject>
#include <QPointer>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/workspace.hpp"
#include "imaging/edit/edit.hpp"
#include "viewer/qt/slice_tool.hpp"
#include "viewer/qt/slice_view.hpp"

namespace ot::gui {

enum class EditMode { none, brush, eraser, threshold, grow, scissors };

class EditTool : public QObject, public viewer::SliceTool {
  Q_OBJECT
 public:
  EditTool(Workspace& workspace, QObject* parent);

  // --- settings, kept by the panel ---
  void set_mode(EditMode mode);
  EditMode mode() const { return mode_; }
  void set_label(int value) { label_ = value; }
  int label() const { return label_; }
  void set_radius(double mm);
  double radius() const { return radius_mm_; }
  void set_sphere(bool on) { sphere_ = on; }
  void set_window(double low, double high) { window_ = {low, high}; }
  void set_scope(imaging::EditScope scope) { scope_ = std::move(scope); }   // without the window
  void set_cut_through(bool on) { cut_through_ = on; }
  void set_cut_outside(bool on) { cut_outside_ = on; }
  void set_eraser_all(bool on) { eraser_all_ = on; }
  void set_views(std::vector<viewer::SliceView*> views);
  const std::vector<QPointer<viewer::SliceView>>& views() const { return views_; }

  // Image of the case whose slices are on screen: that with the volume shown, else the first with a volume.
  const session::ImageData* image() const;
  // Runs a whole-label tool as a job; it lands as one undo step. Refusals and "nothing changed" go to the banner.
  void apply(const imaging::Edit& edit);
  imaging::EditScope scope(bool with_window) const;
  bool painting() const { return stroke_ != nullptr; }
  // The stroke being drawn is taken back (Esc).
  void give_up();

  bool press(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool move(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool release(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool double_click(viewer::SliceView& view, const viewer::SlicePointer& at) override;
  bool wheel(viewer::SliceView& view, const viewer::SlicePointer& at, double notches) override;
  bool key(viewer::SliceView& view, int key, Qt::KeyboardModifiers modifiers) override;
  bool wants_key(int key, Qt::KeyboardModifiers modifiers) override;
  void paint(viewer::SliceView& view, QPainter& painter) override;
  QCursor cursor() const override;

 signals:
  void left();                                   // Esc: the tool is put down
  void radius_changed(double mm);
  void stroke_moved(int label, qint64 changed_voxels);   // while painting, for the live volume

 private:
  bool start_stroke(viewer::SliceView& view, const core::Vec3& at);
  void extend(const core::Vec3& to);
  void finish_stroke();
  void finish_lasso(viewer::SliceView& view);
  void redraw();
  void redraw_brush(viewer::SliceView& view) const;   // where the brush circle stands now

  Workspace& workspace_;
  EditMode mode_ = EditMode::none;
  int label_ = core::labels::lv_myocardium;
  double radius_mm_ = 4;
  bool sphere_ = false, cut_through_ = false, cut_outside_ = false, eraser_all_ = false;
  std::array<double, 2> window_{100, 500};
  imaging::EditScope scope_;
  std::vector<QPointer<viewer::SliceView>> views_;
  // live stroke
  std::string key_;
  std::shared_ptr<core::LabelMap> working_;
  std::shared_ptr<const core::Volume> volume_;
  std::unique_ptr<imaging::Stroke> stroke_;
  imaging::Edit edit_;                           // what the stroke is called
  std::vector<core::Vec3> lasso_;
  QPointer<viewer::SliceView> lasso_view_, over_;
  std::optional<core::Vec3> pointer_;
};

}  // namespace ot::gui
