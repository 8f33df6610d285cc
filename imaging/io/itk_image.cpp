// SPDX-License-Identifier: GPL-3.0-or-later
// The one place where ITK reads and writes images.
#include <fmt/format.h>
#include <itkCommand.h>
#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkVectorImage.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "imaging/io/dicom.hpp"
#include "imaging/io/io.hpp"
#include "imaging/io/moving_image.hpp"
#include "imaging/io/preflight.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::imaging {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;
using Image = itk::Image<float, 3>;

itk::ImageIOBase::Pointer io_for(ImageFormat format) {
  switch (format) {
    case ImageFormat::nifti: return itk::NiftiImageIO::New().GetPointer();
    case ImageFormat::nrrd: return itk::NrrdImageIO::New().GetPointer();
    case ImageFormat::meta: return itk::MetaImageIO::New().GetPointer();
    case ImageFormat::dicom: return itk::GDCMImageIO::New().GetPointer();
  }
  return nullptr;
}

// The first three axes of an image of three or four.
template <class Any>
Result<core::Grid> grid_of(const Any& image, const fs::path& path) {
  core::Grid g;
  const auto size = image.GetLargestPossibleRegion().GetSize();
  for (unsigned d = 0; d < 3; ++d) {
    g.size[d] = int(size[d]);
    g.spacing[d] = image.GetSpacing()[d];
    g.origin[d] = image.GetOrigin()[d];
    for (unsigned c = 0; c < 3; ++c) g.direction(d, c) = image.GetDirection()(d, c);
  }
  if (!g.spacing.allFinite() || !g.origin.allFinite() || !g.direction.allFinite() || g.spacing.minCoeff() <= 0 || g.spacing.maxCoeff() > 1000)
    return bad_input(fmt::format("{} has a voxel size or position that is no number or not positive (it cannot be placed in the patient). Export the image again.",
                                 path.string()));
  if (!(g.direction.transpose() * g.direction).isApprox(core::Mat3::Identity(), 1e-3))
    return bad_input(fmt::format("{} has slice axes that are not perpendicular (a sheared volume would be measured wrongly). Resample it to a straight grid.", path.string()));
  return g;
}

template <class Any>
Result<typename Any::Pointer> itk_read(const fs::path& path, itk::ImageIOBase* io, const core::Progress& progress) {
  try {
    auto reader = itk::ImageFileReader<Any>::New();
    reader->SetImageIO(io);
    reader->SetFileName(path.string());
    auto watch = itk::FunctionCommand::New();
    itk::ImageFileReader<Any>* raw = reader.GetPointer();
    watch->SetCallback([raw, &progress](const itk::EventObject&) {
      if (progress.cancelled()) raw->AbortGenerateDataOn();
    });
    reader->AddObserver(itk::ProgressEvent(), watch);
    reader->UpdateOutputInformation();
    if (io->GetNumberOfComponents() != 1 && !std::is_same_v<Any, itk::VectorImage<float, 3>>)
      return bad_input(fmt::format("{} holds {} values per voxel (a colour or vector image). Export one number per voxel.", path.string(), io->GetNumberOfComponents()));
    reader->Update();
    typename Any::Pointer image = reader->GetOutput();
    image->DisconnectPipeline();
    return image;
  } catch (const itk::ProcessAborted&) {
    return core::cancelled();
  } catch (const std::bad_alloc&) {
    return bad_input(fmt::format("{} does not fit into memory. Load it at a lower resolution.", path.string()));
  } catch (const itk::ExceptionObject& e) {
    std::string why = e.GetDescription();
    why = why.substr(0, why.find('\n'));
    return bad_input(fmt::format("{} cannot be read ({}). Copy or export it again.", path.string(), why));
  } catch (const std::exception& e) {
    return bad_input(fmt::format("{} cannot be read ({}). Copy or export it again.", path.string(), e.what()));
  }
}

Result<void> settle(core::Volume& v, const fs::path& path, bool ct) {
  float least = std::numeric_limits<float>::max();
  std::size_t bad = 0;
  for (float x : v.values) {
    if (std::isfinite(x)) least = std::min(least, x);
    else ++bad;
  }
  if (bad == v.values.size()) return bad_input(fmt::format("{} holds no number at all (every voxel is NaN or infinite). Export the image again.", path.string()));
  if (bad > 0)
    for (float& x : v.values)
      if (!std::isfinite(x)) x = least;
  // A CT in HU contains air; nothing else here reaches below -500.
  v.quantity = ct || least < -500.0f ? "HU" : "intensity";
  return {};
}

