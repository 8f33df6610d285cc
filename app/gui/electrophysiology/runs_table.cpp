// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/runs_table.hpp"

#include <QHeaderView>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <algorithm>
#include <cmath>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

constexpr int row_height = 24, tall_row_height = 36, most_rows = 19;   // tall: the couplings stand under the site
constexpr int role_tone = Qt::UserRole + 1, role_run = Qt::UserRole + 2;
enum RunTone { tone_none, tone_good, tone_attention, tone_bad, tone_hint };

QColor color_of(int tone) {
  const Theme& t = theme();
  return tone == tone_good ? t.good : tone == tone_attention ? t.attention : tone == tone_bad ? t.bad : tone == tone_hint ? t.hint : t.text;
}

RunTone tone_of(const ep::SiteRun& run) {
  if (run.best < 0) return tone_hint;
  const auto& found = run.attempts[std::size_t(run.best)].found;
  switch (found.outcome) {
    case ep::Outcome::no_capture: return tone_hint;
    case ep::Outcome::decay: return tone_good;
    case ep::Outcome::reentry: return found.sustained ? tone_bad : tone_attention;
  }
  return tone_none;
}

class RunDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, t.selected);
    painter->setPen(QPen(mix(t.hairline, t.panel, 0.35), 1));
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    const QString text = index.data(Qt::DisplayRole).toString();
    const int tone = index.data(role_tone).toInt();
    const bool tall = option.rect.height() > row_height;
    const QRect box = tall ? QRect(option.rect.left() + 3, option.rect.top() + 3, option.rect.width() - 6, 16) : option.rect.adjusted(3, 0, -3, 0);
    const double middle = tall ? box.top() + 8 : option.rect.center().y();
    painter->setFont(ui_font(12, index.column() == 2 && (tone == tone_bad || tone == tone_attention) ? QFont::DemiBold : QFont::Normal));
    const QFontMetricsF metrics(painter->font());
    painter->setPen(index.column() == 2 ? color_of(tone) : tone == tone_hint ? t.secondary : t.text);
    if (index.column() == 0) {
      const QString couplings = index.siblingAtColumn(1).data(Qt::DisplayRole).toString();
      painter->drawText(box, Qt::AlignVCenter | Qt::AlignLeft, QFontMetrics(painter->font()).elidedText(text, Qt::ElideRight, box.width()));
      if (tall && !couplings.isEmpty()) {
        painter->setFont(ui_font(11));
        painter->setPen(t.hint);
        painter->drawText(box.translated(0, 15), Qt::AlignVCenter | Qt::AlignLeft, couplings);
      }
    } else if (index.column() == 2) {
      painter->setBrush(color_of(tone));
      painter->setPen(Qt::NoPen);
      if (tone != tone_none) painter->drawEllipse(QPointF(box.left() + 3.5, middle + 0.5), 3, 3);
      painter->setPen(color_of(tone));
      painter->drawText(box.adjusted(10, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, QFontMetrics(painter->font()).elidedText(text, Qt::ElideRight, box.width() - 10));
    } else {
      draw_tabular(*painter, box.right(), middle + (metrics.ascent() - metrics.descent()) / 2 + 0.5, text);
    }
    painter->restore();
  }
};

class RunHeader : public QHeaderView {
 public:
  explicit RunHeader(QWidget* parent) : QHeaderView(Qt::Horizontal, parent) { setFixedHeight(22); }

 protected:
  void paintSection(QPainter* painter, const QRect& rect, int section) const override {
    painter->save();
    painter->setPen(theme().hairline);
    painter->drawLine(rect.bottomLeft(), rect.bottomRight());
    painter->setFont(ui_font(11, QFont::Medium));
    painter->setPen(theme().hint);
    const bool right = section == 1 || section == 3;
    painter->drawText(rect.adjusted(section == 2 ? 13 : 3, 0, -3, 0), (right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter, model()->headerData(section, Qt::Horizontal).toString());
    painter->restore();
  }
};

}  // namespace

