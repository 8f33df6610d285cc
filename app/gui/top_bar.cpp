// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/top_bar.hpp"

#include <QHBoxLayout>
#include <QMenu>
#include <QResizeEvent>

#include "app/gui/actions.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"

namespace ot::gui {

TopBar::TopBar(Workspace& workspace, Actions& actions, QWidget* parent)
    : QFrame(parent), workspace_(workspace), actions_(actions) {
  name_widget(this, "top_bar", "Top bar");
  setFixedHeight(44);
  auto* box = new QHBoxLayout(this);
  box->setContentsMargins(12, 0, 12, 0);
  box->setSpacing(12);

  brand_ = new QLabel(this);
  name_widget(brand_, "brand", "OrganTwin");
  brand_->setFont(ui_font(17, QFont::Bold));
  const auto color_brand = [this] {
    brand_->setText(QStringLiteral("<span style='font-size:17px;font-weight:700'>Organ<span style='color:%1'>Twin</span></span>").arg(theme().accent.name()));
  };
  color_brand();
  connect(&ThemeNotifier::instance(), &ThemeNotifier::changed, this, color_brand);
  box->addWidget(brand_);

  auto* strip = new QFrame(this);
  name_widget(strip, "patient_strip", "Patient");
  strip->setProperty("role", "strip");
  strip->setFixedHeight(28);
  auto* row = new QHBoxLayout(strip);
  row->setContentsMargins(12, 0, 12, 0);
  row->setSpacing(12);
  patient_id_ = make_label({}, "strong", strip);
  patient_id_->setObjectName("patient_id");
  patient_facts_ = make_label({}, "secondary", strip);
  patient_facts_->setObjectName("patient_facts");
  row->addWidget(patient_id_);
  row->addWidget(patient_facts_);
  box->addWidget(strip);

  undo_ = make_button({}, "undo_button", this);
  set_icon(undo_, "undo");
  undo_->setIconSize({16, 16});
  redo_ = new QToolButton(this);
  name_widget(redo_, "redo_button", "Redo");
  redo_->setIconSize({16, 16});
  set_icon(redo_, "redo");
  connect(undo_, &QPushButton::clicked, actions.find("undo"), &QAction::trigger);
  connect(redo_, &QToolButton::clicked, actions.find("redo"), &QAction::trigger);
  box->addWidget(undo_);
  box->addWidget(redo_);
  box->addStretch(1);

  search_ = make_button("Search commands   Ctrl K", "search_button", this, "search");
  set_icon(search_, "search");
  search_->setIconSize({15, 15});
  search_->setMinimumWidth(150);
  search_->setMaximumWidth(260);
  search_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  connect(search_, &QPushButton::clicked, actions.find("search"), &QAction::trigger);
  box->addWidget(search_);

  layout_ = make_button("4-up", "layout_button", this);
  set_icon(layout_, "layout");
  layout_->setIconSize({16, 16});
  layout_->setToolTip("How the views are laid out");
  auto* menu = new QMenu(layout_);
  menu->setObjectName("layout_menu");
  for (const char* id : {"layout_four_up", "layout_big_3d", "layout_slices", "layout_vessel", "compare"}) menu->addAction(actions.find(id));
  menu->addSeparator();
  for (const char* id : {"cut_open", "color_blind", "toggle_theme"}) menu->addAction(actions.find(id));
  layout_->setMenu(menu);
  box->addWidget(layout_);

  auto* report = make_button("Report", "report_button", this, "primary");
  report->setToolTip("Write a report of this case and its plans");
  connect(report, &QPushButton::clicked, actions.find("report"), &QAction::trigger);
  box->addWidget(report);

  auto* badge = make_label("research only", "badge_research", this);
  badge->setObjectName("research_badge");
  badge->setToolTip("For research and education. Not for diagnosis or treatment of a patient.");
  box->addWidget(badge, 0, Qt::AlignVCenter);

  for (auto signal : {&Workspace::case_replaced, &Workspace::jobs_changed}) connect(&workspace, signal, this, &TopBar::refresh_patient);
  connect(&workspace, &Workspace::plans_changed, this, &TopBar::refresh_undo);
  connect(&workspace, &Workspace::case_replaced, this, &TopBar::refresh_undo);
  for (auto signal : {&Workspace::model_changed, &Workspace::results_changed}) connect(&workspace, signal, this, &TopBar::refresh_undo);
  connect(&workspace, &Workspace::image_changed, this, &TopBar::refresh_undo);
  connect(&workspace, &Workspace::layout_changed, this, &TopBar::refresh_layout);
  connect(&workspace, &Workspace::compare_changed, this, &TopBar::refresh_layout);
  refresh_patient();
  refresh_undo();
  refresh_layout();
}

void TopBar::refresh_patient() {
  const auto data = workspace_.data();
  const auto& patient = data->patient;
  const bool empty = !data->twin && data->images.empty();
  QStringList facts;
  for (const auto& text : {patient.age, patient.sex, patient.series})
    if (!text.empty()) facts << QString::fromStdString(text);
  patient_id_->setText(empty ? (workspace_.session().jobs().busy() ? "Opening ..." : "No case open") : patient.built_in ? "TEACHING CASE" : QString::fromStdString(patient.id));
  patient_facts_->setText(empty ? QString() : facts.join(QStringLiteral("   ")));
  patient_facts_->setVisible(!empty && !facts.isEmpty() && width() > 1100);
}

void TopBar::refresh_undo() {
  auto& session = workspace_.session();
  const QString undo = QString::fromStdString(session.undo_name()), redo = QString::fromStdString(session.redo_name());
  const QString text = session.can_undo() ? "Undo: " + undo : QStringLiteral("Undo");
  undo_->setText(QFontMetrics(font()).elidedText(text, Qt::ElideRight, 210));
  undo_->setAccessibleName(text);
  allow(undo_, session.can_undo(), text + "  (Ctrl+Z)", "There is nothing to undo yet.");
  allow(redo_, session.can_redo(), "Redo: " + redo + "  (Ctrl+Y)", "There is nothing to redo.");
  actions_.allow("undo", session.can_undo(), "There is nothing to undo yet.");
  actions_.allow("redo", session.can_redo(), "There is nothing to redo.");
  actions_.find("undo")->setText(text);
  actions_.find("redo")->setText(session.can_redo() ? "Redo: " + redo : QStringLiteral("Redo"));
}

void TopBar::refresh_layout() {
  layout_->setText(workspace_.comparing() ? "Compare" : workspace_.layout() == Layout::big_3d ? "3D big" : workspace_.layout() == Layout::slices ? "Slices" : workspace_.layout() == Layout::vessel ? "Vessel" : "4-up");
}

void TopBar::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  refresh_patient();
  search_->setText(width() < 1400 ? "Search   Ctrl K" : "Search commands   Ctrl K");
}

}  // namespace ot::gui