// The largest plain volume (no interpolated slice), or that of the named series.
Result<core::Volume> read_dicom(const fs::path& path, const std::string& series_uid, const core::Progress& progress) {
  const auto scan = scan_dicom(path, progress.part(0, 0.3));
  if (!scan) return core::pass(scan);
  const DicomReading* best = nullptr;
  const DicomSeries* refused = nullptr;
  for (std::size_t i = 0; i < scan->series.size(); ++i) {
    const DicomSeries& s = scan->series[i];
    if (!series_uid.empty() && s.info.uid != series_uid) continue;
    if (!refused || s.info.files > refused->info.files) refused = &s;
    for (const DicomReading& r : scan->readings)
      if (r.series == int(i) && s.info.usable && r.verdict == s.info.verdict && (!best || r.grid.voxels() > best->grid.voxels())) best = &r;
  }
  if (!refused) return bad_input(fmt::format("{} has no series {}. List its series first.", path.string(), series_uid));
  if (!best)
    return bad_input(fmt::format("{} holds no usable volume: {} (a volume needs evenly spaced parallel slices). Choose another series or export it completely.",
                                 path.string(), refused->info.verdict));
  auto loaded = load_reading(*scan, *best, {}, progress.part(0.3, 1));
  if (!loaded) return core::pass(loaded);
  return std::move(loaded->phases.front().volume);
}

template <unsigned dimensions, class T>
Result<void> write_image(const core::Grid& grid, std::vector<T> values, const fs::path& path, double step = 1) {
  using Any = itk::Image<T, dimensions>;
  ImageFormat format;
  const std::string ext = image_extension(path);
  if (ext == ".nii" || ext == ".nii.gz") format = ImageFormat::nifti;
  else if (ext == ".nrrd") format = ImageFormat::nrrd;
  else if (ext == ".mha") format = ImageFormat::meta;
  else return core::wrong_usage(fmt::format("{} has no image ending that OrganTwin writes. Use .nii.gz, .nii, .nrrd or .mha.", path.string()));
  OT_EXPECT(!values.empty() && values.size() % grid.voxels() == 0 && (dimensions == 4 || values.size() == grid.voxels()));
  return core::write_file_with(path, [&](const fs::path& given) -> Result<void> {
    // ITK chooses by the whole ending; a temporary name may have kept only the last part of ".nii.gz".
    const fs::path temporary = image_extension(given) == ext ? given : fs::path(given.string() + ext);
    try {
      auto image = Any::New();
      typename Any::SizeType size;
      typename Any::SpacingType spacing;
      typename Any::PointType origin;
      typename Any::DirectionType direction;
      direction.SetIdentity();
      for (unsigned d = 0; d < 3; ++d) {
        size[d] = itk::SizeValueType(grid.size[d]);
        spacing[d] = grid.spacing[d];
        origin[d] = grid.origin[d];
        for (unsigned c = 0; c < 3; ++c) direction(d, c) = grid.direction(d, c);
      }
      if constexpr (dimensions == 4) size[3] = values.size() / grid.voxels(), spacing[3] = step, origin[3] = 0;
      image->SetRegions(size);
      image->SetSpacing(spacing);
      image->SetOrigin(origin);
      image->SetDirection(direction);
      image->GetPixelContainer()->SetImportPointer(values.data(), values.size(), false);
      auto writer = itk::ImageFileWriter<Any>::New();
      writer->SetImageIO(io_for(format));
      writer->SetFileName(temporary.string());
      writer->SetInput(image);
      writer->SetUseCompression(ext != ".nii");
      writer->Update();
      if (temporary != given) fs::rename(temporary, given);
    } catch (const std::exception&) {
      std::error_code ignored;
      if (temporary != given) fs::remove(temporary, ignored);
      return bad_input(fmt::format("{} cannot be written (disk full or no permission). Free space or choose another folder.", path.string()));
    }
    return {};
  });
}

}  // namespace

