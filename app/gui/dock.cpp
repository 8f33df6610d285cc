// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/dock.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>

#include "app/gui/actions.hpp"
#include "app/gui/electrophysiology/cell_page.hpp"
#include "app/gui/electrophysiology/egm_page.hpp"
#include "app/gui/flow/flow_page.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "viewer/qt/ecg_paper.hpp"

namespace ot::gui {
namespace {

constexpr int slider_steps = 1000;
const std::pair<const char*, double> speeds[] = {{"1/50", 0.02}, {"1/20", 0.05}, {"1/10", 0.1}, {"1/5", 0.2}, {"1/2", 0.5}, {"1", 1.0}};

viewer::EcgTraces traces_of(const ep::Ecg& ecg) { return {ecg.leads, ecg.t_ms, ecg.mV}; }

}  // namespace

PlanChip::PlanChip(int plan, const QString& name, const QString& title, QWidget* parent)
    : QAbstractButton(parent), plan_(plan), title_(title) {
  name_widget(this, "plan_chip_" + name, "Plan " + name);
  setText(name);
  setCheckable(true);
  setFixedHeight(28);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  setAttribute(Qt::WA_Hover);
  setContextMenuPolicy(Qt::CustomContextMenu);
}

void PlanChip::set_title_room(int px) {
  if (px == title_room_) return;
  title_room_ = px;
  updateGeometry();
  update();
}

int PlanChip::width_with(int title_px) const {
  const QFontMetrics metrics(ui_font(13, QFont::DemiBold));
  const int title = title_.isEmpty() || title_px == 0 ? 0 : 8 + std::min(title_px, metrics.horizontalAdvance(title_));
  return 36 + metrics.horizontalAdvance(text()) + title;
}

QSize PlanChip::sizeHint() const { return {width_with(title_room_), 28}; }

void PlanChip::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QColor color = plan_color(plan_);
  const QRectF box = QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75);
  p.setPen(QPen(isChecked() || compared_ ? color : hasFocus() ? t.accent : t.hairline, isChecked() ? 1.5 : 1));
  p.setBrush(isChecked() ? mix(t.card, color, 0.16) : underMouse() ? t.selected : t.card);
  p.drawRoundedRect(box, 14, 14);
  p.setPen(Qt::NoPen);
  p.setBrush(color);
  p.drawEllipse(QPointF(15, height() / 2.0), 3.5, 3.5);
  p.setFont(ui_font(13, isChecked() ? QFont::DemiBold : QFont::Medium));
  p.setPen(isChecked() ? t.text : t.secondary);
  const int name_width = QFontMetrics(p.font()).horizontalAdvance(text());
  p.drawText(QRectF(25, 0, name_width + 4, height()), Qt::AlignVCenter, text());
  if (title_.isEmpty() || title_room_ == 0) return;
  p.setFont(ui_font(13));
  p.drawText(QRectF(33 + name_width, 0, width() - name_width - 43, height()), Qt::AlignVCenter,
             QFontMetrics(p.font()).elidedText(title_, Qt::ElideRight, width() - name_width - 43));
}

