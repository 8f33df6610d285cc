// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/script.hpp"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QMouseEvent>
#include <QScrollArea>
#include <QSlider>
#include <QTextStream>
#include <QThread>
#include <cmath>

#include "app/gui/actions.hpp"
#include "app/gui/centre_view.hpp"
#include "app/gui/electrophysiology/measured_panel.hpp"
#include "app/gui/exchange/label_sheet.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/main_window.hpp"
#include "viewer/qt/vtk_widget.hpp"

namespace ot::gui {
namespace {

void send_click(QWidget* widget, const QPointF& at) {
  for (const auto type : {QEvent::MouseMove, QEvent::MouseButtonPress, QEvent::MouseButtonRelease}) {
    const bool move = type == QEvent::MouseMove;
    QMouseEvent event(type, at, widget->mapToGlobal(at), move ? Qt::NoButton : Qt::LeftButton,
                      type == QEvent::MouseButtonPress ? Qt::LeftButton : Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &event);
  }
}

// The left button pressed at the first point, moved over the others in small steps and let go at the last.
void send_drag(QWidget* widget, const std::vector<QPointF>& path) {
  const auto send = [&](QEvent::Type type, const QPointF& at, Qt::MouseButton button, Qt::MouseButtons held) {
    QMouseEvent event(type, at, widget->mapToGlobal(at), button, held, Qt::NoModifier);
    QApplication::sendEvent(widget, &event);
    QApplication::processEvents(QEventLoop::AllEvents, 5);
  };
  send(QEvent::MouseMove, path.front(), Qt::NoButton, Qt::NoButton);
  send(QEvent::MouseButtonPress, path.front(), Qt::LeftButton, Qt::LeftButton);
  constexpr int steps = 8;   // between two points, as a hand does
  for (std::size_t n = 1; n < path.size(); ++n)
    for (int s = 1; s <= steps; ++s) send(QEvent::MouseMove, path[n - 1] + (path[n] - path[n - 1]) * (double(s) / steps), Qt::NoButton, Qt::LeftButton);
  send(QEvent::MouseButtonRelease, path.back(), Qt::LeftButton, Qt::NoButton);
}

QString shown_text(const QWidget* widget) {
  if (const auto* label = qobject_cast<const QLabel*>(widget)) return label->text();
  if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) return button->text();
  if (const auto* choice = qobject_cast<const QComboBox*>(widget)) return choice->currentText();
  if (const auto* number = qobject_cast<const QDoubleSpinBox*>(widget)) return number->text();
  return widget->accessibleDescription();
}

// A hand scrolls to what it wants to click.
void bring_into_view(QWidget* widget) {
  for (QWidget* w = widget->parentWidget(); w; w = w->parentWidget())
    if (auto* area = qobject_cast<QScrollArea*>(w)) area->ensureWidgetVisible(widget);
}

bool set_value(QWidget* widget, const QString& value) {
  if (auto* number = qobject_cast<QDoubleSpinBox*>(widget)) number->setValue(value.toDouble());
  else if (auto* slider = qobject_cast<QSlider*>(widget)) slider->setValue(value.toInt());
  else if (auto* choice = qobject_cast<QComboBox*>(widget)) {
    int at = choice->findData(value);
    if (at < 0) at = choice->findText(value, Qt::MatchContains);
    if (at < 0) return false;
    choice->setCurrentIndex(at);
    emit choice->activated(at);   // as when a hand chooses
  } else if (auto* button = qobject_cast<QAbstractButton*>(widget)) button->setChecked(value == "on");
  else return false;
  return true;
}

}  // namespace

bool wait_until(const std::function<bool()>& done, int timeout_ms) {
  QElapsedTimer clock;
  clock.start();
  while (!done()) {
    if (clock.elapsed() > timeout_ms) return false;
    QApplication::processEvents(QEventLoop::AllEvents, 10);
    QThread::usleep(500);
  }
  return true;
}

bool click_wall(MainWindow& window, int nth) {
  auto& view = window.centre().main_pane().view();
  auto& canvas = view.canvas();
  const double ratio = canvas.devicePixelRatioF();
  int found = 0;
  for (int i = 0; i < 4000; ++i) {   // a sunflower spiral: even cover, from the middle outwards
    const double r = 9 * std::sqrt(i), angle = i * 2.39996323;
    const QPointF at(canvas.width() / 2.0 + r * std::cos(angle), canvas.height() / 2.0 + r * std::sin(angle));
    if (!canvas.rect().contains(at.toPoint())) continue;
    const auto pick = view.scene().pick(at.x() * ratio, at.y() * ratio);
    if (!pick || pick->object_key != "tissue" || found++ < nth) continue;
    send_click(&canvas, at);
    return true;
  }
  return false;
}

