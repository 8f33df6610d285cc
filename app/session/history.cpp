// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/history.hpp"

#include <algorithm>

#include "solvers/core/contracts.hpp"

namespace ot::session {
namespace {

std::size_t bytes(const ImageData& image) {
  std::size_t sum = sizeof image + (image.planes.capacity() + image.quantities.capacity()) * 128;
  if (image.labels) sum += image.labels->values.capacity();
  return sum;
}

std::size_t bytes(const ModelParts& m) {
  std::size_t sum = 0;
  for (const auto& a : m.anatomy)
    if (a.surface) sum += a.surface->points.size() * sizeof(core::Vec3) + a.surface->triangles.size() * sizeof(core::Triangle);
  const auto tets = [](const std::shared_ptr<const core::TetMesh>& mesh) { return mesh ? mesh->nodes.size() * sizeof(core::Vec3) + mesh->tets.size() * sizeof(core::Tet) : 0; };
  if (m.heart_mesh) sum += 3 * tets(m.heart_mesh->mesh);   // fibres and tissue of the twin on it weigh about twice the mesh
  for (const auto& v : m.vessel_meshes) sum += tets(v.mesh);
  for (const auto& r : m.results)
    if (r.result && r.result->electro)
      for (const auto& f : r.result->electro->frames)
        if (f.v_mV) sum += f.v_mV->size() * sizeof(float);
  return sum;
}

}  // namespace

std::size_t HistoryStep::memory() const {
  std::size_t sum = sizeof *this;
  if (plans) sum += (plans->before.size() + plans->after.size()) * 2048;   // a scenario of some ten interventions
  if (image) {
    // An image's volume is shared with the case unless the step replaced it.
    sum += bytes(image->before) + bytes(image->after);
    for (const auto& d : image->deltas) sum += d->memory();
    if (image->before.volume != image->after.volume && image->before.volume) sum += image->before.volume->values.size() * sizeof(float);
  }
  if (model) sum += bytes(model->before);
  return sum;
}

void History::record(std::string name, std::vector<Plan> before, std::vector<Plan> after, std::string merge_key) {
  HistoryStep step;
  step.name = std::move(name);
  step.merge_key = std::move(merge_key);
  step.plans = PlanStep{std::move(before), std::move(after), 0, 0};
  record(std::move(step));
}

void History::record(HistoryStep step) {
  steps_.resize(at_);  // a new edit ends what could be redone
  if (mergeable_ && at_ > 0 && !step.merge_key.empty() && steps_.back().merge_key == step.merge_key) {
    HistoryStep& last = steps_.back();
    if (last.plans && step.plans) {
      last.plans->after = std::move(step.plans->after);
      return;
    }
    // Whole label maps (another grid) cannot be chained with deltas: such steps stay apart.
    const auto chains = [](const ImageStep& s) { return s.labels_same || !s.deltas.empty(); };
    if (last.image && step.image && last.image->before.key == step.image->before.key && chains(*last.image) && chains(*step.image)) {
      last.image->after = std::move(step.image->after);
      last.image->version_after = step.image->version_after;
      last.image->labels_same = last.image->labels_same && step.image->labels_same;
      last.image->deltas.insert(last.image->deltas.end(), step.image->deltas.begin(), step.image->deltas.end());
      return;
    }
  }
  steps_.push_back(std::move(step));
  std::size_t sum = memory(), drop = 0;
  while (steps_.size() - drop > 1 && (steps_.size() - drop > most_steps || sum > budget_)) sum -= steps_[drop++].memory();
  steps_.erase(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(drop));
  at_ = steps_.size();
  mergeable_ = true;
}

bool History::changed_more_than_plans() const {
  return std::any_of(steps_.begin(), steps_.begin() + std::ptrdiff_t(at_), [](const HistoryStep& step) { return step.image || step.model || step.measured; });
}

const HistoryStep& History::undo() {
  OT_EXPECT(can_undo());
  mergeable_ = false;
  return steps_[--at_];
}

const HistoryStep& History::redo() {
  OT_EXPECT(can_redo());
  mergeable_ = false;
  return steps_[at_++];
}

void History::clear() {
  steps_.clear();
  at_ = 0;
  mergeable_ = false;
}

std::size_t History::memory() const {
  std::size_t sum = 0;
  for (const auto& s : steps_) sum += s.memory();
  return sum;
}

}  // namespace ot::session
