// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/electrophysiology/measured_panel.hpp"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QPointer>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

#include "app/gui/electrophysiology/measured_words.hpp"
#include "app/gui/number_box.hpp"
#include "app/gui/theme.hpp"
#include "app/gui/widgets.hpp"
#include "app/present/views.hpp"
#include "app/session/recorded.hpp"
#include "solvers/electrophysiology/ecg.hpp"

namespace ot::gui {

struct MeasuredPanel::Laid {
  std::string key;
  ep::EaQuantity quantity = ep::EaQuantity::lat;
  bool against_run = false;
  std::shared_ptr<const core::TetMesh> mesh;
  ep::EaOnHeart on;
  std::shared_ptr<const ep::EaLatComparison> lat;
  std::shared_ptr<const ep::EaScar> scar;
  QString problem;                                     // why there is nothing, in words
};

MeasuredPanel::MeasuredPanel(Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
  name_widget(this, "panel_measured", "Measured in the patient");
  auto* box = new QVBoxLayout(this);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(6);
  make_ecg(box);
  make_map(box);
  connect(&workspace, &Workspace::case_replaced, this, [this] {
    ecg_key_.clear();
    map_key_.clear();
    laid_.reset();
    refresh_lists();
  });
  connect(&workspace, &Workspace::measured_changed, this, &MeasuredPanel::refresh_lists);
  connect(&workspace, &Workspace::model_changed, this, &MeasuredPanel::choose_map);
  connect(&workspace, &Workspace::results_changed, this, [this] {
    refresh_ecg();
    if (laid_ && laid_->against_run) choose_map();
  });
  connect(&workspace, &Workspace::plans_changed, this, &MeasuredPanel::refresh_ecg);
  refresh_lists();
}

void MeasuredPanel::make_map(QVBoxLayout* box) {
  auto* caption = make_label("Electro-anatomical map", "caption", this);
  caption->setContentsMargins(0, 8, 0, 0);
  box->addWidget(caption);
  map_empty_ = make_label("Import points with LAT and voltage to see them on this heart.", "small_hint", this, true);
  box->addWidget(map_empty_);
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  map_ = new QComboBox(this);
  name_widget(map_, "map_which", "Electro-anatomical map on the heart");
  map_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  map_->setMinimumContentsLength(8);
  connect(map_, &QComboBox::currentIndexChanged, this, [this] {
    if (filling_) return;
    map_key_ = map_->currentData().toString().toStdString();
    choose_map();
  });
  row->addWidget(map_, 1);
  map_remove_ = make_button({}, "map_remove", this, "flat");
  set_icon(map_remove_, "trash");
  map_remove_->setFixedWidth(32);
  connect(map_remove_, &QPushButton::clicked, this, [this] {
    workspace_.session().update_measured("remove map", [key = map_key_](session::CaseData& d) { std::erase_if(d.ea_maps, [&](const auto& m) { return m->key == key; }); });
  });
  row->addWidget(map_remove_);
  box->addLayout(row);
  map_import_ = make_button("Import a map", "map_import", this, "left");
  set_icon(map_import_, "open");
  map_import_->setToolTip("CSV, CARTO point file (_car.txt) or mesh (.mesh), EnSite DxL CSV");
  connect(map_import_, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getOpenFileName(this, "Import an electro-anatomical map", {}, "Maps (*.csv *.txt *.mesh *.tsv);;All files (*)");
    if (!file.isEmpty()) import_map(file.toStdString());
  });
  box->addWidget(map_import_);
  map_area_ = new QWidget(this);
  auto* area = new QVBoxLayout(map_area_);
  area->setContentsMargins(0, 0, 0, 0);
  area->setSpacing(6);
  quantity_ = new QComboBox(map_area_);
  name_widget(quantity_, "map_quantity", "What of the map is shown");
  for (const auto& [name, data] : {std::pair<const char*, const char*>{"LAT", "lat"}, {"LAT, simulated − measured", "difference"}, {"Bipolar voltage", "bipolar"}, {"Unipolar voltage", "unipolar"}}) quantity_->addItem(QString::fromUtf8(name), data);
  connect(quantity_, &QComboBox::currentIndexChanged, this, &MeasuredPanel::choose_map);
  area->addWidget(quantity_);
  surface_ = new QComboBox(map_area_);
  name_widget(surface_, "map_surface", "Surface the map lies on");
  for (const auto& [name, data] : {std::pair<const char*, const char*>{"On the LV endocardium", "endocardium_lv"}, {"On the RV endocardium", "endocardium_rv"}, {"On the epicardium", "epicardium"}, {"On the nearest surface", ""}}) surface_->addItem(name, data);
  connect(surface_, &QComboBox::currentIndexChanged, this, [this] {
    if (filling_) return;
    edit_map("map surface", [to = surface_->currentData().toString().toStdString()](ep::EaMap& m) { m.surface = to; });
  });
  area->addWidget(surface_);
  landmarks_ = make_button("Landmarks from a file", "map_landmarks", map_area_, "left");
  landmarks_->setToolTip("CSV, one landmark a line: x,y,z in the map and x,y,z in the heart, mm. Three or more.");
  connect(landmarks_, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getOpenFileName(this, "Landmark pairs", {}, "Tables (*.csv *.txt);;All files (*)");
    if (!file.isEmpty()) import_landmarks(file.toStdString());
  });
  fit_ = make_button("Fit to the surface", "map_fit", map_area_);
  fit_->setToolTip("Moves the map from where it lies now until its points lie on the surface (iterated closest points).");
  connect(fit_, &QPushButton::clicked, this, [this] { fit(ep::EaStart::as_given); });
  guess_ = make_button("Guess", "map_guess", map_area_);
  guess_->setToolTip("Main axes first, then the surface. A guess: symmetric chambers fit in several ways. Check it.");
  connect(guess_, &QPushButton::clicked, this, [this] { fit(ep::EaStart::axes); });
  area->addWidget(landmarks_);
  auto* fits = new QHBoxLayout;
  fits->setSpacing(6);
  fits->addWidget(fit_, 2);
  fits->addWidget(guess_, 1);
  area->addLayout(fits);
  map_facts_ = new QVBoxLayout;
  map_facts_->setSpacing(4);
  area->addLayout(map_facts_);
  map_note_ = make_label({}, "small_hint", map_area_, true);
  map_note_->setObjectName("map_note");
  area->addWidget(map_note_);
  scar_area_ = new QWidget(map_area_);
  auto* scar = new QVBoxLayout(scar_area_);
  scar->setContentsMargins(0, 0, 0, 0);
  scar->setSpacing(6);
  const auto threshold = [&](const char* name, const char* object, double value) {
    auto* line = new QHBoxLayout;
    line->addWidget(make_label(name, "secondary", scar_area_), 1);
    auto* spin = new NumberBox(scar_area_);
    name_widget(spin, object, name);
    spin->setRange(0.05, 20);
    spin->setSingleStep(0.1);
    spin->setDecimals(2);
    spin->setSuffix(" mV");
    spin->setValue(value);
    connect(spin, &QDoubleSpinBox::valueChanged, this, &MeasuredPanel::choose_map);
    line->addWidget(spin);
    scar->addLayout(line);
    return spin;
  };
  scar_mV_ = threshold("Scar below", "map_scar_mv", 0.5);        // Marchlinski et al. 2000, bipolar
  border_mV_ = threshold("Border below", "map_border_mv", 1.5);
  scar_note_ = make_label({}, "small", scar_area_, true);
  scar_note_->setObjectName("map_scar_note");
  scar->addWidget(scar_note_);
  take_ = make_button("Take into the model", "map_take_scar", scar_area_, "primary");
  connect(take_, &QPushButton::clicked, this, &MeasuredPanel::take_scar);
  scar->addWidget(take_);
  area->addWidget(scar_area_);
  box->addWidget(map_area_);
}

