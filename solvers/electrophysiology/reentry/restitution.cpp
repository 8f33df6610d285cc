// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/reentry/restitution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/monodomain.hpp"
#include "solvers/electrophysiology/reaction/aligned.hpp"
#include "solvers/electrophysiology/reaction/cell.hpp"
#include "solvers/electrophysiology/reaction/cell_batch.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"

namespace ot::ep {
namespace {

constexpr std::ptrdiff_t bn = block_nodes;
// Lengths in sqrt(D ms). The ends change durations over about ten units (space constant sqrt(100 ms)), so the middle is measured.
constexpr double spacing = 0.4, dt = 0.02, stimulated = 5.0, near = 20.0, middle = 26.0, far = 32.0, length = 46.0;
constexpr double amplitude = 35.714, duration = 2.0;   // mV/ms and ms: Niederer et al. 2011, table 2

// Crossings of one beat at the three places; NaN until seen.
struct Passage {
  double near = NAN, middle = NAN, far = NAN, repolarised = NAN;
};

// A copyable strand: a copy is a checkpoint.
class Strand {
 public:
  Strand(const IonicFamily& family, const std::vector<double>& parameters, const std::vector<double>& initial)
      : family_(&family), kernel_(best_kernel(family)), n_(std::ptrdiff_t(std::ceil(length / spacing)) + 1), blocks_((n_ + bn - 1) / bn), rest_(initial[0]), upstroke_(family.upstroke_mV) {
    const std::size_t padded = std::size_t(blocks_ * bn);
    state_.resize(padded * std::size_t(family.states));
    param_.resize(std::size_t(family.params * bn));
    for (std::size_t l = 0; l < std::size_t(bn); ++l) {
      for (int p = 0; p < family.params; ++p) param_[std::size_t(p) * std::size_t(bn) + l] = parameters[std::size_t(p)];
      for (std::ptrdiff_t b = 0; b < blocks_; ++b)
        for (int s = 0; s < family.states; ++s) state_[std::size_t((b * family.states + s) * bn) + l] = initial[std::size_t(s) + 1];
    }
    v_.assign(padded, initial[0]);
    for (AlignedVector* x : {&dv_, &rate_, &i_, &before_, &e_na_, &rhs_, &pivot_}) x->assign(padded, 0.0);
    // (M + dt/2 K) dV = rhs by the Thomas algorithm: inverse pivots once.
    const double off = -0.5 * dt / spacing;
    for (std::ptrdiff_t i = 0; i < n_; ++i) {
      const double diagonal = i == 0 || i == n_ - 1 ? 0.5 * spacing - off : spacing - 2.0 * off;
      pivot_[std::size_t(i)] = 1.0 / (i == 0 ? diagonal : diagonal - off * off * pivot_[std::size_t(i) - 1]);
    }
  }

  double time() const { return double(steps_) * dt; }
  const Passage& seen() const { return seen_; }
  bool sound() const { return std::all_of(v_.begin(), v_.end(), [](double v) { return std::abs(v) < 200; }); }
  void stimulate() {   // now
    from_ = time();
    seen_ = {};
    peak_ = v_[at(middle)];
  }

