// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/centre_view.hpp"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPropertyAnimation>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/gui/heart_pane.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/views/slice_bar.hpp"
#include "app/gui/views/vessel_pane.hpp"
#include "app/gui/views/volume_show.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"

namespace ot::gui {
namespace {
constexpr int banner_height = 40, motion_ms = 150;
}

Banner::Banner(QWidget* parent) : QWidget(parent) {
  name_widget(this, "banner", "Message");
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  bar_ = new QFrame(this);
  bar_->setObjectName("banner_bar");
  outer->addWidget(bar_);
  auto* row = new QHBoxLayout(bar_);
  row->setContentsMargins(12, 0, 8, 0);
  row->setSpacing(10);
  icon_ = new QLabel(bar_);
  label_ = new QLabel(bar_);
  label_->setObjectName("banner_text");
  label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  label_->setWordWrap(true);
  label_->setStyleSheet("font-size: 12px;");
  auto* close = make_icon_button("close", "banner_close", "Dismiss this message", bar_);
  row->addWidget(icon_);
  row->addWidget(label_, 1);
  row->addWidget(close);
  connect(close, &QToolButton::clicked, this, &Banner::close_banner);
  setMaximumHeight(0);
}

QString Banner::text() const { return maximumHeight() > 0 ? label_->text() : QString(); }

void Banner::say(Tone tone, const QString& text) {
  const Theme& t = theme();
  const QColor color = tone == Tone::bad ? t.bad : tone == Tone::attention ? t.attention : tone == Tone::good ? t.good : t.accent;
  icon_->setPixmap(icon_pixmap(tone == Tone::bad || tone == Tone::attention ? "warning" : tone == Tone::good ? "confirm" : "info", color, 18,
                               devicePixelRatioF()));
  label_->setText(text);
  good_ = tone == Tone::good;
  setAccessibleDescription(text);
  bar_->setStyleSheet(QStringLiteral("#banner_bar { background: %1; border-bottom: 1px solid %2; }")
                          .arg(mix(t.panel, color, 0.10).name(), mix(t.hairline, color, 0.35).name()));
  const int wanted = std::max(banner_height, label_->heightForWidth(std::max(200, width() - 90)) + 14);
  auto* motion = new QPropertyAnimation(this, "maximumHeight", this);
  motion->setDuration(motion_ms);
  motion->setStartValue(height());
  motion->setEndValue(wanted);
  motion->start(QAbstractAnimation::DeleteWhenStopped);
  setMinimumHeight(0);
}

void Banner::close_good_news() {
  if (std::exchange(good_, false)) close_banner();
}

void Banner::close_banner() {
  auto* motion = new QPropertyAnimation(this, "maximumHeight", this);
  motion->setDuration(motion_ms);
  motion->setStartValue(height());
  motion->setEndValue(0);
  motion->start(QAbstractAnimation::DeleteWhenStopped);
}

CentreView::CentreView(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "centre", "Views");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(0);
  banner_ = new Banner(this);
  box->addWidget(banner_);
  auto* row = new QHBoxLayout;
  row->setSpacing(1);
  box->addLayout(row, 1);

  panes_ = new QWidget(this);
  auto* panes = new QHBoxLayout(panes_);
  panes->setContentsMargins(0, 0, 0, 0);
  panes->setSpacing(1);
  other_ = new HeartPane(workspace, "pane_left", panes_);
  main_ = new HeartPane(workspace, "pane_main", panes_);
  panes->addWidget(other_, 1);
  panes->addWidget(main_, 1);
  other_->hide();
  row->addWidget(panes_, 1);
  vessel_ = new VesselPane(workspace, this);
  row->addWidget(vessel_, 1);
  vessel_->hide();

