// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/edit/edit_panel.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/number_box.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/numbers.hpp"

namespace ot::gui {
namespace {

constexpr int strip_columns = 6;
constexpr double slider_from_mm = 0.5, slider_ratio = 1.06;   // radius = from * ratio^position: even steps for the hand

QIcon swatch(const core::Color& c) {
  QPixmap picture(12, 12);
  picture.fill(QColor(c[0], c[1], c[2]));
  return picture;
}

}  // namespace

EditPanel::EditPanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace), tool_(new EditTool(workspace, this)) {
  name_widget(this, "edit_panel", "Edit labels");
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 4, 0, 0);
  outer->setSpacing(6);

  open_ = make_button("Edit labels …", "edit_open", this, "left");
  open_->setCheckable(true);
  open_->setToolTip("Brush, eraser, scissors and the other tools on the labels");
  outer->addWidget(open_);
  body_ = new QWidget(this);
  outer->addWidget(body_);
  auto* box = new QVBoxLayout(body_);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  const auto caption = [&](const char* text) {
    auto* label = make_label(text, "caption", body_);
    label->setContentsMargins(0, 6, 0, 0);
    box->addWidget(label);
  };

  auto* chooser = new QHBoxLayout;
  label_ = new QComboBox(body_);
  name_widget(label_, "edit_label", "Label to edit");
  label_->setToolTip("The label that the tools write");
  label_->setMinimumContentsLength(8);
  volume_ = new NumberLabel(body_);
  volume_->setObjectName("edit_volume");
  chooser->addWidget(label_, 1);
  chooser->addWidget(volume_);
  box->addLayout(chooser);

  strip_ = new QWidget(body_);
  auto* grid = new QGridLayout(strip_);
  grid->setContentsMargins(0, 2, 0, 2);
  grid->setSpacing(3);
  add_mode(EditMode::brush, "brush", "edit_brush", "Brush: paint the label (drag)");
  add_mode(EditMode::eraser, "eraser", "edit_eraser", "Eraser: take the label away (drag)");
  add_mode(EditMode::threshold, "threshold_brush", "edit_threshold", "Threshold brush: paint only voxels in the intensity range below");
  add_mode(EditMode::grow, "grow_region", "edit_grow", "Grow from a seed: click in the tissue; connected voxels in the intensity range are taken");
  add_mode(EditMode::scissors, "scissors", "edit_scissors", "Scissors: draw an outline, what lies inside is cut out");
  add_operation("islands", "edit_islands", "Islands: what is not connected to the rest of the label (choose the rule below)", [this] {
    imaging::Islands t;
    t.label = chosen_label();
    t.rule = static_cast<imaging::IslandRule>(islands_->currentData().toInt());
    t.to = t.rule == imaging::IslandRule::split ? other_label() : 0;
    t.point = workspace_.crosshair();
    run(t);
  });
  add_operation("fill_holes", "edit_fill", "Fill holes enclosed by the label", [this] { run(imaging::FillHoles{chosen_label(), std::nullopt}); });
  add_operation("smooth", "edit_smooth", "Smooth the border; neighbours stay in contact", [this] {
    run(imaging::Smooth{{chosen_label()}, static_cast<imaging::SmoothKind>(smooth_->currentData().toInt()), std::abs(by_mm_->value())});
  });
  add_operation("resize_label", "edit_resize", "Grow (+) or shrink (−) the label by the distance below", [this] { run(imaging::Resize{chosen_label(), 0, by_mm_->value()}); });
  add_operation("refine", "edit_refine", "Refine: move the border of a contrast-filled label to the half-way intensity, at most the distance below",
                [this] { run(imaging::Refine{chosen_label(), std::abs(by_mm_->value())}); });
  add_operation("interpolate", "edit_interpolate", "Interpolate: fill the slices between drawn ones along the body axis of the image", [this] { run(imaging::Interpolate{chosen_label(), 2, -1, -1}); });
  add_operation("copy_label", "edit_copy", "Copy: a shell of the distance below around the other label becomes this one; 0 mm takes the other label over",
                [this] { run(imaging::Combine{chosen_label(), other_label(), imaging::CombineRule::copy, std::max(0.0, by_mm_->value())}); });
  box->addWidget(strip_);
  hint_ = make_label("", "small", body_, true);
  hint_->setObjectName("edit_hint");
  box->addWidget(hint_);

  caption("Brush radius");
  auto* size = new QHBoxLayout;
  size_ = new QSlider(Qt::Horizontal, body_);
  name_widget(size_, "edit_size", "Brush radius");
  size_->setToolTip("Shift+wheel or [ ] in a slice");
  size_->setRange(0, 75);
  size_value_ = new NumberLabel(body_);
  size->addWidget(size_, 1);
  size->addWidget(size_value_);
  box->addLayout(size);
  const auto check = [&](const char* text, const char* name, const char* tip) {
    auto* c = new QCheckBox(text, body_);
    name_widget(c, name, tip);
    c->setToolTip(tip);
    box->addWidget(c);
    return c;
  };
  ball_ = check("Ball (3D) instead of one slice", "edit_ball", "The brush also writes into the slices above and below");
  erase_all_ = check("Eraser takes every label", "edit_erase_all", "Otherwise only the label chosen above");

  caption("Intensity range (threshold, grow)");
  auto* range = new QHBoxLayout;
  low_ = new NumberBox(body_);
  high_ = new NumberBox(body_);
  name_widget(low_, "edit_low", "Lowest intensity");
  name_widget(high_, "edit_high", "Highest intensity");
  for (auto* b : {low_, high_}) {
    b->setRange(-5000, 20000);
    b->setDecimals(0);
    b->setSingleStep(10);
    range->addWidget(b, 1);
  }
  box->addLayout(range);

  caption("May overwrite");
  over_ = new QComboBox(body_);
  name_widget(over_, "edit_over", "What may be overwritten");
  over_->addItem("everything", "all");
  over_->addItem("background only", "background");
  over_->addItem("the other label only", "other");
  over_->addItem("all but the other label", "not_other");
  box->addWidget(over_);
  caption("Other label");
  other_ = new QComboBox(body_);
  name_widget(other_, "edit_other", "Other label");
  other_->setMinimumContentsLength(8);
  box->addWidget(other_);

  caption("Whole-label tools");
  auto* rules = new QHBoxLayout;
  islands_ = new QComboBox(body_);
  name_widget(islands_, "edit_islands_rule", "Rule for islands");
  islands_->addItem("keep largest", int(imaging::IslandRule::keep_largest));
  islands_->addItem("remove under 0.5 mL", int(imaging::IslandRule::remove_small));
  islands_->addItem("keep at crosshair", int(imaging::IslandRule::keep_at));
  islands_->addItem("others to other label", int(imaging::IslandRule::split));
  smooth_ = new QComboBox(body_);
  name_widget(smooth_, "edit_smooth_kind", "Kind of smoothing");
  smooth_->addItem("Gaussian", int(imaging::SmoothKind::gaussian));
  smooth_->addItem("median", int(imaging::SmoothKind::median));
  by_mm_ = new NumberBox(body_);
  name_widget(by_mm_, "edit_by_mm", "Distance of smooth, grow, refine and copy");
  by_mm_->setToolTip("Distance for smooth, grow and shrink, refine, copy");
  by_mm_->setRange(-20, 20);
  by_mm_->setSingleStep(0.5);
  by_mm_->setDecimals(1);
  by_mm_->setValue(1.0);
  by_mm_->setSuffix(" mm");
  for (QWidget* w : {static_cast<QWidget*>(islands_), static_cast<QWidget*>(smooth_)}) rules->addWidget(w, 1);
  box->addLayout(rules);
  box->addWidget(by_mm_);
  through_ = check("Scissors cut through all slices", "edit_through", "Along the view direction; otherwise only the slice on screen");
  outside_ = check("Scissors remove what lies outside", "edit_outside", "Keep the inside of the outline");
  body_->hide();

  connect(open_, &QPushButton::toggled, this, &EditPanel::open);
  connect(label_, &QComboBox::currentIndexChanged, this, [this] { refresh(); });
  for (auto* c : {over_, other_}) connect(c, &QComboBox::currentIndexChanged, this, [this] { refresh(); });
  for (auto* c : {ball_, erase_all_, through_, outside_}) connect(c, &QCheckBox::toggled, this, [this] { refresh(); });
  for (auto* b : {low_, high_}) connect(b, &QDoubleSpinBox::valueChanged, this, [this] { refresh(); });
  connect(size_, &QSlider::valueChanged, this, [this](int v) {
    if (!filling_) tool_->set_radius(slider_from_mm * std::pow(slider_ratio, v));
  });
  connect(tool_, &EditTool::radius_changed, this, [this](double mm) {
    filling_ = true;
    size_->setValue(int(std::lround(std::log(mm / slider_from_mm) / std::log(slider_ratio))));
    filling_ = false;
    size_value_->set(QString::number(mm, 'f', 1), "mm");
  });
  connect(tool_, &EditTool::left, this, [this] { choose(EditMode::none); });
  connect(tool_, &EditTool::stroke_moved, this, [this](int label, qint64 changed) {
    const auto* image = tool_->image();
    if (!image || !image->labels || label != chosen_label()) return;
    volume_->set(present::show_number(std::max(0.0, ml_[std::size_t(label)] + double(changed) * image->labels->grid.voxel_volume() / 1000)), "mL");
  });
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    choose(EditMode::none);
    ml_.fill(0);
    label_image_.clear();
    if (body_->isVisible()) fill_labels();
  });
  connect(&workspace, &Workspace::image_changed, this, [this] {
    if (body_->isVisible()) count_voxels();
  });
  low_->setValue(150);
  high_->setValue(600);
  tool_->set_radius(4.01);
}

