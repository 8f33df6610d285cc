// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/exchange/label_sheet.hpp"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"
#include "app/session/exchange.hpp"

namespace ot::gui {
namespace {

enum Column { number, theirs, volume, anatomy, columns };

// The structures of the heart table, by name; data: key.
void fill_anatomy(QComboBox* box, const QString& own_name) {
  box->addItem("Keep as \"" + own_name + "\"", "own");
  box->addItem("Leave out", "");
  box->insertSeparator(2);
  for (const auto& l : core::labels::heart()) box->addItem(QString::fromStdString(l.name), QString::fromStdString(l.key));
}

}  // namespace

LabelSheet::LabelSheet(Workspace& workspace, QWidget* window) : WorkSheet("label_sheet", "Labels of another tool", {760, 640}, window), workspace_(workspace) {
  auto* file = new QHBoxLayout;
  file_line_ = make_label("", "strong", this);
  file_line_->setObjectName("label_sheet_file");
  file->addWidget(file_line_, 1);
  auto* other = make_button("Other file", "label_sheet_other", this);
  connect(other, &QPushButton::clicked, this, &LabelSheet::choose_file);
  file->addWidget(other);
  box_->addLayout(file);
  auto* choices = new QHBoxLayout;
  choices->addWidget(make_label("Onto", "secondary", this));
  image_ = new QComboBox(this);
  name_widget(image_, "label_sheet_image", "Image that gets the labels");
  choices->addWidget(image_, 1);
  choices->addSpacing(12);
  choices->addWidget(make_label("Numbers mean", "secondary", this));
  scheme_ = new QComboBox(this);
  name_widget(scheme_, "label_sheet_scheme", "Label scheme");
  choices->addWidget(scheme_, 2);
  box_->addLayout(choices);
  scheme_notes_ = make_label("", "small", this, true);
  box_->addWidget(scheme_notes_);
  table_ = new QTableWidget(0, columns, this);
  name_widget(table_, "label_sheet_table", "What each number becomes");
  table_->setHorizontalHeaderLabels({"Number", "In the file", "Volume", "Becomes"});
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(30);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setShowGrid(false);
  table_->horizontalHeader()->setSectionResizeMode(theirs, QHeaderView::Stretch);
  table_->horizontalHeader()->setSectionResizeMode(anatomy, QHeaderView::Fixed);
  table_->setColumnWidth(number, 80);
  table_->setColumnWidth(volume, 100);
  table_->setColumnWidth(anatomy, 270);
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  box_->addWidget(table_, 1);
  placement_line_ = make_label("", "small", this, true);
  placement_line_->setObjectName("label_sheet_placement");
  box_->addWidget(placement_line_);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  apply_ = make_button("Take these labels", "label_sheet_apply", this, "primary");
  connect(apply_, &QPushButton::clicked, this, &LabelSheet::apply);
  buttons->addWidget(apply_);
  box_->addLayout(buttons);
  connect(image_, &QComboBox::activated, this, [this] { refresh_placement(); });
  connect(scheme_, &QComboBox::activated, this, &LabelSheet::choose_scheme);
  connect(&workspace, &Workspace::jobs_changed, this, [this] {
    // A cancelled reading never completes.
    const auto jobs = workspace_.session().jobs().status();
    if (job_ != 0 && std::none_of(jobs.begin(), jobs.end(), [this](const auto& j) { return j.id == job_; }) && !labels_) {
      job_ = 0;
      say("Reading was cancelled.", "attention");
    }
    if (isVisible()) refresh_apply();
  });
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    labels_.reset();
    hide();
  });
}

std::string LabelSheet::image_key() const { return image_->currentData().toString().toStdString(); }

void LabelSheet::choose_file() {
  const QString file = QFileDialog::getOpenFileName(this, "Labels of another tool", {}, "Label maps (*.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd *.dcm);;All files (*)");
  if (!file.isEmpty()) open(file.toStdString());
}

