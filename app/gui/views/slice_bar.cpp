// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/slice_bar.hpp"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QScrollArea>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::gui {

namespace {
QToolButton* menu_button(const QString& icon, const QString& name, const QString& tip, QWidget* parent) {
  auto* b = make_icon_button(icon, name, tip, parent);
  b->setPopupMode(QToolButton::InstantPopup);
  b->setStyleSheet("QToolButton::menu-indicator { image: none; width: 0; }");
  b->setIconSize({16, 16});
  auto* menu = new QMenu(b);
  menu->setObjectName(name + "_menu");
  menu->setToolTipsVisible(true);
  b->setMenu(menu);
  return b;
}
}  // namespace

SliceBar::SliceBar(SliceDeck& deck, Workspace& workspace, QWidget* parent) : QFrame(parent), deck_(deck), workspace_(workspace) {
  name_widget(this, "slice_bar", "Slice tools");
  setFixedHeight(34);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(6, 2, 6, 2);
  row->setSpacing(2);
  planes_ = menu_button("layout", "slice_planes", "Planes: body, short axis and chamber views, double oblique", this);
  window_ = menu_button("sun", "slice_window", "Window presets (number keys over a slice; right drag changes the window)", this);
  slab_ = menu_button("image", "slice_slab", "Thick slab: maximum, minimum or mean of some millimetres", this);
  measure_ = menu_button("ruler", "slice_measure", "Measure: distance, angle, area, HU statistics", this);
  row->addWidget(planes_);
  row->addWidget(window_);
  row->addWidget(slab_);
  row->addWidget(measure_);
  play_ = make_icon_button("play", "cine_play", "Play the phases of the beat at their real speed", this);
  play_->setIconSize({16, 16});
  row->addSpacing(4);
  row->addWidget(play_);
  time_ = new QSlider(Qt::Horizontal, this);
  name_widget(time_, "cine_phase", "Phase of the beat");
  row->addWidget(time_, 1);
  row->addStretch(0);
  connect(planes_->menu(), &QMenu::aboutToShow, this, &SliceBar::fill_planes);
  connect(window_->menu(), &QMenu::aboutToShow, this, &SliceBar::fill_windows);
  connect(slab_->menu(), &QMenu::aboutToShow, this, &SliceBar::fill_slab);
  connect(measure_->menu(), &QMenu::aboutToShow, this, &SliceBar::fill_measure);
  connect(play_, &QToolButton::clicked, this, [this] { deck_.play(!deck_.playing()); });
  connect(time_, &QSlider::sliderMoved, this, [this](int phase) {
    deck_.play(false);
    deck_.set_phase(phase);
  });
  connect(&deck, &SliceDeck::phase_changed, this, [this](int phase) {
    const QSignalBlocker quiet(time_);
    time_->setValue(phase);
  });
  for (auto signal : {&SliceDeck::planes_changed, &SliceDeck::tool_changed, &SliceDeck::image_shown}) connect(&deck, signal, this, &SliceBar::refresh);
  connect(&deck, &SliceDeck::playing_changed, this, &SliceBar::refresh);
  fill_planes();
  fill_windows();
  fill_slab();
  fill_measure();
  refresh();
}

void SliceBar::refresh() {
  const bool have = deck_.image() != nullptr;
  for (auto* b : {planes_, window_, slab_, measure_}) allow(b, have, b->accessibleName(), "There is no image in this case.");
  const bool moving = deck_.phases() > 1;
  play_->setVisible(moving);
  time_->setVisible(moving);
  time_->setRange(0, std::max(0, deck_.phases() - 1));
  set_icon(play_, deck_.playing() ? "pause" : "play");
  const auto mark = [](QToolButton* b, bool on) {
    b->setCheckable(true);
    b->setChecked(on);
  };
  mark(planes_, deck_.planes() != SliceDeck::Planes::body);
  mark(slab_, deck_.slab().mm > 0);
  mark(measure_, deck_.measuring());
  mark(window_, false);
}