void EditPanel::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && tool_->mode() != EditMode::none) choose(EditMode::none);
  else QWidget::keyPressEvent(event);
}

EditPanel::~EditPanel() {
  delete veil_;
  if (tool_->mode() != EditMode::none)
    for (const auto& v : tool_->views())
      if (v) v->set_tool(nullptr);
}

void EditPanel::add_mode(EditMode mode, const QString& icon, const QString& name, const QString& tip) {
  auto* button = make_icon_button(icon, name, tip, strip_);
  button->setCheckable(true);
  connect(button, &QToolButton::clicked, this, [this, mode](bool on) { choose(on ? mode : EditMode::none); });
  modes_[mode] = button;
  static_cast<QGridLayout*>(strip_->layout())->addWidget(button, columns_ / strip_columns, columns_ % strip_columns);
  ++columns_;
}

void EditPanel::add_operation(const QString& icon, const QString& name, const QString& tip, std::function<void()> run) {
  auto* button = make_icon_button(icon, name, tip, strip_);
  connect(button, &QToolButton::clicked, this, [run = std::move(run)] { run(); });
  operations_.push_back(button);
  static_cast<QGridLayout*>(strip_->layout())->addWidget(button, columns_ / strip_columns, columns_ % strip_columns);
  ++columns_;
}

