// SPDX-License-Identifier: GPL-3.0-or-later
// "Bring labels of another tool": file, recognised scheme, a table number -> anatomy to correct, how much lies outside the image, Apply
// as one undo step. Reading and placing are jobs.
#pragma once
#include <filesystem>
#include <memory>

#include "app/gui/exchange/work_sheet.hpp"
#include "imaging/exchange/foreign_labels.hpp"

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace ot::gui {

class Workspace;

class LabelSheet : public WorkSheet {
  Q_OBJECT
 public:
  LabelSheet(Workspace& workspace, QWidget* window);
  void choose_file();                                   // a file dialog, then open()
  void open(const std::filesystem::path& file);
  bool reading() const { return job_ != 0; }

 private:
  void loaded(std::shared_ptr<const imaging::ForeignLabels> labels, std::vector<imaging::SchemeProposal> proposals);
  void fill_schemes();
  void choose_scheme(int index);
  void load_scheme_file();
  void fill_table(const imaging::LabelScheme& scheme);
  void refresh_placement();
  void refresh_apply();
  void apply();
  std::string image_key() const;

  Workspace& workspace_;
  std::filesystem::path file_;
  std::shared_ptr<const imaging::ForeignLabels> labels_;
  std::vector<imaging::SchemeProposal> proposals_;
  std::vector<imaging::LabelScheme> schemes_;           // as in the combo box
  std::vector<imaging::MappingRow> rows_;
  imaging::Placement placement_;
  int job_ = 0;
  QLabel *file_line_, *placement_line_, *scheme_notes_;
  QComboBox *image_, *scheme_;
  QTableWidget* table_;
  QPushButton* apply_;
};

}  // namespace ot::gui
