// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/recipes/recipe_chooser.hpp"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QStandardItemModel>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/turn_queue.hpp"
#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"
#include "app/present/numbers.hpp"
#include "app/session/join_image.hpp"
#include "app/session/tissue.hpp"
#include "solvers/core/has_label.hpp"

namespace ot::gui {
namespace {

const session::ImageData* image_of(const session::CaseData& data, const std::string& key) {
  for (const auto& i : data.images)
    if (i.key == key) return &i;
  return nullptr;
}

// Keys of what late enhancement adds to a wall, as far as the image has it.
std::vector<std::string> tissue_of(const session::ImageData& image) {
  std::vector<std::string> out;
  for (const auto& [key, value] : {std::pair{"scar", core::labels::scar}, {"border_zone", core::labels::border_zone}, {"myocardial_fat", core::labels::myocardial_fat}})
    if (image.labels && core::has_label(*image.labels, value)) out.push_back(key);
  return out;
}

}  // namespace

RecipeChooser::RecipeChooser(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "recipe_chooser", "Find anatomy");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 4, 0, 0);
  box->setSpacing(5);
  box->addWidget(make_label("Find anatomy", "caption", this));
  images_ = new QComboBox(this);
  name_widget(images_, "recipe_image", "Image to look at");
  recipes_ = new QComboBox(this);
  name_widget(recipes_, "recipe_list", "Recipe");
  for (auto* c : {images_, recipes_}) {
    c->setMinimumContentsLength(8);
    c->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  }
  about_ = make_label("", "small", this, true);
  about_->setObjectName("recipe_about");
  fit_ = make_label("", "hint", this, true);
  fit_->setObjectName("recipe_fit");
  run_ = make_button("Run", "recipe_run", this, "primary");
  others_ = make_button("Labels of another image", "recipe_others", this);
  others_->hide();   // its menu is made when a case first has a second image
  notes_ = make_button("What was assumed", "recipe_notes", this, "left");
  notes_->setCheckable(true);
  notes_box_ = new QWidget(this);
  notes_box_->setObjectName("recipe_notes_box");
  notes_list_ = new QVBoxLayout(notes_box_);
  notes_list_->setContentsMargins(6, 0, 0, 0);
  notes_list_->setSpacing(4);
  notes_box_->hide();
  for (QWidget* w : std::initializer_list<QWidget*>{images_, recipes_, about_, fit_, run_, others_, notes_, notes_box_}) box->addWidget(w);
  connect(images_, &QComboBox::currentIndexChanged, this, [this] {
    if (!filling_) refresh_recipes();
  });
  connect(recipes_, &QComboBox::currentIndexChanged, this, [this] {
    if (!filling_) show_recipe();
  });
  connect(run_, &QPushButton::clicked, this, [this] { workspace_.session().segment(image_key(), recipes_->currentData().toString().toStdString()); });
  connect(notes_, &QPushButton::toggled, this, [this](bool on) { notes_box_->setVisible(on); });
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    outdated_ = true;
    refresh_soon();
  });
  connect(&workspace, &Workspace::image_changed, this, [this] {
    outdated_ = true;
    refresh_soon();
  });
  connect(&workspace, &Workspace::jobs_changed, this, &RecipeChooser::refresh_state);
}

void RecipeChooser::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh_soon();
}

// Looking at a large image takes tens of milliseconds: in a turn of its own.
void RecipeChooser::refresh_soon() {
  if (!outdated_ || !isVisible()) return;
  in_own_turn(this, 0, [this] {
    if (outdated_ && isVisible()) refresh_images();
  });
}

std::string RecipeChooser::image_key() const { return images_->currentData().toString().toStdString(); }

void RecipeChooser::refresh_images() {
  outdated_ = false;
  const auto data = workspace_.data();
  const QString before = images_->currentData().toString();
  filling_ = true;
  images_->clear();
  for (const auto& i : data->images) images_->addItem(QString::fromStdString(i.name), QString::fromStdString(i.key));
  images_->setCurrentIndex(std::max(0, images_->findData(before)));
  filling_ = false;
  images_->setVisible(data->images.size() > 1);
  refresh_recipes();
}

void RecipeChooser::refresh_recipes() {
  const auto data = workspace_.data();
  const auto* image = image_of(*data, image_key());
  if (!image || !image->volume) {
    fits_.clear();
    looked_at_.reset();
    recipes_->clear();
  } else if (looked_at_.lock() != image->volume) {
    looked_at_ = image->volume;
    const auto traits = imaging::image_traits(*image->volume, int(std::max<std::size_t>(1, image->phases.size())));
    fits_ = imaging::recipe_fits(traits);
    const auto* best = imaging::recommended_recipe(traits);
    filling_ = true;
    recipes_->clear();
    auto* model = qobject_cast<QStandardItemModel*>(recipes_->model());
    int chosen = -1;
    for (std::size_t r = 0; r < fits_.size(); ++r) {
      const auto& recipe = imaging::builtin_recipes()[r];
      const bool recommended = best == &recipe;
      recipes_->addItem(QString::fromStdString(recipe.name) + (fits_[r].possible ? "" : "  · does not fit"), QString::fromStdString(recipe.key));
      recipes_->setItemData(int(r), QString::fromStdString(recipe.use_for + "\n" + fits_[r].reason), Qt::ToolTipRole);
      if (model) model->item(int(r))->setEnabled(fits_[r].possible);
      if (recommended) chosen = int(r);
    }
    recommended_ = chosen;
    recipes_->setCurrentIndex(chosen);
    filling_ = false;
  }
  show_recipe();
}

