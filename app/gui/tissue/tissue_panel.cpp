// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tissue/tissue_panel.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <algorithm>
#include <cmath>

#include "app/gui/centre_view.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/number_box.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/tissue/threshold_plot.hpp"
#include "app/gui/widgets.hpp"
#include "viewer/qt/bulls_eye.hpp"

namespace ot::gui {
namespace {

using imaging::ScarMethod;
constexpr ScarMethod methods[] = {ScarMethod::n_sd, ScarMethod::fwhm, ScarMethod::hu, ScarMethod::thinning, ScarMethod::none};
constexpr const char* method_names[] = {"Late enhancement, n SD", "Late enhancement, half maximum", "Early CT, low HU", "Wall thinning", "No scar"};
constexpr const char* method_tips[] = {"Brighter than the remote wall's mean + n SD. Late gadolinium MR, late iodine CT.",
                                       "Brighter than half way between remote wall and the brightest scar.",
                                       "Darker than remote wall in an early contrast CT: a range of HU.",
                                       "Wall thinner than a limit, from the labels alone.",
                                       "Takes scar and border zone out of the labels."};
constexpr double ball_mm = 6;   // remote region picked at the crosshair: half a wall's thickness around, some 100 voxels of 1.5 mm

QString ml(double v) { return QStringLiteral("%1 mL").arg(v, 0, 'f', v < 10 ? 2 : 1); }

}  // namespace

TissuePanel::TissuePanel(Workspace& workspace, QWidget* parent) : StagePanel(workspace, "panel_tissue", parent), model_(workspace, nullptr), overlay_(workspace, model_) {
  make_scar();
  make_bulls_eye();
  make_landmarks();
  list_ = new QVBoxLayout;
  list_->setSpacing(5);
  box_->addLayout(list_);
  box_->addStretch(1);
  overlay_.placed = [this](const std::string& key, const core::Vec3& at) {
    end_move();
    if (at.allFinite()) model_.move_landmark(key, at);
  };
  connect(&model_, &TissueModel::measured, this, &TissuePanel::refresh_measured);
  connect(&model_, &TissueModel::previewed, this, &TissuePanel::refresh_preview);
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    end_move();
    picked_ = {};
    const QSignalBlocker quiet(remote_);
    remote_->setCurrentIndex(0);
    if (isVisible()) model_.ensure();
    refresh_mesh();
  });
  connect(&workspace, &Workspace::image_changed, this, [this] {
    if (isVisible() || workspace_.display() == Display::thickness) model_.ensure();
  });
  connect(&workspace, &Workspace::display_changed, this, [this] {
    if (workspace_.display() == Display::thickness) model_.ensure();
  });
  connect(&workspace, &Workspace::facts_changed, this, [this] {
    refresh_mesh();
    if (isVisible() || workspace_.display() == Display::thickness) model_.ensure();   // a new mesh: its nodes are measured too
  });
  connect(&workspace, &Workspace::results_changed, this, [this] {
    if (isVisible()) refresh_bulls_eye();
  });
  connect(&workspace, &Workspace::segment_changed, this, [this](int segment) {
    bulls_->set_selected(segment);
    refresh_bulls_eye();
    refresh_slices();
  });
  refresh_measured();
  refresh_mesh();
}

TissuePanel::~TissuePanel() = default;

void TissuePanel::attach(CentreView& centre) {
  for (int i = 0; i < 3; ++i) slices_.push_back(&centre.slice(i));
  if (isVisible())
    for (auto* slice : slices_) slice->add_overlay(&overlay_);
}

void TissuePanel::showEvent(QShowEvent* event) {
  StagePanel::showEvent(event);
  for (auto* slice : slices_) slice->add_overlay(&overlay_);
  model_.ensure();
  refresh_bulls_eye();
}

void TissuePanel::hideEvent(QHideEvent* event) {
  StagePanel::hideEvent(event);
  end_move();
  for (auto* slice : slices_) slice->remove_overlay(&overlay_);
}

