// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures without a widget: an off-screen VTK window, only after we know that a display is there (VTK aborts otherwise).
#include <dlfcn.h>
#include <vtkNew.h>
#include <vtkPNGWriter.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkUnsignedCharArray.h>
#include <vtkWindowToImageFilter.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <string>

#include "solvers/core/atomic_file.hpp"
#include "viewer/scene/scene3d.hpp"
#include "viewer/scene/scene3d_impl.hpp"

namespace ot::viewer {

bool is_software_gl(const std::string& description) {
  std::string lower;
  for (const char c : description) lower += char(std::tolower(static_cast<unsigned char>(c)));
  for (const char* name : {"llvmpipe", "softpipe", "swrast", "software rasterizer"}) {
    if (lower.find(name) != std::string::npos) return true;
  }
  return false;
}

core::Result<void> check_display() {
  constexpr const char* advice = "Run the command under a virtual display, for example: xvfb-run -a <command>";
  const char* display = std::getenv("DISPLAY");
  if (!display || !*display) {
    return core::bad_input(std::string("No picture was made: there is no display (the variable DISPLAY is empty, and 3D drawing needs one). ") + advice);
  }
  // Asked through the library itself, because VTK ends the whole process when the display does not answer.
  void* x11 = dlopen("libX11.so.6", RTLD_LAZY);
  if (!x11) return core::bad_input(std::string("No picture was made: libX11 is missing (3D drawing needs it). Install libx11-6. ") + advice);
  using Open = void* (*)(const char*);
  const auto open = reinterpret_cast<Open>(dlsym(x11, "XOpenDisplay"));
  // The connection stays open to the end: a virtual display restarts when its last client leaves, and would refuse VTK meanwhile.
  static std::string held;
  if (held == display) return {};
  if (!open || !open(nullptr)) {
    return core::bad_input("No picture was made: the display " + std::string(display) + " does not answer (3D drawing needs one). " + advice);
  }
  held = display;
  return {};
}

core::Result<void> Scene3D::save_png(const std::filesystem::path& path, int width, int height) {
  if (width < 16 || height < 16 || width > 8192 || height > 8192) {
    return core::wrong_usage("The picture size must lie between 16 and 8192 pixels (other sizes cannot be drawn). Choose such a size.");
  }
  if (renderer()->GetRenderWindow()) {
    return core::wrong_usage("This scene belongs to a view on screen (it cannot be drawn twice at a time). Take the view's own screenshot.");
  }
  if (auto ok = check_display(); !ok) return core::pass(ok);
  const int old_width = impl_->camera.width, old_height = impl_->camera.height;
  const double old_ratio = impl_->ratio;
  set_size(width, height, std::max(1.0, height / 720.0));
  auto written = core::write_file_with(path, [&](const std::filesystem::path& temporary) -> core::Result<void> {
    const auto failed = core::bad_input("The picture " + path.string() + " could not be written (the folder may be missing, read-only or full). "
                                        "Choose another folder.");
    if (!std::ofstream(temporary)) return failed;  // asked first: VTK would write to the terminal
    vtkNew<vtkRenderWindow> window;
    window->SetOffScreenRendering(1);
    window->SetShowWindow(false);
    window->SetMultiSamples(0);
    window->SetDPI(72);
    window->SetNumberOfLayers(2);
    window->SetSize(width, height);
    window->AddRenderer(renderer());
    window->AddRenderer(overlay_renderer());
    core::Result<void> result;
    if (!window->SupportsOpenGL()) {
      result = core::bad_input("No picture was made: the display offers no OpenGL 3.2 (3D drawing needs it). "
                               "Install libgl1-mesa-dri for software drawing.");
    } else {
      prepare();
      window->Render();
      vtkNew<vtkWindowToImageFilter> grab;
      grab->SetInput(window);
      grab->SetInputBufferTypeToRGB();
      grab->ReadFrontBufferOff();
      vtkNew<vtkPNGWriter> writer;
      writer->SetFileName(temporary.c_str());
      writer->SetInputConnection(grab->GetOutputPort());
      writer->Write();
      if (writer->GetErrorCode() != 0 || !std::filesystem::exists(temporary)) {
        result = failed;
      }
    }
    window->RemoveRenderer(renderer());
    window->RemoveRenderer(overlay_renderer());
    renderer()->SetRenderWindow(nullptr);
    overlay_renderer()->SetRenderWindow(nullptr);
    window->Finalize();
    return result;
  });
  set_size(old_width, old_height, old_ratio);
  return written;
}

core::Result<void> render_png(const std::function<void(Scene3D&)>& describe, const std::filesystem::path& path, int width, int height) {
  if (auto ok = check_display(); !ok) return core::pass(ok);
  Scene3D scene;
  scene.set_size(width, height, 1.0);
  describe(scene);
  scene.fit();
  return scene.save_png(path, width, height);
}

}  // namespace ot::viewer
