// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/guided/guide_panel.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSlider>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/centre_view.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/views/slice_deck.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/numbers.hpp"
#include "app/session/guided_case.hpp"
#include "viewer/qt/slice_view.hpp"

namespace ot::gui {
namespace {

using core::Vec3;
constexpr int slider_steps = 1000;
constexpr const char* job_title = "Guided segmentation";

// Normal adult ranges for a sanity line (shared/design/heart-segmentation.md).
struct Normal {
  const char *key, *name;
  double low, high;
  double factor;          // of the stored quantity
  const char* unit;
};
constexpr Normal normals[] = {{"lv_blood_pool_ml", "LV end-diastolic", 80, 200, 1, "mL"},
                              {"lv_mass_g", "LV mass", 80, 200, 1, "g"},
                              {"lv_wall_thickness_median_mm", "LV wall", 6, 12, 1, "mm"},
                              {"whole_heart_ml", "Whole heart", 500, 900, 1, "mL"}};
constexpr double muscle_g_per_ml = 1.05;   // density of myocardium

double quantity(const session::ImageData& image, const std::string& key) {
  for (const auto& q : image.quantities)
    if (q.key == key) return q.value;
  return std::nan("");
}

}  // namespace

GuidePanel::GuidePanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace), tool_(new GuideTool(workspace, this)) {
  name_widget(this, "guide_panel", "Guide the segmentation");
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 4, 0, 0);
  outer->setSpacing(6);
  open_ = make_button("Guide …", "guide_open", this, "left");
  open_->setCheckable(true);
  open_->setToolTip("Seeds, valve clicks, cuts and thresholds for the heart recipe, where automation is unsure");
  outer->addWidget(open_);
  body_ = new QWidget(this);
  outer->addWidget(body_);
  auto* box = new QVBoxLayout(body_);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(3);
  hint_ = make_label("", "small", body_, true);
  hint_->setObjectName("guide_hint");
  box->addWidget(hint_);
  const auto caption = [&](const char* text) {
    auto* label = make_label(text, "caption", body_);
    label->setContentsMargins(0, 8, 0, 0);
    box->addWidget(label);
  };
  caption("Valve rings");
  for (const auto& key : imaging::valve_keys()) add_row(box, {GuideItem::Kind::valve, key, {}, false});
  add_row(box, {GuideItem::Kind::apex, "apex", {}, false});
  caption("Seeds");
  for (const auto& key : imaging::seed_keys()) add_row(box, {GuideItem::Kind::seed, key, {}, false});
  caption("Cut plane");
  auto* cut_line = new QHBoxLayout;
  cut_label_ = new QComboBox(body_);
  name_widget(cut_label_, "guide_cut_label", "Label to cut");
  for (const auto& key : imaging::seed_keys())
    if (key != "not_heart") cut_label_->addItem(guide_name({GuideItem::Kind::seed, key, {}, false}), QString::fromStdString(key));
  cut_label_->setCurrentIndex(2);
  cut_unlimited_ = new QCheckBox("unlimited", body_);
  name_widget(cut_unlimited_, "guide_cut_unlimited", "The plane has no rim");
  cut_line->addWidget(cut_label_, 1);
  cut_line->addWidget(cut_unlimited_);
  box->addLayout(cut_line);
  add_row(box, {GuideItem::Kind::cut, "cut", {}, false});
  caption("Split sheet between two labels");
  auto* split_line = new QHBoxLayout;
  split_a_ = new QComboBox(body_);
  split_b_ = new QComboBox(body_);
  name_widget(split_a_, "guide_split_a", "First label");
  name_widget(split_b_, "guide_split_b", "Second label");
  for (auto* c : {split_a_, split_b_}) {
    for (const auto& key : imaging::seed_keys())
      if (key != "not_heart") c->addItem(guide_name({GuideItem::Kind::seed, key, {}, false}), QString::fromStdString(key));
    c->setMinimumContentsLength(6);
    split_line->addWidget(c, 1);
  }
  split_a_->setCurrentIndex(2);
  split_b_->setCurrentIndex(3);
  box->addLayout(split_line);
  add_row(box, {GuideItem::Kind::split, "split", {}, false});

  caption("Blood threshold");
  const auto slider = [&](const char* name, const char* spoken, const char* tip, QSlider*& s, NumberLabel*& value) {
    auto* line = new QHBoxLayout;
    s = new QSlider(Qt::Horizontal, body_);
    name_widget(s, name, spoken);
    s->setRange(0, slider_steps);
    s->setToolTip(tip);
    value = new NumberLabel(body_);
    line->addWidget(s, 1);
    line->addWidget(value);
    box->addLayout(line);
  };
  slider("guide_threshold", "Threshold between wall and blood", "Brighter is blood. Preset: half way from the LV wall to the blood of the left heart.", threshold_, threshold_value_);
  live_ = make_label("", "small", body_, true);
  live_->setObjectName("guide_live_volumes");
  live_->hide();
  box->addWidget(live_);
  caption("Right atrium, its own threshold");
  slider("guide_ra_threshold", "Threshold of the right atrium", "Unmixed blood in the right atrium is darker: lower it until the outline fills the atrium.", right_atrium_, right_atrium_value_);
  auto* preset = make_button("Thresholds from the scan", "guide_preset", body_, "left");
  preset->setToolTip("Forget both sliders: the recipe chooses");
  box->addWidget(preset);
  caption("Papillary muscles");
  papillary_ = new QComboBox(body_);
  name_widget(papillary_, "guide_papillary", "Papillary muscles and trabeculae");
  papillary_->addItem("part of the blood pool", "blood");
  papillary_->addItem("part of the wall", "wall");
  papillary_->setToolTip("The convention alone is worth about 10 mL of LV volume");
  box->addWidget(papillary_);

  auto* go = new QHBoxLayout;
  run_ = make_button("Run guided", "guide_run", body_, "primary");
  cancel_ = make_button("Cancel", "guide_cancel", body_);
  go->addWidget(run_, 1);
  go->addWidget(cancel_);
  box->addSpacing(6);
  box->addLayout(go);
  axes_ = make_button("Long and short axis in the slices", "guide_axes", body_, "left");
  axes_->setCheckable(true);
  axes_->setToolTip("Short axis and the long axis in two planes, through mitral centre and apex");
  box->addWidget(axes_);
  auto* files = new QHBoxLayout;
  auto* in = make_button("Import …", "guide_import", body_);
  auto* out = make_button("Export …", "guide_export", body_);
  auto* clear = make_button("Clear", "guide_clear", body_);
  for (auto* b : {in, out, clear}) files->addWidget(b, 1);
  box->addLayout(files);
  results_ = new QVBoxLayout;
  results_->setSpacing(2);
  box->addLayout(results_);
  body_->hide();

  connect(open_, &QPushButton::toggled, this, &GuidePanel::open);
  connect(tool_, &GuideTool::redraw, this, [this] {
    for (auto& s : slices_)
      if (s) s->update();
  });
  for (auto* c : {cut_label_, split_a_, split_b_})
    connect(c, &QComboBox::currentIndexChanged, this, [this] { if (!picked_.empty()) pick(picked_, true); });
  connect(cut_unlimited_, &QCheckBox::toggled, this, [this] { if (!picked_.empty()) pick(picked_, true); });
  connect(threshold_, &QSlider::valueChanged, this, [this](int v) {
    if (filling_) return;
    const double value = from_slider(v);
    tool_->set_preview(value, {});
    refresh_live();
    tool_->change("blood threshold", [&](imaging::GuidedInput& g) { g.threshold = value; }, "guide-threshold");
  });
  connect(right_atrium_, &QSlider::valueChanged, this, [this](int v) {
    if (filling_) return;
    const double value = from_slider(v);
    tool_->set_preview({}, value);
    tool_->change("right-atrium threshold", [&](imaging::GuidedInput& g) { g.right_atrium_threshold = value; }, "guide-ra-threshold");
  });
  connect(preset, &QPushButton::clicked, this, [this] {
    tool_->set_preview({}, {});
    tool_->change("thresholds from the scan", [](imaging::GuidedInput& g) { g.threshold.reset(), g.right_atrium_threshold.reset(); });
  });
  connect(papillary_, &QComboBox::currentIndexChanged, this, [this](int i) {
    if (!filling_) tool_->change("papillary muscles", [i](imaging::GuidedInput& g) { g.papillary = i == 1 ? imaging::Papillary::wall : imaging::Papillary::blood; });
  });
  connect(run_, &QPushButton::clicked, this, &GuidePanel::run);
  connect(cancel_, &QPushButton::clicked, this, [this] {
    for (const auto& j : workspace_.session().jobs().status())
      if (j.title == job_title) workspace_.session().jobs().cancel(j.id);
  });
  connect(axes_, &QPushButton::toggled, this, &GuidePanel::show_axes);
  connect(in, &QPushButton::clicked, this, &GuidePanel::import_guide);
  connect(out, &QPushButton::clicked, this, &GuidePanel::export_guide);
  connect(clear, &QPushButton::clicked, this, [this] { tool_->change("clear the guide", [](imaging::GuidedInput& g) { g = {}; }); });
  for (auto signal : {&Workspace::case_replaced, &Workspace::jobs_changed}) connect(&workspace, signal, this, &GuidePanel::refresh);
  connect(&workspace, &Workspace::image_changed, this, &GuidePanel::refresh);
  connect(&workspace, &Workspace::tool_changed, this, [this] {   // another tool takes the mouse
    if (workspace_.tool() != Tool::none && !picked_.empty()) release_tool();
  });
  refresh();
}

