// SPDX-License-Identifier: GPL-3.0-or-later
// What `verify` and `bench` know. A new case is a function in one of the files here and a line below.
#include <fnmatch.h>

#include <algorithm>
#include <cmath>

#include "app/verify/catalogue.hpp"
#include "app/verify/cases.hpp"

namespace ot::verify {

bool Row::pass() const {
  const double allowed = relative ? tolerance * std::abs(reference) : tolerance;
  return std::isfinite(value) && std::abs(value - reference) <= allowed;
}

const std::vector<Verification>& builtin_verifications() {
  static const std::vector<Verification> all{
      {"ep/slab-0.5-alternating", "Niederer slab, dx 0.5, dt 0.05, tuned, P2..P9", "Niederer 2011 problem; accepted vector: shared/reference/niederer/SPEC.md", slab_half_alternating},
      {"ep/slab-0.5-kuhn", "the same on the Kuhn split", "Niederer 2011 problem; accepted vector: shared/reference/niederer/SPEC.md", slab_half_kuhn},
      {"ep/slab-0.2-alternating", "Niederer slab, dx 0.2, dt 0.05 (not with --quick)", "Niederer 2011 problem; accepted vector: shared/reference/niederer/SPEC.md", slab_fifth_alternating},
      {"ep/slab-0.2-kuhn", "the same at 0.2 mm on the Kuhn split (not with --quick)", "Niederer 2011 problem; accepted vector: shared/reference/niederer/SPEC.md", slab_fifth_kuhn},
      {"ep/slab-0.5-unstructured", "the same at 0.5 mm mean edge on a CGAL mesh", "Niederer 2011 problem; accepted vector: shared/reference/niederer/SPEC.md", slab_half_unstructured},
      {"ep/slab-0.2-unstructured", "the same at 0.2 mm mean edge on a CGAL mesh (not with --quick)", "Niederer 2011 problem; accepted vector: shared/reference/niederer/SPEC.md", slab_fifth_unstructured},
      {"ep/premature-beat-along-0.5", "S2 at 360 to 320 ms on a strand along fibres, dx 0.5, and the interval of block (not with --quick)", "fine grid; issue 4", premature_along},
      {"ep/premature-beat-across-0.3", "the same across fibres, dx 0.3", "fine grid; issue 4", premature_across},
      {"ep/cable-convergence", "conduction velocity of a strand converges to the plane wave under refinement", "1.989 sqrt(D): ep-numerics section 3", cable_convergence},
      {"ep/eikonal-point-source", "anisotropic point source 9:1 against the exact arrival time", "closed form", eikonal_point},
      {"ionic/tt06_epi-beat", "ten Tusscher 2006 epi: one beat from the reference state (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_tt06_epi},
      {"ionic/tt06_mid-beat", "the same, mid-myocardial", "reference/ionic: CVODE at 1e-9", ionic_tt06_mid},
      {"ionic/tt06_endo-beat", "the same, endocardial", "reference/ionic: CVODE at 1e-9", ionic_tt06_endo},
      {"drug/hill-at-ic50", "C = IC50 with h = 1 halves the current; C = 0 leaves it", "Hill 1910", hill},
      {"flow/poiseuille-pressure", "pressure drop of a pipe against 8 mu L Q / (pi R^4)", "Hagen-Poiseuille", poiseuille_pressure},
      {"flow/poiseuille-network", "the same by the FAST network", "Hagen-Poiseuille", poiseuille_network},
      {"imaging/geometry", "corners of DICOM, NIfTI, NRRD and MHA images in the patient; those of ORGANTWIN_SHARED too when it is set", "requirement of issue 3: 1e-3 mm", import_geometry},
      {"imaging/identity", "planted identifiers found in the files of an imported case", "DICOM PS3.15 annex E", import_identity},
      {"imaging/phantom-dice", "labels of the thorax phantom against its known truth (not with --quick)", "known truth of the code-generated phantom", phantom_dice},
      {"imaging/phantom/labels", "Dice, surface distance and volumes of the phantom's labels (not with --quick)", "known truth; numbers of issue 3", phantom_labels},
      {"imaging/heart-cta/automatic", "the heart recipe on one real CT (not with --quick; needs ORGANTWIN_SHARED)", "shared/data/heart-cta-dissection/SOURCE.md", heart_cta_automatic},
      {"imaging/heart-cta/guided", "the same with seeds and valve clicks of a file", "shared/data/heart-cta-dissection/SOURCE.md", heart_cta_guided},
      {"imaging/roundtrip/nifti", "labels out as NIfTI and in again, oblique grid, 8 flips of the axes: differing voxels", "NIfTI-1.1", roundtrip_nifti},
      {"imaging/roundtrip/nrrd", "the same as NRRD with 3D Slicer's keys", "NRRD format", roundtrip_nrrd},
      {"imaging/roundtrip/dicom-seg", "the same as DICOM SEG", "DICOM PS3.3 A.51", roundtrip_dicom_seg},
      {"imaging/roundtrip/opencarp", "tetrahedra out as openCARP and in again: nodes, cells, regions", "openCARP manual", roundtrip_opencarp},
      {"imaging/roundtrip/gmsh", "the same as Gmsh 4.1 and 2.2", "Gmsh reference manual", roundtrip_gmsh},
      {"imaging/roundtrip/identity", "planted identifiers in exported files; UIDs are new for every object", "DICOM PS3.15 E, PS3.5 9", roundtrip_identity},
      {"imaging/tissue/landmarks", "apex, base, long axis and septum of the ventricle phantom", "known truth", tissue_landmarks},
      {"imaging/tissue/aha17", "17 segments per voxel: adult pose, turned, mirrored", "Cerqueira 2002; issue 3", tissue_segments},
      {"imaging/tissue/wall-thickness", "concentric, eccentric, thin and anisotropic shells", "closed form; issue 3", tissue_thickness},
      {"imaging/tissue/scar-volume", "n-SD and FWHM scar volume with Rician noise and partial volume", "known truth; issue 3", tissue_scar},
      {"mesh/phantom-quality", "ventricular mesh from the phantom's true labels: inverted, smallest dihedral, volume", "requirement of issue 3", phantom_mesh},
      {"mesh/labels-quality", "one mesh of five labels (RV wall 3 mm, scar sliver one voxel thick): angles, parts, volumes, borders", "requirement of issue 3", mesh_labels_quality},
      {"mesh/surface-volume", "smooth surfaces of five labels keep their volumes, on a flipped grid too", "requirement of issue 3", mesh_surface_volume},
      {"vessels/radius", "centreline radius of tube, torus and tapered helix", "known truth of the shapes", vessel_radius},
      {"vessels/stenosis", "degree of cosine stenoses of 30 to 85 %, from surfaces and from voxels", "known truth of the shapes", vessel_stenosis},
      {"vessels/reference", "no false stenosis beside an aneurysm, in a taper, at a neck", "QCA interpolated reference: Reiber et al. 1985", vessel_reference},
      {"vessels/flow-extension", "caps lengthened by five diameters", "known truth of the shapes", vessel_extension},
  };
  return all;
}

const std::vector<Benchmark>& builtin_benchmarks() {
  static const std::vector<Benchmark> all{
      {"imaging/import-512x512x400", "thorax phantom as 400 DICOM slices: scan, import, save; seconds and peak memory", "issue 3", bench_import},
      {"machine/triad", "memory bandwidth a = b + s c, 1 and all threads", "McCalpin's STREAM triad, own code", bench_triad},
      {"ep/monodomain-slab", "ns per node and step, ten Tusscher 2006, slab dx 0.2", "ep-numerics section 7", bench_monodomain},
      {"ep/eikonal-box", "anisotropic eikonal on about 500k nodes", "issue 4", bench_eikonal},
      {"imaging/brush-512", "200 brush strokes and their undo on 512 x 512 x 512 voxels", "issue 3", bench_brush},
      {"imaging/segment-512x512x400", "the heart recipe on a CT of hospital size, with peak memory", "issue 3", bench_segment},
      {"flow/steady-pipe", "steady Navier-Stokes in a pipe", "flow-numerics section c", bench_pipe},
      {"mesh/tets-500k", "tetrahedra of five labels with shared interfaces", "issue 3", bench_tets},
  };
  return all;
}

bool matches(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return fnmatch(p.c_str(), name.c_str(), 0) == 0; });
}

}  // namespace ot::verify
