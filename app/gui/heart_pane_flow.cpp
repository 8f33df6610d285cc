// SPDX-License-Identifier: GPL-3.0-or-later
// What a HeartPane shows of a vessel: the painted lumen, devices on it, and a device that is being dragged.
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "app/present/devices.hpp"
#include "app/present/playback.hpp"

namespace ot::gui {

const FlowDraft* HeartPane::drafted() const {
  const auto* draft = workspace_.flow_draft();
  return draft && draft->plan == plan() && QString::fromStdString(draft->spec.placement.vessel) == scene_vessel_ ? draft : nullptr;
}

void HeartPane::refresh_draft() {
  if (scene_vessel_.isEmpty()) return;
  const auto* draft = drafted();
  if (!draft || draft->answer) show_vessel();
  refresh_marks();
  refresh_badge();
}

QString HeartPane::flow_difference() const {
  const auto fast = workspace_.session().result(plan(), core::Mode::fast);
  if (!fast || !shown_.result) return {};
  const std::string key = scene_vessel_.toStdString();
  const double ffr = present::quantity_of(*shown_.result, key + "_ffr") - present::quantity_of(*fast, key + "_ffr");
  if (std::isfinite(ffr)) return QStringLiteral("FFR %1%2 to FAST").arg(ffr < 0 ? QChar(0x2212) : QChar('+')).arg(std::abs(ffr), 0, 'f', 2);
  const double drop = present::quantity_of(*shown_.result, key + "_pressure_drop_mmhg") - present::quantity_of(*fast, key + "_pressure_drop_mmhg");
  if (!std::isfinite(drop)) return {};
  return QStringLiteral("drop %1%2 mmHg to FAST").arg(drop < 0 ? QChar(0x2212) : QChar('+')).arg(std::abs(drop), 0, 'f', 1);
}

std::pair<std::shared_ptr<const twin::RunResult>, std::shared_ptr<const twin::RunResult>> HeartPane::compared() const {
  // FULL less FULL or FAST less FAST: the difference of the two models is not that of the plans.
  const auto& session = workspace_.session();
  const auto full = [&](int plan) { return scene_vessel_.isEmpty() ? session.result(plan, core::Mode::full) : workspace_.vessel_full(plan, scene_vessel_); };
  if (const auto a = full(plan()), b = full(minus_); a && b) return {a, b};
  if (const auto a = session.result(plan(), core::Mode::fast), b = session.result(minus_, core::Mode::fast); a && b) return {a, b};
  return {};
}

void HeartPane::show_heart_difference() {
  auto& scene = view_->scene();
  scene.clear_field();
  const auto [one, other] = compared();
  const auto* heart = workspace_.heart();
  if (!one || !other || !one->electro || !other->electro || !heart) return;
  const bool repolarisation = workspace_.display() == Display::repolarisation;
  const auto& a = repolarisation ? one->electro->repolarisation_ms : one->electro->activation_ms;
  const auto& b = repolarisation ? other->electro->repolarisation_ms : other->electro->activation_ms;
  if (a.size() != b.size() || a.size() != heart->baseline.mesh->nodes.size()) return;
  std::vector<float> values(a.size());
  double most = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    values[n] = a[n] - b[n];
    if (std::isfinite(values[n])) most = std::max(most, std::abs(double(values[n])));
  }
  constexpr double least_ms = 5;   // a scale below that would paint rounding
  scene.show_field(values, difference_style(std::max(most, least_ms), repolarisation ? "Repol. difference" : "LAT difference", "ms"));
}