void MeasuredPanel::refresh_lists() {
  filling_ = true;
  const auto data = workspace_.data();
  const auto fill = [&](QComboBox* list, const auto& items, std::string& key, const char* none) {
    list->clear();
    list->addItem(none, QString());
    for (const auto& i : items) {
      list->addItem(text(i->name), text(i->key));
      list->setItemData(list->count() - 1, text(i->format + ", " + i->source_file), Qt::ToolTipRole);
    }
    int at = list->findData(text(key));
    if (at < 0) at = 0;
    if (at == 0) key.clear();
    list->setCurrentIndex(at);
    list->setVisible(!items.empty());
  };
  fill(ecg_, data->recorded_ecgs, ecg_key_, "Recording hidden");
  fill(map_, data->ea_maps, map_key_, "Map hidden");
  ecg_empty_->setVisible(data->recorded_ecgs.empty());
  map_empty_->setVisible(data->ea_maps.empty());
  ecg_remove_->setVisible(!data->recorded_ecgs.empty());
  map_remove_->setVisible(!data->ea_maps.empty());
  allow(map_import_, workspace_.heart() != nullptr, "CSV, CARTO point file (_car.txt) or mesh (.mesh), EnSite DxL CSV", "There is no heart to lay a map on. Build the model first.");
  filling_ = false;
  choose_ecg();
  choose_map();
}

