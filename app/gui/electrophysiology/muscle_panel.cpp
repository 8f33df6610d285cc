// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/muscle_panel.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QSignalBlocker>
#include <QTableWidget>
#include <algorithm>

#include "app/gui/model_prompt.hpp"
#include "app/gui/number_row.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/heart_facts.hpp"
#include "app/session/muscle_choices.hpp"
#include "app/session/whole_heart.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/organs/heart/conductivity_scale.hpp"
#include "solvers/organs/heart/heart.hpp"

namespace ot::gui {
namespace {

constexpr const char* job_title = "Building the muscle";

}  // namespace

MusclePanel::MusclePanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "panel_muscle", "Muscle of the ventricles");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  auto* caption = make_label("Muscle", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  const auto field = [&](const char* object, const QString& label, const QString& unit, double lo, double hi, double step, int decimals, const QString& tip) {
    auto* number = number_row(box, this, object, label, unit, {lo, hi, step, decimals}, tip);
    connect(number, &QDoubleSpinBox::valueChanged, this, &MusclePanel::refresh);
    return number;
  };
  const core::Vec3 usual = organs::HeartParams{}.velocity;
  const QString source = QStringLiteral("Usual: %1 m/s. Human ventricle: 0.6 to 0.7 along, 0.25 to 0.35 in the sheets, 0.15 to 0.2 across them (EP-FACTS section 8). FULL's conductivities follow from it and the cells.");
  const char* const objects[] = {"muscle_velocity_f", "muscle_velocity_s", "muscle_velocity_n"};
  const char* const labels[] = {"Along the fibres", "In the sheets", "Across sheets"};
  for (int k = 0; k < 3; ++k) velocity_[k] = field(objects[k], labels[k], " m/s", organs::slowest_m_per_s, organs::fastest_m_per_s, 0.05, 3, source.arg(usual[k]));
  rule_ = new QComboBox(this);
  name_widget(rule_, "muscle_fibres", "Fibre angles");
  rule_->addItem("Fibres 60 to -60 (Streeter 1969)", "default");
  rule_->addItem("Fibres as Bayer 2012 published", "bayer");
  rule_->addItem("Fibre angles by hand", "hand");
  rule_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  rule_->setMinimumContentsLength(8);
  box->addWidget(rule_);
  const char* const angle_objects[] = {"muscle_fibre_endo", "muscle_fibre_epi", "muscle_sheet_endo", "muscle_sheet_epi"};
  const char* const angle_labels[] = {"Fibres, endocardium", "Fibres, epicardium", "Sheets, endocardium", "Sheets, epicardium"};
  for (int k = 0; k < 4; ++k) angle_[k] = field(angle_objects[k], angle_labels[k], "°", -90, 90, 5, 0, "Degrees to the horizontal of the wall; the rule turns them evenly from the endocardium to the epicardium.");
  where_ = new QComboBox(this);
  name_widget(where_, "muscle_where", "Where conductances are scaled and other cells are put");
  where_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  where_->setMinimumContentsLength(8);
  box->addWidget(where_);
  cells_here_ = new QComboBox(this);
  name_widget(cells_here_, "muscle_cells_here", "Cells of this place");
  cells_here_->addItem("Cells as in the rest of the muscle", "");
  for (const auto& m : ep::builtin_ionic_models())
    if (const QString family = QString::fromStdString(m.family->key); cells_here_->findData(family) < 0) cells_here_->addItem("Cells: " + QString::fromStdString(ep::family_name(m.family->key)), family);
  cells_here_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  cells_here_->setMinimumContentsLength(8);
  cells_here_->setToolTip("Cells of another model in this tissue, segment or layer. Conductivities stay; a tissue goes before a layer.");
  box->addWidget(cells_here_);
  channels_ = new QTableWidget(0, 2, this);
  name_widget(channels_, "muscle_channels", "Factors on conductances");
  channels_->setHorizontalHeaderLabels({"Conductance", "Factor"});
  channels_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  channels_->verticalHeader()->hide();
  channels_->setFixedHeight(150);
  channels_->setToolTip("1 is as published; drugs multiply these factors again");
  box->addWidget(channels_);
  map_ = make_button("Lay a map of factors...", "muscle_map", this, "left");
  connect(map_, &QPushButton::clicked, this, &MusclePanel::lay_map);
  box->addWidget(map_);
  maps_back_ = make_button("Take the maps back", "muscle_maps_back", this, "left");
  connect(maps_back_, &QPushButton::clicked, this, &MusclePanel::take_maps_back);
  box->addWidget(maps_back_);
  build_ = make_button("Build the twin with it", "muscle_build", this, "left");
  set_icon(build_, "rebuild");
  connect(build_, &QPushButton::clicked, this, &MusclePanel::build);
  box->addWidget(build_);
  note_ = make_label({}, "small_hint", this, true);
  note_->setObjectName("muscle_note");
  box->addWidget(note_);
  connect(rule_, &QComboBox::currentIndexChanged, this, [this] {
    const QString rule = rule_->currentData().toString();
    if (!filling_ && rule != "hand") fill_angles(rule == "bayer" ? ep::bayer_2012() : ep::FibreAngles{});
    refresh();
  });
  connect(where_, &QComboBox::currentIndexChanged, this, &MusclePanel::fill_channels);
  connect(cells_here_, &QComboBox::currentIndexChanged, this, &MusclePanel::take_cells);
  connect(channels_, &QTableWidget::itemSelectionChanged, this, &MusclePanel::refresh);
  connect(channels_, &QTableWidget::cellChanged, this, [this](int row, int) { take_factor(row); });
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &MusclePanel::take_choices);
  connect(&workspace, &Workspace::jobs_changed, this, &MusclePanel::refresh);
  take_choices();
}

