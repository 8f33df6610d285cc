// SPDX-License-Identifier: GPL-3.0-or-later
// The half of MeasuredPanel that holds recorded ECGs.
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QPointer>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

#include "app/gui/electrophysiology/measured_panel.hpp"
#include "app/gui/electrophysiology/measured_words.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/recorded.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::gui {

void MeasuredPanel::make_ecg(QVBoxLayout* box) {
  auto* caption = make_label("Recorded ECG", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  ecg_empty_ = make_label("Import the patient's ECG to see it behind the simulated leads.", "small_hint", this, true);
  box->addWidget(ecg_empty_);
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  ecg_ = new QComboBox(this);
  name_widget(ecg_, "ecg_which", "Recorded ECG behind the leads");
  ecg_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  ecg_->setMinimumContentsLength(8);
  connect(ecg_, &QComboBox::currentIndexChanged, this, [this] {
    if (filling_) return;
    ecg_key_ = ecg_->currentData().toString().toStdString();
    choose_ecg();
  });
  row->addWidget(ecg_, 1);
  ecg_remove_ = make_button({}, "ecg_remove", this, "flat");
  set_icon(ecg_remove_, "trash");
  ecg_remove_->setFixedWidth(32);
  connect(ecg_remove_, &QPushButton::clicked, this, [this] {
    workspace_.session().update_measured("remove recorded ECG", [key = ecg_key_](session::CaseData& d) { std::erase_if(d.recorded_ecgs, [&](const auto& e) { return e->key == key; }); });
  });
  row->addWidget(ecg_remove_);
  box->addLayout(row);
  ecg_import_ = make_button("Import a recorded ECG", "ecg_import", this, "left");
  set_icon(ecg_import_, "open");
  ecg_import_->setToolTip("WFDB header (.hea), CSV with lead names, or DICOM waveform");
  connect(ecg_import_, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getOpenFileName(this, "Import a recorded ECG", {}, "Recordings (*.hea *.csv *.tsv *.txt *.dcm);;All files (*)");
    if (!file.isEmpty()) import_ecg(file.toStdString());
  });
  box->addWidget(ecg_import_);
  ecg_area_ = new QWidget(this);
  auto* area = new QVBoxLayout(ecg_area_);
  area->setContentsMargins(0, 0, 0, 0);
  area->setSpacing(6);
  intervals_ = new QGridLayout;
  intervals_->setHorizontalSpacing(8);
  intervals_->setVerticalSpacing(3);
  intervals_->setColumnStretch(0, 1);
  area->addLayout(intervals_);
  area->addWidget(make_label("Correlation per lead, QRS onset to end of T", "small_hint", ecg_area_, true));
  leads_ = new QGridLayout;
  leads_->setHorizontalSpacing(8);
  leads_->setVerticalSpacing(3);
  for (int c = 0; c < 3; ++c) leads_->setColumnStretch(c, 1);
  area->addLayout(leads_);
  ecg_note_ = make_label({}, "small_hint", ecg_area_, true);
  ecg_note_->setObjectName("ecg_note");
  area->addWidget(ecg_note_);
  box->addWidget(ecg_area_);
}

void MeasuredPanel::import_ecg(const std::filesystem::path& file) {
  QPointer<MeasuredPanel> self(this);
  workspace_.session().run_measured_job("Reading " + file.filename().string(), "import recorded ECG", [self, file](const session::CaseData&, const core::Progress& progress) -> core::Result<std::function<void(session::CaseData&)>> {
    auto ecg = session::read_recorded_ecg(file, {}, progress);
    if (!ecg) return core::pass(ecg);
    if (auto beat = ep::representative_beat(ecg->ecg); !beat) return core::pass(beat);
    return std::function<void(session::CaseData&)>([self, ecg = *ecg](session::CaseData& d) {
      const std::string key = session::add_recorded_ecg(d, ecg);
      if (self) self->ecg_key_ = key;
    });
  });
}

void MeasuredPanel::choose_ecg() {
  const auto data = workspace_.data();
  std::shared_ptr<ShownRecording> shown;
  for (const auto& e : data->recorded_ecgs)
    if (e->key == ecg_key_)
      if (auto beat = ep::representative_beat(e->ecg)) {
        shown = std::make_shared<ShownRecording>();
        shown->beat = std::move(*beat);
        shown->name = "recorded: " + text(e->name);
      }
  workspace_.set_recording(std::move(shown));
  allow(ecg_remove_, !ecg_key_.empty(), "Forget this recording. Undo brings it back.", "Choose a recording first.");
  refresh_ecg();
}