  column_ = new QWidget(this);
  name_widget(column_, "slice_column", "Slices");
  auto* column = new QVBoxLayout(column_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(1);
  const viewer::SlicePlane planes[] = {viewer::SlicePlane::axial, viewer::SlicePlane::coronal, viewer::SlicePlane::sagittal};
  const char* const names[] = {"slice_axial", "slice_coronal", "slice_sagittal"};
  const char* const spoken[] = {"Axial slice", "Coronal slice", "Sagittal slice"};
  for (std::size_t i = 0; i < 3; ++i) {
    auto* slice = new viewer::SliceView(planes[i], column_);
    name_widget(slice, names[i], spoken[i]);
    slices_[i] = slice;
    connect(slice, &viewer::SliceView::crosshair_moved, this, [this](const core::Vec3& x) { workspace_.set_crosshair(x); });
    connect(slice, &viewer::SliceView::hovered, &workspace, &Workspace::quantity_hovered);
    connect(slice, &viewer::SliceView::window_level_changed, this, [this, slice](double width, double level) {
      for (auto* other : slices_)
        if (other != slice) other->set_window_level({width, level});
    });
    connect(slice, &viewer::SliceView::maximise_requested, this, [this, i] {
      maximised_ = maximised_ == int(i) ? -1 : int(i);
      refresh_layout();
    });
  }
  deck_ = new SliceDeck(workspace, slices_, this);
  bar_ = new SliceBar(*deck_, workspace, column_);
  column->addWidget(bar_);
  slice_grid_ = new QGridLayout;
  slice_grid_->setContentsMargins(0, 0, 0, 0);
  slice_grid_->setSpacing(1);
  column->addLayout(slice_grid_, 1);
  measures_ = new MeasurePanel(*deck_, workspace, column_);
  slices_empty_ = make_label("No image in this case", "hint", column_);
  static_cast<QLabel*>(slices_empty_)->setAlignment(Qt::AlignCenter);
  column->addWidget(slices_empty_, 1);
  column->addWidget(measures_);
  row->addWidget(column_);

  connect(&workspace, &Workspace::message, banner_, &Banner::say);
  connect(&workspace, &Workspace::message_over, banner_, &Banner::close_banner);
  connect(&workspace, &Workspace::case_replaced, banner_, &Banner::close_banner);   // it spoke of the case before
  connect(&workspace, &Workspace::case_replaced, this, &CentreView::refresh_images);
  connect(&workspace, &Workspace::image_changed, banner_, &Banner::close_good_news);   // the next step was taken
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed}) connect(&workspace, signal, this, &CentreView::place_starter);
  connect(&workspace, &Workspace::model_changed, this, &CentreView::refresh_layout);
  connect(&workspace, &Workspace::vessel_changed, this, &CentreView::refresh_images);
  connect(&workspace, &Workspace::compare_changed, this, &CentreView::refresh_layout);
  connect(&workspace, &Workspace::layout_changed, this, &CentreView::refresh_layout);
  connect(&workspace, &Workspace::crosshair_changed, this, [this] {
    for (auto* slice : slices_) slice->set_crosshair(workspace_.crosshair());
  });
  connect(deck_, &SliceDeck::slices_wanted, this, [this] {
    if (workspace_.layout() != Layout::slices) workspace_.set_layout(Layout::slices);
  });
  connect(deck_, &SliceDeck::measurements_changed, this, &CentreView::refresh_lines);
  connect(&workspace, &Workspace::tool_changed, this, [this] {
    const bool ruler = workspace_.tool() == Tool::measure;
    if (ruler && !deck_->measuring()) deck_->start_measuring(core::MeasurementKind::distance);
    if (!ruler && deck_->measuring()) deck_->stop_tool();
  });
  connect(deck_, &SliceDeck::tool_changed, this, [this] {
    if (!deck_->measuring() && workspace_.tool() == Tool::measure) workspace_.set_tool(Tool::none);
  });
  connect(&workspace, &Workspace::label_visible_changed, this, [this](int value, const QString&, bool visible) {
    if (value <= 0) return;
    deck_->take_turns();
    for (auto* slice : slices_) {
      slice->scene().set_label_visible(value, visible);
      slice->refresh();
    }
  });
  connect(main_, &HeartPane::maximise_requested, this, [this] {
    workspace_.set_layout(workspace_.layout() == Layout::big_3d ? Layout::four_up : Layout::big_3d);
  });
  main_->installEventFilter(this);
  main_->refresh_case();
  refresh_images();
  refresh_layout();
}

