// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/flow/cut_panel.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/heart_pane.hpp"
#include "app/gui/places.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/twin_parts.hpp"

namespace ot::gui {
namespace {

using Kind = imaging::EndMark::Kind;
constexpr Kind kinds[] = {Kind::inlet, Kind::outlet, Kind::closed};
constexpr const char* names[] = {"Inlet", "Outlet", "Closed"};
const core::Color colors[] = {{0xff, 0x9f, 0x5a}, {0x5f, 0xc9, 0x8b}, {0x9a, 0xa7, 0xb4}};   // as the ends of a meshed vessel; grey: no end

std::size_t number_of(Kind kind) { return std::size_t(std::find(std::begin(kinds), std::end(kinds), kind) - std::begin(kinds)); }

}  // namespace

CutPanel::CutPanel(Workspace& workspace, Places& places, QWidget* parent) : QWidget(parent), workspace_(workspace), places_(places) {
  name_widget(this, "cut_panel", "Ends of the vessel before meshing");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(5);
  start_ = make_button("Cut the vessel by hand ...", "cut_start", this, "left");
  set_icon(start_, "scissors");
  start_->setCheckable(true);
  box->addWidget(start_);
  connect(start_, &QPushButton::toggled, this, &CutPanel::begin);
  tools_ = new QWidget(this);
  auto* tools = new QVBoxLayout(tools_);
  tools->setContentsMargins(0, 0, 0, 0);
  tools->setSpacing(5);
  tools->addWidget(make_label("A click on an end or on the wall makes there an", "small_hint", tools_, true));
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  const char* const tips[] = {"Blood comes in here. There is one inlet: what lies upstream of the click is cut off.", "Blood leaves here: what lies beyond the click is cut off.",
                              "This end is none: it stays closed, as part of the wall."};
  for (std::size_t k = 0; k < 3; ++k) {
    kinds_[k] = make_button(names[k], QStringLiteral("cut_kind_%1").arg(QString(names[k]).toLower()), tools_);
    kinds_[k]->setCheckable(true);
    kinds_[k]->setAutoExclusive(true);
    kinds_[k]->setChecked(kinds[k] == kind_);
    kinds_[k]->setToolTip(tips[k]);
    kinds_[k]->setStyleSheet("padding: 0 4px;");
    connect(kinds_[k], &QPushButton::clicked, this, [this, k] { kind_ = kinds[k]; });
    row->addWidget(kinds_[k], 1);
  }
  tools->addLayout(row);
  list_ = new QVBoxLayout;
  list_->setSpacing(2);
  tools->addLayout(list_);
  note_ = make_label({}, "small_hint", tools_, true);
  note_->setObjectName("cut_note");
  tools->addWidget(note_);
  cut_ = make_button("Cut and mesh", "cut_mesh", tools_, "primary");
  connect(cut_, &QPushButton::clicked, this, &CutPanel::cut);
  tools->addWidget(cut_);
  clear_ = make_button("Only the ends that were found", "cut_clear", tools_, "left");
  set_icon(clear_, "reset");
  connect(clear_, &QPushButton::clicked, this, [this] {
    if (const auto* i = image())
      if (const auto done = workspace_.session().update_image(i->key, "vessel ends as found", [](session::ImageData& d) { d.vessel_ends.clear(); }); !done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  });
  tools->addWidget(clear_);
  box->addWidget(tools_);
  connect(&places.pane(), &HeartPane::picked, this, [this](const viewer::Pick& pick) {
    if (workspace_.tool() == Tool::vessel_end && proposal_) mark(pick.point);
  });
  connect(&workspace, &Workspace::tool_changed, this, [this] { start_->setChecked(workspace_.tool() == Tool::vessel_end); });
  connect(&workspace, &Workspace::image_changed, this, [this](const QString& key) {
    const auto* i = image();
    if (workspace_.tool() == Tool::vessel_end && i && key.toStdString() == i->key) ask();
    refresh();
  });
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &CutPanel::refresh);
  refresh();
}

void CutPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  // Another stage was chosen. Later: a window that is being closed hides its panels when its views are gone.
  QTimer::singleShot(0, this, [this] {
    if (!isVisible() && workspace_.tool() == Tool::vessel_end) workspace_.set_tool(Tool::none);
  });
}

const session::ImageData* CutPanel::image() const {
  // The coronary first, as when the case is meshed; an image has one vessel.
  const auto data = workspace_.data();
  for (const int label : {core::labels::coronary, core::labels::aorta})
    for (const auto& i : data->images)
      // The volumes the session keeps: counting voxels at every stroke of the brush would stop it.
      if (i.labels && i.volume && workspace_.session().label_volumes_ml(i.key)[std::size_t(label)] > 0) return &i;
  return nullptr;
}

void CutPanel::refresh() {
  const auto* i = image();
  setVisible(i != nullptr);
  const bool on = workspace_.tool() == Tool::vessel_end;
  tools_->setVisible(on);
  clear_->setVisible(i && !i->vessel_ends.empty());
  start_->setToolTip("Shows the closed vessel of the labels with the ends that were found, to open, close or move them before it is meshed." +
                     (i && !i->vessel_ends.empty() ? QStringLiteral("\n%1 set by hand.").arg(i->vessel_ends.size()) : QString()));
}

void CutPanel::begin(bool on) {
  if (on == (workspace_.tool() == Tool::vessel_end) && on == tools_->isVisibleTo(this)) return;
  if (on) {
    workspace_.set_tool(Tool::vessel_end);
    ask();
  } else {
    ++asked_;
    waiting_ = false;
    proposal_.reset();
    places_.set("cuts", {});
    places_.pane().show_instead(std::nullopt);
    if (workspace_.tool() == Tool::vessel_end) workspace_.set_tool(Tool::none);
  }
  refresh();
}

