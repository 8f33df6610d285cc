// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/studies_panel.hpp"

#include <fmt/format.h>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QProgressBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTimer>
#include <cmath>

#include "app/gui/electrophysiology/reentry_show.hpp"
#include "app/gui/electrophysiology/restitution_plot.hpp"
#include "app/gui/electrophysiology/runs_table.hpp"
#include "app/gui/number_box.hpp"
#include "app/gui/widgets.hpp"


namespace ot::gui {
namespace {

constexpr const char *proof_key = "block-proof", *restitution_key = "restitution";
QString text(const std::string& s) { return QString::fromStdString(s); }

// A number of the protocol a person may change, and for which kinds it counts.
struct ProtocolField {
  const char *key, *name, *tip, *suffix;
  double min, max, step;
  double (*get)(const ep::Protocol&);
  void (*set)(ep::Protocol&, double);
  bool programmed, window, burst, fixed;
};
const ProtocolField fields[] = {
    {"s1", "S1 interval", "Interval of the train before the extra-stimuli", " ms", 250, 1500, 50, [](const ep::Protocol& p) { return p.s1_interval_ms; }, [](ep::Protocol& p, double v) { p.s1_interval_ms = v; }, true, true, true, true},
    {"beats", "S1 beats", "Beats of the train", "", 1, 20, 1, [](const ep::Protocol& p) { return double(p.s1_beats); }, [](ep::Protocol& p, double v) { p.s1_beats = int(v); }, true, true, true, true},
    {"extra", "Extra-stimuli", "1: S2 alone, 2: S2 S3, 3: S2 S3 S4", "", 1, 3, 1, [](const ep::Protocol& p) { return double(p.extrastimuli); }, [](ep::Protocol& p, double v) { p.extrastimuli = int(v); }, true, false, false, false},
    {"first", "S2 from", "Longest coupling", " ms", 150, 800, 10, [](const ep::Protocol& p) { return p.s2_first_ms; }, [](ep::Protocol& p, double v) { p.s2_first_ms = v; }, true, true, false, false},
    {"last", "down to", "Shortest coupling that is tried", " ms", 100, 600, 10, [](const ep::Protocol& p) { return p.shortest_ms; }, [](ep::Protocol& p, double v) { p.shortest_ms = v; }, true, true, false, false},
    {"step", "in steps of", "How much shorter each next coupling is", " ms", 2, 50, 5, [](const ep::Protocol& p) { return p.step_ms; }, [](ep::Protocol& p, double v) { p.step_ms = v; }, true, true, false, false},
    {"burst_interval", "Burst interval", "Interval of the burst", " ms", 120, 600, 10, [](const ep::Protocol& p) { return p.burst_interval_ms; }, [](ep::Protocol& p, double v) { p.burst_interval_ms = v; }, false, false, true, false},
    {"burst_beats", "Burst beats", "Beats of the burst", "", 1, 60, 1, [](const ep::Protocol& p) { return double(p.burst_beats); }, [](ep::Protocol& p, double v) { p.burst_beats = int(v); }, false, false, true, false},
    {"observe", "Watched for", "How long what follows is watched after the last stimulus", " ms", 300, 5000, 100, [](const ep::Protocol& p) { return p.observe_ms; }, [](ep::Protocol& p, double v) { p.observe_ms = v; }, true, true, true, true},
};
bool counts(const ProtocolField& f, ep::ProtocolKind kind) {
  switch (kind) {
    case ep::ProtocolKind::programmed: return f.programmed;
    case ep::ProtocolKind::window: return f.window;
    case ep::ProtocolKind::burst: return f.burst;
    case ep::ProtocolKind::fixed: return f.fixed;
  }
  return false;
}

QLabel* caption(const char* words, QVBoxLayout* box, QWidget* parent) {
  auto* label = make_label(words, "caption", parent);
  label->setContentsMargins(0, 8, 0, 0);
  box->addWidget(label);
  return label;
}
QWidget* area(QVBoxLayout* outer, QWidget* parent, QVBoxLayout*& box) {
  auto* w = new QWidget(parent);
  box = new QVBoxLayout(w);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(6);
  outer->addWidget(w);
  return w;
}
QComboBox* choice(const char* name, const char* spoken, QWidget* parent) {
  auto* c = new QComboBox(parent);
  name_widget(c, name, spoken);
  c->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  c->setMinimumContentsLength(6);
  return c;
}

}  // namespace

StudiesPanel::StudiesPanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace), model_(workspace, this) {
  name_widget(this, "panel_studies", "Stimulation study");
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 4, 0, 0);
  outer->setSpacing(6);
  open_ = make_button("Stimulation study …", "study_open", this, "left");
  set_icon(open_, "pacing");
  open_->setCheckable(true);
  open_->setToolTip("Is a tachycardia inducible, from where, and which lesion ends it");
  outer->addWidget(open_);
  QVBoxLayout* box = nullptr;
  body_ = area(outer, this, box);
  make_protocol(box);
  make_result(box);
  make_targets(box);
  limits_ = make_label({}, "small_hint", body_, true);
  limits_->setObjectName("study_limits");
  box->addWidget(limits_);
  body_->hide();
  connect(open_, &QPushButton::toggled, this, [this](bool on) {
    body_->setVisible(on);
    if (on) {
      model_.load();
      refresh();
      scroll_to_top(this);   // room for it
    }
  });
  connect(&model_, &StudiesModel::changed, this, &StudiesPanel::refresh);
  connect(&model_, &StudiesModel::progressed, this, &StudiesPanel::refresh_progress);
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    a_.reset();
    b_.reset();
    if (body_->isVisible()) model_.load();
    refresh();
  });
  for (auto signal : {&Workspace::plans_changed, &Workspace::model_changed, &Workspace::saved}) connect(&workspace, signal, this, &StudiesPanel::refresh);
  connect(&workspace, &Workspace::display_changed, this, [this] {
    const QSignalBlocker quiet(reentry_);
    reentry_->setChecked(circuit_->shown());
  });
  connect(&workspace, &Workspace::segment_changed, this, [this] {
    const int at = sites_->findData("segment");
    const int s = workspace_.segment();
    sites_->setItemText(at, s ? QStringLiteral("Chosen segment: %1").arg(s) : QStringLiteral("Chosen segment"));
    refresh_start();
  });
  choose_preset();
}

