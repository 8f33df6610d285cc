// SPDX-License-Identifier: GPL-3.0-or-later
// What a FULL run records besides its maps: the ECG, frames thinned to a budget of memory, unipolar electrograms of given points.
// In/out:  the state between two steps -> ECG and frames every frame_every_ms, probes in mV (ecg.hpp: point_weights).
// Threads: same bits for every thread count.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "solvers/electrophysiology/binary_archive.hpp"
#include "solvers/electrophysiology/ecg.hpp"
#include "solvers/electrophysiology/monodomain_setup.hpp"
#include "solvers/electrophysiology/monodomain_step.hpp"

namespace ot::ep {

class MonodomainRecord {
 public:
  MonodomainRecord(const ElectroProblem& problem, const Tissue& tissue, LeadField leads, const std::vector<core::Vec3>& probes);

  ElectroFrame look(const MonodomainStep& step) const;   // of all mesh nodes; not recorded
  ElectroFrame record(const MonodomainStep& step);
  void probe(const MonodomainStep& step);
  bool has_probes() const { return !probe_weights_.empty(); }
  const Ecg& ecg() const { return ecg_; }

  // On disk, piece by piece: what came since the mark, and pieces read back in their order. False: not a piece of this record.
  struct Mark {
    std::uint64_t frames = 0, samples = 0, probes = 0;
  };
  Mark mark() const { return {count_, ecg_.t_ms.size(), probe_t_ms_.size()}; }
  void write_since(const Mark& mark, ArchiveWriter& to) const;
  bool read(ArchiveReader& from);
  void clear();

  // Hands over what was recorded; notes say what is missing.
  void finish(ElectroResult& result);
  std::vector<double> probe_times() const { return probe_t_ms_; }
  std::vector<std::vector<double>> take_probes() { return std::move(probe_mV_); }

 private:
  void thin();

  const ElectroProblem& problem_;
  const Tissue& tissue_;
  LeadField field_;
  Ecg ecg_;
  std::vector<std::pair<std::uint64_t, ElectroFrame>> kept_;   // which frame it is, counted from 0
  std::uint64_t most_ = 0, stride_ = 1, count_ = 0;
  std::vector<std::vector<double>> probe_weights_;             // [probes][mesh nodes]
  std::vector<double> probe_t_ms_;
  std::vector<std::vector<double>> probe_mV_;                  // [probes][samples]
};

}  // namespace ot::ep
