// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme.hpp"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QStyleFactory>
#include <QSvgRenderer>

#include "app/gui/style_sheet.hpp"

static void init_icon_resources() { Q_INIT_RESOURCE(icons); }

namespace ot::gui {
namespace {

Theme current = dark_theme();

QString family() {
  static const QString chosen = [] {
    const QStringList all = QFontDatabase::families();
    for (const char* name : {"Inter", "Inter Variable", "Noto Sans", "DejaVu Sans"})
      if (all.contains(QLatin1String(name))) return QString::fromLatin1(name);
    return QFontDatabase::systemFont(QFontDatabase::GeneralFont).family();
  }();
  return chosen;
}

// Paints the SVG fresh at every size and device ratio, so that icons stay sharp at 1, 1.5 and 2.
class LineIcon : public QIconEngine {
 public:
  LineIcon(QString name, QColor color) : name_(std::move(name)), color_(std::move(color)) {}
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const double ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
    QColor color = mode == QIcon::Disabled ? mix(color_, theme().panel, 0.6) : color_;
    painter->drawPixmap(rect, icon_pixmap(name_, color, std::min(rect.width(), rect.height()), ratio));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    return scaledPixmap(size, mode, state, 1.0);
  }
  QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal) override {
    const QColor color = mode == QIcon::Disabled ? mix(color_, theme().panel, 0.6) : color_;
    return icon_pixmap(name_, color, std::min(size.width(), size.height()), 1.0);
  }
  QIconEngine* clone() const override { return new LineIcon(*this); }

 private:
  QString name_;
  QColor color_;
};

}  // namespace

const Theme& theme() { return current; }

Theme dark_theme() {
  Theme t;
  t.dark = true;
  t.window = "#0f1317";
  t.panel = "#151a20";
  t.card = "#1c232b";
  t.selected = "#26303a";
  t.hairline = "#2c3742";
  t.text = "#e6ebf0";
  t.secondary = "#9aa7b4";
  t.hint = "#6b7885";
  t.accent = "#4cc2ff";
  t.plan_b = "#c792ea";
  t.good = "#5fc98b";
  t.attention = "#f2b84b";
  t.bad = "#ff6b5e";
  t.view_top = "#10141a";
  t.view_bottom = "#1a2026";
  t.on_accent = "#08131b";
  return t;
}

// The same roles on light surfaces; signal colours darkened to keep 4.5:1 against the card (WCAG 2.1, 1.4.3).
Theme light_theme() {
  Theme t;
  t.dark = false;
  t.window = "#e9edf1";
  t.panel = "#f6f8fa";
  t.card = "#ffffff";
  t.selected = "#dde7ef";
  t.hairline = "#cbd5de";
  t.text = "#17202a";
  t.secondary = "#4b5a68";
  t.hint = "#6b7885";
  t.accent = "#0b76b8";
  t.plan_b = "#7d3fb0";
  t.good = "#1c7a46";
  t.attention = "#8f5c00";
  t.bad = "#c0352a";
  t.view_top = "#dfe6ec";
  t.view_bottom = "#f4f7f9";
  t.on_accent = "#ffffff";
  return t;
}

ThemeNotifier& ThemeNotifier::instance() {
  static ThemeNotifier notifier;
  return notifier;
}

QFont ui_font(int pixels, int weight) {
  QFont font(family());
  font.setPixelSize(pixels);
  font.setWeight(QFont::Weight(weight));
  font.setHintingPreference(QFont::PreferNoHinting);
  return font;
}

QColor mix(const QColor& a, const QColor& b, double t) {
  return QColor::fromRgbF(float(a.redF() + (b.redF() - a.redF()) * t), float(a.greenF() + (b.greenF() - a.greenF()) * t),
                          float(a.blueF() + (b.blueF() - a.blueF()) * t), float(a.alphaF() + (b.alphaF() - a.alphaF()) * t));
}

QColor plan_color(int plan) {
  if (plan <= 0) return theme().secondary;
  const QColor turn[] = {theme().accent, theme().plan_b, theme().attention, theme().good};
  return turn[(plan - 1) % 4];
}

void apply_theme(QApplication& app, const Theme& chosen) {
  init_icon_resources();
  current = chosen;
  QPixmapCache::clear();
  static bool style_set = false;
  if (!style_set) {
    app.setStyle(QStyleFactory::create("Fusion"));
    style_set = true;
  }
  QPalette p;
  p.setColor(QPalette::Window, chosen.panel);
  p.setColor(QPalette::WindowText, chosen.text);
  p.setColor(QPalette::Base, chosen.card);
  p.setColor(QPalette::AlternateBase, chosen.panel);
  p.setColor(QPalette::Text, chosen.text);
  p.setColor(QPalette::Button, chosen.card);
  p.setColor(QPalette::ButtonText, chosen.text);
  p.setColor(QPalette::BrightText, chosen.bad);
  p.setColor(QPalette::Highlight, chosen.accent);
  p.setColor(QPalette::HighlightedText, chosen.on_accent);
  p.setColor(QPalette::ToolTipBase, chosen.card);
  p.setColor(QPalette::ToolTipText, chosen.text);
  p.setColor(QPalette::PlaceholderText, chosen.hint);
  p.setColor(QPalette::Link, chosen.accent);
  p.setColor(QPalette::Mid, chosen.hairline);
  for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, chosen.hint);
  app.setPalette(p);
  app.setFont(ui_font(13));
  app.setStyleSheet(style_sheet(chosen));
  emit ThemeNotifier::instance().changed();
}

QPixmap icon_pixmap(const QString& name, const QColor& color, int size, double ratio) {
  const QString key = QStringLiteral("ot/%1/%2/%3/%4").arg(name, color.name(QColor::HexArgb)).arg(size).arg(ratio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  QFile file(":/icons/" + name + ".svg");
  pixmap = QPixmap(QSize(size, size) * ratio);
  pixmap.fill(Qt::transparent);
  if (file.open(QIODevice::ReadOnly)) {
    QByteArray svg = file.readAll();
    svg.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(svg);
    QPainter painter(&pixmap);
    painter.setOpacity(color.alphaF());
    renderer.render(&painter, QRectF(0, 0, pixmap.width(), pixmap.height()));
  }
  pixmap.setDevicePixelRatio(ratio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

QIcon icon(const QString& name, const QColor& color) { return QIcon(new LineIcon(name, color)); }

}  // namespace ot::gui
