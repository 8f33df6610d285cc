// SPDX-License-Identifier: GPL-3.0-or-later
// TissueModel: the measured LV wall of the open image and the scar that the present choices would give. Panel, slices and 3D bind to it.
// Measuring and finding scar are jobs; applying is one undo step of the session. GUI thread only.
#pragma once
#include <QObject>
#include <QString>
#include <memory>
#include <optional>

#include "app/gui/workspace.hpp"
#include "app/session/tissue.hpp"

namespace ot::gui {

class TissueModel : public QObject {
  Q_OBJECT
 public:
  TissueModel(Workspace& workspace, QObject* parent);

  const session::ImageData* image() const;                        // with LV wall and blood, null when there is none
  std::shared_ptr<const session::TissueReport> report() const { return report_; }   // null until measured
  QString problem() const { return problem_; }                    // why there is none, in words
  bool measuring() const { return measuring_; }
  void ensure();                                                  // starts measuring when what is known is out of date

  const imaging::ScarParams& params() const { return params_; }
  void set_params(const imaging::ScarParams& params);             // starts a preview
  std::shared_ptr<const imaging::ScarResult> preview() const { return preview_; }   // of params(); null while it is computed or refused
  QString refusal() const { return refusal_; }

  void apply();
  void move_landmark(const std::string& key, const core::Vec3& at);
  void reset_landmark(const std::string& key);

 signals:
  void measured();
  void previewed();

 private:
  void find_scar();

  Workspace& workspace_;
  std::shared_ptr<const session::TissueReport> report_;
  std::shared_ptr<const core::LabelMap> measured_labels_;         // what report_ was made from
  std::vector<imaging::Landmark> measured_landmarks_;
  const core::TetMesh* measured_mesh_ = nullptr;
  std::shared_ptr<const imaging::ScarResult> preview_;
  imaging::ScarParams params_;
  QString problem_, refusal_;
  bool measuring_ = false, chosen_ = false;
  int asked_ = 0;
};

}  // namespace ot::gui
