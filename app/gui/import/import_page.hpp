// SPDX-License-Identifier: GPL-3.0-or-later
// ImportPage: takes the place of the views while a scan is brought in. What the folder holds, a verdict each, one button.
// Scanning and importing are jobs; the page stays usable and can be left at any time. GUI thread only.
#pragma once
#include <QWidget>
#include <filesystem>
#include <memory>

#include "app/session/import_scan.hpp"

class QBoxLayout;
class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace ot::gui {

class ReadingList;
class Workspace;

class ImportPage : public QWidget {
  Q_OBJECT
 public:
  ImportPage(Workspace& workspace, QWidget* parent);
  void open(const std::filesystem::path& path);   // scans and shows itself
  bool working() const { return job_ != 0; }
  void leave();                                   // cancels what is under way

 signals:
  void opened();
  void closed();                                  // by the close button, Esc, or when the image is in

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void show_scan(std::shared_ptr<const session::ImportScan> scan);
  void show_problem(const QString& text);
  void show_details();
  void refresh_resolution();
  void refresh_memory();
  void refresh_job();
  void load_pictures();
  void give_up(const QString& why);
  void start_import(bool join);                   // a new case, or one more image of the open one
  void start_join(int row);
  const session::ImportReading* chosen() const;
  session::Resolution resolution() const;

  Workspace& workspace_;
  std::shared_ptr<const session::ImportScan> scan_;
  std::filesystem::path path_;
  int job_ = 0, pictures_job_ = 0;
  bool importing_ = false;
  ReadingList* list_;
  QBoxLayout* columns_;
  QScrollArea* side_;
  QVBoxLayout* details_;
  QLabel *where_, *problem_, *doing_, *memory_;
  QWidget* progress_;
  QProgressBar* bar_;
  QComboBox* resolution_;
  QPushButton *import_, *join_;
};

}  // namespace ot::gui
