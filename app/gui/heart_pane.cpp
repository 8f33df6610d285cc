// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/heart_pane.hpp"

#include <QActionGroup>
#include <QMenu>
#include <QMouseEvent>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

#include "app/gui/electrophysiology/phi_show.hpp"
#include "app/gui/model_prompt.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/views/volume_show.hpp"
#include "app/gui/tissue/segment_outline.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"
#include "solvers/twin/results.hpp"
#include "viewer/qt/vtk_widget.hpp"

namespace ot::gui {
namespace {

constexpr double neighbour_opacity = 0.32;   // atria and vessels behind the active tissue

const std::pair<Display, const char*> displays[] = {{Display::voltage, "Voltage, beating"},
                                                    {Display::activation, "Activation"},
                                                    {Display::repolarisation, "Repolarisation"},
                                                    {Display::extracellular, "Extracellular potential"},
                                                    {Display::tissue, "Tissue"},
                                                    {Display::thickness, "Wall thickness"},
                                                    {Display::plain, "Plain"}};

}  // namespace

HeartPane::HeartPane(Workspace& workspace, const QString& name, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, name, "3D view");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  view_ = new viewer::View3D(this);
  name_widget(view_, name + "_view", "3D view of the heart");
  box->addWidget(view_);
  chooser_ = new QToolButton(view_);
  name_widget(chooser_, name + "_display", "What the 3D view shows");
  chooser_->setProperty("role", "glass");
  chooser_->setPopupMode(QToolButton::InstantPopup);
  chooser_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  chooser_->setIconSize({12, 12});
  chooser_->setLayoutDirection(Qt::RightToLeft);
  set_icon(chooser_, "chevron_down");
  chooser_->setToolTip("What the 3D view shows");
  compute_ = new QToolButton(view_);   // where a job was cancelled
  name_widget(compute_, name + "_compute", "Compute this plan");
  compute_->setProperty("role", "glass");
  compute_->setToolButtonStyle(Qt::ToolButtonTextOnly);
  compute_->setText("Compute");
  compute_->setToolTip("The FAST answer of this plan");
  compute_->hide();
  connect(compute_, &QToolButton::clicked, this, [this] {
    if (workspace_.data()->twin) workspace_.session().run(plan(), core::Mode::fast);
    refresh_work();
  });
  volume_ = new VolumeShow(workspace, *this, this);
  connect(volume_, &VolumeShow::changed, this, [this] {
    build_chooser();
    refresh_badge();
  });
  const auto follow_theme = [this] { view_->scene().set_light(!theme().dark); };
  connect(&ThemeNotifier::instance(), &ThemeNotifier::changed, this, follow_theme);
  follow_theme();
  phi_ = new PhiShow(workspace, *this, this);
  connect(phi_, &PhiShow::changed, this, [this] {
    shown_frame_.reset();
    refresh_time();
  });
  build_chooser();

  view_->canvas().installEventFilter(this);
  for (auto* button : view_->findChildren<QToolButton*>(QRegularExpression("^view_"))) {   // hit targets of 28 px, colours of the theme
    button->setStyleSheet({});
    set_role(button, "view");
  }
  view_->set_hover([this](const viewer::Pick& pick) { return hover_text(pick); });
  connect(view_, &viewer::View3D::picked, this, &HeartPane::picked);
  connect(view_, &viewer::View3D::clicked, this, &HeartPane::clicked);
  connect(view_, &viewer::View3D::pick_cancelled, this, &HeartPane::pick_cancelled);
  connect(view_, &viewer::View3D::empty_action, this, [this] {
    if (labels_wait_for_model(*workspace_.data())) workspace_.session().rebuild();
    else emit empty_action();
  });
  connect(&workspace, &Workspace::jobs_changed, this, &HeartPane::refresh_empty);
  connect(&workspace, &Workspace::image_changed, this, &HeartPane::refresh_empty);
  connect(view_, &viewer::View3D::maximise_requested, this, &HeartPane::maximise_requested);

