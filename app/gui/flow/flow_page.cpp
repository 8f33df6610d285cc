// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/flow_page.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/flow/probe_waves.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/stages.hpp"
#include "solvers/hemodynamics/ffr.hpp"
#include "viewer/qt/pullback_plot.hpp"

namespace ot::gui {
namespace {

constexpr int column_width = 250, least_column = 240;   // a third of the page in between; name, value and word fit beside each other
constexpr double near_line_mm = 8;     // a crosshair this near to the centreline belongs to it: two radii of a coronary, one of an aorta

struct Row {
  QString name;
  int plan = 0;
  std::shared_ptr<const twin::RunResult> run;
  bool fast = true;
};

const char* role_of(hemo::FfrMeaning meaning) {
  return meaning == hemo::FfrMeaning::reduced ? "bad" : meaning == hemo::FfrMeaning::grey_zone ? "attention" : "good";
}

}  // namespace

FlowPage::FlowPage(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "flow_page", "Flow");
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 4, 10, 8);
  row->setSpacing(10);
  auto* column = column_ = new QWidget(this);
  column->setFixedWidth(column_width);
  auto* box = new QVBoxLayout(column);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(4);
  auto* choices = new QHBoxLayout;
  choices->setSpacing(6);
  vessel_ = new QComboBox(column);
  name_widget(vessel_, "flow_vessel", "Vessel of the pull-back");
  quantity_ = new QComboBox(column);
  name_widget(quantity_, "flow_quantity", "Quantity along the vessel");
  quantity_->setToolTip("What the curve shows along the centreline");
  choices->addWidget(vessel_, 1);
  choices->addWidget(quantity_, 1);
  box->addLayout(choices);
  auto* words = new QWidget(column);
  auto* words_box = new QVBoxLayout(words);
  words_box->setContentsMargins(0, 2, 4, 0);
  words_box->setSpacing(3);
  numbers_ = new QVBoxLayout;
  numbers_->setSpacing(2);
  words_box->addLayout(numbers_);
  sentence_ = make_label({}, "small", words, true);
  sentence_->setObjectName("ffr_sentence");
  sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  words_box->addWidget(sentence_);
  probes_ = new ProbeWaves(workspace, words);
  words_box->addWidget(probes_);
  words_box->addStretch(1);
  auto* scroll = new QScrollArea(column);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(words);
  box->addWidget(scroll, 1);
  row->addWidget(column);
  plot_ = new viewer::PullbackPlot(this);
  name_widget(plot_, "pullback_plot", "Pressure along the vessel");
  row->addWidget(plot_, 1);

  connect(vessel_, &QComboBox::currentIndexChanged, this, [this](int i) {
    if (i >= 0) workspace_.set_shown_vessel(vessel_->itemData(i).toString());
    refresh();
  });
  connect(quantity_, &QComboBox::currentIndexChanged, this, &FlowPage::refresh);
  connect(probes_, &ProbeWaves::changed, this, &FlowPage::draw_waves);
  connect(&workspace, &Workspace::measured_changed, this, &FlowPage::refresh);
  connect(&workspace, &Workspace::time_changed, this, [this](double t_ms) {
    if (waves()) plot_->set_cursor(1e-3 * t_ms);
  });
  connect(plot_, &viewer::PullbackPlot::arc_picked, this, [this](double arc) {
    if (waves()) {
      workspace_.set_playing(false);
      workspace_.set_time(1e3 * arc);
      return;
    }
    const auto* m = model();
    if (!m || !m->network) return;
    picking_ = true;
    workspace_.set_crosshair(present::point_on_way(*m->network, way_, arc));
    picking_ = false;
    plot_->set_cursor(arc);
  });
  connect(&workspace, &Workspace::crosshair_changed, this, &FlowPage::follow);
  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::model_changed}) connect(&workspace, signal, this, &FlowPage::refresh_vessels);
  for (auto signal : {&Workspace::results_changed, &Workspace::compare_changed, &Workspace::flow_draft_changed}) connect(&workspace, signal, this, &FlowPage::refresh);
  connect(&workspace, &Workspace::vessel_changed, this, [this] {
    const QSignalBlocker block(vessel_);
    if (const int at = vessel_->findData(workspace_.shown_vessel()); at >= 0) vessel_->setCurrentIndex(at);
    refresh();
  });
  connect(&ThemeNotifier::instance(), &ThemeNotifier::changed, this, &FlowPage::refresh);
  refresh_vessels();
}

void FlowPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  column_->setFixedWidth(std::clamp(width() / 3, least_column, column_width));
}

void FlowPage::attach(Places& places) { probes_->attach(places); }

bool FlowPage::waves() const { return quantity_->currentData().toString().startsWith("wave"); }

