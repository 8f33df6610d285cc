// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/slice_scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "solvers/core/contracts.hpp"
#include "viewer/scene/slice_contours.hpp"
#include "viewer/scene/slice_image.hpp"

namespace ot::viewer {
using core::Vec3;

const char* name_of(SlicePlane plane) {
  switch (plane) {
    case SlicePlane::axial: return "Axial";
    case SlicePlane::coronal: return "Coronal";
    case SlicePlane::sagittal: return "Sagittal";
  }
  return "";
}

const char* name_of(SlabMode mode) {
  switch (mode) {
    case SlabMode::mip: return "MIP";
    case SlabMode::minip: return "MinIP";
    case SlabMode::average: return "mean";
  }
  return "";
}

SliceAxes slice_axes(SlicePlane plane, SliceAlignment alignment, const core::Mat3& direction) {
  // Left, posterior, head: of the body, or the three grid axes nearest to them.
  Vec3 body[3] = {Vec3::UnitX(), Vec3::UnitY(), Vec3::UnitZ()};
  if (alignment == SliceAlignment::acquisition) {
    static constexpr int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double best = -1;
    const int* order = orders[0];
    for (const auto& o : orders) {
      const double match = std::abs(direction(0, o[0])) + std::abs(direction(1, o[1])) + std::abs(direction(2, o[2]));
      if (match > best + 1e-12) best = match, order = o;
    }
    for (int a = 0; a < 3; ++a) {
      const Vec3 column = direction.col(order[a]);
      body[a] = column(a) >= 0 ? column : Vec3(-column);
    }
  }
  switch (plane) {
    case SlicePlane::axial: return {body[0], body[1], body[2]};
    case SlicePlane::coronal: return {body[0], -body[2], body[1]};
    case SlicePlane::sagittal: return {body[1], -body[2], body[0]};
  }
  return {body[0], body[1], body[2]};
}

EdgeLetters edge_letters(const SliceAxes& axes) {
  return {core::orientation_letters(-axes.right), core::orientation_letters(axes.right), core::orientation_letters(-axes.down),
          core::orientation_letters(axes.down)};
}

WindowLevel percentile_window(const core::Volume& volume) {
  std::vector<float> sample;
  const std::size_t stride = std::max<std::size_t>(1, volume.values.size() / 200000);
  for (std::size_t i = 0; i < volume.values.size(); i += stride) {
    if (std::isfinite(volume.values[i])) sample.push_back(volume.values[i]);
  }
  if (sample.empty()) return {1, 0};
  const auto at = [&](double part) {
    const auto nth = sample.begin() + std::ptrdiff_t(part * double(sample.size() - 1));
    std::nth_element(sample.begin(), nth, sample.end());
    return double(*nth);
  };
  const double lo = at(0.02), hi = at(0.98);
  return {std::max(1e-3, hi - lo), 0.5 * (lo + hi)};
}

struct SliceScene::Impl {
  SlicePlane plane;
  SliceAlignment alignment = SliceAlignment::patient;
  bool mirrored = false;
  std::shared_ptr<const core::Volume> volume;
  std::shared_ptr<const core::LabelMap> labels;
  std::set<int> hidden;
  WindowLevel wl, default_wl;
  Vec3 crosshair{0, 0, 0};
  double position = 0;
  int width = 264, height = 220;
  double mm_per_pixel = 1, center_u = 0, center_v = 0;  // patient mm along axes.right / axes.down at the middle of the view
  bool fitted = true;                                    // refit when the size changes

  std::optional<SliceAxes> custom;
  std::string custom_name, phase_label, preset_name;
  Slab slab;
  std::vector<CrossPlane> cross;

  TiledContours tiles;
  std::vector<LabelContour> contours;                    // of (labels, axes, position)
  bool contours_valid = false;
  std::vector<Outline> outlines;                         // the same in pixels
  bool outlines_valid = false;

