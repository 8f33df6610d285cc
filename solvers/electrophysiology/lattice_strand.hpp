// SPDX-License-Identifier: GPL-3.0-or-later
// Factors on the conductivities of tissue whose tetrahedra repeat as a lattice: boxes askew to the fibres, and mirrored boxes however the fibres lie.
//
// Model:    where every node has the same 24 tets around it (a superbase of the lattice: c1, c2, c3 and the sums of two and three of them), a plane wave
//           along the unit vector n is the same at all nodes but for the time: it depends on x.n alone. Nodes projected on n lie at integer multiples m of
//           some spacing when c.n do, so that the wave is one along a chain in which node j is coupled with j +- m of the seven edges, and six tets begin at
//           every node. That chain is stepped with the scheme of the tissue itself (MonodomainStep: same tets, couplings, correction, dt, cells), and
//           the three conductivities are scaled until waves along f, s and n run at the converged velocity c0 sqrt(D). The fourth moment of the couplings alone
//           (TuningCurve) leaves up to 2.5 % there: upstrokes are as steep as the edges are long, and what the correction does to edges of several
//           lengths is not what it does to one of their mean square (monodomain.md, "Rotated fibres").
//           Mirrored boxes (core::BoxSplit::alternating) repeat after two boxes along each step: eight kinds of node, two of them with 48 tets and three times the
//           mass of the other six, and a chain of eight nodes to each period. They are not the strand along their axes either: 0.7 % slow along the
//           fibres and 1.9 % across them at the benchmark's 0.2 mm. With the fibres along the steps all faces are planes of symmetry: bars and
//           sheets one box thick run as boxes inside do.
// Numerics: c.n are rounded to a common spacing of at least 1/48 of the longest, the direction turned by what that changes (about a degree at most); at most
//           eight rounds, until no velocity is off by more than 0.05 %. A wave takes milliseconds.
// Limits:   tets at the faces of a box, which no node inside touches, keep the factor of their moment.
// Threads:  deterministic for every thread count.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/fem/csr.hpp"

namespace ot::ep {

struct TetLattice {
  core::Mat3 steps;                     // columns c1, c2, c3, mm, positive determinant
  std::array<core::Vec3, 3> axes;       // f, s, n
  core::Vec3 diffusivity;               // along them, mm2/ms
  std::uint16_t cell = 0;               // class
  bool mirrored = false;                // boxes of these steps, each cut as the mirror image of its neighbours; else all alike
};

struct TetLattices {
  std::vector<TetLattice> kinds;
  std::vector<int> of;                  // [tets of the mesh] its kind, -1: none. Tets at the faces of a box belong to the lattice of a corner inside
};

// Nodes all whose tets are those of one superbase or of mirrored boxes, with one tensor, and lie among cells of class_of_node [nodes]; of mirrored boxes whose steps the axes lie along, nodes on faces and edges too. At most most_kinds of them, those met first. Lattices
// whose couplings all run along an axis at one length each are left out: the strand of that length is exact there (boxes along the fibres).
inline constexpr std::size_t most_kinds = 8;
TetLattices find_lattices(const core::TetMesh& mesh, const fem::NodeTets& around, const fem::TetGeometry& geometry, const std::vector<std::array<core::Vec3, 3>>& axes,
                          const std::vector<core::Vec3>& diffusivity, const std::vector<std::uint16_t>& class_of_node);

// Velocity over sqrt D of a plane wave along the unit vector n, 1/sqrt(ms); 0 when it dies and where the steps add up to over 20 sqrt(D ms). d: tensor, mm2/ms. The problem gives dt, tolerance and treatment of the sodium current.
double lattice_velocity(const ElectroProblem& p, const CellClass& cell, const core::Mat3& steps, const core::Mat3& d, const core::Vec3& n, bool mirrored = false);

// Factors along f, s, n with which those waves have velocity c0 sqrt D, not below `least` (nor, where it is lower, the first guess `start`). Nothing when a wave dies.
std::optional<core::Vec3> lattice_factors(const ElectroProblem& p, const CellClass& cell, const TetLattice& lattice, double c0, double least, const core::Vec3& start);

}  // namespace ot::ep
