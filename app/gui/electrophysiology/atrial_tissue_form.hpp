// SPDX-License-Identifier: GPL-3.0-or-later
// AtrialTissueForm: tissue of the atria a person may choose: the rule that lays their fibres, cells remodelled by atrial fibrillation, and patches of fibrosis drawn at random (share, size, seed).
// Nothing is built here: ConductionPanel takes the values over. Source and meaning of the patches: organs::AtriaParams. GUI thread.
#pragma once
#include <QWidget>

#include "app/session/atria.hpp"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;

namespace ot::gui {

class AtrialTissueForm : public QWidget {
  Q_OBJECT
 public:
  explicit AtrialTissueForm(QWidget* parent);
  void show_params(const organs::AtriaParams& params);   // emits nothing
  void take_into(organs::AtriaParams& params) const;

 signals:
  void edited();

 private:
  void refresh();

  QComboBox* fibres_;
  QCheckBox* remodelled_;
  QDoubleSpinBox *share_, *length_, *seed_;
  std::uint64_t shown_seed_ = 1;   // seeds of the command line have 64 bits, the field shows the usual ones
};

}  // namespace ot::gui
