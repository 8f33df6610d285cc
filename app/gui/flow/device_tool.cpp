// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/device_tool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/gui/heart_pane.hpp"
#include "app/gui/views/vessel_pane.hpp"
#include "app/present/devices.hpp"

namespace ot::gui {
namespace {

constexpr double end_share = 0.18;     // of the length at each end that changes the length instead of moving
constexpr double most_end_mm = 3.0;
constexpr double sample_mm = 0.25;     // of the centreline that is compared with the pointer

}  // namespace

DeviceTool::DeviceTool(Workspace& workspace, FlowDrafts& drafts, HeartPane& pane, VesselPane& straight, QObject* parent)
    : QObject(parent), workspace_(workspace), drafts_(drafts), pane_(pane), straight_(straight) {
  auto& view = pane.view();
  connect(&view, &viewer::View3D::grab_moved, this, [this](double x, double y) {
    const auto* draft = workspace_.flow_draft();
    if (!drafts_.dragging() || !draft) return;
    const auto& place = draft->spec.placement;
    const double at = arc_under(x, y) - offset_;
    if (part_ == 0) drafts_.move(at, place.length_mm);
    else if (part_ > 0) drafts_.move(place.start_mm, at - place.start_mm);
    else {
      const double end = place.start_mm + place.length_mm;
      constexpr double shortest_mm = 4;
      const double start = std::clamp(at, 0.0, std::max(0.0, end - shortest_mm));
      drafts_.move(start, end - start);
    }
  });
  const auto ended = [this](bool kept) {
    if (drafts_.dragging()) kept ? drafts_.finish() : drafts_.abandon();
  };
  connect(&view, &viewer::View3D::grab_ended, this, ended);

  auto& curved = straight.view();
  connect(&curved, &viewer::CurvedView::device_taken, this, [this](const QString& id) {
    const auto* path = straight_.path();
    if (!path || !drafts_.begin(id)) return;
    const int branch = workspace_.flow_draft()->spec.placement.branch;
    for (std::size_t b = 0; b < path->branches.size(); ++b)
      if (path->branches[b] == branch) straight_start_ = path->branch_start[b];
  });
  connect(&curved, &viewer::CurvedView::device_moved, this, [this](double start, double length) { drafts_.move(start - straight_start_, length); });
  connect(&curved, &viewer::CurvedView::device_released, this, ended);
  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::selection_changed, &Workspace::flow_draft_changed, &Workspace::vessel_changed, &Workspace::model_changed})
    connect(&workspace, signal, this, &DeviceTool::refresh_straight);
  connect(&straight, &VesselPane::path_chosen, this, &DeviceTool::refresh_straight);
}

Qt::CursorShape DeviceTool::hand_on(const viewer::Pick& pick, bool pressed) {
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (plan <= 0 || plan != pane_.plan() || plan >= int(data->plans.size()) || !data->twin) return Qt::ArrowCursor;
  const auto& scenario = data->plans[std::size_t(plan)].scenario;
  const QString key = QString::fromStdString(pick.object_key);
  const twin::InterventionSpec* spec = nullptr;
  if (key.startsWith("stent:")) {
    spec = scenario.find(key.mid(6).toStdString());
  } else if (const auto* under = data->twin->find_vessel(pick.object_key); under && under->network) {
    // Between the struts one sees the wall: it is the device's as well.
    int branch = 0;
    double arc = 0, distance = 0;
    if (!under->network->locate(pick.point, branch, arc, distance)) return Qt::ArrowCursor;
    for (const auto& s : scenario.interventions)
      if (s.enabled && s.placement.kind == twin::Placement::Kind::segment && s.placement.vessel == under->key && s.placement.branch == branch && arc >= s.placement.start_mm && arc <= s.placement.start_mm + s.placement.length_mm) spec = &s;
  }
  const auto* model = spec ? data->twin->find_vessel(spec->placement.vessel) : nullptr;
  if (!model || !model->network || spec->placement.kind != twin::Placement::Kind::segment) return Qt::ArrowCursor;   // a graft is moved by its numbers
  const QString id = QString::fromStdString(spec->id);
  // Which part of it: by where the place lies along the centreline.
  const auto& place = spec->placement;
  const auto& branch = model->network->branches[std::size_t(place.branch)];
  double arc = 0, nearest = std::numeric_limits<double>::max();
  for (double a = place.start_mm; a <= place.start_mm + place.length_mm; a += sample_mm)
    if (const double d = (model->network->point_at(place.branch, std::min(a, branch.length())) - pick.point).squaredNorm(); d < nearest) nearest = d, arc = a;
  const double end = std::min(most_end_mm, end_share * place.length_mm);
  const int part = arc < place.start_mm + end ? -1 : arc > place.start_mm + place.length_mm - end ? 1 : 0;
  if (pressed) {
    if (!drafts_.begin(id)) return Qt::ArrowCursor;
    part_ = part;
    const auto at = pane_.view().scene().project(pick.point);
    offset_ = (at ? arc_under((*at)[0], (*at)[1]) : arc) - (part > 0 ? place.start_mm + place.length_mm : place.start_mm);
  }
  return part ? Qt::SizeHorCursor : Qt::OpenHandCursor;
}

double DeviceTool::arc_under(double x, double y) const {
  const auto* draft = workspace_.flow_draft();
  const auto data = workspace_.data();
  const auto* model = draft && data->twin ? data->twin->find_vessel(draft->spec.placement.vessel) : nullptr;
  if (!model || !model->network) return 0;
  double arc = 0, nearest = std::numeric_limits<double>::max();
  for (double a = 0; a <= drafts_.branch_length() + 1e-9; a += sample_mm) {
    const auto at = pane_.view().scene().project(model->network->point_at(draft->spec.placement.branch, a));
    if (!at) continue;
    if (const double d = std::hypot((*at)[0] - x, (*at)[1] - y); d < nearest) nearest = d, arc = a;
  }
  return arc;
}

void DeviceTool::refresh_straight() {
  const auto* path = straight_.path();
  std::vector<viewer::CurvedView::Device> devices;
  const auto data = workspace_.data();
  const int plan = workspace_.session().active_plan();
  if (path && plan < int(data->plans.size())) {
    const auto* draft = workspace_.flow_draft();
    for (const auto& stored : data->plans[std::size_t(plan)].scenario.interventions) {
      const auto& spec = draft && draft->plan == plan && draft->spec.id == stored.id ? draft->spec : stored;
      if (!spec.enabled || spec.placement.kind != twin::Placement::Kind::segment || QString::fromStdString(spec.placement.vessel) != straight_.vessel()) continue;
      for (std::size_t b = 0; b < path->branches.size(); ++b) {
        if (path->branches[b] != spec.placement.branch) continue;
        viewer::CurvedView::Device device;
        device.id = QString::fromStdString(spec.id);
        device.start_mm = path->branch_start[b] + spec.placement.start_mm;
        device.end_mm = device.start_mm + spec.placement.length_mm;
        const auto radii = present::device_radii(spec);
        const auto& network = *data->twin->find_vessel(spec.placement.vessel)->network;
        device.start_radius_mm = radii.proximal_mm > 0 ? radii.proximal_mm : network.radius_at(spec.placement.branch, spec.placement.start_mm);
        device.end_radius_mm = radii.distal_mm > 0 ? radii.distal_mm : network.radius_at(spec.placement.branch, spec.placement.start_mm + spec.placement.length_mm);
        device.struts = present::is_metal(spec);
        device.selected = device.id == workspace_.selection();
        devices.push_back(device);
      }
    }
  }
  straight_.view().set_devices(std::move(devices));
}

}  // namespace ot::gui
