// SPDX-License-Identifier: GPL-3.0-or-later
// Which scheme a label map follows. Numbers alone rarely decide (most schemes begin at 1), so anatomy votes: in a left ventricle
// the wall encloses the blood. A mask of one number, or two organ lists that both fit, stay a question for the user.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imaging/exchange/foreign_labels.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

// Of the faces between LV blood and anything else, the share that touches LV wall: the wall covers the cavity but for the valve
// plane (about a fifth of a half ellipsoid's surface). RV or atrial blood touches the LV wall with its septal side only.
constexpr double least_enclosed = 0.5;

using Contacts = std::map<std::pair<std::int32_t, std::int32_t>, std::size_t>;

// Faces between voxels of different numbers, counted from the first to the second and back.
Contacts contacts(const ForeignLabels& l) {
  Contacts out;
  std::pair<std::int32_t, std::int32_t> last{-1, -1};
  std::size_t* counter = nullptr;
  const auto touch = [&](std::int32_t a, std::int32_t b) {
    if (a == b || a == 0) return;
    if (last != std::pair{a, b}) {
      last = {a, b};
      counter = &out[last];
    }
    ++*counter;
  };
  const auto& g = l.grid;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const std::size_t at = g.offset(i, j, k);
        const std::int32_t v = l.values[at];
        // Only in-plane faces: the end slices of a short-axis stack are cut open.
        if (i + 1 < g.size[0]) touch(v, l.values[at + 1]), touch(l.values[at + 1], v);
        if (j + 1 < g.size[1]) {
          const std::int32_t w = l.values[at + std::size_t(g.size[0])];
          touch(v, w), touch(w, v);
        }
      }
  return out;
}

double share_of(const Contacts& c, const std::vector<std::int32_t>& blood, const std::vector<std::int32_t>& wall) {
  std::size_t all = 0, on_wall = 0;
  for (const auto& [pair, n] : c) {
    if (std::find(blood.begin(), blood.end(), pair.first) == blood.end() || std::find(blood.begin(), blood.end(), pair.second) != blood.end()) continue;
    all += n;
    if (std::find(wall.begin(), wall.end(), pair.second) != wall.end()) on_wall += n;
  }
  return all == 0 ? -1 : double(on_wall) / double(all);
}

void judge(SchemeProposal& p, const ForeignLabels& labels, const Contacts& touching) {
  std::size_t all = 0, named = 0;
  std::vector<std::int32_t> lv, wall;
  for (const auto& [number, voxels] : labels.count) {
    all += voxels;
    const SchemeEntry* e = p.scheme.find(number);
    if (!e) continue;
    named += voxels;
    if (e->key == "lv_blood_pool") lv.push_back(number);
    if (e->key == "lv_myocardium" || e->key == "scar" || e->key == "border_zone") wall.push_back(number);
  }
  p.named_share = all == 0 ? 0 : double(named) / double(all);
  if (lv.empty() || wall.empty()) return;
  p.enclosed_share = share_of(touching, lv, wall);
  p.plausible = p.enclosed_share >= least_enclosed;
}

std::vector<std::string> keys_under(const LabelScheme& s, const ForeignLabels& labels) {
  std::vector<std::string> keys;
  for (const MappingRow& row : mapping_of(labels, s)) keys.push_back(row.key);
  return keys;
}

}  // namespace

std::vector<SchemeProposal> propose_schemes(const ForeignLabels& labels, const fs::path& path) {
  std::vector<SchemeProposal> out;
  const Contacts touching = contacts(labels);
  if (!labels.named.empty()) {
    SchemeProposal p;
    p.scheme = {"in_file", "Names in the file", "the file itself", {}, {}};
    for (const auto& [number, e] : labels.named) p.scheme.entries.push_back(e);
    judge(p, labels, touching);
    p.plausible = true;   // names are said, not guessed
    if (p.named_share > 0) out.push_back(std::move(p));
  }
  if (auto beside = scheme_beside(path)) {
    SchemeProposal p;
    p.scheme = std::move(*beside);
    judge(p, labels, touching);
    p.plausible = true;
    if (p.named_share > 0) out.push_back(std::move(p));
  }
  std::vector<SchemeProposal> fits;
  for (const LabelScheme& s : builtin_schemes()) {
    SchemeProposal p;
    p.scheme = s;
    judge(p, labels, touching);
    if (p.named_share < 1.0 || !p.plausible) continue;
    const auto keys = keys_under(s, labels);
    if (std::any_of(fits.begin(), fits.end(), [&](const SchemeProposal& f) { return keys_under(f.scheme, labels) == keys; })) continue;
    fits.push_back(std::move(p));
  }
  // A wall that encloses the cavity is evidence; a scheme that names neither has none.
  std::stable_sort(fits.begin(), fits.end(), [](const SchemeProposal& a, const SchemeProposal& b) { return a.enclosed_share > b.enclosed_share; });
  out.insert(out.end(), fits.begin(), fits.end());
  return out;
}

core::Result<LabelScheme> decide_scheme(const std::vector<SchemeProposal>& proposals, const ForeignLabels& labels, const fs::path& path) {
  const auto said = [&](const SchemeProposal& p) { return p.scheme.key == "in_file" || p.scheme.source.rfind("file ", 0) == 0; };
  if (!proposals.empty() && said(proposals.front()) && proposals.front().named_share > 0.5) return proposals.front().scheme;
  std::vector<const SchemeProposal*> open;
  for (const SchemeProposal& p : proposals)
    if (!said(p)) open.push_back(&p);
  if (open.size() == 1 && labels.count.size() > 1) return open.front()->scheme;
  if (open.size() > 1 && open[0]->enclosed_share > 0 && open[1]->enclosed_share <= 0) return open[0]->scheme;
  std::string numbers, choices;
  for (const auto& [number, voxels] : labels.count)
    if (numbers.size() < 60) numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", number);
  for (const SchemeProposal* p : open) choices += fmt::format("{}{}", choices.empty() ? "" : ", ", p->scheme.key);
  if (open.empty())
    return core::bad_input(fmt::format("What the numbers {} of {} mean is not known: no scheme names all of them (a wrong guess would build another heart). Say --scheme NAME (see 'list schemes') or give a scheme file.", numbers,
                                       path.filename().string()));
  return core::bad_input(fmt::format("The numbers {} of {} fit several schemes: {} (a wrong one would build another heart). Say which with --scheme.", numbers, path.filename().string(), choices));
}

}  // namespace ot::imaging
