// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/electrode_tool.hpp"

#include "app/gui/heart_pane.hpp"
#include "app/gui/places.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/electrophysiology/torso.hpp"

namespace ot::gui {
namespace {

constexpr double ball_mm = 6;        // about the snap of an adhesive electrode
const core::Color limb_color{0xe6, 0xeb, 0xf0}, chest_color{0xf2, 0xb8, 0x4b}, held_color{0x4c, 0xc2, 0xff};

}  // namespace

ElectrodeTool::ElectrodeTool(Workspace& workspace, Places& places, Hand others, QObject* parent) : QObject(parent), workspace_(workspace), places_(places) {
  auto& view = places.pane().view();
  view.set_grab([this, others = std::move(others)](const viewer::Pick& pick, bool pressed) {
    const QString key = QString::fromStdString(pick.object_key);
    if (!key.startsWith("electrode:")) return others ? others(pick, pressed) : Qt::ArrowCursor;
    if (pressed) {
      held_ = key.mid(10).toStdString();
      const auto* heart = workspace_.heart();
      now_.reset();
      if (heart)
        for (const auto& e : heart->baseline.electrodes)
          if (e.name == held_) from_ = e.position;
    }
    return Qt::OpenHandCursor;
  });
  connect(&view, &viewer::View3D::grab_moved, this, [this](double x, double y) {
    if (held_.empty()) return;
    // Where the pointer's ray meets the plane through the electrode that faces the eye.
    const auto camera = places_.pane().view().scene().camera();
    const auto ray = camera.ray(x, y);
    const double along = ray.direction.dot(camera.frame.from);
    if (std::abs(along) < 1e-6) return;
    now_ = ray.origin + (from_ - ray.origin).dot(camera.frame.from) / along * ray.direction;
    refresh();
  });
  connect(&view, &viewer::View3D::grab_ended, this, [this](bool kept) {
    if (held_.empty()) return;
    const std::string name = held_;
    const auto to = now_;
    held_.clear();
    now_.reset();
    if (kept && to) move_to(name, *to);
    refresh();
  });
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::vessel_changed}) connect(&workspace, signal, this, &ElectrodeTool::refresh);
}

void ElectrodeTool::set_shown(bool on) {
  shown_ = on;
  if (on) workspace_.set_shown_vessel({});
  refresh();
  if (!on) return;
  // The electrodes lie outside the heart's frame: step back until all of them are in the picture.
  const auto* heart = workspace_.heart();
  auto& scene = places_.pane().view().scene();
  for (int tries = 0; heart && tries < 12; ++tries) {
    bool all = true;
    for (const auto& e : heart->baseline.electrodes) {
      if (ep::is_body_point(e)) continue;
      const auto at = scene.project(e.position);
      const auto camera = scene.camera();
      all = all && at && (*at)[0] > 20 && (*at)[1] > 20 && (*at)[0] < camera.width - 20 && (*at)[1] < camera.height - 20;
    }
    if (all) break;
    scene.zoom(0.85);
  }
}

void ElectrodeTool::refresh() {
  std::vector<viewer::PlaceMark> marks;
  const auto* heart = workspace_.heart();
  if (shown_ && heart && workspace_.shown_vessel().isEmpty())
    for (const auto& e : heart->baseline.electrodes) {
      if (ep::is_body_point(e)) continue;
      const bool held = e.name == held_;
      marks.push_back({"electrode:" + e.name, held && now_ ? *now_ : e.position, core::Vec3(0, 0, 0), ball_mm, held ? held_color : e.name[0] == 'V' ? chest_color : limb_color});
    }
  places_.set("electrodes", std::move(marks));
}

int ElectrodeTool::moved() const {
  const auto data = workspace_.data();
  return data->choices.electro ? int(data->choices.electro->electrodes.size()) : 0;
}

void ElectrodeTool::reset() {
  const auto* heart = workspace_.heart();
  if (!heart || moved() == 0) return;
  const auto choices = session::electro_of(heart->baseline);   // none of them moved
  workspace_.session().update_measured("electrodes back in place", [&](session::CaseData& d) {
    if (const auto done = session::set_electro(d, choices); !done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  });
}

void ElectrodeTool::move_to(const std::string& name, const core::Vec3& at) {
  const auto* heart = workspace_.heart();
  if (!heart) return;
  const auto data = workspace_.data();
  auto choices = session::electro_of(heart->baseline);
  if (data->choices.electro) choices.electrodes = data->choices.electro->electrodes;
  choices.electrodes[name] = at;
  workspace_.session().update_measured("electrode " + name, [&](session::CaseData& d) {
    if (const auto done = session::set_electro(d, choices); !done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  });
}

}  // namespace ot::gui
