// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/edit/label_delta.hpp"

#include <algorithm>
#include <cstring>

#include "solvers/core/contracts.hpp"

namespace ot::imaging {
namespace {

void put_number(std::vector<std::uint8_t>& out, std::size_t n) {
  while (n >= 128) {
    out.push_back(static_cast<std::uint8_t>(n & 127) | 128);
    n >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(n));
}

// Calls f(offset, length, old, new) for each run; false when the bytes are no runs of a map with `voxels` voxels.
template <class F>
bool for_runs(const LabelDelta& delta, F&& f) {
  const std::size_t voxels = std::size_t(delta.size[0]) * std::size_t(delta.size[1]) * std::size_t(delta.size[2]);
  const std::uint8_t* at = delta.runs.data();
  const std::uint8_t* const end = at + delta.runs.size();
  const auto number = [&](std::size_t& n) {
    n = 0;
    for (int shift = 0; at < end && shift < 63; shift += 7) {
      n |= static_cast<std::size_t>(*at & 127) << shift;
      if (!(*at++ & 128)) return true;
    }
    return false;
  };
  std::size_t offset = 0;
  while (at < end) {
    std::size_t gap = 0, length = 0;
    if (!number(gap) || !number(length) || end - at < 2 || length == 0) return false;
    if (gap > voxels - offset || length > voxels - offset - gap) return false;
    offset += gap;
    if (!f(offset, length, at[0], at[1])) return false;
    at += 2;
    offset += length;
  }
  return true;
}

}  // namespace

std::size_t VoxelBox::voxels() const {
  if (empty()) return 0;
  return std::size_t(high[0] - low[0] + 1) * std::size_t(high[1] - low[1] + 1) * std::size_t(high[2] - low[2] + 1);
}

void VoxelBox::add(int i, int j, int k) {
  const std::array<int, 3> at{i, j, k};
  if (empty()) {
    low = high = at;
    return;
  }
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = std::min(low[a], at[a]);
    high[a] = std::max(high[a], at[a]);
  }
}

void VoxelBox::add(const VoxelBox& other) {
  if (other.empty()) return;
  add(other.low[0], other.low[1], other.low[2]);
  add(other.high[0], other.high[1], other.high[2]);
}

VoxelBox VoxelBox::grown(int by, const std::array<int, 3>& size) const {
  if (empty()) return *this;
  VoxelBox out = *this;
  for (std::size_t a = 0; a < 3; ++a) {
    out.low[a] = std::max(0, low[a] - by);
    out.high[a] = std::min(size[a] - 1, high[a] + by);
  }
  return out;
}

bool same_table(const std::vector<core::LabelInfo>& a, const std::vector<core::LabelInfo>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const core::LabelInfo& x, const core::LabelInfo& y) {
    return x.value == y.value && x.key == y.key && x.name == y.name && x.color == y.color && x.assumed == y.assumed;
  });
}

std::size_t LabelDelta::memory() const {
  return sizeof *this + runs.capacity() + (table_before.capacity() + table_after.capacity()) * sizeof(core::LabelInfo);
}

DeltaWriter::DeltaWriter(const std::array<int, 3>& size) { delta_.size = size; }

void DeltaWriter::add(std::size_t offset, std::size_t length, std::uint8_t before, std::uint8_t after) {
  if (before == after || length == 0) return;
  OT_EXPECT(offset >= start_ + length_);
  if (length_ > 0 && offset == start_ + length_ && before == before_ && after == after_) {
    length_ += length;
    return;
  }
  flush();
  start_ = offset;
  length_ = length;
  before_ = before;
  after_ = after;
}

void DeltaWriter::flush() {
  if (length_ == 0) return;
  put_number(delta_.runs, start_ - end_);
  put_number(delta_.runs, length_);
  delta_.runs.push_back(before_);
  delta_.runs.push_back(after_);
  end_ = start_ + length_;
  delta_.changed += length_;
  const std::size_t nx = std::size_t(delta_.size[0]), ny = std::size_t(delta_.size[1]);
  const std::size_t first = start_, last = end_ - 1;
  const auto row = [&](std::size_t n) { return n / nx; };
  const auto slice = [&](std::size_t n) { return n / (nx * ny); };
  const bool one_row = row(first) == row(last), one_slice = slice(first) == slice(last);
  VoxelBox box{{one_row ? int(first % nx) : 0, one_slice ? int(row(first) % ny) : 0, int(slice(first))},
               {one_row ? int(last % nx) : int(nx) - 1, one_slice ? int(row(last) % ny) : int(ny) - 1, int(slice(last))}};
  delta_.box.add(box);
}