GuidePanel::~GuidePanel() {
  for (auto& s : slices_)
    if (s) s->remove_overlay(tool_), s->set_tool(nullptr);
}

void GuidePanel::add_row(QVBoxLayout* box, GuideItem item) {
  const std::string name = item.kind == GuideItem::Kind::seed ? "seed_" + item.key : item.key;
  const QString id = "guide_" + QString::fromStdString(name);
  auto* line = new QHBoxLayout;
  line->setSpacing(4);
  Row row;
  row.item = item;
  const QString text = item.kind == GuideItem::Kind::cut ? "Drag a line to cut" : item.kind == GuideItem::Kind::split ? "Draw the wall on a few slices" : guide_name(item);
  row.pick = make_button(text, id, body_, "left");
  row.pick->setCheckable(true);
  QPixmap dot(20, 20);
  dot.fill(guide_color(item));
  if (item.kind != GuideItem::Kind::cut && item.kind != GuideItem::Kind::split) {
    row.pick->setIcon(QIcon(dot));
    row.pick->setIconSize({9, 9});
  }
  row.state = make_label("", "small", body_);
  row.state->setObjectName(id + "_state");
  row.clear = make_icon_button("close", id + "_clear", "Remove what was placed for " + text, body_);
  line->addWidget(row.pick, 1);
  line->addWidget(row.state);
  line->addWidget(row.clear);
  box->addLayout(line);
  connect(row.pick, &QPushButton::clicked, this, [this, name](bool on) { pick(name, on); });
  connect(row.clear, &QToolButton::clicked, this, [this, item] {
    tool_->change("remove " + guide_name(item).toLower().toStdString(), [&](imaging::GuidedInput& g) {
      switch (item.kind) {
        case GuideItem::Kind::seed: g.seeds.erase(item.key); break;
        case GuideItem::Kind::valve: g.valves.erase(item.key); break;
        case GuideItem::Kind::apex: g.apex.reset(); break;
        case GuideItem::Kind::cut: if (!g.cuts.empty()) g.cuts.pop_back(); break;
        case GuideItem::Kind::split: if (!g.splits.empty()) g.splits.pop_back(); break;
        case GuideItem::Kind::none: break;
      }
    });
  });
  rows_[name] = row;
}

