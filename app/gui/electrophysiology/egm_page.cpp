// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/egm_page.hpp"

#include <QCheckBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QPointer>
#include <QScrollArea>
#include <algorithm>
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "app/gui/places.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/kept_runs.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::gui {
namespace {

constexpr double ball_mm = 1.6;            // a ring electrode of a mapping catheter is 1 to 2 mm
constexpr int most_probes = 20;            // as many poles as a long catheter has
constexpr double left_px = 92, top_px = 8, bottom_px = 20;
const core::Color probe_color{0xf2, 0xb8, 0x4b};

}  // namespace

EgmPlot::EgmPlot(QWidget* parent) : QWidget(parent) {
  name_widget(this, "egm_plot", "Electrograms");
  setMinimumSize(200, 100);
}
void EgmPlot::set_traces(std::vector<EgmTrace> traces) {
  traces_ = std::move(traces);
  update();
}
void EgmPlot::set_time(double t) {
  time_ = t;
  if (isVisible()) update();
}
void EgmPlot::set_message(const QString& text) {
  message_ = text;
  update();
}
double EgmPlot::end_ms() const {
  double end = 0;
  for (const auto& t : traces_)
    if (!t.t_ms.empty()) end = std::max(end, t.t_ms.back());
  return end;
}

void EgmPlot::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.setFont(ui_font(11));
  const double end = end_ms();
  if (traces_.empty() || end <= 0) {
    p.setPen(t.hint);
    p.drawText(rect().adjusted(16, 0, -16, 0), Qt::AlignCenter | Qt::TextWordWrap, message_);
    return;
  }
  const QRectF area(left_px, top_px, width() - left_px - 12, height() - top_px - bottom_px);
  double most = 0;
  for (const auto& trace : traces_)
    for (const double v : trace.mV)
      if (std::isfinite(v)) most = std::max(most, std::abs(v));
  // One scale for all, so that sizes compare: the largest fills its row.
  const double row = area.height() / double(traces_.size()), gain = most > 0 ? 0.46 * row / most : 1;
  const auto X = [&](double ms) { return area.left() + ms / end * area.width(); };
  const double step = end > 1200 ? 500 : end > 400 ? 100 : 50;
  for (double ms = 0; ms <= end + 1e-6; ms += step) {
    p.setPen(t.hairline);
    p.drawLine(QPointF(X(ms), area.top()), QPointF(X(ms), area.bottom()));
    p.setPen(t.hint);
    p.drawText(QRectF(X(ms) - 24, area.bottom() + 3, 48, 14), Qt::AlignCenter, ms + step > end ? QStringLiteral("%1 ms").arg(ms, 0, 'f', 0) : QString::number(ms, 'f', 0));
  }
  for (std::size_t i = 0; i < traces_.size(); ++i) {
    const auto& trace = traces_[i];
    const double middle = area.top() + (double(i) + 0.5) * row;
    double lo = 0, hi = 0;
    QPainterPath path;
    bool open = false;
    for (std::size_t k = 0; k < trace.mV.size() && k < trace.t_ms.size(); ++k) {
      if (!std::isfinite(trace.mV[k])) {
        open = false;
        continue;
      }
      lo = std::min(lo, trace.mV[k]);
      hi = std::max(hi, trace.mV[k]);
      const QPointF at(X(trace.t_ms[k]), middle - gain * trace.mV[k]);
      open ? path.lineTo(at) : path.moveTo(at);
      open = true;
    }
    p.setPen(QPen(t.hairline, 1, Qt::DashLine));
    p.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle));
    p.setPen(QPen(t.accent, 1.6));
    p.setBrush(Qt::NoBrush);
    p.drawPath(path);
    p.setPen(t.text);
    p.drawText(QRectF(4, middle - 15, left_px - 10, 15), Qt::AlignLeft | Qt::AlignVCenter, trace.name);
    p.setPen(t.hint);
    p.drawText(QRectF(4, middle, left_px - 10, 15), Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("%1 mV p-p").arg(hi - lo, 0, 'f', 2));
  }
  // A bar in mV, whose length is the largest of 1, 2, 5 that fits half a row.
  if (most > 0) {
    const double room = 0.5 * row / gain, power = std::pow(10.0, std::floor(std::log10(room)));
    const double bar = power * (room >= 5 * power ? 5 : room >= 2 * power ? 2 : 1);
    const double x = area.right() - 3, middle = area.top() + 0.5 * row, half = 0.5 * gain * bar;
    p.setPen(QPen(t.text, 1.5));
    p.drawLine(QPointF(x, middle - half), QPointF(x, middle + half));
    for (const double y : {middle - half, middle + half}) p.drawLine(QPointF(x - 3, y), QPointF(x + 3, y));
    p.drawText(QRectF(x - 66, middle - 8, 58, 16), Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("%1 mV").arg(bar, 0, 'g', 3));
  }
  p.setPen(QPen(t.accent, 1));
  p.drawLine(QPointF(X(std::min(time_, end)), area.top()), QPointF(X(std::min(time_, end)), area.bottom()));
}