namespace {

// What can be said before voxels are read: one number per voxel, three dimensions and perhaps time.
Result<Promise> inspect_moving(const fs::path& path, const core::Progress& progress) {
  auto promise = inspect_image(path, progress);
  if (!promise || promise->format == ImageFormat::dicom) return promise;
  while (promise->size.size() > 3 && promise->size.back() == 1) promise->size.pop_back();
  if (promise->size.size() > 4) return bad_input(fmt::format("{} has {} axes (a volume and its time are 4). Export a single image.", path.string(), promise->size.size()));
  const bool moves = promise->size.size() == 4;
  if (promise->size.size() < 3 || std::min(promise->size[0], promise->size[1]) < 2 || (!moves && promise->size[2] < 2))
    return bad_input(fmt::format("{} is a 2D image (a volume needs at least two slices). Give the whole scan.", path.string()));
  return promise;
}

// The same where one volume is needed.
Result<Promise> inspect_volume(const fs::path& path, const core::Progress& progress) {
  auto promise = inspect_moving(path, progress);
  if (!promise || promise->format == ImageFormat::dicom || promise->size.size() <= 3) return promise;
  const auto time = time_axis(path, *promise);
  if (!time) return core::pass(time);
  return bad_input(fmt::format("{} holds {} volumes (phases or channels; one is needed). Export a single phase.", path.string(), time->time_ms.size()));
}

}  // namespace

Result<core::Grid> read_grid(const fs::path& path, const core::Progress& progress) {
  const auto promise = inspect_volume(path, progress);
  if (!promise) return core::pass(promise);
  if (promise->format == ImageFormat::dicom) return bad_input(fmt::format("{} is a DICOM file (its grid is that of its series). Scan the folder.", path.string()));
  try {
    auto reader = itk::ImageFileReader<Image>::New();
    reader->SetImageIO(io_for(promise->format));
    reader->SetFileName(path.string());
    reader->UpdateOutputInformation();
    return grid_of(*reader->GetOutput(), path);
  } catch (const std::exception&) {
    return bad_input(fmt::format("{} cannot be read (its header is damaged). Copy or export it again.", path.string()));
  }
}

Result<core::Volume> read_volume(const fs::path& path, const std::string& series_uid, const core::Progress& progress) {
  if (progress.cancelled()) return core::cancelled();
  std::error_code ec;
  progress.report(0, "reading the image");
  if (fs::is_directory(path, ec)) return read_dicom(path, series_uid, progress);
  const auto promise = inspect_volume(path, progress.part(0, 0.3));
  if (!promise) return core::pass(promise);
  if (promise->format == ImageFormat::dicom) return read_dicom(path, series_uid, progress);
  auto io = io_for(promise->format);
  const auto image = itk_read<Image>(path, io, progress.part(0.3, 1.0));
  if (!image) return core::pass(image);
  const auto grid = grid_of(**image, path);
  if (!grid) return core::pass(grid);
  for (std::size_t d = 0; d < 3; ++d)
    if (grid->size[d] != promise->size[d])
      return bad_input(fmt::format("{} is read as another size than its header says (the header is damaged). Export the image again.", path.string()));
  core::Volume v;
  v.grid = *grid;
  v.values.assign((*image)->GetBufferPointer(), (*image)->GetBufferPointer() + v.grid.voxels());
  if (auto ok = settle(v, path, false); !ok) return core::pass(ok);
  progress.report(1, "image read");
  return v;
}

Result<void> write_volume(const core::Volume& volume, const fs::path& path) {
  bool whole = true;
  for (float x : volume.values)
    if (!(x >= -32768.0f && x <= 32767.0f && x == std::floor(x))) {
      whole = false;
      break;
    }
  if (!whole) return write_image<3, float>(volume.grid, volume.values, path);
  return write_image<3, short>(volume.grid, std::vector<short>(volume.values.begin(), volume.values.end()), path);
}

