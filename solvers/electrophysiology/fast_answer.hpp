// SPDX-License-Identifier: GPL-3.0-or-later
// What the FAST solver keeps between answers: per mesh (metric, lead field, coupling of repolarisation) and per heart without lesions
// (its whole answer, which a lesion only repairs). Used by fast*.cpp alone.
// Bits: an answer is a function of the problem: with lesions it is always the repaired answer without them, kept or computed.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "solvers/electrophysiology/eikonal.hpp"
#include "solvers/electrophysiology/fast.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {

// R - tau div(D grad R) = t_act + APD, see fast.hpp.
struct RepolarisationCoupling {
  fem::CsrMatrix stiffness;       // D of healthy tissue
  std::vector<double> mass;       // lumped
};

struct FastPrepared {
  std::weak_ptr<const core::TetMesh> mesh;
  std::weak_ptr<const FibreField> fibres;
  core::Vec3 velocity, sigma;
  double chi = 0, cm = 0;
  std::vector<Electrode> electrodes;
  std::string mesh_sha256;
  std::shared_ptr<const Eikonal> eikonal;
  std::shared_ptr<const LeadField> healthy_leads;
  std::shared_ptr<const RepolarisationCoupling> coupling;
  std::shared_ptr<const fem::NodeTets> around;
};
// Kept for the last three meshes. Speeds of tets that carry no wave are of no account.
core::Result<FastPrepared> prepare_fast(const ElectroProblem& problem, const FastTemplates& templates, const core::Progress& progress);

// Speeds of the regions with the velocity of their cells; tets that carry a wave: conducting, and not where FULL's cells let it die.
SpeedMap fast_speeds(const ElectroProblem& problem, const FastTemplates& templates);
std::vector<std::uint8_t> carrying_tets(const ElectroProblem& problem, const FastTemplates& templates);

// [nodes] index into templates.shapes: of the tissue that holds most of the conducting volume around a node, and its cell type.
std::vector<std::uint8_t> shapes_of(const ElectroProblem& problem, const FastTemplates& templates);

struct FastSolved {
  Eikonal::Arrival arrival;
  std::vector<double> coupled_ms;   // [nodes] R
  FastSolution solution;
};
core::Result<FastSolved> solve_whole(const ElectroProblem& problem, const FastTemplates& templates, const FastPrepared& prepared,
                                     const core::Progress& progress);
// The problem's lesions repaired into the answer without them.
core::Result<FastSolved> solve_repaired(const ElectroProblem& problem, const FastTemplates& templates, const FastPrepared& prepared,
                                        const FastSolved& before, const core::Progress& progress);

// The same problem without its lesions; whether they are all that tells it from this one: then it can be repaired.
ElectroProblem without_lesions(const ElectroProblem& problem);
bool only_lesions(const ElectroProblem& problem, const FastTemplates& templates);

struct FastAnswer {
  FastSolved solved;
  LeadField leads;                                             // with its tissue
  std::vector<std::array<double, 8>> lead_sums;                // [samples]
  std::vector<std::shared_ptr<const std::vector<float>>> frames;
  std::size_t stride = 1;                                      // samples between frames
};
core::Result<std::shared_ptr<const FastAnswer>> answer_whole(const ElectroProblem& problem, const FastTemplates& templates, const FastPrepared& prepared,
                                                             const core::Progress& progress);
core::Result<std::shared_ptr<const FastAnswer>> answer_repaired(const ElectroProblem& problem, const FastTemplates& templates, const FastPrepared& prepared,
                                                                const FastAnswer& before, const core::Progress& progress);
// Answers without lesions, the last two; null when it is not kept.
std::shared_ptr<const FastAnswer> kept_answer(const ElectroProblem& problem, const FastTemplates& templates);
void keep_answer(const ElectroProblem& problem, const FastTemplates& templates, std::shared_ptr<const FastAnswer> answer);

}  // namespace ot::ep
