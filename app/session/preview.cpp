// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/preview.hpp"

#include "imaging/io/moving_image.hpp"
#include "imaging/io/thumbnail.hpp"

namespace ot::session {

core::Result<imaging::Thumbnail> preview(const ImportScan& scan, const ImportReading& reading, int side, const core::Progress& progress) {
  if (reading.dicom >= 0) return thumbnail(scan, reading, side);
  if (memory_need(reading, {}).image_bytes > free_memory() / 4) return core::bad_input("The file is too large for a preview. Import it at a lower resolution.");
  const auto volumes = imaging::read_moving(scan.path, progress);
  if (!volumes) return core::pass(volumes);
  return imaging::volume_thumbnail(volumes->front(), side);
}

}  // namespace ot::session
