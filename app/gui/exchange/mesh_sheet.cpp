// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/exchange/mesh_sheet.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "app/gui/number_box.hpp"
#include "app/gui/widgets.hpp"
#include "app/gui/workspace.hpp"
#include "app/present/stages.hpp"
#include "app/session/exchange.hpp"
#include "imaging/exchange/label_scheme.hpp"
#include "imaging/exchange/mesh_file.hpp"

namespace ot::gui {
namespace {

constexpr std::array<imaging::LengthUnit, 4> units = {imaging::LengthUnit::mm, imaging::LengthUnit::cm, imaging::LengthUnit::um, imaging::LengthUnit::m};

double longest_side(const imaging::MixedMesh& mesh) {
  core::Vec3 low = core::Vec3::Constant(1e300), high = -low;
  for (const auto& p : mesh.points) low = low.cwiseMin(p), high = high.cwiseMax(p);
  return mesh.points.empty() ? 0 : (high - low).maxCoeff();
}

// The skin of tetrahedra that no twin shows, to look at.
session::AnatomySurface skin(const core::TetMesh& mesh, const std::string& name) {
  auto out = std::make_shared<core::SurfaceMesh>();
  std::vector<core::Index> point(mesh.nodes.size(), -1);
  for (const auto& f : mesh.boundary) {
    core::Triangle t{};
    for (std::size_t c = 0; c < 3; ++c) {
      core::Index& p = point[std::size_t(f.nodes[c])];
      if (p < 0) p = core::Index(out->points.size()), out->points.push_back(mesh.nodes[std::size_t(f.nodes[c])]);
      t[c] = p;
    }
    out->triangles.push_back(t);
    out->patch.push_back(f.patch);
  }
  out->patch_names = mesh.patch_names;
  return {"mesh/heart", name, imaging::own_color(60), false, false, std::move(out)};
}

// Added to the case, and the twin on it where the mesh allows one; why not is said with the case.
core::Result<std::string> bring(session::CaseData& data, const session::ForeignMesh& mesh, const session::PipelineParams& params, const core::Progress& progress) {
  if (auto ok = session::add_foreign_mesh(data, mesh, params, progress.part(0, 0.4)); !ok) return core::pass(ok);
  if (mesh.as == "surface") return std::string();
  if (auto ok = session::build_twin(data, params, progress.part(0.4, 1)); !ok) {
    if (ok.error().code == core::ErrorCode::cancelled) return core::pass(ok);
    if (mesh.as == "heart" && data.heart_mesh && data.heart_mesh->mesh) data.anatomy.push_back(skin(*data.heart_mesh->mesh, mesh.name.empty() ? "Mesh" : mesh.name));
    return "No twin was built on it: " + ok.error().message;
  }
  return std::string();
}

}  // namespace

bool is_mesh_file(const std::filesystem::path& file) {
  std::string ext = file.extension().string();
  for (char& c : ext) c = char(std::tolower(static_cast<unsigned char>(c)));
  for (const char* known : {".vtu", ".vtp", ".vtk", ".stl", ".ply", ".obj", ".msh", ".pts", ".elem", ".lon"})
    if (ext == known) return true;
  return false;
}

MeshSheet::MeshSheet(Workspace& workspace, QWidget* window) : WorkSheet("mesh_sheet", "A mesh of another tool", {620, 400}, window), workspace_(workspace) {
  auto* file = new QHBoxLayout;
  file_line_ = make_label("", "strong", this, true);
  file_line_->setObjectName("mesh_sheet_file");
  file_line_->setTextFormat(Qt::PlainText);
  file->addWidget(file_line_, 1);
  auto* other = make_button("Other file", "mesh_sheet_other", this);
  connect(other, &QPushButton::clicked, this, &MeshSheet::choose_file);
  file->addWidget(other);
  box_->addLayout(file);
  auto* form = new QFormLayout;
  form->setVerticalSpacing(8);
  const auto row = [&](const QString& name, QWidget* field) { form->addRow(make_label(name, "secondary", this), field); };
  as_ = new QComboBox(this);
  name_widget(as_, "mesh_sheet_as", "What the mesh is");
  row("It is", as_);
  name_ = new QLineEdit(this);
  name_widget(name_, "mesh_sheet_name", "Name of the mesh in the case");
  row("Called", name_);
  unit_ = new QComboBox(this);
  name_widget(unit_, "mesh_sheet_unit", "Length unit of the file");
  row("Its numbers are in", unit_);
  edge_ = new NumberBox(this);
  name_widget(edge_, "mesh_sheet_edge", "Largest edge of the lumen's tetrahedra");
  edge_->setRange(0, 20);
  edge_->setDecimals(2);
  edge_->setSingleStep(0.1);
  edge_->setSuffix(" mm");
  edge_->setSpecialValueText("from the radius");
  row("Largest edge", edge_);
  into_ = new QComboBox(this);
  name_widget(into_, "mesh_sheet_into", "Where the mesh goes");
  row("Goes into", into_);
  box_->addLayout(form);
  unit_line_ = make_label("", "small", this, true);
  unit_line_->setObjectName("mesh_sheet_unit_line");
  box_->addWidget(unit_line_);
  box_->addStretch(1);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  apply_ = make_button("Bring it in", "mesh_sheet_apply", this, "primary");
  connect(apply_, &QPushButton::clicked, this, &MeshSheet::apply);
  buttons->addWidget(apply_);
  box_->addLayout(buttons);
  connect(unit_, &QComboBox::activated, this, [this] {
    unit_by_hand_ = true;
    refresh_apply();
  });
  connect(as_, &QComboBox::activated, this, &MeshSheet::ask_unit);
  connect(name_, &QLineEdit::editingFinished, this, &MeshSheet::ask_unit);
  connect(into_, &QComboBox::activated, this, [this] { refresh_apply(); });
  connect(&workspace, &Workspace::jobs_changed, this, [this] {
    const auto jobs = workspace_.session().jobs().status();
    if (job_ != 0 && std::none_of(jobs.begin(), jobs.end(), [this](const auto& j) { return j.id == job_; }) && !mesh_) {
      job_ = 0;
      say("Reading was cancelled.", "attention");
    }
    if (isVisible()) refresh_apply();
  });
}

void MeshSheet::choose_file() {
  const QString file = QFileDialog::getOpenFileName(this, "A mesh of another tool", {}, "Meshes (*.vtu *.vtp *.vtk *.stl *.ply *.obj *.msh *.pts *.elem);;All files (*)");
  if (!file.isEmpty()) open(file.toStdString());
}

void MeshSheet::open(const std::filesystem::path& file) {
  auto& jobs = workspace_.session().jobs();
  if (job_ != 0) jobs.cancel(job_);
  file_ = file;
  mesh_.reset();
  unit_by_hand_ = false;
  as_->clear();
  unit_->clear();
  into_->clear();
  unit_line_->clear();
  edge_->setValue(0);
  name_->setText(QString::fromStdString(file.stem().string()));
  into_->addItem("a new case", "new");
  if (const auto data = workspace_.data(); !data->patient.built_in && (!data->images.empty() || data->twin || !data->anatomy.empty() || data->heart_mesh || !data->vessel_meshes.empty())) into_->addItem("the open case", "open");
  file_line_->setText(QString::fromStdString(file.filename().string()));
  present();
  say("Reading the mesh ...", "secondary");
  job_ = jobs.start(session::Lane::quick, "foreign mesh", "Reading " + file.filename().string(), [this, file](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto mesh = imaging::read_mesh(file, "", progress);
    if (!mesh && mesh.error().code == core::ErrorCode::cancelled) return core::pass(mesh);
    if (!mesh)
      return session::JobRunner::Completion([this, why = QString::fromStdString(mesh.error().message)] {
        job_ = 0;
        say(why, "bad");
        refresh_apply();
      });
    auto shared = std::make_shared<const imaging::MixedMesh>(std::move(*mesh));
    const std::string organ = shared->has_volume() ? "heart" : file.stem().string();
    const auto unit = imaging::propose_unit(*shared, organ);
    return session::JobRunner::Completion([this, shared, organ, unit] {
      asked_ = organ;
      read(shared, unit);
    });
  });
  refresh_apply();
}

void MeshSheet::read(std::shared_ptr<const imaging::MixedMesh> mesh, const imaging::UnitProposal& unit) {
  job_ = 0;
  mesh_ = std::move(mesh);
  const std::size_t volume = mesh_->count_volume(), triangles = mesh_->count(imaging::CellKind::triangle);
  file_line_->setText(QStringLiteral("%1   ·   %2 points, %3").arg(QString::fromStdString(file_.filename().string())).arg(mesh_->points.size())
                          .arg(volume > 0 ? QStringLiteral("%1 volume cells").arg(volume) : QStringLiteral("%1 triangles").arg(triangles)));
  if (volume > 0) as_->addItem("muscle of the ventricles", "heart");
  as_->addItem("a surface to look at", "surface");
  as_->addItem("the lumen of a vessel", "vessel");
  fill_units(unit);
}

void MeshSheet::fill_units(const imaging::UnitProposal& unit) {
  const QString before = unit_by_hand_ ? unit_->currentData().toString() : QString();
  unit_->clear();
  if (!unit.unit) unit_->addItem("choose the unit", "");
  const double side = longest_side(*mesh_);
  for (const auto u : units) {
    const QString name = imaging::name_of(u);
    unit_->addItem(QStringLiteral("%1: %2 mm long%3").arg(name).arg(side * imaging::millimetres_per(u), 0, 'g', 4).arg(unit.unit == u ? "   (recognised)" : ""), name);
  }
  const int at = !before.isEmpty() ? unit_->findData(before) : unit.unit ? unit_->findData(QString(imaging::name_of(*unit.unit))) : 0;
  unit_->setCurrentIndex(std::max(0, at));
  unit_line_->setText(QString::fromStdString(unit.sentence));
  say(unit.unit ? "" : "The size fits more than one unit, or none: say which one the file is in.", "attention");
  refresh_apply();
}

// Does not hold the button up: leaving the name by a click on it is how most people go on.
void MeshSheet::ask_unit() {
  if (!mesh_ || job_ != 0) return;
  const std::string organ = as_->currentData() == "heart" ? "heart" : name_->text().toStdString();
  refresh_apply();
  if (organ == asked_) return;
  asked_ = organ;
  workspace_.session().jobs().start(session::Lane::quick, "mesh unit", "Looking at the size of the mesh", [this, mesh = mesh_, organ](const core::Progress&) -> core::Result<session::JobRunner::Completion> {
    const auto unit = imaging::propose_unit(*mesh, organ);
    return session::JobRunner::Completion([this, mesh, organ, unit] {
      if (mesh == mesh_ && organ == asked_ && job_ == 0) fill_units(unit);
    });
  });
}

void MeshSheet::refresh_apply() {
  const QString as = as_->currentData().toString();
  const auto data = workspace_.data();
  edge_->setEnabled(as == "vessel");
  edge_->setToolTip(as == "vessel" ? "Largest edge of the tetrahedra made inside the lumen" : "Only a vessel's lumen is filled with tetrahedra");
  QString why;
  if (job_ != 0) why = "The file is still being read.";
  else if (!mesh_) why = "There is no mesh to bring in.";
  else if (unit_->currentData().toString().isEmpty()) why = "Say first which unit the file is in.";
  else if (into_->currentData() == "open" && as == "heart" && data->twin) why = "The open case has a twin of its own. Bring the mesh into a new case.";
  else if (into_->currentData() == "open" && workspace_.session().jobs().busy()) why = "Another job is working on the open case. Wait for it or cancel it below.";
  allow(apply_, why.isEmpty(), into_->currentData() == "open" ? "Adds the mesh to the open case; undo begins anew" : "Makes a new case of the mesh", why);
}

void MeshSheet::apply() {
  session::ForeignMesh mesh;
  mesh.path = file_;
  mesh.unit = unit_->currentData().toString().toStdString();
  mesh.as = as_->currentData().toString().toStdString();
  mesh.name = name_->text().trimmed().toStdString();
  session::PipelineParams params;
  params.vessel_edge_mm = edge_->value();
  const auto before = workspace_.data();
  const bool joins = into_->currentData() == "open";
  say("Bringing the mesh in ...", "secondary");
  job_ = workspace_.session().jobs().start(session::Lane::image, "bring mesh", "Bringing in " + file_.filename().string(), [this, mesh, params, before, joins](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto data = std::make_shared<session::CaseData>();
    if (joins) *data = *before;
    else {
      data->created_utc = session::now_utc();
      data->program_version = session::program_version();
      data->patient.id = mesh.name.empty() ? "mesh" : mesh.name;
      data->patient.series = "mesh of another tool";
    }
    const auto made = bring(*data, mesh, params, progress);
    if (!made && made.error().code == core::ErrorCode::cancelled) return core::pass(made);
    if (!made)
      return session::JobRunner::Completion([this, why = QString::fromStdString(made.error().message)] {
        job_ = 0;
        say(why, "bad");
        refresh_apply();
      });
    return session::JobRunner::Completion([this, data, before, joins, note = QString::fromStdString(*made)] {
      job_ = 0;
      auto& session = workspace_.session();
      if (joins && workspace_.data() != before) {
        say("The case was changed meanwhile, so nothing was added. Bring the mesh in again.", "attention");
        return refresh_apply();
      }
      hide();
      const auto folder = joins ? session.folder() : std::filesystem::path();
      session.replace(std::move(*data), folder);
      if (!folder.empty())
        if (const auto saved = session.save_as(folder); !saved) session.set_message(saved.error().message);
      workspace_.request_stage(present::stage_model);
      workspace_.say(note.isEmpty() ? Tone::good : Tone::info, note.isEmpty() ? QStringLiteral("The mesh is in the case.") + (folder.empty() ? " Not saved yet (Ctrl+S)." : "") : note);
    });
  });
  refresh_apply();
}

}  // namespace ot::gui
