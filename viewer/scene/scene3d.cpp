// SPDX-License-Identifier: GPL-3.0-or-later
// Scene3D: camera, picking, drawing, what is highlighted, the volume.
#include "viewer/scene/scene3d.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "viewer/scene/scene3d_impl.hpp"

namespace ot::viewer {
using core::Vec3;

Scene3D::Scene3D() : impl_(std::make_unique<Impl>()) {}
Scene3D::~Scene3D() = default;

void Scene3D::Impl::camera_changed() {
  if (link) {
    for (Impl* other : link->members) {
      if (other == this) continue;
      other->camera.center = camera.center;
      other->camera.frame = camera.frame;
      other->camera.distance = camera.distance;
      other->changed();
    }
  }
  changed();
}

void Scene3D::set_view(EpView view) {
  impl_->camera.frame = frame_of(view);
  impl_->camera_changed();
}
void Scene3D::set_angles(double lao_deg, double cran_deg) {
  impl_->camera.frame = frame_of_angles(lao_deg, cran_deg);
  impl_->camera_changed();
}
CArm Scene3D::carm() const { return carm_of(impl_->camera.frame.from); }
ViewCamera Scene3D::camera() const { return impl_->camera; }
std::string Scene3D::carm_readout() const { return carm().text(); }

void Scene3D::fit() {
  std::vector<Vec3> points;
  impl_->each_surface([&](const std::string&, const DrawnSurface& d) {
    const auto& p = d.geometry().points;
    const std::size_t stride = std::max<std::size_t>(1, p.size() / 4000);
    for (std::size_t i = 0; i < p.size(); i += stride) points.push_back(p[i]);
  });
  impl_->camera.fit(points, 0.08);
  impl_->camera_changed();
}
void Scene3D::look_at(const Vec3& point) {
  impl_->camera.center = point;
  impl_->camera_changed();
}
void Scene3D::fly_to(const Vec3& point, double radius_mm) {
  impl_->camera.center = point;
  // Half the opening angle shows three radii.
  impl_->camera.distance = 3 * std::max(0.5, radius_mm) / std::tan(0.5 * impl_->camera.angle_deg * 3.14159265358979323846 / 180);
  impl_->camera_changed();
}
void Scene3D::rotate(double dx, double dy) {
  impl_->camera.rotate(dx, dy);
  impl_->camera_changed();
}
void Scene3D::roll(double degrees) {
  impl_->camera.roll(degrees);
  impl_->camera_changed();
}
void Scene3D::pan(double dx, double dy) {
  impl_->camera.pan(dx, dy);
  impl_->camera_changed();
}
void Scene3D::zoom(double factor) {
  impl_->camera.zoom(factor);
  impl_->camera_changed();
}
void Scene3D::set_interacting(bool on) {
  Impl& s = *impl_;
  if (s.interacting == on) return;
  s.interacting = on;
  // Below this even software OpenGL turns the whole scene smoothly enough on two cores.
  constexpr long heavy = 150000;
  const bool coarse = on && s.triangles() > heavy;
  for (auto& a : s.anatomy) a.drawn->use_proxy(coarse);
  for (auto& [key, v] : s.vessels) v->drawn.use_proxy(coarse);
  s.changed();
}

void Scene3D::link_camera(Scene3D& other) {
  if (&other == this) return;
  Impl &a = *impl_, &b = *other.impl_;
  if (!a.link) {
    a.link = std::make_shared<Impl::Link>();
    a.link->members.push_back(&a);
  }
  if (b.link == a.link) return;
  other.unlink_camera();
  a.link->members.push_back(&b);
  b.link = a.link;
  a.camera_changed();
}
void Scene3D::unlink_camera() {
  if (!impl_->link) return;
  std::erase(impl_->link->members, impl_.get());
  impl_->link.reset();
}

std::optional<std::array<double, 2>> Scene3D::project(const Vec3& point) const { return impl_->camera.project(point); }

std::optional<Scene3D::Bounds> Scene3D::bounds() const {
  Bounds b{Vec3::Constant(1e300), Vec3::Constant(-1e300)};
  const auto grow = [&](const DrawnSurface& d) {
    for (const Vec3& p : d.geometry().points) b.lo = b.lo.cwiseMin(p), b.hi = b.hi.cwiseMax(p);
  };
  impl_->each_surface([&](const std::string&, const DrawnSurface& d) { grow(d); });
  for (MarkGroup* g : impl_->mark_groups()) grow(g->drawn);
  grow(impl_->centrelines);
  if (impl_->texture) {
    const core::Grid& g = impl_->texture->grid;
    for (int c = 0; c < 8; ++c) {
      const Vec3 p = g.to_patient(Vec3((c & 1) ? g.size[0] : 0, (c & 2) ? g.size[1] : 0, (c & 4) ? g.size[2] : 0));
      b.lo = b.lo.cwiseMin(p), b.hi = b.hi.cwiseMax(p);
    }
  }
  if (b.lo.x() > b.hi.x()) return std::nullopt;
  return b;
}

std::optional<Pick> Scene3D::pick(double x, double y, PickOf of) const {
  Impl& s = *impl_;
  const ViewCamera::Ray ray = s.camera.ray(x, y);
  const auto box = bounds();
  if (!box) return std::nullopt;
  const double reach = (0.5 * (box->lo + box->hi) - ray.origin).norm() + (box->hi - box->lo).norm();
  const Vec3 from = ray.origin, to = ray.origin + reach * ray.direction;

  struct Found { double distance = std::numeric_limits<double>::infinity(); Pick pick; };
  Found solid, glass;
  const auto consider = [&](const DrawnSurface& d, const std::function<std::string(core::Index)>& key,
                            const std::map<int, std::string>* patches) {
    if (!d.visible()) return;
    Vec3 a = from, b = to;
    if (s.clip) {  // the part of the ray on the kept side
      const double da = (a - s.clip->origin).dot(s.clip->normal), db = (b - s.clip->origin).dot(s.clip->normal);
      if (da < 0 && db < 0) return;
      if (da < 0) a += (b - a) * (da / (da - db));
      else if (db < 0) b = a + (b - a) * (da / (da - db));
    }
    const auto hit = d.hit(a, b);
    if (!hit) return;
    const double distance = (hit->point - from).norm();
    Found& best = d.opacity() >= 0.6 ? solid : glass;
    if (distance >= best.distance) return;
    const DrawSurface& g = d.geometry();
    const auto& t = g.triangles[std::size_t(hit->triangle)];
    Pick p;
    p.point = hit->point;
    p.normal = (hit->weight[0] * g.normals[t[0]] + hit->weight[1] * g.normals[t[1]] + hit->weight[2] * g.normals[t[2]]).normalized();
    p.object_key = key(hit->triangle);
    if (patches && !g.patch.empty()) {
      const auto name = patches->find(g.patch[std::size_t(hit->triangle)]);
      if (name != patches->end()) p.patch = name->second;
    }
    int nearest = 0;
    for (int k = 1; k < 3; ++k) {
      if ((g.points[t[k]] - p.point).squaredNorm() < (g.points[t[nearest]] - p.point).squaredNorm()) nearest = k;
    }
    p.node = g.node.empty() ? t[nearest] : g.node[std::size_t(t[nearest])];
    p.value = std::numeric_limits<double>::quiet_NaN();
    if (d.has_values()) {
      const auto v = d.values();
      p.value = hit->weight[0] * v[t[0]] + hit->weight[1] * v[t[1]] + hit->weight[2] * v[t[2]];
      if (std::isnan(p.value)) p.value = v[t[nearest]];
    }
    best = {distance, std::move(p)};
  };
  if (s.tissue && s.tissue_visible) consider(s.tissue_drawn, [](core::Index) { return std::string("tissue"); }, &s.tissue->patch_names);
  if (of == PickOf::tissue) return std::isfinite(solid.distance) ? std::optional(solid.pick) : std::isfinite(glass.distance) ? std::optional(glass.pick) : std::nullopt;
  for (const auto& a : s.anatomy) {
    if (a.item.surface) consider(*a.drawn, [&](core::Index) { return a.item.key; }, &a.item.surface->patch_names);
  }
  for (const auto& [key, v] : s.vessels) consider(v->drawn, [&, k = key](core::Index) { return k; }, &v->patch_names);
  for (MarkGroup* g : s.mark_groups()) consider(g->drawn, [g](core::Index t) { return g->owner(t); }, nullptr);
  for (const auto& g : s.place_groups) consider(g->drawn, [g = g.get()](core::Index t) { return g->owner(t); }, nullptr);
  if (std::isfinite(solid.distance)) return solid.pick;
  if (std::isfinite(glass.distance)) return glass.pick;
  return std::nullopt;
}

void Scene3D::set_size(int width_px, int height_px, double pixel_ratio) {
  Impl& s = *impl_;
  width_px = std::max(1, width_px), height_px = std::max(1, height_px);
  if (s.camera.width == width_px && s.camera.height == height_px && s.ratio == pixel_ratio) return;
  s.camera.width = width_px, s.camera.height = height_px, s.ratio = pixel_ratio;
  s.tissue_lines.set_look({22, 26, 34}, 1.0 * pixel_ratio);
  s.volume.set_ratio(pixel_ratio);
  s.layout_dirty = true;
}
void Scene3D::set_highlight(std::optional<Highlight> what) {
  Impl& s = *impl_;
  DrawSurface shape;
  if (what) {
    OT_EXPECT(what->lines.size() % 2 == 0);
    if (what->center) add_ball(shape, *what->center, what->radius, 3);
    const auto base = core::Index(shape.points.size());
    shape.points.insert(shape.points.end(), what->points.begin(), what->points.end());
    for (const auto& t : what->triangles) shape.triangles.push_back({t[0] + base, t[1] + base, t[2] + base});
    shape.normals = smooth_normals(shape.points, shape.triangles, 0);
    s.highlight.set_color(what->color);
    s.highlight_lines.set_look(what->color, 2.0 * s.ratio);
    s.highlight_lines.set_over(what->over);
  }
  s.tissue_drawn.set_opacity(what && what->through ? 0.3 : s.tissue_opacity);
  s.highlight_lines.set_segments(what ? what->lines : std::vector<Vec3>{});
  s.highlight.set_visible(what.has_value());
  s.highlight.set_geometry(std::move(shape));
  s.changed();
}
void Scene3D::set_volume(std::shared_ptr<const VolumeTexture> texture, const std::string& preset) {
  impl_->texture = texture;
  impl_->volume.set_texture(std::move(texture));
  impl_->volume.set_preset(preset);
  impl_->changed();
}
void Scene3D::set_volume_preset(const std::string& preset) {
  impl_->volume.set_preset(preset);
  impl_->changed();
}
void Scene3D::set_volume_box(const std::optional<VolumeBox>& box) {
  impl_->volume.set_clip(box);
  impl_->changed();
}
bool Scene3D::volume_visible() const { return impl_->volume.visible(); }
void Scene3D::tell_frame(double ms, bool software) {
  impl_->volume.set_software(software);
  impl_->volume.tell_frame_ms(ms);
}
void Scene3D::set_light(bool light) {
  impl_->stage.set_light(light);
  impl_->layout_dirty = true;
  impl_->changed();
}
void Scene3D::set_measure_lines(const std::vector<Vec3>& point_pairs) {
  impl_->measures.set_segments(point_pairs);
  impl_->changed();
}
void Scene3D::set_render_request(std::function<void()> request) { impl_->request = std::move(request); }

void Scene3D::set_quick(bool on) {
  impl_->stage.set_quick(on);
  impl_->volume.set_quick(on);
}

void Scene3D::prepare() {
  Impl& s = *impl_;
  if (s.layout_dirty) {
    s.stage.lay_out(s.camera.width, s.camera.height, s.ratio);
    s.layout_dirty = false;
  }
  std::string readout = carm_readout();
  const FieldStyle* style = field_style();
  if (style && style->step > 0) readout += fmt::format("  ·  step {:g} {}", style->step, style->unit);
  s.stage.set_readout(readout);
  const auto b = bounds();
  s.stage.apply(s.camera, b ? b->lo : Vec3::Constant(-1), b ? b->hi : Vec3::Constant(1));
}
std::array<double, 4> Scene3D::color_bar_area() const { return impl_->stage.bar_area(); }
vtkRenderer* Scene3D::renderer() const { return impl_->stage.main(); }
vtkRenderer* Scene3D::overlay_renderer() const { return impl_->stage.overlay(); }

}  // namespace ot::viewer
