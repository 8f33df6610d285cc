// SPDX-License-Identifier: GPL-3.0-or-later
// The functions behind builtin.cpp.
#pragma once
#include "app/verify/catalogue.hpp"

namespace ot::verify {

using Rows = core::Result<std::vector<Row>>;
Rows slab_half_alternating(bool quick, const core::Progress&);
Rows slab_half_kuhn(bool quick, const core::Progress&);
Rows slab_fifth_alternating(bool quick, const core::Progress&);
Rows premature_along(bool quick, const core::Progress&);
Rows premature_across(bool quick, const core::Progress&);
Rows slab_half_unstructured(bool quick, const core::Progress&);
Rows slab_fifth_kuhn(bool quick, const core::Progress&);
Rows slab_fifth_unstructured(bool quick, const core::Progress&);
Rows cable_convergence(bool quick, const core::Progress&);
Rows eikonal_point(bool quick, const core::Progress&);
Rows ionic_tt06_epi(bool quick, const core::Progress&);
Rows ionic_tt06_mid(bool quick, const core::Progress&);
Rows ionic_tt06_endo(bool quick, const core::Progress&);
Rows hill(bool quick, const core::Progress&);
Rows poiseuille_pressure(bool quick, const core::Progress&);
Rows poiseuille_network(bool quick, const core::Progress&);
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
Rows roundtrip_nifti(bool quick, const core::Progress&);
Rows roundtrip_nrrd(bool quick, const core::Progress&);
Rows roundtrip_dicom_seg(bool quick, const core::Progress&);
Rows roundtrip_opencarp(bool quick, const core::Progress&);
Rows roundtrip_gmsh(bool quick, const core::Progress&);
Rows roundtrip_identity(bool quick, const core::Progress&);

Rows mesh_labels_quality(bool quick, const core::Progress&);
Rows mesh_surface_volume(bool quick, const core::Progress&);
Rows vessel_radius(bool quick, const core::Progress&);
Rows vessel_stenosis(bool quick, const core::Progress&);
Rows vessel_reference(bool quick, const core::Progress&);
Rows vessel_extension(bool quick, const core::Progress&);

using BenchRows = core::Result<std::vector<BenchRow>>;
BenchRows bench_import(const core::Progress&);
BenchRows bench_triad(const core::Progress&);
BenchRows bench_monodomain(const core::Progress&);
BenchRows bench_eikonal(const core::Progress&);
BenchRows bench_pipe(const core::Progress&);
BenchRows bench_tets(const core::Progress&);
BenchRows bench_segment(const core::Progress&);
BenchRows bench_brush(const core::Progress&);

}  // namespace ot::verify