void MeasuredPanel::import_map(const std::filesystem::path& file) {
  QPointer<MeasuredPanel> self(this);
  workspace_.session().run_measured_job("Reading " + file.filename().string(), "import map", [self, file](const session::CaseData&, const core::Progress&) -> core::Result<std::function<void(session::CaseData&)>> {
    auto map = session::read_ea_map(file);
    if (!map) return core::pass(map);
    return std::function<void(session::CaseData&)>([self, map = *map](session::CaseData& d) {
      const std::string key = session::add_ea_map(d, map);
      if (self) self->map_key_ = key;
    });
  });
}

void MeasuredPanel::import_landmarks(const std::filesystem::path& file) {
  auto pairs = session::read_landmark_pairs(file);
  if (!pairs) return workspace_.say(Tone::bad, text(pairs.error().message));
  auto r = ep::register_landmarks(*pairs);
  if (!r) return workspace_.say(Tone::bad, text(r.error().message));
  edit_map("register map", [r = *r](ep::EaMap& m) { m.registration = r; });
}

std::shared_ptr<const ep::EaMap> MeasuredPanel::chosen_map() const {
  for (const auto& m : workspace_.data()->ea_maps)
    if (m->key == map_key_) return m;
  return nullptr;
}

void MeasuredPanel::edit_map(const QString& step, const std::function<void(ep::EaMap&)>& change) {
  const auto map = chosen_map();
  if (!map) return;
  workspace_.session().update_measured(step.toStdString(), [&](session::CaseData& d) {
    ep::EaMap copy = *map;
    change(copy);
    session::replace_ea_map(d, std::move(copy));
  });
}

void MeasuredPanel::fit(ep::EaStart how) {
  const auto map = chosen_map();
  const auto* heart = workspace_.heart();
  if (!map || !heart) return;
  workspace_.session().run_measured_job("Fitting the map to the heart", "register map", [map, mesh = heart->baseline.mesh, how](const session::CaseData&, const core::Progress& progress) -> core::Result<std::function<void(session::CaseData&)>> {
    auto r = ep::register_surface(*map, *mesh, map->registration, how, progress);
    if (!r) return core::pass(r);
    return std::function<void(session::CaseData&)>([map, r = *r](session::CaseData& d) {
      ep::EaMap copy = *map;
      copy.registration = r;
      session::replace_ea_map(d, std::move(copy));
    });
  });
}

