// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/inspector.hpp"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTime>
#include <QTimer>
#include <cmath>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/stages.hpp"
#include "app/present/trust.hpp"
#include "solvers/twin/results.hpp"
#include "solvers/electrophysiology/chamber.hpp"
#include "viewer/qt/bulls_eye.hpp"

namespace ot::gui {
namespace {

constexpr int row_height = 29, tall_row_height = 40, header_height = 34;
constexpr int role_key = Qt::UserRole + 1, role_tone = Qt::UserRole + 2, role_unit = Qt::UserRole + 3, role_stale = Qt::UserRole + 4, role_mode = Qt::UserRole + 5, role_missing = Qt::UserRole + 6;

QColor color_of(present::Tone tone) {
  switch (tone) {
    case present::Tone::good: return theme().good;
    case present::Tone::attention: return theme().attention;
    case present::Tone::bad: return theme().bad;
    case present::Tone::neutral: break;
  }
  return theme().text;
}

class NumberDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(mix(t.hairline, t.panel, 0.35), 1));
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    const QString text = index.data(Qt::DisplayRole).toString();
    const QRect box = option.rect.adjusted(4, 0, -6, 0);
    const bool stale = index.data(role_stale).toBool();
    if (index.column() == 0) {
      const QString unit = index.data(role_unit).toString();
      painter->setFont(ui_font(12));
      const QFontMetrics metrics(painter->font());
      const int unit_width = unit.isEmpty() ? 0 : metrics.horizontalAdvance(" " + unit) + 2;
      painter->setPen(t.text);
      if (const QString missing = index.data(role_missing).toString(); !missing.isEmpty()) {
        const QRect top(box.left(), option.rect.center().y() - 16, box.width(), 16);
        const QString name = metrics.elidedText(text, Qt::ElideRight, box.width() - unit_width);
        painter->drawText(top, Qt::AlignVCenter | Qt::AlignLeft, name);
        painter->setPen(t.hint);
        painter->drawText(top.adjusted(metrics.horizontalAdvance(name), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, " " + unit);
        painter->setFont(ui_font(10));
        painter->drawText(top.translated(0, 16), Qt::AlignVCenter | Qt::AlignLeft, QFontMetrics(painter->font()).elidedText(missing, Qt::ElideRight, box.width()));
      } else if (metrics.horizontalAdvance(text) + unit_width < box.width() - 4) {
        painter->drawText(box, Qt::AlignVCenter | Qt::AlignLeft, text);
        painter->setPen(t.hint);
        painter->drawText(box.adjusted(metrics.horizontalAdvance(text), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, " " + unit);
      } else {   // two lines; the unit moves to the end of the second
        QString first, rest = text;
        for (const QString& word : text.split(' ')) {
          const QString longer = first.isEmpty() ? word : first + " " + word;
          if (!first.isEmpty() && metrics.horizontalAdvance(longer) > box.width() - 4) break;
          first = longer;
        }
        rest = text.mid(first.size()).trimmed();
        const QRect top(box.left(), option.rect.center().y() - 16, box.width(), 16), bottom = top.translated(0, 16);
        painter->drawText(top, Qt::AlignVCenter | Qt::AlignLeft, metrics.elidedText(first, Qt::ElideRight, box.width()));
        rest = metrics.elidedText(rest, Qt::ElideRight, box.width() - unit_width);
        painter->drawText(bottom, Qt::AlignVCenter | Qt::AlignLeft, rest);
        painter->setPen(t.hint);
        painter->drawText(bottom.adjusted(metrics.horizontalAdvance(rest), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, " " + unit);
      }
    } else {
      const bool difference = index.column() == index.model()->columnCount() - 1;
      painter->setFont(ui_font(12, difference ? QFont::Normal : QFont::Medium));
      QColor color = text == QStringLiteral("–") ? t.hint : difference ? color_of(present::Tone(index.data(role_tone).toInt())) : t.text;
      if (stale) color = mix(color, t.panel, 0.5);
      painter->setPen(color);
      const QFontMetricsF metrics(painter->font());
      draw_tabular(*painter, box.right(), option.rect.center().y() + (metrics.ascent() - metrics.descent()) / 2 + 0.5, text);
    }
    painter->restore();
  }
};

class HeaderView : public QHeaderView {
 public:
  explicit HeaderView(QWidget* parent) : QHeaderView(Qt::Horizontal, parent) { setFixedHeight(header_height); }

 protected:
  void paintSection(QPainter* painter, const QRect& rect, int section) const override {
    painter->save();
    painter->setPen(theme().hairline);
    painter->drawLine(rect.bottomLeft(), rect.bottomRight());
    painter->setFont(ui_font(11, QFont::Medium));
    const QVariant color = model()->headerData(section, Qt::Horizontal, Qt::ForegroundRole);
    painter->setPen(color.isValid() ? color.value<QColor>() : theme().hint);
    // The name of the column above, the model its numbers come from below.
    const QString mode = model()->headerData(section, Qt::Horizontal, role_mode).toString();
    const QRect box = rect.adjusted(4, 0, -6, 0);
    const auto align = (section ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
    painter->drawText(mode.isEmpty() ? box : box.adjusted(0, 2, 0, -14), align, model()->headerData(section, Qt::Horizontal).toString());
    if (!mode.isEmpty()) {
      painter->setFont(ui_font(9, QFont::Medium));
      painter->setPen(mode == "FULL" ? theme().good : mode == "FAST" ? theme().attention : theme().hint);
      painter->drawText(box.adjusted(0, 17, 0, -2), align, mode);
    }
    painter->restore();
  }
};

}  // namespace

NumberTableWidget::NumberTableWidget(QWidget* parent) : QTableWidget(parent) {
  name_widget(this, "number_table", "Numbers of the plans");
  setHorizontalHeader(new HeaderView(this));
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(row_height);
  setItemDelegate(new NumberDelegate(this));
  setShowGrid(false);
  setSelectionMode(QAbstractItemView::NoSelection);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setFocusPolicy(Qt::NoFocus);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setStyleSheet("background: transparent;");
}

int NumberTableWidget::row_of(const QString& key) const {
  for (int r = 0; r < rowCount(); ++r)
    if (item(r, 0)->data(role_key).toString() == key) return r;
  return -1;
}

void NumberTableWidget::show_table(const present::NumberTable& table) {
  const int columns = int(table.columns.size());
  setColumnCount(columns + 2);
  setRowCount(int(table.rows.size()));
  auto header = [&](int column, const QString& text, const QColor& color) {
    auto* cell = new QTableWidgetItem(text);
    cell->setForeground(color);
    setHorizontalHeaderItem(column, cell);
  };
  header(0, "quantity", theme().hint);
  for (int c = 0; c < columns; ++c) {
    const auto& column = table.columns[std::size_t(c)];
    header(c + 1, column.name, plan_color(column.plan));
    horizontalHeaderItem(c + 1)->setData(role_mode, column.mode);
    horizontalHeaderItem(c + 1)->setToolTip(column.mode.isEmpty() ? "not computed yet" : column.mode + (column.stale ? ", out of date" : ""));
  }
  const auto name = [&](int c) { return table.columns[std::size_t(c)].name; };
  header(columns + 1, "Δ", theme().hint);
  if (columns > 0) {
    auto* delta = horizontalHeaderItem(columns + 1);
    delta->setToolTip(table.difference_of.isEmpty() ? QStringLiteral("One plan is shown: there is no difference.") : name(table.right) + " minus " + name(table.left) + (table.remark.isEmpty() ? QString() : ". " + table.remark));
    delta->setData(role_mode, QString(table.difference_of).remove(' '));
  }
  for (int r = 0; r < rowCount(); ++r) {
    const auto& row = table.rows[std::size_t(r)];
    const auto cell = [&](int column, const QString& text) {
      auto* i = new QTableWidgetItem(text);
      setItem(r, column, i);
      return i;
    };
    auto* first = cell(0, row.label);
    first->setData(role_key, row.key);
    first->setData(role_unit, row.unit);
    first->setToolTip(row.label + (row.unit.isEmpty() ? "" : ", " + row.unit) + (row.note.isEmpty() ? "" : "\n" + row.note) + (row.missing.isEmpty() ? QString() : "\nNot known: " + row.missing + ", before the T wave has ended."));
    first->setData(role_missing, row.missing);
    double largest = 0;
    for (const double v : row.values)
      if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
    constexpr int room = 5;   // digits that a column holds: a number with more takes the decimals of the largest in its row
    for (int c = 0; c < columns; ++c) {
      const double value = row.values[std::size_t(c)], full = row.full[std::size_t(c)];
      QString text = present::show_number(value, row.unit);
      if (text.size() > room && largest > std::abs(value)) text = present::show_number(value, row.unit, largest);
      auto* number = cell(c + 1, text);
      number->setData(role_stale, table.columns[std::size_t(c)].stale);
      if (std::isfinite(full)) number->setToolTip(QStringLiteral("FULL: %1 %2").arg(present::show_number(full, row.unit), row.unit));
      else if (!std::isfinite(value) && !row.missing.isEmpty()) number->setToolTip(row.missing);
    }
    auto* last = cell(columns + 1, table.left == table.right ? QStringLiteral("–") : present::show_difference(row.difference, row.unit, row.values[std::size_t(table.left)]));
    last->setData(role_tone, int(row.tone));
    last->setData(role_stale, columns > 0 && table.columns[std::size_t(table.right)].stale);
  }
  horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  for (int c = 1; c < columnCount(); ++c) {
    horizontalHeader()->setSectionResizeMode(c, QHeaderView::Fixed);
    setColumnWidth(c, columns >= 3 ? 44 : 50);
  }
  const QFontMetrics metrics(ui_font(12));
  const int label_width = width() - (columns + 1) * (columns >= 3 ? 44 : 50) - 10;
  for (int r = 0; r < rowCount(); ++r) {
    const auto& row = table.rows[std::size_t(r)];
    const bool tall = !row.missing.isEmpty() || metrics.horizontalAdvance(row.unit.isEmpty() ? row.label : row.label + " " + row.unit) > label_width - 4;
    setRowHeight(r, tall ? tall_row_height : row_height);
  }
  fold();
}

void NumberTableWidget::set_all(bool all) {
  all_ = all;
  fold();
}

void NumberTableWidget::fold() {
  int height = header_height + 2;
  for (int r = 0; r < rowCount(); ++r) {
    setRowHidden(r, !all_ && r >= first_rows);
    if (!isRowHidden(r)) height += rowHeight(r);
  }
  setFixedHeight(height);
}

Inspector::Inspector(Workspace& workspace, QWidget* parent) : QFrame(parent), workspace_(workspace) {
  name_widget(this, "inspector", "Inspector");
  setFixedWidth(300);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(0);
  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(12, 6, 12, 0);
  bar->setSpacing(16);
  const char* const names[] = {"Numbers", "Trust", "Notes"};
  for (int i = 0; i < 3; ++i) {
    auto* tab = make_button(names[i], QStringLiteral("tab_") + QString(names[i]).toLower(), this, "tab");
    tab->setCheckable(true);
    connect(tab, &QPushButton::clicked, this, [this, i] { choose(i); });
    tabs_ << tab;
    bar->addWidget(tab);
  }
  bar->addStretch(1);
  box->addLayout(bar);
  box->addWidget(make_rule(this));
  stack_ = new QStackedWidget(this);
  for (QWidget* page : {make_numbers(), make_trust(), make_notes()}) {
    page->setMinimumWidth(220);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(page);
    stack_->addWidget(scroll);
  }
  box->addWidget(stack_, 1);
  const auto all = [this] {
    refresh_numbers();
    refresh_sure();
    refresh_bulls_eye();
    refresh_trust();
    refresh_note();
  };
  for (auto signal : {&Workspace::case_replaced, &Workspace::plans_changed, &Workspace::results_changed, &Workspace::compare_changed, &Workspace::facts_changed})
    connect(&workspace, signal, this, all);
  connect(&workspace, &Workspace::heart_answered, this, [this] {
    refresh_numbers();
    refresh_bulls_eye();
  });
  connect(&workspace, &Workspace::display_changed, this, &Inspector::refresh_bulls_eye);
  connect(&workspace, &Workspace::vessel_changed, this, &Inspector::refresh_sure);
  connect(&workspace, &Workspace::segment_changed, bulls_eye_, &viewer::BullsEye::set_selected);
  connect(&workspace, &Workspace::selection_changed, this, &Inspector::refresh_note);
  connect(&workspace, &Workspace::message, this, [this](Tone, const QString& text) {
    log_->appendPlainText(QTime::currentTime().toString("hh:mm:ss  ") + text);
  });
  connect(&ThemeNotifier::instance(), &ThemeNotifier::changed, this, all);
  choose(0);
  all();
}

void Inspector::choose(int tab) {
  for (int i = 0; i < tabs_.size(); ++i) tabs_[i]->setChecked(i == tab);
  stack_->setCurrentIndex(tab);
}

QWidget* Inspector::make_numbers() {
  auto* page = new QWidget(this);
  auto* box = new QVBoxLayout(page);
  box->setContentsMargins(8, 4, 8, 12);
  box->setSpacing(8);
  table_ = new NumberTableWidget(page);
  table_->resize(284, 100);
  box->addWidget(table_);
  remark_ = make_label({}, "small_hint", page, true);
  remark_->setObjectName("numbers_remark");
  remark_->setContentsMargins(6, 0, 6, 0);
  box->addWidget(remark_);
  more_ = make_button("All numbers", "numbers_more", page, "link");
  more_->setCheckable(true);
  connect(more_, &QPushButton::toggled, this, [this](bool all) {
    table_->set_all(all);
    more_->setText(all ? "Fewer numbers" : "All numbers");
  });
  box->addWidget(more_);
  empty_ = make_label("Numbers appear here as soon as a model has answered.", "small", page, true);
  empty_->setContentsMargins(6, 8, 6, 0);
  box->addWidget(empty_);
  sure_card_ = make_card(page);
  name_widget(sure_card_, "sure_card", "How sure is this?");
  auto* inside = static_cast<QVBoxLayout*>(sure_card_->layout());
  inside->addWidget(make_label("How sure is this?", "strong", sure_card_));
  sure_ = new QVBoxLayout;
  sure_->setSpacing(4);
  inside->addLayout(sure_);
  box->addWidget(sure_card_);
  bulls_card_ = make_card(page);
  name_widget(bulls_card_, "bulls_eye_card", "Bull's-eye");
  auto* eye = static_cast<QVBoxLayout*>(bulls_card_->layout());
  bulls_title_ = make_label({}, "strong", bulls_card_);
  eye->addWidget(bulls_title_);
  bulls_eye_ = new viewer::BullsEye(bulls_card_);
  name_widget(bulls_eye_, "bulls_eye", "Bull's-eye of 17 segments");
  bulls_eye_->setMinimumHeight(270);
  bulls_eye_->set_show_values(true);
  bulls_eye_->set_show_scale(true);
  connect(bulls_eye_, &viewer::BullsEye::segment_clicked, &workspace_, &Workspace::set_segment);
  eye->addWidget(bulls_eye_);
  box->addWidget(bulls_card_);
  box->addStretch(1);
  return page;
}

QWidget* Inspector::make_trust() {
  auto* page = new QWidget(this);
  page->setObjectName("trust_page");
  trust_ = new QVBoxLayout(page);
  trust_->setContentsMargins(8, 12, 8, 12);
  trust_->setSpacing(12);
  return page;
}

QWidget* Inspector::make_notes() {
  auto* page = new QWidget(this);
  auto* box = new QVBoxLayout(page);
  box->setContentsMargins(12, 12, 12, 12);
  box->setSpacing(8);
  note_title_ = make_label({}, "caption", page);
  box->addWidget(note_title_);
  note_ = new QPlainTextEdit(page);
  name_widget(note_, "note_edit", "Note on the selected intervention");
  note_->setPlaceholderText("Why is it here? Saved with the plan and printed in the report.");
  note_->setFixedHeight(110);
  box->addWidget(note_);
  auto* save = new QTimer(this);
  save->setSingleShot(true);
  save->setInterval(600);
  connect(note_, &QPlainTextEdit::textChanged, save, [save] { save->start(); });
  connect(save, &QTimer::timeout, this, [this] {
    const auto* spec = workspace_.selected_spec();
    if (!spec || note_->toPlainText().toStdString() == spec->note) return;
    twin::InterventionSpec edited = *spec;
    edited.note = note_->toPlainText().toStdString();
    workspace_.update_intervention(edited);
  });
  box->addWidget(make_label("Messages", "caption", page));
  log_ = new QPlainTextEdit(page);
  name_widget(log_, "message_log", "Messages so far");
  log_->setReadOnly(true);
  log_->setMinimumHeight(160);
  box->addWidget(log_, 1);
  return page;
}

void Inspector::refresh_numbers() {
  std::vector<present::PlanResult> plans;
  const int active = workspace_.session().active_plan();
  const int left = workspace_.comparing() ? workspace_.compare_left() : 0;
  const int right = workspace_.comparing() ? workspace_.compare_right() : active;
  for (const int plan : {0, left, right, !workspace_.comparing() && workspace_.session().plan_count() == 3 ? 1 : 0,
                         !workspace_.comparing() && workspace_.session().plan_count() == 3 ? 2 : 0}) {
    bool known = false;
    for (const auto& p : plans) known = known || p.plan == plan;
    if (!known && plan < workspace_.session().plan_count()) plans.push_back(workspace_.shown_result(plan));
  }
  std::sort(plans.begin(), plans.end(), [](const auto& a, const auto& b) { return a.plan < b.plan; });
  const auto table = present::number_table(plans, left, right);
  table_->show_table(table);
  table_->setVisible(!table.rows.empty());
  remark_->setText(table.difference_of.isEmpty() || table.remark.isEmpty() ? QString() : "Δ = " + table.difference_of + ". " + table.remark);
  remark_->setVisible(!table.rows.empty() && !remark_->text().isEmpty());
  remark_->setFixedHeight(std::max(0, remark_->heightForWidth(std::max(200, table_->width()))));   // in a full column a layout takes lines from wrapped text first
  empty_->setVisible(table.rows.empty());
  more_->setVisible(table_->has_more());
}

void Inspector::refresh_sure() {
  clear_layout(sure_);
  const int plan = workspace_.comparing() ? workspace_.compare_right() : workspace_.session().active_plan();
  auto shown = workspace_.shown_result(plan);
  bool one_vessel = false;   // FULL on this vessel, the rest of the plan is FAST
  if (auto full = workspace_.vessel_full(plan, workspace_.shown_vessel())) {
    one_vessel = !shown.result || shown.result->mode != core::Mode::full;
    shown.result = std::move(full);   // as the view shows the vessel
  }
  sure_card_->setVisible(shown.result != nullptr);
  if (!shown.result) return;
  const bool full = shown.result->mode == core::Mode::full;
  auto* mode = make_label((workspace_.comparing() ? shown.name + ", " : QString()) + (one_vessel ? "FULL: the flow in this vessel only, the rest is FAST" : full ? "FULL: every equation solved on the mesh" : "FAST: an estimate until FULL has run"), full ? "good" : "attention", this, true);
  mode->setStyleSheet("font-size: 12px;");
  sure_->addWidget(mode);
  const auto fast = workspace_.session().result(plan, core::Mode::fast);
  if (full && fast && fast->electro && shown.result->electro)
    if (const auto d = twin::activation_difference(fast->electro->activation_ms, shown.result->electro->activation_ms); std::isfinite(d.median_ms)) {
      auto* fact = make_fact("FAST differs by", QStringLiteral("%1 ms, 95 %: %2 ms").arg(d.median_ms, 0, 'f', 1).arg(d.p95_ms, 0, 'f', 1), this);
      fact->setToolTip("Activation, FAST against FULL: the median difference and the one that 95 % of the places stay below");
      sure_->addWidget(fact);
    }
  if (const auto* facts = workspace_.facts()) {
    sure_->addWidget(make_fact("Worst mesh angle", QStringLiteral("%1°, %2 inverted").arg(facts->quality.min_dihedral_deg, 0, 'f', 1).arg(facts->quality.inverted), this));
    sure_->addWidget(make_fact("Mean edge", QStringLiteral("%1 mm").arg(facts->quality.mean_edge_mm, 0, 'f', 2), this));
  }
  const auto data = workspace_.data();
  if (data->twin && !data->twin->assumptions.empty()) {
    auto* more = make_button(data->twin->assumptions.size() == 1 ? QStringLiteral("1 assumption") : QStringLiteral("%1 assumptions").arg(data->twin->assumptions.size()), "open_trust", this, "link");
    connect(more, &QPushButton::clicked, this, [this] { choose(1); });
    sure_->addWidget(more);
  }
}

void Inspector::refresh_bulls_eye() {
  const auto* heart = workspace_.heart();
  const int plan = workspace_.comparing() ? workspace_.compare_right() : workspace_.session().active_plan();
  const auto shown = workspace_.shown_result(plan);
  const bool tissue = workspace_.display() == Display::tissue;
  const bool thickness = workspace_.display() == Display::thickness;
  const bool have = heart && (thickness ? workspace_.wall_thickness() != nullptr : tissue ? workspace_.facts() != nullptr : shown.result && shown.result->electro);
  bulls_card_->setVisible(have);
  if (!have) return;
  std::array<double, 17> values{};
  viewer::FieldStyle style;
  if (thickness) {
    values = present::segment_means(*heart, *workspace_.wall_thickness());
    style.palette = viewer::Palette::activation;
    style.hi = 12;
    style.title = "LV wall";
    style.unit = "mm";
    style.decimals = 1;
    bulls_title_->setText("Bull's-eye, wall thickness, mm");
  } else if (tissue) {
    values = workspace_.facts()->scar_percent;
    style.palette = viewer::Palette::wall_shear;
    style.lo = 0;
    style.hi = 100;
    style.title = "Scar";
    style.unit = "%";
    bulls_title_->setText("Bull's-eye, scar and border zone, %");
  } else {
    const bool repol = workspace_.display() == Display::repolarisation;
    const auto& field = repol ? shown.result->electro->repolarisation_ms : shown.result->electro->activation_ms;
    values = present::segment_means(*heart, field);
    // With the atria in the field, the left ventricle would be one colour of its scale.
    const bool atria = ep::is_whole_heart(*heart->baseline.mesh);
    const auto range = present::finite_range(atria ? std::vector<float>(values.begin(), values.end()) : field);
    style = viewer::activation_style(std::floor(range[0]), std::ceil(range[1]), 0);
    bulls_title_->setText(repol ? "Bull's-eye, repolarisation, ms" : "Bull's-eye, LAT, ms");
  }
  style.vision = workspace_.color_blind() ? viewer::Vision::color_blind : viewer::Vision::normal;
  bulls_eye_->set_values(values, style);
}

void Inspector::refresh_trust() {
  clear_layout(trust_);
  const int plan = workspace_.comparing() ? workspace_.compare_right() : workspace_.session().active_plan();
  for (const auto& section : present::trust_sections(workspace_.session(), plan, workspace_.facts())) {
    auto* card = make_card(this);
    auto* box = static_cast<QVBoxLayout*>(card->layout());
    box->addWidget(make_label(section.title, "strong", card));
    for (const auto& [name, value] : section.facts) box->addWidget(make_fact(name, value, card));
    for (const auto& line : section.lines) box->addWidget(make_label(line, "small", card, true));
    trust_->addWidget(card);
  }
  trust_->addStretch(1);
}

void Inspector::refresh_note() {
  const auto* spec = workspace_.selected_spec();
  note_title_->setText(spec ? ("Note on " + present::intervention_name(*spec)).toUpper() : QStringLiteral("NOTE"));
  allow(note_, spec != nullptr, "Saved with the plan", "Select an intervention to write a note on it.");
  const QString text = spec ? QString::fromStdString(spec->note) : QString();
  if (!note_->hasFocus() && note_->toPlainText() != text) note_->setPlainText(text);
}

}  // namespace ot::gui
