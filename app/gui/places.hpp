// SPDX-License-Identifier: GPL-3.0-or-later
// Places: the discs and balls several panels show in one 3D view at the same time; each panel owns a group of them.
#pragma once
#include <QObject>
#include <map>
#include <string>
#include <vector>

#include "viewer/scene/scene3d.hpp"

namespace ot::gui {

class HeartPane;

class Places : public QObject {
 public:
  Places(HeartPane& pane, QObject* parent) : QObject(parent), pane_(pane) {}
  HeartPane& pane() { return pane_; }
  void set(const std::string& group, std::vector<viewer::PlaceMark> marks);

 private:
  HeartPane& pane_;
  std::map<std::string, std::vector<viewer::PlaceMark>> groups_;
};

}  // namespace ot::gui
