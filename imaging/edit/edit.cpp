// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/edit/edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <cmath>

#include "imaging/edit/proposal.hpp"
#include "solvers/core/contracts.hpp"
#include "solvers/core/parallel.hpp"

namespace ot::imaging {
namespace tools {

LabelDelta commit(core::LabelMap& labels, const core::Volume* volume, const EditScope& scope, const Proposal& p) {
  std::array<bool, 256> writable{};
  writable.fill(scope.only_over.empty());
  for (int v : scope.only_over)
    if (v >= 0 && v < 256) writable[std::size_t(v)] = true;
  for (int v : scope.protect)
    if (v >= 0 && v < 256) writable[std::size_t(v)] = false;
  OT_EXPECT(!scope.window || volume);
  DeltaWriter writer(labels.grid.size);
  if (p.box.empty()) return writer.finish();
  std::size_t n = 0;
  for (int k = p.box.low[2]; k <= p.box.high[2]; ++k)
    for (int j = p.box.low[1]; j <= p.box.high[1]; ++j) {
      std::size_t at = labels.grid.offset(p.box.low[0], j, k);
      for (int i = p.box.low[0]; i <= p.box.high[0]; ++i, ++at, ++n) {
        const int wanted = p.value[n];
        if (wanted < 0) continue;
        std::uint8_t& now = labels.values[at];
        if (now == wanted || !writable[now]) continue;
        if (scope.window) {
          const float x = volume->values[at];
          if (!(x >= (*scope.window)[0] && x <= (*scope.window)[1])) continue;
        }
        writer.add(at, 1, now, static_cast<std::uint8_t>(wanted));
        now = static_cast<std::uint8_t>(wanted);
      }
    }
  return writer.finish();
}

VoxelBox box_of(const core::LabelMap& labels, const std::vector<int>& values) {
  std::array<bool, 256> wanted{};
  wanted.fill(values.empty());
  wanted[0] = false;
  for (int v : values)
    if (v >= 0 && v < 256) wanted[std::size_t(v)] = true;
  const auto& size = labels.grid.size;
  std::vector<VoxelBox> per_slice(std::size_t(std::max(0, size[2])));
  core::parallel_chunks(size[2], 8, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    for (std::ptrdiff_t k = b; k < e; ++k)
      for (int j = 0; j < size[1]; ++j) {
        const std::uint8_t* row = labels.values.data() + labels.grid.offset(0, j, int(k));
        int first = 0, last = size[0] - 1;
        while (first <= last && !wanted[row[first]]) ++first;
        if (first > last) continue;
        while (!wanted[row[last]]) --last;
        per_slice[std::size_t(k)].add({{first, j, int(k)}, {last, j, int(k)}});
      }
  });
  VoxelBox box;
  for (const auto& b : per_slice) box.add(b);
  return box;
}

core::Grid box_grid(const core::Grid& grid, const VoxelBox& box) {
  core::Grid out = grid;
  for (std::size_t a = 0; a < 3; ++a) out.size[a] = box.high[a] - box.low[a] + 1;
  out.origin = grid.to_patient(core::Vec3(box.low[0], box.low[1], box.low[2]));
  return out;
}

std::vector<std::uint8_t> mask_of(const core::LabelMap& labels, const VoxelBox& box, int value) {
  std::vector<std::uint8_t> mask(box.voxels());
  std::size_t n = 0;
  for (int k = box.low[2]; k <= box.high[2]; ++k)
    for (int j = box.low[1]; j <= box.high[1]; ++j) {
      const std::uint8_t* row = labels.values.data() + labels.grid.offset(box.low[0], j, k);
      for (int i = box.low[0]; i <= box.high[0]; ++i) mask[n++] = *row++ == value;
    }
  return mask;
}

int pad_voxels(const core::Grid& grid, double mm) { return int(std::ceil(mm / grid.spacing.minCoeff())) + 1; }

}  // namespace tools

