// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/command_search.hpp"

#include <QGraphicsDropShadowEffect>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/actions.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"

namespace ot::gui {
namespace {

constexpr int role_key = Qt::UserRole + 1, role_group = Qt::UserRole + 2, role_why = Qt::UserRole + 3, role_index = Qt::UserRole + 4;

class CommandDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {200, 34}; }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QString why = index.data(role_why).toString();
    if (option.state & QStyle::State_Selected) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(t.selected);
      painter->drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6);
    }
    const QRect box = option.rect.adjusted(12, 0, -12, 0);
    painter->setFont(ui_font(13));
    painter->setPen(why.isEmpty() ? t.text : t.hint);
    painter->drawText(box, Qt::AlignVCenter | Qt::AlignLeft, index.data(Qt::DisplayRole).toString());
    const int used = QFontMetrics(painter->font()).horizontalAdvance(index.data(Qt::DisplayRole).toString());
    painter->setFont(ui_font(12));
    painter->setPen(t.hint);
    painter->drawText(box.adjusted(used + 12, 0, -90, 0), Qt::AlignVCenter | Qt::AlignLeft,
                      QFontMetrics(painter->font()).elidedText(why.isEmpty() ? index.data(role_group).toString() : why, Qt::ElideRight,
                                                               box.width() - used - 104));
    painter->setPen(t.secondary);
    painter->drawText(box, Qt::AlignVCenter | Qt::AlignRight, index.data(role_key).toString());
    painter->restore();
  }
};

}  // namespace

namespace {

// What clinicians say, and the word that the commands use. Three letters of the first are enough.
struct Synonym {
  const char *said, *word;
};
constexpr Synonym synonyms[] = {{"ablation", "lesion"}, {"ablate", "lesion"},     {"burn", "lesion"},       {"cautery", "lesion"}, {"radiofrequency", "lesion"}, {"pvi", "ring"},       {"isolation", "ring"},
                                {"ffr", "flow"},        {"pullback", "flow"},     {"pressure", "flow"},     {"pci", "stent"},      {"scaffold", "stent"},       {"ptca", "balloon"},   {"angioplasty", "balloon"},
                                {"cabg", "bypass"},     {"graft", "bypass"},      {"medication", "drug"},   {"medicine", "drug"},  {"dose", "drug"},            {"narrowing", "stenosis"}, {"stimulate", "pacing"},
                                {"stimulation", "pacing"}, {"electrocardiogram", "ecg"}, {"egm", "electrogram"}, {"settings", "theme"}, {"print", "report"},      {"pdf", "report"},     {"simulate", "full model"}};

int word_score(const QString& command, const QString& word) {
  const qsizetype at = command.indexOf(word, 0, Qt::CaseInsensitive);
  return at < 0 ? 0 : at == 0 ? 20 : command[at - 1] == ' ' ? 10 : 2;
}

}  // namespace

int match_score(const QString& command, const QString& typed) {
  constexpr qsizetype enough = 3;
  int score = 1;
  for (const QString& word : typed.split(' ', Qt::SkipEmptyParts)) {
    int best = word_score(command, word);
    for (const Synonym& s : synonyms)
      if (best == 0 && word.size() >= enough && QString(s.said).startsWith(word, Qt::CaseInsensitive)) best = word_score(command, s.word);
    if (best == 0) return 0;
    score += best;
  }
  return score;
}

CommandSearch::CommandSearch(Actions& actions, QWidget* parent) : QFrame(parent), actions_(actions) {
  name_widget(this, "command_search", "Command search");
  setProperty("role", "card");
  auto* shadow = new QGraphicsDropShadowEffect(this);
  shadow->setBlurRadius(40);
  shadow->setOffset(0, 8);
  shadow->setColor(QColor(0, 0, 0, 150));
  setGraphicsEffect(shadow);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(10, 10, 10, 10);
  box->setSpacing(8);
  edit_ = new QLineEdit(this);
  name_widget(edit_, "command_search_edit", "Type a command");
  edit_->setPlaceholderText("Type what you want to do");
  edit_->installEventFilter(this);
  list_ = new QListWidget(this);
  name_widget(list_, "command_search_list", "Commands");
  list_->setItemDelegate(new CommandDelegate(list_));
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setUniformItemSizes(true);
  box->addWidget(edit_);
  box->addWidget(list_);
  connect(edit_, &QLineEdit::textChanged, this, &CommandSearch::filter);
  connect(edit_, &QLineEdit::returnPressed, this, &CommandSearch::run_current);
  connect(list_, &QListWidget::itemClicked, this, &CommandSearch::run_current);
  hide();
}

void CommandSearch::open() {
  const int width = std::min(560, parentWidget()->width() - 80);
  setGeometry((parentWidget()->width() - width) / 2, 52, width, 420);
  edit_->clear();
  filter({});
  show();
  raise();
  edit_->setFocus();
}

void CommandSearch::filter(const QString& text) {
  list_->clear();
  QVector<QPair<int, int>> hits;   // score, index
  const auto& all = actions_.all();
  for (int i = 0; i < all.size(); ++i)
    if (const int score = match_score(all[i]->text() + " " + all[i]->property("group").toString(), text)) hits.push_back({score, i});
  std::stable_sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [score, i] : hits) {
    auto* item = new QListWidgetItem(all[i]->text(), list_);
    item->setData(role_key, all[i]->shortcut().toString(QKeySequence::NativeText));
    item->setData(role_group, all[i]->property("group"));
    item->setData(role_why, all[i]->isEnabled() ? QString() : all[i]->property("why_not").toString());
    item->setData(role_index, i);
  }
  if (hits.isEmpty()) {
    auto* none = new QListWidgetItem("Nothing is called that", list_);
    none->setFlags(Qt::NoItemFlags);
    none->setData(role_why, "Try another word, for example lesion, stent, drug, study, report");
    none->setData(role_index, -1);
  }
  list_->setCurrentRow(0);
}

void CommandSearch::run_current() {
  const QListWidgetItem* item = list_->currentItem();
  if (!item || item->data(role_index).toInt() < 0) return;
  QAction* action = actions_.all()[item->data(role_index).toInt()];
  if (!action->isEnabled()) return;
  hide();
  action->trigger();
}

bool CommandSearch::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Escape) {
      hide();
      return true;
    }
    if (key->key() == Qt::Key_Down || key->key() == Qt::Key_Up) {
      const int row = list_->currentRow() + (key->key() == Qt::Key_Down ? 1 : -1);
      list_->setCurrentRow(std::clamp(row, 0, std::max(0, list_->count() - 1)));
      return true;
    }
  }
  if (event->type() == QEvent::FocusOut && isVisible()) hide();
  return QFrame::eventFilter(watched, event);
}

}  // namespace ot::gui
