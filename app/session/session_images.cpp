// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Session that changes images and rebuilds the model from them.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "app/session/job_titles.hpp"
#include "app/session/case_codec.hpp"
#include "app/session/pipeline.hpp"
#include "app/session/session_impl.hpp"
#include "app/session/whole_heart.hpp"
#include "imaging/edit/edit.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::session {
namespace {

core::Error no_image(const std::string& key) {
  return {core::ErrorCode::bad_input, fmt::format("The case has no image \"{}\" (nothing to change). Open or import one first.", key)};
}

ModelParts model_of(const CaseData& d) { return {d.anatomy, d.heart_mesh, d.vessel_meshes, d.twin, d.results, d.stages, d.part_meshes, d.choices}; }
void put_model(CaseData& d, const ModelParts& m) {
  d.anatomy = m.anatomy;
  d.heart_mesh = m.heart_mesh;
  d.vessel_meshes = m.vessel_meshes;
  d.twin = m.twin;
  d.results = m.results;
  d.stages = m.stages;
  d.part_meshes = m.part_meshes;
  d.choices = m.choices;
}

MeasuredParts measured_of(const CaseData& d) { return {d.recorded_ecgs, d.ea_maps, d.egm_probes, d.flow_probes}; }
void put_measured(CaseData& d, const MeasuredParts& m) {
  d.recorded_ecgs = m.recorded_ecgs;
  d.ea_maps = m.ea_maps;
  d.egm_probes = m.egm_probes;
  d.flow_probes = m.flow_probes;
}

bool same_planes(const ImageData& a, const ImageData& b) {
  return std::equal(a.planes.begin(), a.planes.end(), b.planes.begin(), b.planes.end(), [](const imaging::Plane& p, const imaging::Plane& q) {
    return p.key == q.key && p.centre == q.centre && p.normal == q.normal && p.radius_mm == q.radius_mm && p.fitted == q.fitted;
  });
}

bool same_quantities(const ImageData& a, const ImageData& b) {
  return std::equal(a.quantities.begin(), a.quantities.end(), b.quantities.begin(), b.quantities.end(), [](const core::Quantity& p, const core::Quantity& q) { return p.key == q.key && p.value == q.value; });
}

}  // namespace

std::vector<std::string> labels_sha256(const CaseData& data) {
  std::vector<std::string> out;
  for (const auto& image : data.images) out.push_back(image.labels ? image.labels->sha256() : "");
  return out;
}

bool same_but_labels(const ImageData& a, const ImageData& b) {
  ImageData x = a, y = b;
  x.labels = y.labels = nullptr;
  BlobWriter names = BlobWriter::by_identity();
  return encode_image(x, names) == encode_image(y, names);
}

std::optional<HistoryStep> image_step(const std::string& name, const ImageData& before, const ImageData& after, const std::string& merge_key,
                                      std::shared_ptr<const imaging::LabelDelta> known) {
  ImageStep step;
  step.before = before;
  step.after = after;
  const bool both = before.labels && after.labels && before.labels->grid.same_as(after.labels->grid);
  if (before.labels != after.labels) {
    if (!known && both) known = std::make_shared<const imaging::LabelDelta>(imaging::difference(*before.labels, *after.labels));
    step.labels_same = known && known->empty();
  }
  if (step.labels_same && same_but_labels(before, after)) return std::nullopt;
  if (step.labels_same || known) step.before.labels = step.after.labels = nullptr;
  if (!step.labels_same && known) step.deltas.push_back(std::move(known));
  HistoryStep out;
  out.name = name;
  out.merge_key = merge_key;
  out.image = std::move(step);
  return out;
}

std::shared_ptr<const ImageData> Session::Impl::image(const std::string& key) const {
  for (const auto& i : data->images)
    if (i.key == key) return {data, &i};
  return nullptr;
}

void Session::Impl::count_versions(const std::vector<std::string>& labels_sha256) {
  version.clear();
  sha_of_version.clear();
  for (std::size_t n = 0; n < data->images.size(); ++n) {
    version[data->images[n].key] = next_version;
    if (n < labels_sha256.size()) sha_of_version[next_version] = labels_sha256[n];
    ++next_version;
  }
}

void Session::Impl::set_image(ImageData fresh) {
  changed_image = fresh.key;
  if (const auto c = counts.find(fresh.key); c != counts.end() && std::exchange(c->second.follows, false)) c->second.of = fresh.labels;
  change_data([&](CaseData& d) {
    for (auto& i : d.images)
      if (i.key == fresh.key) {
        i = std::move(fresh);
        return;
      }
  });
}

