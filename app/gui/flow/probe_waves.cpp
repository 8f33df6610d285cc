// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/probe_waves.hpp"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/flow/flow_page.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/places.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::gui {
namespace {

constexpr std::size_t most_probes = 12;
constexpr core::Color probe_color{0xff, 0xd1, 0x66};
const char* const nothing_yet = "Place probes on the vessel to read pressure and flow there, and the gradient between them.";

}  // namespace

ProbeWaves::ProbeWaves(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "probe_waves", "Probes in the vessel");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(2);
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  place_ = make_button("Place probes", "flow_probe_place", this, "left");
  set_icon(place_, "plus");
  place_->setCheckable(true);
  place_->setToolTip("Click places on the vessel; Esc ends");
  connect(place_, &QPushButton::clicked, this, [this](bool on) {
    moving_.clear();
    if (on && workspace_.shown_vessel().isEmpty()) workspace_.set_shown_vessel(vessel_);
    workspace_.set_tool(on ? Tool::flow_probe : Tool::none);
  });
  row->addWidget(place_, 1);
  csv_ = make_button("CSV", "flow_probe_csv", this);
  csv_->setToolTip("Write what the probes read as a table");
  connect(csv_, &QPushButton::clicked, this, [this] {
    if (const QString file = QFileDialog::getSaveFileName(window(), "Export the waveforms", "probes.csv", "CSV (*.csv)"); !file.isEmpty()) export_csv(file);
  });
  row->addWidget(csv_);
  box->addLayout(row);
  list_ = new QVBoxLayout;
  list_->setSpacing(0);
  box->addLayout(list_);
  note_ = make_label(nothing_yet, "small_hint", this, true);
  note_->setObjectName("flow_probe_note");
  box->addWidget(note_);
  connect(&workspace, &Workspace::tool_changed, this, [this] {
    place_->setChecked(workspace_.tool() == Tool::flow_probe);
    if (workspace_.tool() != Tool::flow_probe) moving_.clear();
  });
  for (auto signal : {&Workspace::case_replaced, &Workspace::measured_changed, &Workspace::model_changed, &Workspace::vessel_changed}) connect(&workspace, signal, this, &ProbeWaves::refresh_marks);
}

void ProbeWaves::attach(Places& places) {
  places_ = &places;
  connect(&places.pane(), &HeartPane::picked, this, [this](const viewer::Pick& pick) {
    if (workspace_.tool() == Tool::flow_probe) add(pick.point);
  });
  refresh_marks();
}

std::vector<session::PlacedProbe> ProbeWaves::here() const {
  std::vector<session::PlacedProbe> found;
  const auto data = workspace_.data();
  if (!data->twin) return found;
  for (const auto& p : data->flow_probes)
    if (session::vessel_of(*data->twin, p.at) == vessel_.toStdString()) found.push_back(p);
  return found;
}

void ProbeWaves::change(const std::string& step, const std::function<void(std::vector<session::PlacedProbe>&)>& edit) {
  workspace_.session().update_measured(step, [&](session::CaseData& d) { edit(d.flow_probes); });
}

void ProbeWaves::add(const core::Vec3& at) {
  const auto data = workspace_.data();
  const auto* model = data->twin ? data->twin->find_vessel(vessel_.toStdString()) : nullptr;
  if (!model || !model->network) return;
  const core::Vec3 middle = session::on_centreline(*model->network, at);
  if (!moving_.empty()) {
    const std::string name = std::exchange(moving_, {});
    change("move " + name, [&](auto& list) {
      for (auto& p : list)
        if (p.name == name) p.at = middle;
    });
    workspace_.set_tool(Tool::none);
    return;
  }
  const auto& placed = data->flow_probes;
  if (placed.size() >= most_probes) {
    workspace_.say(Tone::info, QStringLiteral("There are %1 probes already. Delete one first.").arg(most_probes));
    return;
  }
  std::string name;
  const auto taken = [&] { return std::any_of(placed.begin(), placed.end(), [&](const auto& p) { return p.name == name; }); };
  for (std::size_t n = placed.size() + 1; name.empty() || taken(); ++n) name = "P" + std::to_string(n);
  change("probe " + name, [&](auto& list) { list.push_back({name, middle}); });
}

