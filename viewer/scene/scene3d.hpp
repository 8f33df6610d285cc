// SPDX-License-Identifier: GPL-3.0-or-later
// Scene3D: the three-dimensional picture of a case: anatomy, active tissue with its field, lesions, vessels, stents.
// Lengths mm LPS; screen positions are device pixels from the top left of the view (as set by set_size).
// Threads: the GUI thread only (the one that owns the OpenGL context). No VTK in this header.
// Every change asks for one repaint through the render request; nothing is drawn until the owner renders.
#pragma once
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "solvers/core/mesh.hpp"
#include "solvers/core/result.hpp"
#include "solvers/core/vessel_network.hpp"
#include "viewer/scene/drawn_volume.hpp"
#include "viewer/scene/ep_views.hpp"
#include "viewer/scene/palette.hpp"
#include "viewer/scene/view_camera.hpp"

class vtkRenderer;

namespace ot::viewer {

struct AnatomyItem {
  std::string key, name;          // "left_atrium", "Left atrium"
  core::Color color{200, 200, 200};
  double opacity = 1;             // < 1: translucent and desaturated neighbour
  std::shared_ptr<const core::SurfaceMesh> surface;
  bool visible = true;
};

struct LesionMark {
  std::string id;                 // "ablation-1"
  core::Vec3 center{0, 0, 0};
  double radius = 3;              // mm
  bool selected = false;
};

struct PaceMark {
  std::string id, label;          // label may be empty
  core::Vec3 center{0, 0, 0};
  bool selected = false;
};

// A device around this centreline: points proximal to distal, one radius (mm) per point. A stent has struts; what does not stay in the
// vessel (a balloon, a lumen made wider) is a sleeve of rings and lines.
struct StentMark {
  std::string id;
  std::vector<core::Vec3> points;
  std::vector<double> radius;
  bool selected = false, struts = true;
};
// Samples the centreline from start_mm over length_mm; radii at both ends > 0 override the lumen radius, linear between them.
StentMark stent_on(const core::VesselNetwork& network, int branch, double start_mm, double length_mm, double proximal_mm, double distal_mm,
                   std::string id);

// A place a person points at: end of a vessel, electrode, probe. A disc when it has a normal, else a ball.
struct PlaceMark {
  std::string key;                // what a pick of it is called: "cap:outlet 2", "electrode:V1", "probe:p1"
  core::Vec3 center{0, 0, 0}, normal{0, 0, 0};
  double radius = 2;              // mm
  core::Color color{0x4c, 0xc2, 0xff};
};

struct VesselItem {
  std::string key, name;
  std::shared_ptr<const core::SurfaceMesh> surface;   // lumen
  std::vector<float> values;                          // [surface points], or empty: plain colour
  FieldStyle style;
  core::Color color{205, 92, 92};
  double opacity = 1;
  bool visible = true;
};

// What lies under the cursor.
struct Pick {
  core::Vec3 point{0, 0, 0};      // on the surface
  core::Vec3 normal{0, 0, 1};     // unit, outward
  std::string object_key;         // "tissue", anatomy key, vessel key, "lesion:<id>", "pacing:<id>", "stent:<id>"
  std::string patch;              // patch name of tissue or vessel, may be empty
  core::Index node = -1;          // nearest node: of the TetMesh for tissue, of the surface otherwise
  double value = 0;               // field value there, NaN when there is none
};

enum class PickOf { anything, tissue };   // tissue: the muscle alone, whatever is drawn on or before it

struct ClipPlane {
  core::Vec3 origin{0, 0, 0}, normal{0, 0, 1};   // the side the normal points to stays
};

class Scene3D {
 public:
  Scene3D();
  ~Scene3D();
  Scene3D(const Scene3D&) = delete;
  Scene3D& operator=(const Scene3D&) = delete;

  // --- content ---
  void set_anatomy(std::vector<AnatomyItem> items);
  void set_anatomy_visible(const std::string& key, bool visible);
  void set_anatomy_opacity(const std::string& key, double opacity);

  // The outer and inner walls of the electrical mesh, null removes it. Plain until a field is shown.
  void set_tissue(std::shared_ptr<const core::TetMesh> mesh);
  void set_tissue_visible(bool visible);
  void set_tissue_opacity(double opacity);
  // values [nodes of the tissue mesh], NaN = none (grey). Other sizes are our bug.
  void show_field(std::span<const float> values, const FieldStyle& style);
  void show_activation(std::span<const float> values, double lo_ms, double hi_ms, double step_ms);
  void show_voltage(std::span<const float> mV);       // fast: touches only the boundary scalars
  void clear_field();
  const FieldStyle* field_style() const;              // of what the colour bar shows, null: no bar
  void set_field_range(double lo, double hi, double step);  // editable break-points; values stay
  void set_vision(Vision vision);                     // of every field and the colour bar

