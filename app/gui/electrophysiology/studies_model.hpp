// SPDX-License-Identifier: GPL-3.0-or-later
// StudiesModel: the stimulation studies of the open case as the window knows them: one job at a time (a study, its targets, a proof of block or restitution curves),
// runs as they end, saved studies. No widgets. GUI thread; jobs hand over through a locked list.
#pragma once
#include <QObject>
#include <QString>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/gui/workspace.hpp"
#include "app/session/study_records.hpp"

namespace ot::gui {

struct StudyEntry {
  enum class State { running, complete, cancelled, failed };
  int id = 0;
  session::StudySpec spec;
  session::SharedStudy study;                    // while running: what has ended so far
  std::vector<ep::StudySite> sites;              // of a study begun here; those without a run are still to come
  std::string scenario;                          // hash of what the plan held; empty: not known (saved)
  QString when;                                  // "09:12", or the day of a saved one
  State state = State::complete;
  std::vector<session::Target> targets;
  bool targets_tried = false;
};

class StudiesModel : public QObject {
  Q_OBJECT
 public:
  enum class Doing { nothing, study, targets, proof, restitution };
  explicit StudiesModel(Workspace& workspace, QObject* parent = nullptr);

  void load();                                   // saved studies of the case folder, once per case; a job
  void add(StudyEntry entry);                    // one that is there already; behind the others, with an id of its own
  void start(session::StudySpec spec);
  void suggest(double radius_mm, double depth_mm);   // for the chosen study; a job
  void prove(const std::string& plan, const core::Vec3& a, const core::Vec3& b, core::Mode mode);   // a job
  void measure_restitution(const std::string& plan, double interval_ms);   // a job
  void cancel();
  core::Result<std::vector<std::string>> export_to(const std::filesystem::path& folder);

  const std::vector<StudyEntry>& entries() const { return entries_; }
  const StudyEntry* chosen() const;
  void choose(int id);
  const std::optional<session::KeptProof>& proof() const { return proof_; }
  const std::optional<session::KeptRestitution>& restitution() const { return restitution_; }
  // All that was studied since the case was opened; of a kept case the folder holds it (session::study_records).
  session::StudyRecords records() const;
  std::filesystem::path kept_folder() const;     // empty when they are not
  bool kept() const;                             // finished runs survive closing the program
  bool fits_mesh(const StudyEntry& entry) const; // made on the mesh of the present twin
  // The plan of the study holds something else now.
  bool plan_changed(const StudyEntry& entry) const;
  // The complete study of the same protocol, sites and mode on the untreated baseline, made on the same mesh; null when it was not played (or `entry` is one).
  const StudyEntry* before_of(const StudyEntry& entry) const;
  std::string baseline_name() const;             // of the first plan, which stays empty

  Doing doing() const { return doing_; }
  double fraction() const { return fraction_; }
  QString progress_words() const { return words_; }
  QString problem() const { return problem_; }   // why the last job gave nothing; empty when it did

 signals:
  void changed();                                // entries, what is chosen, what is done
  void progressed();

 private:
  struct Live;                                   // what the worker hands over
  void begin(Doing doing, const std::string& title, const std::function<core::Result<session::JobRunner::Completion>(const core::Progress&, const std::shared_ptr<Live>&)>& work);
  void tick();
  void take_runs();
  void finish(bool cancelled, const QString& problem);
  StudyEntry* find(int id);
  std::string scenario_of(const std::string& plan) const;

  Workspace& workspace_;
  std::vector<StudyEntry> entries_;              // newest first
  std::optional<session::KeptProof> proof_;
  std::optional<session::KeptRestitution> restitution_;
  std::vector<session::KeptProof> proofs_;       // of this session, newest first; so the next
  std::vector<session::KeptRestitution> curves_;
  std::shared_ptr<Live> live_;
  QTimer timer_;
  Doing doing_ = Doing::nothing;
  int job_ = 0, running_ = 0, chosen_ = 0, next_id_ = 1;
  double fraction_ = 0;
  QString words_, problem_;
  bool loaded_ = false;
  mutable std::weak_ptr<const core::TetMesh> hashed_;
  mutable std::string mesh_sha256_;
};

}  // namespace ot::gui