void StudiesPanel::make_protocol(QVBoxLayout* box) {
  preset_ = choice("study_preset", "Protocol of the study", body_);
  for (const auto& p : session::study_presets()) {
    preset_->addItem(text(p.title), text(p.key));
    preset_->setItemData(preset_->count() - 1, text(p.summary + (p.source.empty() ? "" : "\n" + p.source)), Qt::ToolTipRole);
  }
  preset_->addItem("Proof of block", proof_key);
  preset_->setItemData(preset_->count() - 1, "Pace on both sides of a line or ring of lesions: does it block both ways?", Qt::ToolTipRole);
  preset_->addItem("Restitution", restitution_key);
  preset_->setItemData(preset_->count() - 1, "Duration and velocity of every kind of cell over the rest before the beat\nKoller, Riccio, Gilmour 1998, Am J Physiol 275:H1635", Qt::ToolTipRole);
  connect(preset_, &QComboBox::currentIndexChanged, this, &StudiesPanel::choose_preset);
  box->addWidget(preset_);
  about_ = make_label({}, "small", body_, true);
  about_->setObjectName("study_about");
  box->addWidget(about_);
  QVBoxLayout* sites = nullptr;
  site_row_ = area(box, body_, sites);
  sites_ = choice("study_sites", "Sites that are paced", site_row_);
  for (const auto& [name, key] : {std::pair<const char*, const char*>{"17 segments and RV", "all"}, {"17 segments of the LV", "aha"}, {"RV apex and base", "rv"}, {"Eight places of the atria", "atria"}, {"Chosen segment", "segment"}, {"At the crosshair", "crosshair"}}) sites_->addItem(name, key);
  sites_->setToolTip("Where it is paced. A segment is chosen on the bull's-eye or by a click on the heart; so is the crosshair.");
  connect(sites_, &QComboBox::currentIndexChanged, this, &StudiesPanel::refresh_start);
  sites->addWidget(sites_);
  mode_ = choice("study_mode", "Model of the study", body_);
  mode_->addItem("FAST model, minutes", "fast");
  mode_->addItem("FULL model, hours for all sites", "full");
  mode_->setToolTip("FAST searches, FULL confirms: take one site in FULL.");
  connect(mode_, &QComboBox::currentIndexChanged, this, &StudiesPanel::refresh_start);
  box->addWidget(mode_);
  numbers_open_ = make_button({}, "study_numbers", body_, "link");
  numbers_open_->setAccessibleName("Numbers of the protocol");
  numbers_open_->setCheckable(true);
  numbers_open_->setToolTip("Numbers of the protocol in ms: beats × interval, coupling from → to, steps. Click to change them.");
  numbers_open_->setStyleSheet("font-size: 12px; padding: 0;");
  connect(numbers_open_, &QPushButton::toggled, this, [this](bool on) { protocol_area_->setVisible(on && plays_sites()); });
  box->addWidget(numbers_open_);
  QVBoxLayout* numbers = nullptr;
  protocol_area_ = area(box, body_, numbers);
  numbers_ = new QGridLayout;
  numbers_->setHorizontalSpacing(8);
  numbers_->setVerticalSpacing(4);
  numbers_->setColumnStretch(0, 1);
  numbers->addLayout(numbers_);
  int row = 0;
  for (const auto& f : fields) {
    auto* label = make_label(f.name, "small", protocol_area_);
    label->setObjectName(QStringLiteral("study_label_") + f.key);
    auto* spin = new NumberBox(protocol_area_);
    name_widget(spin, QStringLiteral("study_") + f.key, f.name);
    spin->setDecimals(0);
    spin->setRange(f.min, f.max);
    spin->setSingleStep(f.step);
    spin->setSuffix(f.suffix);
    spin->setFixedWidth(80);
    spin->setButtonSymbols(QAbstractSpinBox::NoButtons);
    spin->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    spin->setToolTip(f.tip);
    connect(spin, &QDoubleSpinBox::valueChanged, this, [this, set = f.set](double v) {
      if (filling_) return;
      set(spec_.protocol, v);
      refresh_start();
    });
    numbers_->addWidget(label, row, 0);
    numbers_->addWidget(spin, row, 1);
    ++row;
  }
  couplings_ = new QLineEdit(body_);
  name_widget(couplings_, "study_couplings", "Couplings of the fixed sequence");
  couplings_->setPlaceholderText("S2 S3 S4, ms: 350 300 280");
  couplings_->setToolTip("A fixed sequence after the train: couplings of S2, S3 ... in ms. Empty: the train alone.");
  connect(couplings_, &QLineEdit::textChanged, this, &StudiesPanel::refresh_start);
  box->addWidget(couplings_);
  make_proof(box);
  make_restitution(box);
  plan_ = make_label({}, "small_hint", body_, true);
  plan_->setObjectName("study_plan");
  box->addWidget(plan_);
  auto* go_row = new QHBoxLayout;
  go_row->setSpacing(6);
  start_ = make_button("Start", "study_start", body_, "primary");
  cancel_ = make_button("Cancel", "study_cancel", body_);
  connect(start_, &QPushButton::clicked, this, &StudiesPanel::go);
  connect(cancel_, &QPushButton::clicked, &model_, &StudiesModel::cancel);
  go_row->addWidget(start_, 1);
  go_row->addWidget(cancel_);
  box->addLayout(go_row);
  QVBoxLayout* progress = nullptr;
  progress_area_ = area(box, body_, progress);
  bar_ = new QProgressBar(progress_area_);
  name_widget(bar_, "study_progress", "Progress of the study");
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  progress->addWidget(bar_);
  words_ = make_label({}, "small", progress_area_, true);
  words_->setObjectName("study_words");
  progress->addWidget(words_);
  problem_ = make_label({}, "attention", body_, true);
  problem_->setObjectName("study_problem");
  problem_->setStyleSheet("font-size: 12px;");
  box->addWidget(problem_);
}

