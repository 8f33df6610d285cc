// SPDX-License-Identifier: GPL-3.0-or-later
// A case folder:  case.json (version, hash of itself, references)  plans.json (small, autosaved)  blobs/<sha256>.cbor
#include <fmt/format.h>

#include <set>

#include "app/session/case_codec.hpp"
#include "app/session/codec_parts.hpp"
#include "app/session/edit_journal.hpp"
#include "app/session/kept_runs.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"

namespace ot::session {
namespace fs = std::filesystem;

std::string BlobWriter::reuse(const std::string& name) {
  if (name.empty() || identity_) return name;
  std::error_code ec;
  if (!fs::exists(folder_ / (name + ".cbor"), ec)) return {};
  names_.insert(name);
  return name;
}

std::string BlobWriter::store(const Json& json) {
  if (!state_) return "failed";
  const std::vector<std::uint8_t> bytes = Json::to_cbor(json);
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string name = core::sha256_hex(view);
  names_.insert(name);
  const fs::path path = folder_ / (name + ".cbor");
  std::error_code ec;
  if (!fs::exists(path, ec)) {
    state_ = core::write_file(path, view);
    if (state_) fresh_.push_back(path);
  }
  return name;
}

Json BlobReader::load(const std::string& name) {
  if (name.size() != 64 || name.find_first_not_of("0123456789abcdef") != std::string::npos) throw DamagedCase("a blob name is not a SHA-256");
  if (progress_.cancelled()) throw DamagedCase("cancelled");
  fs::path path = folder_ / (name + ".cbor");
  std::error_code ec;
  for (const auto& other : more_)
    if (!fs::exists(path, ec)) path = other / (name + ".cbor");
  auto bytes = core::read_file(path);
  if (!bytes) throw DamagedCase(bytes.error().message);
  if (core::sha256_hex(*bytes) != name) throw DamagedCase("blob " + path.filename().string() + " was changed or damaged");
  ++loaded_;
  progress_.report(std::min(0.99, static_cast<double>(loaded_) / static_cast<double>(std::max<std::size_t>(expected_, 1))), "opening the case");
  return Json::from_cbor(*bytes);
}

namespace {

// Rises when the solvers or the interventions answer the same plan otherwise than before: an old baseline beside a new plan is a lie.
constexpr int answers_version = 6;

Json encode_stage(const StageReport& s) { return {{"name", s.name}, {"wall_s", s.wall_s}, {"quantities", encode(s.quantities)}, {"notes", s.notes}}; }
StageReport decode_stage(const Json& j) {
  return {j.at("name").get<std::string>(), j.at("wall_s").get<double>(), decode_quantities(j.at("quantities")), j.at("notes").get<std::vector<std::string>>()};
}

Json plans_json(const std::vector<Plan>& plans) {
  Json out = Json::array();
  for (const auto& p : plans) out.push_back({{"name", p.name}, {"title", p.title}, {"scenario", twin::to_json(p.scenario)}});
  return {{"format", "organtwin-plans"}, {"version", case_format_version}, {"plans", out}};
}

core::Result<std::vector<Plan>> plans_from(const fs::path& path) {
  auto text = core::read_file(path, std::size_t(64) << 20);
  if (!text) return core::pass(text);
  const Json json = Json::parse(*text);
  std::vector<Plan> plans;
  for (const auto& p : json.at("plans")) {
    auto scenario = twin::scenario_from_json(p.at("scenario"));
    if (!scenario) return core::pass(scenario);
    plans.push_back({p.at("name").get<std::string>(), p.at("title").get<std::string>(), *scenario});
  }
  if (plans.empty() || !plans.front().scenario.interventions.empty()) throw DamagedCase("plans.json has no untreated baseline");
  return plans;
}

// Sits over everything but itself, so that an edited case.json is noticed.
std::string content_hash(Json json) {
  json.erase("content_sha256");
  return core::sha256_hex(json.dump());
}

core::Result<LoadedCase> load(const fs::path& folder, const std::function<fs::path(const CaseData&)>& edits, const core::Progress& progress) {
  auto text = core::read_file(folder / "case.json", std::size_t(64) << 20);
  if (!text) return core::bad_input(fmt::format("{} is not a case (it has no readable case.json). Choose a folder made by OrganTwin.", folder.string()));
  const Json json = Json::parse(*text);
  if (json.value("format", "") != "organtwin-case") return core::bad_input(fmt::format("{} is not an OrganTwin case (another program wrote its case.json).", folder.string()));
  if (const int version = json.at("version").get<int>(); version > case_format_version)
    return core::bad_input(fmt::format("The case has format {}, this program reads up to {} (it was saved by a newer OrganTwin). Update OrganTwin.", version, case_format_version));
  if (json.at("content_sha256").get<std::string>() != content_hash(json))
    return core::bad_input(fmt::format("{} was changed outside OrganTwin (its hash does not fit, so its numbers cannot be trusted). Restore it from a copy.", (folder / "case.json").string()));

  BlobReader blobs(folder / "blobs", progress, json.at("blob_count").get<std::size_t>());
  CaseData data;
  const Json& patient = json.at("patient");
  data.patient = {patient.at("id").get<std::string>(), patient.at("age").get<std::string>(), patient.at("sex").get<std::string>(), patient.at("series").get<std::string>(),
                  patient.at("built_in").get<bool>()};
  for (const auto& i : json.at("images")) data.images.push_back(decode_image(i, blobs));
  for (const auto& a : json.at("anatomy"))
    data.anatomy.push_back({a.at("key").get<std::string>(), a.at("name").get<std::string>(), a.at("color").get<core::Color>(), a.at("assumed").get<bool>(),
                            a.at("active_tissue").get<bool>(), blobs.get<core::SurfaceMesh>(a.at("surface"))});
  if (const Json& h = json.at("heart_mesh"); !h.is_null()) {
    MeshedHeart heart;
    heart.mesh = blobs.get<core::TetMesh>(h.at("mesh"));
    heart.quality = decode_quality(h.at("quality"));
    heart.cut_planes = decode_planes(h.at("cut_planes"));
    heart.cut_volume_ml = h.at("cut_volume_ml").get<double>();
    heart.labels_sha256 = h.at("labels_sha256").get<std::string>();
    heart.notes = h.at("notes").get<std::vector<std::string>>();
    heart.fibres_source = h.value("fibres_source", std::string());
    if (h.contains("fibres")) heart.fibres = blobs.get<ep::FibreField>(h.at("fibres"));
    if (heart.fibres && (!heart.mesh || heart.fibres->f.size() != heart.mesh->tets.size() || heart.fibres->s.size() != heart.fibres->f.size())) throw DamagedCase("the fibres do not fit their mesh");
    data.heart_mesh = std::move(heart);
  }
  for (const auto& v : json.at("vessel_meshes")) {
    MeshedVessel vessel;
    vessel.key = v.at("key").get<std::string>();
    vessel.name = v.at("name").get<std::string>();
    vessel.lumen = blobs.get<core::SurfaceMesh>(v.at("lumen"));
    vessel.network = blobs.get<core::VesselNetwork>(v.at("network"));
    vessel.mesh = blobs.get<core::TetMesh>(v.at("mesh"));
    vessel.quality = decode_quality(v.at("quality"));
    vessel.edge_mm = v.at("edge_mm").get<double>();
    vessel.labels_sha256 = v.at("labels_sha256").get<std::string>();
    vessel.notes = v.at("notes").get<std::vector<std::string>>();
    data.vessel_meshes.push_back(std::move(vessel));
  }
  for (const auto& p : json.value("part_meshes", Json::array()))
    data.part_meshes.push_back({p.at("key").get<std::string>(), p.at("name").get<std::string>(), blobs.get<core::TetMesh>(p.at("mesh")), decode_quality(p.at("quality")),
                                p.at("edge_mm").get<double>(), p.at("labels_sha256").get<std::string>(), p.at("notes").get<std::vector<std::string>>()});
  data.twin = blobs.get<twin::TwinModel>(json.at("twin"));
  for (const auto& r : json.at("results")) data.results.push_back({r.at(0).get<std::string>(), blobs.get<twin::RunResult>(r.at(1))});
  for (const auto& e : json.value("recorded_ecgs", Json::array())) data.recorded_ecgs.push_back(blobs.get<ep::RecordedEcg>(e));
  for (const auto& m : json.value("ea_maps", Json::array())) data.ea_maps.push_back(blobs.get<ep::EaMap>(m));
  for (const auto& p : json.value("egm_probes", Json::array())) data.egm_probes.push_back({p.at("name").get<std::string>(), to_vec3(p.at("at_mm"))});
  for (const auto& p : json.value("flow_probes", Json::array())) data.flow_probes.push_back({p.at("name").get<std::string>(), to_vec3(p.at("at_mm"))});
  for (const auto& s : json.at("stages")) data.stages.push_back(decode_stage(s));
  data.choices = decode_choices(json.value("choices", Json()));
  const bool older = json.value("answers", 1) != answers_version && !data.results.empty();
  if (older) set_results_aside(data);
  data.created_utc = json.at("created_utc").get<std::string>();
  data.program_version = json.at("program_version").get<std::string>();
  data.edit_id = json.value("edit_id", json.at("content_sha256").get<std::string>());
  data.edits_held = json.value("edits_held", std::uint64_t(0));
  auto plans = plans_from(folder / "plans.json");
  if (!plans) return core::pass(plans);
  data.plans = std::move(*plans);
  LoadedCase loaded;
  const fs::path journal = edits ? edits(data) : folder;
  if (!journal.empty()) loaded.message = replay_edits(data, journal, blobs);
  if (older) loaded.message += fmt::format("{}Its results were computed by an older version, which would answer otherwise today: run the plans again.", loaded.message.empty() ? "" : " ");
  loaded.data = std::move(data);
  loaded.names = std::make_shared<BlobNames>(blobs.used());
  return loaded;
}

}  // namespace

int version_of_answers() { return answers_version; }

core::Result<CaseData> load_case(const fs::path& folder, const core::Progress& progress) {
  auto loaded = load_case_with_edits(folder, nullptr, progress);
  if (!loaded) return core::pass(loaded);
  return std::move(loaded->data);
}

core::Result<LoadedCase> load_case_with_edits(const fs::path& folder, const std::function<fs::path(const CaseData&)>& edits, const core::Progress& progress) {
  std::error_code ec;
  if (!fs::exists(folder, ec)) return core::bad_input(fmt::format("There is no case at {} (nothing to open). Check the path, or import an image first.", folder.string()));
  try {
    return load(folder, edits, progress);
  } catch (const Json::exception&) {
    return core::bad_input(fmt::format("The case {} is damaged: a file in it is not the JSON that OrganTwin writes. Restore it from a copy, or import the image again.", folder.string()));
  } catch (const std::exception& e) {
    if (progress.cancelled()) return core::cancelled();
    return core::bad_input(fmt::format("The case {} is damaged: {}. Restore it from a copy, or import the image again.", folder.string(), e.what()));
  }
}

core::Result<std::vector<Plan>> load_plans(const fs::path& folder) {
  try {
    return plans_from(folder / "plans.json");
  } catch (const std::exception&) {
    return core::bad_input(fmt::format("{} is damaged (it is not the JSON that OrganTwin writes). The plans in it are left as they are.", (folder / "plans.json").string()));
  }
}

core::Result<void> save_plans(const std::vector<Plan>& plans, const fs::path& folder) { return core::write_file(folder / "plans.json", plans_json(plans).dump(1) + "\n"); }

core::Result<void> save_case(const CaseData& data, const fs::path& folder, const core::Progress& progress, const BlobNames* known, BlobNames* used) {
  std::error_code ec;
  fs::create_directories(folder / "blobs", ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}). Choose a folder you may write to.", folder.string(), ec.message()));
  BlobWriter blobs(folder / "blobs");
  if (known) blobs.know(known);
  struct Undo {
    BlobWriter& blobs;
    bool saved = false;
    ~Undo() {
      if (!saved) blobs.remove_new();
    }
  } undo{blobs};
  Json json{{"format", "organtwin-case"}, {"version", case_format_version}, {"created_utc", data.created_utc}, {"program_version", data.program_version}, {"answers", answers_version}};
  json["patient"] = {{"id", data.patient.id}, {"age", data.patient.age}, {"sex", data.patient.sex}, {"series", data.patient.series}, {"built_in", data.patient.built_in}};
  json["images"] = json["anatomy"] = json["vessel_meshes"] = json["results"] = json["stages"] = Json::array();
  json["heart_mesh"] = nullptr;
  json["recorded_ecgs"] = json["ea_maps"] = Json::array();
  if (!data.edit_id.empty()) {
    json["edit_id"] = data.edit_id;
    json["edits_held"] = data.edits_held;
  }
  for (const auto& i : data.images) json["images"].push_back(encode_image(i, blobs));   // case_codec_image.cpp
  progress.report(0.2, "saving the case");
  for (const auto& a : data.anatomy)
    json["anatomy"].push_back({{"key", a.key}, {"name", a.name}, {"color", a.color}, {"assumed", a.assumed}, {"active_tissue", a.active_tissue}, {"surface", blobs.put(a.surface)}});
  if (data.heart_mesh)
    json["heart_mesh"] = {{"mesh", blobs.put(data.heart_mesh->mesh)}, {"quality", encode(data.heart_mesh->quality)}, {"cut_planes", encode(data.heart_mesh->cut_planes)},
                          {"cut_volume_ml", data.heart_mesh->cut_volume_ml}, {"labels_sha256", data.heart_mesh->labels_sha256}, {"notes", data.heart_mesh->notes},
                          {"fibres", blobs.put(data.heart_mesh->fibres)}, {"fibres_source", data.heart_mesh->fibres_source}};
  for (const auto& v : data.vessel_meshes)
    json["vessel_meshes"].push_back({{"key", v.key}, {"name", v.name}, {"lumen", blobs.put(v.lumen)}, {"network", blobs.put(v.network)}, {"mesh", blobs.put(v.mesh)},
                                     {"quality", encode(v.quality)}, {"edge_mm", v.edge_mm}, {"labels_sha256", v.labels_sha256}, {"notes", v.notes}});
  json["part_meshes"] = Json::array();
  for (const auto& p : data.part_meshes)
    json["part_meshes"].push_back({{"key", p.key}, {"name", p.name}, {"mesh", blobs.put(p.mesh)}, {"quality", encode(p.quality)}, {"edge_mm", p.edge_mm},
                                   {"labels_sha256", p.labels_sha256}, {"notes", p.notes}});
  if (progress.cancelled()) return core::cancelled();
  progress.report(0.4, "saving the case");
  json["twin"] = blobs.put(data.twin);
  for (const auto& r : data.results) {
    if (progress.cancelled()) return core::cancelled();
    json["results"].push_back({r.scenario_sha256, blobs.put(r.result)});
  }
  for (const auto& e : data.recorded_ecgs) json["recorded_ecgs"].push_back(blobs.put(e));
  for (const auto& m : data.ea_maps) json["ea_maps"].push_back(blobs.put(m));
  json["egm_probes"] = Json::array();
  for (const auto& p : data.egm_probes) json["egm_probes"].push_back({{"name", p.name}, {"at_mm", vec3(p.at)}});
  json["flow_probes"] = Json::array();
  for (const auto& p : data.flow_probes) json["flow_probes"].push_back({{"name", p.name}, {"at_mm", vec3(p.at)}});
  for (const auto& s : data.stages) json["stages"].push_back(encode_stage(s));
  json["choices"] = encode_choices(data.choices);
  if (!blobs.state()) return core::pass(blobs.state());
  json["blob_count"] = blobs.names().size();
  json["content_sha256"] = content_hash(json);
  progress.report(0.9, "saving the case");
  if (progress.cancelled()) return core::cancelled();
  // The new case.json is on disk before plans.json is replaced: a full disk stops both or none.
  const auto write_both = [&](const fs::path& temporary) -> core::Result<void> {
    if (auto ok = core::write_file(temporary, json.dump(1) + "\n"); !ok) return ok;
    return save_plans(data.plans, folder);
  };
  if (auto ok = core::write_file_with(folder / "case.json", write_both); !ok) return ok;
  undo.saved = true;
  if (used) used->add(blobs.used());
  // Blobs that only an older state of the case named go last, when the new state is safe on disk.
  for (const auto& entry : fs::directory_iterator(folder / "blobs", ec))
    if (entry.path().extension() == ".cbor" && !blobs.names().count(entry.path().stem().string())) fs::remove(entry.path(), ec);
  progress.report(1.0, "saved");
  return {};
}

}  // namespace ot::session