  connect(&workspace, &Workspace::case_replaced, this, &HeartPane::refresh_case);
  connect(&workspace, &Workspace::model_changed, this, &HeartPane::refresh_case);
  connect(&workspace, &Workspace::results_changed, this, &HeartPane::refresh_result);
  connect(&workspace, &Workspace::jobs_changed, this, &HeartPane::refresh_work);
  connect(&workspace, &Workspace::plans_changed, this, [this] {
    refresh_result();
    refresh_marks();
  });
  connect(&workspace, &Workspace::display_changed, this, [this] {
    shown_.result.reset();
    refresh_result();
  });
  connect(&workspace, &Workspace::vessel_changed, this, &HeartPane::refresh_case);
  connect(&workspace, &Workspace::vessel_display_changed, this, [this] {
    shown_.result.reset();
    refresh_result();
  });
  connect(&workspace, &Workspace::flow_draft_changed, this, &HeartPane::refresh_draft);
  connect(&workspace, &Workspace::heart_draft_changed, this, &HeartPane::refresh_heart_draft);
  for (auto signal : {&Workspace::selection_changed, &Workspace::grip_changed}) connect(&workspace, signal, this, &HeartPane::refresh_marks);
  connect(&workspace, &Workspace::time_changed, this, &HeartPane::refresh_time);
  connect(&workspace, &Workspace::frame_arrived, this, [this] {
    refresh_time();
    refresh_badge();
  });
  connect(&workspace, &Workspace::crosshair_changed, this, [this] { view_->scene().set_crosshair(workspace_.crosshair()); });
  connect(&workspace, &Workspace::cut_changed, this, &HeartPane::refresh_cut);
  connect(&workspace, &Workspace::segment_changed, this, [this](int segment) {
    const auto* heart = workspace_.heart();
    if (!heart || segment == 0 || !scene_vessel_.isEmpty()) {
      view_->scene().set_highlight(std::nullopt);
      return;
    }
    viewer::Scene3D::Highlight border;
    border.lines = segment_outline(*heart->baseline.mesh, heart->aha_segment, segment);
    border.color = {0x4c, 0xc2, 0xff};   // the accent: what is chosen
    view_->scene().set_highlight(std::move(border));
  });
  connect(&workspace, &Workspace::trouble_at, this, [this](const core::Vec3& place) {
    viewer::Scene3D::Highlight mark;
    mark.center = place;
    mark.radius = 1.5;
    mark.through = true;
    view_->scene().set_highlight(std::move(mark));
    view_->scene().fly_to(place);
    trouble_shown_ = true;
  });
  for (auto signal : {&Workspace::plans_changed, &Workspace::model_changed})
    connect(&workspace, signal, this, [this] {
      if (std::exchange(trouble_shown_, false)) view_->scene().set_highlight(std::nullopt);
    });
  connect(&workspace, &Workspace::label_visible_changed, this, [this](int, const QString& key, bool visible) {
    view_->scene().set_anatomy_visible(key.toStdString(), visible);
  });
  connect(&workspace, &Workspace::label_opacity_changed, this, [this](const QString& key, double opacity) {
    view_->scene().set_anatomy_opacity(key.toStdString(), opacity);
  });
}

int HeartPane::plan() const { return plan_ >= 0 ? plan_ : workspace_.session().active_plan(); }

void HeartPane::set_plan(int plan) {
  plan_ = plan;
  shown_.result.reset();
  refresh_result();
  refresh_marks();
}

void HeartPane::set_minus(int plan) {
  if (plan == minus_) return;
  minus_ = plan;
  shown_.result.reset();
  view_->scene().clear_field();
  refresh_result();
}

void HeartPane::set_compact(bool compact) {
  compact_ = compact;
  view_->set_view_buttons_visible(!compact);
  refresh_badge();
  place_overlays();
}

