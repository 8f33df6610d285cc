// SPDX-License-Identifier: GPL-3.0-or-later
// Meshes of other tools and second series, brought in with the mouse.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>

#include "app/gui/exchange/mesh_sheet.hpp"
#include "app/gui/import/import_page.hpp"
#include "app/session/exchange.hpp"
#include "imaging/io/dicom_write.hpp"
#include "imaging/io/io.hpp"
#include "tests/gui/window_fixture.hpp"
#include "tests/support/tube_mesh.hpp"

using namespace ot;
using core::Vec3;

namespace {

// A closed box from the origin.
core::SurfaceMesh box(const Vec3& size) {
  core::SurfaceMesh s;
  for (int c = 0; c < 8; ++c) s.points.push_back(size.cwiseProduct(Vec3(c & 1, c >> 1 & 1, c >> 2)));
  s.triangles = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4}, {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
  return s;
}

core::Volume block(const std::array<int, 3>& size, const Vec3& spacing, const Vec3& origin) {
  core::Volume v;
  v.grid.size = size, v.grid.spacing = spacing, v.grid.origin = origin;
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i % 911));
  return v;
}

imaging::DicomSeriesParams series(const std::string& uid, const std::string& frame) {
  imaging::DicomSeriesParams p;
  p.modality = "MR";
  p.study_uid = "1.2.3.1", p.series_uid = uid, p.frame_uid = frame;
  p.slope = 1, p.intercept = 0;
  return p;
}

}  // namespace

TEST_CASE("a mesh dropped on the window asks for its unit when two are possible, recognises it by a name, and lies in the new case in mm") {
  const auto file = test::scratch_folder("gui-mesh") / "thing.stl";
  REQUIRE(imaging::write_surface(box(Vec3(12, 2, 2)), file));   // a coronary in mm or an aorta in cm
  test::Window w;
  w->open_path(file);
  auto* sheet = w->findChild<gui::MeshSheet*>();
  REQUIRE(w.wait([&] { return sheet->isVisible() && !sheet->working(); }));
  CHECK_FALSE(w->findChild<gui::ImportPage*>()->isVisible());
  auto* unit = w->findChild<QComboBox*>("mesh_sheet_unit");
  auto* apply = w->findChild<QPushButton*>("mesh_sheet_apply");
  CHECK(unit->currentData().toString().isEmpty());
  CHECK_FALSE(apply->isEnabled());
  CHECK(apply->toolTip().contains("unit"));
  CHECK(w->findChild<QLabel*>("mesh_sheet_unit_line")->text().contains("Several units are possible"));
  auto* name = w->findChild<QLineEdit*>("mesh_sheet_name");
  name->setFocus();
  name->setText("aorta root");
  emit name->editingFinished();
  REQUIRE(w.wait([&] { return unit->currentData().toString() == "cm" && apply->isEnabled(); }));
  name->setText("aorta root again");   // left by the click itself
  QTest::mouseClick(apply, Qt::LeftButton);
  REQUIRE(w.wait([&] { return !sheet->isVisible() && !w.session().data()->anatomy.empty(); }));
  const auto& made = w.session().data()->anatomy.back();
  CHECK(made.name == "aorta root again");
  double longest = 0;
  for (const auto& p : made.surface->points) longest = std::max(longest, p.cwiseAbs().maxCoeff());
  CHECK(longest == Approx(120).margin(1e-3));
  CHECK(made.surface->volume() == Approx(48000).epsilon(1e-5));
}