void RecipeChooser::show_recipe() {
  const int at = recipes_->currentIndex();
  if (at >= 0) {
    const auto& recipe = imaging::builtin_recipes()[std::size_t(at)];
    about_->setText(QString::fromStdString(recipe.summary));
    const QString reason = QString::fromStdString(fits_[std::size_t(at)].reason);
    fit_->setText(at == recommended_ ? "Recommended for this image: " + reason : reason);
    recipes_->setToolTip(QString::fromStdString("For: " + recipe.use_for + "\nMethod: " + recipe.source));
  } else {
    about_->setText(fits_.empty() ? "No image: open a scan in the Case stage." : "No recipe is for this image. Take labels of another tool in the Case stage, or draw by hand.");
    QStringList why;
    for (std::size_t r = 0; r < fits_.size(); ++r) why << QString::fromStdString(imaging::builtin_recipes()[r].name + ": " + fits_[r].reason);
    fit_->setText(why.join("\n"));
  }
  about_->setVisible(!about_->text().isEmpty());
  fit_->setVisible(!fit_->text().isEmpty());
  refresh_state();
}

void RecipeChooser::refresh_state() {
  const auto data = workspace_.data();
  const auto* image = image_of(*data, image_key());
  const int at = recipes_->currentIndex();
  const bool busy = image && workspace_.session().image_busy(image->key);
  run_->setText(busy ? "Running …" : image && image->labels ? "Run again" : "Run");
  allow(run_, image && at >= 0 && fits_[std::size_t(at)].possible && !busy,
        image && image->labels ? "Replaces the labels of this image; one undo step brings them back. Cancel in the status bar." : "Labels come as one undo step. Cancel in the status bar.",
        !image ? "This case has no image." : busy ? "A job is changing this image." : "No recipe that fits is chosen.");
  const bool given = image && std::any_of(data->images.begin(), data->images.end(), [&](const auto& i) { return i.key != image->key && i.labels; });
  others_->setVisible(given);
  if (given && !others_menu_) {
    others_menu_ = new QMenu(others_);
    others_menu_->setObjectName("recipe_others_menu");
    others_->setMenu(others_menu_);
    connect(others_menu_, &QMenu::aboutToShow, this, &RecipeChooser::fill_others);
  }
  if (given) allow(others_, !busy, "Labels, or only the scar, of another image of this case, placed by patient coordinates; one undo step", "A job is changing this image.");
  clear_layout(notes_list_);
  const bool any = image && !image->notes.empty();
  notes_->setVisible(any);
  notes_box_->setVisible(any && notes_->isChecked());
  if (!any) return;
  notes_->setText(QStringLiteral("What was assumed (%1)").arg(image->notes.size()));
  for (const auto& n : image->notes) notes_list_->addWidget(make_label(QString::fromStdString(n), "small", notes_box_, true));
  for (const auto& q : image->quantities)
    if (q.key.find("uncertain") != std::string::npos || q.key.rfind("threshold", 0) == 0 || q.key.find("lung_") == 0 || q.key.find("brain_total") == 0)
      notes_list_->addWidget(make_fact(QString::fromStdString(q.label.empty() ? q.key : q.label), present::show_number(q.value) + " " + QString::fromStdString(q.unit), notes_box_));
}

void RecipeChooser::fill_others() {
  others_menu_->clear();
  const auto data = workspace_.data();
  const auto* target = image_of(*data, image_key());
  if (!target) return;
  const bool wall = target->labels && core::has_label(*target->labels, core::labels::lv_myocardium);
  for (const auto& i : data->images) {
    if (i.key == target->key || !i.labels) continue;
    const QString name = QString::fromStdString(i.name);
    others_menu_->addAction("All labels of " + name, this, [this, key = i.key] { bring(key, {}); });
    const auto tissue = tissue_of(i);
    auto* scar = others_menu_->addAction("Scar, border zone and fat of " + name + " into this wall", this, [this, key = i.key, tissue] { bring(key, tissue); });
    scar->setEnabled(wall && !tissue.empty());
  }
}

void RecipeChooser::bring(const std::string& from, std::vector<std::string> only) {
  const auto data = workspace_.data();
  const auto* source = image_of(*data, from);
  if (!source) return;
  workspace_.session().run_image_job(image_key(), "Placing the labels of " + source->name, only.empty() ? "labels of " + source->name : "scar of " + source->name,
                                     [source = *source, only = std::move(only)](const session::ImageData& image, const core::Progress& progress) { return session::labels_from_image(source, image, only, progress); });
}

}  // namespace ot::gui
