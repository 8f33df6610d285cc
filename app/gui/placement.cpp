// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/placement.hpp"

#include <algorithm>
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "app/present/devices.hpp"
#include "app/present/numbers.hpp"
#include "solvers/interventions/geometry/wall_line.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::gui {
namespace {

constexpr double close_ring_mm = 6;      // a click this near to the first point closes the ring
constexpr double same_point_mm = 0.3;    // the second click of a double click
constexpr double default_segment_mm = 18;   // a common stent length; the slider changes it
constexpr double landing_mm = 3;            // of healthy vessel on either side of a narrowing that is removed

// The vessel on screen and where on its centreline the point lies; null when it has none there, which is then said.
const twin::VesselModel* vessel_at(Workspace& workspace, const session::CaseData& data, const core::Vec3& point, int& branch, double& arc_mm) {
  const auto* vessel = data.twin ? data.twin->find_vessel(workspace.shown_vessel().toStdString()) : nullptr;
  double distance = 0;
  if (vessel && vessel->network && vessel->network->locate(point, branch, arc_mm, distance)) return vessel;
  workspace.say(Tone::info, "Click the vessel itself: there is no centreline here.");
  return nullptr;
}

}  // namespace

std::string kind_of(Tool tool) {
  switch (tool) {
    case Tool::lesion_point:
    case Tool::lesion_line:
    case Tool::lesion_ring: return "ablation";
    case Tool::pacing: return "pacing";
    case Tool::stent: return "stent";
    case Tool::tapered_stent: return "tapered_stent";
    case Tool::balloon: return "angioplasty";
    case Tool::ideal_lumen: return "ideal_lumen";
    case Tool::bypass: return "bypass";
    case Tool::stenosis: return "stenosis";
    case Tool::none:
    case Tool::caps:
    case Tool::probe:
    case Tool::flow_probe:
    case Tool::vessel_end:
    case Tool::measure: break;
  }
  return {};
}

QString hint_of(Tool tool) {
  switch (tool) {
    case Tool::lesion_point: return "Click the wall where the lesion shall be. Esc leaves.";
    case Tool::lesion_line: return "Draw the line with the button held down, or click points; Enter or double click ends it. Esc leaves.";
    case Tool::lesion_ring: return "Draw around the patch with the button held down, or click points; the first one again, or Enter, closes the ring.";
    case Tool::pacing: return "Click the wall where the pacing electrode shall sit. Esc leaves.";
    case Tool::stent:
    case Tool::tapered_stent: return "Click the vessel where the middle of the stent shall be. Esc leaves.";
    case Tool::balloon: return "Click the vessel where the middle of the balloon shall be. Esc leaves.";
    case Tool::ideal_lumen: return "Click the narrowing that shall be removed; it is taken with its whole length. Esc leaves.";
    case Tool::bypass: return "Click the healthy vessel upstream of the lesion, then the vessel beyond it. Esc leaves.";
    case Tool::vessel_end: return "Click the vessel where it shall end, or an end to change it. Esc leaves.";
    case Tool::stenosis: return "Click the vessel where the narrowing shall be. Esc leaves.";
    case Tool::measure: return "Click two points; the distance is shown. Esc leaves.";
    case Tool::flow_probe: return "Click the vessel where pressure and flow shall be read; the probe goes to its middle. Esc leaves.";
    case Tool::probe: return "Click the wall where the electrogram shall be recorded. Esc leaves.";
    case Tool::caps:
    case Tool::none: break;
  }
  return {};
}

