// SPDX-License-Identifier: GPL-3.0-or-later
// What the muscle is painted with: fields of the tissue, of a result, of a map, and those that change with time.
#include <algorithm>
#include <cmath>

#include "app/gui/electrophysiology/phi_show.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/present/playback.hpp"
#include "app/present/views.hpp"

namespace ot::gui {

Display HeartPane::display() const {
  const Display chosen = workspace_.display();
  if (!workspace_.comparing() || !workspace_.showing_difference() || chosen == Display::repolarisation) return chosen;
  return Display::activation;
}

const HeartDraft* HeartPane::heart_drafted() const {
  const auto* draft = workspace_.heart_draft();
  return draft && draft->plan == plan() && scene_vessel_.isEmpty() ? draft : nullptr;
}

void HeartPane::refresh_heart_draft() {
  if (!scene_vessel_.isEmpty()) return;
  if (workspace_.shown_result(plan()).result != shown_.result) refresh_result();
  else refresh_badge();
  refresh_marks();
}

core::Vec3 HeartPane::mark_at(const twin::InterventionSpec& spec, const core::Vec3& place) const {
  const auto drawn = present::lesion_points(spec, wall_);
  if (drawn.empty()) return place;
  return *std::min_element(drawn.begin(), drawn.end(), [&](const auto& a, const auto& b) { return (a - place).squaredNorm() < (b - place).squaredNorm(); });
}

void HeartPane::show_heart_field() {
  auto& scene = view_->scene();
  const auto* heart = workspace_.heart();
  if (!heart || !heart->baseline.mesh) return;
  scene.set_vision(workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal);
  const std::size_t nodes = heart->baseline.mesh->nodes.size();
  const Display display = this->display();
  if (map_lines_shown_ && !(display == Display::ea_map && workspace_.shown_map() && !workspace_.shown_map()->lines.empty())) {
    map_lines_shown_ = false;
    scene.set_highlight(std::nullopt);
  }
  if (display == Display::tissue) {
    viewer::FieldStyle style;
    style.palette = viewer::Palette::wall_shear;
    style.lo = 0;
    style.hi = 3;
    style.step = 1;
    style.title = "healthy, border, scar";
    style.isolines = false;
    scene.show_field(tissue_, style);
    return;
  }
  if (display == Display::thickness) {
    const auto& mm = workspace_.wall_thickness();
    if (!mm || mm->size() != nodes) {   // being measured
      scene.clear_field();
      return;
    }
    viewer::FieldStyle style;
    style.palette = viewer::Palette::activation;   // thin red, thick blue, as voltage maps have it
    style.lo = 0;
    style.hi = 12;   // upper end of a normal wall, mm
    style.step = 1;
    style.title = "LV wall";
    style.unit = "mm";
    style.isolines = false;
    style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
    scene.show_field(*mm, style);
    return;
  }
  if (display == Display::ea_map) {
    const auto& map = workspace_.shown_map();
    if (!map || map->values.size() != nodes) {
      scene.clear_field();
      return;
    }
    viewer::FieldStyle style;
    style.palette = map->kind == 3 ? viewer::Palette::phase : map->kind == 2 ? viewer::Palette::difference : viewer::Palette::activation;   // low voltage red, as mapping systems have it
    style.lo = map->lo;
    style.hi = map->hi;
    style.step = map->step;
    style.title = map->title.toStdString();
    style.unit = map->unit.toStdString();
    style.isolines = map->kind == 0;
    style.decimals = map->step < 1 && map->kind != 3 ? 1 : 0;
    style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
    scene.show_field(map->values, style);
    if (!map->lines.empty()) {
      viewer::Scene3D::Highlight filaments;
      filaments.lines = map->lines;
      filaments.color = {0xff, 0xff, 0xff};
      filaments.over = true;
      scene.set_highlight(std::move(filaments));
      map_lines_shown_ = true;
    }
    return;
  }
  const auto electro = shown_.result ? shown_.result->electro : nullptr;
  if (!electro || display == Display::plain || display == Display::voltage || display == Display::extracellular) {   // those over time: refresh_time
    scene.clear_field();
    return;
  }
  const bool lat = display == Display::activation;
  const std::vector<float>& values = lat ? electro->activation_ms : electro->repolarisation_ms;
  if (values.size() != nodes) {
    scene.clear_field();
    return;
  }
  // One scale for every plan on screen, so that colours compare.
  auto range = present::finite_range(values);
  for (const int plan : {0, workspace_.session().active_plan(), workspace_.compare_left(), workspace_.compare_right()}) {
    const auto other = workspace_.shown_result(plan).result;
    if (!other || !other->electro) continue;
    const auto r = present::finite_range(lat ? other->electro->activation_ms : other->electro->repolarisation_ms);
    range = {std::min(range[0], r[0]), std::max(range[1], r[1])};
  }
  const double step = lat ? std::max(5.0, present::band_step(range[1] - range[0], 14)) : present::band_step(range[1] - range[0], 12);
  const double lo = std::floor(range[0] / step) * step, hi = std::ceil(range[1] / step) * step;
  if (lat) {
    scene.show_activation(values, lo, hi, step);
  } else {
    auto style = viewer::activation_style(lo, hi, step);
    style.title = "Repol.";
    scene.show_field(values, style);
  }
}

void HeartPane::refresh_time() {
  if (!scene_vessel_.isEmpty() && !instead_ && minus_ < 0 && isVisible()) {
    const auto data = workspace_.data();
    const auto* vessel = data->twin ? data->twin->find_vessel(scene_vessel_.toStdString()) : nullptr;
    const auto* result = vessel && shown_.result ? present::find_vessel_result(*shown_.result, vessel->key) : nullptr;
    if (result && !drafted()) show_instant(*vessel, *result);
    return;
  }
  const auto* heart = workspace_.heart();
  if (!heart || instead_ || !scene_vessel_.isEmpty() || minus_ >= 0 || !isVisible()) return;
  if (display() == Display::extracellular) return show_extracellular();
  if (display() != Display::voltage) return;
  const auto& live = workspace_.live_frame();
  std::shared_ptr<const std::vector<float>> voltage;
  if (live && live->v_mV && plan() == workspace_.live_plan()) {
    voltage = live->v_mV;
  } else if (shown_.result && shown_.result->electro) {
    const auto& frames = shown_.result->electro->frames;
    const int at = present::nearest_frame(frames, workspace_.playback().time_ms());
    if (at >= 0) voltage = frames[std::size_t(at)].v_mV;
  }
  if (!voltage || voltage == shown_frame_ || voltage->size() != heart->baseline.mesh->nodes.size()) return;
  shown_frame_ = voltage;
  view_->scene().show_voltage(*voltage);
}

void HeartPane::show_extracellular() {
  const auto mv = phi_->at(workspace_.playback().time_ms());
  if (!mv || mv == shown_frame_ || mv->size() != workspace_.heart()->baseline.mesh->nodes.size()) return;
  shown_frame_ = mv;
  viewer::FieldStyle style;
  style.palette = viewer::Palette::difference;
  style.lo = -phi_->range_mV();
  style.hi = phi_->range_mV();
  style.title = "Extracellular";
  style.unit = "mV";
  style.isolines = false;
  style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  view_->scene().show_field(*mv, style);
}

}  // namespace ot::gui