int EditPanel::chosen_label() const { return label_->currentData().toInt(); }
int EditPanel::other_label() const { return other_->currentData().toInt(); }

void EditPanel::run(const imaging::EditTool& tool) {
  imaging::EditScope scope = tool_->scope(false);
  tool_->apply({tool, scope});
}

void EditPanel::attach() {
  if (!tool_->views().empty()) return;
  std::vector<viewer::SliceView*> views;
  for (const char* name : {"slice_axial", "slice_coronal", "slice_sagittal"})
    if (auto* v = window()->findChild<viewer::SliceView*>(name)) views.push_back(v);
  tool_->set_views(views);
}

void EditPanel::open(bool on) {
  body_->setVisible(on);
  open_->setText(on ? "Edit labels" : "Edit labels …");
  if (!on) {
    choose(EditMode::none);
    return;
  }
  attach();
  fill_labels();
  scroll_to_top(this);
}

void EditPanel::fill_labels() {
  const auto* image = tool_->image();
  const int before = label_->count() ? chosen_label() : 0, other_before = other_->count() ? other_label() : 0;
  label_image_ = image ? image->key : "";
  filling_ = true;
  for (auto* c : {label_, other_}) {
    c->clear();
    const auto table = image && image->labels && !image->labels->labels.empty() ? image->labels->labels : core::labels::heart();
    for (const auto& l : table) c->addItem(swatch(l.color), QString::fromStdString(l.name), l.value);
    for (const auto& l : core::labels::heart())   // the rest of the standard table can be painted too
      if (c->findData(l.value) < 0) c->addItem(swatch(l.color), QString::fromStdString(l.name), l.value);
  }
  const auto choose = [](QComboBox* c, int value, int otherwise) {
    const int at = c->findData(value > 0 ? value : otherwise);
    c->setCurrentIndex(std::max(0, at));
  };
  choose(label_, before, core::labels::lv_myocardium);
  choose(other_, other_before, core::labels::lv_blood_pool);
  filling_ = false;
  count_voxels();
  refresh();
}

