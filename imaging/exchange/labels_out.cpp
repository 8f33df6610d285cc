// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/exchange/labels_out.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "imaging/io/io.hpp"
#include "imaging/io/preflight.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;

std::string itk_snap_table(const core::LabelMap& labels) {
  std::string out = "# ITK-SNAP label description file, written by OrganTwin\n# IDX -R- -G- -B- -A- VIS MSH LABEL\n    0     0    0    0        0  0  0    \"Clear Label\"\n";
  for (const core::LabelInfo& l : labels.labels) {
    if (labels.count(l.value) == 0) continue;
    std::string name = l.name;
    std::replace(name.begin(), name.end(), '"', '\'');
    out += fmt::format("{:5} {:5} {:4} {:4}        1  1  1    \"{}\"\n", l.value, l.color[0], l.color[1], l.color[2], name);
  }
  return out;
}

core::Result<std::vector<fs::path>> export_labels(const core::LabelMap& labels, const fs::path& path, const SegOptions& options, const core::Progress& progress) {
  if (std::all_of(labels.values.begin(), labels.values.end(), [](auto v) { return v == 0; })) return core::bad_input("The label map is empty (there is nothing to export). Segment the image first.");
  const std::string ext = image_extension(path);
  std::vector<fs::path> files{path};
  if (ext == ".dcm") {
    if (auto ok = write_dicom_seg(labels, path, options, progress); !ok) return core::pass(ok);
  } else if (ext == ".nrrd") {
    if (auto ok = write_label_nrrd(labels, path, progress); !ok) return core::pass(ok);
  } else if (ext == ".nii.gz" || ext == ".nii" || ext == ".mha") {
    if (auto ok = write_labels(labels, path); !ok) return core::pass(ok);
    if (ext != ".mha") {
      std::string base = path.string();
      base.resize(base.size() - ext.size());
      files.push_back(base + ".label");
      if (auto ok = core::write_file(files.back(), itk_snap_table(labels)); !ok) return core::pass(ok);
    }
  } else {
    return core::wrong_usage(fmt::format("{} has no ending for a label map. Use .nii.gz, .nii, .nrrd, .seg.nrrd, .mha or .dcm.", path.string()));
  }
  progress.report(1, "labels written");
  return files;
}

}  // namespace ot::imaging
