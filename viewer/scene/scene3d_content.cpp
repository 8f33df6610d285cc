// SPDX-License-Identifier: GPL-3.0-or-later
// Scene3D: what is shown.
#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"
#include "viewer/scene/scene3d_impl.hpp"

namespace ot::viewer {
using core::Vec3;

namespace {

constexpr core::Color tissue_plain{196, 124, 116}, lesion_color{232, 230, 226}, accent{0x4c, 0xc2, 0xff}, pace_color{0xff, 0xd0, 0x3a},
    stent_color{206, 214, 222}, centre_color{0x9a, 0xa7, 0xb4}, line_color{22, 26, 34};
// Field colours must read true: more ambient, less shading than plain anatomy.
constexpr Material field_material{0.30, 0.72, 0.16, 26}, plain_material{0.16, 0.84, 0.22, 24}, metal{0.25, 0.75, 0.8, 40},
    pearl{0.28, 0.74, 0.55, 34};
// Isolines float this far (mm) above the wall, so that they are not cut by it.
constexpr double line_lift_mm = 0.22;

core::Color neighbour(core::Color c, double opacity) {
  if (opacity >= 1) return c;
  const double grey = 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2];  // Rec. 601 luma
  for (auto& channel : c) channel = std::uint8_t(std::lround(0.68 * channel + 0.32 * grey));
  return c;
}

}  // namespace

const std::string& MarkGroup::owner(core::Index triangle) const {
  OT_EXPECT(!from_triangle.empty());
  auto next = std::upper_bound(from_triangle.begin(), from_triangle.end(), triangle,
                               [](core::Index t, const auto& entry) { return t < entry.first; });
  return std::prev(next)->second;
}

Scene3D::Impl::Impl() {
  tissue_drawn.set_color(tissue_plain);
  tissue_drawn.set_material(plain_material);
  tissue_lines.set_look(line_color, 1.0);
  for (MarkGroup* g : mark_groups()) g->drawn.set_material(pearl);
  lesions_plain.drawn.set_color(lesion_color);
  lesions_selected.drawn.set_color(accent);
  pacing_plain.drawn.set_color(pace_color);
  pacing_selected.drawn.set_color(accent);
  stents_plain.drawn.set_color(stent_color);
  stents_selected.drawn.set_color(accent);
  stents_plain.drawn.set_material(metal);
  stents_selected.drawn.set_material(metal);
  preview.set_color(accent);
  preview.set_opacity(0.55);
  preview.set_visible(false);
  centrelines.set_color(centre_color);
  crosshair.set_look(accent, 1.0);
  crosshair.set_visible(false);
  measures.set_look({0xf2, 0xb8, 0x4b}, 2.0);
  highlight_lines.set_look({0xff, 0x6b, 0x5e}, 2.0);
  highlight.set_visible(false);
  for (vtkProp* p : {measures.prop(), highlight.prop(), highlight_lines.prop(), volume.prop()}) stage.add(p);
  for (vtkProp* p : {tissue_drawn.prop(), tissue_lines.prop(), preview.prop(), centrelines.prop(), crosshair.prop()}) stage.add(p);
  for (MarkGroup* g : mark_groups()) stage.add(g->drawn.prop());
}

Scene3D::Impl::~Impl() {
  if (link) std::erase(link->members, this);
}

void Scene3D::Impl::update_lines(DrawnSurface& surface, DrawnLines& lines, const FieldStyle& style) {
  const auto levels = isoline_levels(style);
  if (levels.empty() || !surface.has_values()) {
    if (lines.segments() > 0) lines.set_segments({});
    return;
  }
  DrawSurface lifted;
  lifted.points = surface.geometry().points;
  lifted.triangles = surface.geometry().triangles;
  for (std::size_t i = 0; i < lifted.points.size(); ++i) lifted.points[i] += line_lift_mm * surface.geometry().normals[i];
  lines.set_segments(isoline_points(lifted, surface.values(), levels));
}

