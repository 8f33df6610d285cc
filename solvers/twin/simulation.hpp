// SPDX-License-Identifier: GPL-3.0-or-later
// Running a setup: frames stream into a latest-wins mailbox while the run goes on; the RunResult is what is stored.
// Threads: run() is called on one worker thread; the mailbox may be read from any thread.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "solvers/twin/setup.hpp"

namespace ot::hemo {
struct FlowDivergence;
}

namespace ot::twin {

// Immutable snapshot handed to the window.
struct Frame {
  core::Mode mode = core::Mode::full;
  std::string mesh_sha256;
  double t_ms = 0;
  std::shared_ptr<const std::vector<float>> v_mV;       // [nodes of the heart mesh]
  std::shared_ptr<const ep::Ecg> ecg_so_far;
};

class FrameMailbox {
 public:
  void publish(std::shared_ptr<const Frame> frame) {
    const std::lock_guard lock(mutex_);
    if (latest_ && !taken_) ++dropped_;
    latest_ = std::move(frame);
    taken_ = false;
  }
  // The newest frame not yet taken, or null.
  std::shared_ptr<const Frame> take() {
    const std::lock_guard lock(mutex_);
    if (taken_) return nullptr;
    taken_ = true;
    return latest_;
  }
  long dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Frame> latest_;
  bool taken_ = true;
  long dropped_ = 0;
};

struct VesselResult {
  std::string key;
  std::shared_ptr<const core::SurfaceMesh> lumen;       // as computed on
  std::shared_ptr<const core::VesselNetwork> network;
  std::shared_ptr<const core::TetMesh> mesh;            // FULL only
  std::shared_ptr<const hemo::FlowResult> flow;
};

struct RunResult {
  core::Mode mode = core::Mode::full;
  std::string setup_sha256, source_labels_sha256;
  std::shared_ptr<const ep::ElectroResult> electro;     // null when the twin has no heart
  std::vector<VesselResult> vessels;
  std::vector<core::Quantity> quantities;               // all of the above, prefixed for vessels ("lad_ffr")
  std::vector<std::string> notes;
  double wall_s = 0;
};

struct RunOptions {
  bool electro = true, flow = true;
  FrameMailbox* mailbox = nullptr;   // FULL electrophysiology streams into it; a FAST result carries all its frames at once
  // Parts already computed under the same problem hash and mode are taken over instead of run again.
  std::vector<std::shared_ptr<const RunResult>> known;
  // FULL flow, from the calling thread: the last good state of a vessel's run that diverged, and the state of one that was cancelled.
  // What on_divergence returns is said in the error (where that state was kept); empty: nothing.
  std::function<std::string(const std::string& vessel, const core::TetMesh& mesh, const hemo::FlowDivergence&)> on_divergence;
  std::function<void(const std::string& vessel, std::shared_ptr<const hemo::FlowState>)> on_stopped;
  // States of cancelled runs: a run of the same problem goes on from there (FlowState::problem_sha256).
  std::vector<std::shared_ptr<const hemo::FlowState>> stopped;
};

core::Result<RunResult> run(const SimulationSetup& setup, const RunOptions& options, const core::Progress& progress);

// Row by row for one table: quantities of two runs side by side (NaN where one lacks it).
struct ComparisonRow {
  std::string key, label, unit;
  double a = 0, b = 0, difference = 0;
};
std::vector<ComparisonRow> compare(const RunResult& a, const RunResult& b);

}  // namespace ot::twin
