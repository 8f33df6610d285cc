// SPDX-License-Identifier: GPL-3.0-or-later
// A DICOM folder as a clinician sees it: its series and the possible readings of each (a volume, a beating volume, a cine of one
// plane, a stack of planes over several series, a single image), each with a verdict in words; and loading one of them.
// Model: geometry from Image Position and Orientation (PS3.3 C.7.6.2) or the functional groups of enhanced objects (C.7.6.16); never
//   from slice location, file names or instance numbers. Times from Trigger Time, cardiac percentage, temporal position, acquisition time.
// Threads: scan and load are called from any one thread and use the process's thread budget inside; same bits for any budget.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "imaging/io/io.hpp"

namespace ot::imaging {

// One image plane of one file.
struct DicomFrame {
  core::Vec3 position{0, 0, 0}, row{1, 0, 0}, column{0, 1, 0};
  double dx = 0, dy = 0;                 // mm along row and column direction
  bool placed = false;                   // position, orientation and spacing are stated and sound
  double slope = 1, intercept = 0;
  double trigger_ms = -1, percent = -1, beat_ms = -1;   // after the R peak; share of the beat; length of the beat. < 0: not stated
  int temporal = -1;                     // temporal position, -1 not stated
  double clock_s = -1;                   // acquisition or content time, seconds of the day
  double echo_ms = 0, b_value = 0;
  std::string type;                      // image type from its third value on
};

struct DicomFile {
  std::filesystem::path path;
  std::string study_uid, series_uid, frame_uid, sop_uid, sop_class, transfer_syntax, modality;
  std::string series_description, birth_date, study_date, sex, age;   // identity: never leaves the import
  std::string photometric, image_type, body_part, manufacturer;
  int series_number = 0, instance = 0, acquisition = 0;
  int rows = 0, columns = 0, frame_count = 1, samples = 1;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0, temporal_step_ms = 0;
  bool is_signed = false, big_endian = false, deflated = false, encapsulated = false, floating = false;
  bool localiser = false, derived = false, screen_copy = false, rescaled = false, overlay_in_pixels = false;
  bool contrast_agent = false;
  int burned_in = -1;                    // 1 yes, 0 no, -1 not stated
  double thickness_mm = 0, kvp = 0, echo_ms = 0, repetition_ms = 0, flip_deg = 0, field_t = 0, tilt_deg = 0;
  std::uint64_t pixel_offset = 0;
  std::vector<DicomFrame> frames;
};

enum class ReadingKind { volume, phases, cine, stack, stack_phases, planes, image, localiser, none };
enum class ReadingState { good, caution, refused };

// One output slice: where it is and which frame it shows in each phase. Without frames it is interpolated between its neighbours.
struct DicomPlane {
  core::Vec3 position{0, 0, 0};
  double along = 0;                                // mm on the normal
  std::array<double, 2> shift{0, 0};               // pixels by which the plane is moved back (gantry tilt), along row and column
  std::vector<std::pair<int, int>> frames;         // [phases] (file, frame)
};

struct DicomReading {
  std::string key;                       // "volume", "phases", "cine", "short-axis stack" ...; unique in its series
  ReadingKind kind = ReadingKind::none;
  ReadingState state = ReadingState::refused;
  int series = -1;                       // the series it belongs to, -1: several
  std::string name, verdict;             // for a person
  std::vector<std::string> notes;        // what was assumed or corrected
  core::Grid grid;                       // straight grid of the result; empty when refused
  std::vector<DicomPlane> planes;        // in order of the grid's third axis
  std::vector<double> trigger_ms;        // [phases]
  int interpolated = 0;
  bool resampled = false;                // planes are moved in their plane (tilt)
  bool recommended = false;
  std::string modality;
  std::size_t files = 0;
};

struct DicomSeries {
  SeriesInfo info;                       // usable: a complete, evenly spaced volume
  std::vector<int> files;
  std::vector<std::string> warnings;     // burned-in text, derived image, missing rescale ...
};

struct Quarantined {
  std::filesystem::path path;
  std::string reason;
};

struct DicomScan {
  std::vector<DicomFile> files;
  std::vector<DicomSeries> series;       // by series number, then UID
  std::vector<DicomReading> readings;    // series by series, then those over several series; one at most is recommended
  std::vector<Quarantined> quarantine;   // files that are or claim to be images but cannot be used, with the reason
  std::vector<std::string> notes;        // "a zip archive lies here: unpack it first"
  int other_files = 0;                   // looked at, not DICOM
};

// A folder (recursive; links to folders are not followed, files reached twice are read once) or one file. Reads headers only.
// Fails when there is nothing: missing, no permission, no DICOM image at all ("no images in ...").
core::Result<DicomScan> scan_dicom(const std::filesystem::path& path, const core::Progress& progress);

// Whole-number reduction of a reading by averaging boxes of voxels.
struct Reduction {
  std::array<int, 3> factor{1, 1, 1};
};
// Bytes that the finished image takes (float voxels, all phases), and at the peak of import plus editing (about 16 bytes a voxel and
// 500 MB: the ceiling of issue 3).
struct MemoryNeed {
  std::uint64_t image_bytes = 0, work_bytes = 0;
};
MemoryNeed memory_need(const DicomReading& reading, const Reduction& reduction);
core::Grid reduced_grid(const core::Grid& grid, const Reduction& reduction);
core::Volume reduce_volume(const core::Volume& volume, const Reduction& reduction);   // of an image that is in memory
// As close to `target_mm` as whole factors come; half: 2 in the plane, and across when that stays under 2 mm.
Reduction reduction_for(const core::Grid& grid, double target_mm);
Reduction half_resolution(const core::Grid& grid);

struct LoadedPhase {
  double trigger_ms = 0;
  core::Volume volume;
};
struct LoadedReading {
  std::vector<LoadedPhase> phases;       // one for anything that does not move
  std::vector<std::string> notes;
};
core::Result<LoadedReading> load_reading(const DicomScan& scan, const DicomReading& reading, const Reduction& reduction, const core::Progress& progress);
// The middle plane, at most `side` pixels, as grey 0..255 (2nd to 98th percentile).
struct Thumbnail {
  int width = 0, height = 0;
  std::vector<std::uint8_t> grey;
};
core::Result<Thumbnail> reading_thumbnail(const DicomScan& scan, const DicomReading& reading, int side);

// Pieces of the above, one file each.
core::Result<DicomFile> dicom_file(const std::filesystem::path& path);                  // dicom_header.cpp; the error is a reason without the path
void find_readings(DicomScan& scan);                                                    // dicom_readings.cpp
void find_phases_over_series(DicomScan& scan);                                          // dicom_phases.cpp; called by find_readings
// Rescaled values of frames, row by row. Threads: read() may be called from several at once.
class FrameReader {                                                                     // dicom_pixels.cpp
 public:
  FrameReader();
  ~FrameReader();
  core::Result<void> read(const DicomFile& file, int frame, std::vector<float>& values);

 private:
  struct Unpacked;
  core::Result<std::shared_ptr<const Unpacked>> unpack(const DicomFile& file);
  std::mutex lock_;
  std::filesystem::path last_path_;
  std::shared_ptr<const Unpacked> last_;
};
std::string transfer_syntax_name(const std::string& uid);

}  // namespace ot::imaging
