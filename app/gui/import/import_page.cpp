// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/import/import_page.hpp"

#include <QComboBox>
#include <QFontMetrics>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QProgressBar>
#include <QScrollArea>
#include <QTimer>
#include <QToolButton>
#include <algorithm>

#include "app/gui/import/reading_list.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/turn_queue.hpp"
#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"
#include "app/present/stages.hpp"
#include "app/session/join_image.hpp"
#include "app/session/preview.hpp"

namespace ot::gui {
namespace {

constexpr int side_width = 320, narrow = 820;   // below this width the details lie under the list
constexpr std::size_t most_pictures = 200;      // previews: a second of reading

// Scanning and importing run on the quick lane: they must not wait behind a FULL run of the case that is about to be replaced.
// A paragraph with a mark in front, in the colour of its weight.
QWidget* remark(const QString& icon_name, const QColor& color, const QString& text, QWidget* parent) {
  auto* row = new QWidget(parent);
  auto* box = new QHBoxLayout(row);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(8);
  auto* mark = new QLabel(row);
  mark->setPixmap(icon_pixmap(icon_name, color, 16, parent->devicePixelRatioF()));
  box->addWidget(mark, 0, Qt::AlignTop);
  auto* words = make_label(text, "small", row, true);
  words->setTextFormat(Qt::PlainText);   // file names may look like markup
  box->addWidget(words, 1);
  return row;
}

}  // namespace

ImportPage::ImportPage(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "import_page", "Import a scan");
  setFocusPolicy(Qt::StrongFocus);
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(20, 14, 16, 16);
  box->setSpacing(10);
  auto* head = new QHBoxLayout;
  head->setSpacing(10);
  head->addWidget(make_label("Import a scan", "title", this));
  where_ = make_label({}, "hint", this);
  where_->setObjectName("import_where");
  where_->setMinimumWidth(40);
  head->addWidget(where_, 1);
  auto* close = make_icon_button("close", "import_close", "Leave without importing (Esc)", this);
  connect(close, &QToolButton::clicked, this, &ImportPage::leave);
  head->addWidget(close);
  box->addLayout(head);

  progress_ = new QWidget(this);
  auto* progress = new QHBoxLayout(progress_);
  progress->setContentsMargins(0, 0, 0, 0);
  progress->setSpacing(10);
  doing_ = make_label({}, "small", progress_);
  doing_->setObjectName("import_doing");
  bar_ = new QProgressBar(progress_);
  name_widget(bar_, "import_progress", "Progress of the import");
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  auto* cancel = make_button("Cancel", "import_cancel", progress_);
  connect(cancel, &QPushButton::clicked, this, [this] {
    workspace_.session().jobs().cancel(job_);
    give_up("");
  });
  progress->addWidget(doing_);
  progress->addWidget(bar_, 1);
  progress->addWidget(cancel);
  box->addWidget(progress_);

  problem_ = make_label({}, "bad", this, true);
  problem_->setObjectName("import_problem");
  problem_->setTextFormat(Qt::PlainText);
  problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  box->addWidget(problem_);

  columns_ = new QBoxLayout(QBoxLayout::LeftToRight);
  columns_->setSpacing(16);
  box->addLayout(columns_, 1);
  list_ = new ReadingList(this);
  columns_->addWidget(list_, 1);
  auto* right = new QWidget(this);
  auto* column = new QVBoxLayout(right);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  side_ = new QScrollArea(right);
  side_->setWidgetResizable(true);
  side_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* inside = new QWidget(side_);
  details_ = new QVBoxLayout(inside);
  details_->setContentsMargins(0, 0, 10, 0);
  details_->setSpacing(7);
  side_->setWidget(inside);
  column->addWidget(side_, 1);
  column->addWidget(make_rule(right));
  column->addWidget(make_label("Resolution", "caption", right));
  resolution_ = new QComboBox(right);
  name_widget(resolution_, "import_resolution", "Resolution of the imported image");
  column->addWidget(resolution_);
  memory_ = make_label({}, "small", right, true);
  memory_->setObjectName("import_memory");
  column->addWidget(memory_);
  import_ = make_button("Import", "import_start", right, "primary");
  column->addWidget(import_);
  join_ = make_button("Add to the open case", "import_join", right);
  join_->hide();
  column->addWidget(join_);
  right->setObjectName("import_side");
  columns_->addWidget(right);