void Scene3D::Impl::update_bars() {
  std::vector<FieldStyle> styles;
  if (tissue && tissue_visible && tissue_drawn.has_values()) styles.push_back(tissue_drawn.style());
  for (const auto& [key, v] : vessels) {
    if (!v->drawn.visible() || !v->drawn.has_values()) continue;
    const FieldStyle& s = v->drawn.style();
    const bool known = std::any_of(styles.begin(), styles.end(), [&](const FieldStyle& o) {
      return o.title == s.title && o.lo == s.lo && o.hi == s.hi && o.unit == s.unit;
    });
    if (!known) styles.push_back(s);
  }
  stage.set_bars(std::move(styles));
  layout_dirty = true;
}

void Scene3D::Impl::apply_clip() {
  tissue_drawn.set_clip(clip);
  tissue_lines.set_clip(clip);
  for (auto& a : anatomy) a.drawn->set_clip(clip);
  for (MarkGroup* g : mark_groups()) g->drawn.set_clip(clip);
  for (auto& [key, v] : vessels) v->drawn.set_clip(clip), v->lines.set_clip(clip);
}

long Scene3D::Impl::triangles() const {
  std::size_t n = tissue ? tissue_drawn.geometry().triangles.size() : 0;
  for (const auto& a : anatomy) n += a.drawn->geometry().triangles.size();
  for (const auto& [key, v] : vessels) n += v->drawn.geometry().triangles.size();
  return long(n);
}

void Scene3D::set_anatomy(std::vector<AnatomyItem> items) {
  Impl& s = *impl_;
  std::vector<Impl::Anatomy> next;
  const auto kept = [&](const AnatomyItem& item) {
    return std::find_if(s.anatomy.begin(), s.anatomy.end(), [&](const Impl::Anatomy& o) {
      return o.drawn && o.item.key == item.key && o.item.surface == item.surface;
    });
  };
  // Normals are the slow part of a new surface: all new ones side by side.
  std::vector<DrawSurface> fresh(items.size());
  std::vector<char> is_new(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) is_new[i] = items[i].surface && kept(items[i]) == s.anatomy.end();
  core::parallel_chunks(std::ptrdiff_t(items.size()), 1, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (std::ptrdiff_t i = begin; i < end; ++i)
      if (is_new[std::size_t(i)]) fresh[std::size_t(i)] = surface_of(*items[std::size_t(i)].surface);
  });
  std::size_t at = 0;
  for (auto& item : items) {
    const std::size_t number = at++;
    Impl::Anatomy a;
    const auto old = kept(item);
    if (old != s.anatomy.end()) {
      a.drawn = std::move(old->drawn);
    } else {
      a.drawn = std::make_unique<DrawnSurface>();
      if (item.surface) a.drawn->set_geometry(is_new[number] ? std::move(fresh[number]) : surface_of(*item.surface));
      a.drawn->set_material(plain_material);
      s.stage.add(a.drawn->prop());
    }
    a.drawn->set_color(neighbour(item.color, item.opacity));
    a.drawn->set_opacity(item.opacity);
    a.drawn->set_visible(item.visible && item.surface);
    a.item = std::move(item);
    next.push_back(std::move(a));
  }
  for (auto& old : s.anatomy) {
    if (old.drawn) s.stage.remove(old.drawn->prop());
  }
  // Kept surfaces were removed above only if nobody took them; taken ones are still on the stage.
  s.anatomy = std::move(next);
  s.apply_clip();
  s.changed();
}
void Scene3D::set_anatomy_visible(const std::string& key, bool visible) {
  for (auto& a : impl_->anatomy) {
    if (a.item.key == key) a.item.visible = visible, a.drawn->set_visible(visible && a.item.surface);
  }
  impl_->changed();
}
void Scene3D::set_anatomy_opacity(const std::string& key, double opacity) {
  for (auto& a : impl_->anatomy) {
    if (a.item.key != key) continue;
    a.item.opacity = opacity;
    a.drawn->set_opacity(opacity);
    a.drawn->set_color(neighbour(a.item.color, opacity));
  }
  impl_->changed();
}

void Scene3D::set_tissue(std::shared_ptr<const core::TetMesh> mesh) {
  Impl& s = *impl_;
  if (mesh == s.tissue) return;
  s.tissue = std::move(mesh);
  s.tissue_drawn.set_geometry(s.tissue ? boundary_of(*s.tissue) : DrawSurface{});
  s.tissue_drawn.set_material(plain_material);
  s.tissue_lines.set_segments({});
  s.apply_clip();
  s.update_bars();
  s.changed();
}
void Scene3D::set_tissue_visible(bool visible) {
  impl_->tissue_visible = visible;
  impl_->tissue_drawn.set_visible(visible);
  impl_->tissue_lines.set_visible(visible);
  impl_->update_bars();
  impl_->changed();
}
void Scene3D::set_tissue_opacity(double opacity) {
  impl_->tissue_opacity = opacity;
  impl_->tissue_drawn.set_opacity(opacity);
  impl_->changed();
}

