// SPDX-License-Identifier: GPL-3.0-or-later
// AnatomyPanel: labels with colour, eye, opacity, volume, overlap with a known truth, and what is only assumed.
#include <QHBoxLayout>
#include <QPainter>
#include <QSlider>
#include <QVBoxLayout>
#include <map>

#include "app/gui/edit/edit_panel.hpp"
#include "app/gui/guided/guide_panel.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/recipes/recipe_chooser.hpp"
#include "app/gui/stage_panels.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/turn_queue.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/numbers.hpp"

namespace ot::gui {
namespace {

class Swatch : public QWidget {
 public:
  Swatch(const core::Color& color, QWidget* parent) : QWidget(parent), color_(color[0], color[1], color[2]) { setFixedSize(14, 14); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(Qt::NoPen);
    p.setBrush(color_);
    p.drawRoundedRect(QRectF(1, 1, 12, 12), 3, 3);
  }

 private:
  QColor color_;
};

}  // namespace

AnatomyPanel::AnatomyPanel(Workspace& workspace, QWidget* parent) : StagePanel(workspace, "panel_anatomy", parent) {
  box_->addWidget(new RecipeChooser(workspace, this));
  box_->addWidget(new ModelPrompt(workspace, "rebuild_model", this));
  list_ = new QVBoxLayout;
  list_->setSpacing(2);
  box_->addWidget(new GuidePanel(workspace, this));
  box_->addLayout(list_);
  auto* edit = new EditPanel(workspace, this);
  box_->addWidget(edit);
  connect(edit, &EditPanel::volumes_changed, this, [this](const QString& image, const std::array<double, 256>& ml) {
    const auto data = workspace_.data();
    for (const auto& i : data->images) {
      if (QString::fromStdString(i.key) != image || !i.labels) continue;
      for (const auto& label : i.labels->labels) {
        auto* number = findChild<NumberLabel*>("volume_" + image + "/" + QString::fromStdString(label.key));
        const double volume = ml[std::size_t(label.value)];
        if (number) number->set(present::show_number(volume), "mL");
        else if (volume > 0) outdated_ = true;   // a new label: listed when the panel is shown again
      }
    }
    if (outdated_ && isVisible()) refresh();
  });
  box_->addStretch(1);
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    hide_chest();
    outdated_ = true;
    if (isVisible()) refresh();
  });
  // A recipe, a guide or a file brought labels, or undo took them; the volumes of those already listed come with volumes_changed.
  connect(&workspace, &Workspace::image_changed, this, [this] {
    outdated_ = true;   // counting a large image that was just labelled takes a moment: when the panel is seen
    if (!isVisible()) return;
    in_own_turn(this, 0, [this] {
      if (!isVisible() || !outdated_ || listed() == shown_) return;
      if (shown_.empty()) hide_chest();
      refresh();
    });
  });
  connect(&workspace, &Workspace::model_changed, this, [this] {   // surfaces in 3D have an opacity
    outdated_ = true;
    if (isVisible()) refresh();
  });
}

void AnatomyPanel::showEvent(QShowEvent* event) {
  StagePanel::showEvent(event);
  if (outdated_) refresh();
}

// The chest around the heart is shown on request only: its outlines clutter the slices.
void AnatomyPanel::hide_chest() {
  for (const int value : {core::labels::lung, core::labels::bone}) emit workspace_.label_visible_changed(value, {}, false);
}

std::vector<std::string> AnatomyPanel::listed() const {
  std::vector<std::string> keys;
  for (const auto& image : workspace_.data()->images) {
    if (!image.labels) continue;
    const auto ml = workspace_.session().label_volumes_ml(image.key);
    for (const auto& label : image.labels->labels)
      if (ml[std::size_t(label.value)] > 0) keys.push_back(image.key + "/" + label.key);
  }
  return keys;
}

void AnatomyPanel::refresh() {
  outdated_ = false;
  shown_ = listed();
  clear_layout(list_);
  const auto data = workspace_.data();
  std::map<std::string, const session::AnatomySurface*> surfaces;
  for (const auto& a : data->anatomy) surfaces[a.key] = &a;
  bool any = false;
  for (const auto& image : data->images) {
    if (!image.labels) continue;
    add_caption(list_, QStringLiteral("Label volumes, ") + QString::fromStdString(image.name));
    const auto ml = workspace_.session().label_volumes_ml(image.key);
    for (const auto& label : image.labels->labels) {
      const double volume = ml[std::size_t(label.value)];
      if (volume <= 0) continue;
      any = true;
      const std::string surface_key = image.key + "/" + label.key;   // keys of surfaces carry the image
      const QString key = QString::fromStdString(surface_key), name = QString::fromStdString(label.name);
      auto* row = new QWidget(this);
      row->setObjectName("label_" + key);
      auto* line = new QHBoxLayout(row);
      line->setContentsMargins(0, 0, 0, 0);
      line->setSpacing(7);
      line->addWidget(new Swatch(label.color, row));
      auto* text = make_label(name, "", row, true);
      QStringList tip{name, "Volume of this label in the image."};
      if (label.assumed) tip << "Assumed: a rule put it there, it is not seen in the image.";
      for (const auto& q : image.quantities)
        if (q.key == "dice_" + label.key) tip << QStringLiteral("Dice overlap with the known truth: %1").arg(q.value, 0, 'f', 3);
      row->setToolTip(tip.join("\n"));
      text->setMinimumWidth(20);
      line->addWidget(text, 1);
      if (label.assumed) line->addWidget(make_label("assumed", "attention", row));
      auto* number = new NumberLabel(row);
      number->setObjectName("volume_" + key);
      number->set(present::show_number(volume), "mL");
      line->addWidget(number);
      auto* eye = make_icon_button("eye", "eye_" + key, "Show or hide " + name, row);
      eye->setCheckable(true);
      set_role(eye, "icon_plain");
      const int value = label.value;
      const bool shown = value != core::labels::lung && value != core::labels::bone;
      eye->setChecked(shown);
      if (!shown) set_icon(eye, "eye_off");
      connect(eye, &QToolButton::toggled, this, [this, eye, key, value](bool on) {
        set_icon(eye, on ? "eye" : "eye_off");
        emit workspace_.label_visible_changed(value, key, on);
      });
      line->addWidget(eye);
      list_->addWidget(row);
      for (const auto& q : image.quantities)
        if (q.key == "dice_" + label.key)
          list_->addWidget(make_fact("     Dice", QString::number(q.value, 'f', 3), this));
      const auto surface = surfaces.find(surface_key);
      if (surface != surfaces.end() && !surface->second->active_tissue) {
        auto* opacity = new QSlider(Qt::Horizontal, this);
        name_widget(opacity, "opacity_" + key, "Opacity of " + name);
        opacity->setToolTip("Opacity in 3D");
        opacity->setRange(5, 100);
        opacity->setValue(32);
        connect(opacity, &QSlider::valueChanged, this, [this, key](int v) { emit workspace_.label_opacity_changed(key, v / 100.0); });
        list_->addWidget(opacity);
      }
    }
  }
  if (!any) list_->addWidget(make_label(workspace_.data()->images.empty() ? "No labels yet. Open a scan in the Case stage, then run a recipe here." : "No labels yet. Run a recipe above, or guide it.", "small", this, true));
}

}  // namespace ot::gui
