// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/preview.hpp"

#include "imaging/io/io.hpp"
#include "imaging/io/thumbnail.hpp"

namespace ot::session {

core::Result<imaging::Thumbnail> preview(const ImportScan& scan, const ImportReading& reading, int side, const core::Progress& progress) {
  if (reading.dicom >= 0) return thumbnail(scan, reading, side);
  if (memory_need(reading, {}).image_bytes > free_memory() / 4) return core::bad_input("The file is too large for a preview. Import it at a lower resolution.");
  const auto volume = imaging::read_volume(scan.path, "", progress);
  if (!volume) return core::pass(volume);
  return imaging::volume_thumbnail(*volume, side);
}

}  // namespace ot::session