void StudiesPanel::make_proof(QVBoxLayout* box) {
  QVBoxLayout* proof = nullptr;
  proof_area_ = area(box, body_, proof);
  for (int side = 0; side < 2; ++side) {
    auto* line = new QHBoxLayout;
    auto* where = make_label({}, "small", proof_area_);
    where->setObjectName(side ? "study_point_b" : "study_point_a");
    auto* take = make_button("Crosshair", side ? "study_take_b" : "study_take_a", proof_area_);
    take->setAccessibleName(side ? "Side B from the crosshair" : "Side A from the crosshair");
    connect(take, &QPushButton::clicked, this, [this, side] { take_point(side); });
    (side ? point_b_ : point_a_) = where;
    (side ? take_b_ : take_a_) = take;
    line->addWidget(where, 1);
    line->addWidget(take);
    proof->addLayout(line);
  }
  proof_facts_ = new QVBoxLayout;
  proof_facts_->setSpacing(4);
  proof->addLayout(proof_facts_);
}

void StudiesPanel::make_result(QVBoxLayout* box) {
  empty_ = make_label("No study yet. Start one above; its runs appear here as they end.", "small_hint", body_, true);
  empty_->setObjectName("study_empty");
  box->addWidget(empty_);
  QVBoxLayout* result = nullptr;
  result_area_ = area(box, body_, result);
  caption("Studies of this case", result, result_area_);
  which_ = choice("study_which", "Study that is shown", result_area_);
  connect(which_, &QComboBox::currentIndexChanged, this, [this] {
    if (!filling_) model_.choose(which_->currentData().toInt());
  });
  result->addWidget(which_);
  stale_ = make_label({}, "attention", result_area_, true);
  stale_->setObjectName("study_stale");
  stale_->setStyleSheet("font-size: 12px;");
  result->addWidget(stale_);
  facts_ = new QVBoxLayout;
  facts_->setSpacing(4);
  result->addLayout(facts_);
  table_ = new RunsTable(result_area_);
  connect(table_, &RunsTable::run_chosen, this, [this] {
    if (const auto* run = table_->chosen_run()) {
      workspace_.set_crosshair(run->site.at_mm);
      if (run->site.aha_segment && run->site.aha_segment != workspace_.segment()) workspace_.set_segment(run->site.aha_segment);
    }
    refresh_run();
  });
  result->addWidget(table_);
  run_words_ = make_label({}, "small", result_area_, true);
  run_words_->setObjectName("study_run_words");
  result->addWidget(run_words_);
  run_facts_ = new QVBoxLayout;
  run_facts_->setSpacing(4);
  result->addLayout(run_facts_);
  reentry_ = make_button("Circuit on the heart", "study_reentry", result_area_, "left");
  set_icon(reentry_, "eye");
  reentry_->setCheckable(true);
  connect(reentry_, &QPushButton::toggled, this, &StudiesPanel::show_reentry);
  result->addWidget(reentry_);
  circuit_ = new ReentryShow(workspace_, result_area_);
  result->addWidget(circuit_);
  again_ = make_button("Play it again", "study_again", result_area_, "left");
  set_icon(again_, "pacing");
  connect(again_, &QPushButton::clicked, this, &StudiesPanel::play_again);
  result->addWidget(again_);
  export_ = make_button("Export", "study_export", result_area_, "left");
  set_icon(export_, "save");
  connect(export_, &QPushButton::clicked, this, [this] {
    const QString folder = QFileDialog::getExistingDirectory(this, "Folder for the runs (CSV) and the re-entries (VTU)");
    if (!folder.isEmpty()) export_to(folder.toStdString());
  });
  result->addWidget(export_);
}

