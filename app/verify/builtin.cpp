// SPDX-License-Identifier: GPL-3.0-or-later
// What `verify` and `bench` know. A new case is a function in one of the files here and a line below.
#include <fnmatch.h>

#include <algorithm>
#include <cmath>

#include "app/verify/catalogue.hpp"
#include "app/verify/atria_cases.hpp"
#include "app/verify/cases.hpp"
#include "app/verify/flow_vessel_cases.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::verify {

bool Row::pass() const {
  const double allowed = relative ? tolerance * std::abs(reference) : tolerance;
  return std::isfinite(value) && std::abs(value - reference) <= allowed;
}

Row make_row(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, bool quick) {
  Row r;
  r.name = std::move(name);
  r.quantity = std::move(quantity);
  r.value = value;
  r.reference = reference;
  r.tolerance = tolerance;
  r.relative = false;
  r.source = std::move(source);
  r.quick = quick;
  r.threads = core::thread_count();
  return r;
}

Row timed_row(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, bool quick, std::chrono::steady_clock::time_point start) {
  Row r = make_row(std::move(name), std::move(quantity), value, reference, tolerance, std::move(source), quick);
  r.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return r;
}

void RowTable::add(const std::string& quantity, double value, double reference, double tolerance, const std::string& source) {
  rows.push_back(timed_row(name, quantity, value, reference, tolerance, source, quick, start));
  start = std::chrono::steady_clock::now();
}