void EgmPlot::mousePressEvent(QMouseEvent* e) {
  const double end = end_ms();
  if (end <= 0 || !(e->buttons() & Qt::LeftButton)) return;
  const double ms = (e->position().x() - left_px) / (width() - left_px - 12) * end;
  if (ms >= 0 && ms <= end) emit time_picked(ms);
}
void EgmPlot::mouseMoveEvent(QMouseEvent* e) { mousePressEvent(e); }

EgmPage::EgmPage(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "egm_page", "Electrograms");
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 4, 10, 8);
  row->setSpacing(10);
  auto* column = new QWidget(this);
  column->setFixedWidth(200);
  auto* box = new QVBoxLayout(column);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(4);
  place_ = make_button("Place probes", "egm_place", column, "left");
  set_icon(place_, "plus");
  place_->setCheckable(true);
  place_->setToolTip("Click places on the wall; Esc ends");
  connect(place_, &QPushButton::clicked, this, [this](bool on) {
    if (on) workspace_.set_shown_vessel({});
    workspace_.set_tool(on ? Tool::probe : Tool::none);
    if (on) emit placed();   // the tab stays in front
  });
  box->addWidget(place_);
  bipolar_ = new QCheckBox("Bipolar, each to the next", column);
  name_widget(bipolar_, "egm_bipolar", "Bipolar electrograms");
  bipolar_->setToolTip("The difference of neighbouring probes, as between the poles of a catheter");
  connect(bipolar_, &QCheckBox::toggled, this, &EgmPage::show_traces);
  box->addWidget(bipolar_);
  export_ = make_button("Export as CSV", "egm_export", column, "left");
  export_->setAccessibleName("Export the electrograms");
  export_->setEnabled(false);
  connect(export_, &QPushButton::clicked, this, &EgmPage::export_csv);
  box->addWidget(export_);
  auto* inside = new QWidget(column);
  auto* inside_box = new QVBoxLayout(inside);
  inside_box->setContentsMargins(0, 0, 0, 0);
  inside_box->setSpacing(0);
  list_ = new QVBoxLayout;
  list_->setSpacing(0);
  inside_box->addLayout(list_);
  note_ = make_label("Potential in an unbounded conductor, far field zero.", "small_hint", inside, true);
  inside_box->addWidget(note_);
  inside_box->addStretch(1);
  auto* scroll = new QScrollArea(column);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(inside);
  box->addWidget(scroll, 1);
  row->addWidget(column);
  plot_ = new EgmPlot(this);
  plot_->set_message("Place probes on the wall to see what a catheter would record there.");
  row->addWidget(plot_, 1);
  connect(plot_, &EgmPlot::time_picked, this, [this](double t) {
    workspace_.set_playing(false);
    workspace_.set_time(t);
  });
  connect(&workspace, &Workspace::time_changed, plot_, &EgmPlot::set_time);
  connect(&workspace, &Workspace::tool_changed, this, [this] { place_->setChecked(workspace_.tool() == Tool::probe); });
  for (auto signal : {&Workspace::case_replaced, &Workspace::measured_changed}) connect(&workspace, signal, this, &EgmPage::refresh_probes);
  for (auto signal : {&Workspace::results_changed, &Workspace::plans_changed}) connect(&workspace, signal, this, &EgmPage::compute);
}

void EgmPage::attach(Places& places) {
  places_ = &places;
  connect(&places.pane(), &HeartPane::picked, this, [this](const viewer::Pick& pick) {
    if (workspace_.tool() != Tool::probe) return;
    if (pick.object_key != "tissue") {
      workspace_.say(Tone::info, "That is not heart muscle. Click the coloured wall.");
      return;
    }
    add_probe(pick.point);
  });
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::vessel_changed}) connect(&workspace_, signal, this, &EgmPage::refresh_marks);
}

int EgmPage::probes() const { return int(workspace_.data()->egm_probes.size()); }

void EgmPage::add_probe(const core::Vec3& at) {
  const auto& placed_now = workspace_.data()->egm_probes;
  if (int(placed_now.size()) >= most_probes) {
    workspace_.say(Tone::info, QStringLiteral("There are %1 probes already. Delete one first.").arg(most_probes));
    return;
  }
  std::string name;
  const auto taken = [&] { return std::any_of(placed_now.begin(), placed_now.end(), [&](const auto& p) { return p.name == name; }); };
  for (std::size_t n = placed_now.size() + 1; name.empty() || taken(); ++n) name = "Probe " + std::to_string(n);
  workspace_.session().update_measured(name, [&](session::CaseData& d) { d.egm_probes.push_back({name, at}); });
  emit placed();
}

