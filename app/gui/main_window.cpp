// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/main_window.hpp"

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <algorithm>

#include "app/gui/actions.hpp"
#include "app/gui/centre_view.hpp"
#include "app/gui/command_search.hpp"
#include "app/gui/dock.hpp"
#include "app/gui/electrophysiology/egm_page.hpp"
#include "app/gui/flow/flow_page.hpp"
#include "app/gui/electrophysiology/electrode_tool.hpp"
#include "app/gui/electrophysiology/lesion_tool.hpp"
#include "app/gui/exchange/export_sheet.hpp"
#include "app/gui/exchange/label_sheet.hpp"
#include "app/gui/exchange/mesh_sheet.hpp"
#include "app/gui/flow/device_tool.hpp"
#include "app/gui/flow/stream_show.hpp"
#include "app/gui/heart_pane.hpp"
#include "app/gui/import/import_page.hpp"
#include "app/gui/inspector.hpp"
#include "app/gui/intervene_panel.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/number_box.hpp"
#include "app/gui/placement.hpp"
#include "app/gui/places.hpp"
#include "app/gui/sheets.hpp"
#include "app/gui/stage_panels.hpp"
#include "app/gui/stage_rail.hpp"
#include "app/gui/status_bar.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/tissue/tissue_panel.hpp"
#include "app/gui/top_bar.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/warm_up.hpp"
#include "app/session/pipeline.hpp"

namespace ot::gui {

MainWindow::MainWindow(const WindowOptions& options) : options_(options) {
  since_start_.start();
  setObjectName("main_window");
  setWindowTitle("OrganTwin");
  setWindowIcon(QIcon(":/icons/app.svg"));
  setAcceptDrops(true);
  workspace_ = new Workspace(this);
  actions_ = new Actions(this);
  make_actions();

  auto* whole = new QWidget(this);
  auto* rows = new QVBoxLayout(whole);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(new TopBar(*workspace_, *actions_, whole));
  auto* columns = new QHBoxLayout;
  columns->setSpacing(0);
  rows->addLayout(columns, 1);
  rail_ = new StageRail(*workspace_, whole);
  columns->addWidget(rail_);
  auto* middle = new QVBoxLayout;
  middle->setSpacing(0);
  columns->addLayout(middle, 1);
  centre_ = new CentreView(*workspace_, whole);
  middle->addWidget(centre_, 1);
  dock_ = new Dock(*workspace_, *actions_, whole);
  middle->addWidget(dock_);
  connect(dock_, &Dock::height_wanted, this, &MainWindow::fit_dock);
  import_ = new ImportPage(*workspace_, whole);   // takes the place of the views while a scan is brought in
  middle->addWidget(import_, 1);
  connect(import_, &ImportPage::opened, this, [this] {
    centre_->hide();
    dock_->hide();
  });
  connect(import_, &ImportPage::closed, this, [this] {
    centre_->show();
    dock_->show();
  });
  inspector_ = new Inspector(*workspace_, whole);
  columns->addWidget(inspector_);
  rows->addWidget(new StatusBar(*workspace_, whole));
  setCentralWidget(whole);
  qApp->installEventFilter(new WheelGuard(this));

  placement_ = new Placement(*workspace_, centre_->main_pane(), this);
  drafts_ = new FlowDrafts(*workspace_, this);
  auto* places = new Places(centre_->main_pane(), this);
  auto* devices = new DeviceTool(*workspace_, *drafts_, centre_->main_pane(), centre_->vessel_pane(), this);
  lesion_drafts_ = new LesionDrafts(*workspace_, this);
  auto* lesions = new LesionTool(*workspace_, *lesion_drafts_, centre_->main_pane(), this);
  auto* electrodes = new ElectrodeTool(*workspace_, *places, [devices, lesions](const viewer::Pick& pick, bool pressed) {
    const auto hand = lesions->hand_on(pick, pressed);
    return hand == Qt::ArrowCursor ? devices->hand_on(pick, pressed) : hand;
  }, this);
  dock_->egm().attach(*places);
  dock_->flow().attach(*places);
  for (auto* pane : {&centre_->main_pane(), &centre_->other_pane()}) new StreamShow(*workspace_, *pane, this);
  rail_->set_panel(present::stage_case, new CasePanel(*workspace_, *actions_, rail_));
  rail_->set_panel(present::stage_anatomy, new AnatomyPanel(*workspace_, rail_));
  auto* tissue = new TissuePanel(*workspace_, rail_);
  tissue->attach(*centre_);
  rail_->set_panel(present::stage_tissue, tissue);
  rail_->set_panel(present::stage_model, new ModelPanel(*workspace_, *actions_, *places, *electrodes, rail_));
  rail_->set_panel(present::stage_intervene, new IntervenePanel(*workspace_, *actions_, *placement_, *drafts_, rail_));
  rail_->set_panel(present::stage_report, new ReportPanel(*workspace_, *actions_, rail_));
  rail_->choose(present::stage_intervene);
  connect(workspace_, &Workspace::stage_requested, rail_, &StageRail::choose);
  connect(rail_, &StageRail::chosen_changed, this, [this](int stage) {   // what is placed is placed in its own stage
    if (stage != present::stage_intervene && !kind_of(workspace_->tool()).empty()) workspace_->set_tool(Tool::none);
  });

  search_ = new CommandSearch(*actions_, whole);
  sheet_ = new Sheet(whole);
  label_sheet_ = new LabelSheet(*workspace_, whole);
  export_sheet_ = new ExportSheet(*workspace_, whole);
  new MeshSheet(*workspace_, whole);
  if (options_.starter) {
    auto* card = new StarterCard(*actions_, nullptr);
    centre_->show_starter(card);
    connect(card, &StarterCard::closed, this, [this] { centre_->show_starter(nullptr); });
  }
  connect(&centre_->main_pane(), &HeartPane::empty_action, actions_->find("open_case"), &QAction::trigger);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::plans_changed, &Workspace::results_changed, &Workspace::jobs_changed, &Workspace::compare_changed})
    connect(workspace_, signal, this, &MainWindow::refresh_actions);
  connect(workspace_, &Workspace::case_replaced, this, [this] {
    if (first_picture_ms_ < 0) first_picture_ms_ = double(since_start_.elapsed());
    QTimer::singleShot(0, this, [this] { session::start_warm_up(workspace_->session()); });   // behind the answers that the window wants now
  });
  connect(workspace_, &Workspace::job_failed, this, [this](const QString& title) {
    // A damaged built-in case must not leave a newcomer before an empty window.
    if (builtin_tried_ && !workspace_->data()->twin && title.startsWith("Opening")) {
      builtin_tried_ = false;
      workspace_->session().build_coarse_builtin();
    }
  });
  refresh_actions();

  QSettings settings("OrganTwin", "OrganTwin");
  const QRect screen = QGuiApplication::primaryScreen()->availableGeometry();
  resize(std::min(1600, screen.width()), std::min(1000, screen.height()));
  setMinimumSize(1024, 640);
  if (!options_.safe_mode) restoreGeometry(settings.value("geometry").toByteArray());

  centre_->main_pane().view().setFocus();   // keys are for the heart until a person goes elsewhere
  clock_.setTimerType(Qt::PreciseTimer);
  clock_.setInterval(33);
  connect(&clock_, &QTimer::timeout, this, &MainWindow::tick);
  since_tick_.start();
  clock_.start();
}