QString outcome_short(const ep::SiteRun& run) {
  if (run.best < 0) return "no answer";
  const auto& found = run.attempts[std::size_t(run.best)].found;
  if (found.outcome == ep::Outcome::no_capture) return "no capture";
  if (found.outcome == ep::Outcome::decay) return "dies out";
  switch (found.rhythm) {
    case ep::Rhythm::monomorphic_vt: return "VT";
    case ep::Rhythm::ventricular_flutter: return "flutter";
    case ep::Rhythm::polymorphic_vt: return "poly. VT";
    case ep::Rhythm::vf: return "VF";
    case ep::Rhythm::atrial_tachycardia: return "AT";
    case ep::Rhythm::af: return "AF";
    case ep::Rhythm::none: break;
  }
  return "re-entry";
}

QString outcome_words(const ep::SiteRun& run) {
  if (run.best < 0) return "The run gave no answer.";
  const auto& found = run.attempts[std::size_t(run.best)].found;
  if (found.outcome == ep::Outcome::no_capture) return "The last stimulus met refractory tissue: no capture.";
  if (found.outcome == ep::Outcome::decay) return "The wave dies out: not inducible from here with this protocol.";
  const char* name = found.rhythm == ep::Rhythm::monomorphic_vt        ? "Re-entry, monomorphic VT"
                     : found.rhythm == ep::Rhythm::ventricular_flutter ? "Re-entry, ventricular flutter"
                     : found.rhythm == ep::Rhythm::polymorphic_vt      ? "Re-entry, polymorphic VT"
                     : found.rhythm == ep::Rhythm::vf                  ? "Re-entry, ventricular fibrillation"
                                                                       : "Re-entry";
  return QStringLiteral("%1: %2 cycles of %3 ms (they vary by %4 ms), %5.").arg(QLatin1String(name)).arg(found.cycles).arg(found.cycle_length_ms, 0, 'f', 0).arg(found.variation_ms, 0, 'f', 0)
      .arg(found.sustained ? QStringLiteral("still going on at the end") : QStringLiteral("ends by itself"));
}

QString site_short(const ep::StudySite& site) {
  QString name = QString::fromStdString(site.name);
  if (site.aha_segment < 1) return name;
  static const std::pair<const char*, const char*> words[] = {{"basal", "bas"},          {"apical", "api"},      {"anteroseptal", "AS"}, {"inferoseptal", "IS"}, {"anterolateral", "AL"},
                                                              {"inferolateral", "IL"}, {"anterior", "A"}, {"inferior", "I"},      {"septal", "S"},       {"lateral", "L"}};
  for (const auto& [from, to] : words) name.replace(from, to);
  return name;
}

QString couplings_of(const ep::Attempt& attempt, const ep::Protocol& protocol) {
  if (protocol.kind == ep::ProtocolKind::burst) return QStringLiteral("%1 × %2").arg(protocol.burst_beats).arg(protocol.burst_interval_ms, 0, 'f', 0);
  if (attempt.couplings_ms.empty()) return QStringLiteral("%1 × %2").arg(protocol.s1_beats).arg(protocol.s1_interval_ms, 0, 'f', 0);
  QStringList list;
  for (double c : attempt.couplings_ms) list << QString::number(c, 'f', 0);
  return list.join(' ');
}

RunsTable::RunsTable(QWidget* parent) : QTableWidget(parent) {
  name_widget(this, "study_runs", "Runs of the study");
  setHorizontalHeader(new RunHeader(this));
  setColumnCount(4);
  verticalHeader()->hide();
  verticalHeader()->setMinimumSectionSize(row_height);
  verticalHeader()->setDefaultSectionSize(row_height);
  setItemDelegate(new RunDelegate(this));
  setShowGrid(false);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setStyleSheet("background: transparent;");
  connect(this, &QTableWidget::itemSelectionChanged, this, &RunsTable::run_chosen);
}