Dock::Dock(Workspace& workspace, Actions& actions, QWidget* parent) : QFrame(parent), workspace_(workspace), actions_(actions) {
  name_widget(this, "dock", "Plans, time and traces");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(0);
  bar_ = new QBoxLayout(QBoxLayout::LeftToRight);
  bar_->setContentsMargins(10, 4, 12, 4);
  bar_->setSpacing(4);
  auto* bar = new QHBoxLayout;
  bar->setSpacing(6);
  bar_->addLayout(bar);
  chips_ = new QHBoxLayout;
  chips_->setSpacing(6);
  bar->addLayout(chips_);
  auto* add = make_icon_button("plus", "plan_add", "New plan: a copy of the one shown", this);
  connect(add, &QToolButton::clicked, actions.find("new_plan"), &QAction::trigger);
  bar->addWidget(add);
  compare_ = make_button("Compare", "compare_button", this);
  set_icon(compare_, "compare");
  compare_->setCheckable(true);
  compare_->setToolTip("Two hearts side by side, one table  (C)");
  connect(compare_, &QPushButton::clicked, actions.find("compare"), &QAction::trigger);
  bar->addWidget(compare_);
  difference_ = make_button("Difference", "difference_button", this);
  difference_->setCheckable(true);
  difference_->setToolTip("Right less left on the right heart or vessel  (Shift+C)");
  connect(difference_, &QPushButton::clicked, actions.find("difference"), &QAction::trigger);
  bar->addWidget(difference_);
  const auto follow_compare = [this] {
    difference_->setVisible(workspace_.comparing());
    difference_->setChecked(workspace_.showing_difference());
    refresh_room();
  };
  connect(&workspace, &Workspace::compare_changed, this, follow_compare);
  difference_->hide();
  bar->addStretch(1);

  bar = new QHBoxLayout;
  bar->setSpacing(6);
  bar_->addLayout(bar, 1);
  play_ = make_icon_button("pause", "play_button", "Play or pause  (Space)", this);
  connect(play_, &QToolButton::clicked, actions.find("play"), &QAction::trigger);
  bar->addWidget(play_);
  speed_ = new QComboBox(this);
  name_widget(speed_, "speed", "Speed of the beat");
  for (const auto& [text, value] : speeds) speed_->addItem(QString::fromLatin1(text), value);
  speed_->setCurrentIndex(2);
  speed_->setToolTip("Speed of the beat: one tenth shows 100 ms in a second");
  speed_->setFixedWidth(64);
  connect(speed_, &QComboBox::currentIndexChanged, this, [this](int i) { workspace_.set_speed(speed_->itemData(i).toDouble()); });
  bar->addWidget(speed_);
  slider_ = new QSlider(Qt::Horizontal, this);
  name_widget(slider_, "time_slider", "Time within the beat");
  slider_->setRange(0, slider_steps);
  slider_->setMinimumWidth(90);
  slider_->setMaximumWidth(240);
  connect(slider_, &QSlider::sliderPressed, this, [this] { workspace_.set_playing(false); });
  connect(slider_, &QSlider::valueChanged, this, [this](int v) {
    sliding_ = true;
    workspace_.set_time(workspace_.playback().end_ms() * v / slider_steps);
    sliding_ = false;
  });
  bar->addWidget(slider_, 2);
  time_name_ = make_label("t =", "", this);
  bar->addWidget(time_name_);
  time_ = new NumberLabel(this);
  time_->setObjectName("time_label");
  time_->setAccessibleName("Time");
  time_->set_weight(QFont::DemiBold);
  time_->setFixedWidth(56);
  bar->addWidget(time_);
  beat_ = make_label({}, "secondary", this);
  beat_->setObjectName("beat_label");
  bar->addWidget(beat_);
  bar->addSpacing(4);
  tab_ecg_ = make_button("ECG", "tab_ecg", this, "tab");
  tab_flow_ = make_button("Flow", "tab_flow", this, "tab");
  tab_egm_ = make_button("EGM", "tab_egm", this, "tab");
  tab_cell_ = make_button("Cell", "tab_cell", this, "tab");
  tab_cell_->setToolTip("One isolated cell, not the patient: action potential, calcium and currents with a drug or scaled conductances");
  for (auto* tab : {tab_ecg_, tab_flow_, tab_egm_, tab_cell_}) {
    tab->setCheckable(true);
    bar->addWidget(tab);
  }
  connect(tab_ecg_, &QPushButton::clicked, this, [this] { show_tab(0); });
  connect(tab_flow_, &QPushButton::clicked, this, [this] { show_tab(1); });
  connect(tab_egm_, &QPushButton::clicked, this, [this] { show_tab(2); });
  connect(tab_cell_, &QPushButton::clicked, this, [this] { show_tab(3); });
  box->addLayout(bar_);

  stack_ = new QStackedWidget(this);
  ecg_ = new viewer::EcgPaper(stack_);
  name_widget(ecg_, "ecg_paper", "Twelve-lead ECG");
  ecg_->set_message("The ECG is drawn as soon as a model has answered.");
  connect(ecg_, &viewer::EcgPaper::time_picked, this, [this](double t) {
    workspace_.set_playing(false);
    workspace_.set_time(t);
  });
  stack_->addWidget(ecg_);
  flow_ = new FlowPage(workspace, stack_);
  stack_->addWidget(flow_);
  egm_ = new EgmPage(workspace, stack_);
  stack_->addWidget(egm_);
  cell_ = new CellPage(workspace, stack_);
  stack_->addWidget(cell_);
  connect(egm_, &EgmPage::placed, this, [this] { show_tab(2); });
  box->addWidget(stack_, 1);

  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::compare_changed}) connect(&workspace, signal, this, &Dock::refresh_plans);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::plans_changed, &Workspace::results_changed, &Workspace::compare_changed}) {
    connect(&workspace, signal, this, &Dock::refresh_ecg);
  }
  for (auto signal : {&Workspace::recording_changed, &Workspace::heart_answered}) connect(&workspace, signal, this, &Dock::refresh_ecg);
  connect(&workspace, &Workspace::vessel_changed, this, [this] { show_tab(workspace_.shown_vessel().isEmpty() ? 0 : 1); });
  connect(&workspace, &Workspace::frame_arrived, this, &Dock::refresh_live);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::results_changed}) connect(&workspace, signal, this, &Dock::refresh_time);
  connect(&workspace, &Workspace::time_changed, this, &Dock::refresh_time);
  connect(&workspace, &Workspace::playing_changed, this, [this](bool playing) { set_icon(play_, playing ? "pause" : "play"); });
  set_icon(play_, workspace.playback().playing() ? "pause" : "play");
  refresh_plans();
  refresh_time();
  show_tab(0);
}

