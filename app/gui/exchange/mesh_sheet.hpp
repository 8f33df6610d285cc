// SPDX-License-Identifier: GPL-3.0-or-later
// "A mesh of another tool": file and counts, the unit it is in (recognised and said, or asked), what it is (heart, vessel lumen, surface), and
// where it goes (a new case, or the open one). Reading and bringing in are jobs; the twin of a heart or lumen is built with it.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "app/gui/exchange/work_sheet.hpp"
#include "imaging/exchange/mesh_unit.hpp"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ot::gui {

class Workspace;

bool is_mesh_file(const std::filesystem::path& file);   // by its ending

class MeshSheet : public WorkSheet {
  Q_OBJECT
 public:
  MeshSheet(Workspace& workspace, QWidget* window);
  void choose_file();                          // a file dialog, then open()
  void open(const std::filesystem::path& file);
  bool working() const { return job_ != 0; }

 private:
  void read(std::shared_ptr<const imaging::MixedMesh> mesh, const imaging::UnitProposal& unit);
  void fill_units(const imaging::UnitProposal& unit);
  void ask_unit();                             // again, when what it is or its name changed
  void refresh_apply();
  void apply();

  Workspace& workspace_;
  std::filesystem::path file_;
  std::shared_ptr<const imaging::MixedMesh> mesh_;
  bool unit_by_hand_ = false;
  std::string asked_;                          // the organ that the unit was last looked up for
  int job_ = 0;
  QLabel *file_line_, *unit_line_;
  QComboBox *unit_, *as_, *into_;
  QLineEdit* name_;
  QDoubleSpinBox* edge_;
  QPushButton* apply_;
};

}  // namespace ot::gui
