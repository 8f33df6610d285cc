// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/fibres_panel.hpp"

#include <QFileDialog>
#include <QLabel>
#include <QVBoxLayout>

#include "app/gui/model_prompt.hpp"
#include "app/gui/widgets.hpp"
#include "app/session/recorded.hpp"
#include "app/session/whole_heart.hpp"

namespace ot::gui {

FibresPanel::FibresPanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "panel_fibres", "Fibres");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(6);
  auto* caption = make_label("Fibres", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  now_ = make_label({}, "small", this, true);
  now_->setObjectName("fibres_now");
  box->addWidget(now_);
  take_ = make_button("Measured fibres", "fibres_import", this, "left");
  set_icon(take_, "open");
  connect(take_, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getOpenFileName(this, "Measured fibres of this mesh", {}, "Fibres (*.lon *.vtu *.vtk);;All files (*)");
    if (!file.isEmpty()) import_fibres(file.toStdString());
  });
  box->addWidget(take_);
  rule_ = make_button("Back to fibres by rule", "fibres_rule", this, "left");
  connect(rule_, &QPushButton::clicked, this, [this] {
    rebuild("Laying fibres by rule", "fibres by rule", [](session::CaseData& d, const core::Progress&) -> core::Result<void> {
      auto heart = *d.heart_mesh;
      heart.fibres.reset();
      heart.fibres_source.clear();
      d.heart_mesh = std::move(heart);
      return {};
    });
  });
  box->addWidget(rule_);
  for (auto signal : {&Workspace::case_replaced, &Workspace::model_changed, &Workspace::jobs_changed}) connect(&workspace, signal, this, &FibresPanel::refresh);
  refresh();
}

void FibresPanel::import_fibres(const std::filesystem::path& file) {
  rebuild("Measured fibres", "fibres " + file.filename().string(), [file](session::CaseData& d, const core::Progress& progress) { return session::take_fibres(d, file, progress); });
}

void FibresPanel::rebuild(const QString& title, const std::string& step, const std::function<core::Result<void>(session::CaseData&, const core::Progress&)>& change) {
  workspace_.session().run_model_job(title.toStdString(), step, [change](session::CaseData& d, const core::Progress& progress) -> core::Result<void> {
    if (auto ok = change(d, progress.part(0, 0.2)); !ok) return ok;
    if (auto ok = session::build_chosen_twin(d, {}, progress.part(0.2, 0.8)); !ok) return ok;
    if (auto run = session::run_scenario(d, {}, core::Mode::fast, {}, progress.part(0.8, 1)); !run) return core::pass(run);
    return {};
  });
}

void FibresPanel::refresh() {
  const auto data = workspace_.data();
  const bool heart = data->twin && data->twin->heart;
  const bool measured = data->heart_mesh && data->heart_mesh->fibres;
  now_->setText(!heart ? QString() : measured ? QStringLiteral("Now: those of %1.").arg(QString::fromStdString(data->heart_mesh->fibres_source)) : QStringLiteral("Now: laid by rule (Bayer 2012)."));
  now_->setVisible(heart);
  const QString why = !heart ? why_no_muscle(*data) : !data->heart_mesh ? QStringLiteral("The case does not hold the mesh the twin was built on: mesh the labels again first.") : QString();
  allow(take_, why.isEmpty(), "openCARP .lon in the order of this mesh's tetrahedra, or a .vtu with an array named fibre on the same mesh. Export, Ventricular mesh, gives that mesh.", why);
  allow(rule_, why.isEmpty() && measured, "Builds the twin again with fibres by rule", why.isEmpty() ? QStringLiteral("They are laid by rule already.") : why);
}

}  // namespace ot::gui
