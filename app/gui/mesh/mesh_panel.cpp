// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/mesh/mesh_panel.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>

#include "app/gui/widgets.hpp"
#include "app/present/numbers.hpp"
#include "app/session/mesh_case.hpp"
#include "viewer/qt/view3d.hpp"

namespace ot::gui {
namespace {

QString text(const std::string& s) { return QString::fromStdString(s); }

QPushButton* row_button(const QString& words, const QString& name, const QString& tip, QWidget* parent) {
  auto* b = make_button(words, name, parent, "flat");
  b->setToolTip(tip);
  b->setStyleSheet("text-align: left;");
  return b;
}

}  // namespace

MeshPanel::MeshPanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace), box_(new QVBoxLayout(this)) {
  setObjectName("mesh_panel");
  box_->setContentsMargins(0, 0, 0, 0);
  box_->setSpacing(5);
  const auto stale = [this] {
    outdated_ = true;
    if (isVisible()) refresh();
  };
  connect(&workspace, &Workspace::case_replaced, this, stale);
  connect(&workspace, &Workspace::model_changed, this, stale);
}

void MeshPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (outdated_) refresh();
}

void MeshPanel::fly(const core::Vec3& point, double radius_mm, const core::TetMesh* mesh, core::Index tet) {
  workspace_.set_crosshair(point);
  for (auto* view : window()->findChildren<viewer::View3D*>()) {
    if (!view->isVisible()) continue;
    viewer::Scene3D::Highlight mark;
    mark.center = point;
    mark.radius = 0.35 * radius_mm;
    if (mesh) {
      for (core::Index n : mesh->tets[std::size_t(tet)]) mark.points.push_back(mesh->nodes[std::size_t(n)]);
      mark.triangles = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};
      mark.center.reset();
    }
    view->scene().set_highlight(mark);
    view->scene().fly_to(point, radius_mm);
  }
}

void MeshPanel::add_quality(const std::string& key, const std::string& name, const std::shared_ptr<const core::TetMesh>& mesh) {
  Known& known = known_[key];
  if (known.mesh != mesh) known = {mesh, imaging::report_mesh(*mesh, 10)};
  const auto& r = known.report;
  box_->addWidget(make_label(text(name) + " mesh", "caption", this));
  box_->addWidget(make_fact("Tetrahedra, inverted", present::show_count(double(r.quality.tets)) + ", " + QString::number(r.quality.inverted), this));
  box_->addWidget(make_fact("Dihedral min, median", QStringLiteral("%1°, %2°").arg(r.quality.min_dihedral_deg, 0, 'f', 1).arg(r.quality.median_dihedral_deg, 0, 'f', 0), this));
  box_->addWidget(make_fact("Parts, pinched edges / nodes", QStringLiteral("%1, %2 / %3").arg(r.quality.parts).arg(r.pinched_edges).arg(r.pinched_nodes), this));
  auto* dihedral = new Histogram(this);
  dihedral->setObjectName("mesh_dihedral_" + text(key));
  dihedral->set(r.quality.dihedral_histogram, "smallest dihedral 0°", "90°");
  box_->addWidget(dihedral);
  auto* ratio = new Histogram(this);
  ratio->setObjectName("mesh_ratio_" + text(key));
  ratio->set(r.radius_ratio_histogram, QStringLiteral("radius ratio 0, worst %1").arg(r.min_radius_ratio, 0, 'f', 2), "1");
  box_->addWidget(ratio);
  auto* worst = new QComboBox(this);
  worst->setObjectName("mesh_worst_" + text(key));
  worst->setToolTip("The flattest tetrahedra. Choosing one flies the camera to it and marks it.");
  worst->addItem("Fly to a worst element");
  for (const auto& w : r.worst) worst->addItem(QStringLiteral("%1°, ratio %2, aspect %3, %4").arg(w.dihedral_deg, 0, 'f', 1).arg(w.radius_ratio, 0, 'f', 2).arg(w.aspect, 0, 'f', 1).arg(text(w.region)));
  connect(worst, &QComboBox::activated, this, [this, key](int at) {
    const auto found = known_.find(key);
    if (at < 1 || found == known_.end()) return;
    const auto& w = found->second.report.worst[std::size_t(at - 1)];
    fly(w.centre, 4 * w.longest_edge_mm, found->second.mesh.get(), w.tet);
  });
  box_->addWidget(worst);
}

