// SPDX-License-Identifier: GPL-3.0-or-later
// The Qt 6 - VTK marriage; every odd line has its reason in platform.md of the design notes.
#include "viewer/qt/vtk_widget.hpp"

#include <QElapsedTimer>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QPaintEvent>
#include <QPainter>
#include <QScreen>
#include <QSurfaceFormat>
#include <vtkCallbackCommand.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkNew.h>
#include <vtkOpenGLFramebufferObject.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>
#include <vtkRendererCollection.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "viewer/scene/scene3d.hpp"

namespace ot::viewer {

namespace {
constexpr QColor background(0x10, 0x14, 0x1a);
}

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
  std::unique_ptr<QOffscreenSurface> surface;   // these two are destroyed last
  std::unique_ptr<QOpenGLContext> context;
  vtkNew<vtkGenericOpenGLRenderWindow> window;
  vtkNew<vtkCallbackCommand> is_current, make_current;
  std::function<void()> prepare;
  std::string description;
  bool ready = false, software = false, failed = false, changed = true;
  double frame_ms = 0;
  long frames = 0;
  QImage picture;
  std::vector<std::uint32_t> rows;   // as OpenGL gives them, the lowest first

  bool current() const { return context && QOpenGLContext::currentContext() == context.get(); }
};

VtkWidget::VtkWidget(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>()) {
  setObjectName("vtk_canvas");
  setAccessibleName(tr("3D picture"));
  setMouseTracking(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setAttribute(Qt::WA_NoSystemBackground);
  Impl& s = *impl_;
  s.window->SetReadyForRendering(false);   // else Initialize() renders without a context
  s.window->SetFrameBlitModeToNoBlit();    // we read VTK's own framebuffer
  s.window->SetMultiSamples(0);
  s.window->SetNumberOfLayers(2);
  s.window->SetDPI(72);                    // text sizes are given in device pixels
  s.is_current->SetClientData(&s);
  s.is_current->SetCallback([](vtkObject*, unsigned long, void* self, void* answer) { *static_cast<bool*>(answer) = static_cast<Impl*>(self)->current(); });
  s.make_current->SetClientData(&s);
  s.make_current->SetCallback([](vtkObject*, unsigned long, void* self, void*) {
    auto* i = static_cast<Impl*>(self);
    if (i->context && !i->current()) i->context->makeCurrent(i->surface.get());
  });
  s.window->AddObserver(vtkCommand::WindowIsCurrentEvent, s.is_current);
  s.window->AddObserver(vtkCommand::WindowMakeCurrentEvent, s.make_current);
}

VtkWidget::~VtkWidget() {
  Impl& s = *impl_;
  if (s.context && s.context->makeCurrent(s.surface.get())) {
    s.window->Finalize();   // VTK lets go of its objects while their context is there
    s.context->doneCurrent();
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

void VtkWidget::request_frame() {
  impl_->changed = true;
  update();
}

QImage VtkWidget::grab_frame() {
  if (!impl_->ready && !impl_->failed) start();
  draw();
  return impl_->picture;
}

void VtkWidget::start() {
  Impl& s = *impl_;
  const auto fail = [&](const QString& why) {
    s.failed = true;
    emit gl_failed(why);
  };
  s.surface = std::make_unique<QOffscreenSurface>(screen());
  s.surface->setFormat(QSurfaceFormat::defaultFormat());
  s.surface->create();
  s.context = std::make_unique<QOpenGLContext>();
  s.context->setFormat(s.surface->requestedFormat());
  if (!s.context->create() || !s.surface->isValid() || !s.context->makeCurrent(s.surface.get())) {
    s.context.reset();
    return fail(tr("The display offers no OpenGL (the 3D picture needs 3.2). Install a graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1 to draw in software."));
  }
  auto* gl = s.context->functions();
  const auto text = [&](GLenum name) {
    const auto* t = reinterpret_cast<const char*>(gl->glGetString(name));
    return std::string(t ? t : "");
  };
  s.description = text(GL_VENDOR) + " · " + text(GL_RENDERER) + " · OpenGL " + text(GL_VERSION);
  const QSurfaceFormat have = s.context->format();
  if (have.majorVersion() * 10 + have.minorVersion() < 32) {
    return fail(tr("The graphics driver offers OpenGL %1.%2 only (the 3D picture needs 3.2). Start with LIBGL_ALWAYS_SOFTWARE=1 to draw in software.")
                    .arg(have.majorVersion()).arg(have.minorVersion()));
  }
  s.software = is_software_gl(s.description);
  // Multisampling is nearly free on a graphics card and costs two thirds of the speed in software.
  s.window->SetMultiSamples(s.software ? 0 : 4);
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

void VtkWidget::draw() {
  Impl& s = *impl_;
  if (!s.ready) return;
  const double ratio = devicePixelRatioF();
  const int w = std::max(1, int(std::lround(width() * ratio))), h = std::max(1, int(std::lround(height() * ratio)));
  const bool resized = s.picture.width() != w || s.picture.height() != h;
  if (!resized && !s.changed) return;
  if (!s.context->makeCurrent(s.surface.get())) return;
  if (resized) {
    s.window->SetSize(w, h);
    if (screen()) {
      const QSize size = screen()->size() * screen()->devicePixelRatio();
      s.window->SetScreenSize(size.width(), size.height());
    }
    emit resized_px(w, h, ratio);
  }
  QElapsedTimer clock;
  clock.start();
  s.changed = false;   // what asks for a frame while this one is drawn gets the next one
  if (s.prepare) s.prepare();
  auto* state = s.window->GetState();
  state->Reset();
  state->Push();
  state->vtkglDepthFunc(GL_LEQUAL);
  s.window->SetReadyForRendering(true);
  s.window->Render();
  s.rows.resize(std::size_t(w) * h);
  auto* gl = s.context->functions();
  auto* drawn = s.window->GetDisplayFramebuffer();
  state->PushReadFramebufferBinding();
  drawn->Bind(GL_READ_FRAMEBUFFER);
  drawn->ActivateReadBuffer(0);
  gl->glPixelStorei(GL_PACK_ALIGNMENT, 4);
  gl->glReadPixels(0, 0, w, h, GL_BGRA, GL_UNSIGNED_BYTE, s.rows.data());
  state->PopReadFramebufferBinding();
  state->Pop();
  s.context->doneCurrent();
  if (resized) s.picture = QImage(w, h, QImage::Format_RGB32);
  s.picture.setDevicePixelRatio(ratio);
  for (int y = 0; y < h; ++y) {
    const std::uint32_t* from = s.rows.data() + std::size_t(h - 1 - y) * w;
    auto* to = reinterpret_cast<std::uint32_t*>(s.picture.scanLine(y));
    for (int x = 0; x < w; ++x) to[x] = from[x] | 0xff000000u;   // VTK's alpha says nothing here
  }
  s.frame_ms = double(clock.nsecsElapsed()) * 1e-6;
  ++s.frames;
}

void VtkWidget::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  update();
}

void VtkWidget::paintEvent(QPaintEvent* event) {
  Impl& s = *impl_;
  if (!s.ready && !s.failed) start();
  draw();
  QPainter painter(this);
  painter.setCompositionMode(QPainter::CompositionMode_Source);
  if (s.picture.isNull()) painter.fillRect(event->rect(), background);
  else painter.drawImage(QPointF(0, 0), s.picture);
}

}  // namespace ot::viewer