  connect(list_, &QListWidget::currentRowChanged, this, [this] {
    show_details();
    refresh_resolution();
  });
  connect(list_, &QListWidget::itemDoubleClicked, this, [this] {
    if (import_->isEnabled()) start_import(false);
  });
  connect(resolution_, &QComboBox::currentIndexChanged, this, &ImportPage::refresh_memory);
  connect(import_, &QPushButton::clicked, this, [this] { start_import(false); });
  connect(join_, &QPushButton::clicked, this, [this] { start_import(true); });
  connect(&workspace_, &Workspace::jobs_changed, this, &ImportPage::refresh_job);
  hide();
}

void ImportPage::open(const std::filesystem::path& path) {
  auto& jobs = workspace_.session().jobs();
  if (job_) jobs.cancel(job_);
  path_ = path;
  scan_.reset();
  importing_ = false;
  list_->clear();
  problem_->clear();
  show_details();
  refresh_resolution();
  where_->setToolTip(QString::fromStdString(path.string()));
  job_ = jobs.start(session::Lane::quick, "import scan", "Looking at the scan", [this, path](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto scan = session::scan_for_import(path, progress);
    if (!scan && scan.error().code == core::ErrorCode::cancelled) return core::pass(scan);
    if (!scan) return session::JobRunner::Completion([this, text = QString::fromStdString(scan.error().message)] { show_problem(text); });
    auto shared = std::make_shared<const session::ImportScan>(std::move(*scan));
    return session::JobRunner::Completion([this, shared] { show_scan(shared); });
  });
  show();
  setFocus();
  emit opened();
  refresh_job();
  resizeEvent(nullptr);
}

void ImportPage::show_problem(const QString& text) {
  job_ = 0;
  problem_->setText(text);
  setAccessibleDescription(text);
  refresh_job();
  show_details();
}

void ImportPage::show_scan(std::shared_ptr<const session::ImportScan> scan) {
  job_ = 0;
  problem_->clear();
  scan_ = std::move(scan);
  list_->set_readings(scan_->readings);
  if (!scan_->recommended()) problem_->setText("Nothing here can be imported as a volume. The reasons stand with each series.");
  list_->setFocus();
  refresh_job();
  show_details();
  refresh_resolution();
  load_pictures();
}

void ImportPage::load_pictures() {
  pictures_job_ = workspace_.session().jobs().start(session::Lane::quick, "import pictures", "Previews of the scan", [this, scan = scan_](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto pictures = std::make_shared<std::vector<imaging::Thumbnail>>(scan->readings.size());
    for (std::size_t i = 0; i < std::min(most_pictures, scan->readings.size()); ++i) {
      if (progress.cancelled()) return core::cancelled();
      progress.report(double(i) / double(scan->readings.size()), "previews");
      if (auto picture = session::preview(*scan, scan->readings[i], 120, progress)) (*pictures)[i] = std::move(*picture);
    }
    return session::JobRunner::Completion([this, scan, pictures] {
      if (scan != scan_) return;
      for (std::size_t i = 0; i < pictures->size(); ++i) list_->set_picture(int(i), (*pictures)[i]);
    });
  });
}

const session::ImportReading* ImportPage::chosen() const {
  const int row = list_->currentRow();
  return scan_ && row >= 0 && row < int(scan_->readings.size()) ? &scan_->readings[std::size_t(row)] : nullptr;
}