void Scene3D::show_field(std::span<const float> values, const FieldStyle& given) {
  Impl& s = *impl_;
  OT_EXPECT(s.tissue && values.size() == s.tissue->nodes.size());
  FieldStyle style = given;
  style.vision = s.vision;
  const auto& node = s.tissue_drawn.geometry().node;
  s.tissue_values.resize(node.size());
  for (std::size_t i = 0; i < node.size(); ++i) s.tissue_values[i] = values[std::size_t(node[i])];
  const bool fresh = !s.tissue_drawn.has_values();
  const FieldStyle before = fresh ? style : s.tissue_drawn.style();
  s.tissue_drawn.set_values(s.tissue_values, style);
  if (fresh) s.tissue_drawn.set_material(field_material);
  s.update_lines(s.tissue_drawn, s.tissue_lines, style);
  if (fresh || before.title != style.title || before.lo != style.lo || before.hi != style.hi || before.step != style.step ||
      before.palette != style.palette || before.unit != style.unit) {
    s.update_bars();
  }
  s.changed();
}
void Scene3D::show_activation(std::span<const float> values, double lo_ms, double hi_ms, double step_ms) {
  show_field(values, activation_style(lo_ms, hi_ms, step_ms));
}
void Scene3D::show_voltage(std::span<const float> mV) { show_field(mV, voltage_style()); }
void Scene3D::clear_field() {
  impl_->tissue_drawn.clear_values();
  impl_->tissue_drawn.set_material(plain_material);
  impl_->tissue_lines.set_segments({});
  impl_->update_bars();
  impl_->changed();
}
const FieldStyle* Scene3D::field_style() const {
  if (impl_->tissue && impl_->tissue_drawn.has_values()) return &impl_->tissue_drawn.style();
  for (const auto& [key, v] : impl_->vessels) {
    if (v->drawn.has_values()) return &v->drawn.style();
  }
  return nullptr;
}
void Scene3D::set_field_range(double lo, double hi, double step) {
  Impl& s = *impl_;
  OT_EXPECT(hi > lo);
  const auto restyle = [&](DrawnSurface& d, DrawnLines& lines) {
    FieldStyle style = d.style();
    style.lo = lo, style.hi = hi, style.step = step;
    d.set_style(style);
    s.update_lines(d, lines, style);
  };
  if (s.tissue && s.tissue_drawn.has_values()) {
    restyle(s.tissue_drawn, s.tissue_lines);
  } else {
    for (auto& [key, v] : s.vessels) {
      if (v->drawn.has_values()) restyle(v->drawn, v->lines);
    }
  }
  s.update_bars();
  s.changed();
}
void Scene3D::set_vision(Vision vision) {
  Impl& s = *impl_;
  s.vision = vision;
  const auto restyle = [&](DrawnSurface& d) {
    if (!d.has_values()) return;
    FieldStyle style = d.style();
    style.vision = vision;
    d.set_style(style);
  };
  restyle(s.tissue_drawn);
  for (auto& [key, v] : s.vessels) restyle(v->drawn);
  s.update_bars();
  s.changed();
}

