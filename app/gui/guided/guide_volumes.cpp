// SPDX-License-Identifier: GPL-3.0-or-later
// The volumes beside the threshold slider of the Guide panel: an estimate that follows the mouse, exact again after the run.
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <cmath>

#include "app/gui/guided/guide_panel.hpp"
#include "app/gui/workspace.hpp"
#include "imaging/segmentation/threshold_volumes.hpp"

namespace ot::gui {

void GuidePanel::read_volumes(double threshold) {
  const auto* image = tool_->image();
  if (!image || !image->labels) {
    volumes_.reset();
    volumes_of_ = nullptr;
    return;
  }
  if (!open_->isChecked() || volumes_of_ == image->labels.get() || !std::isfinite(threshold)) return;
  volumes_of_ = image->labels.get();
  volumes_.reset();
  workspace_.session().jobs().start(session::Lane::quick, "volumes by threshold", "Volumes by threshold", [this, volume = image->volume, labels = image->labels, threshold](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto made = imaging::threshold_volumes(*volume, *labels, threshold, progress);
    if (!made) return core::pass(made);
    auto shared = std::make_shared<const imaging::ThresholdVolumes>(std::move(*made));
    return session::JobRunner::Completion([this, of = static_cast<const void*>(labels.get()), shared] {
      if (of != volumes_of_) return;
      volumes_ = shared;
      refresh_live();
    });
  });
}

void GuidePanel::refresh_live() {
  live_->setVisible(volumes_ != nullptr);
  if (!volumes_) return;
  const double at = from_slider(threshold_->value());
  QStringList words;
  for (const auto& [label, name] : {std::pair{core::labels::lv_blood_pool, "LV"}, {core::labels::rv_blood_pool, "RV"}, {core::labels::left_atrium, "LA"}, {core::labels::aorta, "aorta"}}) {
    const auto now = volumes_->volumes_ml().find(label);
    if (now == volumes_->volumes_ml().end()) continue;
    const double ml = volumes_->volume_ml(label, at), change = ml - now->second;
    words << QStringLiteral("%1 %2 mL").arg(name).arg(ml, 0, 'f', 0) + (std::abs(change) < 0.5 ? QString() : QStringLiteral(" (%1%2)").arg(change > 0 ? "+" : "−").arg(std::abs(change), 0, 'f', 0));
  }
  live_->setText(words.join(", ") + (std::abs(at - volumes_->threshold()) < 0.0006 * (high_ - low_) ? "." : ": an estimate at this threshold, exact after the run."));
}

}  // namespace ot::gui
