// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reentry/reentry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"

namespace ot::ep {
namespace {

using core::Index;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double gain = 1e-9;   // ms; smaller improvements are left
// A front that ended at a node does not enter it a little later by a detour over the mesh's edges (zigzag along a tail: not a solution of the
// eikonal equation, it would keep waves alive on rings of half a wavelength). Measured on rings of 0.25 to 1 mm edges: eight travel times of
// the edge suffice for the limit to converge to the wavelength; 40 ms at most, for no re-entrant front comes round that soon.
inline double same_front(double travel) { return std::min(40.0, 8.0 * travel); }
constexpr int edge_of[4][4] = {{-1, 0, 1, 2}, {0, -1, 3, 4}, {1, 3, -1, 5}, {2, 4, 5, -1}};
constexpr int others[4][3] = {{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}};

// Squared travel times. Plane wave through segment a-b to x: travel after ta; never when the ray misses the segment.
double through_edge(double ax, double bx, double ab, double ta, double tb) {
  const double d = tb - ta, room = ab - d * d;
  if (!(room > 0)) return never;
  const double along = 0.5 * (ax + ab - bx);                 // x's foot from a, times |ab|
  const double height2 = ax - along * along / ab;            // squared distance of x from the line
  if (!(height2 > 0)) return never;
  // The ray leaves the segment at angle with cosine d/|ab|: foot of the ray from a, as a share of ab.
  const double share = (along - d * std::sqrt(height2 * ab / room)) / ab;
  if (share < 0 || share > 1) return never;
  return (along * d + std::sqrt(height2 * ab * room)) / ab;
}

// The same through triangle a-b-c. T at x is affine data + distance: minimise over barycentric weights; g: Gram matrix of corners seen from x.
double through_face(double ax, double bx, double cx, double ab, double ac, double bc, double ta, double tb, double tc) {
  // With e1 = b - a, e2 = c - a, y = a - x: slowness p solves p.e1 = tb - ta, p.e2 = tc - ta, |p| = 1, p.y < 0.
  const double g11 = ab, g22 = ac, g12 = 0.5 * (ab + ac - bc);
  const double det = g11 * g22 - g12 * g12;
  if (!(det > 1e-12 * g11 * g22)) return never;
  const double d1 = tb - ta, d2 = tc - ta;
  // In-plane part of p: p = k1 e1 + k2 e2.
  const double k1 = (g22 * d1 - g12 * d2) / det, k2 = (g11 * d2 - g12 * d1) / det;
  const double in2 = k1 * d1 + k2 * d2;                      // squared length of the in-plane part
  if (!(in2 < 1)) return never;
  // x - a in the plane's frame.
  const double x1 = 0.5 * (ax + ab - bx), x2 = 0.5 * (ax + ac - cx);   // (x - a).e1, (x - a).e2
  const double s1 = (g22 * x1 - g12 * x2) / det, s2 = (g11 * x2 - g12 * x1) / det;   // foot of x: a + s1 e1 + s2 e2
  const double height2 = ax - (s1 * x1 + s2 * x2);
  if (!(height2 > 0)) return never;
  const double height = std::sqrt(height2), up = std::sqrt(1 - in2);
  const double w1 = s1 - k1 * height / up, w2 = s2 - k2 * height / up;   // where the ray leaves the face
  if (w1 < 0 || w2 < 0 || w1 + w2 > 1) return never;
  return k1 * x1 + k2 * x2 + height * up;
}

}  // namespace

double ReentryTissue::Class::cv_at(double di) const {
  const double place = (di - shortest) * 2.0;
  if (place <= 0) return double(cv.front());
  const std::size_t i = std::size_t(place);
  if (place > 1e6 || i + 1 >= cv.size()) return double(cv.back());
  const double s = place - double(i);
  return double(cv[i]) + s * double(cv[i + 1] - cv[i]);
}

double ReentryTissue::Class::apd_at(double di) const {
  const double place = (di - shortest) * 2.0;
  if (place <= 0) return double(apd.front());
  const std::size_t i = std::size_t(std::min(place, 1e7));
  if (i + 1 >= apd.size()) return double(apd.back());
  const double s = place - double(i);
  return double(apd[i]) + s * double(apd[i + 1] - apd[i]);
}

ReentryRun::ReentryRun(std::shared_ptr<const ReentryTissue> tissue) : tissue_(std::move(tissue)) {
  OT_EXPECT(tissue_ != nullptr);
  const std::size_t n = tissue_->nodes();
  at_.assign(n, -never);
  until_.assign(n, -never);
  before_.assign(n, -never);
  refused_.assign(n, -never);
  pending_.assign(n, never);
  entry_.assign(n, -1);
}

void ReentryRun::stimulate(const std::vector<Index>& nodes, double at_ms, double duration_ms) {
  OT_EXPECT(at_ms >= time_ && duration_ms > 0 && std::isfinite(at_ms));
  Stimulus s{at_ms, at_ms + duration_ms, {}};
  for (Index n : nodes) {
    OT_EXPECT(n >= 0 && std::size_t(n) < tissue_->nodes());
    if (tissue_->excitable(n)) s.nodes.push_back(n);
  }
  const auto place = std::find_if(stimuli_.begin(), stimuli_.end(), [&](const Stimulus& o) { return o.at <= at_ms; });   // later ones first
  stimuli_.insert(place, std::move(s));
}

void ReentryRun::impose(const std::vector<double>& last, const std::vector<double>& apd) {
  OT_EXPECT((apd.empty() || apd.size() == last.size()) && last.size() == tissue_->nodes() && time_ == 0 && log_.empty());
  for (std::size_t n = 0; n < last.size(); ++n) {
    if (!tissue_->excitable_[n] || !std::isfinite(last[n])) continue;
    OT_EXPECT(last[n] <= 0);
    at_[n] = last[n];
    until_[n] = last[n] + (apd.empty() ? double(tissue_->apd_base_[n]) : apd[n]);
    before_[n] = never;   // what was given is not corrected
    entry_[n] = std::int32_t(log_.size());
    log_.push_back({Index(n), float(at_[n]), float(until_[n])});
  }
  for (std::size_t n = 0; n < last.size(); ++n)
    if (std::isfinite(at_[n]) && until_[n] > 0) spread(Index(n));
}

bool ReentryRun::quiet() const { return queue_.empty() && stimuli_.empty(); }

// A front comes from tissue that stays depolarised until source_until; `travel` is its way at the slowest speed.
void ReentryRun::offer(Index node, double at, double travel, double source_until) {
  const std::size_t n = std::size_t(node);
  const double recovered = until_[n] + tissue_->classes_[tissue_->class_[n]].shortest;
  if (at < recovered) {
    // Earlier than the present beat of this node, and after the one before: the present beat comes sooner.
    if (at < at_[n] - gain && at >= before_[n] + tissue_->classes_[tissue_->class_[n]].shortest) {
      activate(node, at);
      return;
    }
    if (at < at_[n]) return;
    if (recovered - at > tissue_->patience_ * travel) {
      if (at - refused_[n] > same_front(travel)) refused_[n] = at;
      return;
    }
    at = recovered;
  }
  // A front that was refused here does not come in a little later by a longer edge of the mesh.
  if (at - refused_[n] <= same_front(travel)) return;
  if (at > source_until || at >= pending_[n] - gain) return;
  pending_[n] = at;
  queue_.push({at, node});
}

void ReentryRun::activate(Index node, double at) {
  const std::size_t n = std::size_t(node);
  const auto& cells = tissue_->classes_[tissue_->class_[n]];
  const bool again = at < at_[n];   // a correction of the present beat
  if (!again) before_[n] = until_[n];
  const double di = at - before_[n];
  at_[n] = at;
  until_[n] = at + double(tissue_->apd_base_[n]) * (std::isfinite(di) ? cells.apd_at(di) : double(cells.apd.back()));
  if (again) {
    log_[std::size_t(entry_[n])] = {node, float(at), float(until_[n])};
    pending_[n] = at;
    queue_.push({at, node});   // its neighbours hear of it in turn
    return;
  }
  entry_[n] = std::int32_t(log_.size());
  log_.push_back({node, float(at), float(until_[n])});
  last_ = std::max(last_, at);
}

void ReentryRun::spread(Index from) {
  const std::size_t i = std::size_t(from);
  const double ti = at_[i];
  for (std::uint32_t k = tissue_->around_begin_[i]; k < tissue_->around_begin_[i + 1]; ++k) {
    const auto& cell = tissue_->cells_[tissue_->around_[k] / 4];
    const int a = int(tissue_->around_[k] % 4);
    for (int o = 0; o < 3; ++o) {
      const int x = others[a][o];
      const Index target = cell.node[x];
      const std::size_t n = std::size_t(target);
      const auto& cells = tissue_->classes_[tissue_->class_[n]];
      const double ax = double(cell.l2[edge_of[a][x]]);
      if (!tissue_->excitable_[n]) continue;
      const double slowest = std::sqrt(ax) / double(cells.cv.front());
      // Refractory beyond reach and not a correction either.
      if (ti >= at_[n] && ti + slowest * (1 + tissue_->patience_) < until_[n] + cells.shortest) {
        if (ti + slowest - refused_[n] > same_front(slowest)) refused_[n] = ti + slowest;
        continue;
      }
      if (pending_[n] <= ti) continue;
      // The two other corners help when they belong to this front.
      int corner[2], count = 0;
      for (int q = 0; q < 3; ++q) {
        const int j = others[a][q];
        if (j == x) continue;
        const std::size_t m = std::size_t(cell.node[j]);
        const double apart = at_[m] - ti, reach = double(cell.l2[edge_of[a][j]]);
        if (!std::isfinite(at_[m])) continue;
        const double floor = double(tissue_->classes_[tissue_->class_[m]].cv.front());
        if (apart * apart * floor * floor < reach * (1 + tissue_->patience_) * (1 + tissue_->patience_)) corner[count++] = j;
      }
      double speed = 1, arrival = never;
      // Speed at the arrival: a fixed point, three rounds bring it to 1e-3 of an edge's travel time.
      const bool rested = !std::isfinite(until_[n]);
      // For a correction the beat before counts.
      const double base = ti < at_[n] && std::isfinite(at_[n]) ? before_[n] : until_[n];
      if (rested || !std::isfinite(base)) speed = double(cells.cv.back());
      else speed = cells.cv_at(ti + std::sqrt(ax) - base);
      for (int round = 0; round < 3; ++round) {
        const double f = 1.0 / (speed * speed);
        double least = std::sqrt(ax) / speed;
        for (int q = 0; q < count; ++q) {
          const int j = corner[q];
          least = std::min(least, through_edge(ax * f, double(cell.l2[edge_of[j][x]]) * f, double(cell.l2[edge_of[a][j]]) * f, ti, at_[std::size_t(cell.node[j])]));
        }
        if (count == 2) {
          const int b = corner[0], c = corner[1];
          least = std::min(least, through_face(ax * f, double(cell.l2[edge_of[b][x]]) * f, double(cell.l2[edge_of[c][x]]) * f, double(cell.l2[edge_of[a][b]]) * f,
                                               double(cell.l2[edge_of[a][c]]) * f, double(cell.l2[edge_of[b][c]]) * f, ti, at_[std::size_t(cell.node[b])], at_[std::size_t(cell.node[c])]));
        }
        arrival = ti + least;
        if (!std::isfinite(base)) break;
        const double next = cells.cv_at(arrival - base);
        if (std::abs(next - speed) < 1e-4 * speed) break;
        speed = next;
      }
      offer(target, arrival, slowest, until_[i]);
    }
  }
}

bool ReentryRun::advance(double until_ms, const core::Progress& progress) {
  long count = 0;
  while (true) {
    const double next_stimulus = stimuli_.empty() ? never : stimuli_.back().at, next_event = queue_.empty() ? never : queue_.top().at;
    if (std::min(next_stimulus, next_event) > until_ms || (stimuli_.empty() && queue_.empty())) break;
    if (next_stimulus <= next_event) {
      const Stimulus s = std::move(stimuli_.back());
      stimuli_.pop_back();
      captured_ = 0;
      for (Index node : s.nodes) {
        const std::size_t n = std::size_t(node);
        const double at = std::max(s.at, until_[n] + tissue_->classes_[tissue_->class_[n]].shortest);
        if (at > s.until) continue;
        ++captured_;
        if (at < pending_[n]) {
          pending_[n] = at;
          queue_.push({at, node});
        }
      }
      time_ = std::max(time_, s.at);
      continue;
    }
    const Event e = queue_.top();
    queue_.pop();
    const std::size_t n = std::size_t(e.node);
    if (pending_[n] != e.at) continue;   // an earlier offer came
    if ((++count & 4095) == 0 && progress.cancelled()) return false;
    pending_[n] = never;
    time_ = std::max(time_, e.at);
    if (e.at != at_[n]) activate(e.node, e.at);   // else a correction, already entered
    spread(e.node);
  }
  if (std::isfinite(until_ms)) time_ = std::max(time_, until_ms);
  return !progress.cancelled();
}

ActivationRecord ReentryRun::record(double until_ms) const {
  ActivationRecord r;
  r.end_ms = until_ms;
  const std::size_t n = tissue_->nodes();
  r.begin.assign(n + 1, 0);
  for (const Entry& e : log_)
    if (double(e.at) <= until_ms) ++r.begin[std::size_t(e.node) + 1];
  for (std::size_t i = 0; i < n; ++i) r.begin[i + 1] += r.begin[i];
  r.at_ms.resize(r.begin[n]);
  r.repolarised_ms.resize(r.begin[n]);
  std::vector<std::uint32_t> fill(r.begin.begin(), r.begin.end() - 1);
  for (const Entry& e : log_) {   // the log of a node is in order of its beats
    if (double(e.at) > until_ms) continue;
    const std::uint32_t k = fill[std::size_t(e.node)]++;
    r.at_ms[k] = e.at;
    r.repolarised_ms[k] = double(e.repolarised) <= until_ms ? e.repolarised : std::numeric_limits<float>::quiet_NaN();
  }
  return r;
}

}  // namespace ot::ep