MainWindow::~MainWindow() { clock_.stop(); }

void MainWindow::tick() {
  const double wall = double(since_tick_.nsecsElapsed()) * 1e-6;
  since_tick_.restart();
  workspace_->tick(wall);
}

void MainWindow::start(const std::filesystem::path& what) {
  if (!options_.scripted && !session::Session::recoverable().empty())
    QTimer::singleShot(2500, this, [this] {   // after the banner of the case that opens
      workspace_->say(Tone::attention, "A case that was never saved is left from a session that ended unexpectedly. Ctrl+K, \"unsaved case\" opens it.");
    });
  if (!what.empty()) {
    open_path(what);
    return;
  }
  std::error_code ec;
  const auto folder = session::builtin_case_folder();
  if (std::filesystem::exists(folder / "case.json", ec)) {
    builtin_tried_ = true;
    workspace_->session().open(folder);
  } else {
    workspace_->session().build_coarse_builtin();
  }
}

void MainWindow::open_path(const std::filesystem::path& path) {
  std::error_code ec;
  if (std::filesystem::exists(path / "case.json", ec)) workspace_->session().open(path);
  else if (path.filename() == "case.json") workspace_->session().open(path.parent_path());
  else if (is_mesh_file(path) && std::filesystem::exists(path, ec)) findChild<MeshSheet*>()->open(path);
  else if (std::filesystem::exists(path, ec)) import_->open(path);
  else workspace_->say(Tone::bad, QStringLiteral("%1 does not exist (nothing was opened). Check the name.").arg(QString::fromStdString(path.string())));
}

