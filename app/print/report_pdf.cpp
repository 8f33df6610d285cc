// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/print/report_pdf.hpp"

#include <QAbstractTextDocumentLayout>
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLibraryInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QScreen>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextTable>
#include <QThread>
#include <algorithm>
#include <cmath>
#include <memory>

#include "app/print/figures.hpp"
#include "solvers/core/atomic_file.hpp"

namespace ot::print {
namespace {

constexpr double mm_per_inch = 25.4;
constexpr int dots_per_inch = 600;
constexpr double dots_per_mm = dots_per_inch / mm_per_inch;
constexpr double page_dots = page_height_mm * dots_per_mm;
constexpr const char* style =
    "h1 { font-size: 17pt; } h2 { font-size: 11pt; margin-top: 16px; margin-bottom: 5px; } p { margin-top: 3px; margin-bottom: 4px; }"
    "td, th { border-bottom: 1px solid #c9d1d8; } .u { color: #5b6773; } .badge { color: #8a5c00; } code { font-size: 7pt; }";

// Rich text knows no classes with alignment and no full-width tables by style: the same said with attributes.
QString for_paper(const std::string& source) {
  QString html = QString::fromStdString(source);
  static const QRegularExpression left_out("<style>.*?</style>|<script[ >].*?</script>", QRegularExpression::DotMatchesEverythingOption);
  html.remove(left_out);
  html.replace("<td class=n>", "<td align=\"right\">").replace("<th class=n>", "<th align=\"right\">").replace("<th>", "<th align=\"left\">");
  html.replace("<table>", "<table width=\"100%\" cellspacing=\"0\" cellpadding=\"3\" style=\"border-collapse: collapse;\">");
  html.replace("<span class=badge>", "<p class=badge>").replace("not for diagnosis</span>", "not for diagnosis</p>");
  html.replace("<code>organtwin-cli rerun</code> on this file", "<code>organtwin-cli rerun</code> on the file report.html that is attached to this document");
  return html;
}

// One thing that lies below the one before it: a block of text, or a table.
struct Part {
  PlacedPart placed;
  QTextBlock block;            // of text, a heading or a figure
  QTextTable* table = nullptr;
  double first_row_mm = 0;     // bottom of the first row of a table
};

std::vector<Part> parts_of(const QTextDocument& document) {
  std::vector<Part> parts;
  auto* layout = document.documentLayout();
  const auto add_frame = [&](auto&& self, QTextFrame* frame) -> void {
    for (auto at = frame->begin(); !at.atEnd(); ++at) {
      Part part;
      QRectF box;
      if (QTextFrame* inner = at.currentFrame()) {
        part.table = qobject_cast<QTextTable*>(inner);
        if (!part.table) {
          self(self, inner);
          continue;
        }
        part.placed.kind = PartKind::table;
        box = layout->frameBoundingRect(inner);
        for (int column = 0; column < part.table->columns(); ++column) {
          const QTextBlock last = part.table->cellAt(0, column).lastCursorPosition().block();
          part.first_row_mm = std::max(part.first_row_mm, layout->blockBoundingRect(last).bottom() / dots_per_mm);
        }
      } else {
        part.block = at.currentBlock();
        if (!part.block.isValid() || part.block.text().trimmed().isEmpty()) continue;
        part.placed.kind = part.block.blockFormat().headingLevel() > 0 ? PartKind::heading : part.block.text().contains(QChar::ObjectReplacementCharacter) ? PartKind::figure : PartKind::text;
        box = layout->blockBoundingRect(part.block);
      }
      part.placed.top_mm = box.top() / dots_per_mm;
      part.placed.bottom_mm = box.bottom() / dots_per_mm;
      parts.push_back(part);
    }
  };
  add_frame(add_frame, document.rootFrame());
  return parts;
}

int page_of(double at_mm) { return int(std::floor(at_mm / page_height_mm)); }
constexpr double room_mm = page_height_mm - 2 * margin_mm, a_hair_mm = 0.5;

// Whether what begins at `from` and ends at `to` does not lie on one page within its margins. (Qt moves a line that does not fit to the next page, but
// says of its block that it reaches into the margin.)
bool leaves_page(double from_mm, double to_mm) {
  return page_of(from_mm + a_hair_mm) != page_of(to_mm - a_hair_mm) || to_mm - a_hair_mm > (page_of(from_mm + a_hair_mm) + 1) * page_height_mm - margin_mm;
}
bool is_cut(const PlacedPart& p) { return leaves_page(p.top_mm, p.bottom_mm); }

void break_before(const Part& part) {
  if (part.table) {
    QTextTableFormat format = part.table->format();
    format.setPageBreakPolicy(QTextFormat::PageBreak_AlwaysBefore);
    part.table->setFormat(format);
  } else {
    QTextCursor at(part.block);
    QTextBlockFormat format = part.block.blockFormat();
    format.setPageBreakPolicy(QTextFormat::PageBreak_AlwaysBefore);
    at.setBlockFormat(format);
  }
}

// Breaks pages where a figure or a short table would be cut, or a heading (or a figure) would stand without what follows it. From top to bottom, one break at a time: each moves what is below.
std::vector<Part> keep_whole(QTextDocument& document) {
  std::vector<Part> parts = parts_of(document);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const PlacedPart& p = parts[i].placed;
    const bool short_enough = p.bottom_mm - p.top_mm < room_mm;
    bool alone = false;   // what belongs to it begins on the next page
    if (i + 1 < parts.size()) {
      const Part& next = parts[i + 1];
      const bool caption = p.kind == PartKind::figure && next.placed.kind == PartKind::text;
      const double end = next.table ? next.first_row_mm : next.placed.kind == PartKind::figure ? next.placed.bottom_mm : next.placed.top_mm + 2 * a_hair_mm;
      alone = (p.kind == PartKind::heading || caption) && leaves_page(p.top_mm, end);
    }
    const bool whole = p.kind == PartKind::text || !short_enough || !is_cut(p);
    if (whole && !alone) continue;
    // A heading goes with what it names.
    const std::size_t from = i > 0 && parts[i - 1].placed.kind == PartKind::heading ? i - 1 : i;
    const bool first_of_page = from == 0 || page_of(parts[from - 1].placed.bottom_mm - a_hair_mm) != page_of(parts[from].placed.top_mm + a_hair_mm);
    if (first_of_page && !is_cut(parts[from].placed)) continue;   // it has a page to itself already
    break_before(parts[from]);
    parts = parts_of(document);
  }
  return parts;
}

// Drawing text needs an application object. The plug-in for drawing without a display must be there: Qt ends the program else.
core::Result<void> need_application() {
  if (QCoreApplication::instance()) return {};
  const QDir folder(QLibraryInfo::path(QLibraryInfo::PluginsPath) + "/platforms");
  if (folder.entryList({"*qoffscreen*"}, QDir::Files).isEmpty())
    return core::computation_failed("Writing a PDF needs Qt's plug-in \"offscreen\", which is missing in " + folder.path().toStdString() + " (nothing was written). Write the report as .html, or install the package qt6-base with its platform plug-ins.");
  static int argc = 3;
  static char name[] = "organtwin-cli", option[] = "-platform", value[] = "offscreen";
  static char* argv[] = {name, option, value, nullptr};
  const auto before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});   // remarks on folders of a desktop session, which there is none of
  static const auto* const kept = new QGuiApplication(argc, argv);   // for the rest of the program: Qt takes its options out of argv, so that there is no second time
  (void)kept;
  qInstallMessageHandler(before);
  return {};
}