Result<MovingHeader> read_moving_header(const fs::path& path, const core::Progress& progress) {
  const auto promise = inspect_moving(path, progress);
  if (!promise) return core::pass(promise);
  if (promise->format == ImageFormat::dicom || promise->size.size() == 3) {
    auto grid = read_grid(path, progress);
    if (!grid) return core::pass(grid);
    return MovingHeader{*grid, {0}, true, {}};
  }
  auto time = time_axis(path, *promise);
  if (!time) return core::pass(time);
  try {
    MovingHeader out;
    const auto header = [&](auto reader) -> Result<core::Grid> {
      reader->SetImageIO(io_for(promise->format));
      reader->SetFileName(path.string());
      reader->UpdateOutputInformation();
      return grid_of(*reader->GetOutput(), path);
    };
    auto grid = time->list_axis == 0 ? header(itk::ImageFileReader<itk::VectorImage<float, 3>>::New()) : header(itk::ImageFileReader<itk::Image<float, 4>>::New());
    if (!grid) return core::pass(grid);
    out.grid = *grid;
    out.time_ms = std::move(time->time_ms);
    out.time_stated = time->stated;
    out.notes = std::move(time->notes);
    return out;
  } catch (const std::exception&) {
    return bad_input(fmt::format("{} cannot be read (its header is damaged, or its axis of time is written in a way that is not read). Export it as NIfTI.", path.string()));
  }
}

Result<std::vector<core::Volume>> read_moving(const fs::path& path, const core::Progress& progress) {
  const auto promise = inspect_moving(path, progress.part(0, 0.3));
  if (!promise) return core::pass(promise);
  std::vector<core::Volume> out;
  if (promise->format == ImageFormat::dicom || promise->size.size() == 3) {
    auto one = read_volume(path, "", progress.part(0.3, 1));
    if (!one) return core::pass(one);
    out.push_back(std::move(*one));
    return out;
  }
  const auto time = time_axis(path, *promise);
  if (!time) return core::pass(time);
  const std::size_t phases = time->time_ms.size();
  const bool list = time->list_axis == 0;
  core::Grid grid;
  const auto keep = [&](const auto& image) -> Result<void> {
    const auto g = grid_of(*image, path);
    if (!g) return core::pass(g);
    grid = *g;
    for (std::size_t d = 0; d < 3; ++d)
      if (grid.size[d] != promise->size[d + (list ? 1 : 0)])
        return bad_input(fmt::format("{} is read as another size than its header says (the header is damaged). Export the image again.", path.string()));
    const float* from = image->GetBufferPointer();
    out.resize(phases);
    for (std::size_t p = 0; p < phases; ++p) {
      if (progress.cancelled()) return core::cancelled();
      out[p].grid = grid;
      auto& values = out[p].values;
      if (!list) {
        values.assign(from + p * grid.voxels(), from + (p + 1) * grid.voxels());
      } else {
        values.resize(grid.voxels());
        for (std::size_t n = 0; n < values.size(); ++n) values[n] = from[n * phases + p];
      }
    }
    return {};
  };
  auto io = io_for(promise->format);
  if (list) {
    const auto image = itk_read<itk::VectorImage<float, 3>>(path, io, progress.part(0.3, 0.9));
    if (!image) return core::pass(image);
    if ((*image)->GetNumberOfComponentsPerPixel() != phases) return bad_input(fmt::format("{} is read as another number of phases than its header says (the header is damaged). Export it again.", path.string()));
    if (auto ok = keep(*image); !ok) return core::pass(ok);
  } else {
    const auto image = itk_read<itk::Image<float, 4>>(path, io, progress.part(0.3, 0.9));
    if (!image) return core::pass(image);
    if ((*image)->GetLargestPossibleRegion().GetSize()[3] != phases) return bad_input(fmt::format("{} is read as another number of phases than its header says (the header is damaged). Export it again.", path.string()));
    if (auto ok = keep(*image); !ok) return core::pass(ok);
  }
  bool hounsfield = false;
  for (auto& v : out) {
    if (auto ok = settle(v, path, false); !ok) return core::pass(ok);
    hounsfield = hounsfield || v.quantity == "HU";
  }
  for (auto& v : out) v.quantity = hounsfield ? "HU" : "intensity";   // one scanner, one scale
  progress.report(1, "image read");
  return out;
}