namespace {

// The label must be in the map's table, or in the standard one, from which it is then taken over.
core::Result<void> know_label(core::LabelMap& labels, int value) {
  if (value < 0 || value > 255) return core::wrong_usage(fmt::format("There is no label {} (labels run from 1 to 255, 0 is background).", value));
  if (value == 0 || std::any_of(labels.labels.begin(), labels.labels.end(), [&](const auto& l) { return l.value == value; })) return {};
  for (const auto& l : core::labels::heart())
    if (l.value == value) {
      labels.labels.insert(std::upper_bound(labels.labels.begin(), labels.labels.end(), value, [](int v, const core::LabelInfo& x) { return v < x.value; }), l);
      return {};
    }
  return core::wrong_usage(fmt::format("Label {} has no name in this image (nobody could tell what it is). Use one of its labels.", value));
}

std::vector<int> labels_named(const EditTool& tool) {
  return std::visit(
      [](const auto& t) -> std::vector<int> {
        using T = std::decay_t<decltype(t)>;
        if constexpr (std::is_same_v<T, Smooth>) return t.labels;
        else if constexpr (std::is_same_v<T, Combine>) return {t.label, t.other};
        else if constexpr (requires { t.to; } && requires { t.label; } && !std::is_same_v<T, Interpolate>) return {t.label, int(t.to)};
        else return {t.label};
      },
      tool);
}

bool needs_intensities(const Edit& edit) { return edit.scope.window || std::holds_alternative<GrowRegion>(edit.tool) || std::holds_alternative<Refine>(edit.tool); }

}  // namespace

core::Result<LabelDelta> apply_edit(core::LabelMap& labels, const core::Volume* volume, const Edit& edit, const core::Progress& progress) {
  OT_EXPECT(labels.values.size() == labels.grid.voxels());
  if (needs_intensities(edit) && !volume) return core::wrong_usage("This tool looks at intensities, and there is no image under the labels. Choose another tool.");
  if (volume && !volume->grid.same_as(labels.grid)) return core::wrong_usage("The image and its labels lie on different grids (an edit would be shifted). Bring the labels onto the image first.");
  const auto table = labels.labels;
  for (int v : labels_named(edit.tool))
    if (auto ok = know_label(labels, v); !ok) {
      labels.labels = table;
      return core::pass(ok);
    }
  auto proposal = std::visit(
      [&](const auto& tool) -> core::Result<tools::Proposal> {
        if constexpr (std::is_same_v<std::decay_t<decltype(tool)>, GrowRegion>) return tools::propose(labels, volume, tool, edit.scope, progress);
        else return tools::propose(labels, volume, tool, progress);
      },
      edit.tool);
  if (!proposal || progress.cancelled()) {
    labels.labels = table;
    if (!proposal) return core::pass(proposal);
    return core::cancelled();
  }
  LabelDelta delta = tools::commit(labels, volume, edit.scope, *proposal);
  if (delta.changed == 0) labels.labels = table;
  else if (!same_table(table, labels.labels)) {
    delta.table_changed = true;
    delta.table_before = table;
    delta.table_after = labels.labels;
  }
  return delta;
}

std::array<std::int64_t, 256> label_voxels(const core::LabelMap& map) {
  constexpr std::ptrdiff_t chunk = 1 << 22;
  const auto n = std::ptrdiff_t(map.values.size());
  std::vector<std::array<std::int64_t, 256>> part(std::size_t((n + chunk - 1) / chunk));
  core::parallel_chunks(n, chunk, [&](std::ptrdiff_t b, std::ptrdiff_t e) {
    // Label maps are long runs of one value: eight equal voxels are counted at once (counting one by one waits for its own last write).
    std::array<std::int64_t, 256> count{};
    const std::uint8_t* v = map.values.data();
    std::ptrdiff_t i = b;
    for (; i + 8 <= e; i += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, v + i, 8);
      if (eight == 0x0101010101010101ull * v[i]) count[v[i]] += 8;
      else
        for (int m = 0; m < 8; ++m) ++count[v[i + m]];
    }
    for (; i < e; ++i) ++count[v[i]];
    part[std::size_t(b / chunk)] = count;
  });
  std::array<std::int64_t, 256> total{};
  for (const auto& count : part)
    for (std::size_t v = 0; v < 256; ++v) total[v] += count[v];
  return total;
}