void FlowPage::draw_waves() {
  if (!waves()) return;
  const QString what = quantity_->currentData().toString();
  const auto kind = what == "wave_flow" ? viewer::PullbackPlot::Kind::wave_ml_min : what == "wave_speed" ? viewer::PullbackPlot::Kind::wave_mm_s : viewer::PullbackPlot::Kind::wave_mmhg;
  plot_->set_kind(kind);
  plot_->set_title(vessel_->currentText() + (what == "wave_flow" ? ", flow over the beat" : what == "wave_speed" ? ", speed over the beat" : ", pressure over the beat"));
  plot_->set_spans({});
  plot_->set_curves(probes_->curves(kind));
  plot_->set_cursor(1e-3 * workspace_.playback().time_ms());
}

bool FlowPage::has_vessels() const { return vessel_->count() > 0; }

const twin::VesselModel* FlowPage::model() const {
  const auto data = workspace_.data();
  return data->twin ? data->twin->find_vessel(vessel_->currentData().toString().toStdString()) : nullptr;
}

void FlowPage::refresh_vessels() {
  {
    const QSignalBlocker block(vessel_);
    vessel_->clear();
    const auto data = workspace_.data();
    int ffr = 0;
    if (data->twin)
      for (std::size_t i = 0; i < data->twin->vessels.size(); ++i) {
        const auto& vessel = data->twin->vessels[i];
        vessel_->addItem(QString::fromStdString(vessel->name), QString::fromStdString(vessel->key));
        if (vessel->report_ffr) ffr = int(i);
      }
    const int shown = vessel_->findData(workspace_.shown_vessel());
    if (vessel_->count()) vessel_->setCurrentIndex(shown >= 0 ? shown : ffr);
  }
  refresh();
}

void FlowPage::refresh() {
  const auto* m = model();
  std::vector<viewer::PullbackCurve> curves;
  std::vector<viewer::PullbackSpan> spans;
  way_ = m && m->network ? present::longest_way(*m->network) : present::PullbackWay{};
  std::vector<FlowPageRun> runs;
  if (m) {
    const bool can_ffr = m->report_ffr && m->aortic_pressure_Pa > 0;
    {
      const QSignalBlocker block(quantity_);
      const QString before = quantity_->currentData().toString();
      quantity_->clear();
      if (can_ffr) quantity_->addItem("FFR", "ffr");
      quantity_->addItem("Pressure", "pressure");
      quantity_->addItem("Wall shear", "shear");
      quantity_->addItem("Pressure at probes", "wave_pressure");
      quantity_->addItem("Flow at probes", "wave_flow");
      quantity_->addItem("Speed at probes", "wave_speed");
      if (const int at = quantity_->findData(before); at >= 0) quantity_->setCurrentIndex(at);
    }
    const QString what = quantity_->currentData().toString();
    using present::PullbackQuantity;
    const auto quantity = what == "ffr" ? PullbackQuantity::ffr : what == "shear" ? PullbackQuantity::wall_shear_pa : PullbackQuantity::pressure_mmhg;
    plot_->set_kind(what == "ffr" ? viewer::PullbackPlot::Kind::ffr : what == "shear" ? viewer::PullbackPlot::Kind::shear_pa : viewer::PullbackPlot::Kind::pressure_mmhg);
    plot_->set_title(QString::fromStdString(m->name) + (what == "ffr" ? ", pull-back of FFR" : what == "shear" ? ", wall shear (3D: mean round the wall; FAST: developed flow)" : ", pressure along the vessel"));
    plot_->setToolTip(what != "ffr" ? QString() : QStringLiteral("FFR is a ratio of static pressures, as a pressure wire reads them. At a fork it steps by some hundredths: the part of the stream that turns into a branch or slows down exchanges momentum. "
                                                                 "FAST shows it at one place, FULL over one or two diameters behind the fork; it is no artefact and stays in the curve."));
    const QString key = QString::fromStdString(m->key);
    const int left = workspace_.comparing() ? workspace_.compare_left() : 0;
    const int right = workspace_.comparing() ? workspace_.compare_right() : workspace_.session().active_plan();
    const auto* draft = workspace_.flow_draft();
    if (draft && QString::fromStdString(draft->spec.placement.vessel) != key) draft = nullptr;
    std::vector<Row> rows;
    for (const int plan : left == right ? std::vector<int>{left} : std::vector<int>{left, right}) {
      const QString name = present::plan_short_name(workspace_.session(), plan);
      if (draft && draft->plan == plan && draft->answer && draft->answer->run) {
        rows.push_back({name, plan, draft->answer->run, true});
        continue;
      }
      const auto fast = workspace_.session().result(plan, core::Mode::fast);
      const auto full = workspace_.vessel_full(plan, key);
      if (full) rows.push_back({name, plan, full, false});
      // FAST stays beside FULL for the plan that is worked on: their distance is the answer's uncertainty.
      if (plan == right || !full) {
        const auto shown = fast ? fast : full ? nullptr : workspace_.shown_result(plan).result;
        if (shown) rows.push_back({name, plan, shown, true});
      }
    }
    for (const auto& r : rows) {
      const auto* result = present::find_vessel_result(*r.run, m->key);
      if (!result) continue;
      auto way = present::pullback(*m, *result, quantity);
      curves.push_back({r.name + (r.fast ? QStringLiteral(" FAST") : QStringLiteral(" FULL")), std::move(way.arc_mm), std::move(way.value), plan_color(r.plan), r.fast});
      runs.push_back({r.name + (r.fast ? QStringLiteral(" FAST") : QStringLiteral(" FULL")), r.plan, r.run});
    }
    const auto start_of = [&](int branch) {
      for (std::size_t i = 0; i < way_.branches.size(); ++i)
        if (way_.branches[i] == branch) return way_.start_mm[i];
      return -1.0;
    };
    for (const auto& s : m->stenoses)
      if (const double at = start_of(s.branch); at >= 0)
        spans.push_back({at + s.start_mm, at + s.end_mm, QStringLiteral("stenosis %1 %").arg(s.diameter_percent, 0, 'f', 0), false});
    const auto data = workspace_.data();
    if (right < int(data->plans.size()))
      for (const auto& stored : data->plans[std::size_t(right)].scenario.interventions) {
        const auto& spec = draft && draft->plan == right && draft->spec.id == stored.id ? draft->spec : stored;
        if (spec.enabled && spec.placement.kind == twin::Placement::Kind::segment && spec.placement.vessel == m->key)
          if (const double at = start_of(spec.placement.branch); at >= 0)
            spans.push_back({at + spec.placement.start_mm, at + spec.placement.start_mm + spec.placement.length_mm, present::intervention_name(spec), spec.kind != "stenosis"});
        if (spec.enabled && spec.placement.kind == twin::Placement::Kind::bridge && spec.placement.vessel == m->key)
          if (const double from = start_of(spec.placement.branch), to = start_of(spec.placement.to_branch); from >= 0 && to >= 0)
            spans.push_back({from + spec.placement.start_mm, to + spec.placement.to_mm, present::intervention_name(spec), true});
      }
  }
  if (!waves()) {
    plot_->set_curves(std::move(curves));
    plot_->set_spans(std::move(spans));
  }
  refresh_words(runs);
  if (!workspace_.flow_draft()) probes_->read(m ? QString::fromStdString(m->key) : QString(), runs);
  draw_waves();
  follow();
}