// A map equal to the image's labels that nobody else sees.
std::shared_ptr<core::LabelMap> Session::Impl::writable_labels(const ImageData& image) {
  if (spare.map && spare.key == image.key && spare.map.use_count() == 1) {
    std::atomic_thread_fence(std::memory_order_acquire);   // what others did with it before they let go is done
    auto map = std::move(spare.map);
    const auto behind = std::move(spare.behind);
    spare = {};
    names->forget(map.get());
    bool good = true;
    for (const auto& [delta, forward] : behind) good = good && imaging::apply(*map, *delta, forward);
    if (good) return map;
  }
  return std::make_shared<core::LabelMap>(*image.labels);
}

void Session::Impl::keep_spare(const ImageData& before, const DeltaSteps& steps) {
  if (const auto c = counts.find(before.key); c != counts.end() && c->second.of.lock() == before.labels) {
    for (const auto& [delta, forward] : steps) {
      const auto gain = imaging::tally(*delta);
      for (std::size_t v = 0; v < gain.size(); ++v) c->second.voxels[v] += forward ? gain[v] : -gain[v];
    }
    c->second.follows = true;
  }
  spare = {before.key, std::const_pointer_cast<core::LabelMap>(before.labels), steps};   // only written when nobody else holds it
}

void Session::Impl::land(HistoryStep step, ImageData after, const ImageData& before) {
  ImageStep& s = *step.image;
  auto& number = version[after.key];
  s.version_before = number;
  if (!s.labels_same || !same_planes(before, after)) number = next_version++;
  s.version_after = number;
  if (!s.deltas.empty()) keep_spare(before, {{s.deltas.front(), true}});
  else if (!s.labels_same) spare = {};
  if (s.labels_same) after.labels = before.labels;
  constexpr const char* by_hand = "The labels were edited by hand after this: volumes and overlaps listed here belong to the state before.";
  if (!s.labels_same && same_quantities(before, after) && !after.quantities.empty() && std::find(after.notes.begin(), after.notes.end(), by_hand) == after.notes.end()) {
    after.notes.push_back(by_hand);
    s.after.notes.push_back(by_hand);
  }
  DeltaSteps deltas;
  for (const auto& d : s.deltas) deltas.push_back({d, true});
  const bool same = s.labels_same;
  const std::string name = step.name;
  history.record(std::move(step));
  set_image(std::move(after));
  journal_edit(name, *image(changed_image), deltas, same);
  tell(Change::image);
}

// Puts back what a step holds, on either side.
void Session::Impl::apply_step(const HistoryStep& step, bool forward) {
  if (step.plans) {
    change_data([&](CaseData& d) { d.plans = forward ? step.plans->after : step.plans->before; });
    // A plan that comes or goes takes the view with it: back to the one shown before, or to the one it showed then.
    if (step.plans->before.size() != step.plans->after.size()) active = forward ? step.plans->active_after : step.plans->active_before;
    active = std::clamp(active, 0, static_cast<int>(data->plans.size()) - 1);
    tell(Change::plans);
    autosave();
  }
  if (step.image) {
    const auto now = image(step.image->before.key);
    OT_EXPECT(now != nullptr);
    ImageData fresh = forward ? step.image->after : step.image->before;
    DeltaSteps steps;
    if (step.image->labels_same) {
      fresh.labels = now->labels;
    } else if (!step.image->deltas.empty()) {
      for (const auto& d : step.image->deltas) steps.push_back({d, forward});
      if (!forward) std::reverse(steps.begin(), steps.end());
      auto map = writable_labels(*now);
      for (const auto& [delta, way] : steps) {
        const bool fits = imaging::apply(*map, *delta, way);
        OT_EXPECT(fits);
      }
      keep_spare(*now, steps);
      fresh.labels = std::move(map);
    } else {
      spare = {};
    }
    version[fresh.key] = forward ? step.image->version_after : step.image->version_before;
    set_image(std::move(fresh));
    journal_edit((forward ? "redo " : "undo ") + step.name, *image(changed_image), steps, step.image->labels_same);
    tell(Change::image);
  }
  if (step.measured) {
    change_data([&](CaseData& d) { put_measured(d, forward ? step.measured->after : step.measured->before); });
    tell(Change::measured);
  }
  if (step.model) {
    change_data([&](CaseData& d) { put_model(d, forward ? step.model->after : step.model->before); });
    tell(Change::model);
    tell(Change::results);
  }
}