void StudiesPanel::make_targets(QVBoxLayout* box) {
  QVBoxLayout* targets = nullptr;
  targets_area_ = area(box, body_, targets);
  caption("Suggested targets", targets, targets_area_);
  auto* line = new QHBoxLayout;
  line->setSpacing(6);
  const auto size = [&](const char* name, const char* spoken, double min, double max, double value, const char* prefix) {
    auto* spin = new NumberBox(targets_area_);
    name_widget(spin, name, spoken);
    spin->setDecimals(0);
    spin->setRange(min, max);
    spin->setValue(value);
    spin->setPrefix(prefix);
    spin->setButtonSymbols(QAbstractSpinBox::NoButtons);
    spin->setSuffix(" mm");
    spin->setToolTip(QString(spoken) + ". Every target is tried with this lesion.");
    line->addWidget(spin, 1);
    return spin;
  };
  radius_ = size("study_radius", "Radius of the tried lesion", 1, 10, 4, "r ");
  depth_ = size("study_depth", "Depth of the tried lesion", 1, 15, 8, "deep ");
  targets->addLayout(line);
  suggest_ = make_button("Try a lesion at each exit", "study_suggest", targets_area_, "left");
  set_icon(suggest_, "lesion");
  connect(suggest_, &QPushButton::clicked, this, [this] { model_.suggest(radius_->value(), depth_->value()); });
  targets->addWidget(suggest_);
  targets_words_ = make_label({}, "small_hint", targets_area_, true);
  targets_words_->setObjectName("study_targets_words");
  targets->addWidget(targets_words_);
  targets_ = new QVBoxLayout;
  targets_->setSpacing(6);
  targets->addLayout(targets_);
}

