// SPDX-License-Identifier: GPL-3.0-or-later
// MeshPanel: quality of every mesh (histograms, the worst elements; a click flies there) and the vessels (branches with editable names,
// stenosis table, inlet, flow extensions). Part of the Model stage. Reports are made in the background of the owner's tick.
#pragma once
#include <QWidget>
#include <map>
#include <memory>

#include "app/gui/workspace.hpp"
#include "imaging/meshing/mesh_report.hpp"

class QVBoxLayout;

namespace ot::gui {

class MeshPanel : public QWidget {
  Q_OBJECT
 public:
  MeshPanel(Workspace& workspace, QWidget* parent);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;   // takes its mark out of the 3D view

 private:
  void refresh();
  void add_quality(const std::string& key, const std::string& name, const std::shared_ptr<const core::TetMesh>& mesh);
  void add_patches(const std::string& key, const std::shared_ptr<const core::TetMesh>& mesh);   // names, joining, painting around the crosshair
  void show_patch(const core::TetMesh& mesh, int patch);
  void add_vessel(const session::MeshedVessel& vessel);
  void fly(const core::Vec3& point, double radius_mm, const core::TetMesh* mesh, core::Index tet);

  Workspace& workspace_;
  QVBoxLayout* box_;
  bool outdated_ = true;
  bool marked_ = false;        // a mark of this panel is in the 3D view
  // A report costs a pass over the mesh: kept while the mesh lives.
  struct Known {
    std::shared_ptr<const core::TetMesh> mesh;
    imaging::MeshReport report;
  };
  std::map<std::string, Known> known_;
};

}  // namespace ot::gui