void FlowPage::refresh_words(const std::vector<FlowPageRun>& runs) {
  clear_layout(numbers_);
  const auto* m = model();
  QString sentence;   // of the last plan: FULL where there is one, it stands first
  int said_of = -1;
  for (const auto& [name, plan, run] : runs) {
    const bool says = plan != said_of;
    said_of = plan;
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    auto* who = make_label(name, "secondary", line);
    who->setMinimumWidth(76);
    row->addWidget(who);
    const double ffr = present::quantity_of(*run, m->key + "_ffr"), drop = present::quantity_of(*run, m->key + "_pressure_drop_mmhg");
    if (std::isfinite(ffr)) {
      const auto meaning = hemo::ffr_meaning(ffr);
      auto* value = make_label(QStringLiteral("FFR %1").arg(ffr, 0, 'f', 2), role_of(meaning), line);
      value->setObjectName("ffr_" + QString(name).replace(' ', '_').toLower());
      value->setStyleSheet("font-weight: 600;");
      row->addWidget(value);
      row->addWidget(make_label(meaning == hemo::FfrMeaning::reduced ? "flow reduced" : meaning == hemo::FfrMeaning::grey_zone ? "grey zone" : "not reduced", "small", line));
      const auto* q = twin::find_quantity(run->quantities, m->key + "_ffr");
      hemo::FfrReading reading;
      reading.value = ffr;
      reading.note = q->note;
      if (says) sentence = name + ": " + QString::fromStdString(hemo::ffr_sentence(reading));
    } else if (std::isfinite(drop)) {
      auto* value = make_label(QStringLiteral("drop %1 mmHg").arg(drop, 0, 'f', 1), "strong", line);
      row->addWidget(value);
      sentence = "Mean pressure at the inlet less that at the outlet with the largest flow; rigid wall, population values of flow.";
    }
    row->addStretch(1);
    numbers_->addWidget(line);
  }
  const auto* draft = workspace_.flow_draft();
  if (draft && draft->answer && !draft->answer->refused.empty()) sentence = QString::fromStdString(draft->answer->refused);
  if (runs.empty()) sentence = m ? "No flow result for this vessel yet." : "This case has no vessel with a centreline.";
  sentence_->setText(sentence);
}

void FlowPage::follow() {
  if (picking_ || waves()) return;
  const auto* m = model();
  if (!m || !m->network) {
    plot_->set_cursor(-1);
    return;
  }
  const auto arc = present::arc_on_way(*m->network, way_, workspace_.crosshair(), near_line_mm);
  plot_->set_cursor(arc ? *arc : -1);
}

}  // namespace ot::gui
