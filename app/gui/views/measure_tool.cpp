// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/measure_tool.hpp"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <set>

#include "app/gui/workspace.hpp"
#include "viewer/qt/slice_view.hpp"
#include "viewer/qt/theme_colors.hpp"

namespace ot::gui {
using core::Measurement;
using core::MeasurementKind;
using core::Vec3;

namespace {

constexpr double grab_px = 9;          // device-independent reach of a handle
constexpr double freehand_step_mm = 1; // between the points of a contour drawn in one drag
constexpr double faded_mm = 15;        // farther off the plane nothing is drawn

bool drags_radius(MeasurementKind kind) { return kind == MeasurementKind::ellipse || kind == MeasurementKind::sphere; }
bool open_ended(MeasurementKind kind) { return kind == MeasurementKind::polyline || kind == MeasurementKind::contour; }

QString word(MeasurementKind kind) {
  static const char* const words[] = {"Distance", "Polyline", "Angle", "Contour", "Ellipse", "Sphere"};
  return QString::fromLatin1(words[std::size_t(kind)]);
}

const session::ImageData* image_of(const session::CaseData& data, const QString& key) {
  for (const auto& i : data.images)
    if (QString::fromStdString(i.key) == key) return &i;
  return nullptr;
}

// Distance of the farthest point from the plane of the view, mm; a sphere is in the plane as far as it reaches.
double off_plane(const viewer::SliceScene& scene, const Measurement& m) {
  const Vec3 n = scene.axes().normal;
  if (m.kind == MeasurementKind::sphere) {
    const double d = std::abs(m.points[0].dot(n) - scene.position()), r = (m.points[1] - m.points[0]).norm();
    return std::max(0.0, d - r);
  }
  double most = 0;
  for (const Vec3& p : m.points) most = std::max(most, std::abs(p.dot(n) - scene.position()));
  return most;
}

}  // namespace

MeasureTool::MeasureTool(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {}

void MeasureTool::set_image(const QString& key) {
  if (key == image_) return;
  image_ = key;
  building_.reset();
  dragged_.reset();
  selected_.clear();
  values_.clear();
  emit changed();
}
void MeasureTool::set_kind(std::optional<MeasurementKind> kind) {
  kind_ = kind;
  building_.reset();
  dragged_.reset();
  emit changed();
}
void MeasureTool::select(const QString& id) {
  selected_ = id.toStdString();
  emit changed();
}

std::vector<Measurement> MeasureTool::list() const {
  const auto data = workspace_.data();
  const auto* image = image_of(*data, image_);
  return image ? image->measurements : std::vector<Measurement>{};
}

QString MeasureTool::value_text(const Measurement& m) const {
  const auto known = values_.find(m.id);
  if (known != values_.end() && known->second.first == m) return known->second.second;
  const auto data = workspace_.data();
  const auto* image = image_of(*data, image_);
  const QString text = QString::fromStdString(core::summary(m, image ? image->volume.get() : nullptr));
  values_[m.id] = {m, text};
  return text;
}

void MeasureTool::commit(const Measurement& m, bool fresh) {
  const auto done = workspace_.session().update_image(image_.toStdString(), (fresh ? "measure " : "move ") + m.name, [&](session::ImageData& image) {
    for (auto& old : image.measurements)
      if (old.id == m.id) {
        old = m;
        return;
      }
    image.measurements.push_back(m);
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  selected_ = m.id;
  emit changed();
}

void MeasureTool::remove(const QString& id) {
  QString name = id;
  for (const auto& m : list())
    if (m.id == id.toStdString()) name = QString::fromStdString(m.name);
  const auto done = workspace_.session().update_image(image_.toStdString(), "delete " + name.toStdString(), [&](session::ImageData& image) {
    std::erase_if(image.measurements, [&](const Measurement& m) { return m.id == id.toStdString(); });
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  emit changed();
}
void MeasureTool::rename(const QString& id, const QString& name) {
  const auto done = workspace_.session().update_image(image_.toStdString(), "rename measurement", [&](session::ImageData& image) {
    for (auto& m : image.measurements)
      if (m.id == id.toStdString()) m.name = name.trimmed().toStdString();
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  emit changed();
}

void MeasureTool::finish() {
  if (!building_) return;
  Measurement m = std::move(*building_);
  building_.reset();
  if (const auto good = core::check(m); !good) {
    workspace_.say(Tone::attention, QString::fromStdString(good.error().message));
    emit changed();
    return;
  }
  const auto others = list();
  std::set<std::string> ids;
  int of_kind = 1;
  for (const auto& o : others) ids.insert(o.id), of_kind += o.kind == m.kind;
  for (int n = 1; m.id.empty() || ids.contains(m.id); ++n) m.id = "m" + std::to_string(n);
  m.name = QStringLiteral("%1 %2").arg(word(m.kind)).arg(of_kind).toStdString();
  commit(m, true);
}

std::optional<std::pair<Measurement, std::size_t>> MeasureTool::handle_at(viewer::SliceView& view, const viewer::SlicePointer& p) const {
  const double reach = grab_px * view.devicePixelRatioF();
  std::optional<std::pair<Measurement, std::size_t>> best;
  double nearest = reach;
  for (const auto& m : list()) {
    if (off_plane(view.scene(), m) > faded_mm) continue;
    for (std::size_t i = 0; i < m.points.size(); ++i) {
      const auto at = view.scene().to_screen(m.points[i]);
      if (const double d = std::hypot(at[0] - p.x, at[1] - p.y); d < nearest) nearest = d, best = std::pair(m, i);
    }
  }
  return best;
}

bool MeasureTool::press(viewer::SliceView& view, const viewer::SlicePointer& p) {
  if (p.button != Qt::LeftButton || image_.isEmpty()) return false;
  view.setFocus();
  pressed_ = true;
  pressed_at_ = p.at;
  if (!building_) {
    if (auto hit = handle_at(view, p)) {
      dragged_ = hit->first;
      dragged_point_ = hit->second;
      select(QString::fromStdString(hit->first.id));
      return true;
    }
    if (!kind_) return false;
    building_ = Measurement{"", "", *kind_, {p.at, p.at}};
    if (drags_radius(*kind_)) {
      const auto axes = view.scene().axes();
      across_ = axes.right;
      along_ = axes.down;
      building_->points = {p.at, p.at + 0.01 * across_, p.at + 0.01 * along_};
      if (*kind_ == MeasurementKind::sphere) building_->points.pop_back();
    }
  } else if (!drags_radius(building_->kind)) {
    auto& points = building_->points;
    points.back() = p.at;
    if (!open_ended(building_->kind) && points.size() == std::size_t(core::least_points(building_->kind))) {
      finish();
      pressed_ = false;
    } else {
      const auto first = view.scene().to_screen(points.front());
      if (building_->kind == MeasurementKind::contour && points.size() > 3 && std::hypot(first[0] - p.x, first[1] - p.y) < grab_px * view.devicePixelRatioF()) {
        points.pop_back();
        finish();
        pressed_ = false;
      } else {
        points.push_back(p.at);
      }
    }
  }
  emit changed();
  return true;
}

bool MeasureTool::move(viewer::SliceView& view, const viewer::SlicePointer& p) {
  if (dragged_) {
    // A handle moves in the plane of the view: its depth along the normal stays.
    const Vec3 n = view.scene().axes().normal;
    const Vec3 was = dragged_->points[dragged_point_];
    core::move_point(*dragged_, dragged_point_, p.at + (was - p.at).dot(n) * n);
    emit changed();
    return true;
  }
  if (!building_) return false;
  auto& points = building_->points;
  if (drags_radius(building_->kind)) {
    if (!(p.held & Qt::LeftButton)) return true;
    const Vec3 d = p.at - points[0];
    if (building_->kind == MeasurementKind::sphere) {
      points[1] = points[0] + d;
    } else {
      // Ellipse in the axes of the screen; Shift: a circle.
      double a = std::abs(d.dot(across_)), b = std::abs(d.dot(along_));
      if (p.modifiers & Qt::ShiftModifier) a = b = d.norm();
      points[1] = points[0] + std::max(a, 0.05) * across_;
      points[2] = points[0] + std::max(b, 0.05) * along_;
    }
  } else {
    points.back() = p.at;
    if (building_->kind == MeasurementKind::contour && (p.held & Qt::LeftButton) && (points[points.size() - 2] - p.at).norm() > freehand_step_mm) points.push_back(p.at);
  }
  emit changed();
  return true;
}

bool MeasureTool::release(viewer::SliceView&, const viewer::SlicePointer& p) {
  if (p.button != Qt::LeftButton || !pressed_) return false;
  pressed_ = false;
  if (dragged_) {
    const Measurement m = *dragged_;
    dragged_.reset();
    const auto all = list();
    const bool same = std::any_of(all.begin(), all.end(), [&](const Measurement& o) { return o == m; });
    if (!same) {
      if (const auto good = core::check(m); !good) workspace_.say(Tone::attention, QString::fromStdString(good.error().message));
      else commit(m, false);
    }
    emit changed();
    return true;
  }
  if (!building_) return true;
  const double dragged_mm = (p.at - pressed_at_).norm();
  if (drags_radius(building_->kind)) {
    if (dragged_mm > 0.3) finish();
    else building_.reset();
  } else if (building_->kind == MeasurementKind::contour && building_->points.size() > 12) {
    finish();                                            // drawn in one drag
  } else if (building_->kind == MeasurementKind::distance && dragged_mm > 1.0) {
    building_->points.back() = p.at;                     // press, drag, release
    finish();
  }
  emit changed();
  return true;
}

bool MeasureTool::double_click(viewer::SliceView&, const viewer::SlicePointer&) {
  if (!building_ || !open_ended(building_->kind)) return building_.has_value();
  finish();
  return true;
}

bool MeasureTool::wants_key(int key, Qt::KeyboardModifiers) {
  if (key == Qt::Key_Delete || key == Qt::Key_Backspace) return !selected_.empty() || building_;
  return key == Qt::Key_Escape || (building_ && (key == Qt::Key_Return || key == Qt::Key_Enter));
}

bool MeasureTool::key(viewer::SliceView&, int key, Qt::KeyboardModifiers) {
  if (key == Qt::Key_Escape) {
    if (building_ || dragged_) {
      building_.reset();
      dragged_.reset();
      emit changed();
    } else {
      emit left();
    }
    return true;
  }
  if ((key == Qt::Key_Return || key == Qt::Key_Enter) && building_) {
    if (open_ended(building_->kind) && building_->points.size() > std::size_t(core::least_points(building_->kind))) building_->points.pop_back();
    finish();
    return true;
  }
  if (key == Qt::Key_Backspace && building_ && building_->points.size() > 2) {
    building_->points.erase(building_->points.end() - 2);
    emit changed();
    return true;
  }
  if ((key == Qt::Key_Delete || key == Qt::Key_Backspace) && !building_ && !selected_.empty()) {
    remove(selected());
    selected_.clear();
    return true;
  }
  return false;
}

void MeasureTool::draw(viewer::SliceView& view, QPainter& p, const Measurement& m, bool selected, bool growing) const {
  const auto& scene = view.scene();
  const double ratio = view.devicePixelRatioF();
  const double off = off_plane(scene, m), half = 0.5 * scene.step_mm() + 0.5 * scene.slab().mm;
  if (off > faded_mm) return;
  const bool in_plane = off <= half + 1e-6;
  QColor color = selected || growing ? viewer::theme::accent : viewer::theme::attention;
  color.setAlphaF(in_plane ? 1.0 : 0.35);
  QPen pen(color, 1.6 * ratio);
  if (!in_plane) pen.setStyle(Qt::DashLine);
  const auto to = [&](const Vec3& x) {
    const auto at = scene.to_screen(x);
    return QPointF(at[0], at[1]);
  };
  QPainterPath path;
  QPointF anchor = to(m.points.back());
  if (m.kind == MeasurementKind::sphere) {
    const double r = (m.points[1] - m.points[0]).norm(), d = m.points[0].dot(scene.axes().normal) - scene.position();
    const double cut = std::sqrt(std::max(0.0, r * r - d * d)) / scene.mm_per_pixel();
    if (cut > 0) path.addEllipse(to(m.points[0]), cut, cut);
    anchor = to(m.points[0]) + QPointF(0.7 * cut, -0.7 * cut);
  } else {
    const auto line = core::outline(m);
    path.moveTo(to(line.front()));
    for (std::size_t i = 1; i < line.size(); ++i) path.lineTo(to(line[i]));
    if (m.kind == MeasurementKind::ellipse || m.kind == MeasurementKind::contour) {
      const QRectF box = path.boundingRect();
      anchor = QPointF(box.right(), box.top());
    }
    if (m.kind == MeasurementKind::angle && m.points.size() > 1) anchor = to(m.points[1]);
  }
  p.setRenderHint(QPainter::Antialiasing);
  p.setBrush(Qt::NoBrush);
  QColor halo(0, 0, 0, in_plane ? 150 : 40);
  p.setPen(QPen(halo, 3.4 * ratio));
  p.drawPath(path);
  p.setPen(pen);
  p.drawPath(path);
  if (in_plane && (m.points.size() <= 12 || selected)) {
    const std::size_t stride = std::max<std::size_t>(1, m.points.size() / 40);
    for (std::size_t i = 0; i < m.points.size(); i += stride) {
      p.setPen(QPen(color, 1.3 * ratio));
      p.setBrush(selected ? QBrush(color) : QBrush(QColor(0, 0, 0, 120)));
      p.drawEllipse(to(m.points[i]), 3.2 * ratio, 3.2 * ratio);
    }
  }
  if (!in_plane) return;
  QFont font = view.font();
  font.setPixelSize(int(std::lround(12 * ratio)));
  font.setWeight(QFont::DemiBold);
  p.setFont(font);
  const QString text = growing ? QString::fromStdString(core::summary(m, nullptr)) : value_text(m);
  if (text.isEmpty()) return;
  const QFontMetricsF metrics(font);
  QRectF box(anchor.x() + 8 * ratio, anchor.y() - 18 * ratio, metrics.horizontalAdvance(text) + 10 * ratio, 18 * ratio);
  // Never outside the view.
  box.moveLeft(std::clamp(box.left(), 2.0 * ratio, std::max(2.0 * ratio, scene.width() - box.width() - 2 * ratio)));
  box.moveTop(std::clamp(box.top(), 2.0 * ratio, std::max(2.0 * ratio, scene.height() - box.height() - 2 * ratio)));
  p.setPen(Qt::NoPen);
  p.setBrush(QColor(15, 19, 23, 205));
  p.drawRoundedRect(box, 4 * ratio, 4 * ratio);
  p.setPen(color);
  p.drawText(box, Qt::AlignCenter, text);
}

void MeasureTool::paint(viewer::SliceView& view, QPainter& p) {
  for (const auto& m : list()) {
    if (dragged_ && dragged_->id == m.id) continue;
    draw(view, p, m, m.id == selected_, false);
  }
  if (dragged_) draw(view, p, *dragged_, true, true);
  if (building_ && building_->points.size() >= 2) draw(view, p, *building_, true, true);
}

}  // namespace ot::gui