  SliceAxes axes() const {
    SliceAxes a = custom ? *custom : slice_axes(plane, alignment, volume ? volume->grid.direction : core::Mat3(core::Mat3::Identity()));
    if (mirrored && (custom || plane != SlicePlane::sagittal)) a.right = -a.right;
    return a;
  }
  void slice_changed() { contours_valid = outlines_valid = false; }
  std::array<double, 2> range(const Vec3& along) const {
    std::array<double, 2> r{1e300, -1e300};
    if (!volume) return {0, 0};
    for (const Vec3& c : extent_corners(volume->grid)) r = {std::min(r[0], c.dot(along)), std::max(r[1], c.dot(along))};
    return r;
  }
  void fit() {
    const SliceAxes a = axes();
    const auto u = range(a.right), v = range(a.down);
    center_u = 0.5 * (u[0] + u[1]), center_v = 0.5 * (v[0] + v[1]);
    mm_per_pixel = volume ? std::max((u[1] - u[0]) / std::max(1, width), (v[1] - v[0]) / std::max(1, height)) : 1.0;
    mm_per_pixel = std::max(mm_per_pixel, 1e-4);
    fitted = true;
    outlines_valid = false;
  }
  Vec3 to_patient(double x, double y) const {
    const SliceAxes a = axes();
    return (center_u + (x - 0.5 * width) * mm_per_pixel) * a.right + (center_v + (y - 0.5 * height) * mm_per_pixel) * a.down + position * a.normal;
  }
};

SliceScene::SliceScene(SlicePlane plane) : impl_(std::make_unique<Impl>()) { impl_->plane = plane; }
SliceScene::~SliceScene() = default;

void SliceScene::set_volume(std::shared_ptr<const core::Volume> volume) {
  OT_EXPECT(!volume || volume->values.size() == volume->grid.voxels());
  impl_->volume = std::move(volume);
  impl_->default_wl = {};
  if (impl_->volume && impl_->volume->quantity != "HU") impl_->default_wl = percentile_window(*impl_->volume);
  reset();
}
void SliceScene::set_labels(std::shared_ptr<const core::LabelMap> labels) {
  impl_->labels = std::move(labels);
  impl_->slice_changed();
}
void SliceScene::set_equal_labels(std::shared_ptr<const core::LabelMap> labels) {
  impl_->tiles.follow(impl_->labels, labels);
  impl_->labels = std::move(labels);
}
std::optional<PixelBox> SliceScene::labels_changed_in(const std::array<int, 3>& lo, const std::array<int, 3>& hi) {
  const auto mm = impl_->tiles.changed_in(lo, hi);
  if (!mm) return std::nullopt;
  impl_->contours_valid = impl_->outlines_valid = false;
  const Impl& s = *impl_;
  constexpr double margin = 3;   // half the width of a drawn line and its soft rim
  const auto px = [&](double at, double centre, int size, double by) { return std::clamp(int(std::floor((at - centre) / s.mm_per_pixel + 0.5 * size + by)), 0, size); };
  return PixelBox{px((*mm)[0], s.center_u, s.width, -margin), px((*mm)[1], s.center_v, s.height, -margin), px((*mm)[2], s.center_u, s.width, margin + 1),
                  px((*mm)[3], s.center_v, s.height, margin + 1)};
}
const std::shared_ptr<const core::LabelMap>& SliceScene::labels() const { return impl_->labels; }
void SliceScene::set_phase(std::shared_ptr<const core::Volume> volume, std::string label) {
  OT_EXPECT(volume && volume->values.size() == volume->grid.voxels());
  impl_->volume = std::move(volume);
  impl_->phase_label = std::move(label);
}
void SliceScene::set_label_visible(int value, bool visible) {
  visible ? void(impl_->hidden.erase(value)) : void(impl_->hidden.insert(value));
  impl_->outlines_valid = false;
}
void SliceScene::set_alignment(SliceAlignment alignment) {
  impl_->alignment = alignment;
  impl_->slice_changed();
  set_crosshair(impl_->crosshair);
  fit();
}
void SliceScene::set_axes(std::optional<SliceAxes> axes, std::string name) {
  Impl& s = *impl_;
  const auto before = to_screen(s.crosshair);
  s.custom = axes;
  s.custom_name = std::move(name);
  const SliceAxes a = s.axes();
  s.position = s.crosshair.dot(a.normal);
  s.center_u = s.crosshair.dot(a.right) - (before[0] - 0.5 * s.width) * s.mm_per_pixel;
  s.center_v = s.crosshair.dot(a.down) - (before[1] - 0.5 * s.height) * s.mm_per_pixel;
  s.slice_changed();
}
bool SliceScene::oblique() const { return impl_->custom.has_value(); }
std::string SliceScene::name() const { return impl_->custom && !impl_->custom_name.empty() ? impl_->custom_name : name_of(impl_->plane); }
void SliceScene::set_slab(Slab slab) {
  constexpr double most_mm = 200;   // thicker than the chest is deep makes no sense
  impl_->slab = {std::clamp(slab.mm, 0.0, most_mm), slab.mode};
}
Slab SliceScene::slab() const { return impl_->slab; }
void SliceScene::set_cross_planes(std::vector<CrossPlane> planes) { impl_->cross = std::move(planes); }
std::vector<CrossLine> SliceScene::cross_lines() const {
  const SliceAxes a = impl_->axes();
  const auto at = to_screen(impl_->crosshair);
  std::vector<CrossLine> out;
  if (impl_->cross.empty()) {
    constexpr core::Color accent{0x4c, 0xc2, 0xff};
    return {{at, {1, 0}, accent, -1}, {at, {0, 1}, accent, -1}};
  }
  for (const CrossPlane& c : impl_->cross) {
    const Vec3 d = a.normal.cross(c.normal);
    const double x = d.dot(a.right), y = d.dot(a.down), length = std::hypot(x, y);
    if (length > 1e-6) out.push_back({at, {x / length, y / length}, c.color, c.view});
  }
  return out;
}
void SliceScene::set_neurological(bool on) {
  impl_->mirrored = on;
  impl_->slice_changed();
  fit();
}
bool SliceScene::mirrored() const { return impl_->mirrored; }
const std::shared_ptr<const core::Volume>& SliceScene::volume() const { return impl_->volume; }
SlicePlane SliceScene::plane() const { return impl_->plane; }
SliceAxes SliceScene::axes() const { return impl_->axes(); }
EdgeLetters SliceScene::letters() const { return edge_letters(impl_->axes()); }
std::string SliceScene::place_text() const {
  std::string out = fmt::format("{:.1f} mm", impl_->position);
  if (impl_->slab.mm > 0) out += fmt::format(" · {} {:g} mm", name_of(impl_->slab.mode), impl_->slab.mm);
  if (!impl_->phase_label.empty()) out += " · " + impl_->phase_label;
  return out;
}
std::string SliceScene::window_text() const {
  const int digits = impl_->wl.width < 10 ? 2 : 0;
  return fmt::format("{}W {:.{}f} L {:.{}f}", impl_->preset_name.empty() ? "" : impl_->preset_name + "  ", impl_->wl.width, digits, impl_->wl.level, digits);
}
std::string SliceScene::caption() const {
  if (!impl_->volume) return name();
  return name() + " " + place_text() + " · " + window_text();
}
WindowLevel SliceScene::window_level() const { return impl_->wl; }
void SliceScene::set_window_level(WindowLevel wl) {
  const double least = std::min(1.0, impl_->default_wl.width);
  const WindowLevel fresh{std::max(wl.width, least), wl.level};
  if (fresh.width != impl_->wl.width || fresh.level != impl_->wl.level) impl_->preset_name.clear();
  impl_->wl = fresh;
}
void SliceScene::set_window_preset(const std::string& name, WindowLevel wl) {
  set_window_level(wl);
  impl_->preset_name = name;
}
ScaleBar SliceScene::scale_bar() const {
  if (!impl_->volume) return {};
  const double most = 0.2 * std::min(impl_->width, impl_->height) * 1.6 * impl_->mm_per_pixel;
  double mm = 1;
  for (const double nice : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0})
    if (nice <= most) mm = nice;
  return {mm, mm / impl_->mm_per_pixel};
}