void TissuePanel::make_scar() {
  add_caption(box_, "Scar and border zone");
  method_ = new QComboBox(this);
  name_widget(method_, "tissue_method", "How scar is found");
  for (int i = 0; i < 5; ++i) {
    method_->addItem(method_names[i]);
    method_->setItemData(i, method_tips[i], Qt::ToolTipRole);
  }
  box_->addWidget(method_);
  plot_ = new ThresholdPlot(this);
  box_->addWidget(plot_);
  auto* row = new QHBoxLayout;
  value_name_ = make_label("Threshold", "secondary", this);
  value_ = new NumberBox(this);
  name_widget(value_, "tissue_value", "Scar threshold");
  row->addWidget(value_name_, 1);
  row->addWidget(value_);
  box_->addLayout(row);
  slider_ = new QSlider(Qt::Horizontal, this);
  name_widget(slider_, "tissue_slider", "Scar threshold");
  slider_->setRange(0, 200);
  box_->addWidget(slider_);
  border_row_ = new QWidget(this);
  auto* border_box = new QHBoxLayout(border_row_);
  border_box->setContentsMargins(0, 0, 0, 0);
  border_box->addWidget(make_label("Border zone from", "secondary", border_row_), 1);
  border_ = new NumberBox(border_row_);
  name_widget(border_, "tissue_border", "Border zone from this many SD");
  border_->setRange(1, 6);
  border_->setSingleStep(0.1);
  border_->setDecimals(1);
  border_->setSuffix(" SD");
  border_->setToolTip("Wall brighter than remote + this many SD beside scar. As large as the threshold: no border zone.");
  border_box->addWidget(border_);
  box_->addWidget(border_row_);
  remote_ = new QComboBox(this);
  name_widget(remote_, "tissue_remote", "Remote wall");
  remote_->addItems({"Remote wall: automatic", "Remote wall: chosen segment", "Remote wall: at the crosshair"});
  remote_->setToolTip("Healthy wall whose mean and SD set the threshold. Choose a segment in the bull's-eye, or put the crosshair into healthy wall first.");
  box_->addWidget(remote_);
  fat_ = new QCheckBox("Also fat in the wall", this);
  name_widget(fat_, "tissue_fat", "Fat in the wall");
  box_->addWidget(fat_);
  show_ = new QCheckBox("Preview in the slices", this);
  name_widget(show_, "tissue_preview", "Preview in the slices");
  show_->setChecked(true);
  box_->addWidget(show_);
  counts_ = make_label({}, "strong", this, true);
  name_widget(counts_, "tissue_counts", "Scar found");
  where_ = make_label({}, "small", this, true);
  name_widget(where_, "tissue_where", "What it rests on");
  box_->addWidget(counts_);
  box_->addWidget(where_);
  apply_ = make_button("Apply to the labels", "tissue_apply", this, "primary");
  box_->addWidget(apply_);

  connect(method_, &QComboBox::currentIndexChanged, this, [this](int i) {
    if (filling_) return;
    auto p = model_.params();
    p.method = methods[i];
    model_.set_params(p);
    fill_controls();
  });
  connect(value_, &QDoubleSpinBox::valueChanged, this, [this] { if (!filling_) choose(); });
  connect(border_, &QDoubleSpinBox::valueChanged, this, [this] { if (!filling_) choose(); });
  connect(slider_, &QSlider::valueChanged, this, [this](int at) {
    if (!filling_) value_->setValue(value_->minimum() + at / 200.0 * (value_->maximum() - value_->minimum()));
  });
  connect(plot_, &ThresholdPlot::dragged, this, [this](double value) {
    const auto preview = model_.preview();
    switch (model_.params().method) {
      case ScarMethod::n_sd:
        if (preview && preview->remote_sd > 0) value_->setValue((value - preview->remote_mean) / preview->remote_sd);
        break;
      case ScarMethod::hu: value_->setValue(value); break;
      default: break;
    }
  });
  connect(remote_, &QComboBox::currentIndexChanged, this, [this](int i) {
    picked_ = {};
    if (i == 1) {
      if (workspace_.segment() == 0) {
        workspace_.say(Tone::info, "Choose a segment in the bull's-eye or on the heart first.");
        remote_->setCurrentIndex(0);
      } else {
        picked_.segments = {workspace_.segment()};
      }
    } else if (i == 2) {
      picked_.centre = workspace_.crosshair();
      picked_.radius_mm = ball_mm;
    }
    choose();
  });
  connect(fat_, &QCheckBox::toggled, this, [this] { if (!filling_) choose(); });
  connect(show_, &QCheckBox::toggled, this, [this](bool on) {
    overlay_.set_preview(on);
    refresh_slices();
  });
  connect(apply_, &QPushButton::clicked, this, [this] { model_.apply(); });
}