const ep::SiteRun* RunsTable::chosen_run() const {
  const auto rows = selectionModel()->selectedRows();
  if (rows.isEmpty() || !study_) return nullptr;
  const int run = item(rows.front().row(), 0)->data(role_run).toInt();
  return run >= 0 && run < int(study_->runs.size()) ? &study_->runs[std::size_t(run)] : nullptr;
}

void RunsTable::show_study(const StudyEntry* entry) {
  const int id = entry ? entry->id : 0;
  if (entry && id == shown_ && entry->study == study_ && entry->state != StudyEntry::State::running && entry->study && rowCount() == int(entry->study->runs.size())) return;
  const int row = id == shown_ && !selectionModel()->selectedRows().isEmpty() ? selectionModel()->selectedRows().front().row() : -1;
  shown_ = id;
  study_ = entry ? entry->study : nullptr;
  const QSignalBlocker quiet(this);
  setRowCount(0);
  if (!entry || !study_) {
    setFixedHeight(0);
    return;
  }
  const bool extra = study_->protocol.kind == ep::ProtocolKind::programmed || study_->protocol.kind == ep::ProtocolKind::window;
  const QString order = study_->protocol.kind == ep::ProtocolKind::window || study_->protocol.extrastimuli < 2 ? QStringLiteral("S2") : study_->protocol.extrastimuli > 2 ? QStringLiteral("S2 S3 S4") : QStringLiteral("S2 S3");
  setHorizontalHeaderLabels({extra ? "Site, " + order : QStringLiteral("Site"), extra ? order : QStringLiteral("Beats"), "Then", "CL, ms"});
  setColumnHidden(1, true);   // drawn under the site
  const int height = extra ? tall_row_height : row_height;
  verticalHeader()->setDefaultSectionSize(height);
  const auto add = [&](const ep::StudySite& site, int at, const QString& couplings, const QString& outcome, const QString& cycle, int tone, const QString& tip) {
    const int r = rowCount();
    insertRow(r);
    const QString cells[] = {site_short(site), couplings, outcome, cycle};
    for (int c = 0; c < 4; ++c) {
      auto* cell = new QTableWidgetItem(cells[c]);
      cell->setData(role_tone, tone);
      cell->setData(role_run, at);
      cell->setToolTip(tip);
      setItem(r, c, cell);
    }
  };
  const auto add_run = [&](int at) {
    const auto& run = study_->runs[std::size_t(at)];
    const auto* best = run.best >= 0 ? &run.attempts[std::size_t(run.best)] : nullptr;
    const double cycle = best ? best->found.cycle_length_ms : 0;
    add(run.site, at, best ? couplings_of(*best, study_->protocol) : QStringLiteral("–"), outcome_short(run), cycle > 0 ? QString::number(cycle, 'f', 0) : QStringLiteral("–"), tone_of(run),
        QString::fromStdString(run.site.name) + "\n" + outcome_words(run));
  };
  if (entry->state == StudyEntry::State::running) {   // sites in their order, those to come as such
    for (const auto& site : entry->sites) {
      const auto run = std::find_if(study_->runs.begin(), study_->runs.end(), [&](const auto& r) { return r.site.key == site.key; });
      if (run != study_->runs.end()) add_run(int(run - study_->runs.begin()));
      else add(site, -1, {}, QStringLiteral("…"), {}, tone_none, QString::fromStdString(site.name) + "\nStill to be paced");
    }
  } else {
    for (int at = 0; at < int(study_->runs.size()); ++at) add_run(at);
  }
  horizontalHeader()->setMinimumSectionSize(20);
  horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  const int widths[] = {0, 0, 78, 44};
  for (int c = 2; c < 4; ++c) {
    horizontalHeader()->setSectionResizeMode(c, QHeaderView::Fixed);
    setColumnWidth(c, widths[c]);
  }
  setFixedHeight(22 + height * std::min(rowCount(), most_rows) + 2);
  if (rowCount() > most_rows) setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  if (row >= 0 && row < rowCount()) selectRow(row);
}

}  // namespace ot::gui