void MainWindow::refresh_actions() {
  auto& session = workspace_->session();
  const auto data = workspace_->data();
  const bool twin = data->twin != nullptr, heart = workspace_->heart() != nullptr;
  const bool vessels = twin && !data->twin->vessels.empty();
  const QString no_twin = why_no_muscle(*data);
  for (const char* id : {"lesion_point", "lesion_line", "lesion_ring", "pacing", "drug"})
    actions_->allow(id, heart, no_twin);
  for (const char* id : {"stent", "tapered_stent", "balloon", "ideal_lumen", "bypass", "stenosis"}) actions_->allow(id, vessels, twin ? "This case has no vessel with a centreline." : no_twin);
  for (const char* id : {"new_plan", "report", "screenshot", "export_scenario", "play", "frame_back", "frame_forward"})
    actions_->allow(id, twin, no_twin);
  actions_->allow("save_as", twin || !data->images.empty(), "There is nothing to save yet. Open a case or a scan first.");
  actions_->allow("difference", session.plan_count() > 1, "There is only the baseline so far. Add a plan first.");
  actions_->allow("compare", session.plan_count() > 1, "There is only the baseline so far. Add a plan first.");
  actions_->allow("remove_plan", session.active_plan() > 0, "The baseline stays.");
  const int plan = session.active_plan();
  const bool early = session.ended_early(plan), has_full = session.result(plan, core::Mode::full) != nullptr && !early, running = workspace_->running_full() != 0, checking = session.jobs().active(check_before_full) != 0;
  actions_->allow("run_full", twin && !has_full && !running && !checking,
                  !twin ? no_twin : checking ? "The check before the run is under way." : running ? "The full model is running: see the progress below." : "This plan is already confirmed by the full model.");
  actions_->find("run_full")->setText(running ? "Full model is running" : has_full ? "Confirmed by full model" : early ? "Full model: run the whole beat" : "Confirm with full model");
  actions_->allow("run_fast", twin && !session.result(plan, core::Mode::fast), !twin ? no_twin : "The fast answer of this plan is known already.");
  actions_->allow("cancel_jobs", session.jobs().busy(), "Nothing is running.");
}

bool MainWindow::save_picture(const QString& file) {
  repaint();
  QPixmap picture;
  // What the screen shows, OpenGL included; where the platform forbids it (Wayland), what the widgets paint.
  if (QGuiApplication::platformName() == "xcb" && isVisible()) picture = screen()->grabWindow(winId());
  if (picture.isNull()) picture = grab();
  return picture.save(file, "PNG");
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  fit_dock();
}

void MainWindow::fit_dock() {
  constexpr int least = 215, low_window = 900, bars = 72, banner = 40, least_view = 200;   // top and status bar; a message above the views; a 3D view
  const bool tall = dock_->wants_height(), low = tall && height() < low_window;
  centre_->set_low(low);
  // The least: two rows of controls and an ECG or a flow curve below; or three curves of a cell one below the other, as far as the views leave room.
  const int wanted = tall ? std::clamp(height() * 11 / 20, 385, 600) : std::clamp(height() / 4, least, 320);
  dock_->setFixedHeight(std::min(wanted, std::max(least, height() - bars - banner - (low ? least_view : centre_->minimumSizeHint().height()))));
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
    if (placement_->collecting()) {
      placement_->finish();
      return;
    }
    if (auto* button = qobject_cast<QAbstractButton*>(focusWidget())) {
      button->click();
      return;
    }
  }
  if (event->key() == Qt::Key_Escape) {
    if (sheet_->isVisible()) sheet_->hide();
    else if (import_->isVisible()) import_->leave();
    else if (workspace_->tool() != Tool::none) placement_->cancel();
    else centre_->banner().close_banner();
    return;
  }
  QMainWindow::keyPressEvent(event);
}

bool MainWindow::event(QEvent* event) {
  if (event->type() == NumberRefused::kind()) {
    workspace_->say(Tone::bad, static_cast<NumberRefused*>(event)->sentence());
    return true;
  }
  return QMainWindow::event(event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  const auto data = workspace_->data();
  const bool unsaved = (data->twin || !data->images.empty()) && workspace_->session().folder().empty() && (!data->patient.built_in || workspace_->session().changed_more_than_plans());
  if (unsaved && !options_.scripted) {
    QMessageBox box(QMessageBox::NoIcon, "OrganTwin", data->patient.built_in ? "The teaching case was changed." : "This case has not been saved.", QMessageBox::NoButton, this);
    box.setInformativeText(data->patient.built_in ? "Its plans are kept. What you changed in the anatomy or the model comes back only from a case of your own: save it now, or it is lost."
                                                  : "Save it now, or its meshes and results are lost.");
    auto* save = box.addButton("Save", QMessageBox::AcceptRole);
    auto* lose = box.addButton("Close without saving", QMessageBox::DestructiveRole);
    box.addButton("Stay", QMessageBox::RejectRole);
    box.exec();
    if (box.clickedButton() == save) actions_->find("save_as")->trigger();
    // The case is being written by a job, which the end of the session waits for.
    const bool saving = workspace_->session().jobs().busy(session::Lane::save);
    if (box.clickedButton() != lose && !saving) {
      event->ignore();
      return;
    }
  }
  if (!options_.safe_mode) {
    QSettings settings("OrganTwin", "OrganTwin");
    settings.setValue("geometry", saveGeometry());
    settings.setValue("light", !theme().dark);
  }
  workspace_->session().jobs().cancel_all();
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (!urls.isEmpty()) open_path(urls.first().toLocalFile().toStdString());
}

}  // namespace ot::gui