  void set_lesions(std::vector<LesionMark> lesions);
  void set_preview(std::optional<LesionMark> ghost);  // where a lesion would go, under the cursor
  void set_pacing(std::vector<PaceMark> marks);
  void set_vessel(VesselItem item);                   // adds or replaces by key
  // Same, from the boundary of the flow mesh with a nodal field; patches named inlet* and outlet* are left open.
  void set_vessel(const std::string& key, std::shared_ptr<const core::TetMesh> mesh, std::span<const float> values,
                  const FieldStyle& style);
  void remove_vessel(const std::string& key);
  void set_stents(std::vector<StentMark> stents);
  void set_centrelines(const std::vector<core::VesselNetwork>& networks);
  void set_places(std::vector<PlaceMark> places);     // not part of bounds(): electrodes lie far from the heart
  void set_crosshair(std::optional<core::Vec3> point);
  // A thing to look at, drawn over everything: marker ball of that radius, triangles of an element, a line (point pairs).
  struct Highlight {
    std::optional<core::Vec3> center;
    double radius = 1;                                  // mm
    std::vector<core::Vec3> points;                     // of triangles
    std::vector<core::Triangle> triangles;
    std::vector<core::Vec3> lines;                      // point pairs
    bool over = false;                                  // the lines hide behind nothing
    bool through = false;                               // it may lie inside: the tissue is translucent while it is shown
    core::Color color{0xff, 0x6b, 0x5e};
  };
  void set_highlight(std::optional<Highlight> what);   // nullopt takes it away
  // Distances of the measurement list: point pairs.
  void set_measure_lines(const std::vector<core::Vec3>& point_pairs);
  void set_clip(std::optional<ClipPlane> plane);
  // Volume rendering together with the surfaces; null takes it away. The texture is made by make_volume_texture in a job.
  void set_volume(std::shared_ptr<const VolumeTexture> texture, const std::string& preset = "ct_cardiac");
  void set_volume_preset(const std::string& preset);
  void set_volume_box(const std::optional<VolumeBox>& box);
  bool volume_visible() const;
  // By the owner after each picture: what it took and whether the processor draws.
  void tell_frame(double ms, bool software);
  void set_light(bool light);                         // background, texts and cube for a light window
  void set_overlays_visible(bool bar, bool readout, bool cube);
  void clear();

  // --- camera ---
  void set_view(EpView view);                         // keeps the distance
  void set_angles(double lao_deg, double cran_deg);
  CArm carm() const;
  ViewCamera camera() const;                          // a copy, for rays through pixels
  std::string carm_readout() const;                   // "LAO 35 / CRAN 10"
  void fit();                                         // everything visible, fills the view
  void look_at(const core::Vec3& point);              // new centre of rotation
  // Centre of rotation and of the picture, from so near that `radius_mm` about the point fills a third of it; the direction stays.
  void fly_to(const core::Vec3& point, double radius_mm = 12);
  void rotate(double dx_px, double dy_px);
  void roll(double degrees);
  void pan(double dx_px, double dy_px);
  void zoom(double factor);                           // > 1: closer
  void set_interacting(bool on);                      // while dragging: decimated neighbours when the scene is heavy
  // Both cameras move as one until either scene is destroyed or unlinked.
  void link_camera(Scene3D& other);
  void unlink_camera();

  // --- asking ---
  std::optional<Pick> pick(double x, double y, PickOf of = PickOf::anything) const; // solid things first, translucent ones only when alone
  std::optional<std::array<double, 2>> project(const core::Vec3& point) const;  // pixels; nothing when behind
  struct Bounds { core::Vec3 lo, hi; };
  std::optional<Bounds> bounds() const;               // of everything visible
  struct Counts { int anatomy = 0, lesions = 0, pacing = 0, vessels = 0, stents = 0, places = 0; long triangles = 0, isoline_segments = 0; };
  std::array<double, 4> color_bar_area() const;       // x y width height in pixels, all zero when there is no bar
  Counts counts() const;                              // for tests: the data behind the pixels

  // --- drawing ---
  void set_size(int width_px, int height_px, double pixel_ratio);
  void set_render_request(std::function<void()> request);
  void set_quick(bool on);                            // no edge smoothing while the picture moves (software OpenGL)
  void prepare();                                     // called by the owner right before rendering
  vtkRenderer* renderer() const;                      // main layer
  vtkRenderer* overlay_renderer() const;              // orientation cube, layer 1
  // Off screen, in a window of its own: for scenes that belong to no widget. Fails without a display, the message says how to get one.
  core::Result<void> save_png(const std::filesystem::path& path, int width, int height);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Nothing when OpenGL pictures can be made here, else one sentence with what to do (bad_input).
core::Result<void> check_display();
// True when the OpenGL renderer of the given description is a software one (llvmpipe, softpipe, swrast).
bool is_software_gl(const std::string& renderer_description);

// One picture from a description, for the command line. The camera is fitted after `describe` (use save_png to choose the distance).
core::Result<void> render_png(const std::function<void(Scene3D&)>& describe, const std::filesystem::path& path,
                              int width, int height);

}  // namespace ot::viewer