namespace {

// ITK leaves the unit of time out of NIfTI's xyzt_units (byte 123): millimetres and seconds (2 | 8, nifti1.h).
Result<void> state_seconds(const fs::path& path) {
  return core::write_file_with(path, [&](const fs::path& temporary) -> Result<void> {
    const auto failed = [&] { return bad_input(fmt::format("{} cannot be written (disk full or no permission). Free space or choose another folder.", path.string())); };
    const bool packed = image_extension(path) == ".nii.gz";
    gzFile from = gzopen(path.c_str(), "rb"), to = gzopen(temporary.c_str(), packed ? "wb6" : "wbT");   // T: not compressed
    std::vector<char> piece(1 << 20);
    bool good = from && to, first = true;
    for (int got = 0; good && (got = gzread(from, piece.data(), unsigned(piece.size()))) != 0; first = false) {
      if (first && got > 123) piece[123] = 2 | 8;
      good = got > 0 && gzwrite(to, piece.data(), unsigned(got)) == got;
    }
    if (from) gzclose(from);
    if (to) good = gzclose(to) == Z_OK && good;
    return good ? Result<void>() : failed();
  });
}

}  // namespace

Result<MovingWritten> write_moving(const std::vector<const core::Volume*>& phases, const std::vector<double>& time_ms, const fs::path& path, const core::Progress& progress) {
  OT_EXPECT(phases.size() > 1 && phases.size() == time_ms.size());
  MovingWritten out;
  const double step = (time_ms.back() - time_ms.front()) / double(phases.size() - 1);
  for (std::size_t i = 0; i < time_ms.size(); ++i) out.uneven = out.uneven || std::abs(time_ms[i] - time_ms.front() - step * double(i)) > 0.01;   // ms: far below any frame time
  const std::string ext = image_extension(path);
  if (ext == ".nrrd") {
    out.uneven = false;
    if (auto ok = write_sequence(phases, time_ms, path, progress); !ok) return core::pass(ok);
    return out;
  }
  std::vector<float> all;
  all.reserve(phases.size() * phases.front()->values.size());
  for (const auto* v : phases) {
    if (progress.cancelled()) return core::cancelled();
    OT_EXPECT(v->grid.size == phases.front()->grid.size);
    all.insert(all.end(), v->values.begin(), v->values.end());
  }
  // ITK states seconds in NIfTI's xyzt_units; MetaImage has no unit, and milliseconds are how it is read again.
  const double unit = ext == ".mha" ? 1 : 1e-3;
  if (auto ok = write_image<4, float>(phases.front()->grid, std::move(all), path, step > 0 ? step * unit : 1); !ok) return core::pass(ok);
  if (ext != ".mha")
    if (auto ok = state_seconds(path); !ok) return core::pass(ok);
  return out;
}

Result<core::LabelMap> read_labels(const fs::path& path, const std::vector<core::LabelInfo>& known) {
  const auto v = read_volume(path, "", core::Progress());
  if (!v) return core::pass(v);
  core::LabelMap out;
  out.grid = v->grid;
  out.values.resize(v->values.size());
  std::array<std::size_t, 256> count{};
  for (std::size_t i = 0; i < v->values.size(); ++i) {
    const float x = v->values[i];
    if (!(x >= 0 && x <= 255 && x == std::floor(x)))
      return bad_input(fmt::format("{} is not a label map: it holds the value {} (labels are whole numbers from 0 to 255). Is this the image itself?", path.string(), x));
    ++count[std::size_t(x)];
    out.values[i] = std::uint8_t(x);
  }
  if (count[0] == out.values.size())
    return bad_input(fmt::format("{} is an empty label map (every voxel is 0, there is nothing to model). Check the segmentation.", path.string()));
  for (int value = 1; value < 256; ++value) {
    const auto hit = std::find_if(known.begin(), known.end(), [&](const core::LabelInfo& l) { return l.value == value; });
    if (hit != known.end()) {
      out.labels.push_back(*hit);
    } else if (count[std::size_t(value)] > 0) {
      core::LabelInfo info;
      info.value = value;
      info.key = fmt::format("label_{}", value);
      info.name = fmt::format("label {}", value);
      info.color = {std::uint8_t(60 + value * 67 % 190), std::uint8_t(60 + value * 131 % 190), std::uint8_t(60 + value * 29 % 190)};
      out.labels.push_back(info);
    }
  }
  return out;
}

Result<void> write_labels(const core::LabelMap& labels, const fs::path& path) {
  return write_image<3, std::uint8_t>(labels.grid, labels.values, path);
}

}  // namespace ot::imaging
