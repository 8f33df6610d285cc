// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/scene/drawn_volume.hpp"

#include <vtkColorTransferFunction.h>
#include <vtkFixedPointVolumeRayCastMapper.h>
#include <vtkGPUVolumeRayCastMapper.h>
#include <vtkImageData.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkPiecewiseFunction.h>
#include <vtkPointData.h>
#include <vtkShortArray.h>
#include <vtkVolume.h>
#include <vtkVolumeProperty.h>

#include <algorithm>
#include <cmath>

#include "solvers/core/parallel.hpp"
#include "viewer/scene/slice_scene.hpp"

namespace ot::viewer {
using core::Vec3;

core::Result<std::shared_ptr<const VolumeTexture>> make_volume_texture(const core::Volume& volume, const std::optional<VolumeBox>& box, std::size_t most_voxels,
                                                                       const core::Progress& progress) {
  const core::Grid& g = volume.grid;
  int lo[3] = {0, 0, 0}, hi[3] = {g.size[0] - 1, g.size[1] - 1, g.size[2] - 1};
  if (box) {
    Vec3 least = Vec3::Constant(1e300), most = Vec3::Constant(-1e300);
    for (int c = 0; c < 8; ++c) {
      const Vec3 x = g.to_index(Vec3((c & 1) ? box->hi.x() : box->lo.x(), (c & 2) ? box->hi.y() : box->lo.y(), (c & 4) ? box->hi.z() : box->lo.z()));
      least = least.cwiseMin(x), most = most.cwiseMax(x);
    }
    for (int a = 0; a < 3; ++a) {
      lo[a] = std::clamp(int(std::floor(std::clamp(least[a], -1e6, 1e6))), 0, g.size[std::size_t(a)] - 1);
      hi[a] = std::clamp(int(std::ceil(std::clamp(most[a], -1e6, 1e6))), lo[a], g.size[std::size_t(a)] - 1);
    }
  }
  const auto size_for = [&](int step, int a) { return std::max(1, (hi[a] - lo[a] + 1) / step); };
  int step = 1;
  while (std::size_t(size_for(step, 0)) * std::size_t(size_for(step, 1)) * std::size_t(size_for(step, 2)) > most_voxels) ++step;
  auto out = std::make_shared<VolumeTexture>();
  out->reduced = step;
  out->hounsfield = volume.quantity == "HU";
  for (int a = 0; a < 3; ++a) out->grid.size[std::size_t(a)] = size_for(step, a);
  if (out->grid.size[0] < 2 || out->grid.size[1] < 2 || out->grid.size[2] < 2)
    return core::bad_input("The image is a single slice (there is no volume to draw). Use the slice views.");
  out->grid.spacing = g.spacing * step;
  out->grid.direction = g.direction;
  out->grid.origin = g.to_patient(Vec3(lo[0], lo[1], lo[2]) + Vec3::Constant(0.5 * (step - 1)));
  const WindowLevel wl = out->hounsfield ? WindowLevel{} : percentile_window(volume);
  const double low = wl.level - 0.5 * wl.width;
  const int nx = out->grid.size[0], ny = out->grid.size[1], nz = out->grid.size[2];
  out->values.resize(out->grid.voxels());
  for (int k = 0; k < nz; ++k) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(k) / nz, "volume for the 3D view");
    core::parallel_chunks(ny, 8, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t j = begin; j < end; ++j)
        for (int i = 0; i < nx; ++i) {
          double sum = 0;
          for (int c = 0; c < step; ++c)
            for (int b = 0; b < step; ++b) {
              const float* p = volume.values.data() + g.offset(lo[0] + i * step, lo[1] + int(j) * step + b, lo[2] + k * step + c);
              for (int a = 0; a < step; ++a) sum += std::isfinite(p[a]) ? double(p[a]) : -1024.0;
            }
          double v = sum / (double(step) * step * step);
          if (!out->hounsfield) v = (v - low) / std::max(1e-9, wl.width) * 1000;
          out->values[out->grid.offset(i, int(j), k)] = std::int16_t(std::lround(std::clamp(v, -1024.0, 3071.0)));
        }
    });
  }
  if (out->grid.direction.determinant() < 0) {   // VTK draws right-handed grids: turn the first axis round
    out->grid.origin = out->grid.to_patient(Vec3(nx - 1, 0, 0));
    out->grid.direction.col(0) = -out->grid.direction.col(0);
    for (int k = 0; k < nz; ++k)
      for (int j = 0; j < ny; ++j) std::reverse(out->values.begin() + std::ptrdiff_t(out->grid.offset(0, j, k)), out->values.begin() + std::ptrdiff_t(out->grid.offset(0, j, k)) + nx);
  }
  return std::shared_ptr<const VolumeTexture>(std::move(out));
}