double SliceScene::position() const { return impl_->position; }
void SliceScene::set_position(double mm) {
  const auto r = position_range();
  const double at = std::clamp(mm, r[0], r[1]);
  if (at == impl_->position) return;
  impl_->position = at;
  const Vec3 n = impl_->axes().normal;
  impl_->crosshair += (at - impl_->crosshair.dot(n)) * n;
  impl_->slice_changed();
}
std::array<double, 2> SliceScene::position_range() const { return impl_->range(impl_->axes().normal); }
double SliceScene::step_mm() const {
  if (!impl_->volume) return 1.0;
  // The spacing of the grid axis nearest to the normal.
  const core::Grid& g = impl_->volume->grid;
  int axis = 0;
  (g.direction.transpose() * impl_->axes().normal).cwiseAbs().maxCoeff(&axis);
  return g.spacing(axis);
}
void SliceScene::step(int notches) { set_position(impl_->position + notches * step_mm()); }

Vec3 SliceScene::crosshair() const { return impl_->crosshair; }
void SliceScene::set_crosshair(const Vec3& lps_mm) {
  impl_->crosshair = lps_mm;
  const auto r = position_range();
  const double at = std::clamp(lps_mm.dot(impl_->axes().normal), r[0], r[1]);
  if (at == impl_->position) return;
  impl_->position = at;
  impl_->slice_changed();
}

