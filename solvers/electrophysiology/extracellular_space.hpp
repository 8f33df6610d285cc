// SPDX-License-Identifier: GPL-3.0-or-later
// The space around the cells of the muscle, and a bath where there is one: the elliptic half of the bidomain equations.
// Model:   div((sigma_i + sigma_e) grad phi_e) = -div(sigma_i grad Vm) - I in the muscle, div(sigma_b grad phi_e) = -I in a bath; no current leaves the outer surface, no current of the
//          cells the muscle; I is put in by electrodes. Ground holds nodes at 0 mV.
// Numerics: P1 (order 2), conjugate gradients with multigrid. In a separate piece without ground one node is tied to 0, which changes the constant alone; `centred` takes the piece's mean off.
// Threads: same bits for every count.
#pragma once
#include <vector>

#include "solvers/electrophysiology/problem.hpp"
#include "solvers/fem/amg.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {

// [tets] mS/mm.
struct SpaceTensors {
  std::vector<core::Mat3> intra, both;   // sigma_i; sigma_i + sigma_e, in a bath sigma_b
};
// sigma_i along f, s, n and ratio = sigma_e / sigma_i, both times a region's scale (as most 1 with cap_scales); sigma_i = 0 where a region does not conduct. bath: [regions] mS/mm, 0 or none: muscle,
// dead or alive, whose extracellular space conducts.
SpaceTensors space_tensors(const ElectroProblem& problem, const core::Vec3& sigma_i, const core::Vec3& ratio, const std::vector<double>& bath, bool cap_scales);

class ExtracellularSpace {
 public:
  ExtracellularSpace(const core::TetMesh& mesh, const SpaceTensors& tensors, const std::vector<core::Index>& ground);

  // K phi = -Ki v + current, [nodes] mV and uA (none: empty) to |r| <= tolerance |b|. phi holds the guess; a right-hand side of 0 gives 0. False: not converged.
  bool solve(const std::vector<double>& v_mV, const std::vector<double>& current_uA, double tolerance, std::vector<double>& phi) const;
  // Less the mean over every piece without ground.
  std::vector<double> centred(std::vector<double> phi) const;
  const fem::CsrMatrix& intra() const { return ki_; }
  core::Index piece(core::Index node) const { return piece_[std::size_t(node)]; }
  core::Index pieces() const { return pieces_; }
  bool grounded(core::Index piece) const { return grounded_[std::size_t(piece)] != 0; }

 private:
  fem::CsrMatrix ki_, k_;
  std::vector<double> mass_;
  std::vector<core::Index> piece_, ground_;
  core::Index pieces_ = 0;
  std::vector<char> grounded_;   // [pieces]
  std::unique_ptr<fem::Amg> amg_;
};

}  // namespace ot::ep