void LabelSheet::open(const std::filesystem::path& file) {
  file_ = file;
  labels_.reset();
  rows_.clear();
  table_->setRowCount(0);
  scheme_->clear();
  image_->clear();
  scheme_notes_->hide();
  placement_line_->setText({});
  for (const auto& i : workspace_.data()->images)
    if (i.volume) image_->addItem(QString::fromStdString(i.name), QString::fromStdString(i.key));
  file_line_->setText(QString::fromStdString(file.filename().string()));
  present();
  if (image_->count() == 0) {
    say("The case holds no image (labels need the scan they were drawn on). Open the scan first.", "bad");
    return refresh_apply();
  }
  say("Reading the labels ...", "secondary");
  job_ = workspace_.session().jobs().start(session::Lane::image, "foreign labels", "Reading " + file.filename().string(), [this, file](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto labels = imaging::read_foreign_labels(file, progress.part(0, 0.8));
    if (!labels && labels.error().code == core::ErrorCode::cancelled) return core::pass(labels);
    if (!labels) {   // shown here, not in the status bar: the person is looking at this sheet
      const QString why = QString::fromStdString(labels.error().message);
      return session::JobRunner::Completion([this, why] {
        job_ = 0;
        say(why, "bad");
        refresh_apply();
      });
    }
    auto shared = std::make_shared<const imaging::ForeignLabels>(std::move(*labels));
    auto proposals = imaging::propose_schemes(*shared, file);
    return session::JobRunner::Completion([this, shared, proposals] { loaded(shared, proposals); });
  });
  refresh_apply();
}

void LabelSheet::loaded(std::shared_ptr<const imaging::ForeignLabels> labels, std::vector<imaging::SchemeProposal> proposals) {
  job_ = 0;
  labels_ = std::move(labels);
  proposals_ = std::move(proposals);
  file_line_->setText(QStringLiteral("%1   ·   %2, %3 numbers").arg(QString::fromStdString(file_.filename().string()), QString::fromStdString(labels_->format)).arg(labels_->count.size()));
  fill_schemes();
  const auto decided = imaging::decide_scheme(proposals_, *labels_, file_);
  int index = 0;
  for (std::size_t i = 0; decided && i < schemes_.size(); ++i)
    if (schemes_[i].key == decided->key && schemes_[i].source == decided->source) index = int(i);
  scheme_->setCurrentIndex(index);
  choose_scheme(index);
  if (decided) say("The scheme was recognised. Check the table before taking the labels.", "secondary");
  else say("The numbers fit several schemes: choose what they mean, then check the table.", "attention");
  refresh_placement();
}

void LabelSheet::fill_schemes() {
  schemes_.clear();
  scheme_->clear();
  const auto add = [&](const imaging::LabelScheme& s, const QString& mark) {
    for (const auto& have : schemes_)
      if (have.key == s.key && have.source == s.source) return;
    schemes_.push_back(s);
    scheme_->addItem(QString::fromStdString(s.name) + mark);
  };
  for (const auto& p : proposals_) add(p.scheme, p.named_share >= 1 ? "   (fits)" : QStringLiteral("   (names %1 %)").arg(100 * p.named_share, 0, 'f', 0));
  for (const auto& s : imaging::builtin_schemes()) add(s, {});
  scheme_->addItem("A scheme file ...");
}

void LabelSheet::choose_scheme(int index) {
  if (!labels_) return;
  if (index >= int(schemes_.size())) return load_scheme_file();
  const auto& s = schemes_[std::size_t(index)];
  QStringList notes;
  for (const auto& n : s.notes) notes << QString::fromStdString(n);
  scheme_notes_->setText(notes.join(" "));
  scheme_notes_->setVisible(!notes.isEmpty());
  scheme_->setToolTip("Source: " + QString::fromStdString(s.source));
  fill_table(s);
}

void LabelSheet::load_scheme_file() {
  const QString file = QFileDialog::getOpenFileName(this, "A label scheme", {}, "Label tables (*.json *.ctbl *.txt *.label);;All files (*)");
  scheme_->setCurrentIndex(0);
  if (file.isEmpty()) return choose_scheme(0);
  auto scheme = imaging::find_scheme(file.toStdString());
  if (!scheme) return say(QString::fromStdString(scheme.error().message), "bad");
  schemes_.insert(schemes_.begin(), *scheme);
  scheme_->insertItem(0, QString::fromStdString(scheme->name));
  scheme_->setCurrentIndex(0);
  choose_scheme(0);
}