void MeshPanel::add_vessel(const session::MeshedVessel& v) {
  const std::string key = v.key;
  const auto data = workspace_.data();
  const auto found = session::find_in_vessel(v, session::voxel_of(*data, v));
  box_->addWidget(make_label(text(v.name) + " branches", "caption", this));
  for (std::size_t b = 0; b < v.network->branches.size(); ++b) {
    const auto& branch = v.network->branches[b];
    auto* line = new QHBoxLayout;
    auto* name = new QLineEdit(text(branch.name), this);
    name->setObjectName(QStringLiteral("branch_%1_%2").arg(text(key)).arg(b));
    name->setToolTip("Name of the branch. Enter renames it; undo takes it back.");
    connect(name, &QLineEdit::editingFinished, this, [this, name, key, b, old = branch.name] {
      const std::string wanted = name->text().trimmed().toStdString();
      if (wanted == old || wanted.empty()) return;
      workspace_.session().run_model_job("Renaming a branch", "rename branch", [key, b, wanted](session::CaseData& d, const core::Progress&) { return session::rename_branch(d, key, int(b), wanted); });
    });
    const auto [least, most] = std::minmax_element(branch.radius.begin(), branch.radius.end());
    auto* go = row_button(QStringLiteral("%1 mm, ø %2-%3").arg(branch.length(), 0, 'f', 0).arg(2 * *least, 0, 'f', 1).arg(2 * *most, 0, 'f', 1), QStringLiteral("branch_go_%1_%2").arg(text(key)).arg(b), "Fly to the middle of this branch", this);
    const core::Vec3 middle = v.network->point_at(int(b), 0.5 * branch.length());
    connect(go, &QPushButton::clicked, this, [this, middle, r = *most] { fly(middle, 4 * r, nullptr, -1); });
    line->addWidget(name, 1);
    line->addWidget(go);
    box_->addLayout(line);
  }
  for (std::size_t i = 0; i < found.stenoses.size(); ++i) {
    const auto& s = found.stenoses[i];
    auto* go = row_button(QStringLiteral("%1 % (area %2 %), MLD %3, ref %4, %5 mm long: %6")
                              .arg(s.diameter_percent, 0, 'f', 0).arg(s.area_percent, 0, 'f', 0).arg(s.min_diameter_mm, 0, 'f', 2).arg(s.reference_diameter_mm, 0, 'f', 2).arg(s.end_mm - s.start_mm, 0, 'f', 0)
                              .arg(text(v.network->branches[std::size_t(s.branch)].name)),
                          QStringLiteral("stenosis_%1_%2").arg(text(key)).arg(i), "Diameter stenosis, smallest and interpolated reference diameter in mm. Click flies to the throat.", this);
    const core::Vec3 at = v.network->point_at(s.branch, s.throat_mm);
    connect(go, &QPushButton::clicked, this, [this, at, d = s.reference_diameter_mm] { fly(at, 2 * d, nullptr, -1); });
    box_->addWidget(go);
  }
  if (found.stenoses.empty()) box_->addWidget(make_label("No narrowing of 25 % or more.", "small_hint", this, true));
  for (const auto& d : found.doubts) box_->addWidget(make_label(text(d), "small_hint", this, true));
  auto* caps = new QComboBox(this);
  caps->setObjectName("caps_" + text(key));
  caps->setToolTip("Another cap as the inlet: the centreline then starts there. Undo takes it back.");
  caps->addItem("Inlet: as it is");
  for (const auto& [value, name] : v.lumen->patch_names)
    if (name.rfind("outlet", 0) == 0) caps->addItem(text(name));
  connect(caps, &QComboBox::activated, this, [this, caps, key](int at) {
    if (at < 1) return;
    const std::string outlet = caps->itemText(at).toStdString();
    workspace_.session().run_model_job("Changing the inlet", "choose inlet", [key, outlet](session::CaseData& d, const core::Progress& p) { return session::choose_inlet(d, key, outlet, p); });
  });
  auto* line = new QHBoxLayout;
  auto* diameters = new QDoubleSpinBox(this);
  diameters->setObjectName("extend_" + text(key));
  diameters->setRange(0.5, 10);
  diameters->setSingleStep(0.5);
  diameters->setValue(5);
  diameters->setSuffix(" diameters");
  auto* extend = make_button("Extend caps", "extend_go_" + text(key), this);
  bool extended = false;
  for (const auto& n : v.notes) extended = extended || n.rfind("Flow extensions", 0) == 0;
  allow(extend, !extended, "Straight pieces at every cap, blended to a circle; they are not anatomy.", "The vessel has flow extensions already. Undo takes them away.");
  connect(extend, &QPushButton::clicked, this, [this, diameters, key] {
    const double n = diameters->value();
    workspace_.session().run_model_job("Adding flow extensions", "flow extensions", [key, n](session::CaseData& d, const core::Progress& p) { return session::extend_vessel(d, key, n, p); });
  });
  line->addWidget(diameters, 1);
  line->addWidget(extend);
  box_->addWidget(caps);
  box_->addLayout(line);
}

void MeshPanel::refresh() {
  outdated_ = false;
  clear_layout(box_);
  const auto data = workspace_.data();
  std::map<std::string, Known> kept;
  for (const auto& entry : session::meshes_of(*data)) {
    add_quality(entry.key, entry.name, entry.mesh);
    kept[entry.key] = known_[entry.key];
  }
  known_ = std::move(kept);
  for (const auto& v : data->vessel_meshes)
    if (v.network && v.lumen) add_vessel(v);
}

}  // namespace ot::gui
