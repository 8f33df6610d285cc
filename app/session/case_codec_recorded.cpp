// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded ECGs and electro-anatomical maps as blobs.
#include <cmath>

#include "app/session/case_codec.hpp"
#include "app/session/codec_parts.hpp"

namespace ot::session {

Json encode(const ep::RecordedEcg& v, BlobWriter&) {
  Json mV = Json::array();
  for (const auto& lead : v.ecg.mV) {
    std::vector<float> f(lead.begin(), lead.end());   // recorders have 16 bits at most: a float keeps each of them
    mV.push_back(pack(f));
  }
  return {{"type", "recorded-ecg"}, {"key", v.key}, {"name", v.name}, {"format", v.format}, {"source_file", v.source_file}, {"source_sha256", v.source_sha256}, {"sample_hz", v.sample_hz},
          {"samples", v.ecg.t_ms.size()}, {"leads", v.ecg.leads}, {"mV", mV}, {"notes", v.notes}};
}
void decode(const Json& j, ep::RecordedEcg& v, BlobReader&) {
  v.key = j.at("key").get<std::string>();
  v.name = j.at("name").get<std::string>();
  v.format = j.at("format").get<std::string>();
  v.source_file = j.at("source_file").get<std::string>();
  v.source_sha256 = j.at("source_sha256").get<std::string>();
  v.sample_hz = j.at("sample_hz").get<double>();
  const auto n = j.at("samples").get<std::size_t>();
  v.ecg.leads = j.at("leads").get<std::vector<std::string>>();
  if (!(v.sample_hz > 0) || j.at("mV").size() != v.ecg.leads.size()) throw DamagedCase("a recorded ECG has leads without samples");
  for (const auto& lead : j.at("mV")) {
    const auto f = unpack<float>(lead);
    if (f.size() != n) throw DamagedCase("a lead of a recorded ECG has the wrong length");
    v.ecg.mV.emplace_back(f.begin(), f.end());
  }
  for (std::size_t i = 0; i < n; ++i) v.ecg.t_ms.push_back(1000.0 * double(i) / v.sample_hz);
  v.notes = j.at("notes").get<std::vector<std::string>>();
}

Json encode(const ep::EaMap& v, BlobWriter&) {
  std::vector<core::Vec3> at;
  std::vector<double> values;
  std::vector<std::string> names;
  for (const auto& p : v.points) {
    at.push_back(p.at);
    values.insert(values.end(), {p.lat_ms, p.unipolar_mV, p.bipolar_mV});
    names.push_back(p.name);
  }
  Json rotation = Json::array(), pairs = Json::array();
  const auto& r = v.registration;
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 3; ++k) rotation.push_back(r.rotation(i, k));
  for (const auto& p : r.landmarks) pairs.push_back({vec3(p.map), vec3(p.heart)});
  return {{"type", "ea-map"}, {"key", v.key}, {"name", v.name}, {"format", v.format}, {"source_file", v.source_file}, {"source_sha256", v.source_sha256}, {"names", names}, {"at_mm", pack_points(at)},
          {"lat_uni_bi", pack(values)}, {"shell_points_mm", pack_points(v.shell.points)}, {"shell_triangles", pack(v.shell.triangles)}, {"surface", v.surface}, {"limit_mm", v.limit_mm}, {"reach_mm", v.reach_mm},
          {"registration",
           {{"rotation", rotation}, {"translation_mm", vec3(r.translation)}, {"method", r.method}, {"landmarks", pairs}, {"landmark_rms_mm", numbers_or_null(r.landmark_rms_mm)}, {"surface_rms_mm", numbers_or_null(r.surface_rms_mm)},
            {"surface_rms_before_mm", numbers_or_null(r.surface_rms_before_mm)}, {"surface_max_mm", numbers_or_null(r.surface_max_mm)}, {"iterations", r.iterations}}},
          {"notes", v.notes}};
}
void decode(const Json& j, ep::EaMap& v, BlobReader&) {
  v.key = j.at("key").get<std::string>();
  v.name = j.at("name").get<std::string>();
  v.format = j.at("format").get<std::string>();
  v.source_file = j.at("source_file").get<std::string>();
  v.source_sha256 = j.at("source_sha256").get<std::string>();
  const auto names = j.at("names").get<std::vector<std::string>>();
  const auto at = unpack_points(j.at("at_mm"));
  const auto values = unpack<double>(j.at("lat_uni_bi"));
  if (names.size() != at.size() || values.size() != 3 * at.size()) throw DamagedCase("a map has points without values");
  for (std::size_t i = 0; i < at.size(); ++i) v.points.push_back({names[i], at[i], values[3 * i], values[3 * i + 1], values[3 * i + 2]});
  v.shell.points = unpack_points(j.at("shell_points_mm"));
  v.shell.triangles = unpack<core::Triangle>(j.at("shell_triangles"));
  for (const auto& t : v.shell.triangles)
    for (core::Index n : t)
      if (n < 0 || std::size_t(n) >= v.shell.points.size()) throw DamagedCase("a triangle of a map names a point that does not exist");
  v.surface = j.at("surface").get<std::string>();
  v.limit_mm = j.at("limit_mm").get<double>();
  v.reach_mm = j.at("reach_mm").get<double>();
  const Json& r = j.at("registration");
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 3; ++k) v.registration.rotation(i, k) = r.at("rotation").at(std::size_t(3 * i + k)).get<double>();
  v.registration.translation = to_vec3(r.at("translation_mm"));
  v.registration.method = r.at("method").get<std::string>();
  for (const auto& p : r.at("landmarks")) v.registration.landmarks.push_back({to_vec3(p.at(0)), to_vec3(p.at(1))});
  v.registration.landmark_rms_mm = number_or_nan(r.at("landmark_rms_mm"));
  v.registration.surface_rms_mm = number_or_nan(r.at("surface_rms_mm"));
  v.registration.surface_rms_before_mm = number_or_nan(r.at("surface_rms_before_mm"));
  v.registration.surface_max_mm = number_or_nan(r.at("surface_max_mm"));
  v.registration.iterations = r.at("iterations").get<int>();
  v.notes = j.at("notes").get<std::vector<std::string>>();
}

}  // namespace ot::session
