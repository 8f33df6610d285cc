// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/present/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace ot::present {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// What a cardiologist reads first; everything else follows in the order the solvers gave it.
int rank(const QString& key) {
  static const char* const first[] = {"pr_ms", "p_wave_ms", "qrs_ms", "qtc_fridericia_ms", "total_activation_ms", "activated_percent", "axis_deg", "r_transition_lead"};
  for (int i = 0; i < int(std::size(first)); ++i)
    if (key == QLatin1String(first[i])) return i;
  if (key.endsWith("_ffr") || key == "ffr") return 20;
  if (key.startsWith("lesion_") || key.startsWith("lv_burned")) return 22;
  // Of every drug its concentration and IKr (QT, torsades) before the lesser channels of the first one.
  if (key.endsWith("_concentration_nM") || key.endsWith("_kr_block_percent")) return 23;
  if (key.startsWith("drug_") || key.contains("plasma") || key.contains("block_")) return 26;
  if (key.contains("pressure_drop")) return 24;
  if (key.contains("stent_") || key.contains("stenosis_") || key.contains("bypass_") || key.contains("graft_")) return 25;
  if (key.contains("bazett")) return 60;
  if (key.startsWith("r_v") || key.startsWith("s_v")) return 61;   // the chest leads one by one
  if (key.contains("mass_balance") || key.contains("reynolds") || key.contains("_inlet") || key.contains("_outlet") || key.contains("inlet_") || key.contains("outlet_")) return 90;
  return 50;
}

}  // namespace

QString unit_text(const QString& unit) {
  QString text = unit;
  text.replace("mm2", "mm²").replace("mm3", "mm³").replace("cm2", "cm²").replace("cm3", "cm³").replace("percent", "%");
  return text == "1" ? QString() : text == "ml" ? QStringLiteral("mL") : text;   // one spelling in the window; stored units keep theirs
}

QString show_number(double value, const QString& unit) { return show_number(value, unit, 0); }

QString show_number(double value, const QString& unit, double beside) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  const double size = std::isfinite(beside) ? std::max(std::abs(value), std::abs(beside)) : std::abs(value);
  if (unit == "count" || unit == "nodes" || unit == "tets" || unit == "voxels") return show_count(value);
  if (unit == "ms" || unit == "deg" || unit == "°" || unit == "bpm") return QString::number(std::round(value), 'f', 0).replace('-', QChar(0x2212));
  if (size >= 1e5) return show_count(value).replace('-', QChar(0x2212));
  if (unit.isEmpty() && value == std::round(value) && beside == std::round(beside)) return QString::number(value, 'f', 0).replace('-', QChar(0x2212));   // counts
  const int decimals = size == 0 ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : size >= 0.00095 ? 4 : -1;
  QString text = decimals < 0 ? QString::number(value, 'g', 2) : QString::number(value, 'f', decimals);
  return text.replace('-', QChar(0x2212));
}

QString show_difference(double value, const QString& unit, double beside) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  const QString text = show_number(value, unit, beside);
  bool zero = true;
  for (const QChar c : text) zero = zero && !(c.isDigit() && c != '0');
  if (zero) return QStringLiteral("0");
  return value > 0 ? "+" + text : text;
}

QString show_count(double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  const double size = std::abs(value);
  if (size >= 1e6) return QString::number(value / 1e6, 'f', size >= 1e7 ? 1 : 2) + "M";
  if (size >= 1e4) return QString::number(std::round(value / 1e3), 'f', 0) + "k";
  return QString::number(std::round(value), 'f', 0);
}

QString plan_short_name(const session::Session& session, int plan) {
  const auto data = session.data();
  if (plan <= 0) return QStringLiteral("Base");
  if (plan >= int(data->plans.size())) return {};
  return QString::fromStdString(data->plans[std::size_t(plan)].name);
}

Tone tone_of(const QString& key, double difference) {
  if (!std::isfinite(difference) || std::abs(difference) < 1e-9) return Tone::neutral;
  if (key.contains("ffr")) return difference > 0 ? Tone::good : Tone::bad;
  if (key.contains("pressure_drop")) return difference > 0 ? Tone::attention : Tone::good;
  // QTc: a rise of 60 ms is the usual alarm (product.md, ECG); below that it is worth a look.
  if (key.startsWith("qtc")) return difference >= 60 ? Tone::bad : difference >= 10 ? Tone::attention : Tone::neutral;
  if (key == "qrs_ms") return difference >= 5 ? Tone::attention : difference <= -5 ? Tone::good : Tone::neutral;
  if (key.contains("stenosis") && key.contains("percent")) return difference > 0 ? Tone::bad : Tone::good;
  return Tone::neutral;
}

