// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/history.hpp"

#include "solvers/core/contracts.hpp"

namespace ot::session {
namespace {
constexpr std::size_t most_steps = 500;  // plans are small; this bounds memory at a few MB
}

void History::record(std::string name, std::vector<Plan> before, std::vector<Plan> after, std::string merge_key) {
  steps_.resize(at_);  // a new edit ends what could be redone
  if (mergeable_ && at_ > 0 && !merge_key.empty() && steps_.back().merge_key == merge_key) {
    steps_.back().after = std::move(after);
    return;
  }
  steps_.push_back({std::move(name), std::move(merge_key), std::move(before), std::move(after)});
  if (steps_.size() > most_steps) steps_.erase(steps_.begin());
  at_ = steps_.size();
  mergeable_ = true;
}

const std::vector<Plan>& History::undo() {
  OT_EXPECT(can_undo());
  mergeable_ = false;
  return steps_[--at_].before;
}

const std::vector<Plan>& History::redo() {
  OT_EXPECT(can_redo());
  mergeable_ = false;
  return steps_[at_++].after;
}

void History::clear() {
  steps_.clear();
  at_ = 0;
  mergeable_ = false;
}

}  // namespace ot::session