core::Result<void> Session::update_image(const std::string& key, std::string name, const std::function<void(ImageData&)>& change, std::string merge_key) {
  const auto before = impl_->image(key);
  if (!before) return tl::unexpected<core::Error>(no_image(key));
  ImageData after = *before;
  change(after);
  OT_EXPECT(after.key == key);
  if (auto step = image_step(name, *before, after, merge_key)) impl_->land(std::move(*step), std::move(after), *before);
  return {};
}

std::array<double, 256> Session::label_volumes_ml(const std::string& key) {
  std::array<double, 256> ml{};
  const auto image = impl_->image(key);
  if (!image || !image->labels) return ml;
  auto& counts = impl_->counts[key];
  if (counts.of.lock() != image->labels) counts = {image->labels, imaging::label_voxels(*image->labels), false};
  for (std::size_t v = 0; v < ml.size(); ++v) ml[v] = double(counts.voxels[v]) * image->labels->grid.voxel_volume() / 1000;
  return ml;
}

std::optional<std::vector<std::string>> Session::labels_present(const std::string& key) const {
  const auto image = impl_->image(key);
  const auto counts = impl_->counts.find(key);
  if (!image || !image->labels || counts == impl_->counts.end() || counts->second.of.lock() != image->labels) return std::nullopt;
  std::vector<std::string> present;
  for (const auto& label : image->labels->labels)
    if (counts->second.voxels[std::size_t(label.value)] > 0) present.push_back(label.key);
  return present;
}

void Session::take_label_voxels(const std::string& key, const std::shared_ptr<const core::LabelMap>& labels, const std::array<std::int64_t, 256>& voxels) {
  const auto image = impl_->image(key);
  if (image && labels && image->labels == labels) impl_->counts[key] = {labels, voxels, false};
}

std::shared_ptr<core::LabelMap> Session::borrow_labels(const std::string& key) {
  const auto image = impl_->image(key);
  if (!image || !image->labels) return nullptr;
  impl_->borrowed_from = image->labels;
  return impl_->writable_labels(*image);
}

void Session::return_labels(const std::string& key, std::shared_ptr<core::LabelMap> labels) {
  if (labels && impl_->image(key)) impl_->spare = {key, std::move(labels), {}};
}

core::Result<void> Session::update_labels(const std::string& key, std::string name, std::shared_ptr<core::LabelMap> labels, imaging::LabelDelta delta, std::string merge_key) {
  const auto before = impl_->image(key);
  if (!before) return tl::unexpected<core::Error>(no_image(key));
  OT_EXPECT(labels && before->labels && labels->grid.size == before->labels->grid.size);
  if (delta.empty()) {
    return_labels(key, std::move(labels));
    return {};
  }
  if (impl_->borrowed_from.lock() != before->labels) {   // undo or a job changed the labels under the stroke: the stroke goes on top
    labels = impl_->writable_labels(*before);
    if (!imaging::apply(*labels, delta, true))
      return core::bad_input("The labels were changed while you were drawing, and the stroke no longer fits (it was not kept). Draw it again.");
  }
  ImageData after = *before;
  after.labels = std::move(labels);
  auto step = image_step(name, *before, after, merge_key, std::make_shared<const imaging::LabelDelta>(std::move(delta)));
  OT_EXPECT(step.has_value());
  impl_->land(std::move(*step), std::move(after), *before);
  return {};
}

void Session::run_image_job(const std::string& key, std::string title, std::string step_name, ImageWork work) {
  const auto snapshot = impl_->image(key);
  if (!snapshot) {
    impl_->message = no_image(key).message;
    return;
  }
  impl_->image_jobs[key] = impl_->jobs.start(
      Lane::image, "image " + key, std::move(title), [this, snapshot, name = std::move(step_name), work = std::move(work)](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
        auto change = work(*snapshot, progress);
        if (!change) return core::pass(change);
        // The comparison of whole label maps happens here, off the owner's thread.
        auto after = std::make_shared<ImageData>(*snapshot);
        auto copy = *change;
        copy(*after);
        auto step = std::make_shared<std::optional<HistoryStep>>(image_step(name, *snapshot, *after, ""));
        std::optional<std::array<std::int64_t, 256>> counted;
        if (after->labels && after->labels != snapshot->labels && *step && !(*step)->image->labels_same) counted = imaging::label_voxels(*after->labels);
        return JobRunner::Completion([this, snapshot, after, step, counted, name, change = *change] {
          const auto now = impl_->image(snapshot->key);
          if (!now || now->volume != snapshot->volume) return;   // another case was opened meanwhile
          if (now->labels == snapshot->labels && same_but_labels(*now, *snapshot)) {
            if (!*step) return;
            if (counted) impl_->counts[after->key] = {after->labels, *counted, false};   // the owner's thread never counts a whole map
            impl_->land(std::move(**step), std::move(*after), *now);
            return;
          }
          if (now->labels != snapshot->labels) impl_->message = fmt::format("The labels were edited while \"{}\" ran: your edits are one undo away.", name);
          (void)update_image(snapshot->key, name, change);
        });
      });
  impl_->tell(Change::jobs);
}