void HeartPane::show_vessel_difference() {
  auto& scene = view_->scene();
  const auto data = workspace_.data();
  const auto* model = data->twin ? data->twin->find_vessel(scene_vessel_.toStdString()) : nullptr;
  if (!model) return;
  viewer::VesselItem item;
  item.key = model->key;
  item.name = model->name;
  item.surface = model->lumen;
  const auto [one, other] = compared();
  const auto* a = one ? present::find_vessel_result(*one, model->key) : nullptr;
  const auto* b = other ? present::find_vessel_result(*other, model->key) : nullptr;
  const bool shear = workspace_.vessel_display() == VesselDisplay::wall_shear;
  if (a && b && a->lumen) {
    if (arcs_of_ != model->lumen && model->lumen && model->network) {
      arcs_ = present::lumen_arcs(*model->lumen, *model->network);
      arcs_of_ = model->lumen;
    }
    const auto paint = present::paint_difference(*model, *a, *b, shear ? present::LumenQuantity::wall_shear : present::LumenQuantity::pressure, &arcs_);
    constexpr double least_ffr = 0.05, least_mmhg = 2, least_pa = 1;   // a scale below that would paint rounding
    const double most = std::max({std::abs(paint.lo), std::abs(paint.hi), paint.ffr ? least_ffr : shear ? least_pa : least_mmhg});
    item.surface = a->lumen;
    item.values = paint.values;
    item.style = difference_style(most, paint.ffr ? "FFR difference" : shear ? (paint.developed ? "Wall shear difference, developed flow" : "Wall shear difference, mean round the wall") : "Pressure difference", paint.ffr ? "" : shear ? "Pa" : "mmHg");
  }
  scene.set_vessel(std::move(item));
}

viewer::FieldStyle HeartPane::difference_style(double most, const char* title, const char* unit) const {
  viewer::FieldStyle style;
  style.palette = viewer::Palette::difference;
  style.step = present::band_step(2 * most);
  style.hi = (std::ceil(most / style.step - 0.5) + 0.5) * style.step;   // zero lies in the middle of a band: no difference has one colour
  style.lo = -style.hi;
  style.title = title;
  style.unit = unit;
  style.decimals = style.step < 0.1 ? 2 : style.step < 1 ? 1 : 0;
  style.isolines = false;
  style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  return style;
}

bool HeartPane::show_instant(const twin::VesselModel& model, const twin::VesselResult& result) {
  const bool shear = workspace_.vessel_display() == VesselDisplay::shear_beat;
  if ((!shear && workspace_.vessel_display() != VesselDisplay::pressure_beat) || !result.mesh || result.flow->beat.empty()) return false;
  const double cycle_s = result.flow->beat.back().t_s;
  const int frame = present::nearest_beat_frame(result.flow->beat, std::fmod(1e-3 * workspace_.playback().time_ms(), cycle_s));
  if (frame == beat_frame_) return true;   // it is on screen
  beat_frame_ = frame;
  const auto paint = present::paint_instant(result, shear, frame);
  viewer::FieldStyle style;
  style.isolines = false;
  style.title = present::at_instant(shear ? "Wall shear" : "Pressure", paint.t_s);
  style.unit = shear ? "Pa" : "mmHg";
  style.palette = shear ? viewer::Palette::wall_shear : viewer::Palette::pressure;
  style.step = shear ? 1 : present::band_step(paint.hi - paint.lo);
  style.lo = shear ? 0 : std::floor(paint.lo / style.step) * style.step;
  style.hi = shear ? 10 : std::max(style.lo + style.step, std::ceil(paint.hi / style.step) * style.step);
  style.decimals = style.step < 1 ? 1 : 0;
  style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  view_->scene().set_vessel(model.key, result.mesh, paint.values, style);
  return true;
}

