// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/exchange/export_sheet.hpp"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLineEdit>
#include <QRegularExpression>
#include <QVBoxLayout>

#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"
#include "app/session/exchange.hpp"

namespace ot::gui {

ExportSheet::ExportSheet(Workspace& workspace, QWidget* window) : WorkSheet("export_sheet", "Export", {600, 330}, window), workspace_(workspace) {
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(8);
  grid->setColumnStretch(1, 1);
  const auto row = [&](int r, const QString& caption, QWidget* widget) {
    auto* label = make_label(caption, "secondary", this);
    grid->addWidget(label, r, 0);
    grid->addWidget(widget, r, 1);
    return label;
  };
  what_ = new QComboBox(this);
  name_widget(what_, "export_what", "What to export");
  for (const auto& k : session::export_kinds()) what_->addItem(QString::fromStdString(k.name), QString::fromStdString(k.what));
  row(0, "What", what_);
  which_ = new QComboBox(this);
  name_widget(which_, "export_which", "Which image, vessel or plan");
  which_caption_ = row(1, "Of", which_);
  format_ = new QComboBox(this);
  name_widget(format_, "export_format", "File format");
  row(2, "Format", format_);
  auto* place = new QWidget(this);
  auto* line = new QHBoxLayout(place);
  line->setContentsMargins(0, 0, 0, 0);
  path_ = new QLineEdit(this);
  name_widget(path_, "export_path", "File");
  line->addWidget(path_, 1);
  auto* other = make_button("Choose", "export_browse", this);
  connect(other, &QPushButton::clicked, this, &ExportSheet::browse);
  line->addWidget(other);
  row(3, "File", place);
  box_->addLayout(grid);
  summary_ = make_label("", "small", this, true);
  box_->addWidget(summary_);
  box_->addStretch(1);
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(make_label("No name, date of birth or number of the patient is written.", "hint", this), 1);
  write_ = make_button("Export", "export_write", this, "primary");
  connect(write_, &QPushButton::clicked, this, &ExportSheet::write);
  buttons->addWidget(write_);
  box_->addLayout(buttons);
  connect(what_, &QComboBox::currentIndexChanged, this, &ExportSheet::refresh_formats);
  connect(format_, &QComboBox::currentIndexChanged, this, &ExportSheet::fit_ending);
  connect(path_, &QLineEdit::textChanged, this, &ExportSheet::refresh);
  for (auto signal : {&Workspace::case_replaced, &Workspace::jobs_changed, &Workspace::model_changed})
    connect(&workspace, signal, this, [this] {
      if (isVisible()) refresh();
    });
}

void ExportSheet::open(const QString& what) {
  say({}, "small");
  if (const int at = what_->findData(what); at >= 0) what_->setCurrentIndex(at);
  if (path_->text().isEmpty()) path_->setText(QDir::homePath() + "/" + what_->currentData().toString());
  refresh_formats();
  present();
}

void ExportSheet::refresh_formats() {
  const auto& kind = session::export_kinds()[std::size_t(std::max(0, what_->currentIndex()))];
  const auto data = workspace_.data();
  const bool images = kind.what == "labels" || kind.what == "volume" || kind.what == "surfaces", vessels = kind.what.rfind("lumen", 0) == 0, plans = session::exports_a_run(kind.what);
  which_->clear();
  if (kind.what == "surfaces") which_->addItem("all images", "");
  for (const auto& i : data->images)
    if (images && i.volume && (kind.what != "labels" || i.labels)) which_->addItem(QString::fromStdString(i.name), QString::fromStdString(i.key));
  for (const auto& v : data->vessel_meshes)
    if (vessels) which_->addItem(QString::fromStdString(v.name), QString::fromStdString(v.key));
  for (int p = 0; plans && p < int(data->plans.size()); ++p) {
    const auto& plan = data->plans[std::size_t(p)];
    which_->addItem(QString::fromStdString(plan.title.empty() ? plan.name : plan.name + "  " + plan.title), QString::fromStdString(plan.name));
    if (p == workspace_.session().active_plan()) which_->setCurrentIndex(p);
  }
  which_->setVisible(images || vessels || plans);
  which_caption_->setVisible(images || vessels || plans);
  const QSignalBlocker quiet(format_);
  format_->clear();
  for (const auto& [ending, name] : kind.formats) format_->addItem(QString::fromStdString(name + "   " + ending), QString::fromStdString(ending));
  if (kind.what.ends_with("mesh") || kind.what == "fibres" || kind.what == "lumen" || kind.what == "surfaces") format_->addItem("Gmsh 2.2   .msh", ".msh 2.2");
  summary_->setText(QString::fromStdString(kind.summary) + ".");
  // The name follows when it is one of ours.
  const QFileInfo file(path_->text());
  for (const auto& k : session::export_kinds())
    if (file.fileName().section('.', 0, 0) == QString::fromStdString(k.what)) path_->setText(file.path() + "/" + QString::fromStdString(kind.what));
  fit_ending();
}

void ExportSheet::fit_ending() {
  const QString ending = format_->currentData().toString().section(' ', 0, 0);
  QString path = path_->text();
  for (const auto& k : session::export_kinds())
    for (const auto& [known, name] : k.formats)
      if (path.endsWith(QString::fromStdString(known))) {
        path.chop(int(known.size()));
        break;
      }
  if (!path.isEmpty()) path_->setText(path + ending);
  refresh();
}

void ExportSheet::browse() {
  const QString file = QFileDialog::getSaveFileName(this, "Export to", path_->text());
  if (file.isEmpty()) return;
  path_->setText(file);
  fit_ending();
}

void ExportSheet::refresh() {
  const std::string what = what_->currentData().toString().toStdString();
  QString why = QString::fromStdString(session::why_no_export(*workspace_.data(), what));
  if (why.isEmpty() && path_->text().trimmed().isEmpty()) why = "Name a file.";
  if (why.isEmpty() && !QFileInfo(QFileInfo(path_->text()).path()).isDir()) why = "That folder does not exist.";
  if (why.isEmpty() && job_ != 0) why = "An export is under way.";
  allow(write_, why.isEmpty(), QFileInfo::exists(path_->text()) ? "Replaces the file that is there." : "Writes the file.", why);
  if (job_ == 0 && !session::why_no_export(*workspace_.data(), what).empty()) say(why, "attention");
  else if (job_ == 0) say({}, "small");
}

void ExportSheet::write() {
  session::ExportRequest request;
  request.what = what_->currentData().toString().toStdString();
  const std::string which = which_->currentData().toString().toStdString();
  (request.what.rfind("lumen", 0) == 0 ? request.vessel : session::exports_a_run(request.what) ? request.plan : request.image) = which;
  request.path = path_->text().toStdString();
  request.gmsh_22 = format_->currentData().toString() == ".msh 2.2";
  const auto data = workspace_.data();
  say("Writing ...", "secondary");
  job_ = workspace_.session().jobs().start(session::Lane::save, "", "Exporting " + request.path.filename().string(), [this, data, request](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto report = session::export_part(*data, request, progress);
    QString text;
    const bool good = report.has_value();
    if (good) {
      text = report->files.size() == 1 ? "Exported " + QString::fromStdString(report->files.front().string()) : QStringLiteral("Exported %1 files beside %2").arg(report->files.size()).arg(QString::fromStdString(report->files.front().string()));
      for (const auto& n : report->notes) text += ". " + QString::fromStdString(n).remove(QRegularExpression("\\.$"));
      text += ".";
    } else {
      text = QString::fromStdString(report.error().message);
    }
    return session::JobRunner::Completion([this, text, good] {
      job_ = 0;
      refresh();
      if (isVisible()) say(text, good ? "good" : "bad");
      else workspace_.say(good ? Tone::good : Tone::bad, text);
    });
  });
  refresh();
}

}  // namespace ot::gui