void GuidePanel::pick(const std::string& name, bool on) {
  for (auto& [key, row] : rows_) row.pick->setChecked(on && key == name);
  if (!on) return release_tool();
  attach();
  if (workspace_.tool() != Tool::none) workspace_.set_tool(Tool::none);
  picked_ = name;
  GuideItem item = rows_.at(name).item;
  if (item.kind == GuideItem::Kind::cut) item.key = cut_label_->currentData().toString().toStdString(), item.unlimited = cut_unlimited_->isChecked();
  if (item.kind == GuideItem::Kind::split) item.between = {split_a_->currentData().toString().toStdString(), split_b_->currentData().toString().toStdString()};
  tool_->set_item(item);
  for (auto& s : slices_)
    if (s) s->set_tool(tool_), s->update();
  refresh();
}

void GuidePanel::release_tool() {
  picked_.clear();
  tool_->set_item({});
  for (auto& [key, row] : rows_) row.pick->setChecked(false);
  for (auto& s : slices_)
    if (s) s->set_tool(nullptr), s->update();
  refresh();
}

void GuidePanel::attach() {
  if (!slices_.empty()) return;
  for (const char* name : {"slice_axial", "slice_coronal", "slice_sagittal"})
    if (auto* s = window()->findChild<viewer::SliceView*>(name)) {
      s->add_overlay(tool_);
      slices_.emplace_back(s);
    }
}