void SliceBar::fill_planes() {
  auto* menu = planes_->menu();
  menu->clear();
  const auto add = [&](const QString& text, const QString& tip, bool on, auto run) {
    auto* a = menu->addAction(text);
    a->setToolTip(tip);
    a->setCheckable(true);
    a->setChecked(on);
    connect(a, &QAction::triggered, this, run);
  };
  using Planes = SliceDeck::Planes;
  const auto& names = deck_.triad().names;
  add("Axial, coronal, sagittal", "The planes of the body", deck_.planes() == Planes::body, [this] { deck_.show_body_planes(); });
  add("Double oblique by hand", "Handles on the crosshair turn the other two planes", deck_.planes() == Planes::free, [this] { deck_.turn_by_hand(); });
  menu->addSeparator();
  for (const auto view : {viewer::CardiacView::four_chamber, viewer::CardiacView::two_chamber, viewer::CardiacView::three_chamber}) {
    const QString name = QString::fromLatin1(viewer::name_of(view));
    add("Short axis and " + name, "From the landmarks of the labels: apex, mitral centre, septum; RV on the left, anterior up",
        deck_.planes() == Planes::cardiac && names[2] == name.toStdString(), [this, view] { deck_.show_cardiac(view); });
  }
  add("Click apex, mitral valve, RV ...", "Three clicks give the cardiac planes without labels", false, [this] { deck_.ask_landmarks(viewer::CardiacView::four_chamber); });
  menu->addSeparator();
  add("Letters S and I instead of H and F", "Superior and inferior", deck_.si_letters(), [this] { deck_.set_si_letters(!deck_.si_letters()); });
  add("Neurological display (mirrored)", "The patient's right on the screen's right; shown as a badge", deck_.neurological(), [this] { deck_.set_neurological(!deck_.neurological()); });
}

void SliceBar::fill_windows() {
  auto* menu = window_->menu();
  menu->clear();
  for (const auto& p : deck_.presets()) {
    auto* a = menu->addAction(QStringLiteral("%1\t%2 / %3%4").arg(QString::fromStdString(p.name)).arg(p.wl.width, 0, 'f', 0).arg(p.wl.level, 0, 'f', 0)
                                  .arg(p.digit ? QStringLiteral("   key %1").arg(p.digit) : QString()));
    a->setToolTip(QStringLiteral("Source: %1").arg(QString::fromStdString(p.source)));
    connect(a, &QAction::triggered, this, [this, key = QString::fromStdString(p.key)] { deck_.apply_preset(key); });
  }
}

void SliceBar::fill_slab() {
  auto* menu = slab_->menu();
  menu->clear();
  const auto now = deck_.slab();
  const auto add = [&](const QString& text, viewer::Slab slab) {
    auto* a = menu->addAction(text);
    a->setCheckable(true);
    a->setChecked(slab.mm == now.mm && (slab.mm == 0 || slab.mode == now.mode));
    connect(a, &QAction::triggered, this, [this, slab] { deck_.set_slab(slab); });
  };
  add("Thin slice", {});
  for (const auto& [mode, name] : {std::pair{viewer::SlabMode::mip, "Maximum (MIP)"}, {viewer::SlabMode::average, "Mean"}, {viewer::SlabMode::minip, "Minimum (MinIP)"}}) {
    menu->addSeparator();
    for (const double mm : {3.0, 5.0, 10.0, 20.0}) add(QStringLiteral("%1  %2 mm").arg(QString::fromLatin1(name)).arg(mm), {mm, mode});
  }
}

void SliceBar::fill_measure() {
  auto* menu = measure_->menu();
  menu->clear();
  using Kind = core::MeasurementKind;
  const std::tuple<Kind, const char*, const char*> kinds[] = {
      {Kind::distance, "Distance\tM", "Two clicks, or press and drag"},
      {Kind::polyline, "Polyline", "Clicks; double click or Enter ends"},
      {Kind::angle, "Angle", "Three clicks, the corner second"},
      {Kind::contour, "Contour: area, perimeter, HU", "Clicks or one drag around; Enter, double click or a click on the first point closes"},
      {Kind::ellipse, "Ellipse: area, HU", "Press the centre and drag; Shift makes a circle"},
      {Kind::sphere, "Sphere: volume, HU in 3D", "Press the centre and drag the radius"}};
  for (const auto& [kind, text, tip] : kinds) {
    auto* a = menu->addAction(QString::fromLatin1(text));
    a->setToolTip(QString::fromLatin1(tip));
    a->setCheckable(true);
    a->setChecked(deck_.measuring() && deck_.measure().kind() == kind);
    connect(a, &QAction::triggered, this, [this, kind = kind] { deck_.start_measuring(kind); });
  }
  menu->addSeparator();
  auto* stop = menu->addAction("Back to the crosshair\tEsc");
  stop->setEnabled(deck_.measuring());
  connect(stop, &QAction::triggered, &deck_, &SliceDeck::stop_tool);
}

