// SPDX-License-Identifier: GPL-3.0-or-later
// Atrial twin of a case: labels -> wall of both atria -> tetrahedra -> twin of the atria in place of that of the ventricles.
// Model:  the wall is a shell of even thickness around the blood of each atrium (none is labelled on CT), open at the valves (within wall + 1 mm of the
//         ventricle's blood) and where veins are labelled. The atria are joined at the septum (10 mm around the middle of where they
//         are nearest), at the top (Bachmann's bundle) and below (coronary sinus), 6 mm each; elsewhere a groove keeps the shells apart, as fat does. Sizes: general anatomy.
// Source: median thickness of the left atrial wall on coronary CT angiography of 193 persons 1.45 mm (Whitaker et al. 2020, IJC Heart & Vasculature 32:100694, abstract); of the right
//         one about 2 mm (Gray's Anatomy, 20th ed.).
// Fails:  bad_input without labels of both atria and both ventricles' blood, or when the atria lie more than 12 mm apart.
#pragma once
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "solvers/organs/heart/atria.hpp"

namespace ot::session {

namespace atrial_labels {   // beside those of core::labels
inline constexpr int left_wall = 30, right_wall = 31, opening = 32;
}

struct AtriaCaseParams {
  double wall_mm = 1.45, right_wall_mm = 2.0, edge_mm = 1.2;   // wall_mm: of the left atrium
  organs::AtriaParams tissue;
};

// On a grid of voxel_mm around the atria: walls, blood, openings.
core::Result<core::LabelMap> atrial_wall_labels(const core::LabelMap& labels, double left_wall_mm, double right_wall_mm, double voxel_mm, const core::Progress& progress);
// Junction of the superior vena cava with the right atrium where the vein is labelled, else the upper right posterior corner of that atrium.
core::Vec3 sinus_node_of(const core::LabelMap& labels);

// What was chosen for the atria is kept with the case; both ways.
void keep_atria(ModelChoices& choices, const AtriaCaseParams& atria);
AtriaCaseParams chosen_atria(const ModelChoices& choices);

// What the mesh of the wall is like, for the assumptions of a twin: its thickness, and that it has holes where elements are longer than it is thick.
std::vector<std::string> wall_assumptions(const AtriaCaseParams& params);

struct AtriaModel {
  std::shared_ptr<const core::TetMesh> mesh;
  core::MeshQuality quality;
  organs::AtriaInputs inputs;
  std::shared_ptr<const twin::HeartModel> heart;
  std::vector<std::string> notes;
};
core::Result<AtriaModel> make_atria(const core::LabelMap& labels, const AtriaCaseParams& params, const core::Progress& progress);

// The same from the labels of a case; the mesh is kept as the part mesh "atria", one StageReport is added. labels_sha256: of the image to take, empty: the first with both atria.
core::Result<AtriaModel> add_atria(CaseData& data, const std::string& labels_sha256, const AtriaCaseParams& params, const core::Progress& progress);

// Replaces the twin of the case; the mesh is kept as the part mesh "atria". One StageReport.
core::Result<void> build_atrial_twin(CaseData& data, const AtriaCaseParams& params, const core::Progress& progress);

// Lesion sets a person may add to a plan: wide rings around the left and the right veins and a line over the roof. Points on the endocardium of the left atrium of a
// twin of the atria or of the whole heart; ordinary ablations with the key's id, their title (and what they enclose) as the note.
// Model:  a ring is a level line of the way over the endocardium from the ostia of both veins of a side: antral_margin_mm outside them, but at most 0.3 of the way to the other side's ostia and
//         clear of the mitral valve and of every place where the right atrium is joined, for a joint inside would lead round it. Ostia: rims of labelled veins; where none are labelled, 22 mm wide
//         ones about the places furthest to the side, back and up or down (sources: atrial_lines.cpp). Each ring is tried on the mesh (ring_isolates).
//         Inside and outside of the roof line: right behind and before it, so that a wave that goes round its ends comes late.
// Fails:  bad_input without a left atrium, when its wall is full of holes (elements longer than the wall is thick), or when no ring isolates a side; wrong_usage for a margin out of range; cancelled. Takes seconds: not for a thread that draws.
struct AtrialLineParams {
  double antral_margin_mm = 10;   // wide circumferential ablation, 5 to 10 mm outside the ostia (general knowledge)
};
struct LesionSet {
  std::string key, title;       // "pvi-left"
  twin::InterventionSpec spec;
  core::Vec3 inside, outside;   // one point on each side, for the proof of block
  double enclosed_percent = 0, enclosed_cm2 = 0;   // of the left atrial endocardium, veins' walls included where they are part of it; 0 for a line
};
bool has_left_atrium(const twin::TwinModel& twin);   // atria alone or a whole heart
core::Result<std::vector<LesionSet>> atrial_lesion_sets(const twin::TwinModel& twin, const AtrialLineParams& params = {}, const core::Progress& progress = {});

// Atrial muscle a lesion leaves conducting; tetrahedra that share a node conduct into each other.
struct RingSides {
  std::size_t inside_tets = 0, outside_tets = 0;   // conducting with the muscle nearest to the point inside, outside
  std::size_t right_inside = 0;                    // of inside_tets, of the right atrium
  std::size_t left_tets = 0, burned_tets = 0;      // of the whole left atrium; burned of both
  bool joined = false;                             // the two are one
};
RingSides ring_sides(const core::TetMesh& mesh, const twin::InterventionSpec& ring, const core::Vec3& inside, const core::Vec3& outside);
// The sides are apart, and the right atrium is joined to the outside alone.
bool ring_isolates(const RingSides& sides);

}  // namespace ot::session