void CentreView::refresh_images() {
  const auto data = workspace_.data();
  std::vector<core::Vec3> around;
  if (data->twin) {
    const auto* vessel = data->twin->find_vessel(workspace_.shown_vessel().toStdString());
    if (vessel && vessel->lumen) around = vessel->lumen->points;
    else if (data->twin->heart) around = data->twin->heart->baseline.mesh->nodes;
    else if (!data->twin->vessels.empty()) around = data->twin->vessels.front()->lumen->points;
  }
  int at = present::image_around(*data, around);
  // The heart is seen best in the image its labels came from, which is the first of the case.
  if (workspace_.shown_vessel().isEmpty() && data->twin && data->twin->heart && !data->images.empty()) at = 0;
  const bool have = at >= 0 && data->images[std::size_t(at)].volume;
  main_->volume().set_image(have ? QString::fromStdString(data->images[std::size_t(at)].key) : QString());
  deck_->show_image(have ? QString::fromStdString(data->images[std::size_t(at)].key) : QString());
  slices_empty_->setVisible(!have);
  if (have) {
    core::Vec3 middle(0, 0, 0);
    if (around.empty()) {
      const auto& grid = data->images[std::size_t(at)].volume->grid;
      middle = grid.to_patient(core::Vec3(grid.size[0] / 2.0, grid.size[1] / 2.0, grid.size[2] / 2.0));
    } else {
      for (const auto& x : around) middle += x / double(around.size());
    }
    workspace_.set_crosshair(middle);
  }
  refresh_layout();
}

void CentreView::refresh_layout() {
  const bool comparing = workspace_.comparing();
  other_->setVisible(comparing);
  other_->set_compact(comparing);
  main_->set_compact(comparing);
  if (comparing) {
    other_->set_plan(workspace_.compare_left());
    main_->set_plan(workspace_.compare_right());
    main_->set_minus(workspace_.showing_difference() ? workspace_.compare_left() : -1);
    if (!linked_) {
      other_->refresh_case();
      main_->view().scene().link_camera(other_->view().scene());
      linked_ = true;
    }
    main_->view().scene().fit();
  } else {
    main_->set_minus(-1);
    main_->set_plan(-1);
    if (linked_) {
      main_->view().scene().unlink_camera();
      linked_ = false;
    }
  }
  const bool have = slices_[0]->scene().volume() != nullptr;
  // While there is no model the slices are what there is to look at; what the 3D view asks for needs little room.
  const bool slices_alone = have && !workspace_.data()->twin && workspace_.layout() == Layout::four_up;
  const Layout layout = slices_alone ? Layout::slices : workspace_.layout();
  const bool column = !comparing && layout != Layout::big_3d && !low_;
  column_->setVisible(column);
  vessel_->setVisible(!comparing && layout == Layout::vessel);
  bar_->setVisible(have);
  const bool big = layout == Layout::slices && maximised_ < 0;
  // Four-up: one below the other. Slices: the first one large at the left, the other two beside it.
  for (std::size_t i = 0; i < 3; ++i) {
    slices_[i]->setVisible(have && (maximised_ < 0 || maximised_ == int(i)));
    if (big) slice_grid_->addWidget(slices_[i], i == 2 ? 1 : 0, i == 0 ? 0 : 1, i == 0 ? 2 : 1, 1);
    else slice_grid_->addWidget(slices_[i], int(i), 0, 1, 1);
  }
  for (int i = 0; i < 3; ++i) {
    slice_grid_->setRowStretch(i, big ? (i < 2) : (maximised_ < 0 || maximised_ == i));
    slice_grid_->setColumnStretch(i, big ? (i == 0 ? 5 : i == 1 ? 4 : 0) : i == 0);
  }
  const int wanted = layout == Layout::slices ? width() * 70 / 100 : maximised_ >= 0 ? width() * 6 / 10 : std::clamp(width() * 29 / 100, 190, 380);
  column_->setFixedWidth(std::min(wanted, std::max(190, width() - 320)));
  place_starter();
}

void CentreView::set_low(bool low) {
  if (std::exchange(low_, low) != low) refresh_layout();
}

void CentreView::refresh_lines() { main_->view().scene().set_measure_lines(deck_->lines_in_3d()); }

void CentreView::show_starter(QWidget* card) {
  if (starter_) {
    starter_->hide();
    starter_->deleteLater();
  }
  starter_ = card;
  if (!card) return;
  card->setParent(main_);
  card->show();
  card->raise();
  place_starter();
}

void CentreView::place_starter() {
  if (!starter_) return;
  starter_->adjustSize();
  starter_->move((main_->width() - starter_->width()) / 2, main_->height() - starter_->height() - 44);
  starter_->setVisible(workspace_.heart() && !workspace_.comparing() && main_->width() > starter_->width() + 40);
}

void CentreView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  refresh_layout();
}

bool CentreView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == main_ && event->type() == QEvent::Resize) place_starter();
  return QWidget::eventFilter(watched, event);
}

}  // namespace ot::gui