void TissuePanel::make_bulls_eye() {
  add_caption(box_, "Segments");
  bulls_what_ = new QComboBox(this);
  name_widget(bulls_what_, "tissue_bulls_what", "What the bull's-eye shows");
  bulls_what_->addItems({"Wall thickness", "Thinner than the rest", "Scar", "Border zone", "Fat", "Mean intensity", "Activation"});
  box_->addWidget(bulls_what_);
  bulls_ = new viewer::BullsEye(this);
  name_widget(bulls_, "tissue_bulls_eye", "Bull's-eye of 17 segments");
  bulls_->setMinimumHeight(236);
  bulls_->set_show_values(true);
  bulls_->set_show_scale(true);
  box_->addWidget(bulls_);
  segment_line_ = make_label({}, "small", this, true);
  name_widget(segment_line_, "tissue_segment", "Chosen segment");
  box_->addWidget(segment_line_);
  auto* thickness = make_button("Wall thickness in 3D", "tissue_thickness", this, "left");
  set_icon(thickness, "eye");
  auto* tissue = make_button("Tissue in 3D", "tissue_show", this, "left");
  set_icon(tissue, "eye");
  box_->addWidget(thickness);
  box_->addWidget(tissue);
  connect(bulls_what_, &QComboBox::currentIndexChanged, this, &TissuePanel::refresh_bulls_eye);
  connect(bulls_, &viewer::BullsEye::segment_clicked, &workspace_, &Workspace::set_segment);
  connect(thickness, &QPushButton::clicked, this, [this] {
    workspace_.set_shown_vessel({});
    workspace_.set_display(Display::thickness);
  });
  connect(tissue, &QPushButton::clicked, this, [this] {
    workspace_.set_shown_vessel({});
    workspace_.set_display(Display::tissue);
  });
}

void TissuePanel::make_landmarks() {
  add_caption(box_, "Landmarks");
  landmarks_ = new QVBoxLayout;
  landmarks_->setSpacing(2);
  box_->addLayout(landmarks_);
}

void TissuePanel::choose() {
  auto p = model_.params();
  p.border_n = border_->value();
  p.remote = picked_;
  p.fat = fat_->isChecked();
  switch (p.method) {
    case ScarMethod::n_sd: p.n = value_->value(); break;
    case ScarMethod::hu: p.hu_high = value_->value(); break;
    case ScarMethod::thinning: p.thin_mm = value_->value(); break;
    default: break;
  }
  model_.set_params(p);
  const QSignalBlocker quiet(slider_);
  slider_->setValue(int(std::lround(200 * (value_->value() - value_->minimum()) / std::max(1e-9, value_->maximum() - value_->minimum()))));
}

void TissuePanel::fill_controls() {
  filling_ = true;
  const auto& p = model_.params();
  const auto preview = model_.preview();
  const int index = int(std::find(std::begin(methods), std::end(methods), p.method) - std::begin(methods));
  method_->setCurrentIndex(index);
  method_->setToolTip(method_tips[index]);
  const bool adjustable = p.method == ScarMethod::n_sd || p.method == ScarMethod::hu || p.method == ScarMethod::thinning;
  for (QWidget* w : {static_cast<QWidget*>(value_), static_cast<QWidget*>(slider_), static_cast<QWidget*>(value_name_)}) w->setVisible(adjustable);
  border_row_->setVisible(p.method == ScarMethod::n_sd || p.method == ScarMethod::fwhm);
  remote_->setVisible(p.method != ScarMethod::thinning && p.method != ScarMethod::none);
  plot_->setVisible(p.method != ScarMethod::none);
  const auto field = [&](const char* name, double lo, double hi, double step, int decimals, const char* unit, double value) {
    value_name_->setText(name);
    value_->setRange(lo, hi);
    value_->setSingleStep(step);
    value_->setDecimals(decimals);
    value_->setSuffix(unit);
    value_->setValue(value);
  };
  if (p.method == ScarMethod::n_sd) field("Scar: remote +", 2, 6, 0.1, 1, " SD", p.n);
  if (p.method == ScarMethod::hu) field("Scar below", 0, 150, 1, 0, " HU", std::isnan(p.hu_high) ? (preview && std::isfinite(preview->threshold) ? preview->threshold : 50) : p.hu_high);
  if (p.method == ScarMethod::thinning) field("Scar thinner than", 1, 10, 0.1, 1, " mm", p.thin_mm);
  border_->setValue(p.border_n);
  fat_->setChecked(p.fat);
  const auto report = model_.report();
  allow(fat_, report && report->sample->ct, "Fat by HU, -180 to -5; the outermost layer is left out", report ? "Fat is found by Hounsfield units; this image is not CT." : "Nothing is measured yet.");
  slider_->setValue(int(std::lround(200 * (value_->value() - value_->minimum()) / std::max(1e-9, value_->maximum() - value_->minimum()))));
  filling_ = false;
}

