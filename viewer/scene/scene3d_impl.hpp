// SPDX-License-Identifier: GPL-3.0-or-later
// State of Scene3D, shared by its two .cpp files. No VTK headers.
#pragma once
#include <map>
#include <memory>
#include <vector>

#include "viewer/scene/drawn_surface.hpp"
#include "viewer/scene/drawn_volume.hpp"
#include "viewer/scene/scene3d.hpp"
#include "viewer/scene/stage.hpp"

namespace ot::viewer {

// Marks of one look in one surface; owner[triangle / per_mark range] names what was hit.
struct MarkGroup {
  DrawnSurface drawn;
  std::vector<std::pair<core::Index, std::string>> from_triangle;  // first triangle of each mark and its object key
  const std::string& owner(core::Index triangle) const;
};

struct Scene3D::Impl {
  Stage stage;
  ViewCamera camera;
  double ratio = 1;
  bool layout_dirty = true, interacting = false;
  std::function<void()> request;
  Vision vision = Vision::normal;
  std::optional<HalfSpace> clip;

  struct Anatomy { AnatomyItem item; std::unique_ptr<DrawnSurface> drawn; };
  std::vector<Anatomy> anatomy;

  std::shared_ptr<const core::TetMesh> tissue;
  DrawnSurface tissue_drawn;
  DrawnLines tissue_lines;
  std::vector<float> tissue_values;      // [boundary points]
  bool tissue_visible = true;

  struct Vessel {
    std::string name;
    std::map<int, std::string> patch_names;
    DrawnSurface drawn;
    DrawnLines lines;
  };
  std::map<std::string, std::unique_ptr<Vessel>> vessels;

  std::vector<LesionMark> lesions;
  std::vector<PaceMark> pacing;
  std::vector<StentMark> stents;
  MarkGroup lesions_plain, lesions_selected, pacing_plain, pacing_selected, stents_plain, stents_selected;
  std::vector<PlaceMark> places;
  std::vector<std::unique_ptr<MarkGroup>> place_groups;   // one per colour
  DrawnSurface preview, centrelines;
  DrawnLines crosshair, measures, highlight_lines;
  DrawnSurface highlight;
  double tissue_opacity = 1;   // as asked; a mark inside it lowers it while it is shown
  DrawnVolume volume;
  std::shared_ptr<const VolumeTexture> texture;

  struct Link { std::vector<Impl*> members; };
  std::shared_ptr<Link> link;

  Impl();
  ~Impl();
  void changed() { if (request) request(); }
  void camera_changed();
  void update_lines(DrawnSurface& surface, DrawnLines& lines, const FieldStyle& style);
  void update_bars();
  void apply_clip();
  long triangles() const;
  template <class F>
  void each_surface(F&& f);        // every DrawnSurface with its object key
  std::array<MarkGroup*, 6> mark_groups() {
    return {&lesions_plain, &lesions_selected, &pacing_plain, &pacing_selected, &stents_plain, &stents_selected};
  }
};

template <class F>
void Scene3D::Impl::each_surface(F&& f) {
  if (tissue && tissue_visible) f(std::string("tissue"), tissue_drawn);
  for (auto& a : anatomy) {
    if (a.drawn->visible()) f(a.item.key, *a.drawn);
  }
  for (auto& [key, v] : vessels) {
    if (v->drawn.visible()) f(key, v->drawn);
  }
}

}  // namespace ot::viewer
