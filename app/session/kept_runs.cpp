// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/kept_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/session/run_with.hpp"
#include "app/session/session.hpp"
#include "app/session/session_impl.hpp"
#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/twin/heart_run.hpp"

namespace ot::session {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace {

constexpr std::size_t most_kept = 3;   // runs that were stopped; some hundred megabytes each on a fine mesh
constexpr std::size_t most_traces = 20;

fs::path traces_file(const fs::path& folder, const std::string& problem_sha256) {
  twin::HeartRun names;
  names.keep.folder = folder / "electrograms";
  names.answers = std::to_string(version_of_answers());
  return twin::kept_folder(names, problem_sha256).string() + ".json";
}

// Newest first.
std::vector<fs::path> by_age(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    fs::file_time_type newest = entry.last_write_time(ec);
    if (entry.is_directory(ec))
      for (const auto& inside : fs::recursive_directory_iterator(entry.path(), ec)) newest = std::max(newest, inside.last_write_time(ec));
    found.emplace_back(newest, entry.path());
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<fs::path> out;
  for (auto& f : found) out.push_back(std::move(f.second));
  return out;
}

// What was recorded before stays: points asked for now are added or replaced.
void write_traces(const fs::path& file, const std::vector<core::Vec3>& points, const std::vector<double>& t_ms, const std::vector<std::vector<double>>& mV) {
  std::error_code ec;
  fs::create_directories(file.parent_path(), ec);
  Json json{{"t_ms", t_ms}, {"points", Json::array()}};
  for (std::size_t i = 0; i < points.size() && i < mV.size(); ++i) json["points"].push_back({{"at_mm", {points[i].x(), points[i].y(), points[i].z()}}, {"mV", mV[i]}});
  if (const auto text = core::read_file(file)) {
    const Json old = Json::parse(*text, nullptr, false);
    if (old.is_object() && old.value("t_ms", Json()) == json["t_ms"] && old.value("points", Json()).is_array())
      for (const auto& p : old["points"])
        if (std::none_of(json["points"].begin(), json["points"].end(), [&](const Json& now) { return now["at_mm"] == p.value("at_mm", Json()); })) json["points"].push_back(p);
  }
  if (!core::write_file(file, json.dump())) return;   // traces are then those of the frames, which the note says
  const auto all = by_age(file.parent_path());
  for (std::size_t k = most_traces; k < all.size(); ++k) fs::remove(all[k], ec);
}

}  // namespace

fs::path working_folder(const Session& session) {
  if (!session.folder().empty()) return session.folder();
  return session.data()->twin ? private_plans_folder(session.data()->twin->sha256()) : fs::path();
}

std::vector<RecordedTrace> recorded_traces(const fs::path& folder, const std::string& problem_sha256, const std::vector<core::Vec3>& points) {
  std::vector<RecordedTrace> out(points.size());
  if (folder.empty()) return out;
  const auto text = core::read_file(traces_file(folder, problem_sha256));
  if (!text) return out;
  try {
    const Json json = Json::parse(*text);
    const auto t = json.at("t_ms").get<std::vector<double>>();
    for (const auto& p : json.at("points")) {
      const core::Vec3 at(p.at("at_mm").at(0).get<double>(), p.at("at_mm").at(1).get<double>(), p.at("at_mm").at(2).get<double>());
      auto mV = p.at("mV").get<std::vector<double>>();
      if (mV.size() != t.size()) continue;
      for (std::size_t i = 0; i < points.size(); ++i)
        if (points[i] == at) out[i] = {t, mV};
    }
  } catch (const Json::exception&) {
    return std::vector<RecordedTrace>(points.size());   // damaged: as if never recorded
  }
  return out;
}

core::Result<RunDone> run_scenario_kept(CaseData& data, const twin::Scenario& scenario, core::Mode mode, const twin::RunOptions& options, const RunAsked& asked,
                                        const core::Progress& progress) {
  RunDone done;
  twin::HeartRun heart;
  heart.answers = std::to_string(version_of_answers());
  heart.probes = asked.probes;
  if (!asked.folder.empty()) {
    heart.keep.folder = asked.folder / "runs";
    heart.keep.fresh = asked.fresh;
    heart.keep.on_continued = [&](double t_ms) { done.continued_ms = t_ms; };
    heart.keep.on_note = [&](const std::string& note) { done.notes.push_back(note); };
    heart.keep.on_last_good = [](const core::TetMesh& mesh, const ep::ElectroFrame& frame, const fs::path& folder) {
      const fs::path vtu = folder / "last_good.vtu";
      const std::vector<core::Field> fields{{"v_mV", "mV", core::Field::On::node, 1, *frame.v_mV, mesh.sha256()}};
      return imaging::write_tet_mesh(mesh, vtu, fields) ? vtu.string() : std::string();
    };
    heart.on_probes = [&](const std::string& problem, const std::vector<double>& t_ms, const std::vector<std::vector<double>>& mV) { write_traces(traces_file(asked.folder, problem), asked.probes, t_ms, mV); };
    if (mode == core::Mode::full) tidy_kept_runs(data, asked.folder);
    if (const auto known = find_result(data, scenario, mode); known && known->electro && mode == core::Mode::full && asked.insist_on_probes) {
      const auto traces = recorded_traces(asked.folder, known->electro->problem_sha256, asked.probes);
      heart.again = std::any_of(traces.begin(), traces.end(), [](const RecordedTrace& t) { return t.t_ms.empty(); });
    }
  }
  auto result = run_scenario_with(data, scenario, mode, options, heart, progress, 0);
  if (!result) return core::pass(result);
  done.result = std::move(*result);
  return done;
}

bool holds_stopped_run(const fs::path& folder) {
  std::error_code ec;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "runs", ec))
    if (entry.path().filename() == "state.otms") return true;
  return false;
}

std::string words_of(const RunDone& done) {
  std::string words = done.continued_ms >= 0 ? fmt::format("The full model went on from {:.0f} ms, where it had been stopped.", done.continued_ms) : std::string();
  for (const auto& note : done.notes) words += (words.empty() ? "" : " ") + note;
  return words;
}

void tidy_kept_runs(const CaseData& data, const fs::path& folder) {
  twin::HeartRun names;
  names.keep.folder = folder / "runs";
  names.answers = std::to_string(version_of_answers());
  std::error_code ec;
  if (folder.empty() || !fs::exists(names.keep.folder, ec)) return;
  for (const auto& run : data.results)
    if (run.result && run.result->electro && run.result->electro->mode == core::Mode::full) ep::drop_kept(twin::kept_folder(names, run.result->electro->problem_sha256));
  const auto all = by_age(names.keep.folder);
  for (std::size_t k = most_kept; k < all.size(); ++k) ep::drop_kept(all[k]);
}

}  // namespace ot::session