  void step() {
    const double share = stimulus_share(time(), dt, from_, duration);
    for (std::size_t i = 0; i < v_.size(); ++i) rate_[i] = v_[i] + 0.5 * dv_[i];
    for (std::ptrdiff_t b = 0; b < blocks_; ++b)
      kernel_({int(bn), dt, 0.0, state_.data() + b * family_->states * bn, param_.data(), v_.data() + b * bn, rate_.data() + b * bn, i_.data() + b * bn, e_na_.data() + b * bn});
    const double c = 1.0 / spacing, off = -0.5 * dt * c;
    for (std::ptrdiff_t i = 0; i < n_; ++i) {
      const std::size_t k = std::size_t(i);
      const bool end = i == 0 || i == n_ - 1;
      const double mass = end ? 0.5 * spacing : spacing;
      const double ionic = first_ ? i_[k] : 1.5 * i_[k] - 0.5 * before_[k];
      before_[k] = i_[k];
      double flux = 0;
      if (i > 0) flux += c * (v_[k - 1] - v_[k]);
      if (i + 1 < n_) flux += c * (v_[k + 1] - v_[k]);
      rhs_[k] = dt * (mass * ((double(i) * spacing <= stimulated ? share * amplitude : 0.0) - ionic) + flux);
      if (i > 0) rhs_[k] -= off * pivot_[k - 1] * rhs_[k - 1];   // Thomas, forward
    }
    first_ = false;
    for (std::ptrdiff_t i = n_; i-- > 0;) {
      const std::size_t k = std::size_t(i);
      dv_[k] = (rhs_[k] - (i + 1 < n_ ? off * dv_[k + 1] : 0.0)) * pivot_[k];
    }
    for (std::size_t k = 0; k < std::size_t(n_); ++k) v_[k] += dv_[k];
    look(near, seen_.near);
    look(middle, seen_.middle);
    look(far, seen_.far);
    const std::size_t m = at(middle);
    peak_ = std::max(peak_, v_[m]);
    const double level = rest_ + 0.1 * (peak_ - rest_), was = v_[m] - dv_[m];
    if (!std::isnan(seen_.middle) && std::isnan(seen_.repolarised) && was > level && v_[m] <= level)
      seen_.repolarised = time() + (was - level) / (was - v_[m]) * dt;
    ++steps_;
  }

 private:
  static std::size_t at(double x) { return std::size_t(std::lround(x / spacing)); }
  void look(double x, double& when) {
    const std::size_t k = at(x);
    if (std::isnan(when) && v_[k] - dv_[k] < upstroke_ && v_[k] >= upstroke_) when = time() - (v_[k] - dv_[k] - upstroke_) / dv_[k] * dt;
  }