void EditPanel::choose(EditMode mode) {
  attach();
  if (mode != EditMode::none && tool_->image() && tool_->image()->key != label_image_) fill_labels();
  tool_->set_mode(mode);
  for (auto& [m, button] : modes_) button->setChecked(m == mode);
  for (const auto& v : tool_->views())
    if (v) v->set_tool(mode == EditMode::none ? nullptr : tool_);
  delete veil_;
  if (mode == EditMode::scissors)
    if (auto* pane = window()->findChild<QWidget*>("pane_main"))
      if (auto* view = pane->findChild<viewer::View3D*>()) {
        veil_ = new LassoVeil(*view);
        veil_->show();
        veil_->raise();
        connect(veil_, &LassoVeil::left, this, [this] { choose(EditMode::none); }, Qt::QueuedConnection);
        connect(veil_, &LassoVeil::outlined, this, [this](imaging::Scissors cut) {
          cut.label = chosen_label();
          cut.inside = !outside_->isChecked();
          imaging::EditScope scope;
          scope.protect = tool_->scope(false).protect;
          tool_->apply({cut, scope});
        });
      }
  // The private copy of the labels is made now, not under the first stroke.
  if (mode != EditMode::none)
    if (const auto* image = tool_->image(); image && image->labels) {
      const std::string key = image->key;
      workspace_.session().return_labels(key, workspace_.session().borrow_labels(key));
    }
  refresh();
}

void EditPanel::refresh() {
  if (filling_) return;
  tool_->set_label(chosen_label());
  tool_->set_sphere(ball_->isChecked());
  tool_->set_eraser_all(erase_all_->isChecked());
  tool_->set_window(low_->value(), std::max(low_->value(), high_->value()));
  tool_->set_cut_through(through_->isChecked());
  tool_->set_cut_outside(outside_->isChecked());
  imaging::EditScope scope;
  const QString over = over_->currentData().toString();
  if (over == "background") scope.only_over = {0, chosen_label()};
  if (over == "other") scope.only_over = {other_label()};
  if (over == "not_other") scope.protect = {other_label()};
  tool_->set_scope(scope);
  const char* hint = "Choose a tool, then draw in a slice.";
  switch (tool_->mode()) {
    case EditMode::brush: hint = "Drag paints. Shift+wheel or [ ] changes the radius, Ctrl+Z undoes, Esc leaves."; break;
    case EditMode::eraser: hint = "Drag erases. Shift+wheel or [ ] changes the radius, Esc leaves."; break;
    case EditMode::threshold: hint = "Drag paints only where the intensity lies in the range below."; break;
    case EditMode::grow: hint = "Click in the tissue. A region over 400 mL or 60 mm away is refused as a leak."; break;
    case EditMode::scissors: hint = "Draw an outline with the button held down, in a slice or in the 3D view (there it cuts all the way through, as you see it)."; break;
    case EditMode::none: break;
  }
  hint_->setText(hint);
  const bool same = chosen_label() == other_label();
  for (auto* b : operations_)
    if (b->objectName() == "edit_copy") allow(b, !same, b->accessibleName(), "Choose another label under \"Other label\" first.");
  show_volume();
}

void EditPanel::show_volume() {
  const double ml = ml_[std::size_t(std::clamp(chosen_label(), 0, 255))];
  volume_->set(present::show_number(ml), "mL");
}

void EditPanel::count_voxels() {
  const auto* image = tool_->image();
  if (!image || !image->labels) return;
  ml_ = workspace_.session().label_volumes_ml(image->key);
  if (!tool_->painting()) show_volume();
  emit volumes_changed(QString::fromStdString(image->key), ml_);
}

}  // namespace ot::gui