const std::vector<VolumePreset>& volume_presets() {
  // Our own curves over the usual HU: fat -100, muscle 50, contrast blood 250 to 450, bone from 400, lung about -800.
  static const std::vector<VolumePreset> list{
      {"ct_cardiac", "CT cardiac", {{-1024, 0, 0, 0, 0}, {90, 0.35, 0.07, 0.06, 0}, {160, 0.62, 0.18, 0.14, 0.10}, {280, 0.88, 0.48, 0.36, 0.42}, {420, 0.98, 0.86, 0.74, 0.80}, {3071, 1, 1, 0.96, 0.92}}, false, true},
      {"ct_coronary", "CT coronary", {{-1024, 0, 0, 0, 0}, {170, 0.4, 0.08, 0.06, 0}, {260, 0.75, 0.28, 0.20, 0.30}, {380, 0.95, 0.70, 0.52, 0.75}, {700, 1, 0.97, 0.90, 0.92}, {3071, 1, 1, 1, 0.95}}, false, true},
      {"ct_bone", "CT bone", {{-1024, 0, 0, 0, 0}, {220, 0.55, 0.30, 0.20, 0}, {420, 0.86, 0.72, 0.55, 0.35}, {900, 0.97, 0.93, 0.84, 0.92}, {3071, 1, 1, 1, 0.98}}, false, true},
      {"ct_lung", "CT lung", {{-1024, 0, 0, 0, 0}, {-930, 0.2, 0.25, 0.35, 0}, {-820, 0.45, 0.60, 0.78, 0.035}, {-650, 0.72, 0.82, 0.92, 0.07}, {-480, 0.95, 0.72, 0.66, 0.10}, {-350, 0.9, 0.6, 0.5, 0}, {3071, 0, 0, 0, 0}}, false, true},
      {"ct_mip", "MIP", {{-1024, 0, 0, 0, 0}, {-100, 0, 0, 0, 0}, {800, 1, 1, 1, 1}, {3071, 1, 1, 1, 1}}, true, true},
      {"mr_surface", "MR bright", {{-1024, 0, 0, 0, 0}, {450, 0.4, 0.15, 0.12, 0}, {750, 0.85, 0.55, 0.45, 0.3}, {1100, 1, 0.92, 0.85, 0.8}, {3071, 1, 1, 1, 0.9}}, false, false},
      {"mr_mip", "MIP", {{-1024, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1000, 1, 1, 1, 1}, {3071, 1, 1, 1, 1}}, true, false}};
  return list;
}

struct DrawnVolume::Impl {
  std::shared_ptr<const VolumeTexture> texture;
  vtkNew<vtkImageData> image;
  vtkNew<vtkFixedPointVolumeRayCastMapper> software_mapper;
  vtkSmartPointer<vtkGPUVolumeRayCastMapper> hardware_mapper;
  vtkNew<vtkVolume> volume;
  vtkNew<vtkColorTransferFunction> color;
  vtkNew<vtkPiecewiseFunction> opacity;
  bool software = true, maximum = false;
  // Pixels per ray; a careful start: the first pictures are measured. `most`, beyond which nothing is recognised, counts in
  // points of the screen: one with twice the pixels may have twice the distance.
  struct Rays {
    double step, least, most, budget_ms;
  } moving{5, 2, 10, frame_budget_ms}, still{3, 1, 5, still_budget_ms};
  double ratio = 1;
  bool quick = false, drawn_quick = false;   // the next picture, the last one
  Rays& rays(bool of_quick) { return of_quick ? moving : still; }
  void set_distances() {
    software_mapper->SetImageSampleDistance(float(std::round(rays(quick).step * 2) / 2));
    if (!texture) return;
    // Along the ray a moving picture is sampled every second voxel, as the eye cannot follow finer.
    const float along = float(texture->grid.spacing.minCoeff() * (quick ? 2 : 1));
    software_mapper->SetSampleDistance(along);
    software_mapper->SetInteractiveSampleDistance(along);
  }
  std::optional<VolumeBox> clip;

  vtkVolumeMapper* mapper() { return software || !hardware_mapper ? static_cast<vtkVolumeMapper*>(software_mapper.Get()) : static_cast<vtkVolumeMapper*>(hardware_mapper.Get()); }
  void apply() {
    vtkVolumeMapper* m = mapper();
    if (texture) m->SetInputDataObject(image);
    m->SetBlendMode(maximum ? vtkVolumeMapper::MAXIMUM_INTENSITY_BLEND : vtkVolumeMapper::COMPOSITE_BLEND);
    m->SetCropping(clip.has_value());
    if (clip && texture) {
      // The box in the texture's own axes: its corners' extent there.
      Vec3 lo = Vec3::Constant(1e300), hi = Vec3::Constant(-1e300);
      for (int c = 0; c < 8; ++c) {
        const Vec3 x = texture->grid.to_index(Vec3((c & 1) ? clip->hi.x() : clip->lo.x(), (c & 2) ? clip->hi.y() : clip->lo.y(), (c & 4) ? clip->hi.z() : clip->lo.z()))
                           .cwiseProduct(texture->grid.spacing);
        lo = lo.cwiseMin(x), hi = hi.cwiseMax(x);
      }
      m->SetCroppingRegionPlanes(lo.x(), hi.x(), lo.y(), hi.y(), lo.z(), hi.z());
      m->SetCroppingRegionFlagsToSubVolume();
    }
    set_distances();
    volume->SetMapper(m);
  }
};

