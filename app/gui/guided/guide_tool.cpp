// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/guided/guide_tool.hpp"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "viewer/qt/slice_view.hpp"

namespace ot::gui {
namespace {

using core::Vec3;
constexpr double grab_px = 10.0, near_mm = 5.0;   // a point farther than this from the slice is not shown as in it
constexpr int ring_points = 8;

double depth(const viewer::SliceScene& s, const Vec3& p) { return p.dot(s.axes().normal) - s.position(); }

std::vector<Vec3> ring(const imaging::Plane& plane, int count) {
  const Vec3 u = plane.normal.unitOrthogonal(), v = plane.normal.cross(u);
  std::vector<Vec3> out;
  for (int i = 0; i < count; ++i) {
    const double a = 6.283185307179586 * i / count;
    out.push_back(plane.centre + plane.radius_mm * (std::cos(a) * u + std::sin(a) * v));
  }
  return out;
}

Vec3 centre_of(const core::LabelMap& labels, const std::string& key) {
  const int value = labels.value_of(key);
  Vec3 sum = Vec3::Zero();
  double n = 0;
  for (int k = 0; k < labels.grid.size[2]; k += 2)
    for (int j = 0; j < labels.grid.size[1]; j += 2)
      for (int i = 0; i < labels.grid.size[0]; i += 2)
        if (labels.at(i, j, k) == value) sum += Vec3(i, j, k), n += 1;
  return n > 0 ? labels.grid.to_patient(sum / n) : labels.grid.to_patient(0.5 * Vec3(labels.grid.size[0], labels.grid.size[1], labels.grid.size[2]));
}

QPointF on_screen(const viewer::SliceScene& s, const Vec3& p) {
  const auto q = s.to_screen(p);
  return {q[0], q[1]};
}

}  // namespace

QString guide_name(const GuideItem& item) {
  switch (item.kind) {
    case GuideItem::Kind::seed:
    case GuideItem::Kind::cut: {
      if (item.key == "not_heart") return "Not heart";
      for (const auto& info : core::labels::heart())
        if (info.key == item.key) return QString::fromStdString(info.name);
      return QString::fromStdString(item.key);
    }
    case GuideItem::Kind::valve: return QString::fromStdString(item.key).replace(0, 1, QString::fromStdString(item.key).left(1).toUpper()) + " valve";
    case GuideItem::Kind::apex: return "LV apex";
    case GuideItem::Kind::split: return "Split";
    case GuideItem::Kind::none: break;
  }
  return {};
}

QColor guide_color(const GuideItem& item) {
  if (item.kind == GuideItem::Kind::valve) return QColor(0xff, 0xd1, 0x66);
  if (item.kind == GuideItem::Kind::apex) return QColor(0xff, 0x8f, 0xd0);
  for (const auto& info : core::labels::heart())
    if (info.key == item.key) return QColor(info.color[0], info.color[1], info.color[2]);
  return QColor(0xb0, 0xb8, 0xc0);
}

GuideTool::GuideTool(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {}

void GuideTool::set_preview(std::optional<double> threshold, std::optional<double> right_atrium) {
  threshold_ = threshold;
  right_atrium_ = right_atrium;
  emit redraw();
}

const session::ImageData* GuideTool::image() const {
  const auto data = workspace_.data();
  for (const auto& i : data->images)
    if (i.volume) return &i;
  return nullptr;
}

void GuideTool::change(const std::string& step, const std::function<void(imaging::GuidedInput&)>& edit, const std::string& merge_key) {
  const auto* now = image();
  if (!now) return;
  const std::string key = now->key;   // the image is replaced by the change
  const auto done = workspace_.session().update_image(key, step, [&](session::ImageData& d) { edit(d.guided); }, merge_key);
  if (!done) workspace_.say(Tone::attention, QString::fromStdString(done.error().message));
  emit redraw();
}

std::vector<Vec3> GuideTool::handles(bool* adopted) const {
  const auto* now = image();
  if (adopted) *adopted = false;
  if (!now) return {};
  const auto& g = now->guided;
  if (item_.kind == GuideItem::Kind::apex) return g.apex ? std::vector<Vec3>{*g.apex} : std::vector<Vec3>{};
  if (item_.kind == GuideItem::Kind::seed) {
    const auto at = g.seeds.find(item_.key);
    return at == g.seeds.end() ? std::vector<Vec3>{} : at->second;
  }
  if (item_.kind != GuideItem::Kind::valve) return {};
  const auto at = g.valves.find(item_.key);
  if (at != g.valves.end() && !at->second.empty()) return at->second;
  for (const auto& p : now->planes)
    if (p.key == item_.key && p.radius_mm > 0) {
      if (adopted) *adopted = true;
      return ring(p, ring_points);
    }
  return {};
}

int GuideTool::nearest(viewer::SliceView& view, const viewer::SlicePointer& at) const {
  const auto points = handles();
  int best = -1;
  double least = grab_px * view.devicePixelRatioF();
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (std::abs(depth(view.scene(), points[i])) > near_mm) continue;
    const auto q = view.scene().to_screen(points[i]);
    if (const double d = std::hypot(q[0] - at.x, q[1] - at.y); d < least) least = d, best = int(i);
  }
  return best;
}

void GuideTool::put_points(const std::vector<Vec3>& points, const std::string& step, const std::string& merge_key) {
  const GuideItem item = item_;
  change(step, [&](imaging::GuidedInput& g) {
    if (item.kind == GuideItem::Kind::seed) {
      if (points.empty()) g.seeds.erase(item.key);
      else g.seeds[item.key] = points;
    } else if (item.kind == GuideItem::Kind::valve) {
      if (points.empty()) g.valves.erase(item.key);
      else g.valves[item.key] = points;
    } else if (item.kind == GuideItem::Kind::apex) {
      g.apex = points.empty() ? std::nullopt : std::optional<Vec3>(points.back());
    }
  }, merge_key);
}

bool GuideTool::press(viewer::SliceView& view, const viewer::SlicePointer& at) {
  if (at.button != Qt::LeftButton || item_.kind == GuideItem::Kind::none || !image()) return false;
  if (item_.kind == GuideItem::Kind::cut || item_.kind == GuideItem::Kind::split) {
    stroke_ = {at.at};
    return true;
  }
  bool adopted = false;
  auto points = handles(&adopted);
  const std::string name = guide_name(item_).toLower().toStdString();
  held_ = nearest(view, at);
  ++drag_number_;
  if (held_ < 0) {
    if (adopted) points.clear();                      // the first click away from the found disc starts a new ring
    if (item_.kind == GuideItem::Kind::apex) points.clear();
    points.push_back(at.at);
    held_ = int(points.size()) - 1;
    put_points(points, (item_.kind == GuideItem::Kind::seed ? "seed " : item_.kind == GuideItem::Kind::valve ? "hinge point, " : "") + name, "guide-drag-" + std::to_string(drag_number_));
  }
  last_ = held_;
  return true;
}

bool GuideTool::move(viewer::SliceView& view, const viewer::SlicePointer& at) {
  if (!(at.held & Qt::LeftButton)) return false;
  if (!stroke_.empty()) {
    if ((stroke_.back() - at.at).norm() > 1.0) {
      if (item_.kind == GuideItem::Kind::cut && stroke_.size() > 1) stroke_.back() = at.at;
      else stroke_.push_back(at.at);
      emit redraw();
    }
    return true;
  }
  if (held_ < 0) return false;
  auto points = handles();
  if (held_ >= int(points.size())) return false;
  points[std::size_t(held_)] = at.at;
  put_points(points, "move " + guide_name(item_).toLower().toStdString(), "guide-drag-" + std::to_string(drag_number_));
  (void)view;
  return true;
}

bool GuideTool::release(viewer::SliceView& view, const viewer::SlicePointer&) {
  held_ = -1;
  if (stroke_.empty()) return item_.kind != GuideItem::Kind::none;
  const auto stroke = std::move(stroke_);
  stroke_.clear();
  emit redraw();
  double length = 0;
  for (std::size_t i = 1; i < stroke.size(); ++i) length += (stroke[i] - stroke[i - 1]).norm();
  const auto* now = image();
  if (length < 4 || !now) {
    workspace_.say(Tone::info, "Drag a line of at least 4 mm across the vessel or wall.");
    return true;
  }
  const GuideItem item = item_;
  if (item.kind == GuideItem::Kind::split) {
    change("split stroke", [&](imaging::GuidedInput& g) {
      for (auto& s : g.splits)
        if (s.between == item.between) {
          s.strokes.push_back(stroke);
          return;
        }
      g.splits.push_back({item.between, {stroke}});
    });
    return true;
  }
  imaging::CutPlane cut;
  cut.label = item.key;
  cut.centre = 0.5 * (stroke.front() + stroke.back());
  cut.normal = (stroke.back() - stroke.front()).cross(view.scene().axes().normal).normalized();
  cut.radius_mm = item.unlimited ? 0 : 0.5 * length + 3.0;
  if (now->labels && cut.normal.dot(cut.centre - centre_of(*now->labels, item.key)) < 0) cut.normal = -cut.normal;   // away from the chamber
  change("cut " + guide_name(item).toLower().toStdString(), [&](imaging::GuidedInput& g) { g.cuts.push_back(cut); });
  return true;
}

bool GuideTool::key(viewer::SliceView&, int key, Qt::KeyboardModifiers) {
  if (key != Qt::Key_Delete && key != Qt::Key_Backspace) return false;
  bool adopted = false;
  auto points = handles(&adopted);
  if (adopted || points.empty()) return false;
  const std::size_t at = last_ >= 0 && last_ < int(points.size()) ? std::size_t(last_) : points.size() - 1;
  points.erase(points.begin() + std::ptrdiff_t(at));
  last_ = -1;
  put_points(points, "delete point, " + guide_name(item_).toLower().toStdString(), {});
  return true;
}

// Where the scan crosses `level`, by marching squares on a grid of a few pixels.
void GuideTool::paint_preview(viewer::SliceView& view, QPainter& painter, double level, const QColor& color) const {
  const auto& s = view.scene();
  const double step = 3 * view.devicePixelRatioF();
  const int nx = int(s.width() / step) + 2, ny = int(s.height() / step) + 2;
  std::vector<float> v(std::size_t(nx * ny), std::nanf(""));
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i < nx; ++i)
      if (const auto x = s.value_at(i * step, j * step)) v[std::size_t(j * nx + i)] = *x;
  painter.setPen(QPen(color, 1.2 * view.devicePixelRatioF()));
  const float t = float(level);
  QVector<QLineF> lines;
  for (int j = 0; j + 1 < ny; ++j)
    for (int i = 0; i + 1 < nx; ++i) {
      const float c[4] = {v[std::size_t(j * nx + i)], v[std::size_t(j * nx + i + 1)], v[std::size_t((j + 1) * nx + i + 1)], v[std::size_t((j + 1) * nx + i)]};
      if (!(std::isfinite(c[0]) && std::isfinite(c[1]) && std::isfinite(c[2]) && std::isfinite(c[3]))) continue;
      const QPointF corner[4] = {{i * step, j * step}, {(i + 1) * step, j * step}, {(i + 1) * step, (j + 1) * step}, {i * step, (j + 1) * step}};
      QPointF hit[4];
      int hits = 0;
      for (int e = 0; e < 4; ++e) {
        const float a = c[e], b = c[(e + 1) % 4];
        if ((a > t) != (b > t)) hit[hits++] = corner[e] + (corner[(e + 1) % 4] - corner[e]) * double((t - a) / (b - a));
      }
      for (int h = 0; h + 1 < hits; h += 2) lines.push_back({hit[h], hit[h + 1]});
    }
  painter.drawLines(lines);
}

