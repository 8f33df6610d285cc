// SPDX-License-Identifier: GPL-3.0-or-later
// Included by this folder's .cpp files only: VTK reports errors through events and the console; here they become Result.
#pragma once
#include <fmt/format.h>
#include <vtkCellArray.h>
#include <vtkCommand.h>
#include <vtkDataArray.h>
#include <vtkCallbackCommand.h>
#include <vtkFloatArray.h>
#include <vtkLogger.h>
#include <vtkNew.h>
#include <vtkObject.h>
#include <vtkSmartPointer.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <string>

#include "imaging/io/io.hpp"

namespace ot::imaging {

inline double millimetres(LengthUnit unit) {
  switch (unit) {
    case LengthUnit::mm: return 1.0;
    case LengthUnit::cm: return 10.0;
    case LengthUnit::um: return 0.001;
    case LengthUnit::m: return 1000.0;
  }
  return 1.0;
}

// A value of a file as a label: NaN and what no int holds become -1.
inline int whole_number(double x) { return x >= -2147483647.0 && x <= 2147483647.0 ? int(x < 0 ? x - 0.5 : x + 0.5) : -1; }

// Whether the offsets of a cell list rise and stay within its connectivity: VTK does not check, and walks off the end.
inline bool sound(vtkCellArray* cells) {
  vtkDataArray* offsets = cells->GetOffsetsArray();
  const vtkIdType n = offsets->GetNumberOfTuples(), most = cells->GetConnectivityArray()->GetNumberOfTuples();
  if (n == 0) return true;
  double before = offsets->GetTuple1(0);
  if (before != 0) return false;
  for (vtkIdType i = 1; i < n; ++i) {
    const double now = offsets->GetTuple1(i);
    if (!(now >= before && now <= double(most))) return false;
    before = now;
  }
  return true;
}

class VtkErrors {
 public:
  VtkErrors() {
    callback_->SetClientData(this);
    callback_->SetCallback([](vtkObject*, unsigned long event, void* self, void* text) {
      auto* me = static_cast<VtkErrors*>(self);
      if (event == vtkCommand::ErrorEvent && me->first_.empty()) me->first_ = text ? static_cast<const char*>(text) : "unknown";
    });
  }
  // An observer also keeps VTK from printing.
  void watch(vtkObject* object) {
    object->AddObserver(vtkCommand::ErrorEvent, callback_);
    object->AddObserver(vtkCommand::WarningEvent, callback_);
  }
  const std::string& first() const { return first_; }

 private:
  vtkNew<vtkCallbackCommand> callback_;
  std::string first_;
};

// Errors inside nested parsers and pipelines cannot be observed; they would only be printed.
struct VtkQuiet {
  VtkQuiet() { vtkLogger::SetStderrVerbosity(vtkLogger::VERBOSITY_OFF); }
  ~VtkQuiet() { vtkLogger::SetStderrVerbosity(vtkLogger::VERBOSITY_INFO); }
};

template <class F>
auto vtk_guarded(const std::filesystem::path& path, F&& f) -> core::Result<decltype(f(std::declval<VtkErrors&>()))> {
  VtkErrors errors;
  const VtkQuiet quiet;
  try {
    auto out = f(errors);
    if (!errors.first().empty() || !out)
      return core::bad_input(fmt::format("{} cannot be read as a mesh (the file is damaged or not what its name says). Export it again.", path.string()));
    return out;
  } catch (const std::exception& e) {
    return core::bad_input(fmt::format("{} cannot be read as a mesh ({}). Export it again.", path.string(), e.what()));
  }
}

template <class Writer>
core::Result<void> vtk_write(const std::filesystem::path& path, Writer* writer) {
  VtkErrors errors;
  const VtkQuiet quiet;
  try {
    errors.watch(writer);
    const bool ok = writer->Write() != 0;
    // A full disk shows in the error code alone: Write() still returns 1.
    if (ok && errors.first().empty() && writer->GetErrorCode() == 0) return {};
  } catch (const std::exception&) {
  }
  return core::bad_input(fmt::format("{} cannot be written (disk full or no permission). Free space or choose another folder.", path.string()));
}

inline vtkSmartPointer<vtkFloatArray> vtk_array(const core::Field& f) {
  auto array = vtkSmartPointer<vtkFloatArray>::New();
  array->SetName(f.unit.empty() ? f.name.c_str() : (f.name + " [" + f.unit + "]").c_str());
  array->SetNumberOfComponents(f.components);
  array->SetNumberOfTuples(vtkIdType(f.values.size()) / f.components);
  std::copy(f.values.begin(), f.values.end(), array->GetPointer(0));
  return array;
}

inline core::Result<void> check_mesh_file(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code ec;
  if (!fs::exists(path, ec)) return core::bad_input(fmt::format("{} does not exist (nothing to read). Check the path.", path.string()));
  if (!fs::is_regular_file(path, ec)) return core::bad_input(fmt::format("{} is not a file (nothing to read). Name a mesh file.", path.string()));
  if (fs::file_size(path, ec) == 0) return core::bad_input(fmt::format("{} is empty (0 bytes). Copy or export it again.", path.string()));
  if (!std::ifstream(path)) return core::bad_input(fmt::format("{} may not be read (permission denied). Change its permissions.", path.string()));
  return {};
}

}  // namespace ot::imaging