void Dock::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  refresh_room();
}

// On a small screen titles are cut first, then time goes below the plans, then the titles of plans that are neither shown nor compared go.
void Dock::refresh_room() {
  const bool comparing = workspace_.comparing();
  const auto chips = findChildren<PlanChip*>();
  compare_->setText(width() < 820 ? QString() : QStringLiteral("Compare"));
  difference_->setText(width() < 820 ? QStringLiteral("Δ") : QStringLiteral("Difference"));
  bool all = true;                   // every plan has its title
  const auto room_of = [&](const PlanChip* chip, int title) { return all || chip->isChecked() || chip->compared() ? title : 0; };
  const auto chips_wide = [&](int title) {
    int wide = 0;
    for (const auto* chip : chips) wide += chip->width_with(room_of(chip, title)) + 6;
    return wide;
  };
  constexpr int controls = 485, beside = 570;   // all but the chips, at the least and with the words of the buttons
  constexpr int least_title = 52, in_rows_least = 30, bar_margins = 22, add_button = 34;
  const int difference = comparing ? 90 : 0;
  const int plan_controls = bar_margins + add_button + compare_->sizeHint().width() + 6 + (comparing ? difference_->sizeHint().width() + 6 : 0);
  // The most room for every title with which the chips fit, 0 when it would be less than `least`.
  const auto fitting = [&](int room, int least) {
    for (int title = PlanChip::most_title_px; title >= least; title -= 4)
      if (chips_wide(title) <= room) return title;
    return 0;
  };
  int title = fitting(width() - beside - difference, least_title);
  const bool one_row = title > 0 || chips_wide(0) == chips_wide(PlanChip::most_title_px);
  if (!one_row) title = fitting(width() - plan_controls, in_rows_least);
  if (!one_row && title == 0) {
    all = false;
    title = fitting(width() - plan_controls, in_rows_least);
  }
  for (auto* chip : chips) chip->set_title_room(room_of(chip, title));
  const int wanted = beside + difference + chips_wide(title);
  constexpr int words = 90;          // "t =" and the cycle length
  beat_->setVisible(width() >= wanted + words);
  time_name_->setVisible(width() >= wanted + words && had_beats_);
  bar_->setDirection(!one_row || width() < wanted - beside + controls ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void Dock::show_tab(int tab) {
  tab_ecg_->setChecked(tab == 0);
  tab_flow_->setChecked(tab == 1);
  tab_egm_->setChecked(tab == 2);
  tab_cell_->setChecked(tab == 3);
  const bool before = wants_height();
  stack_->setCurrentIndex(tab);
  if (wants_height() != before) emit height_wanted();
}

bool Dock::wants_height() const { return stack_->currentWidget() == cell_; }

void Dock::refresh_plans() {
  clear_layout(chips_);
  const auto data = workspace_.data();
  for (std::size_t i = 0; i < data->plans.size(); ++i) {
    const auto& plan = data->plans[i];
    const int at = int(i);
    auto* chip = new PlanChip(at, QString::fromStdString(plan.name), at == 0 ? QString() : QString::fromStdString(plan.title), this);
    const bool compared = workspace_.comparing() && (at == workspace_.compare_left() || at == workspace_.compare_right());
    chip->set_compared(compared);
    chip->setChecked(at == workspace_.session().active_plan());
    const int placed = int(plan.scenario.interventions.size());
    const QString title = QString::fromStdString(plan.title), what = QStringLiteral("%1 intervention%2. Right click for more.").arg(placed).arg(placed == 1 ? "" : "s");
    chip->setToolTip(at == 0 ? QStringLiteral("The untreated heart") : title.isEmpty() ? what : title + ". " + what);
    connect(chip, &QAbstractButton::clicked, this, [this, at, chip] {
      chip->setChecked(true);
      if (workspace_.comparing() && at != workspace_.compare_left()) workspace_.set_compare_pair(workspace_.compare_left(), at);
      workspace_.session().set_active_plan(at);
    });
    connect(chip, &QWidget::customContextMenuRequested, this, [this, at, chip](const QPoint& p) { plan_menu(at, chip->mapToGlobal(p)); });
    chips_->addWidget(chip);
  }
  refresh_room();
  compare_->setChecked(workspace_.comparing());
  allow(compare_, data->plans.size() > 1, "Two hearts side by side, one table  (C)", "There is only the baseline so far. Add a plan first.");
  allow(tab_flow_, data->twin && !data->twin->vessels.empty(), "Pressure along the vessels", "This case has no vessel with a centreline.");
  const auto* heart = workspace_.heart();
  allow(tab_egm_, heart != nullptr, "Electrograms of probes on the wall", why_no_muscle(*data));
  beat_->setText(heart ? QStringLiteral("CL %1").arg(heart->baseline.cycle_length_ms, 0, 'f', 0) : QString());
}

void Dock::plan_menu(int plan, const QPoint& at) {
  QMenu menu(this);
  menu.addAction("Copy to a new plan", this, [this, plan] { workspace_.session().add_plan("", plan); });
  QAction* against = menu.addAction("Compare with the baseline", this, [this, plan] { workspace_.set_compare_pair(0, plan); });
  against->setEnabled(plan > 0);
  QAction* with_active = menu.addAction("Compare with the plan shown", this, [this, plan] { workspace_.set_compare_pair(plan, workspace_.session().active_plan()); });
  with_active->setEnabled(plan != workspace_.session().active_plan());
  menu.addSeparator();
  QAction* remove = menu.addAction("Delete this plan", this, [this, plan] { workspace_.session().remove_plan(plan); });
  remove->setEnabled(plan > 0);
  menu.exec(at);
}

void Dock::refresh_time() {
  const auto& playback = workspace_.playback();
  const bool beats = playback.end_ms() > 0;
  time_->set(beats ? QString::number(playback.time_ms(), 'f', 0) : QString(), beats ? "ms" : "");
  const QString nothing = "No heart in this case has been computed yet.";
  allow(slider_, beats, "Time within the beat", nothing);
  allow(play_, beats, "Play or pause  (Space)", nothing);
  allow(speed_, beats, "Speed of the beat: one tenth shows 100 ms in a second", nothing);
  if (beats != had_beats_) {
    had_beats_ = beats;
    set_icon(play_, beats && playback.playing() ? "pause" : "play");
    refresh_room();
  }
  if (!sliding_) {
    const QSignalBlocker block(slider_);
    slider_->setValue(beats ? int(playback.time_ms() / playback.end_ms() * slider_steps) : 0);
  }
  ecg_->set_time(playback.time_ms());
}

void Dock::refresh_ecg() {
  const auto* heart = workspace_.heart();
  const int active = workspace_.comparing() ? workspace_.compare_right() : workspace_.session().active_plan();
  const int ghost = workspace_.comparing() ? workspace_.compare_left() : 0;
  const auto shown = workspace_.shown_result(active);
  const double cycle = heart ? heart->baseline.cycle_length_ms : 1000;
  const bool have = shown.result && shown.result->electro && !shown.result->electro->ecg.t_ms.empty();
  ecg_->set_message(heart ? "The ECG is drawn as soon as a model has answered." : (workspace_.data()->twin ? QStringLiteral("This case has no heart muscle, so there is no ECG.") : why_no_muscle(*workspace_.data()) + " Then the ECG is drawn here."));
  const auto end = have ? present::computed_to_ms(*shown.result->electro) : std::nullopt;
  const auto ends = [](std::optional<double> at) { return at ? QStringLiteral("computed to %1 ms").arg(*at, 0, 'f', 0) : QString(); };
  if (end) ecg_->set_partial(traces_of(shown.result->electro->ecg));
  else ecg_->set_traces(have ? traces_of(shown.result->electro->ecg) : viewer::EcgTraces{}, cycle);
  const QString intervals = have ? QString::fromStdString(present::ecg_line(*shown.result, cycle)) : QString();
  ecg_->set_intervals(end ? ends(end) + "   " + intervals : intervals);
  const auto other = workspace_.shown_result(ghost);
  const bool have_ghost = ghost != active && other.result && other.result->electro && other.result != shown.result;
  // A recording lies where a plan would lie: its QRS begins where the simulated one does.
  if (const auto& recording = workspace_.recording(); recording && have) {
    const auto simulated = ep::measure(shown.result->electro->ecg, cycle);
    const double onset = std::isfinite(simulated.qrs_onset_ms) ? simulated.qrs_onset_ms : 0;
    ecg_->set_ghost(traces_of(ep::aligned_beat(recording->beat, onset, cycle)), cycle, recording->name);
  } else {
    const auto ghost_end = have_ghost ? present::computed_to_ms(*other.result->electro) : std::nullopt;
    ecg_->set_ghost(have_ghost ? traces_of(other.result->electro->ecg) : viewer::EcgTraces{}, ghost_end ? 0 : cycle,
                    have_ghost ? other.name + (shown.result && other.result->mode != shown.result->mode ? (other.result->mode == core::Mode::full ? ", FULL" : ", FAST") : "") + (ghost_end ? ", " + ends(ghost_end) : QString()) : QString());
  }
  refresh_time();
}

void Dock::refresh_live() {
  const auto& live = workspace_.live_frame();
  if (live && live->ecg_so_far && workspace_.live_plan() == workspace_.session().active_plan() && live->ecg_so_far->t_ms.size() > 1)
    ecg_->set_partial(traces_of(*live->ecg_so_far));
}

}  // namespace ot::gui
