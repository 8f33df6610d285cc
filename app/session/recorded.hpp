// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded ECGs and electro-anatomical maps of a case: from files in, kept with the case, compared with the twin's answers.
// The command line and the desktop call the same functions. Files: WFDB (.hea with its data), CSV, DICOM waveform; ea_map.hpp for maps.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/case.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::session {

// By content and ending: .hea (or the record's name), .csv .txt .tsv, DICOM. No identity is read (comments of WFDB headers hold it).
core::Result<ep::RecordedEcg> read_recorded_ecg(const std::filesystem::path& path, const ep::EcgCsvOptions& options, const core::Progress& progress);
core::Result<ep::RecordedEcg> read_dicom_ecg(const std::filesystem::path& path);

// Gives it a key (ecg1, ecg2 ...) and appends it; returns the key.
std::string add_recorded_ecg(CaseData& data, ep::RecordedEcg ecg);
// "" = the last one; refused in words when there is none.
core::Result<std::shared_ptr<const ep::RecordedEcg>> find_recorded_ecg(const CaseData& data, const std::string& key);

// The simulated ECG of a plan ("" or "Baseline", "A" ...), the better mode that is stored.
struct SimulatedEcg {
  std::shared_ptr<const ep::ElectroResult> result;
  std::string plan;
  double cycle_ms = 1000;
};
core::Result<SimulatedEcg> simulated_ecg(const CaseData& data, const std::string& plan);

// Writes .csv, or .hea and .dat (WFDB format 16). Returns the files.
core::Result<std::vector<std::filesystem::path>> export_ecg(const ep::Ecg& ecg, const std::filesystem::path& path);

// --- electro-anatomical maps ---
// By content: our CSV, CARTO *_car.txt and *.mesh, EnSite DxL CSV, Rhythmia-like CSV.
core::Result<ep::EaMap> read_ea_map(const std::filesystem::path& path);
std::string add_ea_map(CaseData& data, ep::EaMap map);                           // "map1" ...
core::Result<std::shared_ptr<const ep::EaMap>> find_ea_map(const CaseData& data, const std::string& key);
void replace_ea_map(CaseData& data, ep::EaMap map);                              // by its key
// The heart's mesh a map lies on: of the twin, else the ventricular mesh.
core::Result<std::shared_ptr<const core::TetMesh>> mapped_heart(const CaseData& data);
// Landmark pairs, one a line: map x,y,z,heart x,y,z (a header line may name them).
core::Result<std::vector<ep::EaPair>> read_landmark_pairs(const std::filesystem::path& path);
// Takes the proposal into the case: the ventricular mesh with its new regions; the twin is dropped and must be built again. Results of the
// former twin go with it.
void take_scar(CaseData& data, const ep::EaScar& scar, const std::string& map_name);

// --- measured fibres ---
// .lon (openCARP, one or two vectors per cell) of the ventricular mesh's tetrahedra in their order, or a .vtk/.vtu mesh with a vector array
// named fibre/fiber/fibers (and sheet) on the same nodes; put with the mesh; the twin is dropped.
core::Result<void> take_fibres(CaseData& data, const std::filesystem::path& path, const core::Progress& progress);

}  // namespace ot::session
