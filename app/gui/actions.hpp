// SPDX-License-Identifier: GPL-3.0-or-later
// Actions: everything the window can do, by name and key, once. Menus, buttons, the command search and the key sheet use these.
#pragma once
#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QObject>
#include <QVector>
#include <functional>

namespace ot::gui {

class Actions : public QObject {
  Q_OBJECT
 public:
  explicit Actions(QWidget* window);
  // `id` becomes the objectName "action_<id>"; `group` sorts the key sheet and the search.
  QAction* add(const QString& id, const QString& group, const QString& text, const QKeySequence& key, std::function<void()> run);
  QAction* find(const QString& id) const { return by_id_.value(id, nullptr); }
  const QVector<QAction*>& all() const { return all_; }
  // Enables, or disables with the reason (shown in tooltips and in the command search).
  void allow(const QString& id, bool allowed, const QString& why_not = {});

 private:
  QWidget* window_;
  QHash<QString, QAction*> by_id_;
  QVector<QAction*> all_;
};

}  // namespace ot::gui
