// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/organs/heart/heart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/chambers.hpp"
#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/structure/tissue_regions.hpp"
#include "solvers/electrophysiology/torso.hpp"
#include "solvers/organs/heart/muscle.hpp"

namespace ot::organs {
namespace {

using core::Index;
using core::Vec3;

struct Geometry {
  std::vector<char> lv_tet, lv_node;            // left ventricle with septum and scar
  std::vector<char> endo_lv, endo_rv, epi;      // [nodes]
  Vec3 centre{0, 0, 0};                         // of all tissue
  twin::HeartLandmarks landmarks;
  Vec3 anterior{0, -1, 0};                      // unit, perpendicular to long axis and RV direction
  bool has_rv = false, regions = false;
};

std::vector<char> on_patch(const core::TetMesh& mesh, const std::string& prefix) {
  std::vector<char> on(mesh.nodes.size(), 0);
  const auto values = mesh.patch_values(prefix);
  for (const auto& f : mesh.boundary)
    if (std::find(values.begin(), values.end(), f.patch) != values.end())
      for (Index n : f.nodes) on[n] = 1;
  return on;
}

// Area-weighted centre of the faces accepted.
template <class Accept>
bool surface_centre(const core::TetMesh& mesh, const Accept& accept, Vec3& centre) {
  double area = 0;
  Vec3 sum = Vec3::Zero();
  for (const auto& f : mesh.boundary) {
    if (!accept(f)) continue;
    const Vec3 &a = mesh.nodes[f.nodes[0]], &b = mesh.nodes[f.nodes[1]], &c = mesh.nodes[f.nodes[2]];
    const double s = 0.5 * (b - a).cross(c - a).norm();
    area += s;
    sum += s * (a + b + c) / 3.0;
  }
  if (area > 0) centre = sum / area;
  return area > 0;
}

std::string region_key(const core::TetMesh& mesh, std::size_t t) {
  const auto it = mesh.region_names.find(mesh.region.empty() ? 0 : mesh.region[t]);
  return it == mesh.region_names.end() ? std::string() : it->second;
}

bool has_prefix(const core::TetMesh& mesh, const core::BoundaryFace& f, const char* prefix) {
  const auto it = mesh.patch_names.find(f.patch);
  return it != mesh.patch_names.end() && it->second.rfind(prefix, 0) == 0;
}

Geometry measure_geometry(const HeartInputs& in, const ep::VentricularCoordinates& c) {
  const core::TetMesh& mesh = *in.mesh;
  Geometry g;
  g.has_rv = c.has_rv;
  g.endo_lv = on_patch(mesh, "endocardium_lv");
  g.endo_rv = on_patch(mesh, "endocardium_rv");
  g.epi = on_patch(mesh, "epicardium");
  g.lv_tet.assign(mesh.tets.size(), 0);
  g.lv_node.assign(mesh.nodes.size(), 0);
  for (const auto& [value, name] : mesh.region_names) g.regions = g.regions || name == "lv_myocardium";
  double volume = 0;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto& v = mesh.tets[t];
    double lv = 0, rv = 0;
    Vec3 x = Vec3::Zero();
    for (Index n : v) {
      lv += c.phi_lv[n];
      rv += c.phi_rv[n];
      x += 0.25 * mesh.nodes[n];
    }
    g.lv_tet[t] = g.regions ? region_key(mesh, t) != "rv_wall" : !g.has_rv || lv >= rv;
    if (g.lv_tet[t])
      for (Index n : v) g.lv_node[n] = 1;
    const double w = core::tet_volume(mesh.nodes[v[0]], mesh.nodes[v[1]], mesh.nodes[v[2]], mesh.nodes[v[3]]);
    g.centre += w * x;
    volume += w;
  }
  g.centre /= volume;