core::Result<PdfWritten> draw(const std::string& html, const std::filesystem::path& path, const std::filesystem::path& shown, const std::string& footer) {
  QPdfWriter writer(QString::fromStdString(path.string()));
  writer.setPageSize(QPageSize(QPageSize::A4));
  writer.setPageMargins(QMarginsF(0, 0, 0, 0));
  writer.setResolution(dots_per_inch);
  writer.setTitle("OrganTwin report");
  writer.setCreator("OrganTwin");
  writer.addFileAttachment("report.html", QByteArray::fromStdString(html), "text/html");

  QTextDocument document;
  document.setUndoRedoEnabled(false);
  document.documentLayout()->setPaintDevice(&writer);
  QFont font("Inter");
  font.setStyleHint(QFont::SansSerif);
  font.setPointSizeF(9);
  document.setDefaultFont(font);
  document.setDefaultStyleSheet(style);
  document.setDocumentMargin(0);
  QString text = for_paper(html);
  FigureDrawer drawer(take_figures(text, page_width_mm - 2 * margin_mm, room_mm - 20), dots_per_mm);   // 20: heading and caption
  document.setHtml(text);
  drawer.place_in(document);
  QTextFrameFormat root = document.rootFrame()->frameFormat();
  // Margins are lengths of style sheets: the layout turns them from dots of the screen into those of the page.
  const auto* screen = QGuiApplication::primaryScreen();
  root.setMargin(margin_mm / mm_per_inch * (screen ? screen->logicalDotsPerInchY() : 96.0));
  document.rootFrame()->setFrameFormat(root);
  document.setPageSize({page_width_mm * dots_per_mm, page_dots});
  for (const Part& part : parts_of(document))
    if (part.table && part.table->rows() > 1 && part.table->cellAt(0, 0).firstCursorPosition().block().begin().fragment().charFormat().fontWeight() >= QFont::DemiBold) {
      QTextTableFormat format = part.table->format();
      format.setHeaderRowCount(1);   // repeated where the table goes on
      part.table->setFormat(format);
    }
  PdfWritten out;
  for (const Part& part : keep_whole(document)) out.parts.push_back(part.placed);
  out.pages = document.pageCount();

  QPainter painter;
  if (!painter.begin(&writer)) return core::computation_failed("The PDF " + shown.string() + " could not be begun (the folder may be missing, read-only or full). Choose another folder.");
  QFont small = font;
  small.setPointSizeF(7.5);
  for (int page = 0; page < out.pages; ++page) {
    if (page > 0) writer.newPage();
    painter.save();
    painter.translate(0, -page * page_dots);
    QAbstractTextDocumentLayout::PaintContext context;
    context.clip = QRectF(0, page * page_dots, page_width_mm * dots_per_mm, page_dots);
    context.palette.setColor(QPalette::Text, QColor("#1c232b"));
    painter.setClipRect(context.clip);
    document.documentLayout()->draw(&painter, context);
    painter.restore();
    painter.setFont(small);
    painter.setPen(QColor("#5b6773"));
    const QRectF foot(margin_mm * dots_per_mm, (page_height_mm - 11) * dots_per_mm, (page_width_mm - 2 * margin_mm) * dots_per_mm, 5 * dots_per_mm);
    painter.drawText(foot, Qt::AlignLeft | Qt::AlignVCenter, QString::fromStdString(footer));
    painter.drawText(foot, Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("Research and education only · page %1 of %2").arg(page + 1).arg(out.pages));
  }
  if (!painter.end()) return core::computation_failed("The PDF " + shown.string() + " could not be written to its end (the disk may be full). Free some space.");
  return out;
}

}  // namespace

core::Result<PdfWritten> write_pdf(const std::string& html, const std::filesystem::path& path, const std::string& footer) {
  if (auto ok = need_application(); !ok) return core::pass(ok);
  PdfWritten out;
  auto written = core::write_file_with(path, [&](const std::filesystem::path& temporary) -> core::Result<void> {
    core::Result<PdfWritten> drawn;
    // In a thread of Qt's: a text document sets timers, which threads of others do not have.
    const std::unique_ptr<QThread> thread(QThread::create([&] { drawn = draw(html, temporary, path, footer); }));
    thread->start();
    thread->wait();
    if (!drawn) return core::pass(drawn);
    out = std::move(*drawn);
    return {};
  });
  if (!written) return core::pass(written);
  return out;
}

}  // namespace ot::print