void HeartPane::show_vessel() {
  auto& scene = view_->scene();
  const auto data = workspace_.data();
  const auto* model = data->twin ? data->twin->find_vessel(scene_vessel_.toStdString()) : nullptr;
  if (!model) return;
  const auto* result = shown_.result ? present::find_vessel_result(*shown_.result, model->key) : nullptr;
  if (const auto* draft = drafted(); draft && draft->answer && draft->answer->vessel()) result = draft->answer->vessel();
  viewer::VesselItem item;
  item.key = model->key;
  item.name = model->name;
  item.surface = model->lumen;
  const VesselDisplay as = workspace_.vessel_display();
  const bool streams = as == VesselDisplay::streams || as == VesselDisplay::lines || as == VesselDisplay::slice;   // StreamShow draws inside
  if (!result || streams) {
    constexpr double glass = 0.28;   // the blood shows through the lumen
    if (streams) item.opacity = glass;
    if (result && result->lumen) item.surface = result->lumen;
    scene.set_vessel(std::move(item));
    return;
  }
  if (arcs_of_ != model->lumen && model->lumen && model->network) {
    arcs_ = present::lumen_arcs(*model->lumen, *model->network);
    arcs_of_ = model->lumen;
  }
  beat_frame_ = -1;
  if (show_instant(*model, *result)) return;
  const VesselDisplay display = workspace_.vessel_display();
  const bool shear = display == VesselDisplay::wall_shear || display == VesselDisplay::shear_beat, osi = display == VesselDisplay::osi, rrt = display == VesselDisplay::rrt;
  const auto paint = present::paint_vessel(*model, *result, osi ? present::LumenQuantity::osi : rrt ? present::LumenQuantity::rrt : shear ? present::LumenQuantity::wall_shear : present::LumenQuantity::pressure, &arcs_);
  const char* over_beat = paint.beat_mean ? ", mean over the beat" : "";
  viewer::FieldStyle style;
  if (osi || rrt) {
    // OSI lies in 0 to 0.5; above 0.1 the flow is disturbed. RRT is 1 / |mean shear|: 2.5 1/Pa stands for 0.4 Pa, below which atheroma grows (Malek 1999).
    if (paint.values.empty()) {
      item.surface = result->lumen;
      scene.set_vessel(std::move(item));
      return;
    }
    style.palette = viewer::Palette::wall_shear;
    style.lo = 0;
    style.hi = osi ? 0.5 : 5;
    style.step = osi ? 0.05 : 0.5;
    style.decimals = osi ? 2 : 1;
    style.title = osi ? "Oscillatory shear index over the beat (0 to 0.5)" : "Relative residence time over the beat";
    style.unit = osi ? "" : "1/Pa";
    style.isolines = false;
  } else if (paint.ffr) {
    style = viewer::ffr_style();
    style.title += over_beat;
  } else if (shear) {
    // Below 1 Pa is where atheroma grows, above about 7 Pa is high (Malek, Alper, Izumo, JAMA 282 (1999) 2035): both lie inside this scale.
    style.palette = viewer::Palette::wall_shear;
    style.lo = 0;
    style.hi = 10;
    style.step = 1;
    style.title = (paint.on_mesh ? "Wall shear of the 3D flow" : "Wall shear of developed flow") + std::string(over_beat);
    style.unit = "Pa";
    style.isolines = false;
  } else {
    const double step = present::band_step(paint.hi - paint.lo);
    style.palette = viewer::Palette::pressure;
    style.lo = std::floor(paint.lo / step) * step;
    style.hi = std::max(style.lo + step, std::ceil(paint.hi / step) * step);
    style.step = step;
    style.title = "Pressure of the blood" + std::string(over_beat);
    style.unit = "mmHg";
    style.decimals = step < 1 ? 1 : 0;
    style.isolines = false;
  }
  style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  if (paint.on_mesh) {
    scene.set_vessel(model->key, result->mesh, paint.values, style);
    return;
  }
  item.surface = result->lumen;
  item.values = paint.values;
  item.style = style;
  scene.set_vessel(std::move(item));
}

void HeartPane::show_instead(std::optional<viewer::VesselItem> item) {
  const bool begins = item && !instead_;
  instead_ = std::move(item);
  refresh_case();
  if (!instead_) return;
  view_->set_mode_badge(std::nullopt, {});
  view_->set_stale(false);
  view_->set_note(QStringLiteral("closed vessel, before it is cut"));
  view_->set_empty({});
  empty_says_.clear();
  place_overlays();
  if (begins) view_->scene().fit();
}