void GuidePanel::open(bool on) {
  body_->setVisible(on);
  if (on) {
    attach();
    refresh();
    QTimer::singleShot(0, this, [this] {   // the panel at the top of the rail
      for (QWidget* w = parentWidget(); w; w = w->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(w)) return area->verticalScrollBar()->setValue(open_->mapTo(area->widget(), QPoint(0, 0)).y() - 8);
    });
    return;
  }
  release_tool();
  tool_->set_preview({}, {});
  axes_->setChecked(false);
  for (auto& s : slices_)
    if (s) s->remove_overlay(tool_), s->update();
  slices_.clear();
}

double GuidePanel::from_slider(int v) const {
  const double value = low_ + (high_ - low_) * v / slider_steps;
  return high_ - low_ > 400 ? std::round(value) : std::round(value * 10) / 10;
}

void GuidePanel::set_slider(QSlider* slider, NumberLabel* shown, std::optional<double> value, double preset) {
  const double v = value.value_or(preset);
  filling_ = true;
  if (std::isfinite(v)) slider->setValue(int(std::lround((v - low_) / std::max(1e-9, high_ - low_) * slider_steps)));
  filling_ = false;
  shown->set(std::isfinite(v) ? present::show_number(v) : QStringLiteral("–"), value ? "" : "preset");
}