void GuideTool::paint_disc(viewer::SliceView& view, QPainter& painter, const imaging::Plane& plane, const QColor& color, bool clicked) const {
  const auto& s = view.scene();
  const double ratio = view.devicePixelRatioF();
  QPen pen(color, (clicked ? 2.0 : 1.4) * ratio);
  if (!clicked) pen.setStyle(Qt::DashLine);
  painter.setPen(pen);
  painter.setBrush(Qt::NoBrush);
  // The chord in which the disc meets this slice.
  const Vec3 n = s.axes().normal;
  const Vec3 along = plane.normal.cross(n);
  const double d = depth(s, plane.centre);
  if (along.norm() > 0.05) {
    const Vec3 down = along.cross(plane.normal).normalized();            // in the disc, towards or away from the slice
    const double slope = down.dot(n);
    const double reach = -d / slope;                                     // to the line of intersection
    if (std::abs(reach) < plane.radius_mm) {
      const double half = std::sqrt(plane.radius_mm * plane.radius_mm - reach * reach);
      const Vec3 middle = plane.centre + reach * down, dir = along.normalized();
      painter.drawLine(on_screen(s, middle - half * dir), on_screen(s, middle + half * dir));
    }
  }
  // Nearly in the slice: the ring itself.
  if (along.norm() < 0.5 && std::abs(d) < near_mm) {
    QPolygonF outline;
    for (const Vec3& p : ring(plane, 48)) outline << on_screen(s, p);
    painter.drawPolygon(outline);
  }
}

