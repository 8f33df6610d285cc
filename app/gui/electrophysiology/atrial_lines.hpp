// SPDX-License-Identifier: GPL-3.0-or-later
// AtrialLines: rings around the pulmonary veins and the line over the roof, put into the plan as ordinary lesions, and their proof of block.
// Part of the Intervene stage; shown where the twin has a left atrium.
#pragma once
#include <QWidget>

#include "app/gui/workspace.hpp"
#include "app/session/atria.hpp"

class QPushButton;
class QVBoxLayout;

namespace ot::gui {

class AtrialLines : public QWidget {
  Q_OBJECT
 public:
  AtrialLines(Workspace& workspace, QWidget* parent);

 signals:
  // Pace at these two places, one on each side of a set that lies in the plan.
  void proof_wanted(const ot::core::Vec3& inside, const ot::core::Vec3& outside);

 private:
  struct Line {
    std::string key;
    QPushButton *add, *prove;
  };
  void refresh();
  const std::vector<session::LesionSet>* sets();   // of the present twin, made when first asked for; null with words said when they cannot be
  void add(const std::vector<std::string>& keys, const QString& step_name);
  void prove(const std::string& key);

  Workspace& workspace_;
  std::vector<Line> lines_;
  QPushButton* all_;
  std::shared_ptr<const twin::TwinModel> sets_of_;
  std::vector<session::LesionSet> sets_;
};

}  // namespace ot::gui
