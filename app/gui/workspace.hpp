// SPDX-License-Identifier: GPL-3.0-or-later
// Workspace: the session and what the window shows of it (time, field, selection, tool, compared plans), as Qt signals.
// Panels bind to this and never to each other. GUI thread only.
#pragma once
#include <QObject>
#include <QString>
#include <map>
#include <memory>
#include <optional>

#include "app/present/flow_answer.hpp"
#include "app/present/heart_facts.hpp"
#include "app/present/numbers.hpp"
#include "app/present/playback.hpp"
#include "app/session/session.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"
#include "solvers/twin/one_heart.hpp"

namespace ot::gui {

enum class Display { activation, voltage, repolarisation, extracellular, tissue, thickness, plain, ea_map };
enum class Tool { none, lesion_point, lesion_line, lesion_ring, pacing, stent, tapered_stent, balloon, ideal_lumen, bypass, stenosis, measure, caps, probe, vessel_end, flow_probe };
// pressure: FFR where the vessel reports it. *_beat: the instant of the clock; lines: streamlines that stand still; slice: speed and direction in a lengthwise cut.
enum class VesselDisplay { pressure, wall_shear, osi, rrt, streams, plain, pressure_beat, shear_beat, lines, slice };
enum class Layout { four_up, big_3d, slices, vessel };   // slices: the three slices big (double oblique); vessel: straightened vessel
enum class Tone { info, good, attention, bad };

// An electro-anatomical map laid on the electrical mesh (or its difference to the run), as the 3D view shows it.
struct ShownMap {
  std::vector<float> values;                             // [nodes], NaN: not covered
  QString title, unit;
  int kind = 0;                                          // 0 LAT, 1 voltage, 2 difference, 3 phase
  std::vector<core::Vec3> lines;                         // drawn over it, point pairs: filaments
  double lo = 0, hi = 1, step = 0;
};
// A recorded ECG behind the simulated one.
struct ShownRecording {
  ep::RepresentativeBeat beat;
  QString name;
};

// What one vessel answers while a device is being dragged: not stored, gone when the drag ends.
struct FlowDraft {
  int plan = 0;
  twin::InterventionSpec spec;               // where the device is now
  std::shared_ptr<const present::FlowAnswer> answer;   // of the newest place that was answered; null at first
};

// What the heart answers while a lesion or a pacing electrode is being dragged: not stored, gone when the plan's own answer is there.
struct HeartDraft {
  int plan = 0;
  twin::InterventionSpec spec;               // where it is now
  std::shared_ptr<const twin::HeartAnswer> answer;     // of the newest place that has one; null at first
  QString refused;                           // why the newest place has none; empty when it has
};

class Workspace : public QObject {
  Q_OBJECT
 public:
  explicit Workspace(QObject* parent = nullptr);
  ~Workspace() override;

  session::Session& session() { return session_; }
  const session::Session& session() const { return session_; }
  std::shared_ptr<const session::CaseData> data() const { return session_.data(); }
  const twin::HeartModel* heart() const;
  const present::HeartFacts* facts() const { return facts_.get(); }   // null until measured

  // The answer of a draft on that plan, else the plan's result, or while a new one is computed the last one before the edit (then `stale`). Null when there never was one.
  present::PlanResult shown_result(int plan) const;
  // FAST answers for every plan on screen that has none and is not being computed; also for one whose FULL result is compared with a FAST one.
  void ensure_results();
  enum class Work { none, computing, cancelling };
  Work work_on(int plan) const;                          // a FAST or FULL run of this plan that waits or runs

  // About 30 times a second, with the wall time since the last call.
  void tick(double wall_ms);

  // --- time ---
  const present::Playback& playback() const { return playback_; }
  void set_time(double t_ms);
  void set_playing(bool playing);
  void set_speed(double speed);
  void step_frames(int frames);
  // Newest streamed frame of a FULL run, null when no run streams.
  const std::shared_ptr<const twin::Frame>& live_frame() const { return live_frame_; }
  int live_plan() const { return live_plan_; }

  // --- what is shown ---
  Display display() const { return display_; }
  void set_display(Display display);
  Layout layout() const { return layout_; }
  void set_layout(Layout layout);
  bool comparing() const { return comparing_; }
  int compare_left() const { return compare_left_; }
  int compare_right() const;
  void set_comparing(bool on);
  void set_compare_pair(int left, int right);
  // Compared: the right view shows right less left instead of the right plan itself.
  bool showing_difference() const { return difference_; }
  void set_showing_difference(bool on);
  QString shown_vessel() const { return vessel_; }
  void set_shown_vessel(const QString& key);
  VesselDisplay vessel_display() const { return vessel_display_; }
  void set_vessel_display(VesselDisplay display);
  // Result of one vessel of a plan: FULL of the plan, else FULL of this vessel alone (run behind a drag), else FAST.
  std::shared_ptr<const twin::RunResult> vessel_run(int plan, const QString& vessel) const;
  std::shared_ptr<const twin::RunResult> vessel_full(int plan, const QString& vessel) const;   // null: not confirmed
  void keep_vessel_full(int plan, const QString& vessel, std::shared_ptr<const twin::RunResult> run);
  const FlowDraft* flow_draft() const { return flow_draft_ ? &*flow_draft_ : nullptr; }
  void set_flow_draft(std::optional<FlowDraft> draft);
  const HeartDraft* heart_draft() const { return heart_draft_ ? &*heart_draft_ : nullptr; }
  void set_heart_draft(std::optional<HeartDraft> draft);
  // Which point of the selected lesion is moved, -1 all of it; whether a hand that takes a line takes the whole of it.
  int grip() const { return grip_; }
  void set_grip(int grip);
  bool move_whole() const { return move_whole_; }
  void set_move_whole(bool on) { move_whole_ = on; }
  QString selection() const { return selection_; }       // id of an intervention in the active plan
  void set_selection(const QString& id);
  int segment() const { return segment_; }               // AHA, 0 none
  void set_segment(int segment);
  // Wall thickness, mm, [nodes of the electrical mesh], NaN off the LV; null until measured (TissueModel).
  const std::shared_ptr<const std::vector<float>>& wall_thickness() const { return wall_thickness_; }
  void set_wall_thickness(std::shared_ptr<const std::vector<float>> mm);
  const std::shared_ptr<const ShownMap>& shown_map() const { return shown_map_; }   // null: none
  void set_shown_map(std::shared_ptr<const ShownMap> map);
  const std::shared_ptr<const ShownRecording>& recording() const { return recording_; }   // null: none behind the leads
  void set_recording(std::shared_ptr<const ShownRecording> recording);
  bool cut_open() const { return cut_open_; }            // the front half of the heart taken away
  void set_cut_open(bool on);
  bool color_blind() const { return color_blind_; }
  void set_color_blind(bool on);
  core::Vec3 crosshair() const { return crosshair_; }
  void set_crosshair(const core::Vec3& lps_mm);

