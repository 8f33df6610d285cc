// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the activity after the last stimulus.
// Rule:     no_capture: the last stimulus activates nothing beyond its own site. decay: it does, but fewer than `cycles_needed` further activations come
//           round. reentry: a tenth of the excitable tissue is activated at least cycles_needed more times after the response.
//           Cycle length: median over nodes of the last interval. Regular: the intervals of a node (last four) differ by 30 ms or less (median node).
//           Ventricles: regular = monomorphic VT (flutter at 200 ms and below), irregular and below 200 ms = VF, else polymorphic VT.
//           Atria: regular = atrial tachycardia or flutter, irregular = AF.
// Source:   two cycles: Arevalo et al. 2016 (EP-FACTS section 3). 30 ms of variation, 200 ms (300/min) of flutter and fibrillation: definitions of Buxton et al.
//           2006, J Am Coll Cardiol 48:2360 (from memory). The tenth is our choice: less is a local response.
// Units:    ms. Threads: pure.
#pragma once
#include <string>
#include <vector>

#include "solvers/electrophysiology/reentry/record.hpp"

namespace ot::ep {

enum class Outcome { no_capture, decay, reentry };
enum class Rhythm { none, monomorphic_vt, ventricular_flutter, polymorphic_vt, vf, atrial_tachycardia, af };
enum class Chamber { ventricles, atria };
const char* name_of(Outcome outcome);   // "no_capture", "decay", "reentry"
const char* name_of(Rhythm rhythm);     // "none", "monomorphic_vt" ...

struct Classification {
  Outcome outcome = Outcome::no_capture;
  Rhythm rhythm = Rhythm::none;
  double cycle_length_ms = 0;        // 0 when there is none
  double variation_ms = 0;           // largest less smallest of a node's last intervals, median node
  int cycles = 0;                    // that a tenth of the tissue took part in, after the response
  bool sustained = false;            // still going on at the end
  double last_activation_ms = 0;
};

// excitable: [nodes] 0/1. captured: whether the last stimulus was.
Classification classify(const ActivationRecord& record, const std::vector<std::uint8_t>& excitable, double last_stimulus_ms, bool captured, int cycles_needed,
                        Chamber chamber);

}  // namespace ot::ep