void ProbeWaves::rename(const std::string& name, const QString& to) {
  const std::string wanted = to.trimmed().toStdString();
  if (wanted.empty() || wanted == name) return;
  const auto data = workspace_.data();
  if (std::any_of(data->flow_probes.begin(), data->flow_probes.end(), [&](const auto& p) { return p.name == wanted; })) {
    workspace_.say(Tone::info, "Another probe has that name.");
    refresh_list();
    return;
  }
  change("rename " + name, [&](auto& list) {
    for (auto& p : list)
      if (p.name == name) p.name = wanted;
  });
}

void ProbeWaves::refresh_marks() {
  if (!places_) return;
  std::vector<viewer::PlaceMark> marks;
  const auto data = workspace_.data();
  const std::string shown = workspace_.shown_vessel().toStdString();
  const auto* model = data->twin && !shown.empty() ? data->twin->find_vessel(shown) : nullptr;
  if (model && model->network)
    for (const auto& p : data->flow_probes) {
      if (session::vessel_of(*data->twin, p.at) != shown) continue;
      int branch = 0;
      double arc = 0, distance = 0;
      if (!model->network->locate(p.at, branch, arc, distance)) continue;
      // A disc across the vessel, a little wider than it: seen from outside.
      marks.push_back({"flow_probe:" + p.name, p.at, model->network->tangent_at(branch, arc), 1.25 * model->network->radius_at(branch, arc), probe_color});
    }
  places_->set("flow_probes", std::move(marks));
}

void ProbeWaves::read(const QString& vessel, const std::vector<FlowPageRun>& runs) {
  vessel_ = vessel;
  const int number = ++asked_;
  const auto data = workspace_.data();
  const auto probes = here();
  struct Wanted {
    Run run;
    twin::Scenario scenario;
    std::shared_ptr<const twin::RunResult> result;
  };
  std::vector<Wanted> wanted;
  for (const auto& r : runs) {
    const bool full = r.run->mode == core::Mode::full;
    if (r.plan >= 0 && r.plan < int(data->plans.size())) wanted.push_back({{r.name, r.plan, !full, {}, {}}, data->plans[std::size_t(r.plan)].scenario, r.run});
  }
  const bool nothing = probes.empty() || wanted.empty() || !data->twin;
  if (nothing) runs_.clear();
  refresh_list();   // what was placed, at once; what it reads follows
  if (nothing) {
    emit changed();
    return;
  }
  QPointer<ProbeWaves> self(this);
  workspace_.session().jobs().start(session::Lane::image, "probes", "Reading the probes",
                                    [self, number, wanted, probes, twin = data->twin, key = vessel.toStdString()](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
                                      std::vector<Run> found;
                                      for (const auto& w : wanted) {
                                        if (progress.cancelled()) return core::cancelled();
                                        Run run = w.run;
                                        for (const auto& v : w.result->vessels)
                                          if (v.key == key) {
                                            auto readings = session::read_probes(*twin, w.scenario, v, probes);
                                            if (readings) run.readings = std::move(*readings);
                                            else run.refused = QString::fromStdString(readings.error().message);
                                          }
                                        found.push_back(std::move(run));
                                      }
                                      return session::JobRunner::Completion([self, number, found] {
                                        if (!self || self->asked_ != number) return;   // asked again meanwhile
                                        self->runs_ = found;
                                        self->refresh_list();
                                        emit self->changed();
                                      });
                                    });
}

