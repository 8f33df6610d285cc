// SPDX-License-Identifier: GPL-3.0-or-later
// The picture beside a reading in the import list. A NIfTI, NRRD or MetaImage file is read for it (packed files cannot be read in part); one
// that would take more than a quarter of the free memory is left without. Threads: safe in a job; polls for cancel while it reads.
#pragma once
#include "app/session/import_scan.hpp"

namespace ot::session {

core::Result<imaging::Thumbnail> preview(const ImportScan& scan, const ImportReading& reading, int side, const core::Progress& progress);

}  // namespace ot::session