MeasurePanel::MeasurePanel(SliceDeck& deck, Workspace& workspace, QWidget* parent) : QFrame(parent), deck_(deck), workspace_(workspace) {
  name_widget(this, "measure_panel", "Measurements");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(10, 6, 8, 6);
  box->setSpacing(2);
  auto* head = new QHBoxLayout;
  head->addWidget(make_label("MEASUREMENTS", "caption", this), 1);
  auto* csv = make_icon_button("save", "measure_csv", "Export as CSV", this);
  csv->setIconSize({14, 14});
  connect(csv, &QToolButton::clicked, this, &MeasurePanel::export_csv);
  head->addWidget(csv);
  box->addLayout(head);
  auto* area = new QScrollArea(this);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* inside = new QWidget(area);
  inside->setObjectName("measure_rows");
  rows_ = new QVBoxLayout(inside);
  rows_->setContentsMargins(0, 0, 0, 0);
  rows_->setSpacing(1);
  area->setWidget(inside);
  box->addWidget(area, 1);
  setMaximumHeight(168);
  connect(&deck, &SliceDeck::measurements_changed, this, &MeasurePanel::refresh);
  refresh();
}

void MeasurePanel::refresh() {
  std::vector<std::pair<core::Measurement, bool>> now;
  for (auto& m : deck_.measure().list()) {
    const bool selected = QString::fromStdString(m.id) == deck_.measure().selected();
    now.emplace_back(std::move(m), selected);
  }
  if (now == shown_ && !now.empty()) return;
  shown_ = now;
  clear_layout(rows_);
  setVisible(!now.empty());
  for (const auto& [m, selected] : now) {
    const QString id = QString::fromStdString(m.id);
    auto* row = new QWidget(this);
    row->setObjectName("measurement_" + id);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(4);
    auto* name = new QLineEdit(QString::fromStdString(m.name), row);
    name_widget(name, "measure_name_" + id, "Name of the measurement");
    name->setFrame(false);
    name->setMinimumWidth(40);
    name->setStyleSheet(QStringLiteral("QLineEdit { background: transparent; border: none; padding: 0; min-height: 22px; color: %1; }")
                            .arg((selected ? theme().accent : theme().text).name()));
    connect(name, &QLineEdit::editingFinished, this, [this, name, id, was = QString::fromStdString(m.name)] {
      if (name->text() != was && !name->text().trimmed().isEmpty()) deck_.measure().rename(id, name->text());
    });
    auto* value = new QToolButton(row);
    name_widget(value, "measure_go_" + id, "Show where the measurement is");
    set_role(value, "icon_plain");
    value->setText(deck_.measure().value_text(m));
    value->setToolButtonStyle(Qt::ToolButtonTextOnly);
    value->setToolTip("Show where it is");
    connect(value, &QToolButton::clicked, this, [this, m = m, id] {
      core::Vec3 middle = core::Vec3::Zero();
      const std::size_t n = m.kind == core::MeasurementKind::ellipse || m.kind == core::MeasurementKind::sphere ? 1 : m.points.size();
      for (std::size_t i = 0; i < n; ++i) middle += m.points[i] / double(n);
      deck_.measure().select(id);
      workspace_.set_crosshair(middle);
    });
    auto* gone = make_icon_button("trash", "measure_delete_" + id, "Delete " + QString::fromStdString(m.name), row);
    gone->setIconSize({13, 13});
    connect(gone, &QToolButton::clicked, this, [this, id] { deck_.measure().remove(id); }, Qt::QueuedConnection);
    line->addWidget(name, 1);
    line->addWidget(value);
    line->addWidget(gone);
    rows_->addWidget(row);
  }
  rows_->addStretch(1);
}

void MeasurePanel::export_csv() {
  const auto* image = deck_.image();
  if (!image) return;
  std::string csv = core::measurements_csv_header();
  for (const auto& m : image->measurements) csv += core::measurement_csv_rows(image->key, m, image->volume.get());
  const QString file = QFileDialog::getSaveFileName(this, "Export the measurements", "measurements.csv", "CSV (*.csv)");
  if (file.isEmpty()) return;
  const auto written = core::write_file(file.toStdString(), csv);
  if (!written) workspace_.say(Tone::bad, QString::fromStdString(written.error().message));
  else workspace_.say(Tone::good, "Exported " + file);
}

}  // namespace ot::gui
