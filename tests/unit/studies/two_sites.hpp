// SPDX-License-Identifier: GPL-3.0-or-later
// The shortest study of the small case: one beat and an extra one from two places.
#pragma once
#include "app/session/studies.hpp"

namespace ot::test {

inline session::StudySpec two_sites() {
  session::StudySpec spec;
  spec.name = "pace";
  spec.sites = {"1,4,1", "11,4,1"};
  spec.protocol.kind = ep::ProtocolKind::fixed;
  spec.protocol.s1_beats = 1;
  spec.protocol.couplings_ms = {450};
  spec.protocol.observe_ms = 300;
  return spec;
}

}  // namespace ot::test
