// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of a report: the drawings (SVG) and pictures (PNG) of its HTML, taken out so that a text document can place them as single signs.
#pragma once
#include <QImage>
#include <QObject>
#include <QSvgRenderer>
#include <QAbstractTextDocumentLayout>
#include <QTextDocument>
#include <QTextObjectInterface>
#include <memory>
#include <vector>

namespace ot::print {

struct Figure {
  std::unique_ptr<QSvgRenderer> drawing;   // or
  QImage picture;
  QSizeF mm;
};

// Takes the figures out of `html`; a private sign with their number is left in place of each. Wider ones than `most_mm` are made smaller.
std::vector<Figure> take_figures(QString& html, double most_wide_mm, double most_high_mm);

class FigureDrawer : public QObject, public QTextObjectInterface {
  Q_OBJECT
  Q_INTERFACES(QTextObjectInterface)
 public:
  FigureDrawer(std::vector<Figure> figures, double dots_per_mm) : figures_(std::move(figures)), dots_per_mm_(dots_per_mm) {}
  // Puts drawn objects in place of the private signs.
  void place_in(QTextDocument& document);
  QSizeF intrinsicSize(QTextDocument*, int, const QTextFormat& format) override;
  void drawObject(QPainter* painter, const QRectF& rect, QTextDocument*, int, const QTextFormat& format) override;

 private:
  std::vector<Figure> figures_;
  double dots_per_mm_;
};

}  // namespace ot::print
