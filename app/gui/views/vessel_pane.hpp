// SPDX-License-Identifier: GPL-3.0-or-later
// VesselPane: the vessel of the case along its centreline, with a chooser of branches and shape; linked to the crosshair.
#pragma once
#include <QFrame>

#include "app/gui/workspace.hpp"
#include "viewer/qt/curved_view.hpp"

class QToolButton;

namespace ot::gui {

class VesselPane : public QFrame {
  Q_OBJECT
 public:
  VesselPane(Workspace& workspace, QWidget* parent);
  viewer::CurvedView& view() { return *view_; }
  const viewer::VesselPath* path() const { return chosen_ >= 0 ? &entries_[std::size_t(chosen_)].path : nullptr; }
  QString vessel() const { return chosen_ >= 0 ? QString::fromStdString(entries_[std::size_t(chosen_)].vessel_key) : QString(); }
  void refresh();                       // case, vessel or labels changed; does nothing while hidden

 signals:
  void place_chosen(const ot::core::Vec3& lps_mm);
  void path_chosen();

 protected:
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Entry {
    QString name;
    std::shared_ptr<const core::VesselNetwork> network;
    viewer::VesselPath path;
    std::string vessel_key;
  };
  void collect();
  std::pair<std::string, int> wanted_place() const;   // vessel key (empty: nothing says) and branch (-1: any)
  static std::string place_words(const std::pair<std::string, int>& place);
  void choose(int entry);
  void follow();
  void name_branch();                   // as much of its name as there is room for; the tip has all of it

  Workspace& workspace_;
  viewer::CurvedView* view_;
  QToolButton *chooser_, *shape_;
  std::vector<Entry> entries_;
  int chosen_ = -1;
  std::string followed_;                // vessel and branch of the device or vessel that the line was last taken from
  bool outdated_ = true, moving_ = false;
};

}  // namespace ot::gui