Placement::Placement(Workspace& workspace, HeartPane& pane, QObject* parent) : QObject(parent), workspace_(workspace), pane_(pane) {
  connect(&workspace, &Workspace::tool_changed, this, &Placement::on_tool);
  connect(&workspace, &Workspace::case_replaced, this, [this] { workspace_.set_tool(Tool::none); });
  // A tool that the picture no longer shows a place for is put down, so that the next click does not place something unawares.
  connect(&workspace, &Workspace::compare_changed, this, [this] {
    if (workspace_.comparing() && (workspace_.tool() == Tool::probe || workspace_.tool() == Tool::flow_probe || !kind_of(workspace_.tool()).empty())) workspace_.set_tool(Tool::none);
  });
  connect(&workspace, &Workspace::vessel_changed, this, [this] {
    const std::string kind = kind_of(workspace_.tool());
    if ((!kind.empty() && present::on_vessel(kind) == workspace_.shown_vessel().isEmpty()) || (workspace_.tool() == Tool::probe && !workspace_.shown_vessel().isEmpty()) || (workspace_.tool() == Tool::flow_probe && workspace_.shown_vessel().isEmpty())) workspace_.set_tool(Tool::none);
  });
  connect(&pane, &HeartPane::picked, this, &Placement::on_picked);
  connect(&pane, &HeartPane::clicked, this, &Placement::on_clicked);
  connect(&pane, &HeartPane::double_clicked, this, [this] {
    if (collecting()) finish();
  });
  connect(&pane, &HeartPane::pick_cancelled, this, &Placement::cancel);
  auto& view = pane.view();
  view.set_draw([this](const viewer::Pick& pick) { return begin_stroke(pick); });
  connect(&view, &viewer::View3D::grab_moved, this, [this](double x, double y) {
    if (stroke_.empty()) return;
    const auto wall = pane_.view().scene().pick(x, y, viewer::PickOf::tissue);
    if (!wall) return;
    stroke_.push_back(wall->point);
    auto shown = points_;
    const auto line = stroke_line();
    shown.insert(shown.end(), line.begin(), line.end());
    pane_.set_points_in_progress(std::move(shown));
  });
  connect(&view, &viewer::View3D::grab_ended, this, &Placement::end_stroke);
}

core::ParamSet& Placement::defaults_of(const std::string& kind) {
  const auto known = defaults_.find(kind);
  if (known != defaults_.end()) return known->second;
  core::ParamSet set;
  if (const auto* k = twin::find_intervention(kind)) set = k->schema.defaults();
  return defaults_.emplace(kind, std::move(set)).first->second;
}

void Placement::on_tool() {
  points_.clear();
  pane_.set_points_in_progress({});
  const Tool tool = workspace_.tool();
  const std::string kind = kind_of(tool);
  const auto data = workspace_.data();
  const bool on_vessel = present::on_vessel(kind);
  if (on_vessel && data->twin && !data->twin->vessels.empty() && workspace_.shown_vessel().isEmpty()) {
    // A coronary with a narrowing is what a stent is for; else the first vessel.
    const auto& vessels = data->twin->vessels;
    const auto best = std::find_if(vessels.begin(), vessels.end(), [](const auto& v) { return v->report_ffr; });
    workspace_.set_shown_vessel(QString::fromStdString((best == vessels.end() ? vessels.front() : *best)->key));
  } else if (!kind.empty() && !on_vessel && workspace_.heart()) {
    workspace_.set_shown_vessel({});
  }
  double preview = 0;
  if (!kind.empty() && defaults_of(kind).has("radius_mm")) preview = defaults_of(kind).number("radius_mm");
  pane_.view().set_pick_mode(tool != Tool::none, preview, hint_of(tool));
  emit hint_changed(hint_of(tool));
}

void Placement::on_clicked(const viewer::Pick& pick) {
  const QString key = QString::fromStdString(pick.object_key);
  const int colon = key.indexOf(':');
  if (key.startsWith("cap:") || key.startsWith("electrode:") || key.startsWith("probe:")) return;   // their panels listen
  if (colon > 0) {
    workspace_.set_selection(key.mid(colon + 1));
    workspace_.request_stage(4);
    return;
  }
  workspace_.set_crosshair(pick.point);
  const auto* heart = workspace_.heart();
  if (key == "tissue" && heart && pick.node >= 0 && std::size_t(pick.node) < heart->aha_segment.size()) {
    const int segment = heart->aha_segment[std::size_t(pick.node)];
    if (segment != workspace_.segment()) workspace_.set_segment(segment);
  }
}

void Placement::on_picked(const viewer::Pick& pick) {
  switch (workspace_.tool()) {
    case Tool::none:
    case Tool::caps: workspace_.set_crosshair(pick.point); break;
    case Tool::probe:
    case Tool::flow_probe:
    case Tool::vessel_end: break;   // their panels listen
    case Tool::measure: measure(pick); break;
    case Tool::bypass: place_graft(pick); break;
    default: present::on_vessel(kind_of(workspace_.tool())) ? place_on_vessel(pick, kind_of(workspace_.tool())) : place_on_wall(pick); break;
  }
}