void TissuePanel::refresh_measured() {
  const auto report = model_.report();
  const bool ready = report != nullptr;
  for (QWidget* w : {static_cast<QWidget*>(method_), static_cast<QWidget*>(slider_), static_cast<QWidget*>(value_), static_cast<QWidget*>(remote_), static_cast<QWidget*>(bulls_what_)}) w->setEnabled(ready);
  fill_controls();
  refresh_preview();
  refresh_bulls_eye();
  refresh_landmarks();
  refresh_slices();
}

void TissuePanel::refresh_preview() {
  const auto report = model_.report();
  const auto preview = model_.preview();
  const auto& p = model_.params();
  const bool thinning = p.method == ScarMethod::thinning;
  if (report) {
    std::vector<float> values;
    const auto& s = *report->sample;
    const auto& source = thinning ? s.thickness_mm : s.value;
    for (std::size_t n = 0; n < source.size(); ++n)
      if (std::isfinite(source[n]) && (thinning || s.rim[n] == 0)) values.push_back(source[n]);
    plot_->set_values(values, thinning ? "mm" : s.ct ? "HU" : "");
  } else {
    plot_->set_values({}, model_.measuring() ? "measuring the wall …" : "no values: choose an image with a labelled LV wall");
  }
  if (!report || !preview) {
    counts_->setText(model_.measuring() ? "Measuring the wall …" : QString());
    where_->setText(report ? model_.refusal() : model_.problem());
    plot_->set_lines(std::nan(""), std::nan(""), std::nan(""), std::nan(""), true);
    allow(apply_, false, {}, !report ? (model_.problem().isEmpty() ? QStringLiteral("The wall is being measured.") : model_.problem()) : model_.refusal().isEmpty() ? QStringLiteral("Scar is being found.") : model_.refusal());
    overlay_.invalidate();
    refresh_slices();
    return;
  }
  plot_->set_lines(preview->remote_mean, preview->remote_sd, preview->border_threshold, preview->threshold, !thinning && p.method != ScarMethod::hu);
  const auto share = [&](double v) { return QStringLiteral("%1 · %2 % of the wall").arg(ml(v)).arg(100 * v / std::max(1e-9, preview->wall_ml), 0, 'f', 1); };
  QStringList lines;
  if (p.method != ScarMethod::none) lines << "Scar (preview) " + share(preview->scar_ml);
  if (p.method == ScarMethod::n_sd || p.method == ScarMethod::fwhm) lines << "Border zone " + share(preview->border_ml);
  if (p.fat) lines << "Fat " + share(preview->fat_ml) + QStringLiteral(", dense %1").arg(ml(preview->fat_dense_ml));
  if (lines.isEmpty()) lines << "Scar and border zone will be removed.";
  counts_->setText(lines.join("\n"));
  QStringList notes;
  for (const auto& note : session::tissue_notes(*preview, p)) {
    QString text = QString::fromStdString(note);
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    notes << text;
  }
  where_->setText(notes.join("\n"));
  if (p.method == ScarMethod::hu && std::isnan(p.hu_high)) fill_controls();
  allow(apply_, true, "Replaces scar, border zone and fat in the labels; one step to undo. Rebuild the model afterwards to simulate it.", {});
  overlay_.invalidate();
  refresh_slices();
}

