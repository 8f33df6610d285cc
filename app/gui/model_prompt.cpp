// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/model_prompt.hpp"

#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/job_titles.hpp"

namespace ot::gui {

bool labels_wait_for_model(const session::CaseData& data) {
  return !data.twin && std::any_of(data.images.begin(), data.images.end(), [](const session::ImageData& i) { return i.labels != nullptr; });
}

QString why_no_muscle(const session::CaseData& data) {
  if (data.twin && data.twin->heart) return {};
  if (labels_wait_for_model(data)) return "Build the model first.";
  if (data.twin) return "This case has no heart muscle.";
  return data.images.empty() ? "Open a case or a scan first." : "Label the heart in Anatomy and build the model first.";
}

bool model_is_being_built(session::Session& session) {
  const auto jobs = session.jobs().status();
  return std::any_of(jobs.begin(), jobs.end(), [](const session::JobStatus& job) {
    return job.title == session::rebuild_title && (job.state == session::JobState::waiting || job.state == session::JobState::running);
  });
}

ModelPrompt::ModelPrompt(Workspace& workspace, const QString& name, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  setObjectName(name + "_prompt");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 4, 0, 4);
  box->setSpacing(4);
  hint_ = make_label("", "attention", this, true);
  hint_->setObjectName(name + "_hint");
  build_ = make_button("Build the model", name, this, "primary");
  set_icon(build_, "rebuild");
  connect(build_, &QPushButton::clicked, this, [this] {
    workspace_.session().rebuild();
    refresh();
  });
  box->addWidget(hint_);
  box->addWidget(build_);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::jobs_changed}) connect(&workspace, signal, this, &ModelPrompt::refresh);
  connect(&workspace, &Workspace::image_changed, this, &ModelPrompt::refresh);
  refresh();
}

void ModelPrompt::refresh() {
  auto& session = workspace_.session();
  const bool first = labels_wait_for_model(*session.data());
  setVisible(first || session.model_out_of_date());
  if (isHidden()) return;
  const bool running = model_is_being_built(session);
  const QString loses = QString::fromStdString(session.rebuild_loses());
  hint_->setText(running ? "The model is being made from the present labels."
                 : first ? "The labels are there. Check their outlines in the slices, then build meshes, fibres and the fast answer from them."
                         : "The model was made from other labels than the present ones. Its numbers belong to the labels before your edits.");
  build_->setText(first ? "Build the model" : "Rebuild model");
  allow(build_, !running, "Meshes, fibres and the fast answer from the present labels." + (loses.isEmpty() ? QString() : "\n" + loses + ".\nUndo brings the old model back."),
        "It is being built: see the progress below.");
}

}  // namespace ot::gui
