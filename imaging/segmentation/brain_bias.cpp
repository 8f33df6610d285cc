// SPDX-License-Identifier: GPL-3.0-or-later
// Coil shading by N4 (Tustison et al., IEEE TMI 29:1310, 2010, doi 10.1109/TMI.2010.2046908) as in ITK, on a shrunk image.
#include <itkCommand.h>
#include <itkN4BiasFieldCorrectionImageFilter.h>

#include <cmath>

#include "imaging/segmentation/brain_parts.hpp"

namespace ot::imaging::brain {
namespace {

constexpr double shrunk_mm = 4.0;   // shading varies over centimetres
using Image = itk::Image<float, 3>;
using Bytes = itk::Image<std::uint8_t, 3>;
using Filter = itk::N4BiasFieldCorrectionImageFilter<Image, Bytes, Image>;

}  // namespace

core::Result<std::vector<float>> shading(const core::Grid& g, const std::vector<float>& values, const voxels::Mask& mask, const core::Progress& progress) {
  std::array<int, 3> f{}, n{};
  for (std::size_t d = 0; d < 3; ++d) f[d] = std::max(1, int(std::lround(shrunk_mm / g.spacing[Eigen::Index(d)]))), n[d] = (g.size[d] + f[d] - 1) / f[d];
  core::Grid small = g;
  small.size = n;
  std::vector<double> field(small.voxels(), 0.0);
  try {
    auto image = Image::New();
    auto inside = Bytes::New();
    Image::RegionType region;
    region.SetSize({{itk::SizeValueType(n[0]), itk::SizeValueType(n[1]), itk::SizeValueType(n[2])}});
    double spacing[3];
    for (std::size_t d = 0; d < 3; ++d) spacing[d] = g.spacing[Eigen::Index(d)] * f[d];
    image->SetRegions(region), inside->SetRegions(region);
    image->SetSpacing(spacing), inside->SetSpacing(spacing);
    image->Allocate(), inside->Allocate();
    std::size_t used = 0;
    for (int k = 0; k < n[2]; ++k)
      for (int j = 0; j < n[1]; ++j)
        for (int i = 0; i < n[0]; ++i) {
          double sum = 0;
          int count = 0;
          for (int c = 0; c < f[2] && k * f[2] + c < g.size[2]; ++c)
            for (int b = 0; b < f[1] && j * f[1] + b < g.size[1]; ++b)
              for (int a = 0; a < f[0] && i * f[0] + a < g.size[0]; ++a) {
                const std::size_t o = g.offset(i * f[0] + a, j * f[1] + b, k * f[2] + c);
                if (mask[o]) sum += values[o], ++count;
              }
          const std::size_t o = small.offset(i, j, k);
          const bool in = count * 2 > f[0] * f[1] * f[2] && sum > 0;
          image->GetBufferPointer()[o] = in ? float(sum / count) : 0.0f;
          inside->GetBufferPointer()[o] = in;
          used += in;
        }
    if (used < 1000) return core::bad_input("Too few voxels for the shading of the coil to be estimated.");
    auto n4 = Filter::New();
    n4->SetNumberOfWorkUnits(1);
    n4->SetInput(image);
    n4->SetMaskImage(inside);
    n4->SetMaskLabel(1);
    n4->SetNumberOfFittingLevels(3);
    Filter::VariableSizeArrayType iterations(3);
    iterations.Fill(30);
    n4->SetMaximumNumberOfIterations(iterations);
    n4->SetConvergenceThreshold(1e-3);
    Filter::ArrayType points;
    points.Fill(4);   // one cubic span per axis at first, doubled at every level
    n4->SetNumberOfControlPoints(points);
    auto watch = itk::FunctionCommand::New();
    watch->SetCallback([&progress](const itk::EventObject&) {
      if (progress.cancelled()) throw itk::ProcessAborted(__FILE__, __LINE__);
    });
    n4->AddObserver(itk::IterationEvent(), watch);
    n4->AddObserver(itk::ProgressEvent(), watch);
    n4->Update();
    // log shading = log(input / output); outside the mask N4 leaves the input: extended by a normalised Gaussian below.
    const Image* out = n4->GetOutput();
    core::Grid coarse = small;
    for (int d = 0; d < 3; ++d) coarse.spacing[d] = spacing[d];
    std::vector<float> log_field(small.voxels(), 0.0f), weight(small.voxels(), 0.0f);
    double mean = 0;
    for (std::size_t o = 0; o < field.size(); ++o)
      if (inside->GetBufferPointer()[o] && out->GetBufferPointer()[o] > 0) {
        log_field[o] = std::log(image->GetBufferPointer()[o] / out->GetBufferPointer()[o]);
        weight[o] = 1;
        mean += log_field[o];
      }
    mean /= double(used);
    for (std::size_t o = 0; o < field.size(); ++o) log_field[o] = weight[o] > 0 ? log_field[o] - float(mean) : 0.0f;
    const auto top = voxels::gaussian(coarse, log_field, 8.0), bottom = voxels::gaussian(coarse, weight, 8.0);
    for (std::size_t o = 0; o < field.size(); ++o) field[o] = bottom[o] > 1e-4f ? top[o] / bottom[o] : 0.0;
  } catch (const itk::ProcessAborted&) {
    return core::cancelled();
  } catch (const std::exception& e) {
    return core::bad_input(std::string("The shading of the coil could not be estimated (") + e.what() + "). Check the image.");
  }
  // Trilinear back onto the grid.
  std::vector<float> out(g.voxels());
  for (int k = 0; k < g.size[2]; ++k) {
    if (k % 16 == 0 && progress.cancelled()) return core::cancelled();
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        int a[3], b[3];
        double w[3];
        const int at[3] = {i, j, k};
        for (std::size_t d = 0; d < 3; ++d) {
          const double x = std::clamp((at[d] + 0.5) / f[d] - 0.5, 0.0, double(n[d] - 1));
          a[d] = int(x), b[d] = std::min(a[d] + 1, n[d] - 1), w[d] = x - a[d];
        }
        double sum = 0;
        for (int c = 0; c < 8; ++c)
          sum += (c & 1 ? w[0] : 1 - w[0]) * (c & 2 ? w[1] : 1 - w[1]) * (c & 4 ? w[2] : 1 - w[2]) *
                 field[small.offset(c & 1 ? b[0] : a[0], c & 2 ? b[1] : a[1], c & 4 ? b[2] : a[2])];
        out[g.offset(i, j, k)] = float(std::exp(sum));
      }
  }
  return out;
}

}  // namespace ot::imaging::brain