void EgmPage::refresh_probes() {
  if (probes_ == workspace_.data()->egm_probes && !probes_.empty()) return;   // something else was measured
  probes_ = workspace_.data()->egm_probes;
  refresh_list();
  refresh_marks();
  compute();
}

void EgmPage::refresh_list() {
  clear_layout(list_);
  for (const auto& probe : probes_) {
    const QString name = QString::fromStdString(probe.name);
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(2, 0, 0, 0);
    row->addWidget(make_label(name, "", line), 1);
    auto* remove = make_icon_button("trash", "delete_" + QString(name).replace(' ', '_'), "Delete " + name + " (can be undone)", line);
    connect(remove, &QToolButton::clicked, this, [this, name = probe.name] {
      workspace_.session().update_measured("delete " + name, [&](session::CaseData& d) { std::erase_if(d.egm_probes, [&](const auto& p) { return p.name == name; }); });
    });
    row->addWidget(remove);
    list_->addWidget(line);
  }
}

void EgmPage::refresh_marks() {
  if (!places_) return;
  std::vector<viewer::PlaceMark> marks;
  if (workspace_.shown_vessel().isEmpty() && workspace_.heart())
    for (const auto& probe : probes_) marks.push_back({"probe:" + probe.name, probe.at, core::Vec3(0, 0, 0), ball_mm, probe_color});
  places_->set("probes", std::move(marks));
}

void EgmPage::compute() {
  const int number = ++asked_;
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  const auto shown = workspace_.shown_result(plan);
  if (probes_.empty() || !data->twin || !shown.result || shown.stale || !shown.result->electro || shown.result->electro->frames.size() < 2) {
    if (probes_.empty()) unipolar_.clear(), recorded_.clear();   // else the last traces stay until the new answer is there
    plot_->set_message(probes_.empty() ? "Place probes on the wall to see what a catheter would record there." : "The electrograms are drawn as soon as a model has answered.");
    show_traces();
    return;
  }
  QPointer<EgmPage> self(this);
  workspace_.session().jobs().start(session::Lane::image, "electrograms", "Electrograms",
                                    [self, number, twin = data->twin, probes = probes_, scenario = data->plans[std::size_t(plan)].scenario, result = shown.result, folder = session::working_folder(workspace_.session())](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
                                      auto found = session::probe_electrograms(twin, probes, scenario, *result, progress, folder);
                                      if (!found) return core::pass(found);
                                      std::vector<EgmTrace> traces;
                                      for (const auto& t : *found) traces.push_back({QString::fromStdString(t.name), t.t_ms, t.mV});
                                      return session::JobRunner::Completion([self, traces, number, recorded = std::move(*found)] {
                                        if (!self || self->asked_ != number) return;   // asked again meanwhile
                                        self->unipolar_ = traces;
                                        self->recorded_ = recorded;
                                        self->show_traces();
                                      });
                                    });
}

void EgmPage::export_csv() {
  const QString file = QFileDialog::getSaveFileName(this, "Export the electrograms", "electrograms.csv", "CSV (*.csv)");
  if (file.isEmpty()) return;
  const auto written = core::write_file(file.toStdString(), session::electrograms_csv(recorded_));
  if (!written) workspace_.say(Tone::bad, QString::fromStdString(written.error().message));
  else workspace_.say(Tone::good, "Exported " + file);
}

void EgmPage::show_traces() {
  export_->setEnabled(!recorded_.empty());
  export_->setToolTip(recorded_.empty() ? "There is nothing to export yet." : "Unipolar and, each probe to the next, bipolar electrograms in mV");
  note_->setText("Potential in an unbounded conductor, far field zero" + (recorded_.empty() ? QString(".") : "; " + QString::fromStdString(session::sampling_words(recorded_)) + "."));
  if (!bipolar_->isChecked() || unipolar_.size() < 2) {
    plot_->set_traces(unipolar_);
    return;
  }
  std::vector<EgmTrace> pairs;
  for (std::size_t i = 0; i + 1 < unipolar_.size(); ++i)
    pairs.push_back({unipolar_[i].name + QChar(0x2212) + QString(unipolar_[i + 1].name).remove("Probe "), unipolar_[i].t_ms, ep::bipolar(unipolar_[i].mV, unipolar_[i + 1].mV)});
  plot_->set_traces(std::move(pairs));
}

}  // namespace ot::gui