void LabelSheet::fill_table(const imaging::LabelScheme& scheme) {
  rows_ = imaging::mapping_of(*labels_, scheme);
  table_->setRowCount(0);
  table_->setRowCount(int(rows_.size()));
  for (int r = 0; r < int(rows_.size()); ++r) {
    const auto& row = rows_[std::size_t(r)];
    const QString name = QString::fromStdString(row.their_name);
    table_->setItem(r, number, new QTableWidgetItem(QString::number(row.number)));
    auto* called = new QTableWidgetItem(row.known ? name : name + "   (not in this scheme)");
    table_->setItem(r, theirs, called);
    auto* ml = new QTableWidgetItem(QStringLiteral("%1 mL").arg(double(row.voxels) * labels_->grid.voxel_volume() / 1000, 0, 'f', 1));
    ml->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    table_->setItem(r, volume, ml);
    auto* box = new QComboBox(table_);
    name_widget(box, QStringLiteral("label_sheet_row_%1").arg(row.number), "What " + name + " becomes");
    fill_anatomy(box, name);
    const int at = box->findData(QString::fromStdString(row.key));
    box->setCurrentIndex(at >= 0 ? at : 0);
    const std::string own = imaging::heart_label(row.key) ? imaging::own_key(row.their_name) : row.key;
    connect(box, &QComboBox::currentIndexChanged, this, [this, r, box, own] {
      const QString key = box->currentData().toString();
      rows_[std::size_t(r)].key = key == "own" ? own : key.toStdString();
      rows_[std::size_t(r)].known = true;   // a person said so
      refresh_apply();
    });
    table_->setCellWidget(r, anatomy, box);
  }
  refresh_apply();
}

void LabelSheet::refresh_placement() {
  if (!labels_) return;
  for (const auto& i : workspace_.data()->images)
    if (i.key == image_key() && i.volume) placement_ = imaging::place(*labels_, i.volume->grid);
  placement_line_->setText(QString::fromStdString(placement_.sentence));
  set_role(placement_line_, placement_.outside_share > 0.5 ? "bad" : placement_.outside_share > 0.01 ? "attention" : "secondary");
  refresh_apply();
}

void LabelSheet::refresh_apply() {
  QString why;
  if (job_ != 0) why = "The file is still being read.";
  else if (!labels_) why = "There are no labels to take.";
  else if (placement_.outside_share > 0.5) why = "Most of the labels lie outside the image: they belong to another scan.";
  else if (std::all_of(rows_.begin(), rows_.end(), [](const auto& r) { return r.key.empty(); })) why = "Every row says \"Leave out\".";
  else if (workspace_.session().image_busy(image_key())) why = "Another job is changing this image. Wait for it or cancel it below.";
  allow(apply_, why.isEmpty(), "Replaces the labels of the image: one undo step.", why);
}

void LabelSheet::apply() {
  const auto labels = labels_;
  const auto rows = rows_;
  const std::string file = file_.filename().string(), scheme = scheme_->currentIndex() < int(schemes_.size()) && scheme_->currentIndex() >= 0 ? schemes_[std::size_t(scheme_->currentIndex())].key : "";
  workspace_.session().run_image_job(image_key(), "Placing the labels of " + file, "labels from " + file, [labels, rows, file, scheme](const session::ImageData& image, const core::Progress& progress) -> core::Result<std::function<void(session::ImageData&)>> {
    if (!image.volume) return core::bad_input("The image has no voxels. Open the scan again.");
    auto taken = imaging::bring_labels(*labels, rows, image.volume->grid, progress);
    if (!taken) return core::pass(taken);
    auto shared = std::make_shared<const imaging::TakenLabels>(std::move(*taken));
    const std::string source = file + " (" + labels->format + "), scheme " + scheme + ", table checked by a person";
    return std::function<void(session::ImageData&)>([shared, source](session::ImageData& i) { session::put_labels(i, *shared, source); });
  });
  hide();
}

}  // namespace ot::gui