void HeartPane::build_chooser() {
  delete chooser_->menu();
  auto* menu = new QMenu(chooser_);
  menu->setObjectName(objectName() + "_display_menu");
  const auto data = workspace_.data();
  if (data->twin && data->twin->heart) {
    for (const auto& [display, text] : displays) {
      QAction* action = menu->addAction(QString::fromLatin1(text));
      action->setCheckable(true);
      action->setChecked(workspace_.shown_vessel().isEmpty() && workspace_.display() == display);
      connect(action, &QAction::triggered, this, [this, display = display] {
        workspace_.set_shown_vessel({});
        workspace_.set_display(display);
      });
    }
  }
  if (data->twin && !data->twin->vessels.empty()) {
    menu->addSeparator();
    // Without a heart the first vessel is painted before anybody has chosen.
    const QString painted = workspace_.shown_vessel().isEmpty() && !data->twin->heart ? QString::fromStdString(data->twin->vessels.front()->key) : workspace_.shown_vessel();
    for (const auto& vessel : data->twin->vessels) {
      const QString key = QString::fromStdString(vessel->key);
      std::vector<std::pair<VesselDisplay, const char*>> shown{{VesselDisplay::pressure, vessel->report_ffr ? ", FFR" : ", pressure"}, {VesselDisplay::wall_shear, ", wall shear"}};
      if (!vessel->baseline.steady) {   // over a beat
        shown.emplace_back(VesselDisplay::osi, ", oscillation (OSI)");
        shown.emplace_back(VesselDisplay::rrt, ", residence time (RRT)");
        shown.emplace_back(VesselDisplay::pressure_beat, ", pressure, beating");
        shown.emplace_back(VesselDisplay::shear_beat, ", wall shear, beating");
      }
      shown.emplace_back(VesselDisplay::streams, ", particles");
      shown.emplace_back(VesselDisplay::lines, ", streamlines");
      shown.emplace_back(VesselDisplay::slice, ", velocity in a cut");
      for (const auto& [display, name] : shown) {
        QAction* action = menu->addAction(QString::fromStdString(vessel->name) + name);
        action->setCheckable(true);
        action->setChecked(painted == key && workspace_.vessel_display() == display);
        connect(action, &QAction::triggered, this, [this, key, display = display] {
          workspace_.set_vessel_display(display);
          workspace_.set_shown_vessel(key);
        });
      }
    }
  }
  if (workspace_.shown_map()) {
    QAction* action = menu->addAction(workspace_.shown_map()->title);
    action->setCheckable(true);
    action->setChecked(workspace_.shown_vessel().isEmpty() && workspace_.display() == Display::ea_map);
    connect(action, &QAction::triggered, this, [this] {
      workspace_.set_shown_vessel({});
      workspace_.set_display(Display::ea_map);
    });
  }
  QString shown_now = "Nothing";
  for (const QAction* action : menu->actions())
    if (action->isChecked()) shown_now = action->text();
  volume_->add_actions(menu);
  chooser_->setMenu(menu);
  // Without a model there is nothing to choose but how the image itself is drawn.
  const bool model = data->twin || workspace_.shown_map();
  const QString text = shown_now != "Nothing" || model ? (shown_now == "Nothing" && !volume_->shown().isEmpty() ? QStringLiteral("Volume") : shown_now) : QStringLiteral("Draw the image as a volume");
  chooser_->setText(text);
  chooser_->setVisible(!menu->isEmpty() && !compact_);
  place_overlays();
}