std::array<double, 256> label_volumes_ml(const core::LabelMap& map) {
  const auto voxels = label_voxels(map);
  std::array<double, 256> ml{};
  for (std::size_t v = 0; v < 256; ++v) ml[v] = double(voxels[v]) * map.grid.voxel_volume() / 1000;
  return ml;
}

int edited_label(const EditTool& tool) {
  if (const auto* s = std::get_if<Smooth>(&tool)) return s->labels.size() == 1 ? s->labels.front() : 0;
  return labels_named(tool).front();
}

std::string edit_name(const Edit& edit, const core::LabelMap& labels) {
  const auto name_of = [&](int value) -> std::string {
    if (value == 0) return "all labels";
    for (const auto& l : labels.labels)
      if (l.value == value) return l.name;
    for (const auto& l : core::labels::heart())
      if (l.value == value) return l.name;
    return fmt::format("label {}", value);
  };
  const int label = edited_label(edit.tool);
  struct Name {
    const EditScope& scope;
    std::string operator()(const Paint& p) const { return p.label == 0 ? "eraser" : scope.window ? "threshold brush" : "brush"; }
    std::string operator()(const GrowRegion&) const { return "grow from seeds"; }
    std::string operator()(const Scissors&) const { return "scissors"; }
    std::string operator()(const Islands& i) const {
      switch (i.rule) {
        case IslandRule::keep_largest: return "keep largest part";
        case IslandRule::remove_small: return "remove small parts";
        case IslandRule::keep_at: return "keep chosen part";
        case IslandRule::split: return "split parts";
      }
      return "islands";
    }
    std::string operator()(const FillHoles&) const { return "fill holes"; }
    std::string operator()(const Smooth&) const { return "smooth"; }
    std::string operator()(const Resize& r) const { return fmt::format("{} by {:.1f} mm", r.by_mm >= 0 ? "grow" : "shrink", std::abs(r.by_mm)); }
    std::string operator()(const Refine&) const { return "refine border"; }
    std::string operator()(const Interpolate&) const { return "interpolate slices"; }
    std::string operator()(const Combine& c) const {
      switch (c.rule) {
        case CombineRule::copy: return "copy label";
        case CombineRule::unite: return "unite labels";
        case CombineRule::subtract: return "subtract label";
        case CombineRule::intersect: return "intersect labels";
      }
      return "combine";
    }
    std::string operator()(const PlaneCut&) const { return "cut plane"; }
  };
  const auto* paint = std::get_if<Paint>(&edit.tool);
  if (paint && label == 0) return edit.scope.only_over.size() == 1 ? "eraser, " + name_of(edit.scope.only_over.front()) : "eraser";
  return std::visit(Name{edit.scope}, edit.tool) + ", " + name_of(label);
}

Stroke::Stroke(core::LabelMap& labels, const core::Volume* volume, Paint brush, EditScope scope) : labels_(labels), volume_(volume), brush_(std::move(brush)), scope_(std::move(scope)) {
  const auto table = labels_.labels;
  if (know_label(labels_, brush_.label) && !same_table(table, labels_.labels)) {
    LabelDelta named;
    named.size = labels_.grid.size;
    named.table_changed = true;
    named.table_before = table;
    named.table_after = labels_.labels;
    parts_.push_back(std::move(named));
  }
}

VoxelBox Stroke::extend(const core::Vec3& to) {
  Paint segment = brush_;
  segment.points = {last_.value_or(to), to};
  last_ = to;
  const auto proposal = tools::propose(labels_, volume_, segment, {});
  if (!proposal) return {};
  LabelDelta delta = tools::commit(labels_, volume_, scope_, *proposal);
  if (delta.changed == 0) return {};
  const VoxelBox box = delta.box;
  changed_ += delta.changed;
  parts_.push_back(std::move(delta));
  return box;
}

LabelDelta Stroke::finish() {
  LabelDelta whole = join(parts_, labels_.grid.size);
  parts_.clear();
  return whole;
}

void Stroke::give_up() {
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    const bool back = apply(labels_, *part, false);
    OT_EXPECT(back);
  }
  parts_.clear();
  changed_ = 0;
}

}  // namespace ot::imaging
