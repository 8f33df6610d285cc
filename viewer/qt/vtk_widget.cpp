// SPDX-License-Identifier: GPL-3.0-or-later
// The Qt 6 - VTK marriage; every odd line has its reason in platform.md of the design notes.
#include "viewer/qt/vtk_widget.hpp"

#include <QElapsedTimer>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QPainter>
#include <QScreen>
#include <QSurfaceFormat>
#include <QWindow>
#include <vtkCallbackCommand.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkNew.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>
#include <vtkRendererCollection.h>

#include <vector>

#include "viewer/scene/scene3d.hpp"

namespace ot::viewer {

void prepare_opengl() {
  QSurfaceFormat format;
  format.setRenderableType(QSurfaceFormat::OpenGL);
  format.setVersion(3, 2);
  format.setProfile(QSurfaceFormat::CoreProfile);
  format.setDepthBufferSize(24);
  format.setStencilBufferSize(8);
  format.setAlphaBufferSize(8);
  format.setSamples(0);
  QSurfaceFormat::setDefaultFormat(format);
}

struct VtkWidget::Impl {
  vtkNew<vtkGenericOpenGLRenderWindow> window;
  vtkNew<vtkCallbackCommand> is_current, make_current;
  std::function<void()> prepare;
  std::string description;
  bool ready = false, software = false, failed = false;
  double frame_ms = 0;
  long frames = 0;
  QMetaObject::Connection context_end;
};

VtkWidget::VtkWidget(QWidget* parent) : QOpenGLWidget(parent), impl_(std::make_unique<Impl>()) {
  setObjectName("vtk_canvas");
  setAccessibleName(tr("3D picture"));
  setMouseTracking(true);
  Impl& s = *impl_;
  s.window->SetReadyForRendering(false);   // else Initialize() renders without a context
  s.window->SetFrameBlitModeToNoBlit();    // we blit into Qt's framebuffer ourselves
  s.window->SetMultiSamples(0);
  s.window->SetNumberOfLayers(2);
  s.window->SetDPI(72);                    // text sizes are given in device pixels
  s.is_current->SetClientData(this);
  s.is_current->SetCallback([](vtkObject*, unsigned long, void* self, void* answer) {
    auto* w = static_cast<VtkWidget*>(self);
    *static_cast<bool*>(answer) = w->context() && QOpenGLContext::currentContext() == w->context();
  });
  s.make_current->SetClientData(this);
  s.make_current->SetCallback([](vtkObject*, unsigned long, void* self, void*) {
    auto* w = static_cast<VtkWidget*>(self);
    // Not QOpenGLWidget::makeCurrent(): that binds Qt's framebuffer in the middle of VTK's drawing.
    if (auto* context = w->context(); context && context->surface()) {
      if (QOpenGLContext::currentContext() != context) context->makeCurrent(context->surface());
    } else if (w->isValid()) {
      w->makeCurrent();
    }
  });
  s.window->AddObserver(vtkCommand::WindowIsCurrentEvent, s.is_current);
  s.window->AddObserver(vtkCommand::WindowMakeCurrentEvent, s.make_current);
}

VtkWidget::~VtkWidget() {
  Impl& s = *impl_;
  disconnect(s.context_end);
  if (isValid()) {
    makeCurrent();
    s.window->Finalize();
    doneCurrent();
  }
  s.window->RemoveAllObservers();
  s.window->SetReadyForRendering(false);
  // The renderers belong to the scene and may outlive the window.
  std::vector<vtkRenderer*> renderers;
  for (int i = 0; i < s.window->GetRenderers()->GetNumberOfItems(); ++i) {
    renderers.push_back(static_cast<vtkRenderer*>(s.window->GetRenderers()->GetItemAsObject(i)));
  }
  for (vtkRenderer* r : renderers) s.window->RemoveRenderer(r);
}

void VtkWidget::add_renderer(vtkRenderer* renderer) { impl_->window->AddRenderer(renderer); }
void VtkWidget::set_prepare(std::function<void()> prepare) { impl_->prepare = std::move(prepare); }
bool VtkWidget::software_gl() const { return impl_->software; }
std::string VtkWidget::gl_description() const { return impl_->description; }
double VtkWidget::last_frame_ms() const { return impl_->frame_ms; }
long VtkWidget::frames() const { return impl_->frames; }

void VtkWidget::initializeGL() {
  Impl& s = *impl_;
  auto* gl = QOpenGLContext::currentContext()->functions();
  const auto text = [&](GLenum name) {
    const auto* t = reinterpret_cast<const char*>(gl->glGetString(name));
    return std::string(t ? t : "");
  };
  s.description = text(GL_VENDOR) + " · " + text(GL_RENDERER) + " · OpenGL " + text(GL_VERSION);
  const QSurfaceFormat have = QOpenGLContext::currentContext()->format();
  if (have.majorVersion() * 10 + have.minorVersion() < 32) {
    s.failed = true;
    emit gl_failed(tr("The graphics driver offers OpenGL %1.%2 only (the 3D picture needs 3.2). Start with LIBGL_ALWAYS_SOFTWARE=1 to draw in software.")
                       .arg(have.majorVersion()).arg(have.minorVersion()));
    return;
  }
  s.software = is_software_gl(s.description);
  // Multisampling is nearly free on a graphics card and costs two thirds of the speed in software.
  s.window->SetMultiSamples(s.software ? 0 : 4);
  // Qt may drop the context (reparenting, a second screen): VTK must let go of its objects while it is still there.
  disconnect(s.context_end);
  s.context_end = connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] {
    makeCurrent();
    impl_->window->Finalize();
    impl_->window->SetReadyForRendering(false);
    impl_->ready = false;
    doneCurrent();
  }, Qt::DirectConnection);
  if (auto* state = s.window->GetState()) {
    state->Reset();
    state->Push();
    state->vtkglDepthFunc(GL_LEQUAL);
  }
  s.window->SetReadyForRendering(true);
  s.window->SetOwnContext(0);
  s.window->OpenGLInitContext();
  if (auto* state = s.window->GetState()) state->Pop();
  s.ready = true;
  emit gl_ready();
}

