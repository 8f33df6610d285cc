// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/tissue_factors.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/session/report_svg.hpp"

namespace ot::session {

nlohmann::json tissue_factors(const std::vector<ep::TissueRegion>& regions) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& r : regions) {
    nlohmann::json one{{"key", r.key}, {"conducting", r.conducting}, {"channels", nlohmann::json::object()}, {"source", r.source}};
    if (r.conducting) {
      one["conductivity_scale"] = {r.sigma_scale[0], r.sigma_scale[1], r.sigma_scale[2]};
      for (const auto& c : ep::channel_keys())
        if (r.channels.*c.member != 1) one["channels"][c.key] = r.channels.*c.member;
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::string factor_words(const ep::TissueRegion& r) {
  if (!r.conducting) return "does not conduct";
  std::string words;
  if (r.sigma_scale != core::Vec3(1, 1, 1))
    words = fmt::format("conductivity x {:.3g} along the fibres, {:.3g} in and {:.3g} across the sheets", r.sigma_scale[0], r.sigma_scale[1], r.sigma_scale[2]);
  std::string channels;
  for (const auto& c : ep::channel_keys())
    if (r.channels.*c.member != 1) channels += fmt::format("{}{} x {:.3g}", channels.empty() ? "" : ", ", c.current, r.channels.*c.member);
  if (!channels.empty()) words += (words.empty() ? "" : "; ") + channels;
  return words.empty() ? "as healthy muscle" : words;
}

std::string tissue_factors_html(const std::vector<ep::TissueRegion>& regions) {
  std::string rows;
  for (std::size_t k = 1; k < regions.size(); ++k)
    if (const std::string words = factor_words(regions[k]); words != factor_words(regions[0]))
      rows += fmt::format("<tr><td>{}</td><td>{}</td><td class=u>{}</td></tr>", html_escape(regions[k].key), html_escape(words), html_escape(regions[k].source));
  if (rows.empty()) return {};
  return "<h2>Tissue: factors on healthy muscle</h2><table><tr><th>tissue</th><th>factors</th><th>source</th></tr>" + rows + "</table>";
}

}  // namespace ot::session