void MeasuredPanel::choose_map() {
  if (filling_) return;
  const auto map = chosen_map();
  const auto* heart = workspace_.heart();
  const int ask = ++asked_;
  if (!map || !heart) {
    laid_.reset();
    if (workspace_.shown_map()) workspace_.set_shown_map(nullptr);
    refresh_map();
    return;
  }
  const QString what = quantity_->currentData().toString();
  const bool against = what == "difference";
  const auto quantity = what == "bipolar" ? ep::EaQuantity::bipolar : what == "unipolar" ? ep::EaQuantity::unipolar : ep::EaQuantity::lat;
  const auto plan = workspace_.shown_result(workspace_.session().active_plan());
  const auto electro = plan.result ? plan.result->electro : nullptr;
  const ep::EaScarParams scar{quantity, scar_mV_->value(), border_mV_->value(), 0};
  QPointer<MeasuredPanel> self(this);
  workspace_.session().jobs().start(session::Lane::quick, "ea-map", "Laying the map on the heart", [self, ask, map, mesh = heart->baseline.mesh, quantity, against, electro, scar](const core::Progress& progress) -> core::Result<session::JobRunner::Completion> {
    auto laid = std::make_shared<Laid>();
    laid->key = map->key;
    laid->quantity = quantity;
    laid->against_run = against;
    laid->mesh = mesh;
    auto on = ep::project_map(*map, *mesh, quantity, progress.part(0, 0.8));
    if (!on) {
      if (on.error().code == core::ErrorCode::cancelled) return core::pass(on);
      laid->problem = text(on.error().message);
    } else {
      laid->on = std::move(*on);
      if (against) {
        if (!electro) laid->problem = "No run to compare with yet.";
        else if (auto c = ep::compare_lat(laid->on, electro->activation_ms)) laid->lat = std::make_shared<const ep::EaLatComparison>(std::move(*c));
        else laid->problem = text(c.error().message);
      }
      if (quantity != ep::EaQuantity::lat) {
        if (auto s = ep::scar_from_voltage(laid->on, *mesh, scar, progress.part(0.8, 1))) laid->scar = std::make_shared<const ep::EaScar>(std::move(*s));
        else if (s.error().code == core::ErrorCode::cancelled) return core::pass(s);
        else laid->problem = text(s.error().message);
      }
    }
    return session::JobRunner::Completion([self, ask, laid] {
      if (!self || ask != self->asked_) return;
      self->laid_ = laid;
      self->refresh_map();
    });
  });
  refresh_map();
}