void Scene3D::set_lesions(std::vector<LesionMark> lesions) {
  Impl& s = *impl_;
  s.lesions = std::move(lesions);
  for (const bool selected : {false, true}) {
    MarkGroup& group = selected ? s.lesions_selected : s.lesions_plain;
    DrawSurface balls;
    group.from_triangle.clear();
    for (const LesionMark& l : s.lesions) {
      if (l.selected != selected) continue;
      group.from_triangle.emplace_back(core::Index(balls.triangles.size()), "lesion:" + l.id);
      add_ball(balls, l.center, l.radius, 3);
    }
    group.drawn.set_geometry(std::move(balls));
  }
  s.changed();
}
void Scene3D::set_preview(std::optional<LesionMark> ghost) {
  DrawSurface ball;
  if (ghost) add_ball(ball, ghost->center, ghost->radius, 3);
  impl_->preview.set_visible(ghost.has_value());
  impl_->preview.set_geometry(std::move(ball));
  impl_->changed();
}
void Scene3D::set_pacing(std::vector<PaceMark> marks) {
  Impl& s = *impl_;
  s.pacing = std::move(marks);
  for (const bool selected : {false, true}) {
    MarkGroup& group = selected ? s.pacing_selected : s.pacing_plain;
    DrawSurface shapes;
    group.from_triangle.clear();
    for (const PaceMark& p : s.pacing) {
      if (p.selected != selected) continue;
      group.from_triangle.emplace_back(core::Index(shapes.triangles.size()), "pacing:" + p.id);
      add_ball(shapes, p.center, 2.2, 3);
      // A ring on the wall around the ball tells pacing from lesions without colour.
      Vec3 n(0, -1, 0);
      double nearest = 1e300;
      const auto& wall = s.tissue_drawn.geometry();
      for (std::size_t i = 0; i < wall.points.size(); ++i) {
        const double d = (wall.points[i] - p.center).squaredNorm();
        if (d < nearest) nearest = d, n = wall.normals[i];
      }
      const Vec3 u = n.cross(std::abs(n.z()) < 0.9 ? Vec3(0, 0, 1) : Vec3(1, 0, 0)).normalized(), v = n.cross(u);
      std::vector<Vec3> ring;
      for (int k = 0; k <= 32; ++k) {
        const double a = 2 * 3.14159265358979323846 * k / 32;
        ring.push_back(p.center + 0.4 * n + 4.2 * (std::cos(a) * u + std::sin(a) * v));
      }
      add_tube(shapes, ring, 0.45, 8);
    }
    group.drawn.set_geometry(std::move(shapes));
  }
  s.changed();
}

void Scene3D::set_vessel(VesselItem item) {
  Impl& s = *impl_;
  OT_EXPECT(item.surface && (item.values.empty() || item.values.size() == item.surface->points.size()));
  auto& slot = s.vessels[item.key];
  if (!slot) {
    slot = std::make_unique<Impl::Vessel>();
    s.stage.add(slot->drawn.prop());
    s.stage.add(slot->lines.prop());
    slot->lines.set_look(line_color, 1.0);
  }
  slot->name = item.name;
  slot->patch_names = item.surface->patch_names;
  slot->drawn.set_geometry(surface_of(*item.surface));
  slot->drawn.set_color(neighbour(item.color, item.opacity));
  slot->drawn.set_opacity(item.opacity);
  slot->drawn.set_visible(item.visible);
  slot->lines.set_visible(item.visible);
  slot->drawn.set_material(item.values.empty() ? plain_material : field_material);
  if (!item.values.empty()) {
    item.style.vision = s.vision;
    slot->drawn.set_values(item.values, item.style);
  }
  s.update_lines(slot->drawn, slot->lines, item.style);
  s.apply_clip();
  s.update_bars();
  s.changed();
}
void Scene3D::set_vessel(const std::string& key, std::shared_ptr<const core::TetMesh> mesh, std::span<const float> values,
                         const FieldStyle& style) {
  OT_EXPECT(mesh && values.size() == mesh->nodes.size());
  const DrawSurface wall = boundary_of(*mesh, {"inlet", "outlet"});
  auto surface = std::make_shared<core::SurfaceMesh>();
  surface->points = wall.points;
  surface->triangles = wall.triangles;
  surface->patch = wall.patch;
  surface->patch_names = mesh->patch_names;
  std::vector<float> on_wall(wall.node.size());
  for (std::size_t i = 0; i < on_wall.size(); ++i) on_wall[i] = values[std::size_t(wall.node[i])];
  set_vessel({.key = key, .name = key, .surface = std::move(surface), .values = std::move(on_wall), .style = style});
}
void Scene3D::remove_vessel(const std::string& key) {
  const auto at = impl_->vessels.find(key);
  if (at == impl_->vessels.end()) return;
  impl_->stage.remove(at->second->drawn.prop());
  impl_->stage.remove(at->second->lines.prop());
  impl_->vessels.erase(at);
  impl_->update_bars();
  impl_->changed();
}