void ProbeWaves::refresh_list() {
  clear_layout(list_);
  const auto probes = here();
  const Run* newest = nullptr;   // FULL of the last plan where there is one: it stands before its FAST
  for (const auto& r : runs_)
    if (!r.readings.empty() && (!newest || r.plan != newest->plan)) newest = &r;
  for (const auto& probe : probes) {
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    const QString name = QString::fromStdString(probe.name);
    auto* edit = new QLineEdit(name, line);
    name_widget(edit, "flow_probe_name_" + name, "Name of the probe");
    edit->setFixedWidth(56);
    connect(edit, &QLineEdit::editingFinished, this, [this, edit, old = probe.name] { rename(old, edit->text()); });
    row->addWidget(edit);
    QString value = QString::fromUtf8("–");
    if (newest)
      for (const auto& r : newest->readings)
        if (r.probe == probe) value = QStringLiteral("%1 mmHg, %2 mL/min").arg(r.pressure_mmhg, 0, 'f', 1).arg(r.flow_ml_min, 0, 'f', 0);
    auto* label = new ElidedLabel(value, line, Qt::AlignLeft);   // the column is narrow, the tip says all of it
    label->setObjectName("flow_probe_value_" + name);
    label->setToolTip(newest ? newest->name + ": " + value + ", pressure and flow of the section, means over the beat" : QString());
    row->addWidget(label, 1);
    auto* move = make_icon_button("refine", "flow_probe_move_" + name, "Move " + name + ": click its new place", line);
    connect(move, &QToolButton::clicked, this, [this, old = probe.name] {
      if (workspace_.shown_vessel() != vessel_) workspace_.set_shown_vessel(vessel_);
      workspace_.set_tool(Tool::flow_probe);
      moving_ = old;
    });
    row->addWidget(move);
    auto* remove = make_icon_button("trash", "flow_probe_delete_" + name, "Delete " + name + " (can be undone)", line);
    connect(remove, &QToolButton::clicked, this, [this, old = probe.name] {
      change("delete " + old, [&](auto& list) { std::erase_if(list, [&](const auto& p) { return p.name == old; }); });
    });
    row->addWidget(remove);
    list_->addWidget(line);
  }
  QString refused;
  for (const auto& run : runs_) {
    if (!run.refused.isEmpty()) refused = run.refused;
    for (const auto& g : session::probe_gradients(run.readings)) {
      QString value = QStringLiteral("%1 mmHg").arg(g.mean_mmhg, 0, 'f', 1);
      if (std::isfinite(g.peak_mmhg)) value += QStringLiteral(" (peak to peak %1, largest %2)").arg(g.peak_to_peak_mmhg, 0, 'f', 1).arg(g.peak_mmhg, 0, 'f', 1);
      auto* fact = make_fact(QStringLiteral("%1: %2 to %3").arg(run.name, QString::fromStdString(g.from), QString::fromStdString(g.to)), value, this);
      fact->setToolTip("Pressure gradient: mean, difference of the highest pressures, and largest difference at one instant");
      list_->addWidget(fact);
    }
  }
  csv_->setEnabled(newest != nullptr);
  note_->setText(!refused.isEmpty() ? refused : probes.empty() ? QString(nothing_yet) : QString("FAST: section means. FULL: at the place; of a beat at the kept instants. Flow is that of the whole section."));
}

std::vector<viewer::PullbackCurve> ProbeWaves::curves(viewer::PullbackPlot::Kind kind) const {
  using Kind = viewer::PullbackPlot::Kind;
  std::vector<viewer::PullbackCurve> out;
  for (const auto& run : runs_)
    for (std::size_t k = 0; k < run.readings.size(); ++k) {
      const auto& r = run.readings[k];
      if (r.t_s.empty()) continue;
      const bool flow = kind == Kind::wave_ml_min;
      QColor color = plan_color(run.plan);
      color = color.lighter(100 + 25 * int(k % 4));   // probes of one plan: lighter and lighter
      out.push_back({QString::fromStdString(r.probe.name) + " " + run.name, flow ? r.flow_t_s : r.t_s, flow ? r.beat_flow_ml_min : kind == Kind::wave_mmhg ? r.beat_pressure_mmhg : r.beat_speed_mm_s, color, run.fast});
    }
  return out;
}

bool ProbeWaves::export_csv(const QString& file) {
  std::vector<session::ProbeReading> all;
  for (const auto& run : runs_)
    for (auto r : run.readings) {
      r.probe.name += " " + run.name.toStdString();
      all.push_back(std::move(r));
    }
  const auto written = core::write_file(file.toStdString(), session::probes_csv(all));
  if (!written) workspace_.say(Tone::bad, QString::fromStdString(written.error().message));
  return bool(written);
}

}  // namespace ot::gui