void CutPanel::ask() {
  const auto* i = image();
  if (!i) return;
  const int number = ++asked_;
  waiting_ = true;
  note_->setText("Finding the ends of the vessel ...");
  cut_->setEnabled(false);
  QPointer<CutPanel> self(this);
  workspace_.session().jobs().start(session::Lane::image, "vessel ends", "Finding the ends of the vessel", [self, number, image = *i](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto found = session::propose_vessel_ends(image, progress);
    if (!found && found.error().code == core::ErrorCode::cancelled) return core::pass(found);
    auto shared = std::make_shared<core::Result<imaging::LumenProposal>>(std::move(found));
    return session::JobRunner::Completion([self, number, shared] {
      if (!self || self->asked_ != number) return;
      self->waiting_ = false;
      if (*shared) {
        self->proposal_ = **shared;
        self->show_proposal();
      } else {
        self->note_->setText(QString::fromStdString(shared->error().message));   // the picture before stays: a click or undo goes on from it
      }
    });
  });
  emit workspace_.jobs_changed();
}

void CutPanel::show_proposal() {
  viewer::VesselItem item;
  item.key = "closed vessel";
  item.name = "Vessel before it is cut";
  constexpr double glass = 0.75;   // discs inside the wall shine through
  item.opacity = glass;
  item.surface = std::make_shared<const core::SurfaceMesh>(proposal_->surface);
  places_.pane().show_instead(std::move(item));
  std::vector<viewer::PlaceMark> marks;
  clear_layout(list_);
  int open = 0;
  for (std::size_t n = 0; n < proposal_->ends.size(); ++n) {
    const auto& e = proposal_->ends[n];
    const std::size_t k = number_of(e.kind);
    marks.push_back({"cut:" + std::to_string(n), e.centre, e.outward, 1.5 * e.radius_mm, colors[k]});
    open += e.kind != Kind::closed;
    auto* line = new QWidget(tools_);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(2, 0, 0, 0);
    auto* go = make_button(QStringLiteral("%1  Ø %2 mm%3").arg(names[k]).arg(2 * e.radius_mm, 0, 'f', 1).arg(e.by_hand ? ", by hand" : ""), QStringLiteral("cut_end_%1").arg(n), line, "flat");
    go->setStyleSheet("text-align: left;");
    go->setToolTip("Fly to this end");
    connect(go, &QPushButton::clicked, this, [this, e] {
      workspace_.set_crosshair(e.centre);
      places_.pane().view().scene().fly_to(e.centre, 6 * e.radius_mm);
    });
    row->addWidget(go, 1);
    if (e.by_hand) {
      auto* remove = make_icon_button("trash", QStringLiteral("cut_remove_%1").arg(n), "As it was found (can be undone)", line);
      connect(remove, &QToolButton::clicked, this, [this, at = e.centre] { take_back(at); });
      row->addWidget(remove);
    }
    list_->addWidget(line);
  }
  places_.set("cuts", std::move(marks));
  QStringList notes;
  for (const auto& n : proposal_->notes) notes << QString::fromStdString(n);
  note_->setText(notes.join(' '));
  allow(cut_, open >= 2, "Makes lumen, centreline and mesh of the vessel again, cut at these ends. Undo brings the old ones back.", "A vessel needs an inlet and an outlet. Click where blood leaves it.");
  refresh();
}

void CutPanel::mark(const core::Vec3& at) {
  const auto* i = image();
  if (!i) return;
  // A click near an end means that end; its mark lies in the middle of its disc.
  imaging::EndMark mark{at, kind_};
  constexpr double reach = 1.6;   // of the radius: the disc drawn, and a little
  for (const auto& e : proposal_->ends)
    if ((e.centre - at).norm() <= reach * e.radius_mm) mark.at = e.centre;
  const auto done = workspace_.session().update_image(i->key, kind_ == Kind::closed ? "vessel end left closed" : kind_ == Kind::inlet ? "vessel inlet" : "vessel outlet", [&](session::ImageData& d) {
    std::erase_if(d.vessel_ends, [&](const imaging::EndMark& e) { return (e.at - mark.at).norm() < 1e-6 || (mark.kind == Kind::inlet && e.kind == Kind::inlet); });
    d.vessel_ends.push_back(mark);
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
}

void CutPanel::take_back(const core::Vec3& at) {
  const auto* i = image();
  if (!i || i->vessel_ends.empty()) return;
  const auto nearest = std::min_element(i->vessel_ends.begin(), i->vessel_ends.end(), [&](const auto& a, const auto& b) { return (a.at - at).norm() < (b.at - at).norm(); })->at;
  const auto done = workspace_.session().update_image(i->key, "vessel end as found", [&](session::ImageData& d) {
    std::erase_if(d.vessel_ends, [&](const imaging::EndMark& e) { return e.at == nearest; });
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
}

void CutPanel::cut() {
  const bool twin = workspace_.data()->twin != nullptr;
  workspace_.set_tool(Tool::none);
  if (!twin) {
    workspace_.session().rebuild();
    return;
  }
  workspace_.session().run_model_job("Cutting and meshing the vessel", "cut vessel", [](session::CaseData& d, const core::Progress& progress) {
    session::PipelineParams params;
    params.heart = false;   // it does not change
    return session::mesh_case(d, params, progress);
  });
}

}  // namespace ot::gui