void ImportPage::show_details() {
  clear_layout(details_);
  const Theme& t = theme();
  QWidget* parent = side_->widget();
  const auto caption = [&](const QString& text) {
    auto* label = make_label(text, "caption", parent);
    label->setContentsMargins(0, 6, 0, 0);
    details_->addWidget(label);
  };
  if (const auto* r = chosen()) {
    details_->addWidget(make_label(QString::fromStdString(r->name), "strong", parent, true));
    const QColor color = r->state == imaging::ReadingState::good ? t.good : r->state == imaging::ReadingState::caution ? t.attention : t.bad;
    const QString mark = r->state == imaging::ReadingState::good ? "confirm" : r->state == imaging::ReadingState::caution ? "warning" : "stop";
    auto* verdict = remark(mark, color, QString::fromStdString(r->verdict), parent);
    verdict->setObjectName("import_verdict");
    verdict->setAccessibleDescription(QString::fromStdString(r->verdict));
    details_->addWidget(verdict);
    for (const auto& w : r->warnings) details_->addWidget(remark("warning", t.attention, QString::fromStdString(w), parent));
    for (const auto& n : r->notes) details_->addWidget(remark("info", t.hint, QString::fromStdString(n), parent));
    if (r->state != imaging::ReadingState::refused) {
      caption("Image");
      details_->addWidget(make_fact("Voxels", size_words(r->grid, 1), parent));
      details_->addWidget(make_fact("Spacing", spacing_words(r->grid), parent));
      if (r->phases > 1) details_->addWidget(make_fact("Phases", QString::number(r->phases), parent));
      details_->addWidget(make_fact("Files", QString::number(r->files), parent));
    }
  }
  if (scan_) {
    caption("Identity");
    details_->addWidget(make_label("Left out on import: names, ids, free text, private elements, file names. Dates are shifted, UIDs replaced. Age, sex and scan settings are kept. "
                                   "The names above are shown from the files and are not saved.", "small", parent, true));
    if (!scan_->quarantine.empty()) {
      caption(QStringLiteral("Left out (%1)").arg(scan_->quarantine.size()));
      std::size_t shown = 0;
      for (const auto& q : scan_->quarantine) {
        if (++shown > 40) {
          details_->addWidget(make_label(QStringLiteral("and %1 more").arg(scan_->quarantine.size() - 40), "small_hint", parent));
          break;
        }
        auto* row = remark("stop", t.bad, QString::fromStdString(q.path.filename().string()) + ": " + QString::fromStdString(q.reason), parent);
        row->setToolTip(QString::fromStdString(q.path.string()));
        details_->addWidget(row);
      }
    }
    for (const auto& n : scan_->notes) details_->addWidget(remark("info", t.hint, QString::fromStdString(n), parent));
  }
  details_->addStretch(1);
}

session::Resolution ImportPage::resolution() const {
  const double mm = resolution_->currentData().toDouble();
  if (mm == 0) return {};
  if (mm < 0) return {session::Resolution::Kind::half, 0};
  return {session::Resolution::Kind::millimetres, mm};
}

void ImportPage::refresh_resolution() {
  const auto* r = chosen();
  resolution_->blockSignals(true);
  resolution_->clear();
  if (r && r->state != imaging::ReadingState::refused) {
    const auto fit = session::fitting_resolution(*r);
    core::Grid last;
    int at = 0;
    for (const double mm : {0.0, -1.0, 1.0, 1.5, 2.0, 3.0, 4.0}) {
      const session::Resolution choice = mm == 0 ? session::Resolution{} : mm < 0 ? session::Resolution{session::Resolution::Kind::half, 0} : session::Resolution{session::Resolution::Kind::millimetres, mm};
      const core::Grid grid = imaging::reduced_grid(r->grid, session::reduction_of(*r, choice));
      if (mm != 0 && (grid.size == last.size || grid.size == r->grid.size)) continue;
      last = grid;
      const QString name = mm == 0 ? "Full" : mm < 0 ? "Half" : QStringLiteral("About %1 mm").arg(mm);
      resolution_->addItem(QStringLiteral("%1: %2, %3").arg(name, spacing_words(grid), memory_words(double(session::memory_need(*r, choice).image_bytes))), mm);
      if (choice.kind == fit.kind && choice.mm == fit.mm) at = resolution_->count() - 1;
    }
    resolution_->setCurrentIndex(at);
  }
  resolution_->blockSignals(false);
  refresh_memory();
}