void GuidePanel::refresh() {
  if (!body_->isVisibleTo(this)) return;
  const auto* image = tool_->image();
  const bool busy = image && workspace_.session().image_busy(image->key);
  allow(run_, image && !busy, "Runs the heart recipe with what is set here; one undo step", image ? "A job is changing this image." : "This case has no image. Open a scan in the Case stage.");
  allow(cancel_, busy, "Stops the run; nothing is changed", "Nothing is running.");
  if (!image) {
    hint_->setText("This case has no image to guide.");
    return;
  }
  const auto& g = image->guided;
  bool doubt = false;
  for (auto& [name, row] : rows_) {
    QString state;
    switch (row.item.kind) {
      case GuideItem::Kind::seed: {
        const auto at = g.seeds.find(row.item.key);
        if (at != g.seeds.end()) state = QString::number(at->second.size());
        break;
      }
      case GuideItem::Kind::valve: {
        const auto at = g.valves.find(row.item.key);
        if (at == g.valves.end()) {
          for (const auto& p : image->planes)
            if (p.key == row.item.key) state = p.fitted ? "found" : "assumed";
          break;
        }
        const auto fit = imaging::fit_hinges(row.item.key, at->second);
        state = fit ? QStringLiteral("%1 · %2 mm").arg(at->second.size()).arg(fit->residual_mm, 0, 'f', 1) : QStringLiteral("%1 of 3").arg(at->second.size());
        const bool bad = fit && fit->doubtful;
        doubt = doubt || bad;
        row.state->setToolTip(fit ? QStringLiteral("Mean distance of the clicks from their plane; ring radius %1 mm%2").arg(fit->plane.radius_mm, 0, 'f', 1).arg(bad ? ". Above 3 mm: a click is likely off the ring." : "") : QString::fromStdString(fit.error().message));
        set_role(row.state, bad ? "attention" : "small");
        break;
      }
      case GuideItem::Kind::apex: state = g.apex ? "set" : ""; break;
      case GuideItem::Kind::cut: if (!g.cuts.empty()) state = QString::number(g.cuts.size()); break;
      case GuideItem::Kind::split: {
        std::size_t n = 0;
        for (const auto& s : g.splits) n += s.strokes.size();
        if (n) state = QStringLiteral("%1 strokes").arg(n);
        break;
      }
      case GuideItem::Kind::none: break;
    }
    row.state->setText(state);
    row.clear->setEnabled(!state.isEmpty() && state != "found" && state != "assumed");
  }
  if (doubt) hint_->setText("Hinge clicks of a valve lie more than 3 mm from one plane: drag them in the slices.");
  else if (picked_.empty()) hint_->setText("Choose what to place, then click in a slice. Drag points to move them, Delete removes the last touched.");
  else if (picked_ == "cut") hint_->setText("Drag across the vessel: what lies beyond the line, away from the chamber, is cut off.");
  else if (picked_ == "split") hint_->setText("Draw along the wall between both labels on two or more slices.");
  else hint_->setText("Click in any slice: " + guide_name(tool_->item()) + (tool_->item().kind == GuideItem::Kind::valve ? ", three or more points on its ring" : "") + ". Drag to move, Delete to remove.");
  if (ranged_ != image->volume.get()) {   // the middle 99 % of the values; once per scan
    ranged_ = image->volume.get();
    std::vector<float> some;
    const auto& v = image->volume->values;
    for (std::size_t i = 0; i < v.size(); i += std::max<std::size_t>(1, v.size() / 100000)) some.push_back(v[i]);
    std::sort(some.begin(), some.end());
    low_ = some.empty() ? 0 : some[some.size() / 20];
    high_ = some.empty() ? 1 : some[some.size() * 998 / 1000];
    if (image->volume->quantity == "HU") low_ = std::max(low_, -50.0), high_ = std::min(std::max(high_, 600.0), 1200.0);
  }
  set_slider(threshold_, threshold_value_, g.threshold, quantity(*image, "threshold_blood"));
  set_slider(right_atrium_, right_atrium_value_, g.right_atrium_threshold, quantity(*image, "threshold_right_atrium"));
  filling_ = true;
  papillary_->setCurrentIndex(g.papillary == imaging::Papillary::wall ? 1 : 0);
  filling_ = false;
  read_volumes(quantity(*image, "threshold_blood"));
  refresh_live();
  refresh_results();
}

void GuidePanel::refresh_results() {
  clear_layout(results_);
  const auto* image = tool_->image();
  if (!image || !image->labels || image->quantities.empty()) return;
  auto* caption = make_label("Found", "caption", body_);
  results_->addWidget(caption);
  for (const Normal& n : normals) {
    double value = quantity(*image, n.key);
    if (!std::isfinite(value) && std::string(n.key) == "lv_mass_g") {
      const double scar = quantity(*image, "scar_ml");
      value = muscle_g_per_ml * (quantity(*image, "lv_myocardium_ml") + (std::isfinite(scar) ? scar : 0));
    }
    if (!std::isfinite(value)) continue;
    auto* row = make_fact(n.name, QStringLiteral("%1 %2   (%3–%4)").arg(value * n.factor, 0, 'f', value < 20 ? 1 : 0).arg(n.unit).arg(n.low).arg(n.high), body_);
    row->setToolTip(value < n.low || value > n.high ? "Outside the usual range: look at it." : "Within the usual range");
    results_->addWidget(row);
    if (value < n.low || value > n.high) results_->addWidget(make_label("outside the usual range", "attention", body_));
  }
  auto* doubt = make_label("Volume · uncertain share", "caption", body_);
  doubt->setContentsMargins(0, 6, 0, 0);
  results_->addWidget(doubt);
  for (const auto& info : image->labels->labels) {
    const double ml = quantity(*image, info.key + "_ml"), share = quantity(*image, info.key + "_uncertain_percent");
    if (!std::isfinite(ml)) continue;
    results_->addWidget(make_fact(QString::fromStdString(info.name), QStringLiteral("%1 mL · %2 %").arg(ml, 0, 'f', 0).arg(std::isfinite(share) ? share : 0, 0, 'f', 0), body_));
  }
  for (const auto& note : image->notes) results_->addWidget(make_label(QString::fromStdString(note), "small", body_, true));
}