TEST_CASE("a file that is no mesh says why in the sheet, and Esc puts it away with the case as it was") {
  const auto file = test::scratch_folder("gui-mesh") / "broken.vtu";
  FILE* f = std::fopen(file.c_str(), "w");
  REQUIRE(f);
  std::fputs("no mesh", f);
  std::fclose(f);
  test::Window w;
  w.session().replace(test::journey_case(), {});
  const auto before = w.session().data();
  w->open_path(file);
  auto* sheet = w->findChild<gui::MeshSheet*>();
  REQUIRE(w.wait([&] { return sheet->isVisible() && !sheet->working(); }));
  CHECK(w->findChild<QLabel*>("mesh_sheet_line")->text().contains("broken.vtu"));
  CHECK_FALSE(w->findChild<QPushButton*>("mesh_sheet_apply")->isEnabled());
  QTest::keyClick(sheet, Qt::Key_Escape);
  CHECK_FALSE(sheet->isVisible());
  CHECK(w.session().data()->twin == before->twin);
}

TEST_CASE("a second series joins the open case from the import page at its place, and one of another frame of reference is refused there") {
  const auto folder = test::scratch_folder("gui-join");
  REQUIRE(imaging::write_dicom_series(block({40, 40, 20}, Vec3(2, 2, 3), Vec3(-40, -40, 0)), folder / "cine", series("1.2.3.11", "1.2.3.100"), {}));
  const auto late = block({30, 30, 12}, Vec3(2.5, 2.5, 4), Vec3(-38, -37, 4));
  REQUIRE(imaging::write_dicom_series(late, folder / "late", series("1.2.3.12", "1.2.3.100"), {}));
  REQUIRE(imaging::write_dicom_series(late, folder / "moved", series("1.2.3.13", "1.2.3.101"), {}));
  test::Window w;
  auto* page = w->findChild<gui::ImportPage*>();
  auto* list = w->findChild<QListWidget*>("import_list");
  auto* start = w->findChild<QPushButton*>("import_start");
  auto* join = w->findChild<QPushButton*>("import_join");
  w->open_path(folder / "cine");
  REQUIRE(w.wait([&] { return page->isVisible() && list->count() == 1 && start->isEnabled(); }));
  CHECK_FALSE(join->isVisible());   // no case is open yet
  QTest::mouseClick(start, Qt::LeftButton);
  REQUIRE(w.wait([&] { return w.session().data()->images.size() == 1 && !page->isVisible(); }));
  const auto first = w.session().data()->images.front().volume;

  w->open_path(folder / "moved");
  REQUIRE(w.wait([&] { return page->isVisible() && list->count() == 1 && join->isVisible() && join->isEnabled(); }));
  QTest::mouseClick(join, Qt::LeftButton);
  auto* problem = w->findChild<QLabel*>("import_problem");
  REQUIRE(w.wait([&] { return problem->isVisible() && problem->text().contains("another frame of reference"); }));
  CHECK(w.session().data()->images.size() == 1);

  w->open_path(folder / "late");
  REQUIRE(w.wait([&] { return page->isVisible() && list->count() == 1 && join->isEnabled(); }));
  QTest::mouseClick(join, Qt::LeftButton);
  REQUIRE(w.wait([&] { return w.session().data()->images.size() == 2 && !page->isVisible(); }));
  const auto& images = w.session().data()->images;
  CHECK(images[0].volume->values == first->values);
  CHECK(images[1].volume->grid.size == late.grid.size);
  CHECK((images[1].volume->grid.to_patient(Vec3(29, 29, 11)) - late.grid.to_patient(Vec3(29, 29, 11))).norm() < 1e-3);
  CHECK(images[1].source.notes.front().find("same frame of reference") != std::string::npos);
}