void StudiesPanel::make_restitution(QVBoxLayout* box) {
  QVBoxLayout* area_box = nullptr;
  restitution_area_ = area(box, body_, area_box);
  interval_ = new NumberBox(restitution_area_);
  name_widget(interval_, "study_restitution_interval", "Interval before S2");
  interval_->setDecimals(0);
  interval_->setRange(250, 2000);
  interval_->setValue(600);
  interval_->setSingleStep(50);
  interval_->setPrefix("S1 ");
  interval_->setSuffix(" ms");
  interval_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  interval_->setToolTip("Cells are paced at this interval before S2; the trains begin at it");
  area_box->addWidget(interval_);
  curves_ = new RestitutionPlot(restitution_area_);
  area_box->addWidget(curves_);
  restitution_facts_ = new QVBoxLayout;
  restitution_facts_->setSpacing(4);
  area_box->addLayout(restitution_facts_);
  curves_export_ = make_button("Export curves", "study_restitution_export", restitution_area_, "left");
  set_icon(curves_export_, "save");
  connect(curves_export_, &QPushButton::clicked, this, [this] {
    const QString folder = QFileDialog::getExistingDirectory(this, "Folder for restitution.csv");
    if (folder.isEmpty() || !model_.restitution()) return;
    const auto file = session::export_restitution(model_.restitution()->study, folder.toStdString());
    if (!file) return workspace_.say(Tone::bad, text(file.error().message));
    workspace_.say(Tone::good, QStringLiteral("Wrote %1").arg(text(*file)));
  });
  area_box->addWidget(curves_export_);
}

bool StudiesPanel::restitution_preset() const { return preset_->currentData().toString() == restitution_key; }
bool StudiesPanel::proof_preset() const { return preset_->currentData().toString() == proof_key; }

std::string StudiesPanel::plan_name() const {
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  return plan >= 0 && plan < int(data->plans.size()) ? data->plans[std::size_t(plan)].name : "Baseline";
}

void StudiesPanel::choose_preset() {
  if (plays_sites()) {
    const auto& preset = session::study_presets()[std::size_t(preset_->currentIndex())];
    spec_ = preset.spec;
    about_->setToolTip(text(preset.source));
    filling_ = true;
    sites_->setCurrentIndex(sites_->findData(spec_.sites.size() > 1 ? QStringLiteral("all") : text(spec_.sites.front())));
    for (int i = 0; const auto& f : fields) {
      auto* spin = findChild<QDoubleSpinBox*>(QStringLiteral("study_") + f.key);
      spin->setValue(f.get(spec_.protocol));
      const bool shown = counts(f, spec_.protocol.kind);
      numbers_->itemAtPosition(i, 0)->widget()->setVisible(shown);
      spin->setVisible(shown);
      ++i;
    }
    filling_ = false;
  } else {
    about_->setText(proof_preset() ? "Paces on either side of the lesions and looks at the other: does the line or ring block both ways?"
                                   : "How long action potentials last and how fast they travel after shorter and shorter rest, in a strand of every kind of cell of the plan. Steep curves and alternans make waves break.");
    about_->setToolTip({});
  }
  site_row_->setVisible(plays_sites());
  couplings_->setVisible(plays_sites() && spec_.protocol.kind == ep::ProtocolKind::fixed);
  mode_->setVisible(!restitution_preset());
  numbers_open_->setVisible(plays_sites());
  protocol_area_->setVisible(plays_sites() && numbers_open_->isChecked());
  restitution_area_->setVisible(restitution_preset());
  proof_area_->setVisible(proof_preset());
  refresh();
}