void MeasuredPanel::refresh_ecg() {
  const auto& shown = workspace_.recording();
  ecg_area_->setVisible(shown != nullptr);
  clear_layout(intervals_);
  clear_layout(leads_);
  if (!shown) return;
  const auto& b = shown->beat;
  const auto* heart = workspace_.heart();
  const double cycle = heart ? heart->baseline.cycle_length_ms : 1000;
  const auto plan = workspace_.shown_result(workspace_.session().active_plan());
  std::optional<ep::EcgComparison> c;
  QString why = "The simulated numbers appear when the model has answered.";
  if (plan.result && plan.result->electro && plan.result->electro->ecg.t_ms.size() > 1) {
    auto made = ep::compare_ecg(b, plan.result->electro->ecg, cycle);
    if (made) c = std::move(*made);
    else why = text(made.error().message);
  }
  const double nan = std::nan("");
  const auto cell = [&](int row, int column, const QString& words, const char* role) {
    auto* label = make_label(words, role, ecg_area_);
    if (column > 0) label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    intervals_->addWidget(label, row, column);
  };
  cell(0, 0, {}, "small_hint");
  cell(0, 1, "rec.", "small_hint");
  cell(0, 2, "sim.", "small_hint");
  cell(0, 3, "Δ", "small_hint");
  const std::tuple<const char*, double, double, double> rows[] = {
      {"Rate, /min", 60000 / b.rr_ms, 60000 / cycle, nan},
      {"PR, ms", b.pr_ms, nan, nan},
      {"QRS, ms", b.intervals.qrs_ms, c ? c->simulated.qrs_ms : nan, c ? c->qrs_difference_ms : nan},
      {"QT, ms", b.intervals.qt_ms, c ? c->simulated.qt_ms : nan, c ? c->qt_difference_ms : nan},
      {"QTc (Frid.), ms", b.intervals.qtc_fridericia_ms, c ? c->simulated.qtc_fridericia_ms : nan, c ? c->simulated.qtc_fridericia_ms - b.intervals.qtc_fridericia_ms : nan},
      {"Axis, °", b.intervals.axis_deg, c ? c->simulated.axis_deg : nan, c ? c->axis_difference_deg : nan}};
  int row = 1;
  for (const auto& [name, recorded, simulated, difference] : rows) {
    cell(row, 0, QString::fromUtf8(name), "secondary");
    cell(row, 1, number(recorded), "");
    cell(row, 2, number(simulated), "");
    cell(row, 3, std::isfinite(difference) ? change(difference) : QString(), "");
    ++row;
  }
  QString note = QStringLiteral("%1 beats averaged, %2 left out, noise %3 µV.").arg(b.beats).arg(b.left_out).arg(b.noise_uV, 0, 'f', 0);
  if (c) {
    int at = 0;
    for (const auto& l : c->leads) {
      auto* w = make_fact(text(l.lead), number(l.correlation, 2), ecg_area_);
      w->setToolTip(QStringLiteral("%1: correlation %2, within the QRS %3; RMS difference %4 mV; QRS %5 mV recorded, %6 mV simulated")
                        .arg(text(l.lead)).arg(l.correlation, 0, 'f', 2).arg(l.qrs_correlation, 0, 'f', 2).arg(l.rms_mV, 0, 'f', 2).arg(l.recorded_mV, 0, 'f', 2).arg(l.simulated_mV, 0, 'f', 2));
      leads_->addWidget(w, at / 3, at % 3);
      ++at;
    }
    note = QStringLiteral("Mean correlation %1 (QRS %2). ").arg(c->mean_correlation, 0, 'f', 2).arg(c->mean_qrs_correlation, 0, 'f', 2) + note;
  } else {
    note += " " + why;
  }
  const auto data = workspace_.data();
  for (const auto& e : data->recorded_ecgs)
    if (e->key == ecg_key_) {
      QStringList tip{text(e->format) + QStringLiteral(", %1 Hz, %2 s").arg(e->sample_hz).arg(double(e->ecg.t_ms.size()) / e->sample_hz, 0, 'f', 1), "SHA-256 " + text(e->source_sha256)};
      for (const auto& n : e->notes) tip << text(n);
      ecg_note_->setToolTip(tip.join("\n"));
    }
  ecg_note_->setText(note);
}

}  // namespace ot::gui