  const IonicFamily* family_;
  KernelStep kernel_;
  std::ptrdiff_t n_, blocks_;
  double rest_, upstroke_, peak_ = -200, from_ = -1e9;
  long steps_ = 0;
  bool first_ = true;
  Passage seen_;
  AlignedVector state_, param_, v_, dv_, rate_, i_, before_, e_na_, rhs_, pivot_;
};

struct Setup {
  const IonicFamily* family = nullptr;
  std::vector<double> parameters, initial;
};

core::Result<Setup> set_up(const std::string& key, CellType type, const ChannelScales& scales, double interval, const core::Progress& progress) {
  Setup s;
  s.family = find_ionic_family(key);
  if (!s.family) return core::wrong_usage(fmt::format("There is no ionic model family \"{}\" (nothing can be paced). Choose one that `list ionic-models` shows.", key));
  if (!(interval >= 50 && interval <= 10000))
    return core::wrong_usage(fmt::format("A pacing interval of {:g} ms cannot be used (cells are paced at it). Give 50 to 10000 ms.", interval));
  s.parameters = s.family->parameters(type, scales);
  auto states = paced_states(key, interval, s.family->pacing_beats, dt, {type}, {scales}, progress);
  if (!states) return core::pass(states);
  s.initial = states->front();
  return s;
}

// Steps until the beat has repolarised (or `until`); false when cancelled.
bool run(Strand& strand, double until, bool only_conduction, const core::Progress& progress) {
  for (long k = 0; strand.time() < until - 1e-9; ++k) {
    if ((k & 255) == 0 && progress.cancelled()) return false;
    strand.step();
    const Passage& p = strand.seen();
    if (!std::isnan(p.far) && (only_conduction || !std::isnan(p.repolarised))) return true;
  }
  return true;
}

double velocity(const Passage& p) { return (far - near) / (p.far - p.near); }

core::Result<RestitutionCurve> measure(const Setup& s, double base, const core::Progress& progress) {
  RestitutionCurve out;
  Strand strand(*s.family, s.parameters, s.initial);
  // S1, with a checkpoint every 10 ms.
  std::vector<Strand> checkpoint;
  strand.stimulate();
  Passage first;
  constexpr long every = 500;   // steps: 10 ms
  const long last = std::lround(base / dt);
  for (long k = 0; k < last; ++k) {
    if (k % every == 0) {
      checkpoint.push_back(strand);
      if (progress.cancelled()) return core::cancelled();
      progress.report(0.3 * double(k) / double(last), "restitution: S1");
    }
    strand.step();
  }
  first = strand.seen();
  if (!strand.sound()) return core::computation_failed("The strand's potential left the range of +-200 mV (its restitution would be meaningless). Use less extreme channel scales.");
  if (std::isnan(first.far) || std::isnan(first.repolarised)) return out;   // does not conduct, or does not repolarise within the interval
  out.cv_base = velocity(first);
  out.apd_base_ms = first.repolarised - first.middle;

  const auto premature = [&](double coupling, bool only_conduction) -> std::optional<Passage> {
    const std::size_t from = std::min(checkpoint.size() - 1, std::size_t(coupling / 10.0));
    Strand copy = checkpoint[from];
    while (copy.time() < coupling - 0.5 * dt) copy.step();
    copy.stimulate();
    if (!run(copy, coupling + (only_conduction ? 80.0 : 80.0 + 3.0 * out.apd_base_ms), only_conduction, progress)) return std::nullopt;
    return copy.seen();
  };
  // The shortest coupling that conducts, to 1 ms: the front must pass far and belong to S2 (later than S1's repolarisation nearby).
  double blocked = 5.0, conducted = base;
  while (conducted - blocked > 1.0) {
    const double c = std::round(0.5 * (conducted + blocked));
    const auto p = premature(c, true);
    if (!p) return core::cancelled();
    // Before S1 has repolarised in the middle a crossing is S1's own.
    const bool through = !std::isnan(p->far) && !std::isnan(p->near) && p->middle > first.middle + 0.5 * out.apd_base_ms;
    (through ? conducted : blocked) = c;
  }
  std::vector<double> couplings;
  for (const double more : {0.0, 3.0, 6.0, 9.0, 12.0, 16.0, 20.0, 26.0, 34.0, 46.0, 65.0, 95.0, 140.0, 210.0, 340.0})
    if (conducted + more < base - 1.0) couplings.push_back(conducted + more);
  couplings.push_back(base);
  // A velocity that rises by less than this with shorter rest is flat (or supernormal, as in atrial cells), not faked: the accuracy of the strand.
  constexpr double supernormal = 0.01;
  // From long to short. Near the limit a graded response delays the crossing of 0 mV and fakes speed, and S2 waits at the stimulus, so
  // that DI no longer falls: the curve ends where DI or velocity stop falling.
  for (std::size_t i = couplings.size(); i-- > 0;) {
    progress.report(1.0 - 0.6 * double(i + 1) / double(couplings.size()), "restitution: S2");
    const auto p = premature(couplings[i], false);
    if (!p) return core::cancelled();
    if (std::isnan(p->far) || std::isnan(p->repolarised)) break;
    const RestitutionPoint point{couplings[i], p->middle - first.repolarised, velocity(*p), p->repolarised - p->middle};
    if (!out.points.empty() && (point.di_ms > out.points.back().di_ms - 0.1 || point.cv > (1 + supernormal) * out.points.back().cv)) break;
    out.points.push_back(point);
  }
  std::reverse(out.points.begin(), out.points.end());
  return out;
}

double along(const std::vector<RestitutionPoint>& p, double di, double RestitutionPoint::*value) {
  if (di <= p.front().di_ms) return p.front().*value;
  if (di >= p.back().di_ms) return p.back().*value;
  const auto hi = std::upper_bound(p.begin(), p.end(), di, [](double x, const RestitutionPoint& q) { return x < q.di_ms; });
  const auto lo = hi - 1;
  const double s = (di - lo->di_ms) / (hi->di_ms - lo->di_ms);
  return (*lo).*value + s * ((*hi).*value - (*lo).*value);
}

}  // namespace

double RestitutionCurve::cv(double di) const { return along(points, di, &RestitutionPoint::cv) / cv_base; }
double RestitutionCurve::apd(double di) const { return along(points, di, &RestitutionPoint::apd_ms) / apd_base_ms; }

RestitutionCurve make_curve(std::vector<RestitutionPoint> points, double cv_base, double apd_base_ms) {
  OT_EXPECT(!points.empty() && cv_base > 0 && apd_base_ms > 0);
  for (std::size_t i = 1; i < points.size(); ++i) OT_EXPECT(points[i].di_ms > points[i - 1].di_ms);
  return {std::move(points), cv_base, apd_base_ms};
}

core::Result<std::shared_ptr<const RestitutionCurve>> restitution(const std::string& family, CellType type, const ChannelScales& scales, double base,
                                                                  const core::Progress& progress) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::vector<double>>, std::shared_ptr<const RestitutionCurve>> cache;
  auto setup = set_up(family, type, scales, base, progress.part(0.0, 0.1));
  if (!setup) return core::pass(setup);
  std::vector<double> key = setup->parameters;
  key.insert(key.end(), {base, double(type)});
  {
    const std::lock_guard lock(mutex);
    if (const auto found = cache.find({family, key}); found != cache.end()) return found->second;
  }
  auto curve = measure(*setup, base, progress.part(0.1, 1.0));
  if (!curve) return core::pass(curve);
  auto shared = std::make_shared<const RestitutionCurve>(std::move(*curve));
  const std::lock_guard lock(mutex);
  return cache.try_emplace({family, std::move(key)}, std::move(shared)).first->second;
}