void ImportPage::refresh_memory() {
  const auto* r = chosen();
  const bool usable = r && r->state != imaging::ReadingState::refused;
  resolution_->setEnabled(usable && resolution_->count() > 1);
  resolution_->setToolTip(usable ? "Lower resolution averages boxes of voxels" : "Choose a reading that can be imported");
  if (usable) {
    const double need = double(session::memory_need(*r, resolution()).work_bytes), have = double(session::free_memory());
    memory_->setText(QStringLiteral("Needs about %1 of memory with everything that follows; this machine can give %2.%3")
                         .arg(memory_words(need), memory_words(have), need > have ? " Choose a lower resolution." : ""));
    set_role(memory_, need > have ? "attention" : "small");
  } else {
    memory_->clear();
  }
  allow(import_, usable && !working(), "Bring this image into a new case; nothing is segmented yet",
        working() ? "Something is being read: see above." : r ? "This reading cannot be imported: " + QString::fromStdString(r->verdict) : "Nothing is chosen.");
  const auto data = workspace_.data();
  if (join_->isHidden() == !data->images.empty()) join_->setVisible(!data->images.empty());
  if (!join_->isHidden()) allow(join_, usable && !working() && !data->patient.built_in, "One more image of the open case, such as late enhancement beside cine: aligned by patient coordinates, refused when the frames of reference differ. Undo begins anew.",
        data->patient.built_in ? "The teaching case takes no image of a patient. Import it into a new case." : "Nothing that can be imported is chosen.");
  import_->setText(usable && r->phases > 1 ? QStringLiteral("Import %1 phases").arg(r->phases) : "Import");
}

void ImportPage::refresh_job() {
  if (!isVisible()) return;
  const session::JobStatus* mine = nullptr;
  const auto jobs = workspace_.session().jobs().status();
  for (const auto& j : jobs)
    if (j.id == job_) mine = &j;
  if (job_ && mine && mine->state == session::JobState::failed) {
    const QString why = QString::fromStdString(mine->error);
    workspace_.session().jobs().dismiss(job_);
    give_up(why);
    return;
  }
  // Gone without a completion: cancelled from the status bar. A job that has just ended is gone too, until its completion runs.
  if (job_ && !mine)
    QTimer::singleShot(250, this, [this, id = job_] {
      if (job_ == id) give_up("");
    });
  progress_->setVisible(job_ != 0);
  problem_->setVisible(!problem_->text().isEmpty());
  list_->setEnabled(!importing_);
  if (mine && job_) {
    in_own_turn(this, 1, [this, value = int(mine->fraction * 1000)] { bar_->setValue(value); });   // it paints at once: see StatusBar
    const QString what = QString::fromStdString(mine->what);
    doing_->setText(mine->state == session::JobState::waiting ? "Waiting for another job to end" : what.isEmpty() ? QString::fromStdString(mine->title) : what);
  }
  refresh_memory();
}

// Nothing is under way any more; without a reason it was cancelled.
void ImportPage::give_up(const QString& why) {
  job_ = 0;
  importing_ = false;
  problem_->setText(!why.isEmpty() ? why : scan_ ? "Cancelled: nothing was imported." : "Cancelled. Drop the folder again, or leave.");
  refresh_job();
}