  // --- tools and edits ---
  Tool tool() const { return tool_; }
  void set_tool(Tool tool);
  // Adds to the active plan; on the baseline a new plan is started first. Refusals go to the banner. Returns the new id.
  std::optional<std::string> add_intervention(twin::InterventionSpec spec);
  // Several as one undo step; all or none.
  bool add_interventions(std::vector<twin::InterventionSpec> specs, const QString& step_name);
  bool update_intervention(const twin::InterventionSpec& spec);   // false: refused, the message says why and the plan is as before
  const twin::InterventionSpec* selected_spec() const;
  void run_full();
  int running_full() const;                              // job id of a FULL run, 0 when none
  void say(Tone tone, const QString& text);              // inline banner
  void request_stage(int stage) { emit stage_requested(stage); }

 signals:
  void case_replaced();
  void plans_changed();        // also selection of the active plan, enable, undo
  void results_changed();
  void jobs_changed();
  void message_over();         // what the last message refused has been accepted since
  void trouble_at(ot::core::Vec3 lps_mm);   // a job failed there
  void job_failed(const QString& title);
  void saved();
  void image_changed(const QString& image_key);   // labels, planes, landmarks ... of one image
  void measured_changed();                        // recorded ECGs or maps of the case
  void recording_changed();                       // which one lies behind the leads
  void model_changed();                           // meshes and twin were made new from the labels
  void facts_changed();
  void frame_arrived();
  void time_changed(double t_ms);
  void playing_changed(bool playing);
  void speed_changed(double speed);
  void display_changed();
  void layout_changed();
  void compare_changed();
  void vessel_changed();
  void vessel_display_changed();
  void flow_draft_changed();
  void heart_draft_changed();
  void heart_answered();       // the draft has another answer, or none any more: shown_result() is another
  void grip_changed();
  void selection_changed();
  void segment_changed(int segment);
  void crosshair_changed();
  void cut_changed();
  void tool_changed();
  void message(ot::gui::Tone tone, const QString& text);
  void stage_requested(int stage);
  void label_visible_changed(int label_value, const QString& key, bool visible);
  void label_opacity_changed(const QString& key, double opacity);
  void quantity_hovered(const QString& text);

 private:
  int treated_plan();                    // the active plan; on the baseline the first treated one, made when there is none
  bool fast_is_wanted(int plan) const;   // one of the two plans compared is FULL, the other FAST: their difference is that of both in FAST
  void on_change(session::Change change);
  void measure_heart();
  void count_labels();                   // of images whose labels were not counted yet, by a job
  void refresh_end();
  void keep_results();

  session::Session session_;
  int observer_ = 0;
  present::Playback playback_;
  std::shared_ptr<const present::HeartFacts> facts_;
  std::map<std::string, std::shared_ptr<const twin::RunResult>> last_result_;   // by plan name
  std::shared_ptr<const twin::Frame> live_frame_;
  int live_plan_ = -1;
  bool refused_ = false;   // the last edit of an intervention
  Display display_ = Display::voltage;
  Layout layout_ = Layout::four_up;
  bool comparing_ = false;
  int compare_left_ = 0, compare_right_ = -1;
  bool difference_ = false;
  int last_failed_ = 0;
  QString vessel_, selection_, last_message_;
  int segment_ = 0;
  std::shared_ptr<const std::vector<float>> wall_thickness_;
  std::shared_ptr<const ShownMap> shown_map_;
  std::shared_ptr<const ShownRecording> recording_;
  bool color_blind_ = false, cut_open_ = false;
  VesselDisplay vessel_display_ = VesselDisplay::pressure;
  std::optional<FlowDraft> flow_draft_;
  std::optional<HeartDraft> heart_draft_;
  int grip_ = -1;
  bool move_whole_ = false;
  struct VesselFull {                                       // a few newest, by the vessel's part of the scenario
    std::string scenario_sha256;
    std::shared_ptr<const twin::TwinModel> twin;
    QString vessel;
    std::shared_ptr<const twin::RunResult> run;
  };
  std::vector<VesselFull> vessel_full_;
  core::Vec3 crosshair_{0, 0, 0};
  Tool tool_ = Tool::none;
};

}  // namespace ot::gui