void MeasuredPanel::refresh_map() {
  const auto map = chosen_map();
  map_area_->setVisible(map != nullptr);
  allow(map_remove_, map != nullptr, "Forget this map. Undo brings it back.", "Choose a map first.");
  clear_layout(map_facts_);
  if (!map) return;
  filling_ = true;
  surface_->setCurrentIndex(std::max(0, surface_->findData(text(map->surface))));
  filling_ = false;
  const auto& r = map->registration;
  const auto fact = [&](const QString& name, const QString& value) { map_facts_->addWidget(make_fact(name, value, map_area_)); };
  auto* how = make_fact("Registered by", text(r.method.substr(0, r.method.find(" ("))), map_area_);
  how->setToolTip(text(r.method));
  map_facts_->addWidget(how);
  if (std::isfinite(r.landmark_rms_mm)) fact("Landmarks, RMS", number(r.landmark_rms_mm, 1) + " mm");
  if (std::isfinite(r.surface_rms_mm)) fact("Points to surface, RMS", number(r.surface_rms_mm, 1) + " mm");
  const auto* laid = laid_ && laid_->key == map->key ? laid_.get() : nullptr;
  scar_area_->setVisible(laid && laid->scar);
  map_note_->setText(laid ? laid->problem : QString());
  map_note_->setVisible(laid && !laid->problem.isEmpty());
  if (!laid || laid->on.value.empty()) {
    if (laid && workspace_.shown_map()) workspace_.set_shown_map(nullptr);
    return;
  }
  const auto& on = laid->on;
  if (on.points_far > on.points_used) {
    map_note_->setText("Most points lie too far from the surface: the map is probably not registered. Bring landmarks, or let the program guess.");
    map_note_->show();
  }
  fact("Points used, too far", QStringLiteral("%1, %2").arg(on.points_used).arg(on.points_far));
  fact("Distance, mean", number(on.mean_distance_mm, 1) + " mm");
  fact("Surface covered", number(on.coverage_percent) + " %");
  auto shown = std::make_shared<ShownMap>();
  if (laid->lat) {
    const auto& c = *laid->lat;
    fact("Offset of zero", change(c.offset_ms) + " ms");
    fact("Difference, median", number(c.median_abs_ms, 1) + " ms");
    fact("95th percentile", number(c.p95_abs_ms, 1) + " ms");
    fact("Correlation", number(c.correlation, 2));
    shown->values = c.difference_ms;
    shown->kind = 2;
    shown->title = "Sim. − meas.";
    shown->unit = "ms";
    shown->hi = std::max(10.0, std::ceil(c.p95_abs_ms / 5) * 5);
    shown->lo = -shown->hi;
    shown->step = shown->hi / 5;
  } else if (laid->quantity == ep::EaQuantity::lat) {
    shown->values = on.value;
    shown->title = "Measured LAT";
    shown->unit = "ms";
    const auto range = present::finite_range(on.value);
    shown->step = std::max(5.0, present::band_step(range[1] - range[0], 14));
    shown->lo = std::floor(range[0] / shown->step) * shown->step;
    shown->hi = std::max(shown->lo + shown->step, std::ceil(range[1] / shown->step) * shown->step);
  } else {
    shown->values = on.value;
    shown->kind = 1;
    shown->title = laid->quantity == ep::EaQuantity::bipolar ? "Bipolar" : "Unipolar";
    shown->unit = "mV";
    shown->hi = laid->quantity == ep::EaQuantity::bipolar ? std::max(2.0, border_mV_->value() + 0.5) : std::max(10.0, border_mV_->value() + 1);
    shown->step = 0.1 * std::round(10 * shown->hi / 10);   // ten bands
    if (shown->step <= 0) shown->step = shown->hi / 10;
  }
  if (laid->scar) {
    const auto& s = *laid->scar;
    scar_note_->setText(QStringLiteral("%1 mL scar (%2 cm²), %3 mL border, through the wall.").arg(s.scar_ml, 0, 'f', 1).arg(s.scar_area_cm2, 0, 'f', 1).arg(s.border_ml, 0, 'f', 1));
    const QString loses = text(workspace_.session().rebuild_loses());
    allow(take_, s.scar_ml + s.border_ml > 0, "Builds the twin again with this tissue" + (loses.isEmpty() ? QString(".") : ": " + loses + ".") + " Undo takes it back.", "No tissue lies below the thresholds.");
  }
  workspace_.set_shown_map(std::move(shown));
  // A map of the endocardium cannot be seen from outside: the heart is opened once for each map.
  if (opened_for_ != map->key && map->surface.rfind("endocardium", 0) == 0) {
    opened_for_ = map->key;
    if (!workspace_.cut_open()) workspace_.set_cut_open(true);
  }
}

void MeasuredPanel::take_scar() {
  if (!laid_ || !laid_->scar) return;
  const auto map = chosen_map();
  if (!map) return;
  workspace_.session().run_model_job("Taking scar from the map", "scar from map", [scar = laid_->scar, name = map->name](session::CaseData& d, const core::Progress&) -> core::Result<void> {
    session::take_scar(d, *scar, name);
    return {};
  });
}

}  // namespace ot::gui
