// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/conduction_panel.hpp"

#include <QComboBox>
#include <QSignalBlocker>
#include <algorithm>

#include "app/gui/electrophysiology/atrial_tissue_form.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/whole_heart.hpp"
#include "solvers/organs/heart/conduction.hpp"

namespace ot::gui {
namespace {

constexpr const char* job_title = "Building the conduction system";
constexpr const char* alone = "alone";   // atria without ventricles

constexpr const char* no_atria = "No image of the case has labels of both atria. Segment it first.";
bool labelled_atria(const session::CaseData& data) {
  return std::any_of(data.images.begin(), data.images.end(), [](const auto& i) { return i.labels && i.labels->find("left_atrium") && i.labels->find("right_atrium"); });
}
// Lines of the twin's assumptions that say what was chosen here.
constexpr const char* shown_assumptions[] = {"Conduction block", "Accessory pathway", "The Purkinje tree", "AV conduction", "Atrial fibres", "Cells: Courtemanche", "Fibrosis was not seen"};

}  // namespace

ConductionPanel::ConductionPanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "panel_conduction", "Conduction system");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(6);
  auto* caption = make_label("Conduction system", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  auto* for_all = make_label("Changes the patient, for the baseline and all plans; it is no intervention of one plan.", "small", this, true);
  for_all->setObjectName("conduction_for_all");
  box->addWidget(for_all);
  const auto choice = [&](const char* name, const char* spoken, const char* tip) {
    auto* c = new QComboBox(this);
    name_widget(c, name, spoken);
    c->setToolTip(tip);
    c->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    c->setMinimumContentsLength(6);
    box->addWidget(c);
    return c;
  };
  kind_ = choice("conduction_kind", "Conduction system", "Early sites after Durrer 1970 with a fast endocardial layer, or fascicles with a grown Purkinje tree");
  kind_->addItem("Purkinje tree", "purkinje");
  kind_->addItem("Early sites, fast layer", "points");
  block_ = choice("conduction_block", "Conduction block", "Which bundle or fascicle is cut: of the patient, so for all plans");
  for (const auto& [name, key] : {std::pair<const char*, const char*>{"No block", "none"}, {"LBBB", "lbbb"}, {"RBBB", "rbbb"}, {"LAFB (tree)", "lafb"}, {"LPFB (tree)", "lpfb"}}) block_->addItem(name, key);
  accessory_ = choice("conduction_accessory", "Accessory pathway", "A pathway at a valve ring that excites the ventricle early (WPW)");
  accessory_->addItem("No accessory pathway", "none");
  for (const auto& site : organs::accessory_sites()) {
    QString name = QString::fromStdString(site.name);
    name.replace('_', ' ');
    accessory_->addItem("Pathway " + name, QString::fromStdString(site.name));
  }
  atria_ = choice("conduction_atria", "Atria", "With the atria of the labels the ECG has a P wave and a PR interval; they are meshed anew at each build");
  for (const auto& [name, key] : {std::pair<const char*, const char*>{"Ventricles alone", ""}, {"With atria, normal AV conduction", "normal"}, {"With atria, first-degree AV block", "first_degree"}, {"With atria, complete AV block", "complete"}, {"Atria alone", alone}})
    atria_->addItem(name, key);
  tissue_ = new AtrialTissueForm(this);
  connect(tissue_, &AtrialTissueForm::edited, this, &ConductionPanel::refresh);
  box->addWidget(tissue_);
  build_ = make_button("Build the twin with it", "conduction_build", this, "left");
  set_icon(build_, "rebuild");
  connect(build_, &QPushButton::clicked, this, &ConductionPanel::build);
  box->addWidget(build_);
  now_ = make_label({}, "small", this, true);
  now_->setObjectName("conduction_now");
  box->addWidget(now_);
  note_ = make_label({}, "small_hint", this, true);
  note_->setObjectName("conduction_note");
  box->addWidget(note_);
  for (auto* c : {kind_, block_, accessory_, atria_}) connect(c, &QComboBox::currentIndexChanged, this, &ConductionPanel::refresh);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::jobs_changed, &Workspace::results_changed}) connect(&workspace, signal, this, &ConductionPanel::refresh);
  connect(&workspace, &Workspace::case_replaced, this, &ConductionPanel::take_choices);
  connect(&workspace, &Workspace::model_changed, this, &ConductionPanel::take_choices);
  take_choices();
}