void HeartPane::refresh_case() {
  auto& scene = view_->scene();
  scene.clear();
  if (instead_) {
    scene.set_vessel(*instead_);
    return;
  }
  shown_.result.reset();
  shown_frame_.reset();
  fitted_ = false;
  const auto data = workspace_.data();
  scene_vessel_ = workspace_.shown_vessel();
  const bool vessel_only = data->twin && !data->twin->heart && !data->twin->vessels.empty();
  if (vessel_only && scene_vessel_.isEmpty()) scene_vessel_ = QString::fromStdString(data->twin->vessels.front()->key);

  std::vector<viewer::AnatomyItem> items;
  // Neighbours come from the image that the heart came from: other images need not lie in the same place.
  const std::string from = data->images.empty() ? "" : data->images.front().key + "/";
  for (const auto& a : data->anatomy) {
    if (!a.surface || a.active_tissue || !scene_vessel_.isEmpty()) continue;
    if (a.key.find('/') != std::string::npos && a.key.compare(0, from.size(), from) != 0) continue;
    items.push_back({a.key, a.name, a.color, neighbour_opacity, a.surface, true});
  }
  empty_ = !data->twin && items.empty();
  scene.set_anatomy(std::move(items));
  wall_.clear();
  tissue_.clear();
  if (scene_vessel_.isEmpty() && data->twin && data->twin->heart) {
    const auto& problem = data->twin->heart->baseline;
    scene.set_tissue(problem.mesh);
    wall_ = present::wall_nodes(*problem.mesh);
    tissue_ = present::tissue_classes(problem);
  }
  refresh_empty();
  build_chooser();
  refresh_result();
  refresh_marks();
  refresh_cut();
  if (!empty_) {
    scene.set_view(scene_vessel_.isEmpty() ? viewer::EpView::lao : viewer::EpView::ap);
    scene.fit();
    fitted_ = true;
  }
}

void HeartPane::refresh_result() {
  if (instead_) return;
  build_chooser();
  auto fresh = workspace_.shown_result(plan());
  if (!scene_vessel_.isEmpty())
    if (auto full = workspace_.vessel_full(plan(), scene_vessel_)) fresh.result = std::move(full), fresh.stale = false;
  bool same = fresh.result == shown_.result && fresh.stale == shown_.stale && fresh.plan == shown_.plan;
  shown_ = fresh;
  if (minus_ >= 0) {
    const auto other = compared().second;
    same = same && other == shown_minus_;
    shown_minus_ = other;
  }
  if (!same) {
    shown_frame_.reset();
    if (minus_ >= 0) scene_vessel_.isEmpty() ? show_heart_difference() : show_vessel_difference();
    else if (scene_vessel_.isEmpty()) show_heart_field();
    else show_vessel();
  }
  refresh_badge();
  refresh_time();
}

void HeartPane::refresh_cut() {
  auto& scene = view_->scene();
  if (!workspace_.cut_open() || !scene_vessel_.isEmpty()) {
    scene.set_clip(std::nullopt);
    return;
  }
  // Through the crosshair, facing the viewer: what is in front goes away.
  const auto arm = scene.carm();
  scene.set_clip(viewer::ClipPlane{workspace_.crosshair(), -viewer::frame_of_angles(arm.lao_deg, arm.cran_deg).from});
}

void HeartPane::refresh_work() {
  if (workspace_.work_on(plan()) != work_) refresh_badge();
}