void MusclePanel::fill_angles(const ep::FibreAngles& a) {
  const double value[] = {a.alpha_endo, a.alpha_epi, a.beta_endo, a.beta_epi};
  for (int k = 0; k < 4; ++k) {
    const QSignalBlocker quiet(angle_[k]);
    angle_[k]->setValue(value[k]);
  }
}

void MusclePanel::take_choices() {
  const auto* heart = workspace_.heart();
  setVisible(heart != nullptr);
  if (!heart) return;
  filling_ = true;
  const auto& muscle = workspace_.data()->choices.muscle;
  const core::Vec3 v = muscle.velocity.value_or(organs::HeartParams{}.velocity);
  for (int k = 0; k < 3; ++k) {
    const QSignalBlocker quiet(velocity_[k]);
    velocity_[k]->setValue(v[k]);
  }
  rule_->setCurrentIndex(rule_->findData(!muscle.fibres ? "default" : *muscle.fibres == ep::bayer_2012() ? "bayer" : "hand"));
  fill_angles(muscle.fibres.value_or(ep::FibreAngles{}));
  scales_ = muscle.conductances;
  cells_ = muscle.cells;
  {
    const QSignalBlocker quiet(where_);
    const QVariant shown = where_->currentData();
    where_->clear();
    where_->addItem("Conductances: whole heart", "");
    for (const auto& r : heart->baseline.regions)
      if (r.conducting && where_->findData(QString::fromStdString(r.key)) < 0) where_->addItem("Conductances: " + QString::fromStdString(present::words(r.key)), QString::fromStdString(r.key));
    for (int s = 1; s <= 17; ++s)
      if (std::find(heart->aha_segment.begin(), heart->aha_segment.end(), s) != heart->aha_segment.end()) where_->addItem(QStringLiteral("Conductances: segment %1").arg(s), QStringLiteral("segment_%1").arg(s));
    if (workspace_.data()->choices.organ != "atria")
      for (const auto& [key, words] : {std::pair("epi", "epicardial"), std::pair("mid", "mid-wall"), std::pair("endo", "endocardial")}) where_->addItem(QStringLiteral("Cells: %1 layer").arg(words), key);
    where_->setCurrentIndex(std::max(0, where_->findData(shown)));
  }
  filling_ = false;
  fill_channels();
  refresh();
}