  // Long axis: from the centre of the LV's base towards the centre of its cavity wall; apex: deepest LV epicardium along it.
  Vec3 base = g.centre, cavity = g.centre;
  if (!surface_centre(mesh, [&](const auto& f) { return has_prefix(mesh, f, "base") && g.lv_tet[f.tet]; }, base))
    surface_centre(mesh, [&](const auto& f) { return has_prefix(mesh, f, "base"); }, base);
  surface_centre(mesh, [&](const auto& f) { return has_prefix(mesh, f, "endocardium_lv"); }, cavity);
  if (in.base_centre) base = *in.base_centre;
  Vec3 apex = mesh.nodes[c.apex];
  if (in.apex) {
    apex = *in.apex;
  } else {
    const Vec3 down = (cavity - base).normalized();
    double deepest = -std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
      if (g.lv_node[n] && g.epi[n]) {
        // depth along the axis; the sideways term keeps a jagged tip near the axis
        const Vec3 d = mesh.nodes[n] - base;
        const double along = d.dot(down);
        const double value = along - 0.5 * (d - along * down).norm();
        if (value > deepest) {
          deepest = value;
          apex = mesh.nodes[n];
        }
      }
  }
  auto& l = g.landmarks;
  l.apex = apex;
  l.base_centre = base;
  l.long_axis = (apex - base).normalized();
  Vec3 rv(-0.62, -0.78, 0.0);   // average adult, right and front (Mori 2016), when there is no right ventricle to see
  Vec3 rv_centre;
  if (g.has_rv && surface_centre(mesh, [&](const auto& f) { return has_prefix(mesh, f, "endocardium_rv"); }, rv_centre)) rv = rv_centre - base;
  l.rv_direction = (rv - rv.dot(l.long_axis) * l.long_axis).normalized();
  // Anterior: of the two walls perpendicular to septum and long axis the one facing front and up. Images decide by the
  // patient's axes, so that a mirrored heart keeps its anterior wall in front; model hearts by normal handedness.
  g.anterior = l.rv_direction.cross(l.long_axis).normalized();
  if (in.frame == ep::ElectrodeFrame::patient && g.anterior.dot(Vec3(0, -1, 1)) < 0) g.anterior = -g.anterior;
  return g;
}

// 17 segments by the rule that also serves the image's voxels. Without the image's frame: the mesh's own, to the end of the cavity.
std::vector<std::uint8_t> aha_segments(const core::TetMesh& mesh, const Geometry& g, const std::optional<core::LvFrame>& given) {
  core::LvFrame frame;
  if (given) {
    frame = *given;
  } else {
    const auto& l = g.landmarks;
    double cavity = 0;
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
      if (g.endo_lv[n]) cavity = std::max(cavity, (mesh.nodes[n] - l.base_centre).dot(l.long_axis));
    frame = core::make_lv_frame(l.base_centre, l.base_centre + std::max(cavity, 1e-9) * l.long_axis, l.rv_direction, g.anterior);
  }
  std::vector<std::uint8_t> segment(mesh.nodes.size(), 0);
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if (g.lv_node[n]) segment[n] = std::uint8_t(core::aha_segment(frame, mesh.nodes[n]));
  return segment;
}

// Endocardial node nearest to the wanted coordinates, -1 when there is none.
Index find_site(const core::TetMesh& mesh, const Geometry& g, const ep::VentricularCoordinates& c, const std::vector<char>& excitable,
                const RootSite& site) {
  const double length = (g.landmarks.apex - g.landmarks.base_centre).norm();
  const auto& candidate = site.on == Endocardium::lv ? g.endo_lv : g.endo_rv;
  Index best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
    if (!candidate[n] || !excitable[n]) continue;
    if (site.on != Endocardium::lv && (g.lv_node[n] != 0) != (site.on == Endocardium::rv_septum)) continue;
    double turn = std::abs(wall_angle_deg(g.landmarks, g.anterior, mesh.nodes[n]) - site.angle_deg);
    if (turn > 180) turn = 360 - turn;
    const double around = turn * M_PI / 180 * 0.35 * length;   // cavity radius about a third of its length
    const double along = (c.apicobasal[n] - site.apicobasal) * length;
    const double cost = around * around + along * along;
    if (cost < least) {
      least = cost;
      best = Index(n);
    }
  }
  return best;
}

