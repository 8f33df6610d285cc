// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/print/figures.hpp"

#include <QPainter>
#include <QRegularExpression>
#include <QTextCursor>
#include <algorithm>

namespace ot::print {
namespace {

constexpr QChar open_sign(0xE000), close_sign(0xE001);   // private use: no report holds them
constexpr int figure_object = QTextFormat::UserObject + 1, figure_number = QTextFormat::UserProperty + 1;
constexpr double picture_wide_mm = 150;   // of a picture of the heart: two on a page

Figure drawing_of(QString svg) {
  Figure figure;
  static const QRegularExpression box("viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"");
  if (const auto found = box.match(svg); found.hasMatch()) {   // our drawings: one unit is one millimetre
    figure.mm = {found.captured(1).toDouble(), found.captured(2).toDouble()};
    svg.replace("width=\"100%\" height=\"100%\"", QStringLiteral("width=\"%1\" height=\"%2\"").arg(found.captured(1), found.captured(2)));
  }
  figure.drawing = std::make_unique<QSvgRenderer>(svg.toUtf8());
  return figure;
}

}  // namespace

std::vector<Figure> take_figures(QString& html, double most_wide_mm, double most_high_mm) {
  static const QRegularExpression any("<svg[ >].*?</svg>|<img [^>]*src=\"data:image/png;base64,([^\"]*)\"[^>]*>", QRegularExpression::DotMatchesEverythingOption);
  std::vector<Figure> figures;
  QString rest;
  qsizetype from = 0;
  for (auto at = any.globalMatch(html); at.hasNext();) {
    const auto found = at.next();
    Figure figure;
    if (found.capturedLength(1) > 0) {
      figure.picture = QImage::fromData(QByteArray::fromBase64(found.captured(1).toLatin1()), "PNG");
      figure.mm = {picture_wide_mm, figure.picture.isNull() ? 1 : picture_wide_mm * figure.picture.height() / figure.picture.width()};
    } else {
      figure = drawing_of(found.captured(0));
    }
    const double shrink = std::min({1.0, most_wide_mm / std::max(1.0, figure.mm.width()), most_high_mm / std::max(1.0, figure.mm.height())});
    figure.mm *= shrink;
    rest += html.mid(from, found.capturedStart() - from) + "<p>" + open_sign + QString::number(figures.size()) + close_sign + "</p>";
    from = found.capturedEnd();
    figures.push_back(std::move(figure));
  }
  html = rest + html.mid(from);
  return figures;
}

void FigureDrawer::place_in(QTextDocument& document) {
  document.documentLayout()->registerHandler(figure_object, this);
  static const QRegularExpression sign(QString(open_sign) + "([0-9]+)" + close_sign);
  for (QTextCursor at = document.find(sign); !at.isNull(); at = document.find(sign, at)) {
    QTextCharFormat format;
    format.setObjectType(figure_object);
    format.setProperty(figure_number, QStringView(at.selectedText()).mid(1).chopped(1).toInt());
    at.insertText(QString(QChar::ObjectReplacementCharacter), format);
  }
}

QSizeF FigureDrawer::intrinsicSize(QTextDocument*, int, const QTextFormat& format) {
  return figures_[std::size_t(format.intProperty(figure_number))].mm * dots_per_mm_;
}

void FigureDrawer::drawObject(QPainter* painter, const QRectF& rect, QTextDocument*, int, const QTextFormat& format) {
  const Figure& figure = figures_[std::size_t(format.intProperty(figure_number))];
  if (figure.drawing) figure.drawing->render(painter, rect);
  else painter->drawImage(rect, figure.picture);
}

}  // namespace ot::print