void MusclePanel::fill_channels() {
  const auto* heart = workspace_.heart();
  if (!heart) return;
  const QSignalBlocker quiet(channels_), quiet_cells(cells_here_);
  const std::string where = where_->currentData().toString().toStdString();
  const auto mine = std::find_if(cells_.begin(), cells_.end(), [&](const auto& c) { return c.where == where; });
  cells_here_->setCurrentIndex(std::max(0, mine == cells_.end() ? 0 : cells_here_->findData(QString::fromStdString(mine->family))));
  allow(cells_here_, !where.empty(), "Cells of another model in this tissue, segment or layer. Conductivities stay; a tissue goes before a layer.", "Choose a tissue, a segment or a layer: the cells of the whole muscle are the Cell model above.");
  std::vector<std::string> keys;
  const bool layer = where == "epi" || where == "mid" || where == "endo";   // conductances are scaled by tissue and segment
  for (const auto& family : layer ? std::vector<std::string>() : organs::families_of(heart->baseline))
    if (const auto* f = ep::find_ionic_family(family))
      for (const auto& key : f->scales)
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  for (const auto& k : organs::conductivity_keys) keys.push_back(k.key);
  channels_->setRowCount(int(keys.size()));
  for (int row = 0; row < int(keys.size()); ++row) {
    auto* name = new QTableWidgetItem(QString::fromStdString(keys[std::size_t(row)]));
    name->setFlags(Qt::ItemIsEnabled);
    if (const auto* sigma = organs::find_conductivity(keys[std::size_t(row)])) name->setToolTip(QStringLiteral("A factor on the %1; the velocity follows with its square root").arg(sigma->words));
    channels_->setItem(row, 0, name);
    double factor = 1;
    for (const auto& s : scales_)
      if (s.channel == keys[std::size_t(row)] && s.where == where) factor *= s.factor;
    channels_->setItem(row, 1, new QTableWidgetItem(QString::number(factor)));
  }
}

void MusclePanel::take_factor(int row) {
  const std::string channel = channels_->item(row, 0)->text().toStdString(), where = where_->currentData().toString().toStdString();
  bool number = false;
  const double factor = channels_->item(row, 1)->text().toDouble(&number);
  if (number && organs::find_conductivity(channel) && factor < organs::smallest_conductivity_scale) {
    workspace_.say(Tone::bad, QStringLiteral("A conductivity is scaled by %1 to %2; what conducts less is scar.").arg(organs::smallest_conductivity_scale).arg(organs::largest_conductance_scale));
    fill_channels();
    return;
  }
  if (!number || !(factor >= 0 && factor <= organs::largest_conductance_scale)) {
    workspace_.say(Tone::bad, QStringLiteral("A conductance is scaled by 0 to %1; 1 is as published.").arg(organs::largest_conductance_scale));
    fill_channels();
    return;
  }
  std::erase_if(scales_, [&](const auto& s) { return s.channel == channel && s.where == where; });
  if (factor != 1) scales_.push_back({channel, factor, where});
  refresh();
}

void MusclePanel::take_cells() {
  const std::string where = where_->currentData().toString().toStdString(), family = cells_here_->currentData().toString().toStdString();
  std::erase_if(cells_, [&](const auto& c) { return c.where == where; });
  if (!family.empty() && !where.empty()) cells_.push_back({family, where});
  refresh();
}

void MusclePanel::lay_map() {
  const int row = channels_->currentRow();
  if (row < 0) return;
  const std::string channel = channels_->item(row, 0)->text().toStdString();
  const QString file = QFileDialog::getOpenFileName(this, QStringLiteral("Factors on %1 from place to place").arg(QString::fromStdString(channel)), {}, "Maps (*.vtu *.csv);;All files (*)");
  if (file.isEmpty()) return;
  rebuild([path = file.toStdString(), channel](session::CaseData& d) -> core::Result<void> {
    if (auto use = session::take_scale_map(d, path, channel); !use) return core::pass(use);
    return {};
  });
}

void MusclePanel::take_maps_back() {
  rebuild([](session::CaseData& d) -> core::Result<void> {
    d.choices.muscle.maps.clear();
    return {};
  });
}

session::MuscleChoices MusclePanel::chosen() const {
  session::MuscleChoices out;
  out.cells = cells_;
  if (const auto data = workspace_.data()) out.maps = data->choices.muscle.maps;
  const core::Vec3 v(velocity_[0]->value(), velocity_[1]->value(), velocity_[2]->value());
  if (v != organs::HeartParams{}.velocity) out.velocity = v;
  const QString rule = rule_->currentData().toString();
  if (rule == "bayer") out.fibres = ep::bayer_2012();
  if (rule == "hand") {
    ep::FibreAngles a;
    a.alpha_endo = angle_[0]->value(), a.alpha_epi = angle_[1]->value(), a.beta_endo = angle_[2]->value(), a.beta_epi = angle_[3]->value();
    out.fibres = a;
  }
  out.conductances = scales_;
  return out;
}

