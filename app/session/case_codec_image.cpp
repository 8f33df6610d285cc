// SPDX-License-Identifier: GPL-3.0-or-later
// One image of a case as JSON: big parts by the name of their blob, the rest in place. A new field of ImageData gets one line in each
// function here; a key that an older case does not have is read as the field's default.
#include "app/session/case_codec.hpp"
#include "app/session/codec_parts.hpp"

namespace ot::session {
namespace {

Json encode(const ImageSource& s) {
  return {{"modality", s.modality}, {"reading", s.reading}, {"study_date", s.study_date}, {"study_uid", s.study_uid}, {"series_uid", s.series_uid}, {"frame_uid", s.frame_uid},
          {"facts", ot::session::encode(s.facts)}, {"notes", s.notes}};
}
ImageSource decode_source(const Json& j) {
  ImageSource s;
  s.modality = j.at("modality").get<std::string>();
  s.reading = j.at("reading").get<std::string>();
  s.study_date = j.at("study_date").get<std::string>();
  s.study_uid = j.at("study_uid").get<std::string>();
  s.series_uid = j.at("series_uid").get<std::string>();
  s.frame_uid = j.at("frame_uid").get<std::string>();
  s.facts = decode_quantities(j.at("facts"));
  s.notes = j.at("notes").get<std::vector<std::string>>();
  return s;
}

Json encode_phases(const std::vector<ImagePhase>& phases, BlobWriter& blobs) {
  Json out = Json::array();
  for (const auto& p : phases) out.push_back({{"trigger_ms", p.trigger_ms}, {"volume", blobs.put(p.volume)}});
  return out;
}
std::vector<ImagePhase> decode_phases(const Json& j, BlobReader& blobs) {
  std::vector<ImagePhase> out;
  for (const auto& p : j) {
    out.push_back({p.at("trigger_ms").get<double>(), blobs.get<core::Volume>(p.at("volume"))});
    if (!out.back().volume) throw DamagedCase("a phase has no image");
  }
  return out;
}

Json encode(const std::vector<core::Measurement>& measurements) {
  Json out = Json::array();
  for (const auto& m : measurements) out.push_back(core::to_json(m));
  return out;
}
std::vector<core::Measurement> decode_measurements(const Json& j) {
  std::vector<core::Measurement> out;
  for (const auto& m : j) {
    auto read = core::measurement_from_json(m);
    if (!read) throw DamagedCase("a measurement is damaged");
    out.push_back(std::move(*read));
  }
  return out;
}

Json encode_landmarks(const std::vector<imaging::Landmark>& landmarks) {
  Json out = Json::array();
  for (const auto& p : landmarks) out.push_back({{"key", p.key}, {"at_mm", {p.at.x(), p.at.y(), p.at.z()}}});
  return out;
}
std::vector<imaging::Landmark> decode_landmarks(const Json& j) {
  std::vector<imaging::Landmark> out;
  for (const auto& p : j) {
    const auto at = p.at("at_mm").get<std::array<double, 3>>();
    out.push_back({p.at("key").get<std::string>(), core::Vec3(at[0], at[1], at[2]), true});
  }
  return out;
}

// Kinds by name: the numbers of an enum are no format.
const std::pair<imaging::EndMark::Kind, const char*> end_kinds[] = {{imaging::EndMark::Kind::inlet, "inlet"}, {imaging::EndMark::Kind::outlet, "outlet"}, {imaging::EndMark::Kind::closed, "closed"}};

Json encode_ends(const std::vector<imaging::EndMark>& ends) {
  Json out = Json::array();
  for (const auto& e : ends)
    for (const auto& [kind, name] : end_kinds)
      if (kind == e.kind) out.push_back({{"kind", name}, {"at_mm", vec3(e.at)}});
  return out;
}
std::vector<imaging::EndMark> decode_ends(const Json& j) {
  std::vector<imaging::EndMark> out;
  for (const auto& e : j) {
    const auto name = e.at("kind").get<std::string>();
    const auto* known = std::find_if(std::begin(end_kinds), std::end(end_kinds), [&](const auto& k) { return name == k.second; });
    if (known == std::end(end_kinds)) throw DamagedCase("an end of a vessel has the unknown kind \"" + name + "\"");
    out.push_back({to_vec3(e.at("at_mm")), known->first});
  }
  return out;
}

}  // namespace

Json encode_image(const ImageData& i, BlobWriter& blobs) {
  return {{"key", i.key}, {"name", i.name}, {"guided", imaging::write_guided(i.guided)}, {"volume", blobs.put(i.volume)}, {"labels", blobs.put(i.labels)}, {"planes", encode(i.planes)},
          {"quantities", encode(i.quantities)}, {"notes", i.notes}, {"phases", encode_phases(i.phases, blobs)}, {"source", encode(i.source)},
          {"measurements", encode(i.measurements)}, {"landmarks", encode_landmarks(i.landmarks)}, {"vessel_ends", encode_ends(i.vessel_ends)}};
}

ImageData decode_image(const Json& i, BlobReader& blobs) {
  ImageData image;
  image.key = i.at("key").get<std::string>();
  image.name = i.at("name").get<std::string>();
  image.volume = blobs.get<core::Volume>(i.at("volume"));
  image.labels = blobs.get<core::LabelMap>(i.at("labels"));
  image.planes = decode_planes(i.at("planes"));
  image.quantities = decode_quantities(i.at("quantities"));
  image.notes = i.at("notes").get<std::vector<std::string>>();
  if (i.contains("phases")) image.phases = decode_phases(i.at("phases"), blobs);
  if (i.contains("measurements")) image.measurements = decode_measurements(i.at("measurements"));
  if (i.contains("landmarks")) image.landmarks = decode_landmarks(i.at("landmarks"));
  if (i.contains("vessel_ends")) image.vessel_ends = decode_ends(i.at("vessel_ends"));
  if (i.contains("guided")) {
    auto guided = imaging::read_guided(i.at("guided").get<std::string>(), image.name);
    if (!guided) throw DamagedCase(guided.error().message);
    image.guided = std::move(*guided);
  }
  if (i.contains("source")) image.source = decode_source(i.at("source"));
  return image;
}

}  // namespace ot::session
