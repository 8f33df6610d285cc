// SPDX-License-Identifier: GPL-3.0-or-later
// Small widgets that float over the 3D picture: chips, hover card, hatching of stale results, message of an empty view.
#pragma once
#include <QLabel>
#include <QWidget>

class QPushButton;

namespace ot::viewer {

// A rounded label with its own colours; transparent to the mouse.
class Chip : public QWidget {
  Q_OBJECT
 public:
  explicit Chip(QWidget* parent);
  void set(const QString& bold, const QString& plain, const QColor& mark);  // invalid mark: no dot
  void fit(int width);   // in lines where the sentence is longer
  bool empty() const { return bold_.isEmpty() && plain_.isEmpty(); }
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  QString bold_, plain_;
  QColor mark_;
};

// Rich text card beside the cursor.
class HoverCard : public QLabel {
  Q_OBJECT
 public:
  explicit HoverCard(QWidget* parent);
  void show_at(const QPoint& cursor, const QString& text);

 protected:
  void paintEvent(QPaintEvent*) override;
};

// Diagonal hairlines over the whole view: what is shown is out of date.
class Hatching : public QWidget {
  Q_OBJECT
 public:
  explicit Hatching(QWidget* parent);

 protected:
  void paintEvent(QPaintEvent*) override;
};

// One sentence and one button in the middle of an empty view.
class EmptyMessage : public QWidget {
  Q_OBJECT
 public:
  explicit EmptyMessage(QWidget* parent);
  void set(const QString& text, const QString& button);

 signals:
  void activated();

 private:
  QLabel* text_;
  QPushButton* button_;
};

}  // namespace ot::viewer