void RowTable::add_relative(const std::string& quantity, double value, double reference, double tolerance, const std::string& source) {
  add(quantity, value, reference, tolerance, source);
  rows.back().relative = true;
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
      {"ep/manufactured", "monodomain stepping against a manufactured solution with one gate: L2 order in space and in time", "closed form; issue 4", manufactured_monodomain},
      {"ep/slab-converged", "Niederer slab without tuning, three grids, two discretisations, extrapolated in h and dt (not with --quick: minutes)", "Niederer 2011; issue 4", slab_converged},
      {"ep/strand-converged", "both discretisations on a strand: one velocity in the limit, and what the slab's three grids make of it", "own strand; design/ep-numerics.md", strand_converged},
      {"ep/beat-step-every-node", "activation of every node at dt 0.05 against 0.01: moved nodes, turning and askew fibres", "own finer step; issue 4", beat_step_every_node},
      {"ep/beat-step", "a beat of a small block at dt 0.05 against 0.01: activation and APD", "own finer step; issue 4", beat_step},
      {"ep/spiral-wave", "Mitchell-Schaeffer sheet, S1-S2: period under refinement, one singularity", "own finer grid; issue 4", spiral_wave},
      {"ep/spiral-figure-of-eight", "the same with two free ends: period, two singularities", "own finer grid; issue 4", figure_of_eight},
      {"ep/cable-convergence", "conduction velocity of a strand converges to the plane wave under refinement", "1.989 sqrt(D): ep-numerics section 3", cable_convergence},
      {"ep/eikonal-point-source", "anisotropic point source 9:1 against the exact arrival time", "closed form", eikonal_point},
      {"ep/eikonal-jittered", "tensor ratio 9:1, one and two sources, 20 % node jitter, 40 (without --quick also 80) elements across", "closed form", eikonal_jittered},
      {"ep/eikonal-shell", "a wave around a ball-shaped hole: tangents and arcs, 40 elements across", "closed form", eikonal_shell},
      {"ep/ecg-ball", "twelve leads of a uniformly polarised ball in an infinite medium", "closed form of a dipole", ecg_ball},
      {"ep/ecg-identities", "lead identities, arm electrodes and chest electrodes swapped", "Kligfield et al. 2007", ecg_identities},
      {"ionic/tt06_epi-beat", "ten Tusscher 2006 epi: one beat from the reference state (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_tt06_epi},
      {"ionic/tt06_mid-beat", "the same, mid-myocardial", "reference/ionic: CVODE at 1e-9", ionic_tt06_mid},
      {"ionic/tt06_endo-beat", "the same, endocardial", "reference/ionic: CVODE at 1e-9", ionic_tt06_endo},
      {"ionic/ord2011_endo-beat", "O'Hara-Rudy 2011 endo: one beat from the reference state (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_ord_endo},
      {"ionic/ord2011_epi-beat", "the same, epicardial", "reference/ionic: CVODE at 1e-9", ionic_ord_epi},
      {"ionic/ord2011_mid-beat", "the same, mid-myocardial", "reference/ionic: CVODE at 1e-9", ionic_ord_mid},
      {"ionic/ordcipa_endo-beat", "CiPAORdv1.0 without drug, the same", "reference/ionic: CVODE at 1e-9", ionic_cipa_endo},
      {"ionic/torord_dyncl_endo-beat", "ToR-ORd dynCl endo: one beat from the reference state (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_torord_endo},
      {"ionic/torord_dyncl_epi-beat", "ToR-ORd dynCl epi: one beat from the reference state (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_torord_epi},
      {"ionic/torord_dyncl_mid-beat", "ToR-ORd dynCl mid: one beat from the reference state (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_torord_mid},
      {"ionic/courtemanche1998-beat", "Courtemanche 1998: one beat from the reference state, dt 0.02 (needs ORGANTWIN_SHARED)", "reference/ionic: CVODE at 1e-9", ionic_courtemanche},
      {"ionic/stewart2009-beat", "Stewart 2009 Purkinje: the same, dt 0.02", "reference/ionic: CVODE at 1e-9", ionic_stewart},
      {"ionic/aliev_panfilov1996-beat", "Aliev-Panfilov 1996: one beat, dt 0.02", "own adaptive integration at 1e-10", ionic_aliev_panfilov},
      {"ionic/courtemanche1998-rates", "Courtemanche 1998: APD90 over cycle lengths, the whole history (not with --quick; about a minute)", "reference/ionic/rate_dependence.csv", ionic_courtemanche_rates},
      {"ionic/stewart2009-rates", "Stewart 2009: the same", "reference/ionic/rate_dependence.csv", ionic_stewart_rates},
      {"ep/fibres-slab", "rule-based fibres on a slab: unit, orthogonal, angle at five depths for both depth laws", "EP-FACTS section 1", fibres_slab},
      {"ep/fibres-biventricle", "fibres and sheets of two ventricles: unit, orthogonal, continuous across the septum", "Bayer 2012; EP-FACTS section 1", fibres_biventricle},
      {"ep/healthy-phantom", "the healthy twin of the built-in phantom at 60 per minute and with LBBB: intervals, axis, R progression, T waves, FAST and (not with --quick) FULL", "issue 4", healthy_phantom},
      {"ep/healthy-ct", "the same on one real CT (needs ORGANTWIN_SHARED)", "issue 4", healthy_ct},
      {"ep/pr-interval", "atria and ventricles in one twin, phantom and (with ORGANTWIN_SHARED) one real CT, FAST: P, PR, QRS, QT; AV block of first degree and complete; the phantom in FULL (not with --quick)", "issue 4", pr_interval},
      {"ep/accessory-pathway", "atria and ventricles of the phantom with an accessory pathway from the atrial wall: PR and QRS, beside a normal and a blocked AV node (FAST)", "surface ECG criteria", pathway_rows},
      {"ep/study/af-induction", "burst pacing of the phantom's atria, remodelled by AF and healthy; residual inducibility after rings and a roof line (FAST re-entry)", "issue 4", af_induction},
      {"ep/extracellular", "extracellular potential from the membrane potential (pseudo-bidomain) against exact solutions", "issue 4", extracellular_rows},
      {"ep/fast-vs-full", "activation of FAST against FULL on the phantom's heart, 2 mm edges (not with --quick)", "issue 4", fast_against_full},
      {"ep/purkinje-sheet", "Purkinje tree on a flat sheet: on the surface, no crossing, covered, times along the tree", "Sahli Costabal 2016; closed form", purkinje_sheet},
      {"ep/purkinje-heart", "Purkinje tree on two ventricles: healthy, left and right bundle branch block, pre-excitation in FAST", "issue 4; surface ECG criteria", purkinje_tree},
      {"ep/atrial-fibres", "left atrial bundles against fibres measured by diffusion imaging (needs ORGANTWIN_SHARED)", "Roney et al. 2021: shared/data/left-atrium-fibres-1", atrial_fibres},
      {"ionic/rates", "rate dependence of O'Hara-Rudy, CiPAORdv1.0 and ToR-ORd endo: the stated history repeated exactly (needs ORGANTWIN_SHARED)", "reference/ionic/rate_dependence.csv", ionic_rates_two_stage},
      {"ionic/rates-tt06", "the same for the three TT06 cells (not with --quick: minutes)", "reference/ionic/rate_dependence.csv", ionic_rates_tt06},
      {"ionic/cipa-control-qnet", "1000 beats of CiPAORdv1.0 at 2000 ms: qNet and APD90", "reference/drugs/README.md", ionic_cipa_control},
      {"ionic/cipa-classes", "mean qNet at 1-4 x Cmax and torsade risk of the 12 training drugs of CiPA", "reference/drugs", drug_cipa_classes},
      {"ionic/drug-cell-apd", "dofetilide and verapamil at 1 x free Cmax on five cells, as the product lays them", "issue 4", drug_cell_apd},
      {"ep/study/infarct-isthmus", "VT of an infarct with one isthmus: induced; ended by a lesion across the isthmus, not by a sham lesion (FAST re-entry)", "known circuit of the phantom; issue 4", infarct_isthmus},
      {"ep/lesion-size", "lesion depth and diameter from power, force and time", "published ex-vivo lesions", lesion_size_rows},
      {"ep/atria-sinus-and-pvi", "atrial twin of code-generated labels: P wave; rings around the veins, closed and open", "issue 4", atria_rows},
      {"ep/study/lesion-ring", "a ring of lesions conducts through one 3 mm gap and blocks in both directions when it is closed (FAST re-entry)", "issue 4", lesion_ring},
      {"ep/drug-organ", "QT of the phantom's heart with dofetilide and verapamil, two cell models, against the cell alone", "issue 4", drug_organ},
      {"drug/hill-at-ic50", "C = IC50 with h = 1 halves the current; C = 0 leaves it", "Hill 1910", hill},
      {"flow/poiseuille-pressure", "pressure drop of a pipe against 8 mu L Q / (pi R^4)", "Hagen-Poiseuille", poiseuille_pressure},
      {"flow/poiseuille-network", "the same by the FAST network", "Hagen-Poiseuille", poiseuille_network},
      {"flow/lumped/svzerod", "the public results of svZeroDSolver, every series, the source's scheme and steps (needs ORGANTWIN_SHARED)", "svZeroDSolver c7b0ca0, tests/cases", lumped_svzerod},
      {"flow/lumped/own-half-step", "the same by our own integrator at half the step: where a case's own step is too coarse for its valves the row fails", "svZeroDSolver c7b0ca0, tests/cases", lumped_own},
      {"flow/poiseuille", "velocity, order, pressure drop, mass and wall shear of steady pipe flow", "Hagen-Poiseuille", flow_poiseuille},
      {"flow/womersley", "velocity and wall shear of pulsatile pipe flow, alpha 2, 4.5 and 12.9", "Womersley 1955", flow_womersley},
      {"flow/oscillating-wall", "TAWSS and OSI of a pipe whose flow reverses", "Womersley 1955, integrated", flow_oscillating_wall},
      {"flow/ethier-steinman", "velocity of an exact unsteady three-dimensional flow, and its order", "Ethier & Steinman 1994", flow_ethier_steinman},
      {"flow/rcr", "outlet pressure of a tube with a Windkessel, order in time, flow reversal", "the Windkessel's own equation", flow_rcr},
      {"flow/coronary-outlet", "outlet pressure of a tube with the coronary bed (two capacitors, intramyocardial pressure), order in time", "the bed's own equations, one harmonic", flow_coronary_outlet},
      {"flow/carreau-yasuda-pipe", "pipe flow of shear-thinning blood", "one-dimensional quadrature", flow_carreau},
      {"flow/dfg-cylinder-3d", "drag, lift and pressure difference of a cylinder in a channel, Re 20", "Schaefer & Turek 1996; Braack & Richter 2006", flow_cylinder},
      {"flow/stent", "stent of 3.0 mm in a stenosed 3.0 mm tube: diameter, wall outside it, pressure drop", "known truth of the shape; our own solve of the healthy tube", flow_stent},
      {"flow/bypass", "bypass graft past a lesion of 70 %: FAST against FULL, flow through graft and lesion, and what FULL conserves", "own Navier-Stokes solver", flow_bypass},
      {"flow/aorta-iliac", "real aorta and iliacs: pressure drop on three meshes, mass, waveforms of a beat (needs ORGANTWIN_SHARED; not with --quick)", "shared/data/aorta-iliac-surface/SOURCE.md", flow_aorta},
      {"flow/fda-nozzle-500", "centreline of the nozzle with sudden expansion at Re 500 (needs ORGANTWIN_SHARED; not with --quick)", "Hariharan 2011, laboratories' PIV", flow_nozzle},
      {"flow/one-d/boileau", "carotid and thoracic aorta against the finite-volume curves (needs ORGANTWIN_SHARED)", "Boileau et al. 2015", wave_boileau},
      {"flow/one-d/convergence", "order of pulse waves in a tapered bifurcation", "own refinement", wave_convergence},
      {"flow/one-d/networks", "bifurcation, ADAN56, circle of Willis and 37 arteries run to periodicity; ADAN56 against half the cells", "openBF specifications", wave_networks},
      {"flow/network-against-full", "FAST network against our own 3D on narrowed tubes: calibrated on one lesion at one flow, scored on three more flows, nine lesions and flows and a seeded random family of ten", "own Navier-Stokes solver", network_against_full},
      {"flow/network-against-full-second", "FAST network as shipped against our own 3D on a second seeded random family of ten lesions", "own Navier-Stokes solver", network_against_full_second},
      {"flow/network-against-full-third", "the same on a third one, drawn after the model was finished", "own Navier-Stokes solver", network_against_full_third},
      {"imaging/geometry", "corners of DICOM, NIfTI, NRRD and MHA images in the patient; those of ORGANTWIN_SHARED too when it is set", "requirement of issue 3: 1e-3 mm", import_geometry},
      {"imaging/identity", "planted identifiers found in the files of an imported case", "DICOM PS3.15 annex E", import_identity},
      {"imaging/phantom-dice", "labels of the thorax phantom against its known truth (not with --quick)", "known truth of the code-generated phantom", phantom_dice},
      {"imaging/phantom/labels", "Dice, surface distance and volumes of the phantom's labels (not with --quick)", "known truth; numbers of issue 3", phantom_labels},
      {"imaging/heart-cta/automatic", "the heart recipe on one real CT (not with --quick; needs ORGANTWIN_SHARED)", "shared/data/heart-cta-dissection/SOURCE.md", heart_cta_automatic},
      {"imaging/heart-cta/guided", "the same with seeds and valve clicks of a file", "shared/data/heart-cta-dissection/SOURCE.md", heart_cta_guided},
      {"imaging/vessels/phantom", "the vessel recipe on a code-generated tree beside a spine: Dice, centreline found, lumen outside, bone called lumen", "known truth", vessels_phantom},
      {"imaging/vessels/heart-cta", "the vessel recipe on the real CT: share of aorta and arch branches found (needs ORGANTWIN_SHARED; not with --quick)", "shared/data/heart-cta-dissection/SOURCE.md", vessels_heart_cta},
      {"imaging/recipes/chest", "lungs and bone of the phantom, and of a real chest when ORGANTWIN_SHARED is set", "known truth; what anatomy allows", recipe_chest},
      {"imaging/recipes/t1-brain", "volume and grey share of a real head (needs ORGANTWIN_SHARED; not with --quick)", "what anatomy allows", recipe_brain},
      {"imaging/recipes/cine", "ejection fractions of a real short-axis cine (needs ORGANTWIN_SHARED; not with --quick)", "what physiology allows", recipe_cine},
      {"imaging/roundtrip/nifti", "labels out as NIfTI and in again, oblique grid, 8 flips of the axes: differing voxels", "NIfTI-1.1", roundtrip_nifti},
      {"imaging/roundtrip/nrrd", "the same as NRRD with 3D Slicer's keys", "NRRD format", roundtrip_nrrd},
      {"imaging/roundtrip/dicom-seg", "the same as DICOM SEG", "DICOM PS3.3 A.51", roundtrip_dicom_seg},
      {"imaging/roundtrip/opencarp", "tetrahedra out as openCARP and in again: nodes, cells, regions", "openCARP manual", roundtrip_opencarp},
      {"imaging/roundtrip/gmsh", "the same as Gmsh 4.1 and 2.2", "Gmsh reference manual", roundtrip_gmsh},
      {"imaging/roundtrip/identity", "planted identifiers in exported files; UIDs are new for every object", "DICOM PS3.15 E, PS3.5 9", roundtrip_identity},
      {"ep/recorded-ecg", "a noisy drifting recording at 500 and 250 Hz: intervals of its noise-free beat; WFDB 16 out and in", "truth by construction; PhysioNet header(5), signal(5)", recorded_ecg},
      {"ep/map-projection", "300 points 0-3 mm over a slab, moved: registration by landmarks, LAT of a plane wave, comparison", "analytic", ea_map},
      {"ep/opencarp-fibres", "fibres and sheets out as openCARP and in with their mesh: largest angle", "issue 4 part 8", carp_fibres},
      {"imaging/tissue/landmarks", "apex, base, long axis and septum of the ventricle phantom", "known truth", tissue_landmarks},
      {"imaging/tissue/aha17", "17 segments per voxel: adult pose, turned, mirrored", "Cerqueira 2002; issue 3", tissue_segments},
      {"imaging/tissue/wall-thickness", "concentric, eccentric, thin and anisotropic shells", "closed form; issue 3", tissue_thickness},
      {"imaging/tissue/scar-volume", "n-SD and FWHM scar volume with Rician noise and partial volume", "known truth; issue 3", tissue_scar},
      {"mesh/phantom-quality", "ventricular mesh from the phantom's true labels: inverted, smallest dihedral, volume", "requirement of issue 3", phantom_mesh},
      {"mesh/labels-quality", "one mesh of five labels (RV wall 3 mm, scar sliver one voxel thick): angles, parts, volumes, borders", "requirement of issue 3", mesh_labels_quality},
      {"mesh/surface-volume", "smooth surfaces of five labels keep their volumes, on a flipped grid too", "requirement of issue 3", mesh_surface_volume},
      {"vessels/radius", "centreline radius of tube, torus and tapered helix", "known truth of the shapes", vessel_radius},
      {"vessels/stenosis", "degree of cosine stenoses of 30 to 85 %, from surfaces and from voxels", "known truth of the shapes", vessel_stenosis},
      {"vessels/throats", "stenoses of 55 to 80 % of a 3 mm vessel at 0.4 to 0.5 mm voxels, from a blurred and noisy scan", "known truth of the scan; issue 3", vessel_throats},
      {"vessels/reference", "no false stenosis beside an aneurysm, in a taper, at a neck", "QCA interpolated reference: Reiber et al. 1985", vessel_reference},
      {"vessels/flow-extension", "caps lengthened by five diameters", "known truth of the shapes", vessel_extension},
  };
  return all;
}

const std::vector<Benchmark>& builtin_benchmarks() {
  static const std::vector<Benchmark> all{
      {"imaging/import-512x512x400", "thorax phantom as 400 DICOM slices: scan, import, save; seconds and peak memory", "issue 3", bench_import},
      {"machine/triad", "memory bandwidth a = b + s c, 1 and all threads", "McCalpin's STREAM triad, own code", bench_triad},
      {"ionic/cipa-1000-beats", "one CiPAORdv1.0 cell, 1000 beats at 2000 ms, one thread", "issue 4", bench_cipa},
      {"ionic/kernels", "ns per node and step of every membrane model, 1 and all threads", "issue 4", bench_ionic_kernels},
      {"ep/monodomain-slab", "ns per node and step, ten Tusscher 2006, slab dx 0.2", "ep-numerics section 7", bench_monodomain},
      {"ep/monodomain-step", "the monodomain step alone on the slab and on an irregular block: bytes, flops, bounds", "issue 4", bench_monodomain_step},
      {"ep/beat-300k", "one 500 ms beat of 300,763 nodes, ten Tusscher 2006, dt 0.05 (minutes)", "issue 4", bench_beat},
      {"ep/eikonal-box", "anisotropic eikonal on about 500k nodes", "issue 4", bench_eikonal},
      {"ep/fast-lesion", "FAST activation and 12-lead ECG after moving a lesion, 60 thousand nodes", "issue 4", bench_fast_lesion},
      {"ep/s1s2-sweep-17", "17 sites, S2 down from 400 ms in 10 ms steps, FAST re-entry, ventricle of 1 mm edges", "issue 4", bench_sweep},
      {"imaging/brush-512", "200 brush strokes and their undo on 512 x 512 x 512 voxels", "issue 3", bench_brush},
      {"imaging/segment-512x512x400", "the heart recipe on a CT of hospital size, with peak memory", "issue 3", bench_segment},
      {"imaging/t1-brain", "the brain recipe on a real head (needs ORGANTWIN_SHARED)", "issue 3", bench_brain},
      {"flow/step-3d", "one step of the Navier-Stokes solver, three sizes, phases and memory", "flow-numerics section c", bench_flow_step},
      {"flow/ffr-3d", "steady flow through a 50 % lesion on 300k tets, and again when it is opened", "issue 5", bench_flow_ffr},
      {"flow/steady-pipe", "steady Navier-Stokes in a pipe", "flow-numerics section c", bench_pipe},
      {"flow/lumped-tree-255", "lumped tree of 255 vessels with stenosis terms, 3 beats of 100 and of 500 steps", "issue 5", bench_lumped_tree},
      {"flow/one-d-adan56", "ADAN56: 77 segments, 2 s of flow (needs ORGANTWIN_SHARED)", "issue 5", bench_wave_adan56},
      {"flow/ffr-drag", "FAST flow and FFR of a tree of 31 branches with three lesions, one of them dragged", "issue 5", bench_network_drag},
      {"flow/stent-drag", "FAST answer to every move of a stent on the built-in LAD, by the function the window calls (needs the built-in case)", "issue 5", bench_stent_drag},
      {"flow/lad-full", "FULL flow of the built-in LAD: untreated, a stent placed, the stent moved; meshing included (needs the built-in case)", "issue 5", bench_stent_full},
      {"mesh/tets-500k", "tetrahedra of five labels with shared interfaces", "issue 3", bench_tets},
  };
  return all;
}

bool matches(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return fnmatch(p.c_str(), name.c_str(), 0) == 0; });
}

}  // namespace ot::verify
