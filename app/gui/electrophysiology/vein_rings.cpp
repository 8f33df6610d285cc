// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/vein_rings.hpp"

#include <QHBoxLayout>

#include "app/gui/widgets.hpp"
#include "app/session/atria.hpp"

namespace ot::gui {

VeinRings::VeinRings(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "vein_rings", "Lesion sets of the left atrium");
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(6);
  rings_ = make_button("Vein rings", "atrial_vein_rings", this);
  roof_ = make_button("Roof line", "atrial_roof_line", this);
  rings_->setAccessibleName("Rings around the pulmonary veins into the active plan");
  roof_->setAccessibleName("Line over the roof into the active plan");
  connect(rings_, &QPushButton::clicked, this, [this] { add(true); });
  connect(roof_, &QPushButton::clicked, this, [this] { add(false); });
  row->addWidget(rings_, 1);
  row->addWidget(roof_, 1);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &VeinRings::refresh);
  refresh();
}

void VeinRings::add(bool rings) {
  const auto data = workspace_.data();
  if (!data->twin) return;
  const auto sets = session::atrial_lesion_sets(*data->twin);
  if (!sets) return workspace_.say(Tone::attention, QString::fromStdString(sets.error().message));
  for (const auto& set : *sets) {
    if ((set.key == "roof") == rings) continue;
    twin::InterventionSpec spec = set.spec;
    spec.id.clear();   // the plan names it
    spec.note = set.title;
    if (!workspace_.add_intervention(spec)) return;
  }
  workspace_.say(Tone::good, rings ? "Rings around the veins are in the plan: lines through the wall, radius 3 mm. Prove their block before you trust them." : "The line over the roof is in the plan.");
}

void VeinRings::refresh() {
  const auto data = workspace_.data();
  const bool there = data->twin && session::has_left_atrium(*data->twin);
  setVisible(there);
  allow(rings_, there, "A ring around the veins of either side, 0.6 of the way from the middle of the atrium to them; found from the shape, move it by hand", "The twin has no left atrium.");
  allow(roof_, there, "A line from ring to ring over the roof", "The twin has no left atrium.");
}

}  // namespace ot::gui
