// SPDX-License-Identifier: GPL-3.0-or-later
// VtkWidget: a Qt 6 QOpenGLWidget that shows VTK renderers (Debian's own VTK Qt module is built on Qt 5 and is not used).
// Call prepare_opengl() once before the QApplication is made. GUI thread only.
#pragma once
#include <QOpenGLWidget>
#include <functional>
#include <memory>
#include <string>

class vtkRenderer;

namespace ot::viewer {

void prepare_opengl();  // default surface format: OpenGL 3.2 core, depth 24, stencil 8

class VtkWidget : public QOpenGLWidget {
  Q_OBJECT
 public:
  explicit VtkWidget(QWidget* parent = nullptr);
  ~VtkWidget() override;

  void add_renderer(vtkRenderer* renderer);
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
  void initializeGL() override;
  void resizeGL(int width, int height) override;
  void paintGL() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ot::viewer