QString StudiesPanel::protocol_words() const {
  const auto& p = spec_.protocol;
  const QString s1 = QStringLiteral("S1 %1×%2").arg(p.s1_beats).arg(p.s1_interval_ms, 0, 'f', 0);
  switch (p.kind) {
    case ep::ProtocolKind::programmed:
    case ep::ProtocolKind::window:
      return s1 + QStringLiteral(", S2%1 %2→%3 −%4").arg(p.kind == ep::ProtocolKind::window || p.extrastimuli < 2 ? QString() : QStringLiteral("–%1").arg(p.extrastimuli + 1)).arg(p.s2_first_ms, 0, 'f', 0).arg(p.shortest_ms, 0, 'f', 0).arg(p.step_ms, 0, 'f', 0);
    case ep::ProtocolKind::burst: return s1 + QStringLiteral(", burst %1 × %2 ms").arg(p.burst_beats).arg(p.burst_interval_ms, 0, 'f', 0);
    case ep::ProtocolKind::fixed: return s1 + " ms" + (couplings_->text().trimmed().isEmpty() ? QString() : ", " + couplings_->text().trimmed());
  }
  return s1 + " ms";
}

core::Result<session::StudySpec> StudiesPanel::asked() const {
  session::StudySpec spec = spec_;
  spec.mode = mode_->currentData().toString() == "full" ? core::Mode::full : core::Mode::fast;
  spec.plan = plan_name();
  const QString sites = sites_->currentData().toString();
  if (sites == "all") spec.sites = {"aha", "rv"};
  else if (sites == "aha") spec.sites = {"aha"};
  else if (sites == "rv" || sites == "atria") spec.sites = {sites.toStdString()};
  else if (sites == "segment") {
    if (workspace_.segment() < 1) return core::wrong_usage("Choose a segment first: click the bull's-eye or the heart.");
    spec.sites = {std::to_string(workspace_.segment())};
  } else {
    const core::Vec3 x = workspace_.crosshair();
    spec.sites = {fmt::format("{:.2f},{:.2f},{:.2f}", x[0], x[1], x[2])};
  }
  if (spec.protocol.kind == ep::ProtocolKind::fixed) {
    auto couplings = session::couplings_from(couplings_->text().toStdString());
    if (!couplings) return core::pass(couplings);
    spec.protocol.couplings_ms = std::move(*couplings);
  }
  if (auto ok = ep::check(spec.protocol); !ok) return core::pass(ok);
  return spec;
}

void StudiesPanel::take_point(int side) {
  const auto* heart = workspace_.heart();
  if (!heart) return;
  const core::Vec3 at = workspace_.crosshair();
  if (ep::nodes_near(heart->baseline, at, 2.5, 10.0).empty()) return workspace_.say(Tone::attention, "The crosshair lies more than 10 mm from the muscle. Click the wall first.");
  (side ? b_ : a_) = at;
  refresh();
}

void StudiesPanel::prove_between(const core::Vec3& a, const core::Vec3& b) {
  open_->setChecked(true);
  preset_->setCurrentIndex(preset_->findData(QString(proof_key)));
  a_ = a;
  b_ = b;
  refresh();
  if (start_->isEnabled()) go();
}

void StudiesPanel::go() {
  if (restitution_preset()) return model_.measure_restitution(plan_name(), interval_->value());
  if (proof_preset()) {
    if (a_ && b_) model_.prove(plan_name(), *a_, *b_, mode_->currentData().toString() == "full" ? core::Mode::full : core::Mode::fast);
    return;
  }
  if (auto spec = asked()) model_.start(*spec);
  else workspace_.say(Tone::attention, text(spec.error().message));
}

void StudiesPanel::play_again() {
  const auto* e = model_.chosen();
  if (!e) return;
  session::StudySpec spec = e->spec;
  spec.plan = e->spec.plan == model_.baseline_name() ? plan_name() : model_.baseline_name();
  spec.added.clear();
  model_.start(std::move(spec));
}

void StudiesPanel::export_to(const std::filesystem::path& folder) {
  const auto files = model_.export_to(folder);
  if (!files) return workspace_.say(Tone::bad, text(files.error().message));
  workspace_.say(Tone::good, QStringLiteral("%1 files written to %2").arg(files->size()).arg(text(folder.string())));
}

}  // namespace ot::gui
