// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/recorded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "imaging/io/dicom_elements.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/hash.hpp"

namespace ot::session {
namespace fs = std::filesystem;
namespace {

using core::bad_input;
using core::Result;

constexpr std::size_t most_bytes = std::size_t(1) << 30;   // a day at 250 Hz, 12 leads, 16 bit is 520 MB

std::string in_file(const fs::path& path, const std::string& message) { return fmt::format("{}: {}", path.filename().string(), message); }

Result<ep::RecordedEcg> read_wfdb(const fs::path& given, const core::Progress& progress) {
  fs::path path = given;
  std::error_code ec;
  if (path.extension() != ".hea") path = fs::exists(fs::path(path.string() + ".hea"), ec) ? fs::path(path.string() + ".hea") : fs::path(path).replace_extension(".hea");
  auto text = core::read_file(path, std::size_t(4) << 20);
  if (!text) return core::pass(text);
  auto header = ep::parse_wfdb_header(*text);
  if (!header) return core::fail(header.error().code, in_file(path, header.error().message));
  core::Hasher hash;
  hash.text(*text);
  std::vector<std::string> names(header->channels.size());
  std::vector<std::vector<double>> mV(header->channels.size());
  std::vector<std::string> notes, files;
  for (const auto& s : header->channels)
    if (std::find(files.begin(), files.end(), s.file) == files.end()) files.push_back(s.file);
  // A file that holds none of the twelve leads need not be there (Frank leads, pressures).
  std::string wrong;
  for (std::size_t k = 0; k < files.size(); ++k) {
    if (progress.cancelled()) return core::cancelled();
    progress.report(double(k) / double(files.size()), "reading the recording");
    const bool needed = std::any_of(header->channels.begin(), header->channels.end(), [&](const ep::WfdbSignal& s) { return s.file == files[k] && !ep::standard_lead_name(s.description).empty(); });
    if (!needed) continue;
    if (files[k].find('/') != std::string::npos || files[k].find("..") != std::string::npos || files[k] == "-")
      return bad_input(in_file(path, fmt::format("the header points to \"{}\", which is not a file beside it (it is not followed). Export the record again.", files[k].substr(0, 64))));
    auto bytes = core::read_file(path.parent_path() / files[k], most_bytes);
    if (!bytes) return core::pass(bytes);
    auto samples = ep::decode_wfdb(*header, files[k], *bytes);
    if (!samples) return core::fail(samples.error().code, in_file(path, samples.error().message));
    hash.text(*bytes);
    for (std::size_t c = 0; c < samples->signal.size(); ++c) {
      const std::size_t s = std::size_t(samples->signal[c]);
      const auto& signal = header->channels[s];
      names[s] = signal.description;
      mV[s] = std::move(samples->physical[c]);
      const std::string u = signal.units;
      const double scale = u.empty() || u == "mV" || u == "mv" ? 1.0 : u == "uV" || u == "uv" ? 1e-3 : u == "V" ? 1000.0 : 0.0;
      if (scale == 0) {
        notes.push_back(fmt::format("{} is given in {}: left out.", signal.description.substr(0, 24), u.substr(0, 16)));
        names[s].clear();
      }
      for (double& v : mV[s]) v *= scale;
      if (signal.has_checksum && samples->checksum[c] != int(std::int16_t(signal.checksum & 0xffff))) wrong += (wrong.empty() ? "" : ", ") + signal.description.substr(0, 24);
    }
  }
  // Channels that were not read are not offered as leads.
  std::vector<std::string> kept_names;
  std::vector<std::vector<double>> kept;
  for (std::size_t s = 0; s < names.size(); ++s)
    if (!names[s].empty() && !mV[s].empty()) kept_names.push_back(std::move(names[s])), kept.push_back(std::move(mV[s]));
  if (kept.empty()) return bad_input(in_file(path, "none of its signals is a standard lead (I, II, V1 ...). Choose a record of an electrocardiogram."));
  auto out = ep::make_recorded(std::move(kept_names), std::move(kept), header->sample_hz);
  if (!out) return core::fail(out.error().code, in_file(path, out.error().message));
  out->format = fmt::format("WFDB {}", header->channels.front().format);
  out->source_sha256 = hash.hex();
  out->source_file = path.filename().string();
  if (!wrong.empty()) notes.push_back(fmt::format("The checksum of {} differs from the header: the samples may be damaged.", wrong));
  else notes.push_back("The checksums of the header agree with the samples.");
  out->notes.insert(out->notes.end(), notes.begin(), notes.end());
  return out;
}

// US and UL also when the file does not write value types.
double count_of(const imaging::DicomSet& set, std::uint32_t tag, double fallback) {
  const auto* e = set.find(tag);
  if (!e) return fallback;
  if (e->vr[0] == 'U' && e->vr[1] == 'N') {
    if (e->value.size() == 2) {
      std::uint16_t v;
      std::memcpy(&v, e->value.data(), 2);
      return v;
    }
    if (e->value.size() == 4) {
      std::uint32_t v;
      std::memcpy(&v, e->value.data(), 4);
      return v;
    }
  }
  return set.number(tag, fallback);
}

}  // namespace

// Source: DICOM PS3.3 C.10.9 (waveform module): value = sample * sensitivity * correction factor + baseline, in sensitivity units.
Result<ep::RecordedEcg> read_dicom_ecg(const fs::path& path) {
  auto elements = imaging::read_dicom_elements(path);
  if (!elements) return bad_input(fmt::format("{} cannot be read as DICOM: {}. Export the ECG again.", path.filename().string(), elements.error().message));
  const auto* sequence = elements->data.find(0x54000100);
  if (!sequence || sequence->items.empty()) return bad_input(in_file(path, "this DICOM object holds no waveform (it is an image or a report). Choose the ECG object."));
  std::string why = "no channel group can be read";
  std::optional<ep::RecordedEcg> best;
  for (const auto& group : sequence->items) {
    const double channels = count_of(group, 0x003a0005, 0), samples = count_of(group, 0x003a0010, 0), hz = group.number(0x003a001a, 0), bits = count_of(group, 0x54001004, 0);
    const auto* data = group.find(0x54001010);
    const auto* definitions = group.find(0x003a0200);
    const std::string kind = group.text(0x54001006);
    if (!(channels >= 1 && channels <= 256 && samples >= 2)) {
      why = "its numbers of channels or samples are impossible";
      continue;
    }
    const std::size_t bytes = bits == 8 ? 1 : bits == 16 ? 2 : 0;
    if (bytes == 0 || (kind != "SS" && kind != "US" && kind != "SB" && kind != "UB")) {
      why = fmt::format("its samples are of a kind that is not read ({} bit, {})", bits, kind.empty() ? "not stated" : kind.substr(0, 4));
      continue;
    }
    const std::size_t nc = std::size_t(channels), ns = std::size_t(samples);
    if (!data || data->value.size() < nc * ns * bytes || !definitions || definitions->items.size() != nc) {
      why = "it is truncated: fewer samples or channel definitions than it promises";
      continue;
    }
    std::vector<std::string> names(nc), notes;
    std::vector<std::vector<double>> mV(nc, std::vector<double>(ns));
    const auto* padding = group.find(0x5400100a);
    for (std::size_t c = 0; c < nc; ++c) {
      const auto& d = definitions->items[c];
      if (const auto* source = d.item(0x003a0208)) {
        names[c] = source->text(0x00080104);
        // MDC codes of the leads (ISO/IEEE 11073-10101): 2:1 I, 2:2 II, 2:3..8 V1..V6, 2:61 III, 2:62 aVR, 2:63 aVL, 2:64 aVF.
        static const std::map<std::string, std::string> codes{{"2:1", "I"}, {"2:2", "II"}, {"2:3", "V1"}, {"2:4", "V2"}, {"2:5", "V3"}, {"2:6", "V4"}, {"2:7", "V5"}, {"2:8", "V6"}, {"2:61", "III"}, {"2:62", "aVR"}, {"2:63", "aVL"}, {"2:64", "aVF"},
                                                              {"5.6.3-9-1", "I"}, {"5.6.3-9-2", "II"}, {"5.6.3-9-3", "V1"}, {"5.6.3-9-4", "V2"}, {"5.6.3-9-5", "V3"}, {"5.6.3-9-6", "V4"}, {"5.6.3-9-7", "V5"}, {"5.6.3-9-8", "V6"}, {"5.6.3-9-61", "III"},
                                                              {"5.6.3-9-62", "aVR"}, {"5.6.3-9-63", "aVL"}, {"5.6.3-9-64", "aVF"}};
        if (const auto at = codes.find(source->text(0x00080100)); at != codes.end()) names[c] = at->second;
      }
      if (names[c].empty()) names[c] = d.text(0x003a0203);
      const double sensitivity = d.number(0x003a0210, 1) * d.number(0x003a0212, 1), baseline = d.number(0x003a0213, 0);
      const auto* unit_item = d.item(0x003a0211);
      const std::string unit = unit_item ? unit_item->text(0x00080100) : "";
      const double scale = unit == "uV" ? 1e-3 : unit == "mV" || unit == "mv" ? 1.0 : unit == "V" ? 1e3 : unit == "nV" ? 1e-6 : 0.0;
      if (scale == 0) notes.push_back(fmt::format("{} is given in {}: left out.", names[c].substr(0, 24), unit.empty() ? "no unit" : unit.substr(0, 16))), names[c].clear();
      const auto sample = [&](const std::string& from, std::size_t i) -> double {
        if (bytes == 1) return kind == "SB" ? double(static_cast<signed char>(from[i])) : double(static_cast<unsigned char>(from[i]));
        const unsigned raw = unsigned(static_cast<unsigned char>(from[2 * i])) | unsigned(static_cast<unsigned char>(from[2 * i + 1])) << 8;
        return kind == "SS" ? double(std::int16_t(raw)) : double(raw);
      };
      for (std::size_t i = 0; i < ns; ++i) {
        const double raw = sample(data->value, i * nc + c);
        const bool pad = padding && padding->value.size() >= bytes && raw == sample(padding->value, 0);
        mV[c][i] = pad ? std::nan("") : (raw * sensitivity + baseline) * scale;
      }
    }
    auto made = ep::make_recorded(std::move(names), std::move(mV), hz);
    if (!made) {
      why = made.error().message;
      continue;
    }
    made->notes.insert(made->notes.end(), notes.begin(), notes.end());
    if (group.text(0x003a0004) == "DERIVED") made->notes.push_back("The group is marked as derived (an averaged beat, for example), not as recorded.");
    // The rhythm strip is what beats are found in; a median beat is a second, short group.
    if (!best || made->ecg.leads.size() * made->ecg.t_ms.size() > best->ecg.leads.size() * best->ecg.t_ms.size()) best = std::move(*made);
  }
  if (!best) return bad_input(fmt::format("The waveform in {} cannot be used: {}{}", path.filename().string(), why, why.ends_with('.') ? "" : ". Export the ECG again."));
  best->format = "DICOM waveform";
  best->source_file = path.filename().string();
  auto bytes = core::read_file(path, most_bytes);
  if (!bytes) return core::pass(bytes);
  best->source_sha256 = core::sha256_hex(*bytes);
  return std::move(*best);
}

Result<ep::RecordedEcg> read_recorded_ecg(const fs::path& path, const ep::EcgCsvOptions& options, const core::Progress& progress) {
  std::error_code ec;
  std::string ext = path.extension().string();
  std::transform(ext.begin(), ext.end(), ext.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  const bool there = fs::exists(path, ec);
  Result<ep::RecordedEcg> out = bad_input(fmt::format("There is no recording at {} (nothing to import). Check the path.", path.string()));
  if (there && fs::is_directory(path, ec)) return bad_input(fmt::format("{} is a folder (a recording is one file). Choose the .hea, .csv or DICOM file in it.", path.string()));
  if (ext == ".hea" || ext == ".dat" || (!there && fs::exists(path.string() + ".hea", ec))) {
    out = read_wfdb(path, progress);
  } else if (!there) {
    return out;
  } else if (ext == ".csv" || ext == ".txt" || ext == ".tsv") {
    auto text = core::read_file(path, most_bytes);
    if (!text) return core::pass(text);
    out = ep::parse_ecg_csv(*text, options);
    if (!out) return core::fail(out.error().code, in_file(path, out.error().message));
    out->source_sha256 = core::sha256_hex(*text);
    out->source_file = path.filename().string();
  } else {
    out = read_dicom_ecg(path);
  }
  if (out && out->name.empty()) out->name = path.stem().string();
  return out;
}

std::string add_recorded_ecg(CaseData& data, ep::RecordedEcg ecg) {
  int n = 1;
  const auto taken = [&](const std::string& key) { return std::any_of(data.recorded_ecgs.begin(), data.recorded_ecgs.end(), [&](const auto& e) { return e->key == key; }); };
  while (taken(fmt::format("ecg{}", n))) ++n;
  ecg.key = fmt::format("ecg{}", n);
  data.recorded_ecgs.push_back(std::make_shared<const ep::RecordedEcg>(std::move(ecg)));
  return data.recorded_ecgs.back()->key;
}

Result<std::shared_ptr<const ep::RecordedEcg>> find_recorded_ecg(const CaseData& data, const std::string& key) {
  if (data.recorded_ecgs.empty()) return bad_input("The case holds no recorded ECG (there is nothing to compare with). Import one first: ecg import.");
  if (key.empty()) return data.recorded_ecgs.back();
  std::string known;
  for (const auto& e : data.recorded_ecgs) {
    if (e->key == key) return e;
    known += (known.empty() ? "" : ", ") + e->key;
  }
  return core::wrong_usage(fmt::format("The case has no recorded ECG \"{}\". It has: {}.", key, known));
}

Result<SimulatedEcg> simulated_ecg(const CaseData& data, const std::string& plan_name) {
  if (!data.twin || !data.twin->heart) return bad_input("The case has no heart twin (there is no simulated ECG). Build the model first.");
  for (const auto& plan : data.plans) {
    if (!(plan_name.empty() ? &plan == &data.plans.front() : plan.name == plan_name)) continue;
    auto run = find_result(data, plan.scenario, core::Mode::full);
    if (!run || !run->electro || run->electro->ecg.t_ms.size() < 2) run = find_result(data, plan.scenario, core::Mode::fast);
    if (!run || !run->electro || run->electro->ecg.t_ms.size() < 2) return bad_input(fmt::format("Plan {} has no simulated ECG yet. Run it first: run CASE --mode fast.", plan.name));
    return SimulatedEcg{run->electro, plan.name, data.twin->heart->baseline.cycle_length_ms};
  }
  return core::wrong_usage(fmt::format("The case has no plan \"{}\".", plan_name));
}

Result<std::vector<fs::path>> export_ecg(const ep::Ecg& ecg, const fs::path& path) {
  if (ecg.t_ms.size() < 2) return bad_input("There is no ECG to write. Run the model or import a recording first.");
  const std::string ext = path.extension().string();
  if (ext == ".csv") {
    if (auto ok = core::write_file(path, ep::ecg_csv(ecg)); !ok) return core::pass(ok);
    return std::vector<fs::path>{path};
  }
  if (ext == ".hea") {
    // The file names go into the header: letters, digits, minus and underscore only (header(5)).
    std::string record = path.stem().string();
    for (char& c : record)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
    const auto out = ep::encode_wfdb(record, ecg);
    const fs::path data = path.parent_path() / (record + ".dat"), header = path.parent_path() / (record + ".hea");
    if (auto ok = core::write_file(data, out.data); !ok) return core::pass(ok);
    if (auto ok = core::write_file(header, out.header); !ok) return core::pass(ok);
    return std::vector<fs::path>{header, data};
  }
  return core::wrong_usage(fmt::format("{} has no ending for an ECG. Use .csv or .hea (WFDB).", path.string()));
}

}  // namespace ot::session
