// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tissue/tissue_overlay.hpp"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/gui/theme.hpp"
#include "viewer/qt/slice_view.hpp"

namespace ot::gui {
namespace {
constexpr int block = 2;            // device pixels per sample: fine enough for voxels drawn 3 pixels wide
constexpr double near_mm = 4.0;     // a landmark is drawn full within this of the slice, faint within three times it
}

QImage TissueOverlay::wash(viewer::SliceView& view, int width, int height) {
  QImage image(width / block + 1, height / block + 1, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  const auto report = model_.report();
  if (!report) return image;
  const auto& s = *report->sample;
  const auto preview = preview_ ? model_.preview() : nullptr;
  const int segment = workspace_.segment();
  if (!preview && segment == 0) return image;
  const auto& scene = view.scene();
  // The slice is a plane: three points give every voxel index by steps.
  const core::Vec3 o = s.grid.to_index(scene.to_patient(0, 0)), dx = s.grid.to_index(scene.to_patient(block, 0)) - o, dy = s.grid.to_index(scene.to_patient(0, block)) - o;
  const Theme& t = theme();
  const auto paint = [](const QColor& c, int alpha) { return qPremultiply(qRgba(c.red(), c.green(), c.blue(), alpha)); };
  const QRgb scar = paint(t.attention, 150), border = paint(mix(t.attention, t.bad, 0.75), 110), fat = paint(QColor(0xd8, 0xe8, 0x6a), 150), chosen = paint(t.accent, 70);
  namespace l = core::labels;
  for (int y = 0; y < image.height(); ++y) {
    auto* row = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < image.width(); ++x) {
      const core::Vec3 at = o + dx * x + dy * y;
      const int i = int(std::lround(at.x())), j = int(std::lround(at.y())), k = int(std::lround(at.z()));
      if (!s.grid.contains(i, j, k)) continue;
      const std::int32_t n = s.number[s.grid.offset(i, j, k)];
      if (n < 0) continue;
      const int label = preview && std::size_t(n) < preview->label.size() ? preview->label[std::size_t(n)] : l::lv_myocardium;
      if (label == l::scar) row[x] = scar;
      else if (label == l::border_zone) row[x] = border;
      else if (label == l::myocardial_fat) row[x] = fat;
      else if (segment && s.segment[std::size_t(n)] == segment) row[x] = chosen;
    }
  }
  return image;
}

void TissueOverlay::paint(viewer::SliceView& view, QPainter& painter) {
  const auto& scene = view.scene();
  const int width = scene.width(), height = scene.height();
  if (width < 8 || height < 8) return;
  Cached& c = cache_[&view];
  const core::Vec3 corner[3] = {scene.to_patient(0, 0), scene.to_patient(width, 0), scene.to_patient(0, height)};
  if (c.image.isNull() || c.segment != workspace_.segment() || corner[0] != c.corner[0] || corner[1] != c.corner[1] || corner[2] != c.corner[2]) {
    c.image = wash(view, width, height);
    c.segment = workspace_.segment();
    std::copy(corner, corner + 3, c.corner);
  }
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.drawImage(QRectF(0, 0, c.image.width() * block, c.image.height() * block), c.image);
  if (!marks_ || !model_.report()) return;
  const Theme& t = theme();
  const double ratio = view.devicePixelRatioF();
  const core::Vec3 normal = scene.axes().normal;
  painter.setRenderHint(QPainter::Antialiasing);
  for (const auto& p : model_.report()->landmarks.points) {
    const double off = std::abs(normal.dot(p.at) - scene.position());
    if (off > 3 * near_mm && p.key != moving_) continue;
    const auto at = scene.to_screen(p.at);
    QColor color = p.by_hand ? t.good : t.accent;
    if (p.key == moving_) color = t.attention;
    color.setAlphaF(off < near_mm ? 1.0f : 0.35f);
    painter.setPen(QPen(color, 1.6 * ratio));
    painter.setBrush(Qt::NoBrush);
    const double r = 4.5 * ratio;
    painter.drawEllipse(QPointF(at[0], at[1]), r, r);
    painter.drawPoint(QPointF(at[0], at[1]));
    if (off < near_mm) {
      QFont font = ui_font(int(10 * ratio));
      painter.setFont(font);
      QString name;
      for (const auto& kind : imaging::landmark_kinds())
        if (p.key == kind.key) name = QString::fromUtf8(kind.name);
      const double wide = QFontMetricsF(font).horizontalAdvance(name), right = at[0] + r + 3 * ratio;
      const bool leaves = right + wide + 4 > view.width() * ratio;   // then at the left of its mark
      const QPointF place(leaves ? std::max(4.0, at[0] - r - 3 * ratio - wide) : right, at[1] + 3 * ratio);
      painter.fillRect(QFontMetricsF(font).tightBoundingRect(name).translated(place).adjusted(-2, -2, 2, 2), QColor(0, 0, 0, 150));
      painter.drawText(place, name);
    }
  }
}

bool TissueOverlay::press(viewer::SliceView&, const viewer::SlicePointer& pointer) {
  if (moving_.empty() || pointer.button != Qt::LeftButton) return false;
  const std::string key = moving_;
  if (placed) placed(key, pointer.at);
  return true;
}

bool TissueOverlay::key(viewer::SliceView&, int key, Qt::KeyboardModifiers) {
  if (key != Qt::Key_Escape || moving_.empty()) return false;
  const core::Vec3 nowhere = core::Vec3::Constant(std::nan(""));
  const std::string was = moving_;
  moving_.clear();
  if (placed) placed(was, nowhere);   // not finite: given up
  return true;
}

}  // namespace ot::gui
