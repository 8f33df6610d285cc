// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/stage.hpp"

#include <fmt/format.h>
#include <vtkActor2D.h>
#include <vtkAnnotatedCubeActor.h>
#include <vtkCamera.h>
#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkLight.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper2D.h>
#include <vtkProperty.h>
#include <vtkProperty2D.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>
#include <vtkTextActor.h>
#include <vtkTextProperty.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>
#include <cmath>

#include "viewer/scene/vtk_text.hpp"

namespace ot::viewer {
using core::Vec3;
namespace {
constexpr core::Color dark_text{0xe6, 0xeb, 0xf0}, dark_secondary{0x9a, 0xa7, 0xb4}, light_text{0x1c, 0x24, 0x2c}, light_secondary{0x4b, 0x58, 0x66};

vtkSmartPointer<vtkTextActor> make_text(const std::string& text, int px, bool bold, core::Color color) {
  auto actor = vtkSmartPointer<vtkTextActor>::New();
  actor->SetInput(text.c_str());
  style_text(actor->GetTextProperty(), px, bold, color);
  actor->GetPositionCoordinate()->SetCoordinateSystemToDisplay();
  return actor;
}
}  // namespace

std::vector<double> bar_labels(const FieldStyle& s) {
  const auto bands = bands_of(s);
  const double lo = bands.front().lo, hi = s.step > 0 ? bands.back().hi : s.hi;
  std::vector<double> out;
  if (s.palette == Palette::ffr) {
    out = {lo};
    for (const double v : {0.6, 0.7, ffr_break, 0.9}) {
      if (v > lo + 0.04 && v < hi - 0.04) out.push_back(v);
    }
    out.push_back(hi);
    return out;
  }
  if (s.palette == Palette::difference && s.step > 0 && std::abs(std::remainder(lo, s.step)) > 0.25 * s.step) {
    // A band around zero: its neighbours' middles are whole steps, which are what is written.
    const double outer = std::floor(hi / s.step) * s.step, inner = std::floor(hi / s.step / 2) * s.step;
    out = {-outer, 0, outer};
    if (inner > 0 && inner < outer) out.insert(out.end(), {-inner, inner});
    std::sort(out.begin(), out.end());
    return out;
  }
  for (int i = 0; i <= 4; ++i) out.push_back(lo + (hi - lo) * i / 4);
  return out;
}

struct Stage::Impl {
  vtkNew<vtkRenderer> main, overlay;
  vtkNew<vtkAnnotatedCubeActor> cube;
  vtkSmartPointer<vtkTextActor> readout;
  std::vector<FieldStyle> bars;
  std::vector<vtkSmartPointer<vtkProp>> bar_props;
  core::Color text_color = dark_text, secondary = dark_secondary;
  bool show_bar = true, show_readout = true, show_cube = true;
  std::array<double, 4> area{0, 0, 0, 0};
};

Stage::Stage() : impl_(std::make_unique<Impl>()) {
  Impl& s = *impl_;
  s.main->SetBackground(0x10 / 255.0, 0x14 / 255.0, 0x1a / 255.0);    // bottom
  s.main->SetBackground2(0x1a / 255.0, 0x20 / 255.0, 0x26 / 255.0);   // top
  s.main->GradientBackgroundOn();
  s.main->AutomaticLightCreationOff();
  s.main->SetUseFXAA(true);
  // A head light a little above the left shoulder and a weak fill from the other side: form without black shadows.
  const auto light = [&](double x, double y, double z, double intensity) {
    vtkNew<vtkLight> l;
    l->SetLightTypeToCameraLight();
    l->SetPosition(x, y, z);
    l->SetFocalPoint(0, 0, 0);
    l->SetIntensity(intensity);
    s.main->AddLight(l);
  };
  light(-0.35, 0.55, 1.0, 0.92);
  light(0.9, -0.25, 0.7, 0.26);
  s.overlay->SetLayer(1);
  s.overlay->InteractiveOff();
  s.cube->SetXPlusFaceText("L");
  s.cube->SetXMinusFaceText("R");
  s.cube->SetYPlusFaceText("P");
  s.cube->SetYMinusFaceText("A");
  s.cube->SetZPlusFaceText("H");
  s.cube->SetZMinusFaceText("F");
  s.cube->SetXFaceTextRotation(0);
  s.cube->SetYFaceTextRotation(0);
  s.cube->SetZFaceTextRotation(-90);
  s.cube->SetFaceTextScale(0.6);
  s.cube->GetCubeProperty()->SetColor(0x26 / 255.0, 0x30 / 255.0, 0x3a / 255.0);
  s.cube->GetTextEdgesProperty()->SetColor(0x4a / 255.0, 0x58 / 255.0, 0x66 / 255.0);
  s.cube->GetTextEdgesProperty()->SetLineWidth(1);
  for (vtkProperty* p : {s.cube->GetXPlusFaceProperty(), s.cube->GetXMinusFaceProperty(), s.cube->GetYPlusFaceProperty(),
                         s.cube->GetYMinusFaceProperty(), s.cube->GetZPlusFaceProperty(), s.cube->GetZMinusFaceProperty()}) {
    p->SetColor(0xf2 / 255.0, 0xb8 / 255.0, 0x4b / 255.0);
    p->SetInterpolationToFlat();
    p->LightingOff();
  }
  s.overlay->AddActor(s.cube);
  s.readout = make_text("", 12, false, s.secondary);
  s.readout->GetTextProperty()->SetJustificationToRight();
  s.main->AddActor2D(s.readout);
}
Stage::~Stage() = default;

void Stage::add(vtkProp* prop) { impl_->main->AddViewProp(prop); }
void Stage::remove(vtkProp* prop) { impl_->main->RemoveViewProp(prop); }

void Stage::apply(const ViewCamera& c, const Vec3& lo, const Vec3& hi) {
  vtkCamera* camera = impl_->main->GetActiveCamera();
  const Vec3 eye = c.eye();
  camera->SetPosition(eye.x(), eye.y(), eye.z());
  camera->SetFocalPoint(c.center.x(), c.center.y(), c.center.z());
  camera->SetViewUp(c.frame.up.x(), c.frame.up.y(), c.frame.up.z());
  camera->SetViewAngle(c.angle_deg);
  const Vec3 middle = 0.5 * (lo + hi);
  const double radius = std::max(1.0, 0.5 * (hi - lo).norm() * 1.05);
  const double depth = (eye - middle).dot(c.frame.from);
  const double far = std::max(depth + radius, 1.0);
  camera->SetClippingRange(std::max(depth - radius, 0.002 * far), far);
  vtkCamera* small = impl_->overlay->GetActiveCamera();
  const Vec3 from = 4.2 * c.frame.from;
  small->SetPosition(from.x(), from.y(), from.z());
  small->SetFocalPoint(0, 0, 0);
  small->SetViewUp(c.frame.up.x(), c.frame.up.y(), c.frame.up.z());
  small->SetViewAngle(26);
  small->SetClippingRange(1, 10);
}

void Stage::set_light(bool light) {
  Impl& s = *impl_;
  s.text_color = light ? light_text : dark_text;
  s.secondary = light ? light_secondary : dark_secondary;
  const auto part = [](int v) { return v / 255.0; };
  if (light) {
    s.main->SetBackground(part(0xd9), part(0xdf), part(0xe5));
    s.main->SetBackground2(part(0xf1), part(0xf4), part(0xf7));
  } else {
    s.main->SetBackground(part(0x10), part(0x14), part(0x1a));
    s.main->SetBackground2(part(0x1a), part(0x20), part(0x26));
  }
  s.readout->GetTextProperty()->SetColor(part(s.secondary[0]), part(s.secondary[1]), part(s.secondary[2]));
}
void Stage::set_quick(bool on) { impl_->main->SetUseFXAA(!on); }
void Stage::set_bars(std::vector<FieldStyle> styles) { impl_->bars = std::move(styles); }
void Stage::set_readout(const std::string& text) { impl_->readout->SetInput(text.c_str()); }
void Stage::set_visible(bool bar, bool readout, bool cube) {
  impl_->show_bar = bar, impl_->show_readout = readout, impl_->show_cube = cube;
}
std::array<double, 4> Stage::bar_area() const { return impl_->area; }
vtkRenderer* Stage::main() const { return impl_->main; }
vtkRenderer* Stage::overlay() const { return impl_->overlay; }

void Stage::lay_out(int width, int height, double ratio) {
  Impl& s = *impl_;
  for (const auto& p : s.bar_props) s.main->RemoveViewProp(p);
  s.bar_props.clear();
  s.area = {0, 0, 0, 0};
  const auto px = [&](double v) { return v * ratio; };
  s.readout->SetVisibility(s.show_readout);
  s.readout->GetTextProperty()->SetFontSize(int(std::lround(px(12))));
  s.readout->SetDisplayPosition(int(width - px(12)), int(px(12)));

  const double cube_px = std::min(px(58), 0.2 * std::min(width, height));
  const bool cube = s.show_cube && width > px(200) && height > px(160);
  s.cube->SetVisibility(cube);
  const double right = 1 - px(8) / width, bottom = px(30) / height;
  s.overlay->SetViewport(std::max(0.0, right - cube_px / width), bottom, std::max(0.01, right), std::min(1.0, bottom + cube_px / height));

  if (!s.show_bar) return;
  const double tall = std::clamp(0.34 * height, px(70), px(210)), wide = px(14), base = px(22);
  double left = px(14);
  for (const FieldStyle& style : s.bars) {
    const auto bands = bands_of(style);
    vtkNew<vtkPoints> points;
    vtkNew<vtkCellArray> quads;
    vtkNew<vtkUnsignedCharArray> colors;
    colors->SetNumberOfComponents(3);
    const std::size_t n = bands.size();
    for (std::size_t i = 0; i < n; ++i) {
      const double y0 = base + tall * double(i) / double(n), y1 = base + tall * double(i + 1) / double(n);
      vtkIdType ids[4];
      const double corner[4][2] = {{left, y0}, {left + wide, y0}, {left + wide, y1}, {left, y1}};
      for (int k = 0; k < 4; ++k) ids[k] = points->InsertNextPoint(corner[k][0], corner[k][1], 0);
      quads->InsertNextCell(4, ids);
      colors->InsertNextTuple3(bands[i].color[0], bands[i].color[1], bands[i].color[2]);
    }
    vtkNew<vtkPolyData> data;
    data->SetPoints(points);
    data->SetPolys(quads);
    data->GetCellData()->SetScalars(colors);
    vtkNew<vtkPolyDataMapper2D> mapper;
    mapper->SetInputData(data);
    vtkNew<vtkActor2D> actor;
    actor->SetMapper(mapper);
    s.bar_props.push_back(actor.Get());
    const double lo = bands.front().lo, hi = style.step > 0 ? bands.back().hi : style.hi;
    for (const double v : bar_labels(style)) {
      auto label = make_text(fmt::format("{:.{}f}", v + 0.0, style.decimals), int(std::lround(px(11))), style.palette == Palette::ffr && std::abs(v - ffr_break) < 1e-9, s.text_color);
      label->GetTextProperty()->SetVerticalJustificationToCentered();
      label->SetDisplayPosition(int(left + wide + px(7)), int(base + tall * (v - lo) / (hi - lo)));
      s.bar_props.push_back(label.Get());
    }
    auto title = make_text(style.unit.empty() ? style.title : style.title + ", " + style.unit, int(std::lround(px(12))), false, s.text_color);
    // Readable over a heart that reaches below it.
    const bool light = s.text_color == light_text;
    title->GetTextProperty()->SetBackgroundColor(light ? 0.9 : 0.08, light ? 0.92 : 0.1, light ? 0.94 : 0.12);
    title->GetTextProperty()->SetBackgroundOpacity(0.7);
    title->SetDisplayPosition(int(left - px(1)), int(base + tall + px(11)));
    s.bar_props.push_back(title.Get());
    left += px(76);
  }
  if (!s.bars.empty()) s.area = {px(8), height - base - tall - px(30), left - px(8), tall + px(30) + base};
  for (const auto& p : s.bar_props) s.main->AddViewProp(p);
}

}  // namespace ot::viewer
