// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/import/reading_list.hpp"

#include <QPainter>
#include <QStyledItemDelegate>
#include <algorithm>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

constexpr int picture_side = 60, row_height = 78;
enum Role { name_role = Qt::UserRole + 1, series_role, verdict_role, state_role, size_role, spacing_role, memory_role, picture_role, recommended_role, warning_role };

QColor state_color(int state) {
  const Theme& t = theme();
  return state == int(imaging::ReadingState::good) ? t.good : state == int(imaging::ReadingState::caution) ? t.attention : t.bad;
}
QString state_icon(int state) { return state == int(imaging::ReadingState::good) ? "confirm" : state == int(imaging::ReadingState::caution) ? "warning" : "stop"; }

class RowPainter : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {200, row_height}; }

  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    p->save();
    p->setRenderHint(QPainter::Antialiasing);
    const QRect box = option.rect.adjusted(0, 2, -4, -2);
    const bool selected = option.state & QStyle::State_Selected, hover = option.state & QStyle::State_MouseOver;
    p->setPen(QPen(selected ? t.accent : t.hairline, 1));
    p->setBrush(selected ? mix(t.card, t.accent, t.dark ? 0.14 : 0.10) : hover ? t.selected : t.card);
    p->drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7);
    const QRect frame(box.left() + 7, box.top() + 7, picture_side, picture_side);
    p->fillRect(frame, QColor(0, 0, 0));
    if (const QPixmap picture = index.data(picture_role).value<QPixmap>(); !picture.isNull()) {
      const QSize size = picture.size().scaled(frame.size(), Qt::KeepAspectRatio);
      p->drawPixmap(QRect(frame.left() + (frame.width() - size.width()) / 2, frame.top() + (frame.height() - size.height()) / 2, size.width(), size.height()), picture);
    } else {
      p->drawPixmap(frame.center() - QPoint(9, 9), icon_pixmap("image", t.hint, 18, p->device()->devicePixelRatioF()));
    }
    const int state = index.data(state_role).toInt(), left = frame.right() + 12;
    // Numbers at the right when there is room for them beside the words.
    int right = box.right() - 10;
    if (box.width() > 560) {
      const int column = 176, x = right - column;
      p->setFont(ui_font(12));
      int y = box.top() + 8;
      for (const int role : {size_role, spacing_role, memory_role}) {
        p->setPen(role == size_role ? t.text : t.secondary);
        p->drawText(QRect(x, y, column, 18), Qt::AlignRight | Qt::AlignVCenter, index.data(role).toString());
        y += 19;
      }
      right = x - 12;
    }
    const int width = right - left;
    const bool refused = state == int(imaging::ReadingState::refused);
    p->setFont(ui_font(13, QFont::DemiBold));
    p->setPen(refused ? t.secondary : t.text);
    const QFontMetrics strong(p->font());
    QString name = index.data(name_role).toString();
    const QString mark = index.data(recommended_role).toBool() ? "recommended" : QString();
    const int mark_width = mark.isEmpty() ? 0 : QFontMetrics(ui_font(11)).horizontalAdvance(mark) + 26;
    name = strong.elidedText(name, Qt::ElideRight, std::max(40, width - mark_width));
    p->drawText(QRect(left, box.top() + 6, width, 20), Qt::AlignLeft | Qt::AlignVCenter, name);
    if (!mark.isEmpty()) {
      const QRect chip(left + strong.horizontalAdvance(name) + 8, box.top() + 8, mark_width - 14, 16);
      p->setPen(QPen(t.accent, 1));
      p->setBrush(Qt::NoBrush);
      p->drawRoundedRect(QRectF(chip).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
      p->setFont(ui_font(11));
      p->setPen(t.accent);
      p->drawText(chip, Qt::AlignCenter, mark);
    }
    p->setFont(ui_font(12));
    p->setPen(t.hint);
    p->drawText(QRect(left, box.top() + 26, width, 18), Qt::AlignLeft | Qt::AlignVCenter, QFontMetrics(p->font()).elidedText(index.data(series_role).toString(), Qt::ElideRight, width));
    p->drawPixmap(left, box.top() + 48, icon_pixmap(state_icon(state), state_color(state), 16, p->device()->devicePixelRatioF()));
    p->setPen(state_color(state));
    p->drawText(QRect(left + 22, box.top() + 46, width - 22, 20), Qt::AlignLeft | Qt::AlignVCenter,
                QFontMetrics(p->font()).elidedText(index.data(verdict_role).toString(), Qt::ElideRight, width - 22));
    p->restore();
  }
};

}  // namespace

QString size_words(const core::Grid& g, int phases) {
  if (g.voxels() == 0) return {};
  return QStringLiteral("%1 × %2 × %3%4").arg(g.size[0]).arg(g.size[1]).arg(g.size[2]).arg(phases > 1 ? QStringLiteral(" · %1").arg(phases) : QString());
}
QString spacing_words(const core::Grid& g) {
  if (g.voxels() == 0) return {};
  return QStringLiteral("%1 × %2 × %3 mm").arg(g.spacing[0], 0, 'g', 3).arg(g.spacing[1], 0, 'g', 3).arg(g.spacing[2], 0, 'g', 3);
}
QString memory_words(double bytes) {
  if (!(bytes > 0)) return {};
  return bytes >= 1e9 ? QStringLiteral("%1 GB").arg(bytes / 1e9, 0, 'f', 1) : QStringLiteral("%1 MB").arg(bytes / 1e6, 0, 'f', bytes < 1e7 ? 1 : 0);
}

ReadingList::ReadingList(QWidget* parent) : QListWidget(parent) {
  name_widget(this, "import_list", "Series and their possible readings");
  setItemDelegate(new RowPainter(this));
  setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setMouseTracking(true);
  setUniformItemSizes(true);
  setResizeMode(QListView::Adjust);
}

void ReadingList::set_readings(const std::vector<session::ImportReading>& readings) {
  clear();
  int chosen = -1;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const session::ImportReading& r = readings[i];
    auto* item = new QListWidgetItem(this);
    const QString name = QString::fromStdString(r.name), verdict = QString::fromStdString(r.verdict);
    item->setData(name_role, name);
    item->setData(series_role, QString::fromStdString(r.modality) + " · " + QString::fromStdString(r.series) + QStringLiteral(" · %1 file%2").arg(r.files).arg(r.files == 1 ? "" : "s"));
    item->setData(verdict_role, verdict);
    item->setData(state_role, int(r.state));
    item->setData(size_role, size_words(r.grid, r.phases));
    item->setData(spacing_role, spacing_words(r.grid));
    item->setData(memory_role, r.state == imaging::ReadingState::refused ? QString() : memory_words(double(session::memory_need(r, {}).image_bytes)));
    item->setData(recommended_role, r.recommended);
    item->setData(Qt::AccessibleTextRole, name + ". " + verdict);
    item->setToolTip(verdict);
    if (r.recommended) chosen = int(i);
  }
  setCurrentRow(chosen >= 0 ? chosen : count() > 0 ? 0 : -1);
  if (currentItem()) scrollToItem(currentItem(), QAbstractItemView::PositionAtCenter);
}

void ReadingList::set_picture(int row, const imaging::Thumbnail& picture) {
  if (row < 0 || row >= count() || picture.grey.empty()) return;
  const QImage image(picture.grey.data(), picture.width, picture.height, picture.width, QImage::Format_Grayscale8);
  item(row)->setData(picture_role, QPixmap::fromImage(image.copy()));
}

}  // namespace ot::gui
