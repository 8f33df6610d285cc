// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/electrophysiology/monodomain_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "solvers/core/parallel.hpp"

namespace ot::ep {
namespace {

constexpr std::size_t frame_budget = std::size_t(512) << 20;   // bytes of frames kept in the result

}  // namespace

MonodomainRecord::MonodomainRecord(const ElectroProblem& problem, const Tissue& tissue, LeadField leads, const std::vector<core::Vec3>& probes)
    : problem_(problem), tissue_(tissue), field_(std::move(leads)) {
  if (!field_.empty()) {
    ecg_.leads.assign(lead_names().begin(), lead_names().end());
    ecg_.mV.resize(ecg_.leads.size());
  }
  const std::size_t bytes = std::max<std::size_t>(1, tissue.inner_of.size() * sizeof(float));
  most_ = std::max<std::size_t>(16, frame_budget / bytes);
  for (const core::Vec3& x : probes) probe_weights_.push_back(point_weights(problem, x));
  probe_mV_.resize(probe_weights_.size());
}

ElectroFrame MonodomainRecord::look(const MonodomainStep& step) const {
  auto v = std::make_shared<std::vector<float>>(tissue_.rest_mV);
  for (std::ptrdiff_t i = 0; i < tissue_.n; ++i) (*v)[std::size_t(tissue_.node_of[std::size_t(i)])] = float(step.v()[std::size_t(i)]);
  return {step.time(), v};
}

ElectroFrame MonodomainRecord::record(const MonodomainStep& step) {
  const ElectroFrame frame = look(step);
  if (!field_.empty()) {
    const auto leads = evaluate(field_, *frame.v_mV);
    ecg_.t_ms.push_back(frame.t_ms);
    for (std::size_t l = 0; l < ecg_.mV.size(); ++l) ecg_.mV[l].push_back(leads[l]);
  }
  if (count_ % stride_ == 0) kept_.emplace_back(count_, frame);
  ++count_;
  if (kept_.size() > most_) {   // every second one from now on
    stride_ *= 2;
    thin();
  }
  return frame;
}

void MonodomainRecord::thin() {
  std::erase_if(kept_, [&](const auto& f) { return f.first % stride_ != 0; });
}

void MonodomainRecord::probe(const MonodomainStep& step) {
  probe_t_ms_.push_back(step.time());
  for (std::size_t p = 0; p < probe_weights_.size(); ++p)   // the weights of a point sum to 0: inert nodes at rest add nothing but their rest
    probe_mV_[p].push_back(core::ordered_sum(std::ptrdiff_t(tissue_.inner_of.size()), [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      double sum = 0;
      for (std::ptrdiff_t i = from; i < to; ++i) {
        const core::Index k = tissue_.inner_of[std::size_t(i)];
        sum += probe_weights_[p][std::size_t(i)] * (k >= 0 ? step.v()[std::size_t(k)] : double(tissue_.rest_mV[std::size_t(i)]));
      }
      return sum;
    }));
}

void MonodomainRecord::write_since(const Mark& mark, ArchiveWriter& to) const {
  to.value(count_);
  to.value(stride_);
  const auto since = std::find_if(kept_.begin(), kept_.end(), [&](const auto& f) { return f.first >= mark.frames; });
  to.value(std::uint64_t(kept_.end() - since));
  for (auto f = since; f != kept_.end(); ++f) {
    to.value(f->first);
    to.value(f->second.t_ms);
    to.array(*f->second.v_mV);
  }
  const auto tail = [&](const std::vector<double>& all, std::uint64_t from) { to.array(std::vector<double>(all.begin() + std::ptrdiff_t(from), all.end())); };
  tail(ecg_.t_ms, mark.samples);
  for (const auto& lead : ecg_.mV) tail(lead, mark.samples);
  tail(probe_t_ms_, mark.probes);
  for (const auto& p : probe_mV_) tail(p, mark.probes);
}

bool MonodomainRecord::read(ArchiveReader& from) {
  std::uint64_t frames = 0;
  from.value(count_);
  from.value(stride_);
  from.value(frames);
  for (std::uint64_t k = 0; k < frames && from.ok; ++k) {
    std::uint64_t index = 0;
    ElectroFrame frame;
    auto v = std::make_shared<std::vector<float>>();
    from.value(index);
    from.value(frame.t_ms);
    from.array(*v);
    if (v->size() != tissue_.inner_of.size()) return false;
    frame.v_mV = std::move(v);
    kept_.emplace_back(index, std::move(frame));
  }
  if (!from.ok || stride_ < 1) return false;
  thin();
  const auto add = [&](std::vector<double>& all) {
    std::vector<double> more;
    from.array(more);
    all.insert(all.end(), more.begin(), more.end());
    return all.size();
  };
  const std::size_t samples = add(ecg_.t_ms);
  for (auto& lead : ecg_.mV)
    if (add(lead) != samples) return false;
  const std::size_t probed = add(probe_t_ms_);
  for (auto& p : probe_mV_)
    if (add(p) != probed) return false;
  return from.ok && from.at_end();
}

void MonodomainRecord::clear() {
  ecg_.t_ms.clear();
  for (auto& lead : ecg_.mV) lead.clear();
  kept_.clear();
  stride_ = 1;
  count_ = 0;
  probe_t_ms_.clear();
  for (auto& p : probe_mV_) p.clear();
}

void MonodomainRecord::finish(ElectroResult& result) {
  result.ecg = std::move(ecg_);
  result.frames.clear();
  for (auto& f : kept_) result.frames.push_back(std::move(f.second));
  kept_.clear();
  if (stride_ > 1) result.notes.push_back(fmt::format("Only every {}th frame is kept, to stay within {} MB.", stride_, frame_budget >> 20));
  if (field_.empty() && !problem_.electrodes.empty()) result.notes.push_back("No ECG: an electrode of the 12 leads is missing.");
}

}  // namespace ot::ep
