// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/edit/edit_tool.hpp"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace ot::gui {
using core::Vec3;

namespace {
constexpr double least_radius_mm = 0.3, most_radius_mm = 40;   // from one voxel of a coronary CT to a whole chamber

QColor color_of(const session::ImageData* image, int label) {
  const auto table = image && image->labels ? image->labels->labels : core::labels::heart();
  for (const auto& l : table)
    if (l.value == label) return QColor(l.color[0], l.color[1], l.color[2]);
  return QColor(230, 235, 240);
}
}  // namespace

EditTool::EditTool(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {
  // Another case, or labels changed by a job or undo: a stroke on the old ones ends.
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    stroke_.reset();
    working_.reset();
    volume_.reset();
    lasso_.clear();
  });
}

void EditTool::set_views(std::vector<viewer::SliceView*> views) {
  views_.clear();
  for (auto* v : views) views_.emplace_back(v);
}

void EditTool::set_mode(EditMode mode) {
  if (stroke_) give_up();
  lasso_.clear();
  mode_ = mode;
  redraw();
}

void EditTool::set_radius(double mm) {
  mm = std::clamp(mm, least_radius_mm, most_radius_mm);
  if (mm == radius_mm_) return;
  radius_mm_ = mm;
  emit radius_changed(mm);
  redraw();
}

void EditTool::redraw() {
  for (auto& v : views_)
    if (v) v->update();
}

void EditTool::redraw_brush(viewer::SliceView& view) const {
  if (!pointer_) return;
  const auto at = view.scene().to_screen(*pointer_);
  const double r = radius_mm_ / view.scene().mm_per_pixel() + 3 * view.devicePixelRatioF();   // with the dark rim
  view.update_part(QRectF(at[0] - r, at[1] - r, 2 * r, 2 * r));
}

const session::ImageData* EditTool::image() const {
  const auto data = workspace_.data();   // the pointer lives as long as the session's data: until the next edit
  for (const auto& v : views_)
    if (v && v->scene().volume())
      for (const auto& i : data->images) {
        if (i.volume == v->scene().volume()) return &i;
        for (const auto& phase : i.phases)
          if (phase.volume == v->scene().volume()) return &i;
      }
  for (const auto& i : data->images)
    if (i.volume) return &i;
  return nullptr;
}

imaging::EditScope EditTool::scope(bool with_window) const {
  imaging::EditScope s = scope_;
  if (with_window) s.window = window_;
  return s;
}

bool EditTool::start_stroke(viewer::SliceView& view, const Vec3& at) {
  const auto* shown = image();
  if (!shown) return false;
  auto& session = workspace_.session();
  key_ = shown->key;
  if (session.image_busy(key_)) {
    workspace_.say(Tone::info, "A job is changing these labels. The brush works again when it is done (progress below).");
    return true;
  }
  if (!shown->labels) {   // drawn from nothing
    const auto made = session.update_image(key_, "new label map", [](session::ImageData& i) {
      auto labels = std::make_shared<core::LabelMap>();
      labels->grid = i.volume->grid;
      labels->values.assign(labels->grid.voxels(), 0);
      labels->labels = core::labels::heart();
      i.labels = std::move(labels);
    });
    if (!made) {
      workspace_.say(Tone::bad, QString::fromStdString(made.error().message));
      return true;
    }
    shown = image();
  }
  volume_ = shown->volume;
  const bool same_grid = volume_ && volume_->grid.same_as(shown->labels->grid);
  if (mode_ == EditMode::threshold && !same_grid) {
    workspace_.say(Tone::attention, "The labels lie on another grid than the image: the threshold brush cannot compare them.");
    return true;
  }
  working_ = session.borrow_labels(key_);
  imaging::Paint brush;
  brush.label = mode_ == EditMode::eraser ? 0 : label_;
  brush.radius_mm = radius_mm_;
  brush.shape = sphere_ ? imaging::BrushShape::sphere : imaging::BrushShape::disc;
  brush.normal = view.scene().axes().normal;
  edit_.tool = brush;
  edit_.scope = scope(mode_ == EditMode::threshold);
  if (mode_ == EditMode::eraser) {
    edit_.scope.only_over.clear();
    if (!eraser_all_) edit_.scope.only_over = {label_};
  }
  stroke_ = std::make_unique<imaging::Stroke>(*working_, volume_.get(), brush, edit_.scope);
  for (auto& v : views_) {
    if (!v) continue;
    if (v->scene().labels() == shown->labels) v->set_equal_labels(working_);
    else v->set_labels(working_);
  }
  extend(at);
  return true;
}

