// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/seeds.hpp"

#include <map>

#include "imaging/exchange/labels_out.hpp"
#include "imaging/exchange/mesh_file.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::test {
namespace fs = std::filesystem;
namespace {

core::LabelMap labels() {
  core::LabelMap m;
  m.grid.size = {9, 8, 7};
  m.grid.origin = core::Vec3(-20.5, 3.25, 11);
  m.labels = core::labels::heart();
  for (std::size_t i = 0; i < m.grid.voxels(); ++i) m.values.push_back(std::uint8_t(i % 5 == 0 ? 1 : i % 7 == 0 ? 2 : i % 11 == 0 ? 77 : 0));
  return m;
}

core::SurfaceMesh surface() {
  core::SurfaceMesh s;
  s.points = {{0, 0, 0}, {1.25, 0, 0}, {0, 2.5, 0}, {0, 0, 3.125}};
  s.triangles = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}};
  s.patch = {1, 1, 2, 2};
  s.patch_names = {{1, "wall"}, {2, "inlet"}};
  return s;
}

core::TetMesh tets() {
  core::TetMesh m = core::make_box(core::Vec3(2, 2, 1), 1, core::BoxSplit::kuhn);
  m.region.assign(m.tets.size(), 2);
  m.region_names = {{2, "lv_myocardium"}};
  m.boundary = core::find_boundary(m.tets);
  for (auto& f : m.boundary) f.patch = 1;
  m.patch_names = {{1, "epicardium"}};
  return m;
}

std::string text_of(const fs::path& path) {
  auto text = core::read_file(path);
  return text ? *text : std::string();
}

}  // namespace