std::optional<core::Vec3> Placement::wall_under(const viewer::Pick& pick) const {
  if (pick.object_key == "tissue") return pick.point;
  const QString key = QString::fromStdString(pick.object_key);
  if (!key.startsWith("lesion:") && !key.startsWith("pacing:")) return std::nullopt;
  const auto& scene = pane_.view().scene();
  const auto at = scene.project(pick.point);
  const auto wall = at ? scene.pick((*at)[0], (*at)[1], viewer::PickOf::tissue) : std::nullopt;
  if (!wall) return std::nullopt;
  return wall->point;
}

void Placement::place_on_wall(const viewer::Pick& pick) {
  const auto wall = wall_under(pick);
  if (!wall) {
    workspace_.say(Tone::info, "That is not heart muscle. Click the coloured wall; hide what is in front of it with the eye in Anatomy.");
    return;
  }
  const Tool tool = workspace_.tool();
  if (tool == Tool::lesion_line || tool == Tool::lesion_ring) {
    if (!points_.empty() && (*wall - points_.back()).norm() < same_point_mm) {
      finish();
      return;
    }
    if (tool == Tool::lesion_ring && points_.size() >= 3 && (*wall - points_.front()).norm() < close_ring_mm) {
      finish();
      return;
    }
    points_.push_back(*wall);
    pane_.set_points_in_progress(points_);
    emit hint_changed(QStringLiteral("%1 points. Enter or double click ends, Esc starts over.").arg(points_.size()));
    return;
  }
  twin::InterventionSpec spec;
  spec.kind = kind_of(tool);
  spec.placement.kind = twin::Placement::Kind::point;
  spec.placement.points_mm = {*wall};
  spec.params = defaults_of(spec.kind);
  if (workspace_.add_intervention(std::move(spec))) done();
}

bool Placement::begin_stroke(const viewer::Pick& pick) {
  const Tool tool = workspace_.tool();
  stroke_.clear();
  if (tool != Tool::lesion_line && tool != Tool::lesion_ring) return false;
  const auto wall = wall_under(pick);
  if (wall) stroke_ = {*wall};
  return wall.has_value();
}

std::vector<core::Vec3> Placement::stroke_line() {
  return interventions::thinned_line(stroke_, defaults_of("ablation").number("spacing_mm"), workspace_.tool() == Tool::lesion_ring);
}

void Placement::end_stroke(bool kept) {
  const auto line = stroke_line();
  const bool drawn = stroke_.size() > 1;   // else it was a click, which picks
  stroke_.clear();
  if (!drawn) return;
  if (kept) {
    points_.insert(points_.end(), line.begin(), line.end());
    finish();
  }
  pane_.set_points_in_progress(points_);
}

void Placement::finish() {
  const Tool tool = workspace_.tool();
  if (tool != Tool::lesion_line && tool != Tool::lesion_ring) return;
  const bool ring = tool == Tool::lesion_ring;
  if (points_.size() < (ring ? 3u : 2u)) {
    workspace_.say(Tone::info, ring ? "A ring needs at least three points. Click more points on the wall."
                                    : "A line needs at least two points. Click more points on the wall.");
    return;
  }
  twin::InterventionSpec spec;
  spec.kind = "ablation";
  spec.placement.kind = twin::Placement::Kind::polyline;
  spec.placement.points_mm = points_;
  spec.params = defaults_of(spec.kind);
  if (spec.params.has("closed")) spec.params.set("closed", ring);
  if (workspace_.add_intervention(std::move(spec))) done();
}

