// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/drawn_surface.hpp"

#include <vtkActor.h>
#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkGenericCell.h>
#include <vtkLookupTable.h>
#include <vtkNew.h>
#include <vtkPlane.h>
#include <vtkPlaneCollection.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkQuadricClustering.h>
#include <vtkStaticCellLocator.h>
#include <vtkTypeInt32Array.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"

namespace ot::viewer {
using core::Vec3;

namespace {

// Surfaces above this many triangles get a coarse stand-in while the view turns (software OpenGL).
constexpr std::size_t proxy_from = 20000;

// From 350 to 10 degrees lies no turn: on a wheel the colours are interpolated, not the numbers.
bool interpolates_values(const FieldStyle& style) { return style.palette != Palette::phase; }

void fill_table(vtkLookupTable* table, const FieldStyle& style) {
  const auto bands = bands_of(style);
  // VTK samples the table at its ends, so bands are made of many equal entries: their edges are then off by < 1/2000 of the range.
  const int per_band = std::max(1, 2048 / int(bands.size()));
  const int n = per_band * int(bands.size());
  table->SetNumberOfTableValues(n);
  table->SetTableRange(bands.front().lo, bands.back().hi);
  for (int i = 0; i < n; ++i) {
    core::Color c = bands[std::size_t(i / per_band)].color;
    if (style.step <= 0) c = color_at(style.palette, style.palette == Palette::ffr
                                          ? (style.lo + (style.hi - style.lo) * i / (n - 1) - 0.5) / 0.5 : double(i) / (n - 1), style.vision);
    table->SetTableValue(i, c[0] / 255.0, c[1] / 255.0, c[2] / 255.0, 1.0);
  }
  table->SetNanColor(no_value_color[0] / 255.0, no_value_color[1] / 255.0, no_value_color[2] / 255.0, 1.0);
  table->Modified();
}

void clip_mapper(vtkMapper* mapper, const std::optional<HalfSpace>& keep) {
  mapper->RemoveAllClippingPlanes();
  if (!keep) return;
  vtkNew<vtkPlane> plane;
  plane->SetOrigin(keep->origin.x(), keep->origin.y(), keep->origin.z());
  plane->SetNormal(keep->normal.x(), keep->normal.y(), keep->normal.z());
  mapper->AddClippingPlane(plane);
}

vtkSmartPointer<vtkPoints> to_points(const std::vector<Vec3>& from) {
  auto points = vtkSmartPointer<vtkPoints>::New();
  points->SetDataTypeToFloat();
  points->SetNumberOfPoints(vtkIdType(from.size()));
  for (std::size_t i = 0; i < from.size(); ++i) points->SetPoint(vtkIdType(i), from[i].x(), from[i].y(), from[i].z());
  return points;
}

vtkSmartPointer<vtkCellArray> to_cells(const core::Index* nodes, std::size_t cells, int per_cell) {
  vtkNew<vtkTypeInt32Array> offsets, connectivity;
  offsets->SetNumberOfValues(vtkIdType(cells + 1));
  for (std::size_t i = 0; i <= cells; ++i) offsets->SetValue(vtkIdType(i), int(i) * per_cell);
  connectivity->SetNumberOfValues(vtkIdType(cells) * per_cell);
  if (cells > 0) std::copy_n(nodes, cells * std::size_t(per_cell), connectivity->GetPointer(0));
  auto out = vtkSmartPointer<vtkCellArray>::New();
  out->SetData(offsets, connectivity);
  return out;
}

}  // namespace

struct DrawnSurface::Impl {
  DrawSurface surface;
  FieldStyle style;
  vtkNew<vtkPolyData> data;
  vtkNew<vtkPolyDataMapper> mapper;
  vtkNew<vtkActor> actor;
  vtkNew<vtkLookupTable> table;
  vtkSmartPointer<vtkFloatArray> scalars;
  vtkSmartPointer<vtkPolyData> proxy;
  mutable vtkSmartPointer<vtkStaticCellLocator> locator;
};

DrawnSurface::DrawnSurface() : impl_(std::make_unique<Impl>()) {
  impl_->mapper->SetInputData(impl_->data);
  impl_->mapper->SetLookupTable(impl_->table);
  impl_->mapper->UseLookupTableScalarRangeOn();
  impl_->mapper->InterpolateScalarsBeforeMappingOn();
  impl_->mapper->ScalarVisibilityOff();
  impl_->actor->SetMapper(impl_->mapper);
  impl_->actor->GetProperty()->SetInterpolationToPhong();
  set_material({});
}
DrawnSurface::~DrawnSurface() = default;

void DrawnSurface::set_geometry(DrawSurface surface) {
  OT_EXPECT(surface.normals.size() == surface.points.size());
  Impl& s = *impl_;
  s.surface = std::move(surface);
  s.data->Initialize();
  s.data->SetPoints(to_points(s.surface.points));
  s.data->SetPolys(to_cells(s.surface.triangles.empty() ? nullptr : s.surface.triangles[0].data(), s.surface.triangles.size(), 3));
  vtkNew<vtkFloatArray> normals;
  normals->SetName("normal");
  normals->SetNumberOfComponents(3);
  normals->SetNumberOfTuples(vtkIdType(s.surface.normals.size()));
  for (std::size_t i = 0; i < s.surface.normals.size(); ++i) {
    const Vec3& n = s.surface.normals[i];
    normals->SetTuple3(vtkIdType(i), n.x(), n.y(), n.z());
  }
  s.data->GetPointData()->SetNormals(normals);
  s.scalars = nullptr;
  s.mapper->ScalarVisibilityOff();
  s.locator = nullptr;
  s.proxy = nullptr;
  s.mapper->SetInputData(s.data);
}
const DrawSurface& DrawnSurface::geometry() const { return impl_->surface; }

void DrawnSurface::set_values(std::span<const float> values, const FieldStyle& style) {
  Impl& s = *impl_;
  s.mapper->SetInterpolateScalarsBeforeMapping(interpolates_values(style));
  OT_EXPECT(values.size() == s.surface.points.size());
  if (!s.scalars) {
    s.scalars = vtkSmartPointer<vtkFloatArray>::New();
    s.scalars->SetName("value");
    s.scalars->SetNumberOfValues(vtkIdType(values.size()));
    s.data->GetPointData()->SetScalars(s.scalars);
    fill_table(s.table, style);
  } else if (!(bands_of(style).size() == bands_of(s.style).size() && style.palette == s.style.palette && style.lo == s.style.lo &&
               style.hi == s.style.hi && style.step == s.style.step && style.vision == s.style.vision)) {
    fill_table(s.table, style);
  }
  s.style = style;
  std::copy(values.begin(), values.end(), s.scalars->GetPointer(0));
  s.scalars->Modified();
  s.data->Modified();
  s.mapper->ScalarVisibilityOn();
}
void DrawnSurface::set_style(const FieldStyle& style) {
  impl_->style = style;
  impl_->mapper->SetInterpolateScalarsBeforeMapping(interpolates_values(style));
  fill_table(impl_->table, style);
}
void DrawnSurface::clear_values() {
  impl_->scalars = nullptr;
  impl_->data->GetPointData()->SetScalars(nullptr);
  impl_->mapper->ScalarVisibilityOff();
}
bool DrawnSurface::has_values() const { return impl_->scalars != nullptr; }
std::span<const float> DrawnSurface::values() const {
  if (!impl_->scalars) return {};
  return {impl_->scalars->GetPointer(0), std::size_t(impl_->scalars->GetNumberOfValues())};
}
const FieldStyle& DrawnSurface::style() const { return impl_->style; }

void DrawnSurface::set_color(core::Color c) { impl_->actor->GetProperty()->SetColor(c[0] / 255.0, c[1] / 255.0, c[2] / 255.0); }
void DrawnSurface::set_opacity(double opacity) {
  impl_->actor->GetProperty()->SetOpacity(std::clamp(opacity, 0.0, 1.0));
  // Only the near walls of translucent neighbours: half the blending, and no inner clutter.
  impl_->actor->GetProperty()->SetBackfaceCulling(opacity < 1.0);
}
double DrawnSurface::opacity() const { return impl_->actor->GetProperty()->GetOpacity(); }
void DrawnSurface::set_visible(bool visible) { impl_->actor->SetVisibility(visible); }
bool DrawnSurface::visible() const { return impl_->actor->GetVisibility() != 0; }
void DrawnSurface::set_material(const Material& m) {
  vtkProperty* p = impl_->actor->GetProperty();
  p->SetAmbient(m.ambient);
  p->SetDiffuse(m.diffuse);
  p->SetSpecular(m.specular);
  p->SetSpecularPower(m.power);
}
void DrawnSurface::set_clip(const std::optional<HalfSpace>& keep) { clip_mapper(impl_->mapper, keep); }

void DrawnSurface::use_proxy(bool on) {
  Impl& s = *impl_;
  if (s.surface.triangles.size() < proxy_from || has_values()) on = false;
  if (on && !s.proxy) {
    vtkNew<vtkQuadricClustering> coarse;
    coarse->SetInputData(s.data);
    coarse->SetNumberOfDivisions(64, 64, 64);
    coarse->AutoAdjustNumberOfDivisionsOff();
    coarse->Update();
    s.proxy = coarse->GetOutput();
    DrawSurface g;
    for (vtkIdType i = 0; i < s.proxy->GetNumberOfPoints(); ++i) g.points.emplace_back(s.proxy->GetPoint(i));
    vtkNew<vtkIdList> ids;
    for (vtkIdType c = 0; c < s.proxy->GetNumberOfPolys(); ++c) {
      s.proxy->GetPolys()->GetCellAtId(c, ids);
      g.triangles.push_back({core::Index(ids->GetId(0)), core::Index(ids->GetId(1)), core::Index(ids->GetId(2))});
    }
    const auto n = smooth_normals(g.points, g.triangles, 2);
    vtkNew<vtkFloatArray> normals;
    normals->SetNumberOfComponents(3);
    for (const Vec3& v : n) normals->InsertNextTuple3(v.x(), v.y(), v.z());
    s.proxy->GetPointData()->Initialize();
    s.proxy->GetPointData()->SetNormals(normals);
  }
  vtkPolyData* wanted = on ? s.proxy.Get() : static_cast<vtkPolyData*>(s.data.Get());
  if (s.mapper->GetInput() != wanted) s.mapper->SetInputData(wanted);
}

std::optional<DrawnSurface::Hit> DrawnSurface::hit(const Vec3& from, const Vec3& to) const {
  const Impl& s = *impl_;
  if (s.surface.triangles.empty()) return std::nullopt;
  if (!s.locator) {
    s.locator = vtkSmartPointer<vtkStaticCellLocator>::New();
    s.locator->SetDataSet(s.data);
    s.locator->BuildLocator();
  }
  double t = 0, x[3], pcoords[3];
  int sub = 0;
  vtkIdType cell = -1;
  vtkNew<vtkGenericCell> scratch;
  if (!s.locator->IntersectWithLine(from.data(), to.data(), 1e-6, t, x, pcoords, sub, cell, scratch) || cell < 0) return std::nullopt;
  const auto& tri = s.surface.triangles[std::size_t(cell)];
  const Vec3 a = s.surface.points[tri[0]], e1 = s.surface.points[tri[1]] - a, e2 = s.surface.points[tri[2]] - a, p = Vec3(x) - a;
  const double d11 = e1.dot(e1), d12 = e1.dot(e2), d22 = e2.dot(e2), p1 = p.dot(e1), p2 = p.dot(e2);
  const double det = d11 * d22 - d12 * d12;
  const double v = det > 0 ? (d22 * p1 - d12 * p2) / det : 0, w = det > 0 ? (d11 * p2 - d12 * p1) / det : 0;
  return Hit{core::Index(cell), Vec3(x), {1 - v - w, v, w}, (Vec3(x) - from).norm()};
}
vtkProp* DrawnSurface::prop() const { return impl_->actor; }

struct DrawnLines::Impl {
  vtkNew<vtkPolyData> data;
  vtkNew<vtkPolyDataMapper> mapper;
  vtkNew<vtkActor> actor;
  std::size_t segments = 0;
};
DrawnLines::DrawnLines() : impl_(std::make_unique<Impl>()) {
  impl_->mapper->SetInputData(impl_->data);
  impl_->mapper->ScalarVisibilityOff();
  impl_->actor->SetMapper(impl_->mapper);
  impl_->actor->GetProperty()->LightingOff();
  impl_->actor->PickableOff();
}
DrawnLines::~DrawnLines() = default;
void DrawnLines::set_segments(const std::vector<Vec3>& pairs) {
  OT_EXPECT(pairs.size() % 2 == 0);
  impl_->segments = pairs.size() / 2;
  std::vector<core::Index> nodes(pairs.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = core::Index(i);
  impl_->data->Initialize();
  impl_->data->SetPoints(to_points(pairs));
  impl_->data->SetLines(to_cells(nodes.data(), impl_->segments, 2));
}
std::size_t DrawnLines::segments() const { return impl_->segments; }
void DrawnLines::set_look(core::Color c, double width_px) {
  impl_->actor->GetProperty()->SetColor(c[0] / 255.0, c[1] / 255.0, c[2] / 255.0);
  impl_->actor->GetProperty()->SetLineWidth(float(width_px));
}
void DrawnLines::set_over(bool over) {
  impl_->mapper->SetResolveCoincidentTopologyToPolygonOffset();
  impl_->mapper->SetRelativeCoincidentTopologyLineOffsetParameters(0.0, over ? -66000.0 : 0.0);   // in units of the depth buffer: all the way to the front
}
void DrawnLines::set_visible(bool visible) { impl_->actor->SetVisibility(visible); }
void DrawnLines::set_clip(const std::optional<HalfSpace>& keep) { clip_mapper(impl_->mapper, keep); }
vtkProp* DrawnLines::prop() const { return impl_->actor; }

}  // namespace ot::viewer