TEST_CASE("ventricles of another tool come through the sheet with their tetrahedra, regions and named surfaces, and a twin is built on them") {
  const auto file = test::scratch_folder("gui-heart-mesh") / "ventricles.vtu";
  const auto theirs = test::journey_case();
  const auto written = session::export_part(theirs, {"heart-mesh", "", "", "", file, false}, {});
  if (!written) FAIL(written.error().message);
  const auto& mesh = *theirs.twin->heart->baseline.mesh;
  test::Window w;
  w->open_path(file);
  auto* sheet = w->findChild<gui::MeshSheet*>();
  auto* apply = w->findChild<QPushButton*>("mesh_sheet_apply");
  REQUIRE(w.wait([&] { return sheet->isVisible() && !sheet->working(); }));
  CHECK(w->findChild<QComboBox*>("mesh_sheet_as")->currentData().toString() == "heart");
  CHECK(w->findChild<QComboBox*>("mesh_sheet_unit")->currentData().toString() == "mm");   // recognised by the size of ventricles
  CHECK_FALSE(w->findChild<QWidget*>("mesh_sheet_edge")->isEnabled());                    // only a lumen is filled
  REQUIRE(apply->isEnabled());
  QTest::mouseClick(apply, Qt::LeftButton);
  REQUIRE(w.wait([&] { return !sheet->isVisible() && w.session().data()->heart_mesh.has_value(); }, 120000));
  const auto data = w.session().data();
  const auto& taken = *data->heart_mesh->mesh;
  CHECK(taken.tets == mesh.tets);
  double furthest = 0;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) furthest = std::max(furthest, (taken.nodes[n] - mesh.nodes[n]).norm());
  CHECK(furthest < 1e-4);
  for (const char* patch : {"endocardium_lv", "epicardium"}) CHECK(taken.patch_values(patch).size() == mesh.patch_values(patch).size());
  REQUIRE(data->twin);
  REQUIRE(data->twin->heart);
  CHECK(data->twin->heart->baseline.mesh->tets.size() == mesh.tets.size());
}

TEST_CASE("a lumen of another tool is read in the unit that is chosen, filled with tetrahedra of the edge that is asked for, and its inlet and outlet are found") {
  const auto file = test::scratch_folder("gui-lumen") / "tube.vtp";
  auto surface = test::tube(1.5, 40, 4).surface;
  for (auto& p : surface.points) p /= 10;   // written in cm
  REQUIRE(imaging::write_surface(surface, file));
  test::Window w;
  w->open_path(file);
  auto* sheet = w->findChild<gui::MeshSheet*>();
  auto* as = w->findChild<QComboBox*>("mesh_sheet_as");
  auto* unit = w->findChild<QComboBox*>("mesh_sheet_unit");
  auto* apply = w->findChild<QPushButton*>("mesh_sheet_apply");
  REQUIRE(w.wait([&] { return sheet->isVisible() && !sheet->working(); }));
  as->setCurrentIndex(as->findData("vessel"));
  emit as->activated(as->currentIndex());
  auto* edge = w->findChild<QDoubleSpinBox*>("mesh_sheet_edge");
  CHECK(edge->isEnabled());
  edge->setValue(0.8);
  REQUIRE(w.wait([&] { return !w.session().jobs().busy(); }));
  unit->setCurrentIndex(unit->findData("cm"));
  emit unit->activated(unit->currentIndex());
  REQUIRE(apply->isEnabled());
  QTest::mouseClick(apply, Qt::LeftButton);
  auto* line = w->findChild<QLabel*>("mesh_sheet_line");
  const bool made = w.wait([&] { return !sheet->isVisible() && !w.session().data()->vessel_meshes.empty(); }, 120000);
  INFO(line->text().toStdString());
  REQUIRE(made);
  const auto& vessel = w.session().data()->vessel_meshes.front();
  REQUIRE(vessel.lumen);
  REQUIRE(vessel.mesh);
  double longest = 0;
  for (const auto& p : vessel.lumen->points) longest = std::max(longest, p.z());
  CHECK(longest == Approx(40).margin(0.01));
  CHECK(vessel.mesh->patch_values("inlet").size() == 1);
  CHECK(vessel.mesh->patch_values("outlet 1").size() == 1);
  double widest = 0;
  for (const auto& t : vessel.mesh->tets)
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < a; ++b) widest = std::max(widest, (vessel.mesh->nodes[std::size_t(t[std::size_t(a)])] - vessel.mesh->nodes[std::size_t(t[std::size_t(b)])]).norm());
  CHECK(widest < 2 * 0.8);   // the edge asked for is the usual one; slivers of twice it would be a fault
}
