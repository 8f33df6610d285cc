// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/study_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/session/studies_impl.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

constexpr const char *proof_prefix = "proof-", *curves_prefix = "restitution-";

double time_from(const Json& j) { return j.is_null() ? std::numeric_limits<double>::infinity() : j.get<double>(); }
Json time_json(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }   // never arrives

core::Result<void> keep(const fs::path& folder, const std::string& prefix, const std::string& question, const Json& file) {
  core::Hasher h;
  h.text("study record 1").text(question);
  const fs::path where = folder / "studies";
  std::error_code ec;
  fs::create_directories(where, ec);
  if (ec) return core::bad_input(fmt::format("Cannot create {} ({}). Choose a case folder you may write to.", where.string(), ec.message()));
  return core::write_file(where / (prefix + h.hex().substr(0, 24) + ".json"), file.dump(1) + "\n");
}

Json place_json(const ep::PacedPlace& p) { return {{"at_mm", vec_json(p.at_mm)}, {"moved_mm", p.moved_mm}}; }
// Proofs kept by older programs do not say where they paced.
ep::PacedPlace place_from(const Json& j, const char* key, const core::Vec3& asked) {
  return j.contains(key) ? ep::PacedPlace{vec_from(j.at(key).at("at_mm")), j.at(key).at("moved_mm").get<double>()} : ep::PacedPlace{asked, 0};
}

KeptProof proof_from(const Json& j) {
  KeptProof p;
  p.plan = j.at("plan").get<std::string>();
  p.scenario = j.at("scenario_sha256").get<std::string>();
  p.mode = j.at("mode").get<std::string>() == "full" ? core::Mode::full : core::Mode::fast;
  p.a = vec_from(j.at("a_mm"));
  p.b = vec_from(j.at("b_mm"));
  p.saved_utc = j.at("saved_utc").get<std::string>();
  p.proof.delay_ab_ms = time_from(j.at("delay_ab_ms"));
  p.proof.delay_ba_ms = time_from(j.at("delay_ba_ms"));
  p.proof.delay_ab_without_ms = time_from(j.at("delay_ab_before_ms"));
  p.proof.delay_ba_without_ms = time_from(j.at("delay_ba_before_ms"));
  p.proof.block_ab = j.at("block_ab").get<bool>();
  p.proof.block_ba = j.at("block_ba").get<bool>();
  p.proof.verdict = j.at("verdict").get<std::string>();
  p.proof.a = place_from(j, "paced_a", p.a);
  p.proof.b = place_from(j, "paced_b", p.b);
  return p;
}

KeptRestitution curves_from(const Json& j) {
  return {restitution_from(j.at("curves")), j.at("plan").get<std::string>(), j.at("scenario_sha256").get<std::string>(), j.at("saved_utc").get<std::string>()};
}

template <class Record>
void newest_first(std::vector<Record>& records) {
  std::stable_sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.saved_utc > b.saved_utc; });
}

}  // namespace

core::Result<void> keep_proof(const fs::path& folder, const KeptProof& p) {
  const Json file{{"plan", p.plan}, {"scenario_sha256", p.scenario}, {"mode", core::name_of(p.mode)}, {"a_mm", vec_json(p.a)}, {"b_mm", vec_json(p.b)}, {"saved_utc", p.saved_utc},
                  {"delay_ab_ms", time_json(p.proof.delay_ab_ms)}, {"delay_ba_ms", time_json(p.proof.delay_ba_ms)}, {"delay_ab_before_ms", time_json(p.proof.delay_ab_without_ms)},
                  {"delay_ba_before_ms", time_json(p.proof.delay_ba_without_ms)}, {"block_ab", p.proof.block_ab}, {"block_ba", p.proof.block_ba}, {"verdict", p.proof.verdict},
                  {"paced_a", place_json(p.proof.a)}, {"paced_b", place_json(p.proof.b)}};
  return keep(folder, proof_prefix, fmt::format("{} {} {} {} {}", p.plan, p.scenario, core::name_of(p.mode), vec_json(p.a).dump(), vec_json(p.b).dump()), file);
}

core::Result<void> keep_restitution(const fs::path& folder, const KeptRestitution& c) {
  const Json file{{"plan", c.plan}, {"scenario_sha256", c.scenario}, {"saved_utc", c.saved_utc}, {"curves", to_json(c.study)}};
  return keep(folder, curves_prefix, fmt::format("{} {} {} {}", c.plan, c.scenario, c.study.ionic_model, c.study.base_interval_ms), file);
}

StudyRecords study_records(const fs::path& folder) {
  StudyRecords out;
  if (folder.empty()) return out;
  out.studies = saved_studies(folder);
  std::error_code ec;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "studies", ec)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    const bool proof = name.rfind(proof_prefix, 0) == 0, curves = name.rfind(curves_prefix, 0) == 0;
    if (!proof && !curves) continue;
    const auto text = core::read_file(file, std::size_t(16) << 20);
    if (!text) continue;
    try {
      const Json j = Json::parse(*text);
      if (proof) out.proofs.push_back(proof_from(j));
      else out.curves.push_back(curves_from(j));
    } catch (const std::exception&) {
      continue;   // damaged: not shown
    }
  }
  newest_first(out.proofs);
  newest_first(out.curves);
  return out;
}

}  // namespace ot::session