// That node and the tissue around it.
core::Result<ep::ActivationSite> place_site(const core::TetMesh& mesh, const Geometry& g, const ep::VentricularCoordinates& c,
                                            const std::vector<char>& excitable, const RootSite& site, double radius) {
  const Index best = find_site(mesh, g, c, excitable, site);
  if (best < 0)
    return core::bad_input(fmt::format("The early site '{}' finds no conducting endocardium (the ventricle would not be activated from there). Check the mesh or move the site.", site.name));
  ep::ActivationSite out;
  out.name = site.name;
  out.start_ms = site.start_ms;
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
    if (excitable[n] && (mesh.nodes[n] - mesh.nodes[best]).norm() <= radius) out.nodes.push_back(Index(n));
  return out;
}

std::string rule_words(const ep::FibreAngles& a) {
  const bool sheets = a.beta_endo != 0 || a.beta_epi != 0;
  return fmt::format("Fibres follow a rule (Bayer 2012{}, {:+g} to {:+g} degrees through the wall{}), they were not measured.", a.depth == ep::DepthLaw::as_published ? " as published" : "", a.alpha_endo, a.alpha_epi,
                     sheets ? fmt::format(", sheets {:+g} to {:+g}", a.beta_endo, a.beta_epi) : "");
}

}  // namespace

std::vector<RootSite> durrer_sites() {
  return {{"LV septal", Endocardium::lv, 0.60, 10, 0.0},
          {"LV basal anterior paraseptal", Endocardium::lv, 0.70, 75, 0.0},
          {"LV mid posterior", Endocardium::lv, 0.50, -130, 0.0},
          {"RV septal", Endocardium::rv_septum, 0.50, 20, 5.0},
          {"RV free wall, anterior papillary", Endocardium::rv_free_wall, 0.50, 30, 5.0}};
}

double wall_angle_deg(const twin::HeartLandmarks& l, const Vec3& anterior, const Vec3& x) {
  const Vec3 d = x - l.base_centre;
  return std::atan2(d.dot(anterior), d.dot(l.rv_direction)) * 180.0 / M_PI;
}

std::vector<std::string> assumptions(const HeartInputs& in) {
  std::vector<std::string> out{
      in.fibres ? fmt::format("Fibres were taken from {}; they replace the rule-based ones.", in.fibres_source)
                : rule_words(in.params.fibres),
      in.electrodes.empty() || ep::find_torso(in.electrodes)
          ? fmt::format("ECG in a bounded torso of {:g} S/m with blood of {:g} S/m in the ventricles; lungs and bones are left out.", ep::torso_conductivity, ep::blood_conductivity)
          : fmt::format("ECG in an unbounded homogeneous conductor of {:g} S/m.", ep::torso_conductivity)};
  if (in.params.conduction.kind == ConductionKind::points) {
    out.insert(out.begin() + 1, "Early activation sites follow Durrer 1970; the patient's own conduction system is unknown.");
    out.insert(out.begin() + 2, fmt::format("A fast endocardial layer ({:g} m/s) stands for the Purkinje network.", in.params.fast_velocity));
  }
  for (auto& line : assumptions(in.params.conduction)) out.push_back(std::move(line));
  if (in.electrodes.empty()) out.push_back("The torso is that of a standard adult, with electrodes at their standard places on it; it is not the patient's.");
  bool scar = false, border = false, fat = false;
  for (const auto& [value, name] : in.mesh->region_names) {
    scar = scar || name == "scar";
    border = border || name == "border_zone";
    fat = fat || name == "myocardial_fat";
  }
  if (border) out.push_back("The border zone is the one segmented in the image; across the fibres it conducts a tenth (Arevalo 2016).");
  if (scar) out.push_back(border ? "Scar does not conduct." : fmt::format("Scar does not conduct; a border zone of {:g} mm around it is assumed.", in.params.border_mm));
  if (fat) out.push_back(fmt::format("Fat in the wall does not conduct; a rim of {:g} mm around it counts as half fat and conducts {:.0f} % (insulator with a slow rim: Sung et al. 2022; share: Maxwell 1873).", in.params.fat_rim_mm, 100 * ep::conductivity_with_insulating_spheres(0.5)));
  return out;
}