void SliceScene::set_size(int width_px, int height_px) {
  impl_->width = std::max(1, width_px), impl_->height = std::max(1, height_px);
  impl_->outlines_valid = false;
  if (impl_->fitted) fit();
}
void SliceScene::fit() { impl_->fit(); }
void SliceScene::reset() {
  impl_->wl = impl_->default_wl;
  impl_->preset_name.clear();
  impl_->slice_changed();
  if (impl_->volume) {
    const core::Grid& g = impl_->volume->grid;
    impl_->position = -1e300;
    set_crosshair(g.to_patient(Vec3(g.size[0] - 1, g.size[1] - 1, g.size[2] - 1) * 0.5));
  }
  fit();
}
void SliceScene::show_around(const Vec3& p, double radius_mm) {
  Impl& s = *impl_;
  const SliceAxes a = s.axes();
  s.center_u = p.dot(a.right), s.center_v = p.dot(a.down);
  s.mm_per_pixel = std::clamp(2 * radius_mm / std::max(1, std::min(s.width, s.height)), 0.005, 20.0);
  s.fitted = s.outlines_valid = false;
}
int SliceScene::width() const { return impl_->width; }
int SliceScene::height() const { return impl_->height; }
void SliceScene::zoom_at(double factor, double x, double y) {
  const double next = std::clamp(impl_->mm_per_pixel / factor, 0.005, 20.0);
  impl_->center_u += (x - 0.5 * impl_->width) * (impl_->mm_per_pixel - next);
  impl_->center_v += (y - 0.5 * impl_->height) * (impl_->mm_per_pixel - next);
  impl_->mm_per_pixel = next;
  impl_->fitted = impl_->outlines_valid = false;
}
void SliceScene::pan(double dx_px, double dy_px) {
  impl_->center_u -= dx_px * impl_->mm_per_pixel;
  impl_->center_v -= dy_px * impl_->mm_per_pixel;
  impl_->fitted = impl_->outlines_valid = false;
}
double SliceScene::mm_per_pixel() const { return impl_->mm_per_pixel; }
Vec3 SliceScene::to_patient(double x, double y) const { return impl_->to_patient(x, y); }
std::array<double, 2> SliceScene::to_screen(const Vec3& p) const {
  const SliceAxes a = impl_->axes();
  return {(p.dot(a.right) - impl_->center_u) / impl_->mm_per_pixel + 0.5 * impl_->width,
          (p.dot(a.down) - impl_->center_v) / impl_->mm_per_pixel + 0.5 * impl_->height};
}
std::optional<float> SliceScene::value_at(double x, double y) const {
  if (!impl_->volume) return std::nullopt;
  const core::Grid& g = impl_->volume->grid;
  const Vec3 p = impl_->to_patient(x, y), index = g.to_index(p);
  for (int a = 0; a < 3; ++a) {
    if (index(a) < -0.5 || index(a) > g.size[std::size_t(a)] - 0.5) return std::nullopt;
  }
  return impl_->volume->sample(g.to_patient(index.cwiseMax(0.0).cwiseMin(Vec3(g.size[0] - 1, g.size[1] - 1, g.size[2] - 1))), 0.0f);
}
std::string SliceScene::label_at(double x, double y) const {
  if (!impl_->labels) return {};
  const Vec3 index = impl_->labels->grid.to_index(impl_->to_patient(x, y));
  const int i = int(std::lround(index.x())), j = int(std::lround(index.y())), k = int(std::lround(index.z()));
  if (!impl_->labels->grid.contains(i, j, k)) return {};
  const int value = impl_->labels->at(i, j, k);
  for (const auto& info : impl_->labels->labels) {
    if (info.value == value) return info.name;
  }
  return {};
}

