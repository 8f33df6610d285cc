// SPDX-License-Identifier: GPL-3.0-or-later
// The table of numbers: one row per quantity, one column per plan, and the difference of two of them.
#pragma once
#include <QString>
#include <optional>
#include <vector>

#include "app/session/session.hpp"

namespace ot::present {

// Colour only for meaning: is this difference welcome, worth a look, or neither.
enum class Tone { neutral, good, attention, bad };

struct NumberRow {
  QString key, label, unit, note;
  QString missing;              // why a plan has no number here, empty where none lacks one or nobody knows
  std::vector<double> values;   // one per column, NaN = not known; those that were subtracted where a difference is shown
  std::vector<double> full;     // [columns], of the FULL run where its column shows FAST for the sake of the difference; else NaN
  double difference = 0;        // right minus left, NaN when either is missing in the model of the difference
  Tone tone = Tone::neutral;
};

struct NumberColumn {
  int plan = 0;
  QString name;                 // "Base", "A"
  QString mode;                 // "FAST", "FULL", "" when there is no result
  bool stale = false;
};

// What is known of one plan: its result, or the last one before an edit (then stale).
struct PlanResult {
  int plan = 0;
  QString name;
  std::shared_ptr<const twin::RunResult> result;
  bool stale = false;
  std::shared_ptr<const twin::RunResult> fast;   // FAST of the present scenario, for a difference to a plan that has no FULL yet
};

struct NumberTable {
  std::vector<NumberColumn> columns;
  int left = 0, right = 0;      // columns whose difference is shown
  // One of the two is FULL, the other FAST. Their difference would be that of the models, so every column with a FAST answer shows it and
  // the difference is that of both in FAST; while one of the two lacks its FAST answer, each shows what it has and there is no difference.
  bool mixed = false;
  QString difference_of;        // "C − Base", empty where there are not two
  QString remark;               // one sentence on what was subtracted; empty where the columns speak for themselves
  std::vector<NumberRow> rows;
};

// Where a beat was computed to, ms, when that is before the muscle has repolarised: its T wave is not there. Nothing for a whole beat.
std::optional<double> computed_to_ms(const ep::ElectroResult& electro);

// One column per plan; the difference is that of the columns of plans `right` and `left`.
NumberTable number_table(const std::vector<PlanResult>& plans, int left_plan, int right_plan);

// "104", "0.61", "12.3 k"; an en dash for NaN. Decimals follow the size of the number, so columns line up.
QString show_number(double value, const QString& unit = {});
QString show_number(double value, const QString& unit, double beside);              // with the decimals of a number of the size of `beside`
QString show_difference(double value, const QString& unit = {}, double beside = 0);  // with sign; `beside`: one of the two numbers
QString show_count(double value);                                   // "412k", "1.2 M"
QString unit_text(const QString& unit);                             // "mm2" -> "mm²"
QString plan_short_name(const session::Session& session, int plan); // "Base", "A"
Tone tone_of(const QString& key, double difference);

}  // namespace ot::present
