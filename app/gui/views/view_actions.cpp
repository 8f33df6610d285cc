// SPDX-License-Identifier: GPL-3.0-or-later
// Actions of the image views: layouts, planes, windows, cine, measuring.
#include "app/gui/actions.hpp"
#include "app/gui/centre_view.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/main_window.hpp"
#include "app/gui/views/slice_deck.hpp"
#include "app/gui/views/volume_show.hpp"

namespace ot::gui {

void MainWindow::make_image_view_actions() {
  Actions& a = *actions_;
  const auto layout = [this](Layout wanted) {
    if (workspace_->comparing()) workspace_->set_comparing(false);
    workspace_->set_layout(workspace_->layout() == wanted ? Layout::four_up : wanted);
  };
  a.add("layout_slices", "View", "Slices big (double oblique)", QKeySequence("Shift+F"), [layout] { layout(Layout::slices); });
  a.add("layout_vessel", "View", "Vessel straightened (coronary)", QKeySequence("Shift+V"), [layout] { layout(Layout::vessel); });

  a.add("planes_body", "Slices", "Axial, coronal and sagittal planes", {}, [this] { centre_->deck().show_body_planes(); });
  a.add("planes_free", "Slices", "Double oblique: turn planes by handles", {}, [this] { centre_->deck().turn_by_hand(); });
  const std::tuple<const char*, const char*, viewer::CardiacView> cardiac[] = {
      {"planes_4ch", "Short axis and 4-chamber planes", viewer::CardiacView::four_chamber},
      {"planes_2ch", "Short axis and 2-chamber planes", viewer::CardiacView::two_chamber},
      {"planes_3ch", "Short axis and 3-chamber planes", viewer::CardiacView::three_chamber}};
  for (const auto& [id, text, view] : cardiac) a.add(id, "Slices", text, {}, [this, view = view] { centre_->deck().show_cardiac(view); });
  a.add("planes_click", "Slices", "Cardiac planes from three clicks", {}, [this] { centre_->deck().ask_landmarks(viewer::CardiacView::four_chamber); });
  a.add("slab_mip", "Slices", "Thick slab: MIP 10 mm on or off", {}, [this] {
    auto& deck = centre_->deck();
    deck.set_slab(deck.slab().mm > 0 ? viewer::Slab{} : viewer::Slab{10, viewer::SlabMode::mip});
  });
  a.add("letters_si", "Slices", "Letters S and I, or H and F", {}, [this] { centre_->deck().set_si_letters(!centre_->deck().si_letters()); });

  for (const char* key : {"ct_cardiac", "ct_coronary", "ct_bone", "ct_lung", "ct_mip", "mr_surface", "mr_mip"}) {
    for (const auto& p : viewer::volume_presets())
      if (p.key == key)
        a.add("volume_" + QString::fromLatin1(key), "View", "Volume rendering: " + QString::fromStdString(p.name) + (p.hounsfield ? "" : " (MR)"), {}, [this, key = QString::fromLatin1(key)] {
          auto& volume = centre_->main_pane().volume();
          for (const auto& possible : volume.presets())
            if (QString::fromStdString(possible.key) == key) return volume.toggle(key);
          workspace_->say(Tone::attention, "This preset does not fit the units of the image. Choose another one.");
        });
  }
  a.add("volume_crop", "View", "Volume rendering: only around the heart", {}, [this] {
    auto& volume = centre_->main_pane().volume();
    volume.set_crop_to_heart(!volume.crop_to_heart());
  });

  a.add("cine", "Time", "Play or pause the phases of the image", QKeySequence("Shift+Space"), [this] { centre_->deck().play(!centre_->deck().playing()); });
  a.add("phase_back", "Time", "One phase back", QKeySequence(","), [this] { centre_->deck().step_phase(-1); });
  a.add("phase_forward", "Time", "One phase on", QKeySequence("."), [this] { centre_->deck().step_phase(1); });

  const std::tuple<const char*, const char*, core::MeasurementKind> kinds[] = {{"measure_polyline", "Measure along a polyline", core::MeasurementKind::polyline},
                                                                               {"measure_angle", "Measure an angle", core::MeasurementKind::angle},
                                                                               {"measure_contour", "Measure an area (contour)", core::MeasurementKind::contour},
                                                                               {"measure_ellipse", "Measure an ellipse: area and HU", core::MeasurementKind::ellipse},
                                                                               {"measure_sphere", "Measure a sphere: volume and HU", core::MeasurementKind::sphere}};
  for (const auto& [id, text, kind] : kinds) a.add(id, "Place", text, {}, [this, kind = kind] { centre_->deck().start_measuring(kind); });
}

}  // namespace ot::gui
