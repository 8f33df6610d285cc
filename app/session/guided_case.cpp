// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/guided_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "solvers/core/atomic_file.hpp"

namespace ot::session {
namespace {
constexpr std::size_t largest_guide = std::size_t(16) << 20;   // bytes; a full guide has a few kB
}

core::Result<std::function<void(ImageData&)>> guided_labels(const ImageData& image, const imaging::GuidedInput& input, const core::Progress& progress) {
  if (!image.volume) return core::bad_input("The image has no voxels (nothing to segment). Import a scan first.");
  auto found = imaging::segment_guided(*image.volume, input, progress);
  if (!found) return core::pass(found);
  auto labels = std::make_shared<const core::LabelMap>(std::move(found->labels));
  return [labels, planes = std::move(found->planes), quantities = std::move(found->quantities), notes = std::move(found->notes), input](ImageData& to) {
    to.labels = labels;
    to.planes = planes;
    to.quantities = quantities;
    to.notes = notes;
    to.guided = input;
  };
}

core::Result<void> segment_image_guided(CaseData& data, const std::string& image_key, const imaging::GuidedInput& input, const core::Progress& progress) {
  const auto image = std::find_if(data.images.begin(), data.images.end(), [&](const ImageData& i) { return i.key == image_key; });
  if (image == data.images.end()) return core::bad_input(fmt::format("The case has no image \"{}\" (nothing to segment). Import one first.", image_key));
  const auto start = std::chrono::steady_clock::now();
  const auto put = guided_labels(*image, input, progress);
  if (!put) return core::pass(put);
  (*put)(*image);
  StageReport stage;
  stage.name = "guided " + image_key;
  stage.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  stage.quantities = image->quantities;
  stage.notes = image->notes;
  data.stages.push_back(std::move(stage));
  return {};
}

core::Result<imaging::GuidedInput> read_guide_file(const std::filesystem::path& path) {
  const auto text = core::read_file(path, largest_guide);
  if (!text) return core::pass(text);
  return imaging::read_guided(*text, path.filename().string());
}

core::Result<void> write_guide_file(const std::filesystem::path& path, const imaging::GuidedInput& input) { return core::write_file(path, imaging::write_guided(input)); }

}  // namespace ot::session
