// SPDX-License-Identifier: GPL-3.0-or-later
// The actions of the main window: names, keys, what they do.
#include <QApplication>
#include <QCursor>
#include <QFileDialog>
#include <QMessageBox>
#include <QTemporaryDir>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/actions.hpp"
#include "app/gui/centre_view.hpp"
#include "app/gui/command_search.hpp"
#include "app/gui/dock.hpp"
#include "app/gui/electrophysiology/cell_page.hpp"
#include "app/gui/electrophysiology/studies_panel.hpp"
#include "app/gui/exchange/export_sheet.hpp"
#include "app/gui/exchange/label_sheet.hpp"
#include "app/gui/exchange/mesh_sheet.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/main_window.hpp"
#include "app/gui/placement.hpp"
#include "app/gui/sheets.hpp"
#include "app/gui/stage_rail.hpp"
#include "app/gui/theme.hpp"
#include "app/present/flow_preflight.hpp"
#include "app/present/stages.hpp"
#include "app/print/report_pdf.hpp"
#include "app/session/report.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/twin/setup.hpp"

namespace ot::gui {
namespace {

const QString saving_words = QStringLiteral("Saving. From then on every edit is saved by itself.");

}  // namespace

void MainWindow::start_tool(Tool tool) {
  rail_->choose(present::stage_intervene);
  workspace_->set_comparing(false);
  centre_->show_starter(nullptr);
  workspace_->set_tool(workspace_->tool() == tool ? Tool::none : tool);
}

void MainWindow::add_drug() {
  rail_->choose(present::stage_intervene);
  centre_->show_starter(nullptr);
  workspace_->set_tool(Tool::none);
  const auto* kind = twin::find_intervention("drug");
  if (!kind) return;
  twin::InterventionSpec spec;
  spec.kind = kind->key;
  spec.params = kind->schema.defaults();
  // One that the plan does not give yet: the same drug twice would be refused.
  const auto data = workspace_->data();
  const auto& given = data->plans[std::size_t(workspace_->session().active_plan())].scenario.interventions;
  const auto* choice = kind->schema.find("drug");
  if (choice && workspace_->session().active_plan() > 0) {
    std::vector<std::string> drugs{std::get<std::string>(choice->fallback)};
    drugs.insert(drugs.end(), choice->choices.begin(), choice->choices.end());
    for (const auto& drug : drugs) {
      const bool taken = std::any_of(given.begin(), given.end(), [&](const auto& s) { return s.kind == "drug" && s.params.has("drug") && s.params.text("drug") == drug; });
      if (taken) continue;
      spec.params.set("drug", drug);
      break;
    }
  }
  workspace_->add_intervention(std::move(spec));
}

void MainWindow::make_actions() {
  Actions& a = *actions_;
  a.add("undo", "Edit", "Undo", QKeySequence("Ctrl+Z"), [this] { workspace_->session().undo(); });
  a.add("redo", "Edit", "Redo", QKeySequence("Ctrl+Y"), [this] { workspace_->session().redo(); });
  a.add("search", "Help", "Search commands", QKeySequence("Ctrl+K"), [this] { search_->open(); });

  a.add("lesion_point", "Place", "Place a lesion", QKeySequence("L"), [this] { start_tool(Tool::lesion_point); });
  a.add("lesion_line", "Place", "Draw a line of lesions", QKeySequence("Shift+L"), [this] { start_tool(Tool::lesion_line); });
  a.add("lesion_ring", "Place", "Draw a ring of lesions", QKeySequence("Alt+L"), [this] { start_tool(Tool::lesion_ring); });
  a.add("pacing", "Place", "Pace from the wall", QKeySequence("P"), [this] { start_tool(Tool::pacing); });
  a.add("drug", "Place", "Give a drug", QKeySequence("D"), [this] { add_drug(); });
  a.add("stent", "Place", "Place a stent", QKeySequence("S"), [this] { start_tool(Tool::stent); });
  a.add("tapered_stent", "Place", "Place a tapered stent", QKeySequence("Shift+S"), [this] { start_tool(Tool::tapered_stent); });
  a.add("balloon", "Place", "Widen a vessel with a balloon", QKeySequence("B"), [this] { start_tool(Tool::balloon); });
  a.add("ideal_lumen", "Place", "Remove a stenosis (ideal lumen)", QKeySequence("I"), [this] { start_tool(Tool::ideal_lumen); });
  a.add("bypass", "Place", "Lead blood past a lesion (bypass graft)", QKeySequence("G"), [this] { start_tool(Tool::bypass); });
  a.add("stenosis", "Place", "Narrow a vessel", {}, [this] { start_tool(Tool::stenosis); });
  a.add("measure", "Place", "Measure a distance", QKeySequence("M"), [this] { start_tool(Tool::measure); });
  a.add("delete_selected", "Edit", "Delete the selected intervention", QKeySequence("Del"), [this] {
    if (workspace_->selected_spec()) workspace_->session().remove(workspace_->session().active_plan(), workspace_->selection().toStdString());
  });
  a.add("toggle_selected", "Edit", "Switch the selected one on or off", QKeySequence("X"), [this] {
    if (const auto* spec = workspace_->selected_spec())
      workspace_->session().set_enabled(workspace_->session().active_plan(), spec->id, !spec->enabled);
  });

  a.add("single_cell", "View", "Single cell: action potential, calcium and currents of one cell", {}, [this] { dock_->show_tab(3); });
  a.add("single_cell_drug", "View", "Single cell: with the drug of the plan shown", {}, [this] {
    dock_->show_tab(3);
    dock_->cell().take_plan_drug();
  });

  a.add("new_plan", "Plans", "New plan, copy of this one", QKeySequence("Ctrl+N"), [this] {
    const int active = workspace_->session().active_plan();
    workspace_->session().set_active_plan(workspace_->session().add_plan("", active));
  });
  a.add("remove_plan", "Plans", "Delete the plan shown", {}, [this] {
    if (workspace_->session().active_plan() > 0) workspace_->session().remove_plan(workspace_->session().active_plan());
  });
  a.add("compare", "Plans", "Compare two plans", QKeySequence("C"), [this] { workspace_->set_comparing(!workspace_->comparing()); });
  a.add("difference", "Plans", "Difference of the compared plans", QKeySequence("Shift+C"), [this] {
    if (!workspace_->comparing()) workspace_->set_comparing(true);
    workspace_->set_showing_difference(workspace_->comparing() && !workspace_->showing_difference());
  });
  a.add("run_full", "Plans", "Confirm with full model", QKeySequence("F5"), [this] {
    // The vessels as the plan treats them are looked at by a worker; then the run begins, or the window shows what stands against it.
    const auto data = workspace_->data();
    const int plan = workspace_->session().active_plan();
    if (!data->twin || data->twin->vessels.empty() || plan >= int(data->plans.size())) {
      workspace_->run_full();
      return;
    }
    workspace_->session().jobs().start(
        session::Lane::quick, check_before_full, "Check before the full model", [this, data, twin = data->twin, plan, scenario = data->plans[std::size_t(plan)].scenario](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
          return session::JobRunner::Completion([this, twin, plan, trouble = present::plan_trouble(twin, scenario, data.get())] {
            if (workspace_->data()->twin != twin || workspace_->session().active_plan() != plan) return;   // another case or plan meanwhile
            if (trouble.what.empty()) {
              workspace_->run_full();
              return;
            }
            workspace_->say(Tone::bad, QString::fromStdString(trouble.what));
            if (!trouble.vessel.empty()) workspace_->set_shown_vessel(QString::fromStdString(trouble.vessel));
            workspace_->request_stage(present::stage_model);
            refresh_actions();
          });
        });
    refresh_actions();   // at once: a second press must not begin a second run
  });
  a.add("run_fast", "Plans", "Fast answer", {}, [this] { workspace_->session().run(workspace_->session().active_plan(), core::Mode::fast); });
  a.add("cancel_jobs", "Plans", "Cancel everything that runs", QKeySequence("Ctrl+."), [this] { workspace_->session().jobs().cancel_all(); });

  a.add("play", "Time", "Play or pause", QKeySequence("Space"), [this] { workspace_->set_playing(!workspace_->playback().playing()); });
  a.add("frame_back", "Time", "One frame back", QKeySequence("["), [this] { workspace_->step_frames(-1); });
  a.add("frame_forward", "Time", "One frame on", QKeySequence("]"), [this] { workspace_->step_frames(1); });
  make_view_actions();
  make_file_actions();
}

void MainWindow::make_view_actions() {
  Actions& a = *actions_;
  int key = 1;
  for (const auto view : viewer::ep_views) {
    const QString name = QString::fromLatin1(viewer::name_of(view));
    a.add("view_" + name.toLower(), "View", "View " + name, QKeySequence(QString::number(key++)),
          [this, view] { centre_->main_pane().view().scene().set_view(view); });
  }
  a.add("reset_view", "View", "Fit everything in the view", QKeySequence("R"), [this] { centre_->main_pane().view().scene().fit(); });
  a.add("layout_four_up", "View", "3D and three slices (4-up)", {}, [this] {
    if (workspace_->comparing()) workspace_->set_comparing(false);
    workspace_->set_layout(Layout::four_up);
  });
  a.add("layout_big_3d", "View", "3D big", QKeySequence("F"), [this] {
    if (workspace_->comparing()) workspace_->set_comparing(false);
    workspace_->set_layout(workspace_->layout() == Layout::big_3d ? Layout::four_up : Layout::big_3d);
  });
  make_image_view_actions();
  const std::tuple<const char*, const char*, Display> displays[] = {{"show_voltage", "Show voltage, beating", Display::voltage},
                                                                    {"show_activation", "Show activation", Display::activation},
                                                                    {"show_repolarisation", "Show repolarisation", Display::repolarisation},
                                                                    {"show_extracellular", "Show extracellular potential", Display::extracellular},
                                                                    {"show_tissue", "Show tissue", Display::tissue},
                                                                    {"show_thickness", "Show wall thickness", Display::thickness}};
  for (const auto& [id, text, display] : displays)
    a.add(id, "View", text, {}, [this, display = display] {
      workspace_->set_shown_vessel({});
      workspace_->set_display(display);
    });
  a.add("cut_open", "View", "Cut the heart open", QKeySequence("O"), [this] { workspace_->set_cut_open(!workspace_->cut_open()); });
  a.add("color_blind", "View", "Colour-blind safe palettes", {}, [this] { workspace_->set_color_blind(!workspace_->color_blind()); });
  a.add("toggle_theme", "View", "Light or dark window", {}, [] {
    apply_theme(*qobject_cast<QApplication*>(QApplication::instance()), theme().dark ? light_theme() : dark_theme());
  });
  const char* const stages[] = {"Case", "Anatomy", "Tissue", "Model", "Intervene", "Report"};
  for (int s = 0; s < present::stage_count; ++s)
    a.add(QStringLiteral("stage_%1").arg(s + 1), "Stages", QStringLiteral("Go to %1").arg(stages[s]), QKeySequence(QStringLiteral("Ctrl+%1").arg(s + 1)),
          [this, s] { rail_->choose(s); });
  a.add("help", "Help", "Help on the thing under the pointer", QKeySequence("F1"), [this] {
    if (sheet_->isVisible()) sheet_->hide();
    else sheet_->show_help_on(QApplication::widgetAt(QCursor::pos()));
  });
  a.add("keys", "Help", "Key sheet", QKeySequence("H"), [this] {
    if (sheet_->isVisible()) sheet_->hide();
    else sheet_->show_keys(*actions_);
  });
}

void MainWindow::make_file_actions() {
  Actions& a = *actions_;
  a.add("open_case", "File", "Open a case", QKeySequence("Ctrl+O"), [this] {
    const QString folder = QFileDialog::getExistingDirectory(this, "Open a case folder");
    if (folder.isEmpty()) return;
    if (!QFile::exists(folder + "/case.json")) {
      workspace_->say(Tone::bad, "That folder holds no case (there is no case.json in it). For a scan choose \"Open a DICOM folder\".");
      return;
    }
    open_path(folder.toStdString());
  });
  a.add("open_image", "File", "Open an image file", {}, [this] {
    const QString file = QFileDialog::getOpenFileName(this, "Open an image", {}, "Images (*.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd *.dcm);;All files (*)");
    if (!file.isEmpty()) open_path(file.toStdString());
  });
  a.add("open_dicom", "File", "Open a DICOM folder", {}, [this] {
    const QString folder = QFileDialog::getExistingDirectory(this, "Open a DICOM folder");
    if (!folder.isEmpty()) open_path(folder.toStdString());
  });
  a.add("save_as", "File", "Save the case as", QKeySequence("Ctrl+S"), [this] {
    const QString folder = QFileDialog::getSaveFileName(this, "Save the case as a folder", "my-case");
    if (folder.isEmpty()) return;
    const auto saved = workspace_->session().save_as(folder.toStdString());
    if (!saved) workspace_->say(Tone::bad, QString::fromStdString(saved.error().message));
    else workspace_->say(Tone::info, saving_words);
  });
  connect(workspace_, &Workspace::saved, this, [this] {
    if (centre_->banner().text() == saving_words) workspace_->say(Tone::good, "Saved. From now on every edit is saved by itself.");
  });
  a.add("recover", "File", "Open the unsaved case of the last session", {}, [this] {
    const auto folder = session::Session::recoverable();
    if (folder.empty()) workspace_->say(Tone::info, "There is no unsaved case from an earlier session.");
    else workspace_->session().open(folder);
  });
  a.add("report", "File", "Write a report", QKeySequence("Ctrl+P"), [this] { write_report(); });
  a.add("screenshot", "File", "Save a picture of the 3D view", {}, [this] {
    const QString file = QFileDialog::getSaveFileName(this, "Save a picture", "heart.png", "PNG (*.png)");
    if (file.isEmpty()) return;
    const auto saved = centre_->main_pane().view().save_png(file.toStdString());
    if (!saved) workspace_->say(Tone::bad, QString::fromStdString(saved.error().message));
    else workspace_->say(Tone::good, "Saved " + file);
  });
  a.add("bring_labels", "File", "Bring labels of another tool", {}, [this] { label_sheet_->choose_file(); });
  a.add("bring_mesh", "File", "Bring a mesh of another tool", {}, [this] { findChild<MeshSheet*>()->choose_file(); });
  a.add("export_data", "File", "Export labels, image or meshes", QKeySequence("Ctrl+E"), [this] { export_sheet_->open({}); });
  a.add("export_scenario", "File", "Export the plan as JSON", {}, [this] {
    const QString file = QFileDialog::getSaveFileName(this, "Export the plan", "plan.json", "JSON (*.json)");
    if (file.isEmpty()) return;
    const auto data = workspace_->data();
    const auto& scenario = data->plans[std::size_t(workspace_->session().active_plan())].scenario;
    const auto written = core::write_file(file.toStdString(), twin::to_json(scenario).dump(2) + "\n");
    if (!written) workspace_->say(Tone::bad, QString::fromStdString(written.error().message));
    else workspace_->say(Tone::good, "Exported " + file);
  });
  a.add("quit", "File", "Quit", QKeySequence("Ctrl+Q"), [this] { close(); });
}

void MainWindow::write_report() {
  QString kind;
  QString file = QFileDialog::getSaveFileName(this, "Write a report", "report.pdf", "PDF (*.pdf);;HTML (*.html)", &kind);
  if (file.isEmpty()) return;
  if (!file.endsWith(".html", Qt::CaseInsensitive) && !file.endsWith(".pdf", Qt::CaseInsensitive)) file += kind.startsWith("HTML") ? ".html" : ".pdf";
  write_report_to(file);
}

void MainWindow::write_report_to(const QString& file) {
  // The picture is taken here; the report itself is written by a job.
  auto pictures_folder = std::make_shared<QTemporaryDir>();
  std::vector<session::ReportPicture> pictures;
  const std::filesystem::path png = (pictures_folder->path() + "/view.png").toStdString();
  if (centre_->main_pane().view().save_png(png)) pictures.push_back({"The 3D view when the report was written", png});
  const auto& studies = findChild<StudiesPanel*>()->model();
  workspace_->session().jobs().start(
      session::Lane::image, "report", "Writing the report",   // beside a FULL run, not behind it
      [this, file, pictures, pictures_folder, folder = studies.kept_folder(), studied = studies.records(), data = workspace_->data()](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
        progress.report(0.1, "tables and pictures");
        const auto html = session::report_html(*data, pictures, folder.empty() ? studied : session::study_records(folder), progress.part(0.1, 0.8));
        if (!html) return core::pass(html);
        if (file.endsWith(".pdf", Qt::CaseInsensitive)) {
          progress.report(0.8, "pages");
          if (const auto written = print::write_pdf(*html, file.toStdString(), "OrganTwin report · " + data->patient.id); !written) return core::pass(written);
        } else if (const auto written = core::write_file(file.toStdString(), *html); !written) {
          return core::pass(written);
        }
        return session::JobRunner::Completion([this, file] { workspace_->say(Tone::good, "Report written: " + file); });
      });
}

}  // namespace ot::gui