void MusclePanel::build() {
  rebuild([wanted = chosen()](session::CaseData& d) -> core::Result<void> {
    d.choices.muscle = wanted;
    return {};
  });
}

void MusclePanel::rebuild(std::function<core::Result<void>(session::CaseData&)> change) {
  workspace_.session().run_model_job(job_title, "muscle", [change = std::move(change)](session::CaseData& d, const core::Progress& progress) -> core::Result<void> {
    if (auto ok = change(d); !ok) return ok;
    if (auto ok = session::build_chosen_twin(d, {}, progress.part(0, 0.8)); !ok) return ok;
    if (auto run = session::run_scenario(d, {}, core::Mode::fast, {}, progress.part(0.8, 1)); !run) return core::pass(run);
    return {};
  });
}

void MusclePanel::refresh() {
  const auto data = workspace_.data();
  const auto* heart = workspace_.heart();
  if (!heart || filling_) return;
  const bool by_hand = rule_->currentData().toString() == "hand", atria = data->choices.organ == "atria";
  for (auto* a : angle_) a->parentWidget()->setVisible(by_hand);
  const auto wanted = chosen();
  QString why;
  if (!data->heart_mesh && !atria) why = "The case does not hold the mesh the twin was built on: mesh the labels again first.";
  else if (atria && (wanted.velocity || wanted.fibres)) why = "The atria have velocities and fibres of their own: only conductances can be scaled.";
  else if (wanted.velocity)
    if (const auto ok = organs::check_velocity(*wanted.velocity); !ok) why = QString::fromStdString(ok.error().message);
  QString busy;
  const bool same = wanted == data->choices.muscle;
  for (const auto& job : workspace_.session().jobs().status())
    if ((job.state == session::JobState::running || job.state == session::JobState::waiting) && job.title == job_title) busy = "It is being built. The status bar can cancel it.";
  const QString loses = QString::fromStdString(workspace_.session().rebuild_loses());
  const QString blocked = busy.isEmpty() ? why : busy;
  const auto& maps = data->choices.muscle.maps;
  QString laid;
  for (const auto& m : maps) laid += (laid.isEmpty() ? "" : ", ") + QString::fromStdString(m.channel + " by " + m.name);
  allow(map_, blocked.isEmpty() && channels_->currentRow() >= 0 && same, "A .vtu with an array, or a .csv of x, y, z (mm) and factor, 0 to 10: lays it on this conductance and builds the twin again. Undo takes it back.",
        !blocked.isEmpty() ? blocked : !same ? "Build the twin with the other changes first." : "Choose a conductance in the table first.");
  maps_back_->setVisible(!maps.empty());
  allow(maps_back_, blocked.isEmpty() && same, "Now: " + laid + ". Builds the twin again without.", blocked.isEmpty() ? "Build the twin with the other changes first." : blocked);
  if (why.isEmpty() && same) why = "The twin was built with it.";
  if (!busy.isEmpty()) why = busy;
  allow(build_, why.isEmpty(), "Builds the twin again on the same mesh" + (loses.isEmpty() ? QString(".") : ": " + loses + ".") + " Undo takes it back.", why);
  const auto& p = heart->baseline;
  const QString others = QString::fromStdString(ep::other_cells(p));
  note_->setText((laid.isEmpty() ? QString() : "Maps: " + laid + ". ") + (others.isEmpty() ? QString() : "Other cells: " + others + ". ") + QStringLiteral("Now %1, %2, %3 m/s: %4, %5, %6 mS/mm in these cells. Kept in the case: a rebuild from the labels uses it again.")
                     .arg(p.velocity[0]).arg(p.velocity[1]).arg(p.velocity[2]).arg(p.sigma[0], 0, 'g', 3).arg(p.sigma[1], 0, 'g', 3).arg(p.sigma[2], 0, 'g', 3));
}

}  // namespace ot::gui
