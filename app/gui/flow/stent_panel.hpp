// SPDX-License-Identifier: GPL-3.0-or-later
// StentPanel: what the selected device on a vessel (stent, balloon, ideal lumen, narrowing) reaches, and where it has sizes several of them
// side by side; for stents also sizes from the shelf of the vessel's calibre.
#pragma once
#include <QWidget>
#include <vector>

#include "app/gui/flow/flow_drafts.hpp"

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;
class QVBoxLayout;

namespace ot::gui {

class StentPanel : public QWidget {
  Q_OBJECT
 public:
  StentPanel(Workspace& workspace, FlowDrafts& drafts, QWidget* parent);
  const std::vector<present::StentSize>& sizes() const { return sizes_; }

 private:
  const twin::InterventionSpec* stent() const;
  void refresh();
  void refresh_numbers();
  void refresh_table();
  void choose(double diameter_mm, double length_mm);
  void compare();
  void fill_shelf(const session::DeviceCatalogue& shelf);   // sizes for vessels of this calibre

  Workspace& workspace_;
  FlowDrafts& drafts_;
  QWidget* shelf_;
  QComboBox *diameter_, *length_;
  QVBoxLayout* numbers_;
  QCheckBox* behind_;
  QPushButton* compare_;
  QTableWidget* table_;
  QLabel* note_;
  std::vector<present::StentSize> sizes_;
  twin::Placement compared_at_;        // where the table was made for
  int compared_plan_ = -1;
  std::string compared_id_, shelf_key_;
};

}  // namespace ot::gui
