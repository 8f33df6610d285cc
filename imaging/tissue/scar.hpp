// SPDX-License-Identifier: GPL-3.0-or-later
// Scar, border zone and fat in the wall of the left ventricle, from intensities or from wall thickness.
// Model:   n_sd: brighter than the remote wall's mean + n SD is scar, between border_n SD and that and connected to scar is border zone.
//          fwhm: scar is above the level half way between the remote mean and the brightest 3 x 3 x 3 mean among voxels above 5 SD.
//          hu: low attenuation on early contrast CT, a range of HU on values averaged over the neighbouring wall. thinning: wall below thin_mm.
//          fat: a range of HU off the outer layer. The layer next to blood or to the outside holds partial volume: its threshold is moved a
//          quarter towards what lies beside it, or it takes the class of the wall beneath when that neighbour itself looks like scar. Islands under island_ml are dropped. A dark core closed in by scar (microvascular obstruction) counts as scar.
// Source:  n-SD: Kim et al. 1999 (Circulation 100:1992), 5 SD: Bondarenko et al. 2005 (J Cardiovasc Magn Reson 7:481); border zone from 2 SD:
//          Yan et al. 2006 (Circulation 114:32), who used 2 to 3 SD; here it ends where scar begins. FWHM: Amado et al. 2004 (J Am Coll
//          Cardiol 44:2383). Thinning under 5 mm: Komatsu et al. 2013 (Circ Arrhythm Electrophysiol 6:342). Fat -180 to -5 HU: PROSE-ICD CT
//          study (Heart Rhythm 2023); dense below -50 HU, the adipose range of the same study. Low attenuation of infarcts: Nieman et al.
//          2006 (Am J Cardiol 98:303).
// Units:   the image's own (HU or MR intensity), mm, ml. Grids of image and labels must agree.
// Fails:   no wall, too small a remote region, cancelled. Threads: same bits for every count.
#pragma once
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "imaging/tissue/landmarks.hpp"
#include "imaging/tissue/thickness.hpp"

namespace ot::imaging {

enum class ScarMethod { none, n_sd, fwhm, hu, thinning };
const char* name_of(ScarMethod method);                        // "nsd", "fwhm", "hu", "thinning", "none"
core::Result<ScarMethod> scar_method(const std::string& name);

struct RemoteRegion {                     // healthy wall to compare with; nothing given: chosen automatically
  std::vector<int> segments;              // AHA 1..17
  double radius_mm = 0;                   // > 0: wall within a ball around centre
  core::Vec3 centre{0, 0, 0};             // LPS mm
};

struct ScarParams {
  ScarMethod method = ScarMethod::n_sd;
  double n = 5;                           // 2..6
  double border_n = 2;                    // border zone from here; >= n: none
  double hu_low = -5;                     // below lies fat
  double hu_high = std::numeric_limits<double>::quiet_NaN();   // NaN: half the remote mean (infarct about a third of normal, Nieman 2006)
  double thin_mm = 5;
  RemoteRegion remote;
  double island_ml = 0.1;                 // a cube of 4.6 mm: smaller is noise on every scanner in use
  bool fat = false;                       // CT only
  double fat_low = -180, fat_high = -5, fat_dense = -50;
};

// The wall, gathered once; classifying it again with other parameters is quick enough for a slider.
struct WallSample {
  core::Grid grid;                        // window of the label map
  std::array<int, 3> low{};
  std::vector<std::uint32_t> voxel;       // [wall] offset in the window, ascending
  std::vector<std::uint32_t> source;      // [wall] offset in the label map
  std::vector<float> value, smooth;       // [wall] intensity and its 3 x 3 x 3 mean over the wall (of inner voxels over inner ones); empty without an image
  std::vector<float> thickness_mm, transmural, depth;   // [wall]
  std::vector<std::uint8_t> segment;      // [wall] 1..17
  std::vector<std::uint8_t> rim;          // [wall] bit 1: touches blood, bit 2: touches the outside
  std::vector<float> brightest, darkest, beside;   // [wall] of the face neighbours that are not wall, and their mean; NaN when none
  std::vector<std::int32_t> number;       // [window] index into the above, -1 off the wall
  bool ct = false;
  double voxel_ml = 0;
};
core::Result<WallSample> sample_wall(const core::LabelMap& labels, const core::Volume* image, const core::LvFrame& frame, const WallMap& wall,
                                     const core::Progress& progress = {});

struct ScarResult {
  std::vector<std::uint8_t> label;        // [wall] lv_myocardium, scar, border_zone or myocardial_fat
  double remote_mean = 0, remote_sd = 0;
  std::size_t remote_voxels = 0;
  std::vector<int> remote_segments;       // those used; empty for a picked region
  double threshold = 0, border_threshold = 0;   // NaN when the method has none
  double peak = 0;                        // fwhm: the maximum it is half of
  double wall_ml = 0, scar_ml = 0, border_ml = 0, fat_ml = 0, fat_dense_ml = 0, dark_core_ml = 0, dropped_ml = 0;
  double scar_partial_ml = 0;             // n_sd, fwhm: scar with each voxel weighed by its part between remote and the scar's plateau
  std::vector<std::string> notes;
};
core::Result<ScarResult> classify_wall(const WallSample& sample, const ScarParams& params, const core::Progress& progress = {});

// Scar, border zone and fat of `labels` replaced by the result; everything else unchanged.
core::LabelMap with_tissue(const core::LabelMap& labels, const WallSample& sample, const ScarResult& result);

}  // namespace ot::imaging