core::Result<std::shared_ptr<const twin::HeartModel>> build_heart(const HeartInputs& in, const core::Progress& progress) {
  OT_EXPECT(in.mesh != nullptr);
  const core::TetMesh& mesh = *in.mesh;
  const HeartParams& par = in.params;
  if (auto ok = core::check_simulation_ready(mesh); !ok) return core::pass(ok);
  if (auto ok = check_velocity(par.velocity); !ok) return core::pass(ok);
  if (auto ok = check_fibre_angles(par.fibres); !ok) return core::pass(ok);
  if (par.conduction.kind == ConductionKind::points && !(par.fast_velocity >= par.velocity.maxCoeff()))
    return core::bad_input(fmt::format("The endocardial layer of the early sites conducts at {:g} m/s, slower than the muscle's {:g} m/s. Choose the Purkinje tree or slower muscle.", par.fast_velocity, par.velocity.maxCoeff()));
  auto coordinates = ep::ventricular_coordinates(mesh, progress.part(0.0, 0.8));
  if (!coordinates) return core::pass(coordinates);
  const auto& c = *coordinates;
  std::shared_ptr<const ep::FibreField> fibres = in.fibres;
  if (fibres && (fibres->f.size() != mesh.tets.size() || fibres->s.size() != mesh.tets.size()))
    return core::bad_input(fmt::format("The fibres were given for {} tetrahedra and the mesh has {} (they belong to another mesh). Import mesh and fibres together.", fibres->f.size(), mesh.tets.size()));
  if (!fibres) {
    auto rule = ep::rule_based_fibres(mesh, c, par.fibres);
    if (!rule) return core::pass(rule);
    fibres = std::make_shared<ep::FibreField>(std::move(*rule));
  }
  progress.report(0.85, "heart: tissue");
  if (progress.cancelled()) return core::cancelled();
  const Geometry g = measure_geometry(in, c);

  auto model = std::make_shared<twin::HeartModel>();
  model->landmarks = g.landmarks;
  model->transmural.assign(c.transmural.begin(), c.transmural.end());
  model->apicobasal.assign(c.apicobasal.begin(), c.apicobasal.end());
  model->aha_segment = aha_segments(mesh, g, in.lv_frame);
  ep::ElectroProblem& p = model->baseline;
  p.mesh = in.mesh;
  p.fibres = fibres;
  p.velocity = par.velocity;
  p.cycle_length_ms = 1000;   // 60 per minute
  if (auto ok = ep::choose_cells(p, par.ionic_model, progress.part(0.85, 0.87)); !ok) return core::pass(ok);
  p.end_ms = 450;             // QT and a margin
  p.dt_ms = 0.05;

  // Tissue. Fast endocardial layer: one speed in all directions, so that the scale is (v_fast / v)^2 along f, s, n; the same
  // scale acts on the conductivity of FULL. The idea of such a layer: Cardone-Noott 2016, Lee et al. 2019 (Med Image Anal
  // 57:197). Its speed, 1.0 m/s, is our own calibration: QRS 80-100 ms of the ellipsoid heart in FAST.
  const ep::TissueRegion healthy = ep::tissue_region("healthy"), core_region = ep::tissue_region("scar_core");
  ep::TissueRegion border = ep::tissue_region("border_zone");
  ep::TissueRegion fast;
  fast.key = "fast_endocardium";
  fast.sigma_scale = (par.fast_velocity * par.velocity.cwiseInverse()).cwiseAbs2();
  fast.source = "layer: Cardone-Noott et al. 2016, Lee et al. 2019; speed calibrated to a QRS of 80-100 ms in FAST";
  bool scar = false, seen_border = false, seen_fat = false;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const std::string key = region_key(mesh, t);
    seen_border = seen_border || key == "border_zone";
    seen_fat = seen_fat || key == "myocardial_fat";
  }
  if (seen_border) border.source += "; extent as segmented in the image";
  p.regions = {healthy, fast, border, core_region};
  if (seen_fat) p.regions.insert(p.regions.end(), {ep::tissue_region("myocardial_fat"), ep::tissue_region("fat_admixture")});
  p.tissue.assign(mesh.tets.size(), 0);
  std::vector<char> scar_node(mesh.nodes.size(), 0), fat_node(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const std::string key = region_key(mesh, t);
    if (key == "border_zone") p.tissue[t] = 2;
    if (key == "myocardial_fat") {
      p.tissue[t] = 4;
      for (Index n : mesh.tets[t]) fat_node[n] = 1;
    }
    if (key == "scar") {
      scar = true;
      p.tissue[t] = 3;
      for (Index n : mesh.tets[t]) scar_node[n] = 1;
    }
  }
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    if (p.tissue[t] != 0) continue;
    bool endo = false;
    double ab = 0;
    for (Index n : mesh.tets[t]) {
      endo = endo || g.endo_lv[n] || g.endo_rv[n];
      ab += 0.25 * c.apicobasal[n];
    }
    if (endo && ab <= par.fast_up_to && par.conduction.kind == ConductionKind::points) p.tissue[t] = 1;
  }
  // Conducting tissue within `width` of the marked nodes becomes `region`.
  const auto rim = [&](const std::vector<char>& marked, double width, std::uint8_t region, const core::Progress& part) -> core::Result<void> {
    auto frame = std::make_shared<ep::FibreField>();
    frame->f.assign(mesh.tets.size(), Vec3(1, 0, 0));
    frame->s.assign(mesh.tets.size(), Vec3(0, 1, 0));
    auto distance = ep::Eikonal::make(in.mesh, frame, Vec3(1, 1, 1));
    if (!distance) return core::pass(distance);
    std::vector<ep::EikonalSource> from;
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
      if (marked[n]) from.push_back({Index(n), 0.0});
    auto d = distance->solve(from, {}, part);
    if (!d) return core::pass(d);
    for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
      if (!p.regions[p.tissue[t]].conducting || p.tissue[t] == 2) continue;
      double mean = 0;
      for (Index n : mesh.tets[t]) mean += 0.25 * (*d)[n];
      if (mean <= width) p.tissue[t] = region;
    }
    return {};
  };
  if (scar && !seen_border && par.border_mm > 0)
    if (auto ok = rim(scar_node, par.border_mm, 2, progress.part(0.85, 0.93)); !ok) return core::pass(ok);
  if (seen_fat && par.fat_rim_mm > 0)
    if (auto ok = rim(fat_node, par.fat_rim_mm, 5, progress.part(0.93, 0.95)); !ok) return core::pass(ok);
  std::vector<char> excitable(mesh.nodes.size(), 0);
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (p.regions[p.tissue[t]].conducting)
      for (Index n : mesh.tets[t]) excitable[n] = 1;

  p.cell_type.resize(mesh.nodes.size());
  for (std::size_t n = 0; n < mesh.nodes.size(); ++n) {
    // Depth from the nearer cavity: transmural in the free walls, 0.5 in the middle of the septum.
    const double depth = 1.0 - std::max(c.phi_lv[n], c.phi_rv[n]);
    p.cell_type[n] = std::uint8_t(depth < par.mid_from   ? ep::CellType::endo
                                  : depth < par.epi_from ? ep::CellType::mid
                                                         : ep::CellType::epi);
  }
  const auto node_at = [&](const RootSite& site) { return find_site(mesh, g, c, excitable, site); };
  auto accessory = accessory_pathway(par.conduction.accessory, node_at);
  if (!accessory) return core::pass(accessory);
  if (par.conduction.kind == ConductionKind::purkinje) {
    auto roots = purkinje_roots(purkinje_sites(), g.has_rv, node_at);
    if (!roots) return core::pass(roots);
    roots->open.resize(mesh.nodes.size());
    for (std::size_t n = 0; n < mesh.nodes.size(); ++n) roots->open[n] = c.apicobasal[n] <= (g.endo_lv[n] ? par.conduction.left_up_to : par.conduction.right_up_to);
    auto network = ep::grow_conduction_network(mesh, *roots, par.conduction.params, progress.part(0.95, 0.97));
    if (!network) return core::pass(network);
    const bool apart = *accessory && par.conduction.pathway_from_atria;
    auto conducted = ep::conduct(p, *network, par.conduction.block, *accessory && !apart ? &**accessory : nullptr, progress.part(0.97, apart ? 0.985 : 1.0));
    if (!conducted) return core::pass(conducted);
    p.sites = std::move(conducted->sites);
    if (apart) {
      (*accessory)->lead_ms = std::numeric_limits<double>::infinity();
      auto bypassed = ep::conduct(p, *network, par.conduction.block, &**accessory, progress.part(0.985, 1.0));
      if (!bypassed) return core::pass(bypassed);
      for (auto& site : bypassed->sites) {
        site.name = ep::bypassed_prefix + site.name;
        p.sites.push_back(std::move(site));
      }
    }
  } else {
    const bool apart = *accessory && par.conduction.pathway_from_atria;
    const double lead = *accessory && !apart ? (*accessory)->lead_ms : 0.0;
    ep::ActivationSite bypass;
    if (*accessory) {
      bypass.name = "accessory pathway " + (*accessory)->name;
      for (std::size_t n = 0; n < mesh.nodes.size(); ++n)
        if (excitable[n] && (mesh.nodes[n] - mesh.nodes[std::size_t((*accessory)->node)]).norm() <= par.site_radius_mm) bypass.nodes.push_back(Index(n));
    }
    if (*accessory && !apart) p.sites.push_back(bypass);
    for (const auto& site : par.sites) {
      if (site.on != Endocardium::lv && !g.has_rv) continue;
      if (par.conduction.block == (site.on == Endocardium::lv ? ep::ConductionBlock::lbbb : ep::ConductionBlock::rbbb)) continue;
      auto placed = place_site(mesh, g, c, excitable, site, par.site_radius_mm);
      if (!placed) return core::pass(placed);
      placed->start_ms += lead;
      p.sites.push_back(std::move(*placed));
    }
    double first = std::numeric_limits<double>::infinity();   // time 0: the first excitation of muscle, block or not
    for (const auto& site : p.sites) first = std::min(first, site.start_ms);
    if (!par.conduction.plain())
      for (auto& site : p.sites) site.start_ms -= first;
    if (apart) {
      bypass.name = ep::bypassed_prefix + bypass.name;
      p.sites.push_back(std::move(bypass));
    }
  }
  if (p.sites.empty()) return core::bad_input("The heart has no early activation site (it would not beat). Add one to the model.");
  p.electrodes = in.electrodes.empty()
                     ? ep::standard_body({g.centre, g.landmarks.long_axis, g.landmarks.rv_direction}, in.frame)
                     : in.electrodes;
  progress.report(1.0, "heart: ready");
  return std::shared_ptr<const twin::HeartModel>(std::move(model));
}

}  // namespace ot::organs