void HeartPane::refresh_badge() {
  const auto data = workspace_.data();
  work_ = workspace_.work_on(plan());
  compute_->setVisible(data->twin && !instead_ && minus_ < 0 && !drafted() && !heart_drafted() && work_ == Workspace::Work::none && (!shown_.result || shown_.stale));
  QString name;
  if (compact_ && plan() < int(data->plans.size())) {
    const auto& p = data->plans[std::size_t(plan())];
    constexpr int room_for_title = 300;
    name = QString::fromStdString(p.name + (p.title.empty() || width() < room_for_title ? "" : "  " + p.title)) + QStringLiteral(" · ");
  }
  if (const auto* draft = drafted()) {
    const auto& answer = draft->answer;
    view_->set_mode_badge(core::Mode::fast, name + (!answer ? QStringLiteral("network") : !answer->refused.empty() ? QStringLiteral("this place is refused")
                                                    : std::isfinite(answer->ffr) ? QStringLiteral("FFR %1").arg(answer->ffr, 0, 'f', 2)
                                                                                 : QStringLiteral("drop %1 mmHg").arg(answer->drop_mmhg, 0, 'f', 1)));
    view_->set_stale(false);
    view_->set_note(answer && answer->refused.empty() ? QStringLiteral("answered in %1 ms").arg(answer->ms, 0, 'f', 1) : QString());
    place_overlays();
    return;
  }
  if (minus_ >= 0) {
    const auto [one, other] = compared();
    const QString what = present::plan_short_name(workspace_.session(), plan()) + QStringLiteral(" \u2212 ") + present::plan_short_name(workspace_.session(), minus_);
    if (one && other) view_->set_mode_badge(one->mode == core::Mode::full && other->mode == core::Mode::full ? core::Mode::full : core::Mode::fast, what);
    else view_->set_mode_badge(std::nullopt, {});
    view_->set_stale(false);
    view_->set_note(one && other ? QString() : QStringLiteral("one of the two is being computed"));
    place_overlays();
    return;
  }
  const bool live = workspace_.live_frame() && plan() == workspace_.live_plan();
  if (live) {
    view_->set_mode_badge(core::Mode::full, name + QStringLiteral("running, %1 ms").arg(workspace_.live_frame()->t_ms, 0, 'f', 0));
    view_->set_stale(false);
    view_->set_note({});
    place_overlays();
    return;
  }
  if (!shown_.result) {
    view_->set_mode_badge(std::nullopt, {});
    view_->set_stale(false);
    view_->set_note(!data->twin ? QString() : work_ == Workspace::Work::computing ? QStringLiteral("computing") : work_ == Workspace::Work::cancelling ? QStringLiteral("cancelling") : QStringLiteral("not computed"));
    place_overlays();
    return;
  }
  const bool full = shown_.result->mode == core::Mode::full;
  const QString what = scene_vessel_.isEmpty() ? (full ? "monodomain" : "eikonal") : (full ? "Navier-Stokes" : "network");
  view_->set_mode_badge(shown_.result->mode, name + what);
  view_->set_stale(shown_.stale, !shown_.stale ? "" : work_ == Workspace::Work::computing ? "computing" : work_ == Workspace::Work::cancelling ? "cancelling" : "not computed");
  QString note;
  const auto fast = full && !compact_ ? workspace_.session().result(plan(), core::Mode::fast) : nullptr;
  if (fast && fast->electro && scene_vessel_.isEmpty() && shown_.result->electro) {
    if (const auto d = twin::activation_difference(fast->electro->activation_ms, shown_.result->electro->activation_ms); std::isfinite(d.median_ms))
      note = QStringLiteral("Δ to FAST %1 ms median, %2 ms at 95 %").arg(d.median_ms, 0, 'f', 1).arg(d.p95_ms, 0, 'f', 1);
  }
  if (full && !compact_ && !scene_vessel_.isEmpty()) note = flow_difference();
  if (const auto display = workspace_.vessel_display(); !scene_vessel_.isEmpty() && (display == VesselDisplay::osi || display == VesselDisplay::rrt)) {
    const auto* vessel = present::find_vessel_result(*shown_.result, scene_vessel_.toStdString());
    if (!vessel || !present::has_wall_indices(*vessel)) note = QStringLiteral("OSI and RRT come with a FULL run over beats");
  }
  if (note.isEmpty() && !volume_->shown().isEmpty()) note = volume_->note();
  if (const auto* moving = heart_drafted()) {
    if (!moving->refused.isEmpty()) note = QStringLiteral("this place is refused");
    else if (moving->answer) note = QStringLiteral("answered in %1 ms").arg(moving->answer->ms, 0, 'f', 0);
  }
  view_->set_note(note);
  place_overlays();
}