core::Result<std::vector<RestitutionPoint>> dynamic_restitution(const std::string& family, CellType type, const ChannelScales& scales, const std::vector<double>& intervals,
                                                                int beats, const core::Progress& progress) {
  OT_EXPECT(beats >= 3);
  std::vector<RestitutionPoint> out;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const core::Progress part = progress.part(double(i) / double(intervals.size()), double(i + 1) / double(intervals.size()));
    if (i > 0 && (!(intervals[i] < intervals[i - 1]) || !(intervals[i] >= 50)))
      return core::wrong_usage("The intervals of a dynamic protocol go down and end above 50 ms. Give them from long to short.");
    // Slow memory (ions) settles in cells paced alone, which costs little; the beats in the strand settle the rest.
    auto setup = set_up(family, type, scales, intervals[i], part.part(0, 0.3));
    if (!setup) return i == 0 || setup.error().code == core::ErrorCode::cancelled ? core::Result<std::vector<RestitutionPoint>>(core::pass(setup)) : out;
    std::optional<Strand> strand;
    strand.emplace(*setup->family, setup->parameters, setup->initial);
    Passage before;
    for (int beat = 0; beat < beats; ++beat) {
      strand->stimulate();
      const long steps = std::lround(intervals[i] / dt);
      for (long k = 0; k < steps; ++k) {
        if ((k & 255) == 0 && part.cancelled()) return core::cancelled();
        strand->step();
      }
      part.report(double(beat + 1) / beats, "dynamic restitution");
      const Passage now = strand->seen();
      if (!strand->sound() || std::isnan(now.far) || std::isnan(now.repolarised)) return out;   // no longer 1:1
      if (beat >= beats - 2) out.push_back({intervals[i], now.middle - before.repolarised, velocity(now), now.repolarised - now.middle});
      before = now;
    }
  }
  return out;
}

}  // namespace ot::ep
