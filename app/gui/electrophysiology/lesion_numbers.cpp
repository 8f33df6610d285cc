// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/lesion_numbers.hpp"

#include "app/gui/widgets.hpp"

namespace ot::gui {

LesionNumbers::LesionNumbers(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace), box_(new QVBoxLayout(this)) {
  name_widget(this, "lesion_numbers", "Lesions of the plan");
  box_->setContentsMargins(0, 0, 0, 0);
  box_->setSpacing(2);
  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::results_changed, &Workspace::selection_changed, &Workspace::tool_changed})
    connect(&workspace, signal, this, &LesionNumbers::refresh);
  refresh();
}

void LesionNumbers::refresh() {
  clear_layout(box_);
  const auto* spec = workspace_.selected_spec();
  const auto shown = workspace_.shown_result(workspace_.session().active_plan());
  bool any = false;
  if (spec && spec->kind == "ablation" && workspace_.tool() == Tool::none && shown.result && !shown.stale) {
    for (const auto& q : shown.result->quantities) {
      const QString key = QString::fromStdString(q.key), unit = present::unit_text(QString::fromStdString(q.unit));
      if (!key.startsWith("lesion") && !key.contains("burned") && !key.startsWith("ablation")) continue;
      if (!any) box_->addWidget(make_label("All lesions of this plan", "small_hint", this));
      any = true;
      auto* fact = make_fact(QString::fromStdString(q.label), present::show_number(q.value, QString::fromStdString(q.unit)) + (unit.isEmpty() ? QString() : " " + unit), this);
      fact->setObjectName("fact_" + key);
      fact->setToolTip(QString::fromStdString(q.label + (q.note.empty() ? "" : "\n" + q.note)));
      box_->addWidget(fact);
    }
  }
  setVisible(any);
}

}  // namespace ot::gui
