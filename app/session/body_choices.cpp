// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/body_choices.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "imaging/segmentation/body_skin.hpp"
#include "solvers/electrophysiology/body_fit.hpp"
#include "solvers/electrophysiology/torso.hpp"

namespace ot::session {
namespace {

constexpr const char* standard_begins = "The torso is that of a standard adult";
constexpr const char* skin_begins = "The torso is the patient's";
constexpr const char* beyond_begins = "Beyond the skin that was seen";
constexpr const char* unused_begins = "The patient's skin was not used";

// The image the heart was meshed from.
const ImageData* image_of_heart(const CaseData& data) {
  if (!data.heart_mesh) return nullptr;
  for (const auto& image : data.images)
    if (image.volume && image.labels && image.labels->sha256() == data.heart_mesh->labels_sha256) return &image;
  return nullptr;
}

// The body has to hold the heart: a hand's breadth of error in where an image lies would put muscle outside the conductor.
bool holds(const ep::Torso& torso, const core::TetMesh& mesh) {
  constexpr double most = 0.97;
  return std::all_of(mesh.nodes.begin(), mesh.nodes.end(), [&](const core::Vec3& x) {
    const core::Vec3 p = torso.axes.transpose() * (x - torso.centre);
    return std::abs(p.z()) < 0.9 * torso.half.z() && std::hypot(p.x(), p.y()) < most * torso.radius(p.x(), p.y(), p.z());
  });
}

core::Result<ep::FittedBody> fitted(const ImageData& image, const ep::ElectroProblem& heart, const core::Progress& progress) {
  if (!imaging::image_traits(*image.volume).ct)
    return core::bad_input(fmt::format("{} is no CT (skin is found by its border to air, which only CT shows everywhere).", image.name));
  const auto skin = imaging::find_skin(*image.volume, progress);
  if (!skin) return core::pass(skin);
  auto body = ep::fit_body(heart.electrodes, *skin);
  if (!body) return core::pass(body);
  if (!holds(*ep::find_torso(body->electrodes), *heart.mesh)) return core::bad_input("The skin does not enclose the heart (scan and heart do not fit together, so electrodes would stand at wrong places).");
  return body;
}

}  // namespace

core::Result<std::string> torso_from(const std::string& text) {
  if (text == "auto" || text == "skin" || text == "standard") return text;
  return core::wrong_usage(fmt::format("There is no torso \"{}\". Choose one of: standard, auto, skin.", text));
}

core::Result<void> lay_torso(const CaseData& data, twin::TwinModel& twin, const core::Progress& progress) {
  if (!twin.heart || !ep::find_torso(twin.heart->baseline.electrodes) || data.choices.torso == "standard") return {};
  const ImageData* image = image_of_heart(data);
  const bool asked = data.choices.torso == "skin";
  if (!image) {
    if (asked) return core::bad_input("The case holds no image its heart was meshed from (its skin would give the places of the electrodes). Choose the standard torso.");
    return {};
  }
  const auto body = fitted(*image, twin.heart->baseline, progress);
  if (!body) {
    if (asked || body.error().code == core::ErrorCode::cancelled) return asked && body.error().code != core::ErrorCode::cancelled ? core::fail(body.error().code, body.error().message + " Choose the standard torso.") : core::pass(body);
    twin.assumptions.push_back(fmt::format("{}: {}", unused_begins, body.error().message));
    return {};
  }
  auto heart = std::make_shared<twin::HeartModel>(*twin.heart);
  heart->baseline.electrodes = body->electrodes;
  twin.heart = std::move(heart);
  std::erase_if(twin.assumptions, [](const std::string& line) { return line.rfind(standard_begins, 0) == 0; });
  twin.assumptions.push_back(fmt::format("{} skin as {} shows it around the chest leads ({:.0f} % of the way round): {:.0f} mm broad and {:.0f} mm deep. V1 to V6 stand on it at their standard heights over the heart, sideways in proportion to breadth "
                                         "and depth; ribs and sternum were not looked for.",
                                         skin_begins, image->name, 100 * body->around_seen, body->breadth_mm, body->depth_mm));
  twin.assumptions.push_back(body->beyond.empty() ? fmt::format("{} the torso goes on as that of a standard adult, shoulders and seat at standard heights.", beyond_begins)
                                                  : fmt::format("{} the torso goes on as that of a standard adult, shoulders and seat at standard heights; {} stand there.", beyond_begins, fmt::join(body->beyond, ", ")));
  return {};
}

std::vector<std::string> torso_words(const twin::TwinModel& twin) {
  std::vector<std::string> out;
  for (const auto& line : twin.assumptions)
    for (const char* begin : {standard_begins, skin_begins, beyond_begins, unused_begins})
      if (line.rfind(begin, 0) == 0) out.push_back(line);
  return out;
}

}  // namespace ot::session