RgbaImage SliceScene::image() const {
  const Impl& s = *impl_;
  if (!s.volume) {
    RgbaImage empty{s.width, s.height, std::vector<std::uint8_t>(std::size_t(s.width) * std::size_t(s.height) * 4, 0)};
    for (std::size_t i = 3; i < empty.pixels.size(); i += 4) empty.pixels[i] = 255;
    return empty;
  }
  const SliceAxes a = s.axes();
  PixelPlane plane{s.to_patient(0, 0), s.mm_per_pixel * a.right, s.mm_per_pixel * a.down, s.width, s.height};
  if (s.slab.mm > 0) {
    // About one layer per voxel along the normal; 96 layers are enough for the eye and keep a thick slab quick.
    const double step = std::max(step_mm(), s.slab.mm / 96);
    plane.layers = std::max(2, int(std::lround(s.slab.mm / step)) + 1);
    plane.layer_step = a.normal * (s.slab.mm / (plane.layers - 1));
    plane.corner -= 0.5 * s.slab.mm * a.normal;
    plane.mode = s.slab.mode;
  }
  return sample_slice(*s.volume, plane, s.wl);
}

const std::vector<Outline>& SliceScene::outlines() const {
  Impl& s = *impl_;
  if (!s.contours_valid) {
    s.tiles.set(s.labels, s.axes(), s.position);
    s.contours = s.tiles.all();
    s.contours_valid = true;
    s.outlines_valid = false;
  }
  if (s.outlines_valid) return s.outlines;
  s.outlines.clear();
  const float scale = float(1.0 / s.mm_per_pixel);
  const float u0 = float(s.center_u - 0.5 * s.width * s.mm_per_pixel), v0 = float(s.center_v - 0.5 * s.height * s.mm_per_pixel);
  for (const LabelContour& c : s.contours) {
    if (s.hidden.contains(c.label)) continue;
    Outline o;
    o.label = c.label;
    for (const auto& info : s.labels->labels) {
      if (info.value == c.label) o.color = info.color;
    }
    o.segments.reserve(c.segments.size());
    for (const auto& g : c.segments) o.segments.push_back({(g[0] - u0) * scale, (g[1] - v0) * scale, (g[2] - u0) * scale, (g[3] - v0) * scale});
    s.outlines.push_back(std::move(o));
  }
  s.outlines_valid = true;
  return s.outlines;
}

core::Result<void> SliceScene::save_png(const std::filesystem::path& path, int width, int height) {
  if (width < 16 || height < 16 || width > 16384 || height > 16384) {
    return core::wrong_usage("The picture size must lie between 16 and 16384 pixels (other sizes cannot be drawn). Choose such a size.");
  }
  const int old_width = impl_->width, old_height = impl_->height;
  set_size(width, height);
  RgbaImage picture = image();
  draw_outlines(picture, {0, 0}, outlines(), 1.2, 0.95);
  constexpr core::Color amber{0xf2, 0xb8, 0x4b}, text{0xe6, 0xeb, 0xf0};
  for (const CrossLine& line : cross_lines()) {
    const double far = std::hypot(width, height);
    draw_line(picture, line.at[0] - far * line.direction[0], line.at[1] - far * line.direction[1], line.at[0] + far * line.direction[0],
              line.at[1] + far * line.direction[1], line.color, 1, 0.6);
  }
  const EdgeLetters l = letters();
  const int size = std::clamp(height / 28, 10, 24);
  draw_text(picture, l.left, 6, 0.5 * height, TextAnchor::left_middle, size, true, amber);
  draw_text(picture, l.right, width - 6, 0.5 * height, TextAnchor::right_middle, size, true, amber);
  draw_text(picture, l.top, 0.5 * width, 6, TextAnchor::center_top, size, true, amber);
  draw_text(picture, l.bottom, 0.5 * width, height - 6, TextAnchor::center_bottom, size, true, amber);
  draw_text(picture, caption() + (mirrored() ? " · MIRRORED" : ""), 8, 6, TextAnchor::left_top, size, false, text);
  set_size(old_width, old_height);
  return write_png(path, picture);
}

}  // namespace ot::viewer