void GuidePanel::run() {
  const auto* image = tool_->image();
  if (!image) return;
  const std::string key = image->key;
  workspace_.session().run_image_job(key, job_title, "guided segmentation",
                                     [](const session::ImageData& now, const core::Progress& progress) { return session::guided_labels(now, now.guided, progress); });
  refresh();
}

void GuidePanel::import_guide() {
  const QString file = QFileDialog::getOpenFileName(window(), "Import a guide", {}, "Guide (*.json)");
  if (file.isEmpty()) return;
  const auto guide = session::read_guide_file(file.toStdString());
  const auto* image = tool_->image();
  const auto fits = guide && image ? imaging::check_guided(*guide, *image->volume) : core::Result<void>{};
  if (!guide || !fits) return workspace_.say(Tone::attention, QString::fromStdString(guide ? fits.error().message : guide.error().message));
  tool_->change("import a guide", [&](imaging::GuidedInput& g) { g = *guide; });
}

void GuidePanel::export_guide() {
  const auto* image = tool_->image();
  const QString file = image ? QFileDialog::getSaveFileName(window(), "Export the guide", "guide.json", "Guide (*.json)") : QString();
  if (file.isEmpty()) return;
  if (const auto done = session::write_guide_file(file.toStdString(), image->guided); !done) workspace_.say(Tone::attention, QString::fromStdString(done.error().message));
}

void GuidePanel::show_axes(bool on) {
  attach();
  const auto* image = tool_->image();
  auto* centre = window()->findChild<CentreView*>("centre");
  if (!centre) return;
  if (!on || !image) return centre->deck().show_body_planes();
  imaging::Plane mitral;
  for (const auto& p : image->planes)
    if (p.key == "mitral") mitral = p;
  const auto clicks = image->guided.valves.find("mitral");
  if (clicks != image->guided.valves.end())
    if (const auto fit = imaging::fit_hinges("mitral", clicks->second)) mitral = fit->plane;
  viewer::CardiacPoints points;
  points.mitral = mitral.centre;
  points.apex = mitral.centre + 80 * mitral.normal;   // without labels: a usual long axis
  points.rv = mitral.centre + Vec3(-30, -40, -10);    // right and in front of the valve
  if (image->labels) {                                // apex: the LV voxel farthest from the mitral centre
    double far = -1, n = 0;
    Vec3 rv = Vec3::Zero();
    const auto& m = *image->labels;
    for (int k = 0; k < m.grid.size[2]; ++k)
      for (int j = 0; j < m.grid.size[1]; ++j)
        for (int i = 0; i < m.grid.size[0]; ++i) {
          const int v = m.at(i, j, k);
          if (v == core::labels::rv_blood_pool) rv += Vec3(i, j, k), n += 1;
          if (v != core::labels::lv_blood_pool) continue;
          if (const Vec3 p = m.grid.to_patient(Vec3(i, j, k)); (p - mitral.centre).norm() > far) far = (p - mitral.centre).norm(), points.apex = p;
        }
    if (n > 0) points.rv = m.grid.to_patient(rv / n);
  }
  const auto seed = image->guided.seeds.find("rv_blood_pool");
  if (seed != image->guided.seeds.end() && !seed->second.empty()) points.rv = seed->second.front();
  if (image->guided.apex) points.apex = *image->guided.apex;
  if (mitral.radius_mm <= 0 || (points.apex - mitral.centre).norm() < 20) {
    workspace_.say(Tone::info, "Set the mitral ring and the apex, or run the recipe first: the long axis runs between them.");
    QSignalBlocker quiet(axes_);
    axes_->setChecked(false);
    return;
  }
  centre->deck().set_cardiac(points, viewer::CardiacView::four_chamber);
}

}  // namespace ot::gui