void HeartPane::refresh_marks() {
  if (instead_) return;
  auto& scene = view_->scene();
  const auto data = workspace_.data();
  std::vector<viewer::LesionMark> lesions;
  std::vector<viewer::PaceMark> pacing;
  std::vector<viewer::StentMark> stents;
  std::vector<core::VesselNetwork> lines;
  if (plan() < int(data->plans.size()) && data->twin) {
    const auto* draft = drafted();
    const auto* moving = heart_drafted();
    for (const auto& stored : data->plans[std::size_t(plan())].scenario.interventions) {
      const auto& spec = draft && draft->spec.id == stored.id ? draft->spec : moving && moving->spec.id == stored.id ? moving->spec : stored;
      if (!spec.enabled) continue;
      const bool selected = QString::fromStdString(spec.id) == workspace_.selection();
      if (spec.kind == "pacing") {
        if (scene_vessel_.isEmpty())
          for (const auto& x : spec.placement.points_mm) pacing.push_back({spec.id, "", x, selected});
      } else if (spec.placement.kind == twin::Placement::Kind::point || spec.placement.kind == twin::Placement::Kind::polyline) {
        const double radius = spec.params.has("radius_mm") ? spec.params.number("radius_mm") : 3.0;
        if (scene_vessel_.isEmpty()) {
          for (const auto& x : present::lesion_points(spec, wall_)) lesions.push_back({spec.id, x, std::min(radius, 3.0), selected});
          // The point that moves by hand and keys stands out.
          constexpr double bolder_mm = 0.8;
          const auto& points = spec.placement.points_mm;
          if (const int grip = workspace_.grip(); selected && points.size() > 1 && grip >= 0 && grip < int(points.size()))
            lesions.push_back({spec.id, points[std::size_t(grip)], std::min(radius, 3.0) + bolder_mm, true});
        }
      } else if (spec.placement.kind == twin::Placement::Kind::segment && spec.placement.vessel == scene_vessel_.toStdString()) {
        const auto* model = data->twin->find_vessel(spec.placement.vessel);
        const auto* result = shown_.result ? present::find_vessel_result(*shown_.result, spec.placement.vessel) : nullptr;
        const auto network = result && result->network ? result->network : model ? model->network : nullptr;
        if (!network || spec.placement.branch < 0 || spec.placement.branch >= int(network->branches.size())) continue;
        const auto radii = present::device_radii(spec);
        stents.push_back(viewer::stent_on(*network, spec.placement.branch, spec.placement.start_mm, spec.placement.length_mm, radii.proximal_mm, radii.distal_mm, spec.id));
        stents.back().selected = selected;
        stents.back().struts = present::is_metal(spec);
      } else if (spec.placement.kind == twin::Placement::Kind::bridge && spec.placement.vessel == scene_vessel_.toStdString()) {
        const auto* model = data->twin->find_vessel(spec.placement.vessel);
        const auto* result = shown_.result ? present::find_vessel_result(*shown_.result, spec.placement.vessel) : nullptr;
        const auto network = result && result->network ? result->network : model ? model->network : nullptr;
        if (!network) continue;
        auto graft = present::graft_of(*data->twin, *network, spec);
        if (!graft) continue;
        stents.push_back({spec.id, std::move(graft->line.points), std::move(graft->line.radius), selected, false});
      }
    }
    if (!scene_vessel_.isEmpty())
      if (const auto* model = data->twin->find_vessel(scene_vessel_.toStdString()); model && model->network) lines.push_back(*model->network);
  }
  for (const auto& x : in_progress_) lesions.push_back({"new", x, 2.0, true});
  scene.set_lesions(std::move(lesions));
  scene.set_pacing(std::move(pacing));
  scene.set_stents(std::move(stents));
  scene.set_centrelines(lines);
}

}  // namespace ot::gui
