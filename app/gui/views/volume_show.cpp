// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/volume_show.hpp"

#include <QMenu>
#include <algorithm>
#include <cmath>

#include "app/gui/heart_pane.hpp"
#include "viewer/qt/vtk_widget.hpp"

namespace ot::gui {
namespace {

const session::ImageData* image_of(const session::CaseData& data, const QString& key) {
  for (const auto& i : data.images)
    if (QString::fromStdString(i.key) == key) return &i;
  return nullptr;
}

bool in_heart(int v) {
  using namespace core::labels;
  return v != 0 && (v <= pulmonary_artery || v == rv_wall || v == scar || v == coronary || v == border_zone);
}

// Where the heart is: its labels and 15 mm around them; nothing without labels.
std::optional<viewer::VolumeBox> heart_box(const core::LabelMap& labels, const core::Progress& progress) {
  constexpr double margin_mm = 15;
  const auto& g = labels.grid;
  core::Vec3 lo = core::Vec3::Constant(1e300), hi = -lo;
  for (int k = 0; k < g.size[2]; ++k) {
    if (progress.cancelled()) return std::nullopt;
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (!in_heart(labels.at(i, j, k))) continue;
        const core::Vec3 x = g.to_patient(core::Vec3(i, j, k));
        lo = lo.cwiseMin(x), hi = hi.cwiseMax(x);
      }
  }
  if (lo.x() > hi.x()) return std::nullopt;
  return viewer::VolumeBox{lo - core::Vec3::Constant(margin_mm), hi + core::Vec3::Constant(margin_mm)};
}

// Ribs and spine hide the heart: what lies more than a few millimetres outside the labelled heart becomes air. The margin keeps the
// coronary arteries, which run on the surface in their fat.
void keep_heart(viewer::VolumeTexture& texture, const core::LabelMap& labels) {
  constexpr double margin_mm = 7;
  const auto& g = texture.grid;
  std::vector<char> keep(g.voxels(), 0), other(g.voxels(), 0);
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        const core::Vec3 at = labels.grid.to_index(g.to_patient(core::Vec3(i, j, k)));
        const int a = int(std::lround(at.x())), b = int(std::lround(at.y())), c = int(std::lround(at.z()));
        keep[g.offset(i, j, k)] = labels.grid.contains(a, b, c) && in_heart(labels.at(a, b, c));
      }
  const std::ptrdiff_t stride[3] = {1, g.size[0], std::ptrdiff_t(g.size[0]) * g.size[1]};
  for (int axis = 0; axis < 3; ++axis) {
    const int reach = std::max(1, int(std::lround(margin_mm / g.spacing[axis])));
    std::fill(other.begin(), other.end(), 0);
    for (std::ptrdiff_t n = 0; n < std::ptrdiff_t(keep.size()); ++n) {
      if (!keep[std::size_t(n)]) continue;
      const int place = int(n / stride[axis] % g.size[std::size_t(axis)]);
      for (int d = std::max(-reach, -place); d <= std::min(reach, g.size[std::size_t(axis)] - 1 - place); ++d) other[std::size_t(n + d * stride[axis])] = 1;
    }
    keep.swap(other);
  }
  for (std::size_t n = 0; n < keep.size(); ++n)
    if (!keep[n]) texture.values[n] = -1024;
}

}  // namespace

VolumeShow::VolumeShow(Workspace& workspace, HeartPane& pane, QObject* parent) : QObject(parent), workspace_(workspace), pane_(pane) {
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    shown_.clear();   // the scene was cleared with the case
    texture_of_ = nullptr;
    texture_ = nullptr;
    emit changed();
  });
  // The pane clears its scene when another vessel or a rebuilt model is shown: the volume comes back.
  for (auto signal : {&Workspace::vessel_changed, &Workspace::model_changed})
    connect(&workspace, signal, this, [this] {
      if (!shown_.isEmpty() && texture_) pane_.view().scene().set_volume(texture_, shown_.toStdString());
    });
}

std::vector<viewer::VolumePreset> VolumeShow::presets() const {
  std::vector<viewer::VolumePreset> out;
  const auto data = workspace_.data();
  const auto* image = image_of(*data, image_);
  if (!image || !image->volume) return out;
  for (const auto& p : viewer::volume_presets())
    if (p.hounsfield == (image->volume->quantity == "HU")) out.push_back(p);
  return out;
}

void VolumeShow::add_actions(QMenu* menu) {
  const auto list = presets();
  if (list.empty()) return;
  menu->addSeparator();
  for (const auto& p : list) {
    const QString key = QString::fromStdString(p.key);
    QAction* action = menu->addAction("Volume: " + QString::fromStdString(p.name));
    action->setCheckable(true);
    action->setChecked(shown_ == key);
    connect(action, &QAction::triggered, this, [this, key] { toggle(key); });
  }
  QAction* crop = menu->addAction("Volume: only the heart");
  crop->setCheckable(true);
  crop->setChecked(crop_);
  connect(crop, &QAction::triggered, this, [this](bool on) { set_crop_to_heart(on); });
}

void VolumeShow::off() {
  shown_.clear();
  pane_.view().scene().set_volume(nullptr);
  emit changed();
}

void VolumeShow::toggle(const QString& preset) {
  if (preset.isEmpty() || preset == shown_) {
    off();
    return;
  }
  shown_ = preset;
  start();
}
void VolumeShow::set_crop_to_heart(bool on) {
  crop_ = on;
  if (!shown_.isEmpty()) start();
}

void VolumeShow::start() {
  const auto data = workspace_.data();
  const auto* image = image_of(*data, image_);
  if (!image || !image->volume) {
    shown_.clear();
    return;
  }
  if (texture_ && texture_of_ == image->volume && texture_cropped_ == crop_) {
    pane_.view().scene().set_volume(texture_, shown_.toStdString());
    emit changed();
    return;
  }
  const bool software = pane_.view().canvas().software_gl();
  workspace_.session().jobs().start(session::Lane::quick, "volume rendering", "Preparing the volume for 3D",
                                    [this, volume = image->volume, labels = image->labels, crop = crop_, software](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    const auto box = crop && labels ? heart_box(*labels, progress) : std::nullopt;
    auto made = viewer::make_volume_texture(*volume, box, software ? viewer::software_voxels : viewer::hardware_voxels, progress);
    if (!made) return core::pass(made);
    if (box) {
      auto masked = std::make_shared<viewer::VolumeTexture>(**made);
      keep_heart(*masked, *labels);
      made = std::shared_ptr<const viewer::VolumeTexture>(std::move(masked));
    }
    return session::JobRunner::Completion([this, volume, crop, software, texture = *made] {
      if (shown_.isEmpty()) return;   // switched off meanwhile
      texture_of_ = volume;
      texture_ = texture;
      texture_cropped_ = crop;
      note_ = QStringLiteral("volume %1 mm").arg(texture->grid.spacing.minCoeff(), 0, 'f', 1);
      if (software) note_ += ", reduced: drawn without a graphics card";
      else if (texture->reduced > 1) note_ += ", reduced";
      pane_.view().scene().set_volume(texture, shown_.toStdString());
      emit changed();
    });
  });
}

}  // namespace ot::gui
