// SPDX-License-Identifier: GPL-3.0-or-later
// A small whole case for the window: ellipsoid ventricles with fibres and a conduction system, a narrowed tube, an image.
#pragma once
#include "app/session/case.hpp"

namespace ot::test {

struct JourneyCase {
  double edge_mm = 3.5;
  double end_ms = 500;
};
session::CaseData journey_case(const JourneyCase& shape = {});

}  // namespace ot::test
