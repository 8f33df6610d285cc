// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl-C in the middle of every stage: exit code 4 within two seconds, one sentence, the old case bit for bit, no half file.
#include <signal.h>

#include <catch2/catch.hpp>
#include <thread>

#include "app/session/pipeline.hpp"
#include "imaging/phantom/phantom.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;
using namespace ot::test;
namespace fs = std::filesystem;

namespace {

constexpr double most_s = 2.0;   // a second on a free machine

// The thorax phantom with its true labels, meshed and built, as a case on disk.
session::CaseData phantom_case(bool meshed) {
  imaging::PhantomParams params;
  params.spacing_mm = 2.0;
  auto phantom = imaging::make_thorax_phantom(params, {});
  REQUIRE(phantom);
  session::CaseData data;
  data.patient.id = "PHANTOM";
  data.created_utc = "2026-11-21T00:00:00Z";
  data.program_version = session::program_version();
  REQUIRE(session::add_image(data, "thorax", "Thorax", std::move(phantom->ct)));
  REQUIRE(session::take_labels(data, "thorax", phantom->truth));
  if (meshed) {
    session::PipelineParams coarse;
    coarse.heart_edge_mm = 2.0;
    coarse.vessels = false;
    REQUIRE(session::mesh_case(data, coarse, {}));
    REQUIRE(session::build_twin(data, coarse, {}));
  }
  return data;
}

// Without what a stopped FULL run keeps beside the case, to go on from.
std::map<std::string, std::string> but_kept_runs(std::map<std::string, std::string> files) {
  std::erase_if(files, [](const auto& file) { return file.first.rfind("runs/", 0) == 0 || (file.first.rfind("out/", 0) == 0 && file.first.find("_stopped.state") != std::string::npos); });
  return files;
}

// Interrupts the command after each delay. A command that was quicker than the signal proves nothing; at least one must be caught.
void interrupted(const std::vector<std::string>& arguments, const std::vector<int>& delays_ms, const fs::path& guarded, int number = SIGINT) {
  const auto before = but_kept_runs(snapshot(guarded));
  int caught = 0;
  std::string line = "organtwin-cli";
  for (const auto& a : arguments) line += " " + a;
  for (int delay : delays_ms) {
    Child child(arguments);
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    if (!child.running()) break;
    child.signal(number);
    const auto r = child.wait(20);
    INFO(line << " after " << delay << " ms: ended " << r.ended_after_s << " s after the signal, code " << r.code << "\n" << r.err);
    if (r.code == 0) break;   // it was done already
    ++caught;
    CHECK(r.code == 4);
    CHECK(r.ended_after_s < most_s);
    CHECK(r.out.empty());
    CHECK(not_one_sentence(r.err) == "");
    CHECK(but_kept_runs(snapshot(guarded)) == before);
  }
  INFO(line);
  CHECK(caught > 0);
}

}  // namespace

TEST_CASE("Ctrl-C stops segment and mesh at any moment and leaves the case") {
  const fs::path folder = scratch_folder("stop-mesh") / "case";
  REQUIRE(session::save_case(phantom_case(false), folder, {}));
  interrupted({"segment", folder.string(), "--quiet"}, {600, 1000, 2000, 3500}, folder);
  interrupted({"mesh", folder.string(), "--edge", "1.0", "--quiet"}, {600, 1200, 2500, 4000, 6000}, folder);
}

TEST_CASE("Ctrl-C and SIGTERM stop build and run --mode full at any moment and leave the case") {
  const fs::path folder = scratch_folder("stop-run") / "case";
  REQUIRE(session::save_case(phantom_case(true), folder, {}));
  interrupted({"build", folder.string(), "--quiet"}, {600, 900}, folder);
  interrupted({"run", folder.string(), "--mode", "full", "--json", "--quiet"}, {600, 1500, 4000}, folder);
  interrupted({"run", folder.string(), "--mode", "full", "--json", "--quiet"}, {1000}, folder, SIGTERM);
}

TEST_CASE("Ctrl-C stops demo in its phantoms, its recipe and its meshes and leaves the folder empty") {
  const fs::path folder = scratch_folder("stop-demo");
  interrupted({"demo", "--quick", "--out", (folder / "out").string(), "--json", "--quiet"}, {600, 1000, 2500, 5000, 9000}, folder);
}

TEST_CASE("Ctrl-C stops solve and verify and leaves no file") {
  const fs::path folder = scratch_folder("stop-solve");
  auto big = nlohmann::json::parse(run({"solve", "--schema", "tissue", "--json"}).out)["example"];
  big["mesh"]["edge_mm"] = 0.2;
  big["end_ms"] = 400;
  put(folder / "tissue.json", big.dump());
  auto flow = nlohmann::json::parse(run({"solve", "--schema", "flow", "--json"}).out)["example"];
  flow["domain"]["edge_mm"] = 0.25;   // finer: CGAL's last sweeps cannot be interrupted and take longer than the bound
  put(folder / "flow.json", flow.dump());
  interrupted({"solve", (folder / "tissue.json").string(), "--json", "--quiet", "--out", (folder / "out").string()}, {600, 2000}, folder);
  interrupted({"solve", (folder / "flow.json").string(), "--json", "--quiet", "--out", (folder / "out").string()}, {600, 3000}, folder);
  interrupted({"verify", "ep/slab-0.2-alternating", "--json", "--quiet"}, {300, 700, 2000}, folder);   // long on any machine
}
