// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/atrial_tissue_form.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <algorithm>

#include "app/gui/number_row.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

constexpr double most_seed = 9999;

}  // namespace

AtrialTissueForm::AtrialTissueForm(QWidget* parent) : QWidget(parent) {
  name_widget(this, "atrial_tissue", "Tissue of the atria");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  fibres_ = new QComboBox(this);
  name_widget(fibres_, "conduction_atrial_fibres", "Fibres of the atria");
  fibres_->setToolTip("Rings round the valves, or bundles between valve, veins, cavae and appendage by the rule of Piersanti et al. 2021, nearer to measured fibres. No image shows fibres to the program.");
  fibres_->addItem("Fibres as rings round the valves", organs::name_of(organs::AtrialFibreRule::rings));
  fibres_->addItem("Fibres in bundles (Piersanti)", organs::name_of(organs::AtrialFibreRule::piersanti));
  fibres_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  fibres_->setMinimumContentsLength(6);
  connect(fibres_, &QComboBox::currentIndexChanged, this, &AtrialTissueForm::edited);
  box->addWidget(fibres_);
  remodelled_ = new QCheckBox("Cells remodelled by AF", this);
  name_widget(remodelled_, "conduction_af", "Cells remodelled by atrial fibrillation");
  remodelled_->setToolTip("Persistent atrial fibrillation: Ito, IKur -50 %, ICaL -70 % (Courtemanche 1999), IK1 doubled (Krogh-Madsen 2012). Refractory for 115 instead of 229 ms at 500 ms.");
  connect(remodelled_, &QCheckBox::toggled, this, &AtrialTissueForm::edited);
  box->addWidget(remodelled_);
  const auto field = [&](const char* object, const char* label, const char* suffix, double lo, double hi, double step, const char* tip) { return number_row(box, this, object, label, suffix, {lo, hi, step, 0}, tip); };
  share_ = field("conduction_fibrosis", "Fibrosis of the atria", " %", 0, 70, 5,
                 "Share of the working muscle in patches drawn at random: no image shows them to the program. In them a quarter of the conductivity and the currents of fibrotic atrium (Clayton 2018, 10.3389/fphys.2018.01052)");
  share_->setSpecialValueText("none");
  length_ = field("conduction_fibrosis_mm", "Size of the patches", " mm", 1, 30, 1, "1.25 mm (diffuse) to 10 mm (focal): Clayton 2018");
  length_->setDecimals(2);
  seed_ = field("conduction_fibrosis_seed", "Drawing number", "", 0, most_seed, 1, "Another number draws other patches of the same kind: compare several before you trust a difference");
  connect(share_, &QDoubleSpinBox::valueChanged, this, [this] { refresh(), emit edited(); });
  connect(length_, &QDoubleSpinBox::valueChanged, this, &AtrialTissueForm::edited);
  connect(seed_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
    shown_seed_ = std::uint64_t(value);
    emit edited();
  });
  show_params({});
}

void AtrialTissueForm::show_params(const organs::AtriaParams& params) {
  const QSignalBlocker a(remodelled_), b(share_), c(length_), d(seed_), e(fibres_);
  fibres_->setCurrentIndex(fibres_->findData(organs::name_of(params.fibres)));
  remodelled_->setChecked(params.remodelled);
  share_->setValue(100 * params.fibrosis_share);
  length_->setValue(params.fibrosis_length_mm);
  shown_seed_ = params.fibrosis_seed;
  seed_->setValue(std::min(double(shown_seed_), most_seed));
  refresh();
}

void AtrialTissueForm::take_into(organs::AtriaParams& params) const {
  if (const auto rule = organs::atrial_fibre_rule(fibres_->currentData().toString().toStdString())) params.fibres = *rule;
  params.remodelled = remodelled_->isChecked();
  params.fibrosis_share = share_->value() / 100;
  params.fibrosis_length_mm = length_->value();
  params.fibrosis_seed = shown_seed_;
}

void AtrialTissueForm::refresh() {
  for (auto* number : {length_, seed_}) number->parentWidget()->setVisible(share_->value() > 0);
}

}  // namespace ot::gui
