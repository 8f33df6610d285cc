// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/mesh/mesh_panel.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <utility>

#include "app/gui/number_box.hpp"
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

void MeshPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  if (!std::exchange(marked_, false)) return;
  for (auto* view : window()->findChildren<viewer::View3D*>()) view->scene().set_highlight(std::nullopt);
}

void MeshPanel::fly(const core::Vec3& point, double radius_mm, const core::TetMesh* mesh, core::Index tet) {
  workspace_.set_crosshair(point);
  for (auto* view : window()->findChildren<viewer::View3D*>()) {
    if (!view->isVisible()) continue;
    viewer::Scene3D::Highlight mark;
    mark.center = point;
    mark.radius = 0.35 * radius_mm;
    mark.through = true;
    if (mesh) {
      for (core::Index n : mesh->tets[std::size_t(tet)]) mark.points.push_back(mesh->nodes[std::size_t(n)]);
      mark.triangles = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};
      mark.center.reset();
    }
    view->scene().set_highlight(mark);
    view->scene().fly_to(point, radius_mm);
    marked_ = true;
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

void MeshPanel::show_patch(const core::TetMesh& mesh, int patch) {
  viewer::Scene3D::Highlight mark;
  std::map<core::Index, int> point;
  core::Vec3 low = core::Vec3::Constant(1e300), high = -low;
  for (const auto& f : mesh.boundary) {
    if (f.patch != patch) continue;
    std::array<int, 3> triangle{};
    for (std::size_t c = 0; c < 3; ++c) {
      const auto [at, fresh] = point.try_emplace(f.nodes[c], int(mark.points.size()));
      if (fresh) {
        mark.points.push_back(mesh.nodes[std::size_t(f.nodes[c])]);
        low = low.cwiseMin(mark.points.back()), high = high.cwiseMax(mark.points.back());
      }
      triangle[c] = at->second;
    }
    mark.triangles.push_back({triangle[0], triangle[1], triangle[2]});
  }
  if (mark.points.empty()) return;
  mark.through = true;
  for (auto* view : window()->findChildren<viewer::View3D*>()) {
    if (!view->isVisible()) continue;
    view->scene().set_highlight(mark);
    view->scene().fly_to(0.5 * (low + high), std::max(20.0, 0.25 * (high - low).norm()));   // fly_to shows three radii to each side
    marked_ = true;
  }
}

void MeshPanel::add_patches(const std::string& key, const std::shared_ptr<const core::TetMesh>& mesh) {
  box_->addWidget(make_label("Surface patches", "caption", this));
  std::map<int, int> faces;
  for (const auto& f : mesh->boundary) ++faces[f.patch];
  auto* patches = new QComboBox(this);
  auto* into = new QComboBox(this);
  patches->setObjectName("patches_" + text(key));
  patches->setToolTip("The named parts of the surface. Choosing one marks it in the 3D view.");
  into->setObjectName("patch_into_" + text(key));
  into->setToolTip("All faces of the patch above join the one chosen here. Undo takes it back.");
  into->addItem("Join into …");
  for (const auto& [value, name] : mesh->patch_names) {
    patches->addItem(QStringLiteral("%1: %2 faces").arg(text(name)).arg(faces[value]), QStringList{text(name), QString::number(value)});
    into->addItem(text(name));
  }
  auto* name = new QLineEdit(this);
  name->setObjectName("patch_name_" + text(key));
  name->setPlaceholderText("name");
  name->setToolTip("Name for Rename, or of the patch that is painted");
  const auto chosen = [patches] { return patches->currentData().toStringList().value(0); };
  const auto taken = [name, chosen] { name->setText(chosen()); };
  taken();
  connect(patches, &QComboBox::activated, this, [this, patches, taken, mesh](int) {
    taken();
    show_patch(*mesh, patches->currentData().toStringList().value(1).toInt());
  });
  connect(into, &QComboBox::activated, this, [this, into, chosen, key](int at) {
    if (at < 1) return;
    const std::string from = chosen().toStdString(), target = into->itemText(at).toStdString();
    if (from == target) return into->setCurrentIndex(0);
    workspace_.session().run_model_job("Joining patches", "join patches", [key, from, target](session::CaseData& d, const core::Progress&) { return session::merge_patch(d, key, from, target); });
  });
  auto* rename = make_button("Rename", "patch_rename_" + text(key), this);
  connect(rename, &QPushButton::clicked, this, [this, name, chosen, key] {
    const std::string from = chosen().toStdString(), to = name->text().trimmed().toStdString();
    if (to.empty() || to == from) return;
    workspace_.session().run_model_job("Renaming a patch", "rename patch", [key, from, to](session::CaseData& d, const core::Progress&) { return session::rename_patch(d, key, from, to); });
  });
  auto* radius = new NumberBox(this);
  radius->setObjectName("patch_radius_" + text(key));
  radius->setRange(1, 200);
  radius->setValue(8);
  radius->setSuffix(" mm");
  auto* paint = make_button("Paint", "patch_paint_" + text(key), this);
  paint->setToolTip("The faces within this distance of the crosshair become the patch named above, new or known. Undo takes it back.");
  connect(paint, &QPushButton::clicked, this, [this, name, radius, key] {
    const std::string to = name->text().trimmed().toStdString();
    const core::Vec3 at = workspace_.crosshair();
    const double mm = radius->value();
    workspace_.session().run_model_job("Painting a patch", "paint patch", [key, to, at, mm](session::CaseData& d, const core::Progress&) { return session::paint_patch(d, key, to, at, mm); });
  });
  auto* first = new QHBoxLayout;
  first->addWidget(name, 1);
  first->addWidget(rename);
  auto* second = new QHBoxLayout;
  second->addWidget(make_label("At the crosshair", "small_hint", this), 1);
  second->addWidget(radius);
  second->addWidget(paint);
  box_->addWidget(patches);
  box_->addLayout(first);
  box_->addLayout(second);
  box_->addWidget(into);
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
  auto* diameters = new NumberBox(this);
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
    const bool vessel = std::any_of(data->vessel_meshes.begin(), data->vessel_meshes.end(), [&](const auto& v) { return v.key == entry.key; });
    if (!vessel && !entry.mesh->patch_names.empty()) add_patches(entry.key, entry.mesh);
    kept[entry.key] = known_[entry.key];
  }
  known_ = std::move(kept);
  for (const auto& v : data->vessel_meshes)
    if (v.network && v.lumen) add_vessel(v);
}

}  // namespace ot::gui
