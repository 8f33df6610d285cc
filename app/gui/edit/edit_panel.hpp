// SPDX-License-Identifier: GPL-3.0-or-later
// EditPanel: the editing tools of the Anatomy stage: strip of tools, active label, brush, window, what may be overwritten, live volumes,
// and the button that makes the model new when the labels have changed under it. GUI thread only.
#pragma once
#include <QWidget>
#include <array>
#include <map>

#include "app/gui/edit/edit_tool.hpp"
#include "app/gui/edit/lasso_veil.hpp"

class QButtonGroup;
class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSlider;
class QToolButton;
class QVBoxLayout;

namespace ot::gui {

class NumberLabel;

class EditPanel : public QWidget {
  Q_OBJECT
 public:
  EditPanel(Workspace& workspace, QWidget* parent);
  ~EditPanel() override;
  EditTool& tool() { return *tool_; }
  void choose(EditMode mode);            // takes the tool in the slices; none puts it down

 signals:
  void volumes_changed(const QString& image_key, const std::array<double, 256>& ml);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void open(bool on);
  void attach();
  void fill_labels();
  void refresh();
  void count_voxels();
  void show_volume();
  void add_mode(EditMode mode, const QString& icon, const QString& name, const QString& tip);
  void add_operation(const QString& icon, const QString& name, const QString& tip, std::function<void()> run);
  int chosen_label() const;
  int other_label() const;
  void run(const imaging::EditTool& tool);

  Workspace& workspace_;
  EditTool* tool_;
  QPushButton* open_;
  QWidget* body_;
  QComboBox *label_, *over_, *other_, *islands_, *smooth_;
  QSlider* size_;
  QDoubleSpinBox *low_, *high_, *by_mm_;
  QCheckBox *ball_, *through_, *outside_, *erase_all_;
  QLabel* hint_;
  NumberLabel *volume_, *size_value_;
  std::map<EditMode, QToolButton*> modes_;
  std::vector<QToolButton*> operations_;
  QWidget* strip_;
  int columns_ = 0;
  QPointer<LassoVeil> veil_;
  std::array<double, 256> ml_{};
  std::string label_image_;
  bool filling_ = false;
};

}  // namespace ot::gui