void ImportPage::start_import(bool join) {
  const auto* r = chosen();
  if (!r || working()) return;
  problem_->clear();
  importing_ = true;
  auto& jobs = workspace_.session().jobs();
  if (pictures_job_) jobs.cancel(pictures_job_);
  session::ImportParams params;
  params.resolution = resolution();
  const int row = list_->currentRow();
  if (join) return start_join(row);
  job_ = jobs.start(session::Lane::quick, "import", "Importing the scan", [this, scan = scan_, row, params](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto made = session::import_reading(*scan, scan->readings[std::size_t(row)], params, progress);
    if (!made && made.error().code == core::ErrorCode::cancelled) return core::pass(made);
    if (!made)
      return session::JobRunner::Completion([this, text = QString::fromStdString(made.error().message)] {
        importing_ = false;
        show_problem(text);
      });
    auto data = std::make_shared<session::CaseData>(std::move(*made));
    return session::JobRunner::Completion([this, data] {
      job_ = 0;
      importing_ = false;
      scan_.reset();   // names from the headers are forgotten here
      list_->clear();
      leave();
      const QString what = QString::fromStdString(data->patient.series);
      workspace_.session().replace(std::move(*data), {});
      in_own_turn(this, 0, [this, what] {
        workspace_.request_stage(present::stage_anatomy);
        workspace_.say(Tone::good, "Imported without identity: " + what + ". Next: look at the slices and run a recipe in Anatomy. Not saved yet (Ctrl+S).");
      });
    });
  });
  refresh_job();
}

// The image is read and checked against the case as it is now, and put into the case as it is then: what was edited meanwhile stays.
void ImportPage::start_join(int row) {
  session::JoinParams params;
  params.resolution = resolution();
  job_ = workspace_.session().jobs().start(session::Lane::quick, "import", "Adding the scan to the case", [this, scan = scan_, row, params, before = workspace_.data()](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto joined = std::make_shared<session::CaseData>(*before);
    const auto ok = session::join_reading(*joined, *scan, scan->readings[std::size_t(row)], params, progress);
    if (!ok && ok.error().code == core::ErrorCode::cancelled) return core::pass(ok);
    if (!ok)
      return session::JobRunner::Completion([this, text = QString::fromStdString(ok.error().message)] {
        importing_ = false;
        show_problem(text);
      });
    return session::JobRunner::Completion([this, before, joined] {
      job_ = 0;
      importing_ = false;
      auto& session = workspace_.session();
      auto now = *workspace_.data();
      if (now.images.size() != before->images.size() || now.patient.id != before->patient.id) return show_problem("The case was replaced meanwhile (the scan was checked against another one). Add it again.");
      scan_.reset();
      list_->clear();
      leave();
      now.images.push_back(joined->images.back());
      now.stages.push_back(joined->stages.back());
      const QString what = QString::fromStdString(now.images.back().name), how = QString::fromStdString(now.images.back().source.notes.front());
      const auto folder = session.folder();
      session.replace(std::move(now), folder);
      if (!folder.empty())
        if (const auto saved = session.save_as(folder); !saved) session.set_message(saved.error().message);
      workspace_.request_stage(present::stage_anatomy);
      workspace_.say(Tone::good, "Added to the case: " + what + ". " + how);
    });
  });
  refresh_job();
}

void ImportPage::leave() {
  auto& jobs = workspace_.session().jobs();
  if (job_) jobs.cancel(job_);
  if (pictures_job_) jobs.cancel(pictures_job_);
  job_ = pictures_job_ = 0;
  importing_ = false;
  hide();
  emit closed();
}

void ImportPage::resizeEvent(QResizeEvent*) {
  auto* right = findChild<QWidget*>("import_side");
  const bool stacked = width() < narrow;
  columns_->setDirection(stacked ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  right->setMinimumWidth(stacked ? 0 : side_width);
  right->setMaximumWidth(stacked ? QWIDGETSIZE_MAX : side_width);
  right->setMinimumHeight(stacked ? height() * 11 / 20 : 0);   // the list keeps at least two rows
  right->setMaximumHeight(stacked ? std::max(230, height() * 11 / 20) : QWIDGETSIZE_MAX);
  where_->setText(QFontMetrics(where_->font()).elidedText(QString::fromStdString(path_.string()), Qt::ElideMiddle, std::max(60, width() - 220)));
}

void ImportPage::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) leave();
  else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && import_->isEnabled()) start_import(false);
  else QWidget::keyPressEvent(event);
}

}  // namespace ot::gui