bool Session::image_busy(const std::string& key) const {
  const auto at = impl_->image_jobs.find(key);
  if (at == impl_->image_jobs.end()) return false;
  for (const auto& job : impl_->jobs.status())
    if (job.id == at->second && job.state != JobState::failed) return true;
  return false;
}

void Session::segment(const std::string& key, const std::string& recipe) {
  const auto* found = imaging::find_recipe(recipe);
  const auto image = impl_->image(key);
  run_image_job(key, "Segmenting " + (image ? image->name : key), found ? "segmentation, " + found->name : "segmentation",
                [recipe](const ImageData& image, const core::Progress& progress) -> core::Result<std::function<void(ImageData&)>> {
                  CaseData one;
                  one.images.push_back(image);
                  if (auto ok = segment_image(one, image.key, recipe, progress); !ok) return core::pass(ok);
                  auto made = std::make_shared<const ImageData>(std::move(one.images.front()));
                  return std::function<void(ImageData&)>([made](ImageData& target) {
                    target.labels = made->labels;
                    target.planes = made->planes;
                    target.quantities = made->quantities;
                    target.notes = made->notes;
                  });
                });
}

std::string Session::changed_image() const { return impl_->changed_image; }
std::size_t Session::undo_memory() const { return impl_->history.memory(); }

bool Session::model_out_of_date() const {
  const auto& d = *impl_->data;
  if (!d.heart_mesh && d.vessel_meshes.empty()) return false;
  std::set<std::string> present;
  for (const auto& image : d.images) {
    const auto number = impl_->version.find(image.key);
    if (number == impl_->version.end()) continue;
    const auto sha = impl_->sha_of_version.find(number->second);
    if (sha != impl_->sha_of_version.end()) present.insert(sha->second);
  }
  const auto fits = [&](const std::string& sha) { return present.count(sha) > 0; };
  const bool images = std::any_of(d.images.begin(), d.images.end(), [](const ImageData& i) { return i.labels != nullptr; });
  if (!images) return false;   // a model from a surface file: there are no labels to differ from
  if (d.heart_mesh && !fits(d.heart_mesh->labels_sha256)) return true;
  return std::any_of(d.vessel_meshes.begin(), d.vessel_meshes.end(), [&](const MeshedVessel& v) { return !fits(v.labels_sha256); });
}

std::string Session::rebuild_loses() const {
  const auto& d = *impl_->data;
  int fast = 0, full = 0, placed = 0;
  for (const auto& r : d.results) ++(r.result && r.result->mode == core::Mode::full ? full : fast);
  for (const auto& p : d.plans) placed += static_cast<int>(p.scenario.interventions.size());
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  if (fast) add(fmt::format("{} fast result{} computed again", fast, fast == 1 ? " is" : "s are"));
  if (full) add(fmt::format("{} full result{} dropped until run again", full, full == 1 ? " is" : "s are"));
  if (placed) add(fmt::format("{} intervention{} kept and placed on the new surface", placed, placed == 1 ? " is" : "s are"));
  return out;
}

void Session::rebuild() {
  const auto snapshot = impl_->data;
  const auto versions = impl_->version;
  impl_->jobs.start(Lane::heavy, "rebuild", rebuild_title, [this, snapshot, versions](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto fresh = std::make_shared<CaseData>(*snapshot);
    if (!fresh->twin) fresh->heart_mesh.reset();
    const PipelineParams params;
    if (auto ok = mesh_case(*fresh, params, progress.part(0, 0.6)); !ok) return core::pass(ok);
    if (auto ok = build_chosen_twin(*fresh, params, progress.part(0.6, 0.9)); !ok) return core::pass(ok);
    if (auto run = run_scenario(*fresh, {}, core::Mode::fast, {}, progress.part(0.9, 1)); !run) return core::pass(run);
    auto hashes = std::make_shared<const std::vector<std::string>>(labels_sha256(*fresh));
    return JobRunner::Completion([this, snapshot, versions, fresh, hashes] {
      if (impl_->data->twin != snapshot->twin || impl_->data->images.size() != snapshot->images.size()) return;   // another case was opened meanwhile
      for (std::size_t n = 0; n < snapshot->images.size(); ++n)
        if (const auto v = versions.find(snapshot->images[n].key); v != versions.end()) impl_->sha_of_version[v->second] = (*hashes)[n];
      auto step = std::make_shared<ModelStep>();
      step->before = model_of(*impl_->data);
      step->after = model_of(*fresh);
      impl_->change_data([&](CaseData& d) { put_model(d, step->after); });
      HistoryStep record;
      record.name = snapshot->twin ? "rebuild model" : "build model";
      record.model = std::move(step);
      impl_->history.record(std::move(record));
      if (!impl_->folder.empty()) impl_->start_save(impl_->folder, false);
      impl_->tell(Change::model);
      impl_->tell(Change::results);
      for (int plan = 1; plan < plan_count(); ++plan) run(plan, core::Mode::fast);
    });
  });
  impl_->tell(Change::jobs);
}

