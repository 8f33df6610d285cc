// SPDX-License-Identifier: GPL-3.0-or-later
// StudiesPanel: what it shows of the model. The controls are in studies_panel.cpp.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/gui/electrophysiology/restitution_plot.hpp"
#include "app/gui/electrophysiology/reentry_show.hpp"
#include "app/gui/electrophysiology/runs_table.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"

namespace ot::gui {
namespace {

QString text(const std::string& s) { return QString::fromStdString(s); }
QString ms(double v) { return QString::number(v, 'f', 0) + " ms"; }
QString place(const core::Vec3& x) { return QStringLiteral("%1, %2, %3").arg(x[0], 0, 'f', 0).arg(x[1], 0, 'f', 0).arg(x[2], 0, 'f', 0); }

QString title_of(const StudyEntry& e) {
  std::string name = e.spec.name;
  for (const auto& p : session::study_presets())
    if (p.key == name) name = p.title;
  return QStringLiteral("%1 · %2 · %3").arg(e.when, text(name), e.spec.plan == "Baseline" ? QStringLiteral("Base") : text(e.spec.plan));
}

void set_text(QLabel* label, const QString& words) {
  label->setText(words);
  label->setVisible(!words.isEmpty());
}

}  // namespace

void StudiesPanel::refresh() {
  allow(open_, workspace_.heart() || open_->isChecked(), "Is a tachycardia inducible, from where, and which lesion ends it", why_no_muscle(*workspace_.data()));
  if (!open_->isChecked()) return;
  const bool other = !plays_sites();
  refresh_start();
  refresh_progress();
  refresh_list();
  refresh_proof();
  refresh_restitution();
  const auto* entry = model_.chosen();
  empty_->setVisible(!other && !entry && model_.doing() == StudiesModel::Doing::nothing);
  result_area_->setVisible(!other && entry);
  targets_area_->setVisible(!other && entry && entry->state != StudyEntry::State::running);
  table_->show_study(other ? nullptr : entry);
  refresh_facts();
  refresh_residual();
  refresh_run();
  refresh_targets();
}

void StudiesPanel::refresh_start() {
  const auto* heart = workspace_.heart();
  const auto doing = model_.doing();
  const bool proof = proof_preset(), full = mode_->currentData().toString() == "full";
  const std::string plan = plan_name();
  plan_->setText(plan == "Baseline" ? QStringLiteral("Plays on the untreated baseline: nothing is done to it.") : QStringLiteral("Plays on plan %1: its lesions and drugs apply.").arg(text(plan)));
  QString why;
  if (!heart) why = why_no_muscle(*workspace_.data());
  else if (doing != StudiesModel::Doing::nothing) why = "One is running. Wait, or cancel it.";
  else if (proof && plan == "Baseline") why = "The baseline has no lesions to prove. Choose a plan with lesions.";
  else if (proof && !(a_ && b_)) why = "Click the wall on one side of the lesions and take it as side A, then the other as side B.";
  else if (plays_sites())
    if (auto spec = asked(); !spec) why = text(spec.error().message);
  allow(start_, why.isEmpty(), proof ? "Paces at A and looks at B, and back" : restitution_preset() ? "About 10 s of one core per kind of cell" : full ? "FULL takes minutes to hours. Other FULL runs wait." : "Paces every site; the window stays usable", why);
  numbers_open_->setText(protocol_words());
  if (plays_sites()) {
    const auto& preset = session::study_presets()[std::size_t(preset_->currentIndex())];
    about_->setText(spec_.protocol == preset.spec.protocol ? text(preset.summary + ".") : text(preset.title) + " with your own numbers.");
  }
  start_->setText(proof ? "Prove block" : restitution_preset() ? "Measure" : "Start");
  allow(cancel_, doing != StudiesModel::Doing::nothing, doing == StudiesModel::Doing::study && model_.kept() ? "Stops within a second; runs that ended are kept" : "Stops within a second", "Nothing is running.");
  limits_->setText(restitution_preset() ? "A strand of one kind of cell: coupling to neighbours of another kind and memory over minutes are left out. Research and education only." : full ? "FULL: monodomain with the ionic models, activation read every millisecond. What it does not know: the patient's own cells. Research and education only."
                        : "FAST knows refractoriness and restitution of one beat, not the curvature of a front nor the load of wide tissue on a thin channel (source-sink mismatch): it may conduct where FULL blocks. Confirm what matters in FULL at one site. "
                          "Research and education only.");
}

void StudiesPanel::refresh_progress() {
  const auto doing = model_.doing();
  const bool busy = doing != StudiesModel::Doing::nothing;
  progress_area_->setVisible(busy);
  set_text(problem_, busy ? QString() : model_.problem());
  if (!busy) return;
  bar_->setValue(int(1000 * model_.fraction()));
  QString words = model_.progress_words();
  if (doing == StudiesModel::Doing::study) {
    const auto& entries = model_.entries();
    const auto running = std::find_if(entries.begin(), entries.end(), [](const auto& e) { return e.state == StudyEntry::State::running; });
    if (running != entries.end())
      words = QStringLiteral("%1 of %2 sites, %3 with re-entry. %4").arg(running->study->runs.size()).arg(running->sites.size()).arg(running->study->induced).arg(words);
  } else if (doing == StudiesModel::Doing::targets) {
    words = "Playing the protocol again with a lesion at each exit. " + words;
  }
  words_->setText(words);
  words_->setMinimumHeight(words_->heightForWidth(std::max(120, progress_area_->width())));   // two lines at once, not after the next layout
  bar_->setAccessibleDescription(words);
}

void StudiesPanel::refresh_list() {
  filling_ = true;
  which_->clear();
  for (const auto& e : model_.entries()) {
    which_->addItem(title_of(e), e.id);
    which_->setItemData(which_->count() - 1, title_of(e), Qt::ToolTipRole);
  }
  const auto* entry = model_.chosen();
  which_->setCurrentIndex(entry ? which_->findData(entry->id) : -1);
  which_->setToolTip(entry ? title_of(*entry) : QString());
  filling_ = false;
}

void StudiesPanel::refresh_facts() {
  clear_layout(facts_);
  const auto* e = model_.chosen();
  if (!e || !plays_sites()) return;
  const bool fits = model_.fits_mesh(*e);
  QString stale;
  if (!fits) stale = "Made on another mesh of this heart: look, but start it again before you act on it.";
  else if (e->state == StudyEntry::State::cancelled) stale = "Cancelled: not all sites were paced.";
  else if (e->state == StudyEntry::State::failed) stale = "Stopped by an error: not all sites were paced.";
  else if (model_.plan_changed(*e)) stale = QStringLiteral("%1 was changed since. Start it again.").arg(e->spec.plan == "Baseline" ? QStringLiteral("The baseline") : "Plan " + text(e->spec.plan));
  set_text(stale_, stale);
  const auto& s = *e->study;
  const auto fact = [&](const QString& name, const QString& value, const QString& object) {
    auto* w = make_fact(name, value, result_area_);
    w->setObjectName(object);
    facts_->addWidget(w);
    return w;
  };
  fact("Model, plan", QStringLiteral("%1, %2").arg(e->spec.mode == core::Mode::fast ? QStringLiteral("FAST") : QStringLiteral("FULL"), text(e->spec.plan)), "study_fact_model");
  const bool running = e->state == StudyEntry::State::running;   // then the words under the bar count
  if (!running) fact("Inducible", QStringLiteral("%1 of %2 sites").arg(s.induced).arg(s.runs.size()), "study_fact_inducible");
  if (s.induced > 0 && !running) fact("Cycle length", s.longest_cycle_ms - s.shortest_cycle_ms < 1 ? ms(s.shortest_cycle_ms) : QStringLiteral("%1–%2").arg(s.shortest_cycle_ms, 0, 'f', 0).arg(ms(s.longest_cycle_ms)), "study_fact_cycle");
  std::vector<double> refractory;
  for (const auto& r : s.runs)
    if (r.refractory_ms > 0) refractory.push_back(r.refractory_ms);
  if (!refractory.empty() && !running) {
    std::sort(refractory.begin(), refractory.end());
    fact("Refractory period", ms(refractory[refractory.size() / 2]), "study_fact_refractory")->setToolTip("Median over the sites of the longest S2 that did not capture");
  }
  if (s.wall_s > 0) fact("Took", s.wall_s < 120 ? QStringLiteral("%1 s").arg(s.wall_s, 0, 'f', 0) : QStringLiteral("%1 min").arg(s.wall_s / 60, 0, 'f', 0), "study_fact_took");
  QStringList notes;
  for (const auto& n : s.notes) notes << text(n);
  which_->setToolTip((QStringList{title_of(*e)} + notes).join('\n'));
  allow(export_, fits && e->state != StudyEntry::State::running && !s.runs.empty(), "runs.csv, and for each re-entry its last cycle as VTU and its filaments as CSV",
        !fits ? "The study belongs to another mesh." : e->state == StudyEntry::State::running ? "The study is still running." : "The study has no runs.");
}

// What the plan of the chosen study left of what the same study induced on the untreated baseline.
void StudiesPanel::refresh_residual() {
  const auto* e = model_.chosen();
  if (!e || !e->study || !plays_sites()) return;
  const bool untreated = e->spec.plan == model_.baseline_name() && e->spec.added.empty(), complete = e->state == StudyEntry::State::complete;
  const auto* before = complete ? model_.before_of(*e) : nullptr;
  const std::string other = untreated ? plan_name() : model_.baseline_name();
  const QString name = other == model_.baseline_name() ? QStringLiteral("the baseline") : "plan " + text(other);
  QString why;
  if (model_.doing() != StudiesModel::Doing::nothing) why = "One is running. Wait, or cancel it.";
  else if (!complete) why = "Not all sites were paced: start the study again first.";
  else if (!model_.fits_mesh(*e)) why = "The study belongs to another mesh.";
  else if (untreated && other == model_.baseline_name()) why = "Choose a plan with lesions: the same protocol is then played on it and compared with this study.";
  else if (before) why = "The baseline was played with this protocol: the residual inducibility is above.";
  again_->setText(untreated && other == model_.baseline_name() ? QStringLiteral("Again after a plan") : "Again on " + name);
  allow(again_, why.isEmpty(), "The same protocol at the same sites on " + name + ": residual inducibility", why);
  if (!before) return;
  const auto residual = session::residual_inducibility(*before->study, *e->study);
  auto* fact = make_fact("Residual", QStringLiteral("%1 of %2 sites, before %3").arg(residual.induced_after).arg(e->study->runs.size()).arg(residual.induced_before), result_area_);
  fact->setObjectName("study_fact_residual");
  fact->setToolTip(text(session::residual_table(residual)));
  facts_->addWidget(fact);
  auto* words = make_label(text(residual.verdict), "small_hint", result_area_, true);
  words->setObjectName("study_residual_words");
  facts_->addWidget(words);
}

void StudiesPanel::refresh_run() {
  clear_layout(run_facts_);
  const auto* run = table_->chosen_run();
  const auto* e = model_.chosen();
  const bool circuit = run && run->induced() && e && model_.fits_mesh(*e) && run->last_cycles.nodes() == workspace_.heart()->baseline.mesh->nodes.size();
  allow(reentry_, circuit, "Activation of the last cycle, or its phase and filaments over time, on the 3D heart", !run ? "Choose a run of the table." : !run->induced() ? "This run ends without re-entry." : "The circuit belongs to another mesh.");
  if (!circuit) show_reentry(false);
  else if (circuit_->shown()) show_reentry(true);
  if (!run) return set_text(run_words_, e && e->study && !e->study->runs.empty() ? QStringLiteral("Choose a row: the crosshair goes to its site.") : QString());
  set_text(run_words_, text(run->site.name) + ". " + outcome_words(*run));
  run_words_->setMinimumHeight(run_words_->heightForWidth(std::max(120, run_words_->width())));   // else it lies over the last row of the table
  const auto fact = [&](const QString& name, const QString& value) { run_facts_->addWidget(make_fact(name, value, result_area_)); };
  int captured = 0;
  for (const auto& a : run->attempts) captured += a.captured;
  fact("Attempts, captured", QStringLiteral("%1, %2").arg(run->attempts.size()).arg(captured));
  if (run->refractory_ms > 0) fact("Refractory period", ms(run->refractory_ms));
  if (run->window_to_ms > 0) fact("Vulnerable window", QStringLiteral("S2 %1–%2").arg(run->window_from_ms, 0, 'f', 0).arg(ms(run->window_to_ms)));
  for (const auto& x : run->exits) fact("Exit, mm LPS", QStringLiteral("%1 · %2 %").arg(place(x.at_mm)).arg(x.share_percent, 0, 'f', 0));
  if (!run->filaments.empty()) fact("Filaments at the end", QString::number(run->filaments.back().count));
  for (const auto& n : run->notes) run_facts_->addWidget(make_label(text(n), "small_hint", result_area_, true));
}

void StudiesPanel::show_reentry(bool on) {
  const auto* e = model_.chosen();
  circuit_->show_run(on && e ? table_->chosen_run() : nullptr, e ? e->spec.mode : core::Mode::fast);
}

void StudiesPanel::refresh_targets() {
  clear_layout(targets_);
  const auto* e = model_.chosen();
  if (!e || !e->study || !plays_sites()) return;
  const bool exits = std::any_of(e->study->runs.begin(), e->study->runs.end(), [](const auto& r) { return !r.exits.empty(); });
  const bool busy = model_.doing() != StudiesModel::Doing::nothing;
  QString why;
  if (busy) why = "One is running. Wait, or cancel it.";
  else if (e->spec.mode != core::Mode::fast) why = "Targets are tried in FAST: run the study in FAST, then confirm the chosen lesion in FULL.";
  else if (!model_.fits_mesh(*e)) why = "The study belongs to another mesh.";
  else if (model_.plan_changed(*e)) why = "The plan was changed since: start the study again.";
  else if (e->study->induced == 0) why = "Nothing was induced: there is nothing to burn.";
  else if (!exits) why = "No re-entry of this study leaves a border zone: it has no exit to burn.";
  allow(suggest_, why.isEmpty(), "Puts a lesion at each exit of the re-entries, plays the protocol again and ranks what stays inducible", why);
  for (auto* spin : {radius_, depth_}) allow(spin, why.isEmpty(), spin->accessibleName() + ". Every target is tried with this lesion.", why);
  targets_words_->setText(!e->targets.empty()    ? "Ranked: fewest sites still inducible, then least tissue. Nothing is burned unless you add it."
                          : e->targets_tried     ? QStringLiteral("No target was found.")
                          : why.isEmpty() || busy ? QStringLiteral("Each exit is tried as a lesion and the protocol played again.")
                                                  : why);
  int rank = 0;
  for (const auto& t : e->targets) {
    auto* card = make_card(targets_area_);
    card->layout()->setContentsMargins(10, 6, 8, 8);
    card->layout()->setSpacing(4);
    auto* box = static_cast<QVBoxLayout*>(card->layout());
    name_widget(card, QStringLiteral("study_target_%1").arg(rank), QStringLiteral("Target %1").arg(rank + 1));
    auto* head = make_label(QStringLiteral("%1. %2 → %3 sites inducible").arg(rank + 1).arg(t.induced_before).arg(t.induced_after), t.induced_after == 0 ? "good" : t.induced_after < t.induced_before ? "attention" : "secondary", card);
    head->setStyleSheet("font-size: 12px; font-weight: 600;");
    box->addWidget(head);
    box->addWidget(make_label(QStringLiteral("%1 cm³ at %2 mm LPS: %3.").arg(t.lesion_cm3, 0, 'f', 2).arg(place(t.at_mm), text(t.why)), "small", card, true));
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    auto* look = make_button("Show", QStringLiteral("study_target_show_%1").arg(rank), card);
    look->setAccessibleName(QStringLiteral("Show target %1").arg(rank + 1));
    look->setToolTip("The crosshair goes there");
    connect(look, &QPushButton::clicked, this, [this, at = t.at_mm] { workspace_.set_crosshair(at); });
    auto* add = make_button("Add to plan", QStringLiteral("study_target_add_%1").arg(rank), card);
    add->setAccessibleName(QStringLiteral("Add target %1 to the plan").arg(rank + 1));
    add->setToolTip("A lesion in the active plan; one step back with undo");
    connect(add, &QPushButton::clicked, this, [this, rank] { add_target(rank); });
    row->addWidget(look);
    row->addWidget(add, 1);
    box->addLayout(row);
    targets_->addWidget(card);
    ++rank;
  }
}

void StudiesPanel::add_target(int at) {
  const auto* e = model_.chosen();
  if (!e || at >= int(e->targets.size())) return;
  twin::InterventionSpec spec = e->targets[std::size_t(at)].spec;
  spec.id.clear();   // the plan names it
  if (const auto id = workspace_.add_intervention(spec)) workspace_.say(Tone::good, QStringLiteral("Target %1 is in plan %2. Start the study on it again to see what stays inducible.").arg(at + 1).arg(text(plan_name())));
}

void StudiesPanel::refresh_restitution() {
  if (!restitution_preset()) return;
  clear_layout(restitution_facts_);
  const auto& shown = model_.restitution();
  curves_->setVisible(shown.has_value());
  allow(curves_export_, shown.has_value(), "restitution.csv: every point of every curve", "Nothing was measured yet.");
  if (!shown) return;
  curves_->set_study(shown->study);
  int drawn = 0;
  for (const auto& k : shown->study.kinds) {
    const bool curve = k.s1s2.conducts() && (k.share_percent >= 1 || shown->study.kinds.size() <= 3);
    auto* head = make_label(text(k.name), "small", restitution_area_);
    if (curve) head->setStyleSheet(QStringLiteral("color: %1; font-weight: 600;").arg(RestitutionPlot::color(drawn++).name()));
    restitution_facts_->addWidget(head);
    const QString words = !k.s1s2.conducts() ? QStringLiteral("Does not conduct at %1 ms.").arg(shown->study.base_interval_ms, 0, 'f', 0)
                                             : QStringLiteral("%1 % of the cells. APD %2 ms, %3 m/s; refractory for %4 ms; steepest slope %5 (S2), %6 (trains); 1:1 down to %7 ms, alternans %8.")
                                                   .arg(k.share_percent, 0, 'f', k.share_percent < 10 ? 1 : 0).arg(k.s1s2.apd_base_ms, 0, 'f', 0).arg(k.velocity_m_per_s * k.s1s2.cv_base, 0, 'f', 2)
                                                   .arg(k.refractory_ms, 0, 'f', 0).arg(k.slope_s1s2, 0, 'f', 1).arg(k.slope_dynamic, 0, 'f', 1).arg(k.shortest_interval_ms, 0, 'f', 0)
                                                   .arg(k.alternans_from_ms > 0 ? QStringLiteral("from %1 ms").arg(k.alternans_from_ms, 0, 'f', 0) : QStringLiteral("none"));
    restitution_facts_->addWidget(make_label(words, "small_hint", restitution_area_, true));
  }
  restitution_facts_->addWidget(make_label(QStringLiteral("Plan %1, %2, S1 %3 ms.").arg(text(shown->plan), text(shown->study.ionic_model)).arg(shown->study.base_interval_ms, 0, 'f', 0), "small_hint", restitution_area_, true));
}

void StudiesPanel::refresh_proof() {
  if (!proof_preset()) return;
  const bool heart = workspace_.heart() != nullptr;
  point_a_->setText(a_ ? "A  " + place(*a_) : QStringLiteral("Side A: not yet"));
  point_b_->setText(b_ ? "B  " + place(*b_) : QStringLiteral("Side B: not yet"));
  for (auto* take : {take_a_, take_b_}) allow(take, heart, "Takes the crosshair: click the wall on this side of the lesions first", why_no_muscle(*workspace_.data()));
  clear_layout(proof_facts_);
  if (!model_.proof()) return;
  const auto& shown = *model_.proof();
  const auto& p = shown.proof;
  const bool both = p.block_ab && p.block_ba, one = p.block_ab || p.block_ba;
  auto* verdict = make_label(both ? "Blocks in both directions" : one ? "Blocks in one direction only" : "Conducts", both ? "good" : one ? "attention" : "bad", proof_area_, true);
  verdict->setObjectName("study_verdict");
  proof_facts_->addWidget(verdict);
  const auto delay = [](double v) { return std::isfinite(v) ? ms(v) : QStringLiteral("never"); };
  proof_facts_->addWidget(make_fact("A to B (before)", QStringLiteral("%1 (%2)").arg(delay(p.delay_ab_ms), delay(p.delay_ab_without_ms)), proof_area_));
  proof_facts_->addWidget(make_fact("B to A (before)", QStringLiteral("%1 (%2)").arg(delay(p.delay_ba_ms), delay(p.delay_ba_without_ms)), proof_area_));
  proof_facts_->addWidget(make_label(text(p.verdict), "small", proof_area_, true));
  for (const auto& moved : session::moved_words(p)) {
    auto* words = make_label(text(moved), "attention", proof_area_, true);
    words->setObjectName("study_moved");
    words->setStyleSheet("font-size: 12px;");
    proof_facts_->addWidget(words);
  }
  proof_facts_->addWidget(make_label(QStringLiteral("Plan %1, %2, from %3 to %4 mm LPS.").arg(text(shown.plan), shown.mode == core::Mode::fast ? QStringLiteral("FAST") : QStringLiteral("FULL"), place(shown.a), place(shown.b)), "small_hint", proof_area_, true));
}

}  // namespace ot::gui