void GuideTool::paint(viewer::SliceView& view, QPainter& painter) {
  const auto* now = image();
  const auto& s = view.scene();
  if (!now || s.volume() != now->volume) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const double ratio = view.devicePixelRatioF();
  if (threshold_) paint_preview(view, painter, *threshold_, QColor(0x58, 0xe0, 0xc0));
  if (right_atrium_) paint_preview(view, painter, *right_atrium_, QColor(0x6a, 0xa8, 0xff));
  const auto& g = now->guided;
  const auto dot = [&](const Vec3& p, const QColor& color, bool square, bool hollow) {
    const double away = std::abs(depth(s, p));
    if (away > near_mm) return;
    const double r = (away < 1.5 ? 4.5 : 3.0) * ratio;
    QColor c = color;
    c.setAlphaF(float(away < 1.5 ? 1.0 : 0.55));
    painter.setPen(QPen(hollow ? c : QColor(0, 0, 0, 170), 1.2 * ratio));
    painter.setBrush(hollow ? QBrush(QColor(0, 0, 0, 120)) : QBrush(c));
    const QPointF at = on_screen(s, p);
    if (square) painter.drawRect(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r));
    else painter.drawEllipse(at, r, r);
  };
  for (const std::string& key : imaging::valve_keys()) {
    const GuideItem item{GuideItem::Kind::valve, key, {}, false};
    const auto clicks = g.valves.find(key);
    if (clicks != g.valves.end() && !clicks->second.empty()) {
      if (const auto fit = imaging::fit_hinges(key, clicks->second)) paint_disc(view, painter, fit->plane, fit->doubtful ? QColor(0xff, 0x7a, 0x5c) : guide_color(item), true);
      for (const Vec3& p : clicks->second) dot(p, guide_color(item), true, false);
      continue;
    }
    for (const auto& p : now->planes)
      if (p.key == key && p.radius_mm > 0) paint_disc(view, painter, p, guide_color(item), false);
  }
  for (const auto& [key, points] : g.seeds)
    for (const Vec3& p : points) dot(p, guide_color({GuideItem::Kind::seed, key, {}, false}), false, false);
  if (g.apex) dot(*g.apex, guide_color({GuideItem::Kind::apex, {}, {}, false}), false, false);
  bool adopted = false;
  const auto points = handles(&adopted);
  if (adopted)
    for (const Vec3& p : points) dot(p, guide_color(item_), true, true);
  for (const auto& c : g.cuts) {
    imaging::Plane plane;
    plane.centre = c.centre, plane.normal = c.normal.normalized(), plane.radius_mm = c.radius_mm > 0 ? c.radius_mm : 60;
    paint_disc(view, painter, plane, guide_color({GuideItem::Kind::cut, c.label, {}, false}), true);
  }
  painter.setPen(QPen(QColor(0xff, 0xff, 0xff), 1.6 * ratio));
  const auto polyline = [&](const std::vector<Vec3>& line) {
    if (line.size() < 2 || std::abs(depth(s, line.front())) > near_mm || std::abs(depth(s, line.back())) > near_mm) return;
    QPolygonF q;
    for (const Vec3& p : line) q << on_screen(s, p);
    painter.drawPolyline(q);
  };
  for (const auto& sheet : g.splits)
    for (const auto& line : sheet.strokes) polyline(line);
  polyline(stroke_);
  painter.restore();
}

}  // namespace ot::gui
