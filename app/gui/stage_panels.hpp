// SPDX-License-Identifier: GPL-3.0-or-later
// The panels under the stage rail. Each shows at most what fits its stage and binds to the workspace alone.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"

class QVBoxLayout;
class QLabel;
class QPushButton;

namespace ot::gui {

class Actions;
class ElectrodeTool;
class Places;
class Histogram;

class StagePanel : public QWidget {
  Q_OBJECT
 public:
  StagePanel(Workspace& workspace, const QString& object_name, QWidget* parent);

 protected:
  // Caption with a little space above.
  void add_caption(QVBoxLayout* box, const QString& text);
  Workspace& workspace_;
  QVBoxLayout* box_;
};

class CasePanel : public StagePanel {
  Q_OBJECT
 public:
  CasePanel(Workspace& workspace, Actions& actions, QWidget* parent);

 private:
  void refresh();
  QVBoxLayout* facts_;
};

class AnatomyPanel : public StagePanel {
  Q_OBJECT
 public:
  AnatomyPanel(Workspace& workspace, QWidget* parent);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void refresh();
  void hide_chest();
  std::vector<std::string> listed() const;   // "image/label" of all that hold voxels
  std::vector<std::string> shown_;
  bool outdated_ = true;     // label volumes cost a pass over the image: made when the panel is opened
  QVBoxLayout* list_;
};

class ModelPanel : public StagePanel {
  Q_OBJECT
 public:
  ModelPanel(Workspace& workspace, Actions& actions, Places& places, ElectrodeTool& electrodes, QWidget* parent);

 private:
  void refresh();
  void refresh_buttons();
  QPushButton *fast_, *full_;
  QWidget* parts_row_;
  std::vector<std::pair<QPushButton*, QWidget*>> parts_;   // a link and what it goes to
  QVBoxLayout *mesh_, *settings_;
};

class ReportPanel : public StagePanel {
  Q_OBJECT
 public:
  ReportPanel(Workspace& workspace, Actions& actions, QWidget* parent);
};

}  // namespace ot::gui