void ConductionPanel::take_choices() {
  const auto data = workspace_.data();
  const auto set = [](QComboBox* box, const std::string& key) {
    const QSignalBlocker quiet(box);
    if (const int at = box->findData(QString::fromStdString(key)); at >= 0) box->setCurrentIndex(at);
  };
  set(kind_, data->choices.conduction);
  set(block_, data->choices.block);
  set(accessory_, data->choices.accessory);
  set(atria_, data->choices.organ == "whole_heart" ? data->choices.av : data->choices.organ == "atria" ? std::string(alone) : std::string());
  tissue_->show_params(session::chosen_atria(data->choices).tissue);
  refresh();
}

void ConductionPanel::build() {
  const auto kind = kind_->currentData().toString().toStdString(), block = block_->currentData().toString().toStdString(),
             accessory = accessory_->currentData().toString().toStdString(), av = atria_->currentData().toString().toStdString();
  session::AtriaCaseParams atria = session::chosen_atria(workspace_.data()->choices);
  tissue_->take_into(atria.tissue);
  workspace_.session().run_model_job(job_title, av == alone ? "atria" : "conduction system", [=](session::CaseData& d, const core::Progress& progress) -> core::Result<void> {
    d.choices.conduction = kind;
    d.choices.block = block;
    d.choices.accessory = accessory;
    const auto part = progress.part(0, 0.8);
    if (av.empty()) d.choices.organ = "heart";
    if (auto ok = av.empty() ? session::build_twin(d, {}, part) : av == alone ? session::build_atrial_twin(d, atria, part) : session::build_whole_heart(d, {}, atria, av, part); !ok) return ok;
    if (auto run = session::run_scenario(d, {}, core::Mode::fast, {}, progress.part(0.8, 1)); !run) return core::pass(run);
    return {};
  });
}

void ConductionPanel::refresh() {
  const auto data = workspace_.data();
  const std::string kind = kind_->currentData().toString().toStdString(), block = block_->currentData().toString().toStdString();
  const QString atria = atria_->currentData().toString();
  const bool no_ventricles = atria == alone;
  tissue_->setVisible(!atria.isEmpty());
  for (auto* c : {kind_, block_, accessory_}) c->setVisible(!no_ventricles);
  QString why;
  if (no_ventricles && !data->images.empty()) {
    if (!labelled_atria(*data)) why = no_atria;
  } else if (!data->twin || !data->twin->heart) why = why_no_muscle(*data);
  else if (!data->heart_mesh) why = "The case does not hold the mesh the twin was built on: mesh the labels again first.";
  else if (const auto fits = organs::heart_conduction(kind, block, accessory_->currentData().toString().toStdString()); !fits) why = QString::fromStdString(fits.error().message);
  else if (!atria.isEmpty() && !labelled_atria(*data)) why = no_atria;
  if (why.isEmpty())
    for (const auto& job : workspace_.session().jobs().status())
      if ((job.state == session::JobState::running || job.state == session::JobState::waiting) && job.title == job_title) why = "It is being built. The status bar can cancel it.";
  const QString loses = QString::fromStdString(workspace_.session().rebuild_loses());
  allow(build_, why.isEmpty(), (no_ventricles ? QString("Builds a twin of the atria in place of the ventricles'") : QString("Builds the twin again on the same mesh")) + (loses.isEmpty() ? QString(".") : ": " + loses + ".") + " Undo takes it back.", why);
  QStringList now;
  if (data->twin)
    for (const auto& line : data->twin->assumptions)
      if (std::any_of(std::begin(shown_assumptions), std::end(shown_assumptions), [&](const char* begin) { return line.rfind(begin, 0) == 0; })) now << QString::fromStdString(line);
  now_->setText(!data->twin || !data->twin->heart ? QString() : now.isEmpty() ? QStringLiteral("Now: early sites with a fast endocardial layer, no block.") : "Now: " + now.join(' '));
  now_->setVisible(!now_->text().isEmpty());
  QString note = no_ventricles        ? "The wall of the atria was not seen: a shell around their blood. "
                 : kind == "purkinje" ? "The tree was set on three hearts, where a healthy QRS takes 75 to 110 ms; which tree grows moves one heart by up to 15 ms. Trust the order of activation more than the duration. "
                                    : "Fascicular blocks need the tree. ";
  note += "Tree, block, atria and their tissue are kept in the case: a rebuild from the labels uses them again.";
  if (!atria.isEmpty()) note += " Fibrosis is not read from images: patches are drawn at random, an example of such a patient and not a forecast.";
  if (!atria.isEmpty() && !no_ventricles) note += " A study plays on the ventricles or, with sites in the atria, on the atria; between them nothing is conducted meanwhile.";
  note_->setText(note);
  if (!why.isEmpty() && data->twin && data->twin->heart) note_->setText(why + " " + note);
}

}  // namespace ot::gui
