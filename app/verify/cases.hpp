// SPDX-License-Identifier: GPL-3.0-or-later
// The functions behind builtin.cpp.
#pragma once
#include <chrono>
#include <string>

#include "app/verify/catalogue.hpp"

namespace ot::verify {

using Rows = core::Result<std::vector<Row>>;
// One row with an absolute tolerance; the second is timed from `start`.
Row make_row(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, bool quick = false);
Row timed_row(std::string name, std::string quantity, double value, double reference, double tolerance, std::string source, bool quick, std::chrono::steady_clock::time_point start);

// Rows of one verification that share its name; each is timed from the row before.
struct RowTable {
  std::string name;
  bool quick = false;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::vector<Row> rows = {};

  void add(const std::string& quantity, double value, double reference, double tolerance, const std::string& source);
  void add_relative(const std::string& quantity, double value, double reference, double tolerance, const std::string& source);
  void at_least(const std::string& quantity, double value, double least, const std::string& source) { add(quantity, value, 1, 1 - least, source); }   // shares
  void at_most(const std::string& quantity, double value, double most, const std::string& source) { add(quantity, value, 0, most, source); }
  void between(const std::string& quantity, double value, double low, double high, const std::string& source) { add(quantity, value, 0.5 * (low + high), 0.5 * (high - low), source); }
};

Rows slab_half_alternating(bool quick, const core::Progress&);
Rows slab_half_kuhn(bool quick, const core::Progress&);
Rows slab_fifth_alternating(bool quick, const core::Progress&);
Rows premature_along(bool quick, const core::Progress&);
Rows premature_across(bool quick, const core::Progress&);
Rows premature_across_coarse(bool quick, const core::Progress&);
// invariance_cases.cpp
Rows velocity_law(bool quick, const core::Progress&);
Rows rotated_fibres(bool quick, const core::Progress&);
Rows turned_together(bool quick, const core::Progress&);
Rows thread_bits(bool quick, const core::Progress&);
Rows current_at_ic50(bool quick, const core::Progress&);
Rows manufactured_monodomain(bool quick, const core::Progress&);
// bidomain_cases.cpp
Rows bidomain_bath(bool quick, const core::Progress&);
Rows bidomain_manufactured(bool quick, const core::Progress&);
Rows bidomain_waves(bool quick, const core::Progress&);
Rows bidomain_electrodes(bool quick, const core::Progress&);
Rows slab_half_unstructured(bool quick, const core::Progress&);
Rows slab_fifth_kuhn(bool quick, const core::Progress&);
Rows slab_fifth_unstructured(bool quick, const core::Progress&);
Rows slab_converged(bool quick, const core::Progress&);
Rows beat_step(bool quick, const core::Progress&);
Rows beat_step_every_node(bool quick, const core::Progress&);
Rows strand_converged(bool quick, const core::Progress&);
Rows spiral_wave(bool quick, const core::Progress&);
Rows figure_of_eight(bool quick, const core::Progress&);
Rows cable_convergence(bool quick, const core::Progress&);
Rows eikonal_point(bool quick, const core::Progress&);
Rows eikonal_jittered(bool quick, const core::Progress&);
Rows eikonal_shell(bool quick, const core::Progress&);
Rows ecg_ball(bool quick, const core::Progress&);
Rows ecg_identities(bool quick, const core::Progress&);
Rows ionic_tt06_epi(bool quick, const core::Progress&);
Rows ionic_tt06_mid(bool quick, const core::Progress&);
Rows ionic_tt06_endo(bool quick, const core::Progress&);
Rows ionic_ord_endo(bool quick, const core::Progress&);
Rows ionic_ord_epi(bool quick, const core::Progress&);
Rows ionic_ord_mid(bool quick, const core::Progress&);
Rows ionic_cipa_endo(bool quick, const core::Progress&);
Rows ionic_torord_endo(bool quick, const core::Progress&);
Rows ionic_torord_epi(bool quick, const core::Progress&);
Rows ionic_torord_mid(bool quick, const core::Progress&);
Rows ionic_courtemanche(bool quick, const core::Progress&);
Rows ionic_stewart(bool quick, const core::Progress&);
Rows ionic_aliev_panfilov(bool quick, const core::Progress&);
Rows ionic_mitchell_schaeffer(bool quick, const core::Progress&);
Rows ionic_courtemanche_rates(bool quick, const core::Progress&);
Rows ionic_stewart_rates(bool quick, const core::Progress&);
Rows fibres_slab(bool quick, const core::Progress&);
Rows fibres_biventricle(bool quick, const core::Progress&);
Rows healthy_phantom(bool quick, const core::Progress&);
Rows healthy_ct(bool quick, const core::Progress&);
Rows fast_against_full(bool quick, const core::Progress&);
Rows purkinje_tree(bool quick, const core::Progress&);
Rows purkinje_sheet(bool quick, const core::Progress&);
Rows atrial_fibres(bool quick, const core::Progress&);
Rows ionic_rates_two_stage(bool quick, const core::Progress&);
Rows ionic_rates_tt06(bool quick, const core::Progress&);
Rows ionic_cipa_control(bool quick, const core::Progress&);
Rows drug_cipa_classes(bool quick, const core::Progress&);
Rows drug_organ(bool quick, const core::Progress&);
Rows drug_cell_apd(bool quick, const core::Progress&);
Rows hill(bool quick, const core::Progress&);
Rows poiseuille_pressure(bool quick, const core::Progress&);
Rows poiseuille_network(bool quick, const core::Progress&);
Rows lumped_svzerod(bool quick, const core::Progress&);
Rows lumped_own(bool quick, const core::Progress&);
Rows flow_poiseuille(bool quick, const core::Progress&);
Rows flow_womersley(bool quick, const core::Progress&);
Rows flow_oscillating_wall(bool quick, const core::Progress&);
Rows flow_ethier_steinman(bool quick, const core::Progress&);
Rows flow_rcr(bool quick, const core::Progress&);
Rows flow_coronary_outlet(bool quick, const core::Progress&);
Rows flow_carreau(bool quick, const core::Progress&);
Rows flow_cylinder(bool quick, const core::Progress&);
Rows flow_nozzle(bool quick, const core::Progress&);
Rows wave_boileau(bool quick, const core::Progress&);
Rows wave_convergence(bool quick, const core::Progress&);
Rows wave_networks(bool quick, const core::Progress&);
Rows network_against_full(bool quick, const core::Progress&);
Rows import_geometry(bool quick, const core::Progress&);
Rows import_identity(bool quick, const core::Progress&);
Rows phantom_dice(bool quick, const core::Progress&);
Rows phantom_mesh(bool quick, const core::Progress&);
Rows tissue_landmarks(bool quick, const core::Progress&);
Rows tissue_segments(bool quick, const core::Progress&);
Rows tissue_thickness(bool quick, const core::Progress&);
Rows tissue_scar(bool quick, const core::Progress&);
Rows phantom_labels(bool quick, const core::Progress&);
Rows heart_cta_automatic(bool quick, const core::Progress&);
Rows heart_cta_guided(bool quick, const core::Progress&);
// recipe_cases.cpp
Rows vessels_phantom(bool quick, const core::Progress&);
Rows vessels_heart_cta(bool quick, const core::Progress&);
Rows recipe_chest(bool quick, const core::Progress&);
Rows recipe_brain(bool quick, const core::Progress&);
Rows recipe_cine(bool quick, const core::Progress&);
Rows roundtrip_nifti(bool quick, const core::Progress&);
Rows roundtrip_nrrd(bool quick, const core::Progress&);
Rows roundtrip_dicom_seg(bool quick, const core::Progress&);
Rows roundtrip_opencarp(bool quick, const core::Progress&);
Rows roundtrip_gmsh(bool quick, const core::Progress&);
Rows roundtrip_identity(bool quick, const core::Progress&);
Rows recorded_ecg(bool quick, const core::Progress&);
Rows ea_map(bool quick, const core::Progress&);
Rows carp_fibres(bool quick, const core::Progress&);

Rows mesh_labels_quality(bool quick, const core::Progress&);
Rows mesh_surface_volume(bool quick, const core::Progress&);
Rows vessel_radius(bool quick, const core::Progress&);
Rows vessel_stenosis(bool quick, const core::Progress&);
Rows vessel_throats(bool quick, const core::Progress&);
Rows vessel_reference(bool quick, const core::Progress&);
Rows vessel_extension(bool quick, const core::Progress&);
Rows infarct_isthmus(bool quick, const core::Progress&);
Rows lesion_size_rows(bool quick, const core::Progress&);
Rows atria_rows(bool quick, const core::Progress&);
Rows lesion_ring(bool quick, const core::Progress&);

using BenchRows = core::Result<std::vector<BenchRow>>;
BenchRows bench_cipa(const core::Progress&);
BenchRows bench_ionic_kernels(const core::Progress&);
BenchRows bench_import(const core::Progress&);
BenchRows bench_triad(const core::Progress&);
BenchRows bench_monodomain(const core::Progress&);
BenchRows bench_monodomain_step(const core::Progress&);
BenchRows bench_monodomain_heart(const core::Progress&);
BenchRows bench_beat(const core::Progress&);
BenchRows bench_eikonal(const core::Progress&);
BenchRows bench_flow_step(const core::Progress&);
BenchRows bench_flow_ffr(const core::Progress&);
BenchRows bench_fast_lesion(const core::Progress&);
BenchRows bench_fast_lesion_heart(const core::Progress&);
BenchRows bench_pipe(const core::Progress&);
BenchRows bench_lumped_tree(const core::Progress&);
BenchRows bench_wave_adan56(const core::Progress&);
BenchRows bench_network_drag(const core::Progress&);
BenchRows bench_tets(const core::Progress&);
BenchRows bench_segment(const core::Progress&);
BenchRows bench_brain(const core::Progress&);
BenchRows bench_brush(const core::Progress&);
BenchRows bench_sweep(const core::Progress&);

}  // namespace ot::verify