LabelDelta DeltaWriter::finish() {
  flush();
  length_ = 0;
  delta_.runs.shrink_to_fit();
  return std::move(delta_);
}

LabelDelta difference(const core::LabelMap& before, const core::LabelMap& after, const VoxelBox& within) {
  OT_EXPECT(before.grid.size == after.grid.size && before.values.size() == after.values.size());
  const auto& size = before.grid.size;
  DeltaWriter writer(size);
  const std::uint8_t *a = before.values.data(), *b = after.values.data();
  const auto compare = [&](std::size_t from, std::size_t to) {
    constexpr std::size_t block = 4096;   // memcmp over a page is several times faster than a byte loop, and most pages are equal
    for (std::size_t n = from; n < to;) {
      const std::size_t m = std::min(to, n + block);
      if (std::memcmp(a + n, b + n, m - n) != 0)
        while (n < m) {
          if (a[n] == b[n]) {
            ++n;
            continue;
          }
          const std::size_t start = n;
          while (n < m && a[n] == a[start] && b[n] == b[start]) ++n;
          writer.add(start, n - start, a[start], b[start]);
        }
      n = m;
    }
  };
  if (within.empty()) {
    compare(0, before.values.size());
  } else {
    for (int k = within.low[2]; k <= within.high[2]; ++k)
      for (int j = within.low[1]; j <= within.high[1]; ++j) {
        const std::size_t row = before.grid.offset(0, j, k);
        compare(row + std::size_t(within.low[0]), row + std::size_t(within.high[0]) + 1);
      }
  }
  LabelDelta delta = writer.finish();
  if (!same_table(before.labels, after.labels)) {
    delta.table_changed = true;
    delta.table_before = before.labels;
    delta.table_after = after.labels;
  }
  return delta;
}

std::array<std::int64_t, 256> tally(const LabelDelta& delta) {
  std::array<std::int64_t, 256> gain{};
  for_runs(delta, [&](std::size_t, std::size_t length, std::uint8_t before, std::uint8_t after) {
    gain[before] -= std::int64_t(length);
    gain[after] += std::int64_t(length);
    return true;
  });
  return gain;
}

bool apply(core::LabelMap& map, const LabelDelta& delta, bool forward) {
  if (map.grid.size != delta.size || map.values.size() != map.grid.voxels()) return false;
  if (delta.table_changed && !same_table(map.labels, forward ? delta.table_before : delta.table_after)) return false;
  std::uint8_t* const values = map.values.data();
  const bool fits = for_runs(delta, [&](std::size_t offset, std::size_t length, std::uint8_t before, std::uint8_t after) {
    const std::uint8_t expected = forward ? before : after;
    return std::all_of(values + offset, values + offset + length, [expected](std::uint8_t v) { return v == expected; });
  });
  if (!fits) return false;
  for_runs(delta, [&](std::size_t offset, std::size_t length, std::uint8_t before, std::uint8_t after) {
    std::memset(values + offset, forward ? after : before, length);
    return true;
  });
  if (delta.table_changed) map.labels = forward ? delta.table_after : delta.table_before;
  return true;
}

LabelDelta join(const std::vector<LabelDelta>& parts, const std::array<int, 3>& size) {
  struct Run {
    std::size_t offset, length;
    std::uint8_t before, after;
  };
  std::vector<Run> runs;
  for (const auto& part : parts)
    for_runs(part, [&](std::size_t offset, std::size_t length, std::uint8_t before, std::uint8_t after) {
      runs.push_back({offset, length, before, after});
      return true;
    });
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.offset < b.offset; });
  DeltaWriter writer(size);
  for (const auto& r : runs) writer.add(r.offset, r.length, r.before, r.after);
  LabelDelta out = writer.finish();
  for (const auto& part : parts)
    if (part.table_changed) {
      if (!out.table_changed) out.table_before = part.table_before;
      out.table_changed = true;
      out.table_after = part.table_after;
    }
  return out;
}

bool well_formed(const LabelDelta& delta) {
  for (int n : delta.size)
    if (n <= 0) return false;
  return for_runs(delta, [](std::size_t, std::size_t, std::uint8_t, std::uint8_t) { return true; });
}

}  // namespace ot::imaging
