// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/lesion_tool.hpp"

#include <QKeyEvent>

#include "app/gui/heart_pane.hpp"

namespace ot::gui {
namespace {

constexpr double step_mm = 1.0;       // of an arrow key
constexpr double on_point_mm = 1.0;   // a drawn lesion this near to a point of its line is that point

std::optional<core::Vec3> direction_of(int key, const viewer::ViewFrame& frame) {
  switch (key) {
    case Qt::Key_Left: return core::Vec3(-frame.right());
    case Qt::Key_Right: return frame.right();
    case Qt::Key_Up: return frame.up;
    case Qt::Key_Down: return core::Vec3(-frame.up);
    default: return std::nullopt;
  }
}

}  // namespace

LesionTool::LesionTool(Workspace& workspace, LesionDrafts& drafts, HeartPane& pane, QObject* parent) : QObject(parent), workspace_(workspace), drafts_(drafts), pane_(pane) {
  auto& view = pane.view();
  view.installEventFilter(this);
  connect(&view, &viewer::View3D::grab_moved, this, [this](double x, double y) {
    if (!drafts_.dragging()) return;
    if (const auto wall = pane_.view().scene().pick(x + offset_x_, y + offset_y_, viewer::PickOf::tissue)) drafts_.move(wall->point);
  });
  connect(&view, &viewer::View3D::grab_ended, this, [this](bool kept) {
    if (drafts_.dragging()) kept ? drafts_.finish() : drafts_.abandon();
  });
}

Qt::CursorShape LesionTool::hand_on(const viewer::Pick& pick, bool pressed) {
  const QString key = QString::fromStdString(pick.object_key);
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (!(key.startsWith("lesion:") || key.startsWith("pacing:")) || plan <= 0 || plan != pane_.plan() || plan >= int(data->plans.size())) return Qt::ArrowCursor;
  const QString id = key.mid(key.indexOf(':') + 1);
  const auto* spec = data->plans[std::size_t(plan)].scenario.find(id.toStdString());
  if (!spec || !lies_on_wall(*spec)) return Qt::ArrowCursor;
  if (pressed) {
    const auto& points = spec->placement.points_mm;
    int grip = points.size() == 1 ? 0 : -1;
    core::Vec3 at = pane_.mark_at(*spec, pick.point);
    if (!workspace_.move_whole())
      for (std::size_t i = 0; i < points.size(); ++i)
        if ((points[i] - at).norm() < on_point_mm) grip = int(i);
    if (!drafts_.begin(id, grip, at)) return Qt::ArrowCursor;
    if (grip >= 0) at = points[std::size_t(grip)];
    const auto pointer = pane_.view().scene().project(pick.point), place = pane_.view().scene().project(at);
    offset_x_ = pointer && place ? (*place)[0] - (*pointer)[0] : 0;
    offset_y_ = pointer && place ? (*place)[1] - (*pointer)[1] : 0;
  }
  return Qt::OpenHandCursor;
}

bool LesionTool::eventFilter(QObject*, QEvent* event) {
  if (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride) return false;
  const auto* key = static_cast<QKeyEvent*>(event);
  const auto* spec = workspace_.selected_spec();
  if (!spec || !lies_on_wall(*spec) || (key->modifiers() & ~Qt::KeypadModifier) || !workspace_.shown_vessel().isEmpty()) return false;
  const auto direction = direction_of(key->key(), pane_.view().scene().camera().frame);
  if (!direction) return false;
  if (event->type() == QEvent::KeyPress) drafts_.nudge(*direction, step_mm);
  event->accept();
  return true;
}

}  // namespace ot::gui