void VtkWidget::resizeGL(int, int) {
  const double ratio = devicePixelRatioF();
  const int w = int(std::lround(width() * ratio)), h = int(std::lround(height() * ratio));
  impl_->window->SetSize(std::max(1, w), std::max(1, h));
  if (screen()) {
    const QSize size = screen()->size() * screen()->devicePixelRatio();
    impl_->window->SetScreenSize(size.width(), size.height());
  }
  emit resized_px(w, h, ratio);
}

void VtkWidget::paintGL() {
  Impl& s = *impl_;
  auto* gl = QOpenGLContext::currentContext()->functions();
  if (s.failed || !s.ready) {
    gl->glClearColor(0x10 / 255.f, 0x14 / 255.f, 0x1a / 255.f, 1);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    return;
  }
  QElapsedTimer clock;
  clock.start();
  if (s.prepare) s.prepare();
  auto* state = s.window->GetState();
  state->Reset();
  state->Push();
  state->vtkglDepthFunc(GL_LEQUAL);
  s.window->SetReadyForRendering(true);
  s.window->Render();
  state->vtkglBindFramebuffer(GL_DRAW_FRAMEBUFFER, defaultFramebufferObject());
  state->vtkglDisable(GL_SCISSOR_TEST);
  s.window->BlitDisplayFramebuffer(0, 0, 0, s.window->GetSize()[0], s.window->GetSize()[1], 0, 0, s.window->GetSize()[0], s.window->GetSize()[1],
                                   GL_COLOR_BUFFER_BIT, GL_NEAREST);
  // Alpha to one everywhere, else what is behind the window shines through.
  gl->glBindFramebuffer(GL_FRAMEBUFFER, defaultFramebufferObject());
  state->vtkglColorMask(GL_FALSE, GL_FALSE, GL_FALSE, GL_TRUE);
  state->vtkglClearColor(0, 0, 0, 1);
  state->vtkglClear(GL_COLOR_BUFFER_BIT);
  state->vtkglColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
  state->Pop();
  s.frame_ms = double(clock.nsecsElapsed()) * 1e-6;
  ++s.frames;
}

}  // namespace ot::viewer
