// SPDX-License-Identifier: GPL-3.0-or-later
// Undo over plans, images and the model as one list of named steps. Label maps are kept as deltas (imaging/edit/label_delta.hpp),
// everything else by value with shared parts. Memory is bounded: the oldest steps go first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "imaging/edit/label_delta.hpp"

namespace ot::session {

struct PlanStep {
  std::vector<Plan> before, after;
  int active_before = 0, active_after = 0;   // the plan shown; put back where the step adds or takes away a plan
};

// `before` and `after` without labels when the change of the labels is in `deltas`.
struct ImageStep {
  ImageData before, after;
  std::vector<std::shared_ptr<const imaging::LabelDelta>> deltas;   // applied in order; empty: labels as they stand in before and after
  bool labels_same = true;                                          // the labels were not touched
  std::uint64_t version_before = 0, version_after = 0;              // see Session::model_out_of_date
};

// What a rebuild replaces.
struct ModelParts {
  std::vector<AnatomySurface> anatomy;
  std::optional<MeshedHeart> heart_mesh;
  std::vector<MeshedVessel> vessel_meshes;
  std::shared_ptr<const twin::TwinModel> twin;
  std::vector<StoredRun> results;
  std::vector<StageReport> stages;
  std::vector<MeshedParts> part_meshes;
  ModelChoices choices;
};
struct ModelStep {
  ModelParts before, after;
};

// Recorded ECGs and electro-anatomical maps (shared and immutable), and where electrograms are drawn.
struct MeasuredParts {
  std::vector<std::shared_ptr<const ep::RecordedEcg>> recorded_ecgs;
  std::vector<std::shared_ptr<const ep::EaMap>> ea_maps;
  std::vector<EgmProbe> egm_probes;
  std::vector<PlacedProbe> flow_probes;
  bool operator==(const MeasuredParts&) const = default;
};
struct MeasuredStep {
  MeasuredParts before, after;
};

struct HistoryStep {
  std::string name, merge_key;
  std::optional<PlanStep> plans;
  std::optional<ImageStep> image;
  std::shared_ptr<const ModelStep> model;
  std::optional<MeasuredStep> measured;
  std::size_t memory() const;   // bytes that only undo keeps alive, estimated
};

class History {
 public:
  // Half a gigabyte is a tenth of a small workstation's memory; a brush stroke takes about 40 kB, so this is thousands of them.
  static constexpr std::size_t default_budget = std::size_t(512) << 20;
  static constexpr std::size_t most_steps = 500;

  explicit History(std::size_t budget_bytes = default_budget) : budget_(budget_bytes) {}
  // Steps of one kind with the same non-empty merge key that follow each other become one (dragging a slider is one step).
  void record(std::string name, std::vector<Plan> before, std::vector<Plan> after, std::string merge_key);
  void record(HistoryStep step);
  void close_merge() { mergeable_ = false; }
  bool can_undo() const { return at_ > 0; }
  bool can_redo() const { return at_ < steps_.size(); }
  bool changed_more_than_plans() const;   // some step done and not undone touches images, the model or what was measured
  std::string undo_name() const { return can_undo() ? steps_[at_ - 1].name : ""; }
  std::string redo_name() const { return can_redo() ? steps_[at_].name : ""; }
  const HistoryStep& undo();   // contract: can_undo(); the caller puts back what the step holds as `before`
  const HistoryStep& redo();
  void clear();
  std::size_t memory() const;
  std::size_t count() const { return steps_.size(); }

 private:
  std::vector<HistoryStep> steps_;
  std::size_t at_ = 0, budget_;
  bool mergeable_ = false;
};

}  // namespace ot::session
