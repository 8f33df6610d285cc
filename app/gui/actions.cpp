// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/actions.hpp"

#include <QWidget>

namespace ot::gui {

Actions::Actions(QWidget* window) : QObject(window), window_(window) {}

QAction* Actions::add(const QString& id, const QString& group, const QString& text, const QKeySequence& key,
                      std::function<void()> run) {
  auto* action = new QAction(text, this);
  action->setObjectName("action_" + id);
  action->setProperty("group", group);
  action->setProperty("command", text);   // its text may tell a state; the key sheet lists what it does
  if (!key.isEmpty()) action->setShortcut(key);
  action->setShortcutContext(Qt::WindowShortcut);
  action->setToolTip(key.isEmpty() ? text : text + "  (" + key.toString(QKeySequence::NativeText) + ")");
  action->setProperty("tip", action->toolTip());
  connect(action, &QAction::triggered, this, [run = std::move(run)] { run(); });
  window_->addAction(action);
  by_id_.insert(id, action);
  all_.push_back(action);
  return action;
}

void Actions::allow(const QString& id, bool allowed, const QString& why_not) {
  QAction* action = find(id);
  if (!action) return;
  action->setEnabled(allowed);
  action->setToolTip(allowed ? action->property("tip").toString() : why_not);
  action->setProperty("why_not", allowed ? QString() : why_not);
}

}  // namespace ot::gui
