// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: puts the panels together, owns the clock, and knows every action.
#pragma once
#include <QElapsedTimer>
#include <QMainWindow>
#include <QTimer>
#include <filesystem>

#include "app/gui/loop_watch.hpp"
#include "app/gui/workspace.hpp"

namespace ot::gui {

class Actions;
class CentreView;
class CommandSearch;
class Dock;
class ImportPage;
class Inspector;
class Placement;
class Sheet;
class LabelSheet;
class ExportSheet;
class FlowDrafts;
class LesionDrafts;
class StageRail;

inline constexpr const char* check_before_full = "preflight";   // key of the job that looks at a plan before its FULL run

struct WindowOptions {
  bool safe_mode = false;        // saved layout and theme are neither read nor written
  bool scripted = false;         // asks nothing on closing
  bool starter = true;           // the first card
};

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(const WindowOptions& options);
  ~MainWindow() override;

  Workspace& workspace() { return *workspace_; }
  Actions& actions() { return *actions_; }
  CentreView& centre() { return *centre_; }
  Placement& placement() { return *placement_; }
  FlowDrafts& drafts() { return *drafts_; }
  LesionDrafts& lesion_drafts() { return *lesion_drafts_; }
  LoopWatch& loop_watch() { return watch_; }
  double first_picture_ms() const { return first_picture_ms_; }   // window made -> case shown, < 0 not yet

  // Empty: the built-in case, or a coarse one made on the spot.
  void start(const std::filesystem::path& what);
  LabelSheet& label_sheet() { return *label_sheet_; }
  void open_path(const std::filesystem::path& path);              // case folder, image file or DICOM folder
  bool save_picture(const QString& file);                         // the whole window as on screen
  void write_report_to(const QString& file);                      // .pdf or .html; a job

 protected:
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void make_actions();
  void make_file_actions();
  void make_view_actions();
  void make_image_view_actions();   // views/view_actions.cpp: layouts, planes, windows, cine, measuring
  void refresh_actions();
  void add_drug();
  void start_tool(Tool tool);
  void write_report();
  void tick();
  void fit_dock();

  WindowOptions options_;
  Workspace* workspace_;
  Actions* actions_;
  CentreView* centre_ = nullptr;
  Dock* dock_ = nullptr;
  Inspector* inspector_ = nullptr;
  StageRail* rail_ = nullptr;
  Placement* placement_ = nullptr;
  FlowDrafts* drafts_ = nullptr;
  LesionDrafts* lesion_drafts_ = nullptr;
  CommandSearch* search_ = nullptr;
  Sheet* sheet_ = nullptr;
  LabelSheet* label_sheet_ = nullptr;
  ExportSheet* export_sheet_ = nullptr;
  ImportPage* import_ = nullptr;
  QTimer clock_;
  QElapsedTimer since_tick_, since_start_;
  LoopWatch watch_;
  double first_picture_ms_ = -1;
  bool builtin_tried_ = false;
};

}  // namespace ot::gui