StentMark stent_on(const core::VesselNetwork& network, int branch, double start_mm, double length_mm, double proximal_mm, double distal_mm, std::string id) {
  OT_EXPECT(branch >= 0 && std::size_t(branch) < network.branches.size());
  StentMark mark;
  mark.id = std::move(id);
  constexpr double step_mm = 0.25;
  const double end = std::min(start_mm + length_mm, network.branches[std::size_t(branch)].length());
  const int n = std::max(2, int(std::ceil((end - start_mm) / step_mm)) + 1);
  for (int i = 0; i < n; ++i) {
    const double arc = start_mm + (end - start_mm) * i / (n - 1);
    mark.points.push_back(network.point_at(branch, arc));
    mark.radius.push_back(proximal_mm > 0 && distal_mm > 0 ? proximal_mm + (distal_mm - proximal_mm) * i / (n - 1) : network.radius_at(branch, arc));
  }
  return mark;
}

void Scene3D::set_stents(std::vector<StentMark> stents) {
  Impl& s = *impl_;
  s.stents = std::move(stents);
  for (const bool selected : {false, true}) {
    MarkGroup& group = selected ? s.stents_selected : s.stents_plain;
    DrawSurface wire;
    group.from_triangle.clear();
    for (const StentMark& m : s.stents) {
      OT_EXPECT(m.points.size() == m.radius.size());
      if (m.selected != selected) continue;
      group.from_triangle.emplace_back(core::Index(wire.triangles.size()), "stent:" + m.id);
      const StrutLines struts = m.struts ? stent_struts(m.points, m.radius) : sleeve_lines(m.points, m.radius);
      for (const auto& line : struts.lines) add_tube(wire, line, struts.strut_radius, 6);
    }
    group.drawn.set_geometry(std::move(wire));
  }
  s.changed();
}
void Scene3D::set_centrelines(const std::vector<core::VesselNetwork>& networks) {
  DrawSurface tubes;
  for (const auto& n : networks) {
    for (const auto& b : n.branches) add_tube(tubes, b.points, 0.2, 6);
  }
  impl_->centrelines.set_geometry(std::move(tubes));
  impl_->changed();
}
void Scene3D::set_crosshair(std::optional<Vec3> point) {
  constexpr double arm_mm = 14, hole_mm = 2;
  std::vector<Vec3> pairs;
  if (point) {
    for (int a = 0; a < 3; ++a) {
      for (const double side : {-1.0, 1.0}) {
        pairs.push_back(*point + side * hole_mm * Vec3::Unit(a));
        pairs.push_back(*point + side * arm_mm * Vec3::Unit(a));
      }
    }
  }
  impl_->crosshair.set_segments(pairs);
  impl_->crosshair.set_visible(point.has_value());
  impl_->changed();
}
void Scene3D::set_clip(std::optional<ClipPlane> plane) {
  impl_->clip = plane ? std::optional<HalfSpace>({plane->origin, plane->normal.normalized()}) : std::nullopt;
  impl_->apply_clip();
  impl_->changed();
}
void Scene3D::set_overlays_visible(bool bar, bool readout, bool cube) {
  impl_->stage.set_visible(bar, readout, cube);
  impl_->layout_dirty = true;
  impl_->changed();
}
void Scene3D::clear() {
  set_anatomy({});
  set_tissue(nullptr);
  set_lesions({});
  set_preview(std::nullopt);
  set_pacing({});
  set_stents({});
  set_places({});
  set_centrelines({});
  set_crosshair(std::nullopt);
  set_highlight(std::nullopt);
  set_measure_lines({});
  set_volume(nullptr);
  set_clip(std::nullopt);
  while (!impl_->vessels.empty()) remove_vessel(impl_->vessels.begin()->first);
}
Scene3D::Counts Scene3D::counts() const {
  Counts c;
  for (const auto& a : impl_->anatomy) c.anatomy += a.drawn->visible();
  c.lesions = int(impl_->lesions.size()), c.pacing = int(impl_->pacing.size());
  c.places = int(impl_->places.size()), c.stents = int(impl_->stents.size()), c.vessels = int(impl_->vessels.size());
  c.triangles = impl_->triangles();
  c.isoline_segments = long(impl_->tissue_lines.segments());
  for (const auto& [key, v] : impl_->vessels) c.isoline_segments += long(v->lines.segments());
  return c;
}

}  // namespace ot::viewer
