// SPDX-License-Identifier: GPL-3.0-or-later
// RecipeChooser: the Anatomy stage's "Find anatomy": which recipe is for this image and why, Run, and what the last run assumed; or labels of another image of the case. GUI thread only.
#pragma once
#include <QWidget>
#include <memory>
#include <string>
#include <vector>

#include "imaging/segmentation/recipe.hpp"

class QComboBox;
class QLabel;
class QMenu;
class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class Workspace;

class RecipeChooser : public QWidget {
  Q_OBJECT
 public:
  RecipeChooser(Workspace& workspace, QWidget* parent);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void refresh_images();
  void refresh_soon();
  void refresh_recipes();      // looks at the image once per image: about 50 ms
  void refresh_state();
  void show_recipe();
  void fill_others();          // menu: labels, or scar, of the case's other images
  void bring(const std::string& from, std::vector<std::string> only);
  std::string image_key() const;
  Workspace& workspace_;
  QComboBox *images_, *recipes_;
  QLabel *about_, *fit_;
  QPushButton *run_, *others_, *notes_;
  QMenu* others_menu_ = nullptr;
  QWidget* notes_box_;
  QVBoxLayout* notes_list_;
  std::vector<imaging::Fit> fits_;
  std::weak_ptr<const core::Volume> looked_at_;
  bool outdated_ = true, filling_ = false;
  int recommended_ = -1;   // row of the recipe that fits this image best
};

}  // namespace ot::gui