void EditTool::extend(const Vec3& to) {
  const auto box = stroke_->extend(to);
  if (!box.empty())
    for (auto& v : views_)
      if (v) v->labels_changed_in(box.low, box.high);
  emit stroke_moved(edit_.scope.only_over.size() == 1 && mode_ == EditMode::eraser ? label_ : label_, (mode_ == EditMode::eraser ? -1 : 1) * qint64(stroke_->changed()));
}

void EditTool::finish_stroke() {
  auto delta = stroke_->finish();
  stroke_.reset();
  const std::string name = imaging::edit_name(edit_, *working_);
  const bool empty = delta.changed == 0;
  // Out of the borrowed state before the session tells everyone.
  auto labels = std::move(working_);
  if (empty) {
    delta = {};
    delta.size = labels->grid.size;
  }
  const auto done = workspace_.session().update_labels(key_, name, std::move(labels), std::move(delta));
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  if (empty) {
    const auto* shown = image();
    for (auto& v : views_)
      if (v) v->set_labels(shown ? shown->labels : nullptr);
  }
}

void EditTool::give_up() {
  if (!stroke_) return;
  stroke_->give_up();
  stroke_.reset();
  const auto* shown = image();
  for (auto& v : views_)
    if (v) v->set_labels(shown ? shown->labels : nullptr);
  workspace_.session().return_labels(key_, std::move(working_));
  emit stroke_moved(label_, 0);
}

void EditTool::apply(const imaging::Edit& edit) {
  const auto* shown = image();
  if (!shown || !shown->labels) {
    workspace_.say(Tone::info, "There are no labels to edit yet. Segment the image or paint first.");
    return;
  }
  auto& session = workspace_.session();
  if (session.image_busy(shown->key)) {
    workspace_.say(Tone::info, "Another job is changing these labels. Try again when it is done.");
    return;
  }
  const std::string name = imaging::edit_name(edit, *shown->labels);
  session.run_image_job(shown->key, QString::fromStdString(name).left(1).toUpper().toStdString() + name.substr(1), name,
                        [edit](const session::ImageData& image, const core::Progress& progress) -> core::Result<std::function<void(session::ImageData&)>> {
                          auto labels = std::make_shared<core::LabelMap>(*image.labels);
                          const auto delta = imaging::apply_edit(*labels, image.volume.get(), edit, progress);
                          if (!delta) return core::pass(delta);
                          if (delta->changed == 0) return core::bad_input("Nothing changed: no voxel met the tool's conditions (label, protection, window). Check them beside the tools.");
                          return std::function<void(session::ImageData&)>([labels](session::ImageData& i) { i.labels = labels; });
                        });
}

bool EditTool::press(viewer::SliceView& view, const viewer::SlicePointer& at) {
  if (mode_ == EditMode::none || at.button != Qt::LeftButton) return false;
  pointer_ = at.at;
  over_ = &view;
  switch (mode_) {
    case EditMode::brush:
    case EditMode::eraser:
    case EditMode::threshold: return start_stroke(view, at.at);
    case EditMode::grow: {
      imaging::GrowRegion grow;
      grow.label = label_;
      grow.seeds = {at.at};
      grow.neck_mm = 2 * radius_mm_ > 20 ? 20 : 0;
      imaging::Edit edit{grow, scope(false)};
      if (window_[0] < window_[1]) std::get<imaging::GrowRegion>(edit.tool).window = window_;
      apply(edit);
      return true;
    }
    case EditMode::scissors:
      lasso_ = {at.at};
      lasso_view_ = &view;
      view.update();
      return true;
    case EditMode::none: break;
  }
  return false;
}

bool EditTool::move(viewer::SliceView& view, const viewer::SlicePointer& at) {
  if (mode_ == EditMode::none) return false;
  if (over_ == &view) redraw_brush(view);
  else if (over_) over_->update();
  pointer_ = at.at;
  over_ = &view;
  redraw_brush(view);   // the brush circle follows
  if (stroke_ && (at.held & Qt::LeftButton)) {
    extend(at.at);
    return true;
  }
  if (!lasso_.empty() && lasso_view_ == &view && (at.held & Qt::LeftButton)) {
    lasso_.push_back(at.at);
    view.update();
    return true;
  }
  return false;   // hover text goes on
}

bool EditTool::release(viewer::SliceView& view, const viewer::SlicePointer& at) {
  if (at.button != Qt::LeftButton) return false;
  if (stroke_) {
    finish_stroke();
    return true;
  }
  if (!lasso_.empty()) {
    finish_lasso(view);
    return true;
  }
  return false;
}

