// SPDX-License-Identifier: GPL-3.0-or-later
// Undo as a list of values: each step holds the plans before and after it, and a name a person reads.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "app/session/case.hpp"

namespace ot::session {

class History {
 public:
  // Steps with the same non-empty merge key that follow each other become one (dragging a slider is one step).
  void record(std::string name, std::vector<Plan> before, std::vector<Plan> after, std::string merge_key);
  void close_merge() { mergeable_ = false; }
  bool can_undo() const { return at_ > 0; }
  bool can_redo() const { return at_ < steps_.size(); }
  std::string undo_name() const { return can_undo() ? steps_[at_ - 1].name : ""; }
  std::string redo_name() const { return can_redo() ? steps_[at_].name : ""; }
  const std::vector<Plan>& undo();   // contract: can_undo()
  const std::vector<Plan>& redo();
  void clear();

 private:
  struct Step {
    std::string name, merge_key;
    std::vector<Plan> before, after;
  };
  std::vector<Step> steps_;
  std::size_t at_ = 0;
  bool mergeable_ = false;
};

}  // namespace ot::session