QString run_command(MainWindow& window, const QString& line) {
  QStringList words = line.split(' ', Qt::SkipEmptyParts);
  if (words.isEmpty() || words[0].startsWith('#')) return {};
  const QString command = words.takeFirst();
  const QString first = words.value(0), rest = words.mid(1).join(' ');
  const auto widget = [&]() -> QWidget* { return window.findChild<QWidget*>(first); };
  if (command == "action") {
    QAction* action = window.actions().find(first);
    if (!action) return "There is no action \"" + first + "\".";
    if (!action->isEnabled()) return "The action \"" + first + "\" is not possible now: " + action->toolTip();
    action->trigger();
  } else if (command == "click") {
    QWidget* w = widget();
    if (!w || !w->isVisible()) return "There is no visible \"" + first + "\".";
    if (!w->isEnabled()) return "\"" + first + "\" is not possible now: " + w->toolTip();
    bring_into_view(w);
    send_click(w, QPointF(w->width() / 2.0, w->height() / 2.0));
  } else if (command == "set") {
    QWidget* w = widget();
    if (w) bring_into_view(w);
    if (!w || !set_value(w, rest)) return "\"" + first + "\" cannot be set to \"" + rest + "\".";
  } else if (command == "pick" && words.size() == 3) {
    auto& pane = window.centre().main_pane();
    const auto at = pane.position_of({words[0].toDouble(), words[1].toDouble(), words[2].toDouble()});
    if (!at) return "That point is behind the camera.";
    send_click(&pane.view().canvas(), *at);
  } else if (command == "pick_wall") {
    if (!click_wall(window, first.toInt())) return "No wall is visible.";
  } else if (command == "pick_vessel") {
    auto& pane = window.centre().main_pane();
    const auto data = window.workspace().data();
    const auto* vessel = data->twin ? data->twin->find_vessel(window.workspace().shown_vessel().toStdString()) : nullptr;
    if (!vessel || !vessel->network) return "No vessel is shown.";
    const auto at = pane.position_of(vessel->network->point_at(0, first.toDouble()));
    if (!at) return "That point is behind the camera.";
    send_click(&pane.view().canvas(), *at);
  } else if (command == "drag_vessel" && words.size() == 2) {
    auto& pane = window.centre().main_pane();
    const auto data = window.workspace().data();
    const auto* vessel = data->twin ? data->twin->find_vessel(window.workspace().shown_vessel().toStdString()) : nullptr;
    if (!vessel || !vessel->network) return "No vessel is shown.";
    std::vector<QPointF> path;
    constexpr int places = 4;   // along the bend of the vessel
    for (int n = 0; n <= places; ++n) {
      const auto at = pane.position_of(vessel->network->point_at(0, words[0].toDouble() + (words[1].toDouble() - words[0].toDouble()) * n / places));
      if (!at) return "That point is behind the camera.";
      path.push_back(*at);
    }
    send_drag(&pane.view().canvas(), path);
  } else if (command == "drag" && words.size() >= 3 && words.size() % 2 == 1) {
    QWidget* w = widget();
    if (!w || !w->isVisible()) return "There is no visible \"" + first + "\".";
    std::vector<QPointF> path;
    for (int n = 1; n + 1 < words.size(); n += 2) path.emplace_back(words[n].toDouble() * w->width(), words[n + 1].toDouble() * w->height());
    send_drag(w, path);
  } else if (command == "vessel") {
    window.workspace().set_shown_vessel(first == "none" ? QString() : first);
  } else if (command == "time") {
    window.workspace().set_playing(false);
    window.workspace().set_time(first.toDouble());
  } else if (command == "resize") {
    window.resize(first.toInt(), rest.toInt());
  } else if (command == "wait") {
    wait_until([] { return false; }, first.toInt());
  } else if (command == "idle") {
    const int seconds = first.isEmpty() ? 120 : first.toInt();
    wait_until([] { return false; }, 150);
    if (!wait_until([&] { return !window.workspace().session().jobs().busy(); }, seconds * 1000)) return "Jobs were still running.";
    wait_until([] { return false; }, 250);
  } else if (command == "expect") {
    const QWidget* w = widget();
    if (!w) return "There is no \"" + first + "\".";
    if (!shown_text(w).contains(rest)) return "\"" + first + "\" shows \"" + shown_text(w) + "\", not \"" + rest + "\".";
  } else if (command == "labels") {
    window.label_sheet().open(first.toStdString());
    wait_until([&] { return !window.label_sheet().reading(); }, 60000);
  } else if (command == "import_ecg" || command == "import_map" || command == "import_landmarks") {
    auto* panel = window.findChild<MeasuredPanel*>();
    const auto file = line.mid(command.size() + 1).trimmed().toStdString();
    if (command == "import_ecg") panel->import_ecg(file);
    else if (command == "import_map") panel->import_map(file);
    else panel->import_landmarks(file);
  } else if (command == "stage") {
    window.workspace().request_stage(first.toInt());
  } else if (command == "key") {
    QWidget* w = widget();
    if (!w || !w->isVisible()) return "There is no visible \"" + first + "\".";
    const QKeySequence keys(rest);
    if (keys.isEmpty()) return "\"" + rest + "\" is no key.";
    for (const auto type : {QEvent::KeyPress, QEvent::KeyRelease}) {
      QKeyEvent event(type, keys[0].key(), keys[0].keyboardModifiers(), keys.toString());
      QApplication::sendEvent(w, &event);
    }
  } else if (command == "open") {
    window.open_path(line.mid(5).trimmed().toStdString());
  } else if (command == "save") {
    const auto saved = window.workspace().session().save_as(first.toStdString());
    if (!saved) return QString::fromStdString(saved.error().message);
    if (!wait_until([&] { return !window.workspace().session().jobs().busy(session::Lane::save); }, 120000)) return "Saving did not end.";
  } else if (command == "report") {
    window.write_report_to(line.mid(7).trimmed());
  } else if (command == "screenshot") {
    if (!window.save_picture(first)) return "Could not write " + first + ".";
  } else if (command == "quit") {
    window.close();
  } else {
    return "Unknown command \"" + command + "\".";
  }
  return {};
}

QString run_script(MainWindow& window, const QString& file) {
  QFile in(file);
  if (!in.open(QIODevice::ReadOnly | QIODevice::Text)) return "Cannot read " + file + ".";
  QTextStream stream(&in);
  for (int number = 1; !stream.atEnd(); ++number)
    if (const QString problem = run_command(window, stream.readLine().trimmed()); !problem.isEmpty())
      return QStringLiteral("%1, line %2: %3").arg(file).arg(number).arg(problem);
  return {};
}

}  // namespace ot::gui