void TissuePanel::refresh_bulls_eye() {
  const auto report = model_.report();
  if (auto* thickness = findChild<QPushButton*>("tissue_thickness")) allow(thickness, workspace_.heart() != nullptr, "Colours the LV wall by its thickness in mm", "There is no model yet. Build it in the Model stage.");
  if (auto* tissue = findChild<QPushButton*>("tissue_show")) allow(tissue, workspace_.heart() != nullptr, "Colours the wall by healthy muscle, border zone and scar", why_no_muscle(*workspace_.data()));
  const int what = bulls_what_->currentIndex();
  std::array<double, 17> values{};
  values.fill(std::nan(""));
  viewer::FieldStyle style;
  style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  style.palette = viewer::Palette::wall_shear;
  style.lo = 0;
  style.hi = 100;
  style.unit = "%";
  bool have = report != nullptr;
  if (what == 6) {
    const auto* heart = workspace_.heart();
    const auto shown = workspace_.shown_result(workspace_.session().active_plan());
    have = heart && shown.result && shown.result->electro;
    if (have) {
      values = present::segment_means(*heart, shown.result->electro->activation_ms);
      const auto range = present::finite_range(shown.result->electro->activation_ms);
      style = viewer::activation_style(std::floor(range[0]), std::ceil(range[1]), 0);
      style.unit = "ms";
    }
  } else if (report) {
    double lo = 1e30, hi = -1e30;
    for (std::size_t s = 0; s < 17; ++s) {
      const auto& r = report->rows[s];
      const double row[] = {r.thickness_mm, r.thinning_percent, r.scar_percent, r.border_percent, r.fat_percent, r.intensity};
      values[s] = row[what];
      if (std::isfinite(values[s])) lo = std::min(lo, values[s]), hi = std::max(hi, values[s]);
    }
    if (what == 0) {
      style.palette = viewer::Palette::activation;   // thin red, thick blue, as voltage maps have it
      style.hi = 12;                                 // upper end of a normal wall in men, mm
      style.unit = "mm";
      style.decimals = 1;
    } else if (what == 5) {
      style.lo = lo < hi ? std::floor(lo) : 0;
      style.hi = lo < hi ? std::ceil(hi) : 1;
      style.unit = report->sample->ct ? "HU" : "";
    }
  }
  if (have) bulls_->set_values(values, style);
  else bulls_->clear();
  if (report && report->landmarks.septum_known) bulls_->set_insertions(report->landmarks.insertion_angle_deg[0], report->landmarks.insertion_angle_deg[1]);
  else bulls_->clear_insertions();
  const int segment = workspace_.segment();
  if (!report || segment == 0) {
    segment_line_->setText(report ? "Click a segment here or on the heart." : QString());
    return;
  }
  const auto& r = report->rows[std::size_t(segment - 1)];
  QStringList parts{QStringLiteral("%1 %2: %3").arg(segment).arg(core::aha_name(segment)).arg(ml(r.volume_ml))};
  if (std::isfinite(r.thickness_mm)) parts << QStringLiteral("wall %1 mm, thinnest %2").arg(r.thickness_mm, 0, 'f', 1).arg(r.thinnest_mm, 0, 'f', 1);
  if (std::isfinite(r.intensity)) parts << QStringLiteral("%1 ± %2 %3").arg(r.intensity, 0, 'f', 0).arg(r.intensity_sd, 0, 'f', 0).arg(report->sample->ct ? "HU" : "");
  if (std::isfinite(r.scar_percent)) parts << QStringLiteral("scar %1 %, border zone %2 %").arg(r.scar_percent, 0, 'f', 0).arg(r.border_percent, 0, 'f', 0);
  segment_line_->setText(parts.join(" · "));
}