void Session::run_model_job(std::string title, std::string step_name, ModelWork work) {
  const auto snapshot = impl_->data;
  impl_->jobs.start(Lane::heavy, "model", std::move(title), [this, snapshot, name = std::move(step_name), work = std::move(work)](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto fresh = std::make_shared<CaseData>(*snapshot);
    const bool had_twin = fresh->twin != nullptr;
    if (auto ok = work(*fresh, progress.part(0, 0.6)); !ok) return core::pass(ok);
    if (had_twin && !fresh->twin) {   // the change took the twin away: the model stays whole
      if (auto ok = build_chosen_twin(*fresh, {}, progress.part(0.6, 0.9)); !ok) return core::pass(ok);
      if (auto run = run_scenario(*fresh, {}, core::Mode::fast, {}, progress.part(0.9, 1)); !run) return core::pass(run);
    }
    return JobRunner::Completion([this, snapshot, fresh, name] {
      if (impl_->data->twin != snapshot->twin || impl_->data->images.size() != snapshot->images.size()) return;   // another case was opened meanwhile
      auto step = std::make_shared<ModelStep>();
      step->before = model_of(*impl_->data);
      step->after = model_of(*fresh);
      impl_->change_data([&](CaseData& d) { put_model(d, step->after); });
      HistoryStep record;
      record.name = name;
      record.model = std::move(step);
      impl_->history.record(std::move(record));
      if (!impl_->folder.empty()) impl_->start_save(impl_->folder, false);
      impl_->tell(Change::model);
      impl_->tell(Change::results);
      for (int plan = 1; plan < plan_count(); ++plan) run(plan, core::Mode::fast);
    });
  });
  impl_->tell(Change::jobs);
}

void Session::update_measured(std::string step_name, const std::function<void(CaseData&)>& change) {
  CaseData copy = *impl_->data;
  change(copy);
  if (copy.twin != impl_->data->twin) {   // a choice about the model (model_choices.hpp): a step of the model
    auto model = std::make_shared<ModelStep>();
    model->before = model_of(*impl_->data);
    model->after = model_of(copy);
    impl_->change_data([&](CaseData& d) { put_model(d, model->after); });
    HistoryStep record;
    record.name = std::move(step_name);
    record.model = std::move(model);
    impl_->history.record(std::move(record));
    if (!impl_->folder.empty()) impl_->start_save(impl_->folder, false);
    impl_->tell(Change::model);
    impl_->tell(Change::results);
    run(impl_->active, core::Mode::fast);
    return;
  }
  MeasuredStep step{measured_of(*impl_->data), measured_of(copy)};
  if (step.before == step.after) return;
  impl_->change_data([&](CaseData& d) { put_measured(d, step.after); });
  HistoryStep record;
  record.name = std::move(step_name);
  record.measured = std::move(step);
  impl_->history.record(std::move(record));
  if (!impl_->folder.empty()) impl_->start_save(impl_->folder, false);
  impl_->tell(Change::measured);
}

void Session::run_measured_job(std::string title, std::string step_name, MeasuredWork work) {
  const auto snapshot = impl_->data;
  impl_->jobs.start(Lane::image, "measured", std::move(title), [this, snapshot, name = std::move(step_name), work = std::move(work)](const core::Progress& progress) -> core::Result<JobRunner::Completion> {
    auto change = work(*snapshot, progress);
    if (!change) return core::pass(change);
    return JobRunner::Completion([this, snapshot, name, change = std::move(*change)] {
      if (impl_->data->twin != snapshot->twin && impl_->data->created_utc != snapshot->created_utc) return;   // another case was opened meanwhile
      update_measured(name, change);
    });
  });
  impl_->tell(Change::jobs);
}

}  // namespace ot::session
