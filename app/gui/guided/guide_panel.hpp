// SPDX-License-Identifier: GPL-3.0-or-later
// GuidePanel: "Guide…" of the Anatomy stage. What a person tells the cardiac recipe, the run, and what came of it. GUI thread only.
#pragma once
#include <QWidget>
#include <map>
#include <memory>

#include "app/gui/guided/guide_tool.hpp"

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSlider;
class QToolButton;
class QVBoxLayout;

namespace ot::viewer {
class SliceView;
}

namespace ot::imaging {
class ThresholdVolumes;
}

namespace ot::gui {

class NumberLabel;

class GuidePanel : public QWidget {
  Q_OBJECT
 public:
  GuidePanel(Workspace& workspace, QWidget* parent);
  ~GuidePanel() override;

 private:
  struct Row {
    GuideItem item;
    QPushButton* pick = nullptr;
    QLabel* state = nullptr;
    QToolButton* clear = nullptr;
  };
  void add_row(QVBoxLayout* box, GuideItem item);
  void pick(const std::string& name, bool on);
  void release_tool();
  void open(bool on);
  void attach();                         // overlay and tool into the slice views of the window
  void refresh();
  void refresh_results();
  void read_volumes(double threshold);   // a job, once per label map; `threshold`: the one the labels were made with
  void refresh_live();                   // volumes at the slider's threshold, before any run
  void set_slider(QSlider* slider, NumberLabel* shown, std::optional<double> value, double preset);
  double from_slider(int v) const;
  void run();
  void import_guide();
  void export_guide();
  void show_axes(bool on);               // coronal and sagittal become long and short axis

  Workspace& workspace_;
  GuideTool* tool_;
  std::vector<QPointer<viewer::SliceView>> slices_;
  QWidget* body_;
  std::map<std::string, Row> rows_;
  std::string picked_;
  QComboBox *cut_label_, *split_a_, *split_b_, *papillary_;
  QCheckBox* cut_unlimited_;
  QSlider *threshold_, *right_atrium_;
  NumberLabel *threshold_value_, *right_atrium_value_;
  QPushButton *open_, *run_, *cancel_, *axes_;
  QLabel* hint_;
  QVBoxLayout* results_;
  double low_ = 0, high_ = 1;            // values at the ends of the sliders
  const void* ranged_ = nullptr;         // volume the ends were taken from
  bool filling_ = false;
  QLabel* live_;
  std::shared_ptr<const imaging::ThresholdVolumes> volumes_;
  const void* volumes_of_ = nullptr;     // the label map; not held, so that a brush may go on in it
};

}  // namespace ot::gui