void Placement::place_on_vessel(const viewer::Pick& pick, const std::string& kind) {
  const auto data = workspace_.data();
  int branch = 0;
  double arc = 0;
  const auto* vessel = vessel_at(workspace_, *data, pick.point, branch, arc);
  if (!vessel) return;
  const double whole = vessel->network->branches[std::size_t(branch)].length();
  twin::InterventionSpec spec;
  spec.kind = kind;
  spec.params = defaults_of(kind);
  spec.placement.kind = twin::Placement::Kind::segment;
  spec.placement.vessel = vessel->key;
  spec.placement.branch = branch;
  spec.placement.length_mm = std::min(default_segment_mm, whole * 0.8);
  spec.placement.start_mm = std::clamp(arc - spec.placement.length_mm / 2, 0.0, whole - spec.placement.length_mm);
  if (kind == "ideal_lumen") {
    // A narrowing that was clicked is removed as a whole, with a little of the healthy vessel on both sides.
    for (const auto& s : vessel->stenoses)
      if (s.branch == branch && arc > s.start_mm - landing_mm && arc < s.end_mm + landing_mm) {
        spec.placement.start_mm = std::max(0.0, s.start_mm - landing_mm);
        spec.placement.length_mm = std::min(whole, s.end_mm + landing_mm) - spec.placement.start_mm;
      }
  }
  // A device of the size of the healthy vessel on both sides, unless the person has set a size.
  const auto* k = twin::find_intervention(kind);
  if (k && spec.params.has("diameter_mm") && spec.params == k->schema.defaults()) {
    const auto& limits = *k->schema.find("diameter_mm");
    const double end = spec.placement.start_mm + spec.placement.length_mm;
    const double proximal = vessel->network->radius_at(branch, spec.placement.start_mm), distal = vessel->network->radius_at(branch, end);
    const auto size = [&](double radius) { return std::clamp(std::round(20 * radius) / 10, limits.min, limits.max); };
    if (spec.params.has("distal_diameter_mm")) {   // a tapered one follows the vessel
      spec.params.set("diameter_mm", size(proximal));
      spec.params.set("distal_diameter_mm", size(distal));
    } else {
      spec.params.set("diameter_mm", size(std::max(proximal, distal)));
    }
  }
  if (workspace_.add_intervention(std::move(spec))) done();
}

void Placement::place_graft(const viewer::Pick& pick) {
  const auto data = workspace_.data();
  int branch = 0;
  double arc = 0;
  const auto* vessel = vessel_at(workspace_, *data, pick.point, branch, arc);
  if (!vessel) return;
  if (!points_.empty() && (pick.point - points_.back()).norm() < same_point_mm) return;
  points_.push_back(pick.point);
  if (points_.size() < 2) {
    pane_.set_points_in_progress(points_);
    emit hint_changed("Now click the vessel beyond the lesion, where the graft shall end. Esc starts over.");
    return;
  }
  twin::InterventionSpec spec;
  spec.kind = "bypass";
  spec.params = defaults_of(spec.kind);
  auto& place = spec.placement;
  place.kind = twin::Placement::Kind::bridge;
  place.vessel = vessel->key;
  place.to_branch = branch, place.to_mm = arc;
  double distance = 0;
  vessel->network->locate(points_.front(), place.branch, place.start_mm, distance);
  present::upstream_first(*vessel->network, place);   // where neither is, the kind says so
  if (const auto* k = twin::find_intervention(spec.kind); k && spec.params == k->schema.defaults()) {
    // As wide as the narrower of the two places, to the tenth below, unless the person has set a size.
    const auto& limits = *k->schema.find("diameter_mm");
    const double narrower = 2 * std::min(vessel->network->radius_at(place.branch, place.start_mm), vessel->network->radius_at(place.to_branch, place.to_mm));
    spec.params.set("diameter_mm", std::clamp(std::floor(10 * narrower) / 10, limits.min, spec.params.number("diameter_mm")));
  }
  if (workspace_.add_intervention(std::move(spec))) {
    done();
    return;
  }
  cancel();   // refused in words: both places are asked for again
}

void Placement::measure(const viewer::Pick& pick) {
  points_.push_back(pick.point);
  pane_.set_points_in_progress(points_);
  if (points_.size() < 2) return;
  workspace_.say(Tone::info, QStringLiteral("Straight distance %1 mm.").arg(present::show_number((points_[1] - points_[0]).norm())));
  points_.clear();
  pane_.set_points_in_progress({});
}

void Placement::done() {
  points_.clear();
  pane_.set_points_in_progress({});
  workspace_.set_tool(Tool::none);
}

void Placement::cancel() {
  if (!points_.empty()) {
    points_.clear();
    pane_.set_points_in_progress({});
    emit hint_changed(hint_of(workspace_.tool()));
    return;
  }
  workspace_.set_tool(Tool::none);
}

}  // namespace ot::gui
