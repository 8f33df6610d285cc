// SPDX-License-Identifier: GPL-3.0-or-later
// SliceTool: what the left mouse button does in a slice view while a tool is taken (brush, ruler, seed, valve hinge). One tool object
// serves all slice views; SliceView calls it before its own handling. GUI thread only.
#pragma once
#include <QCursor>
#include <Qt>

#include "viewer/scene/slice_scene.hpp"

class QPainter;

namespace ot::viewer {

class SliceView;

struct SlicePointer {
  double x = 0, y = 0;                       // device pixels of the view, as SliceScene::to_patient takes them
  core::Vec3 at{0, 0, 0};                    // LPS mm
  Qt::MouseButton button = Qt::NoButton;     // of press and release; NoButton while moving
  Qt::MouseButtons held = Qt::NoButton;
  Qt::KeyboardModifiers modifiers = Qt::NoModifier;
};

class SliceTool {
 public:
  virtual ~SliceTool() = default;
  // True: taken, the view does nothing more with the event.
  virtual bool press(SliceView&, const SlicePointer&) { return false; }
  virtual bool move(SliceView&, const SlicePointer&) { return false; }
  virtual bool release(SliceView&, const SlicePointer&) { return false; }
  virtual bool double_click(SliceView&, const SlicePointer&) { return false; }
  virtual bool wheel(SliceView&, const SlicePointer&, double /*notches*/) { return false; }
  virtual bool key(SliceView&, int /*key*/, Qt::KeyboardModifiers) { return false; }
  // Keys that would be shortcuts of the window but belong to this tool while a slice has the focus ("[" of a brush).
  virtual bool wants_key(int /*key*/, Qt::KeyboardModifiers) { return false; }
  // Drawn above outlines and below letters; painter in device pixels.
  virtual void paint(SliceView&, QPainter&) {}
  virtual QCursor cursor() const { return Qt::CrossCursor; }
};

}  // namespace ot::viewer