std::optional<double> computed_to_ms(const ep::ElectroResult& electro) {
  if (electro.ecg.t_ms.empty() || electro.repolarisation_ms.size() != electro.activation_ms.size()) return std::nullopt;
  constexpr double few = 0.01;   // a node beside a scar may stay at its plateau without a part in the T wave
  std::size_t activated = 0, waiting = 0;
  for (std::size_t n = 0; n < electro.activation_ms.size(); ++n) {
    if (!std::isfinite(electro.activation_ms[n])) continue;
    ++activated;
    waiting += !(electro.repolarisation_ms[n] <= electro.ecg.t_ms.back());   // FAST knows times beyond the end
  }
  if (double(waiting) <= few * double(activated)) return std::nullopt;
  return electro.ecg.t_ms.back();
}

NumberTable number_table(const std::vector<PlanResult>& plans, int left_plan, int right_plan) {
  NumberTable table;
  const auto mode_of = [](const std::shared_ptr<const twin::RunResult>& result) { return !result ? "" : result->mode == core::Mode::full ? "FULL" : "FAST"; };
  for (std::size_t c = 0; c < plans.size(); ++c) {
    if (plans[c].plan == left_plan) table.left = int(c);
    if (plans[c].plan == right_plan) table.right = int(c);
    table.columns.push_back({plans[c].plan, plans[c].name, mode_of(plans[c].result), plans[c].stale});
  }
  const std::size_t left = std::size_t(table.left), right = std::size_t(table.right);
  // FULL minus FAST would show the difference of the models as if the plan had made it.
  table.mixed = left != right && !table.columns[left].mode.isEmpty() && !table.columns[right].mode.isEmpty() && table.columns[left].mode != table.columns[right].mode;
  const bool both_fast = table.mixed && plans[left].fast && plans[right].fast;
  if (left != right) table.difference_of = table.columns[right].name + QStringLiteral(" \u2212 ") + table.columns[left].name;
  if (table.mixed) {
    const QString full = table.columns[table.columns[left].mode == "FULL" ? left : right].name, fast = table.columns[table.columns[left].mode == "FULL" ? right : left].name;
    table.remark = both_fast ? QStringLiteral("Both in FAST: %1 has a FULL result, %2 has none yet. FULL of %1 is in the tips of the numbers.").arg(full, fast)
                             : QStringLiteral("No difference: %1 is FULL, %2 another mode (FAST).").arg(full, fast);
  }
  std::map<QString, std::size_t> index;
  for (std::size_t c = 0; c < plans.size(); ++c) {
    const bool swapped = both_fast && plans[c].fast && plans[c].result && plans[c].result->mode == core::Mode::full;
    const auto& shown = swapped ? plans[c].fast : plans[c].result;
    if (!shown) continue;
    table.columns[c].mode = mode_of(shown);
    const auto take = [&](const twin::RunResult& result, std::vector<double> NumberRow::*into) {
      for (const core::Quantity& q : result.quantities) {
        const QString key = QString::fromStdString(q.key);
        const auto [it, fresh] = index.try_emplace(key, table.rows.size());
        if (fresh)
          table.rows.push_back({key, QString::fromStdString(q.label), unit_text(QString::fromStdString(q.unit)), QString::fromStdString(q.note), {},
                                std::vector<double>(plans.size(), nan), std::vector<double>(plans.size(), nan), nan, Tone::neutral});
        auto& row = table.rows[it->second];
        (row.*into)[c] = q.value;
        if (row.note.isEmpty()) row.note = QString::fromStdString(q.note);
        if (!key.startsWith("qt") || std::isfinite(q.value) || into != &NumberRow::values || !result.electro) continue;
        if (const auto end = computed_to_ms(*result.electro))
          row.missing += (row.missing.isEmpty() ? QString() : QStringLiteral(", ")) + QStringLiteral("%1 ends at %2 ms").arg(plans[c].name).arg(*end, 0, 'f', 0);
      }
    };
    take(*shown, &NumberRow::values);
    if (swapped) take(*plans[c].result, &NumberRow::full);
  }
  // What only FULL knows has no number among FAST ones.
  const auto none = [](const std::vector<double>& values) { return std::none_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }); };
  std::erase_if(table.rows, [&](const NumberRow& row) { return none(row.values) && !none(row.full); });
  for (NumberRow& row : table.rows) {
    if (left == right || (table.mixed && !both_fast)) continue;
    row.difference = row.values[right] - row.values[left];
    row.tone = show_difference(row.difference, row.unit, row.values[left]) == "0" ? Tone::neutral : tone_of(row.key, row.difference);
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const NumberRow& a, const NumberRow& b) { return rank(a.key) < rank(b.key); });
  return table;
}

}  // namespace ot::present