std::vector<std::string> seeds_for(const std::string& reader, const fs::path& dir) {
  std::vector<std::string> out;
  static const std::map<std::string, std::string> volumes{{"nifti", "v.nii"}, {"nifti_gz", "v.nii.gz"}, {"nrrd", "v.nrrd"}, {"mha", "v.mha"}};
  if (const auto v = volumes.find(reader); v != volumes.end()) {
    core::Volume volume;
    volume.grid = labels().grid;
    for (std::size_t i = 0; i < volume.grid.voxels(); ++i) volume.values.push_back(float(i % 211));
    if (imaging::write_volume(volume, dir / v->second)) out.push_back(text_of(dir / v->second));
  }
  if (reader == "dicom_seg" && imaging::export_labels(labels(), dir / "s.dcm", {}, {})) out.push_back(text_of(dir / "s.dcm"));
  if (reader == "label_nrrd" && imaging::export_labels(labels(), dir / "l.nrrd", {}, {})) out.push_back(text_of(dir / "l.nrrd"));
  for (const char* kind : {"stl", "ply", "obj", "vtp"})
    if (reader == kind) {
      const fs::path path = dir / (std::string("m.") + kind);
      if (imaging::write_surface(surface(), path)) out.push_back(text_of(path));
    }
  if (reader == "stl")
    out.push_back("solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n");
  if (reader == "ply")
    out.push_back("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n");
  if (reader == "vtk")
    out.push_back("# vtk DataFile Version 3.0\ns\nASCII\nDATASET POLYDATA\nPOINTS 4 float\n0 0 0 1 0 0 0 1 0 0 0 1\nPOLYGONS 2 8\n3 0 1 2\n3 0 1 3\nCELL_DATA 2\nSCALARS a int 1\nLOOKUP_TABLE default\n1 2\n");
  if (reader == "vtp")
    out.push_back("<VTKFile type=\"PolyData\" version=\"0.1\" byte_order=\"LittleEndian\"><PolyData><Piece NumberOfPoints=\"3\" NumberOfPolys=\"1\"><Points><DataArray type=\"Float32\" NumberOfComponents=\"3\" format=\"ascii\">0 0 0 1 0 0 0 1 "
                  "0</DataArray></Points><Polys><DataArray type=\"Int64\" Name=\"connectivity\" format=\"ascii\">0 1 2</DataArray><DataArray type=\"Int64\" Name=\"offsets\" format=\"ascii\">3</DataArray></Polys></Piece></PolyData></VTKFile>");
  if (reader == "vtu") {
    if (imaging::write_tet_mesh(tets(), dir / "m.vtu")) out.push_back(text_of(dir / "m.vtu"));
    out.push_back("<VTKFile type=\"UnstructuredGrid\" version=\"0.1\" byte_order=\"LittleEndian\"><UnstructuredGrid><Piece NumberOfPoints=\"4\" NumberOfCells=\"1\"><Points><DataArray type=\"Float32\" NumberOfComponents=\"3\" format=\"ascii\">0 0 0 1 0 0 0 1 "
                  "0 0 0 1</DataArray></Points><Cells><DataArray type=\"Int64\" Name=\"connectivity\" format=\"ascii\">0 1 2 3</DataArray><DataArray type=\"Int64\" Name=\"offsets\" format=\"ascii\">4</DataArray><DataArray type=\"UInt8\" Name=\"types\" "
                  "format=\"ascii\">10</DataArray></Cells></Piece></UnstructuredGrid></VTKFile>");
  }
  if (reader == "opencarp") {
    imaging::MeshExport options;
    const auto mesh = tets();
    options.fibre.assign(mesh.tets.size(), core::Vec3(1, 0, 0));
    if (imaging::export_tets(mesh, dir / "c.elem", options, {})) out.push_back(text_of(dir / "c.pts") + "\f" + text_of(dir / "c.elem") + "\f" + text_of(dir / "c.lon"));
    out.push_back("0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n1 0 1\n1 1 1\n0 1 1\n.5 .5 2\n\fHx 0 1 2 3 4 7 6 5 1\nPr 0 1 2 4 5 6 2\nPy 4 5 6 7 8 1\nQd 0 1 2 3 1\nLn 0 1 1\n\f1 0 0 0 1 0\n1 0 0 0 1 0\n1 0 0 0 1 0\n1 0 0 0 1 0\n1 0 0 0 1 0\n");
  }
  if (reader == "gmsh")
    for (const auto version : {imaging::GmshVersion::v22, imaging::GmshVersion::v41}) {
      imaging::MeshExport options;
      options.gmsh = version;
      if (imaging::export_tets(tets(), dir / "m.msh", options, {})) out.push_back(text_of(dir / "m.msh"));
    }
  if (reader == "label_scheme") {
    out.push_back("# table\n0 background 0 0 0 0\n1 LV 255 0 0 255\n2 Left_Atrium 0 255 0 255\n");
    out.push_back("    1   255    0    0        1  1  1    \"LV\"\n    2     0  255    0        1  1  1    \"Left Atrium\"\n");
    out.push_back("{\"key\": \"k\", \"labels\": [{\"value\": 1, \"key\": \"lv_blood_pool\", \"name\": \"LV\", \"color\": [1, 2, 3]}]}");
    out.push_back("{\"labels\": {\"background\": 0, \"LV\": 1}, \"x\": {\"1\": \"a\"}}");
  }
  if (reader == "wfdb" || reader == "ecg_csv") {
    ep::Ecg e;
    e.leads = {"I", "II", "V1"};
    e.mV.resize(3);
    for (int i = 0; i < 600; ++i) {
      e.t_ms.push_back(4.0 * i);
      for (int l = 0; l < 3; ++l) e.mV[std::size_t(l)].push_back((i % 200) > 90 && (i % 200) < 110 ? 0.8 + 0.1 * l : 0.02 * (i % 7));
    }
    const auto file = ep::encode_wfdb("r", e);
    out.push_back(reader == "wfdb" ? file.header + "\f" + file.data : ep::ecg_csv(e));
  }
  if (reader == "wfdb") out.push_back("r 2 250 40\nr.dat 212 200(0)/mV 11 0 0 0 0 I\nr.dat 212 200 11 0 0 0 0 II\n\f" + std::string(120, '\x35'));
  if (reader == "ecg_csv") out.push_back("t (s);I (uV);II (uV)\n0,000;1,5;2\n0,002;3;4\n");
  if (reader == "lon") {
    out.push_back("2\n1 0 0 0 1 0\n0 1 0 1 0 0\n");
    out.push_back("1 0 0\n0 1 0\n");
  }
  if (reader == "ea_map") {
    out.push_back("name,x_mm,y_mm,z_mm,lat_ms,unipolar_mV,bipolar_mV\nA,0,0,0,1,2,3\nB,30,0,0,4,5,\nC,0,30,0,7,8,9\n");
    out.push_back("VERSION_6_0 1-LV\nP\t0\t1\t1\t10.5\t-20\t30\t0\t0\t1\t5.5\t1.25\t-12\t0\t0\t0\t0\tA\nP\t0\t2\t1\t40.5\t-10\t35\t0\t0\t1\t6.5\t0.4\t-10000\t0\nP\t0\t3\t1\t1\t-10\t35\t0\t0\t1\t6.5\t0.4\t1\t0\n");
    out.push_back("#TriangulatedMeshVersion2.0\n[GeneralAttributes]\nNumVertex = 3\n\n[VerticesSection]\n; X Y Z\n0 = 0 0 0 0 0 1 0\n1 = 30 0 0 0 0 1 0\n2 = 0 30 0 0 0 1 0\n[TrianglesSection]\n0 = 0 1 2 0 0 1 0\n[VerticesColorsSection]\n; Unipolar Bipolar LAT\n0 = 4 0.3 -20\n1 = 5 -10000 10\n2 = 6 2 3\n");
    out.push_back("Begin data\npt number:,1,2,3\nroving x:,1.5,20,3\nroving y:,0,2,30\nroving z:,9,8,7\nref LAT:,0.1,0.1,0.1\nrov LAT:,0.12,0.09,0.1\npeak2peak:,0.5,1,2\nutilized:,1,1,0\n");
  }
  return out;
}

}  // namespace ot::test