void EditTool::finish_lasso(viewer::SliceView& view) {
  imaging::Scissors cut;
  cut.polygon = std::move(lasso_);
  lasso_.clear();
  view.update();
  if (cut.polygon.size() < 3) {
    workspace_.say(Tone::info, "Scissors: draw an outline around what is to be cut, with the button held down.");
    return;
  }
  cut.direction = view.scene().axes().normal;
  cut.label = label_;
  cut.inside = !cut_outside_;
  if (!cut_through_) {
    const auto* shown = image();
    // The slice on screen: half a voxel step to either side.
    const double half = 0.5 * (shown && shown->labels ? cut.direction.cwiseAbs().dot(shown->labels->grid.spacing) : 1.0) * (1 + 1e-9);
    cut.depth_mm = std::array<double, 2>{-half, half};
  }
  imaging::EditScope s;
  s.protect = scope_.protect;
  apply({cut, s});
}

bool EditTool::double_click(viewer::SliceView& view, const viewer::SlicePointer& at) {
  if (mode_ == EditMode::none) return false;
  return press(view, at);   // two quick dabs are two dabs, not "maximise"
}

bool EditTool::wheel(viewer::SliceView&, const viewer::SlicePointer& at, double notches) {
  if (mode_ == EditMode::none || !(at.modifiers & Qt::ShiftModifier) || notches == 0) return false;
  set_radius(radius_mm_ * std::pow(1.12, notches));
  return true;
}

bool EditTool::wants_key(int key, Qt::KeyboardModifiers modifiers) {
  return mode_ != EditMode::none && modifiers == Qt::NoModifier && (key == Qt::Key_BracketLeft || key == Qt::Key_BracketRight || key == Qt::Key_Escape);
}

bool EditTool::key(viewer::SliceView&, int key, Qt::KeyboardModifiers modifiers) {
  if (!wants_key(key, modifiers)) return false;
  if (key == Qt::Key_BracketLeft) set_radius(radius_mm_ / 1.12);
  if (key == Qt::Key_BracketRight) set_radius(radius_mm_ * 1.12);
  if (key == Qt::Key_Escape) {
    if (stroke_) give_up();
    else if (!lasso_.empty()) lasso_.clear();
    else emit left();
    redraw();
  }
  return true;
}

QCursor EditTool::cursor() const { return mode_ == EditMode::grow || mode_ == EditMode::scissors ? Qt::CrossCursor : Qt::BlankCursor; }

void EditTool::paint(viewer::SliceView& view, QPainter& p) {
  if (mode_ == EditMode::none) return;
  const double ratio = view.devicePixelRatioF();
  const QColor color = mode_ == EditMode::eraser ? QColor(240, 240, 240) : color_of(image(), label_);
  p.setRenderHint(QPainter::Antialiasing);
  if (!lasso_.empty() && lasso_view_ == &view) {
    QPainterPath path;
    for (std::size_t n = 0; n < lasso_.size(); ++n) {
      const auto at = view.scene().to_screen(lasso_[n]);
      n == 0 ? path.moveTo(at[0], at[1]) : path.lineTo(at[0], at[1]);
    }
    QColor fill = color;
    fill.setAlpha(45);
    p.setPen(QPen(QColor(0, 0, 0, 160), 3 * ratio));
    p.drawPath(path);
    path.closeSubpath();
    p.setBrush(fill);
    p.setPen(QPen(color, 1.4 * ratio, Qt::DashLine));
    p.drawPath(path);
    return;
  }
  if (mode_ == EditMode::scissors || mode_ == EditMode::grow || !pointer_ || over_ != &view || !view.underMouse()) return;
  const auto at = view.scene().to_screen(*pointer_);
  const double r = radius_mm_ / view.scene().mm_per_pixel();
  p.setBrush(Qt::NoBrush);
  p.setPen(QPen(QColor(0, 0, 0, 170), 2.6 * ratio));
  p.drawEllipse(QPointF(at[0], at[1]), r, r);
  p.setPen(QPen(color, 1.3 * ratio, mode_ == EditMode::threshold ? Qt::DashLine : Qt::SolidLine));
  p.drawEllipse(QPointF(at[0], at[1]), r, r);
  if (sphere_) {   // a ball: its equator
    p.setPen(QPen(color, 0.9 * ratio, Qt::DotLine));
    p.drawEllipse(QPointF(at[0], at[1]), r, 0.35 * r);
  }
}

}  // namespace ot::gui
