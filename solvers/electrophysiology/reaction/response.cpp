// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reaction/response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ot::ep {
void PacedResponse::sample(double t, double v) {
  if (v <= (has_reference_ ? level_ : rest_ + 0.1 * (0 - rest_))) armed_ = true;
  if (v > 0 && armed_) {
    armed_ = false;
    if (t <= start_ + 1e-9 || t > start_ + stimulated_within_ms) {
      if (std::isnan(unprompted_at_)) unprompted_at_ = t;
      ++unprompted_in_beat_;
    }
  }
  if (t <= start_ + 1e-9) before_ = v;
  else if (!(unprompted_at_ > start_)) peak_ = std::max(peak_, v);   // what comes without a stimulus is not its answer
  if (!std::isnan(open_level_) && t > 0 && last_v_ > open_level_ && v <= open_level_) {
    apd90_.push_back(since_upstroke_ + last_t_ + (last_v_ - open_level_) / (last_v_ - v) * (t - last_t_));
    open_level_ = Biomarkers::nan;
  }
  last_t_ = t;
  last_v_ = v;
}

PacedResponse::Answer PacedResponse::end_beat(const Biomarkers* measured) {
  const double peak = std::max(peak_, before_);
  const double level = has_reference_ ? level_ : rest_ + 0.1 * (std::max(peak, 0.0) - rest_);
  const Answer answer = before_ > level ? Answer::not_repolarised : peak <= 0 ? Answer::no_upstroke : Answer::captured;
  since_upstroke_ += cycle_;
  if (answer == Answer::captured) {
    has_reference_ = true;
    level_ = peak - 0.9 * (peak - before_);
    open_level_ = Biomarkers::nan;
    if (measured && std::isfinite(measured->apd90)) apd90_.push_back(measured->apd90);
    else if (measured) open_level_ = measured->level90_mV, since_upstroke_ = cycle_ - measured->upstroke_ms;
  }
  if (measured) {
    followed_.push_back(answer);
    unprompted_ += unprompted_in_beat_;
    if (unprompted_in_beat_ > 0 && !(unprompted_first_ <= unprompted_at_ - start_)) unprompted_first_ = unprompted_at_ - start_;
  }
  unprompted_in_beat_ = 0;
  unprompted_at_ = Biomarkers::nan;
  peak_ = -1e300;
  return answer;
}

PacedResponse::Summary PacedResponse::summary() const {
  Summary s;
  s.stimuli = int(followed_.size());
  std::vector<int> at;
  bool unrepolarised = false;
  for (int k = 0; k < s.stimuli; ++k) {
    if (followed_[std::size_t(k)] == Answer::captured) at.push_back(k);
    unrepolarised = unrepolarised || followed_[std::size_t(k)] == Answer::not_repolarised;
  }
  s.captured = int(at.size());
  // Equal intervals between the captured ones, from the end back over at least half of the followed stimuli.
  int equal = 0;
  for (std::size_t k = at.size(); k >= 2 && at[k - 1] - at[k - 2] == at[at.size() - 1] - at[at.size() - 2]; --k) ++equal;
  if (equal >= 2) s.every = at[at.size() - 1] - at[at.size() - 2];
  if (s.every < 2 || s.every * equal * 2 < s.stimuli || s.stimuli - at.back() > s.every) s.every = 0;
  if (!apd90_.empty()) {
    s.apd90_ms = 0;
    for (const double apd : apd90_) s.apd90_ms += apd / double(apd90_.size());
  }
  if (apd90_.size() >= 4) {
    s.alternates = true;
    for (std::size_t k = apd90_.size() - 3; k < apd90_.size(); ++k) {
      const double step = apd90_[k] - apd90_[k - 1];
      s.alternates = s.alternates && std::abs(step) > alternating_apd_ms && (k + 3 == apd90_.size() || step * (apd90_[k - 1] - apd90_[k - 2]) < 0);
    }
    if (s.alternates) s.longer_ms = std::max(apd90_.back(), apd90_[apd90_.size() - 2]), s.shorter_ms = std::min(apd90_.back(), apd90_[apd90_.size() - 2]);
  }
  if (s.captured < s.stimuli) {
    s.note = unrepolarised ? "The cell had not repolarised when it was stimulated: " : "Stimuli started no action potential (V stayed below 0 mV): ";
    s.note += s.every ? fmt::format("it responds {}:1 ({} of the last {} stimuli captured)", s.every, s.captured, s.stimuli)
                      : fmt::format("{} of the last {} stimuli captured", s.captured, s.stimuli);
    s.note += std::isfinite(s.apd90_ms) ? fmt::format("; the APD90 of those action potentials is {:.1f} ms on average.", s.apd90_ms) : s.captured ? "; none was seen to repolarise." : ".";
  }
  s.unprompted = unprompted_;
  s.unprompted_ms = unprompted_first_;
  const auto and_say = [&](const std::string& sentence) { s.note += (s.note.empty() ? "" : " ") + sentence; };
  if (s.unprompted > 0)
    and_say(fmt::format("The cell beats by itself as well: {} action potentials without a stimulus in the last {} cycles, the earliest {:.0f} ms after one; the figures are of the stimulated ones.", s.unprompted, s.stimuli,
                        s.unprompted_ms));
  if (s.alternates) s.note += fmt::format("{}The action potentials alternate (APD90 {:.1f} and {:.1f} ms).", s.note.empty() ? "" : " ", s.longer_ms, s.shorter_ms);
  else if (apd90_.size() >= 4 && std::abs(apd90_.back() - apd90_[apd90_.size() - 2]) > alternating_apd_ms)
    and_say(fmt::format("APD90 changed by {:+.1f} ms from one beat to the next at the end: it has not settled, or goes on irregularly. Pace more beats.", apd90_.back() - apd90_[apd90_.size() - 2]));
  return s;
}

}  // namespace ot::ep
