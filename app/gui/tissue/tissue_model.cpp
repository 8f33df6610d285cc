// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tissue/tissue_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ot::gui {

using session::JobRunner;
using session::Lane;

TissueModel::TissueModel(Workspace& workspace, QObject* parent) : QObject(parent), workspace_(workspace) {
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    report_.reset();
    preview_.reset();
    measured_labels_.reset();
    measured_mesh_ = nullptr;
    problem_.clear();
    refusal_.clear();
    chosen_ = measuring_ = false;
    ++asked_;
    workspace_.set_wall_thickness(nullptr);
    emit measured();
  });
}

const session::ImageData* TissueModel::image() const { return session::tissue_image(*workspace_.data(), {}); }

void TissueModel::ensure() {
  const auto* now = image();
  const auto* heart = workspace_.heart();
  const auto mesh = heart ? heart->baseline.mesh : nullptr;
  if (!now) {
    problem_ = "No LV wall and blood in the labels. Segment an image in the Anatomy stage first.";
    if (report_) {
      report_.reset();
      preview_.reset();
      measured_labels_.reset();
    }
    emit measured();
    return;
  }
  if (measured_labels_ == now->labels && measured_landmarks_ == now->landmarks && measured_mesh_ == mesh.get()) return;
  measured_labels_ = now->labels;
  measured_landmarks_ = now->landmarks;
  measured_mesh_ = mesh.get();
  measuring_ = true;
  problem_.clear();
  emit measured();
  const int ask = ++asked_;
  auto copy = std::make_shared<const session::ImageData>(*now);
  std::vector<std::uint8_t> lv = heart ? heart->aha_segment : std::vector<std::uint8_t>();
  workspace_.session().jobs().start(Lane::image, "tissue-measure", "Measuring the LV wall", [this, ask, copy, mesh, lv = std::move(lv)](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto made = session::measure_tissue(*copy, progress);
    if (!made && made.error().code == core::ErrorCode::cancelled) return core::pass(made);
    std::shared_ptr<const session::TissueReport> report;
    QString problem;
    std::shared_ptr<const std::vector<float>> nodes;
    if (made) {
      report = std::make_shared<const session::TissueReport>(std::move(*made));
      if (mesh) {
        auto values = std::make_shared<std::vector<float>>(mesh->nodes.size(), std::numeric_limits<float>::quiet_NaN());
        for (std::size_t n = 0; n < values->size() && n < lv.size(); ++n) {
          if (lv[n]) (*values)[n] = float(report->wall->thickness_at(mesh->nodes[n]));
          if (n % 4096 == 0 && progress.cancelled()) return core::cancelled();
        }
        nodes = std::move(values);
      }
    } else {
      problem = QString::fromStdString(made.error().message);
    }
    return JobRunner::Completion([this, ask, report, problem, nodes] {
      if (ask != asked_) return;   // another case or newer labels meanwhile
      measuring_ = false;
      report_ = report;
      problem_ = problem;
      workspace_.set_wall_thickness(nodes);
      if (report_ && !chosen_) {   // a first choice that fits the image
        chosen_ = true;
        params_ = {};
        params_.method = report_->sample->ct ? imaging::ScarMethod::hu : imaging::ScarMethod::n_sd;
        params_.fat = false;
      }
      emit measured();
      find_scar();
    });
  });
}

void TissueModel::set_params(const imaging::ScarParams& params) {
  params_ = params;
  chosen_ = true;
  find_scar();
}

void TissueModel::find_scar() {
  if (!report_) return;
  auto sample = report_->sample;
  const auto params = params_;
  const int ask = asked_;
  workspace_.session().jobs().start(Lane::quick, "tissue-preview", "Finding scar", [this, sample, params, ask](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto made = imaging::classify_wall(*sample, params, progress);
    if (!made && made.error().code == core::ErrorCode::cancelled) return core::pass(made);
    auto result = made ? std::make_shared<const imaging::ScarResult>(std::move(*made)) : nullptr;
    const QString refusal = made ? QString() : QString::fromStdString(made.error().message);
    return JobRunner::Completion([this, result, refusal, ask] {
      if (ask != asked_) return;
      preview_ = result;
      refusal_ = refusal;
      emit previewed();
    });
  });
}

void TissueModel::apply() {
  const auto* now = image();
  if (!report_ || !preview_ || measuring_ || !now || now->labels != measured_labels_) return;   // labels changed since: the preview is of others
  const auto sample = report_->sample;
  const auto result = preview_;
  const auto params = params_;
  static const char* const names[] = {"remove scar", "scar by SD", "scar by half maximum", "scar by HU", "scar by wall thinning"};
  const auto done = workspace_.session().update_image(report_->image_key, names[int(params.method)], [&](session::ImageData& i) {
    session::put_tissue(i, *sample, *result, params);
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  else ensure();
}

void TissueModel::move_landmark(const std::string& key, const core::Vec3& at) {
  const auto* now = image();
  if (!now) return;
  std::string name = key;
  for (const auto& kind : imaging::landmark_kinds())
    if (key == kind.key) name = kind.name;
  const auto done = workspace_.session().update_image(now->key, "move " + name, [&](session::ImageData& i) {
    std::erase_if(i.landmarks, [&](const auto& p) { return p.key == key; });
    i.landmarks.push_back({key, at, true});
  });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  else ensure();
}

void TissueModel::reset_landmark(const std::string& key) {
  const auto* now = image();
  if (!now) return;
  const auto done = workspace_.session().update_image(now->key, "reset landmark", [&](session::ImageData& i) { std::erase_if(i.landmarks, [&](const auto& p) { return p.key == key; }); });
  if (!done) workspace_.say(Tone::bad, QString::fromStdString(done.error().message));
  else ensure();
}

}  // namespace ot::gui
