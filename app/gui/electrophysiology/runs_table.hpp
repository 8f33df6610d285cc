// SPDX-License-Identifier: GPL-3.0-or-later
// RunsTable: one row per site of a study: site, couplings of the decisive attempt, what happened in colour, cycle length. GUI thread.
#pragma once
#include <QTableWidget>

#include "app/gui/electrophysiology/studies_model.hpp"

namespace ot::gui {

// "VT", "flutter", "dies out", "no capture": what the classification found, short and in words.
QString outcome_short(const ep::SiteRun& run);
QString outcome_words(const ep::SiteRun& run);
// "7 mid A": the segment's number, level and wall as on a bull's-eye.
QString site_short(const ep::StudySite& site);
QString couplings_of(const ep::Attempt& attempt, const ep::Protocol& protocol);

class RunsTable : public QTableWidget {
  Q_OBJECT
 public:
  explicit RunsTable(QWidget* parent);
  void show_study(const StudyEntry* entry);      // null: empty
  const ep::SiteRun* chosen_run() const;         // null: none, or one still to come

 signals:
  void run_chosen();

 private:
  session::SharedStudy study_;
  int shown_ = 0;
};

}  // namespace ot::gui