QString HeartPane::hover_text(const viewer::Pick& pick) const {
  const auto* heart = workspace_.heart();
  if (pick.object_key != "tissue" || !heart || pick.node < 0) return {};
  const std::size_t node = std::size_t(pick.node);
  QStringList first, second;
  const auto electro = shown_.result ? shown_.result->electro : nullptr;
  if (electro && node < electro->activation_ms.size()) {
    const float lat = electro->activation_ms[node];
    first << (std::isfinite(lat) ? QStringLiteral("<b>LAT %1 ms</b>").arg(double(lat), 0, 'f', 0) : QStringLiteral("<b>never activated</b>"));
    const float repol = node < electro->repolarisation_ms.size() ? electro->repolarisation_ms[node] : NAN;
    if (std::isfinite(lat) && std::isfinite(repol)) first << QStringLiteral("APD90 %1 ms").arg(double(repol - lat), 0, 'f', 0);
  }
  if (shown_frame_ && node < shown_frame_->size())
    second << QStringLiteral("V %1 mV").arg(double((*shown_frame_)[node]), 0, 'f', 0).replace('-', QChar(0x2212));
  if (node < heart->transmural.size()) second << QStringLiteral("depth %1 %").arg(100 * double(heart->transmural[node]), 0, 'f', 0);
  if (node < heart->aha_segment.size() && heart->aha_segment[node]) second << QStringLiteral("segment %1").arg(heart->aha_segment[node]);
  QString text = first.join(QStringLiteral(" · "));
  if (!second.isEmpty()) text += (text.isEmpty() ? "" : "<br>") + second.join(QStringLiteral(" · "));
  return text;
}

std::optional<QPointF> HeartPane::position_of(const core::Vec3& lps_mm) const {
  const auto px = view_->scene().project(lps_mm);
  if (!px) return std::nullopt;
  const double ratio = view_->devicePixelRatioF();
  return QPointF((*px)[0] / ratio, (*px)[1] / ratio);
}

void HeartPane::place_overlays() {
  chooser_->adjustSize();
  // Behind the last chip of the view, or below them when that would reach the view buttons.
  int right = 4, bottom = 8;
  for (const char* name : {"mode_badge", "mode_note", "stale_chip"})
    if (const auto* chip = view_->findChild<QWidget*>(name); chip && !chip->isHidden()) {
      right = std::max(right, chip->geometry().right());
      bottom = std::max(bottom, chip->geometry().bottom());
    }
  const auto* buttons = view_->findChild<QWidget*>("ep_views");
  const int limit = buttons && !buttons->isHidden() ? buttons->x() - 8 : view_->width() - 8;
  if (!compute_->isHidden()) {
    compute_->adjustSize();
    if (right + 6 + compute_->width() <= limit) {
      compute_->move(right + 6, 8);
      right = compute_->geometry().right();
    } else {
      compute_->move(10, bottom + 6);
      bottom = compute_->geometry().bottom();
      right = 4 + limit;   // the chooser goes below
    }
    compute_->raise();
  }
  if (right + 6 + chooser_->width() <= limit) chooser_->move(right + 6, 8);
  else if (10 + chooser_->width() <= limit || !buttons) chooser_->move(10, bottom + 6);
  else chooser_->move(10, std::max(bottom, buttons->geometry().bottom()) + 6);   // a narrow view: below everything
  chooser_->raise();
}

bool HeartPane::eventFilter(QObject* watched, QEvent* event) {
  if (watched == &view_->canvas() && event->type() == QEvent::MouseButtonDblClick &&
      static_cast<QMouseEvent*>(event)->button() == Qt::LeftButton)
    emit double_clicked();
  return QWidget::eventFilter(watched, event);
}

void HeartPane::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  place_overlays();
}

void HeartPane::set_points_in_progress(std::vector<core::Vec3> points) {
  in_progress_ = std::move(points);
  refresh_marks();
}

}  // namespace ot::gui
