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
      {"ep/cable-convergence", "conduction velocity of a strand converges to the plane wave under refinement", "1.989 sqrt(D): ep-numerics section 3", cable_convergence},
      {"ep/eikonal-point-source", "anisotropic point source 9:1 against the exact arrival time", "closed form", eikonal_point},
      {"drug/hill-at-ic50", "C = IC50 with h = 1 halves the current; C = 0 leaves it", "Hill 1910", hill},
      {"flow/poiseuille-pressure", "pressure drop of a pipe against 8 mu L Q / (pi R^4)", "Hagen-Poiseuille", poiseuille_pressure},
      {"flow/poiseuille-network", "the same by the FAST network", "Hagen-Poiseuille", poiseuille_network},
      {"imaging/phantom-dice", "labels of the thorax phantom against its known truth (not with --quick)", "known truth of the code-generated phantom", phantom_dice},
      {"mesh/phantom-quality", "ventricular mesh from the phantom's true labels: inverted, smallest dihedral, volume", "requirement of issue 3", phantom_mesh},
  };
  return all;
}

const std::vector<Benchmark>& builtin_benchmarks() {
  static const std::vector<Benchmark> all{
      {"machine/triad", "memory bandwidth a = b + s c, 1 and all threads", "McCalpin's STREAM triad, own code", bench_triad},
      {"ep/monodomain-slab", "ns per node and step, ten Tusscher 2006, slab dx 0.2", "ep-numerics section 7", bench_monodomain},
      {"ep/eikonal-box", "anisotropic eikonal on about 500k nodes", "issue 4", bench_eikonal},
      {"flow/steady-pipe", "steady Navier-Stokes in a pipe", "flow-numerics section c", bench_pipe},
  };
  return all;
}

bool matches(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return fnmatch(p.c_str(), name.c_str(), 0) == 0; });
}

}  // namespace ot::verify