void TissuePanel::refresh_landmarks() {
  clear_layout(landmarks_);
  const auto report = model_.report();
  if (!report) return;
  for (const auto& kind : imaging::landmark_kinds()) {
    const auto* found = report->landmarks.find(kind.key);
    auto* row = new QWidget(this);
    auto* box = new QHBoxLayout(row);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    const bool moving = overlay_.moving() == kind.key;
    auto* go = make_button(kind.name, QStringLiteral("landmark_") + kind.key, row, "link");
    go->setToolTip(found ? QStringLiteral("%1 %2 %3 mm LPS%4. Click to see it.").arg(found->at.x(), 0, 'f', 1).arg(found->at.y(), 0, 'f', 1).arg(found->at.z(), 0, 'f', 1).arg(found->by_hand ? ", set by hand" : ", found")
                         : QStringLiteral("Not found. Set it with the button beside it."));
    box->addWidget(go, 1, Qt::AlignLeft);
    if (!found) box->addWidget(make_label("not found", "hint", row));
    else if (found->by_hand) box->addWidget(make_label("by hand", "hint", row));
    const std::string key = kind.key;
    if (found) connect(go, &QPushButton::clicked, this, [this, at = found->at] { workspace_.set_crosshair(at); });
    auto* move = make_icon_button("brush", QStringLiteral("landmark_move_") + kind.key, moving ? "Click in a slice; Escape gives up" : "Move: then click the new place in a slice", row);
    move->setCheckable(true);
    move->setChecked(moving);
    connect(move, &QToolButton::clicked, this, [this, key, moving] { moving ? end_move() : begin_move(key); });
    box->addWidget(move);
    if (found && found->by_hand) {
      auto* reset = make_icon_button("undo", QStringLiteral("landmark_reset_") + kind.key, "Back to the place found in the labels", row);
      connect(reset, &QToolButton::clicked, this, [this, key] { model_.reset_landmark(key); });
      box->addWidget(reset);
    }
    landmarks_->addWidget(row);
  }
  for (const auto& note : report->landmarks.notes) landmarks_->addWidget(make_label(QString::fromStdString(note), "small", this, true));
}

void TissuePanel::refresh_slices() {
  overlay_.invalidate();
  for (auto* slice : slices_) slice->update();
}

void TissuePanel::begin_move(const std::string& key) {
  overlay_.set_moving(key);
  for (auto* slice : slices_) slice->set_tool(&overlay_);
  QMetaObject::invokeMethod(this, [this] { refresh_landmarks(); }, Qt::QueuedConnection);   // the clicked button lives in the list
  refresh_slices();
}

void TissuePanel::end_move() {
  if (overlay_.moving().empty()) return;
  overlay_.set_moving({});
  for (auto* slice : slices_) slice->set_tool(nullptr);
  QMetaObject::invokeMethod(this, [this] { refresh_landmarks(); }, Qt::QueuedConnection);
  refresh_slices();
}

void TissuePanel::refresh_mesh() {
  clear_layout(list_);
  const auto* heart = workspace_.heart();
  refresh_bulls_eye();
  if (!heart) return;
  const auto* facts = workspace_.facts();
  if (!facts) {
    list_->addWidget(make_label("Measuring the mesh …", "small", this));
    return;
  }
  add_caption(list_, "Tissue of the electrical mesh");
  for (const auto& share : facts->tissue) {
    auto* row = make_fact(QString::fromStdString(present::words(share.key)), QStringLiteral("%1 mL · %2 %").arg(share.volume_ml, 0, 'f', share.volume_ml < 10 ? 1 : 0).arg(share.percent, 0, 'f', share.percent < 10 ? 1 : 0), this);
    row->setToolTip(QString::fromStdString(share.source));
    list_->addWidget(row);
  }
  add_caption(list_, "Walls");
  for (const auto& wall : facts->walls) list_->addWidget(make_fact(QString::fromStdString(present::words(wall.key)), QStringLiteral("%1 mL").arg(wall.volume_ml, 0, 'f', 1), this));
  add_caption(list_, "Fibres");
  std::vector<std::string> notes;
  for (const auto& stage : workspace_.data()->stages)
    for (const auto& note : stage.notes)
      if (note.find("ibre") != std::string::npos) notes.push_back(note);
  if (notes.empty()) notes.push_back("One fibre and one sheet direction per tetrahedron, from rules, not measured.");
  for (const auto& note : notes) list_->addWidget(make_label(QString::fromStdString(note), "small", this, true));
}

}  // namespace ot::gui
