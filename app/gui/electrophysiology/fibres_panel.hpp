// SPDX-License-Identifier: GPL-3.0-or-later
// FibresPanel: where the ventricular fibres come from: laid by rule, or measured ones of a file. The twin is built again; one undo step.
#pragma once
#include <QWidget>
#include <filesystem>

#include "app/gui/workspace.hpp"

class QLabel;
class QPushButton;

namespace ot::gui {

class FibresPanel : public QWidget {
  Q_OBJECT
 public:
  FibresPanel(Workspace& workspace, QWidget* parent);
  void import_fibres(const std::filesystem::path& file);

 private:
  void rebuild(const QString& title, const std::string& step, const std::function<core::Result<void>(session::CaseData&, const core::Progress&)>& change);
  void refresh();

  Workspace& workspace_;
  QPushButton *take_, *rule_;
  QLabel* now_;
};

}  // namespace ot::gui
