// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/vtk_text.hpp"

#include <vtkTextProperty.h>

#include <filesystem>
#include <string>

namespace ot::viewer {
namespace {
std::string first_font(std::initializer_list<const char*> candidates) {
  std::error_code ignored;
  for (const char* file : candidates) {
    if (std::filesystem::exists(file, ignored)) return file;
  }
  return {};
}
}  // namespace

void style_text(vtkTextProperty* property, int size_px, bool bold, core::Color color) {
  static const std::string plain = first_font({"/usr/share/fonts/opentype/inter/Inter-Medium.otf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"});
  static const std::string heavy = first_font({"/usr/share/fonts/opentype/inter/Inter-SemiBold.otf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"});
  const std::string& file = bold ? heavy : plain;
  if (file.empty()) {
    property->SetFontFamilyToArial();
    property->SetBold(bold);
  } else {
    property->SetFontFamily(VTK_FONT_FILE);
    property->SetFontFile(file.c_str());
  }
  property->SetFontSize(size_px);
  property->SetColor(color[0] / 255.0, color[1] / 255.0, color[2] / 255.0);
}

}  // namespace ot::viewer
