// SPDX-License-Identifier: GPL-3.0-or-later
// VtkWidget: shows VTK renderers in a plain Qt 6 widget (Debian's own VTK Qt module is built on Qt 5 and is not used).
// VTK draws in an OpenGL context of the widget's own, off the screen; the picture is read back and painted like any image. A QOpenGLWidget
// would turn the whole window into OpenGL: each brush stroke in a slice would then put every pixel of the window together again on the
// graphics card, or, in software OpenGL, on the processor (docs/dev/decisions/0009-offscreen-3d.md).
// Call prepare_opengl() once before the QApplication is made. GUI thread only.
#pragma once
#include <QImage>
#include <QWidget>
#include <functional>
#include <memory>
#include <string>

class vtkRenderer;

namespace ot::viewer {

void prepare_opengl();  // default surface format: OpenGL 3.2 core, depth 24, stencil 8

class VtkWidget : public QWidget {
  Q_OBJECT
 public:
  explicit VtkWidget(QWidget* parent = nullptr);
  ~VtkWidget() override;

  void add_renderer(vtkRenderer* renderer);
  void request_frame();                  // the scene changed: drawn anew with the next paint event; others show the last picture again
  QImage grab_frame();                   // the present picture in device pixels, drawn now if the scene changed; null without OpenGL
  // Called before each frame with the context current.
  void set_prepare(std::function<void()> prepare);
  bool software_gl() const;              // known after the first frame
  std::string gl_description() const;    // vendor, renderer and version in one line
  double last_frame_ms() const;          // time of VTK's part of the last frame
  long frames() const;

 signals:
  void gl_ready();
  void gl_failed(const QString& why);    // one sentence; the widget then shows a plain background
  void resized_px(int width, int height, double ratio);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void start();
  void draw();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