DrawnVolume::DrawnVolume() : impl_(std::make_unique<Impl>()) {
  Impl& s = *impl_;
  s.software_mapper->AutoAdjustSampleDistancesOff();
  s.software_mapper->IntermixIntersectingGeometryOn();
  vtkVolumeProperty* p = s.volume->GetProperty();
  p->SetColor(s.color);
  p->SetScalarOpacity(s.opacity);
  p->SetInterpolationTypeToLinear();
  p->SetAmbient(0.25);
  p->SetDiffuse(0.8);
  p->SetSpecular(0.15);
  p->SetSpecularPower(20);
  s.volume->VisibilityOff();
  s.volume->PickableOff();
  set_preset("ct_cardiac");
}
DrawnVolume::~DrawnVolume() = default;

void DrawnVolume::set_texture(std::shared_ptr<const VolumeTexture> texture) {
  Impl& s = *impl_;
  s.texture = std::move(texture);
  s.volume->SetVisibility(s.texture != nullptr);
  if (!s.texture) return;
  const core::Grid& g = s.texture->grid;
  s.image->Initialize();
  s.image->SetDimensions(g.size[0], g.size[1], g.size[2]);
  s.image->SetSpacing(g.spacing.x(), g.spacing.y(), g.spacing.z());
  vtkNew<vtkShortArray> values;
  // The texture outlives the array: both are held here. VTK only reads it.
  values->SetArray(const_cast<short*>(s.texture->values.data()), vtkIdType(s.texture->values.size()), 1);
  s.image->GetPointData()->SetScalars(values);
  vtkNew<vtkMatrix4x4> place;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) place->SetElement(r, c, g.direction(r, c));
    place->SetElement(r, 3, g.origin[r]);
  }
  s.volume->SetUserMatrix(place);
  s.volume->GetProperty()->SetScalarOpacityUnitDistance(g.spacing.minCoeff());
  s.apply();
}

bool DrawnVolume::set_preset(const std::string& key) {
  Impl& s = *impl_;
  for (const auto& p : volume_presets()) {
    if (p.key != key) continue;
    s.color->RemoveAllPoints();
    s.opacity->RemoveAllPoints();
    for (const auto& k : p.knots) {
      s.color->AddRGBPoint(k.value, k.r, k.g, k.b);
      s.opacity->AddPoint(k.value, k.opacity);
    }
    s.maximum = p.maximum;
    s.volume->GetProperty()->SetShade(!p.maximum && p.key != "ct_lung");
    s.apply();
    return true;
  }
  return false;
}
void DrawnVolume::set_clip(const std::optional<VolumeBox>& box) {
  impl_->clip = box;
  impl_->apply();
}
void DrawnVolume::set_software(bool software) {
  Impl& s = *impl_;
  if (s.software == software) return;
  s.software = software;
  if (!software && !s.hardware_mapper) s.hardware_mapper = vtkSmartPointer<vtkGPUVolumeRayCastMapper>::New();
  s.apply();
}
void DrawnVolume::set_ratio(double device_pixels_per_point) { impl_->ratio = std::max(1.0, device_pixels_per_point); }
void DrawnVolume::set_quick(bool on) {
  Impl& s = *impl_;
  s.drawn_quick = s.quick;
  s.quick = on;
  if (s.software && visible()) s.set_distances();
}
void DrawnVolume::tell_frame_ms(double ms) {
  Impl& s = *impl_;
  if (!s.software || !visible() || !(ms > 0)) return;
  // Rays go with the square of their distance; move half the way (in the logarithm) so that one slow picture does not blur the next.
  Impl::Rays& rays = s.rays(s.drawn_quick);
  const double wanted = std::clamp(rays.step * std::sqrt(ms / rays.budget_ms), rays.least, rays.most * s.ratio);
  rays.step = std::sqrt(rays.step * wanted);
  s.set_distances();
}
double DrawnVolume::ray_step() const { return impl_->rays(impl_->quick).step; }
bool DrawnVolume::visible() const { return impl_->volume->GetVisibility() != 0; }
vtkProp* DrawnVolume::prop() const { return impl_->volume; }

}  // namespace ot::viewer
