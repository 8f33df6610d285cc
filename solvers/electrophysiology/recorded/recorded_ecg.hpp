// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded electrocardiogram beside the simulated one: reading, one representative beat, the same intervals, the differences.
// Model:   beats are found in the spatial speed of the ECG; each beat is freed of the level before its QRS (linear between beats) and the
//          sample-wise median over all beats of the main shape is the representative beat (as resting-ECG programs do; Kligfield et al.
//          2007, Circulation 115:1306, section "representative complexes"). Intervals: ep::measure(), the code that measures simulated leads.
// Source:  WFDB: "WFDB applications guide", header(5) and signal(5), George Moody, physionet.org (formats 16 24 32 61 80 160 212).
//          Lead identities: Kligfield et al. 2007: III = II - I, aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2.
// Units:   ms, mV, Hz. Fails: bad_input with one sentence; a damaged file never gives samples. Threads: pure functions.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "solvers/core/result.hpp"
#include "solvers/electrophysiology/problem.hpp"

namespace ot::ep {

struct RecordedEcg {
  std::string key;               // "ecg1", unique in its case
  std::string name;              // shown
  std::string format;            // "WFDB 16", "CSV", "DICOM waveform"
  std::string source_file;       // without its folder
  std::string source_sha256;     // of the bytes that were read
  double sample_hz = 0;
  Ecg ecg;                       // the standard leads that were recorded, then those that follow from them
  std::vector<std::string> notes;
};

// "I" "aVR" "V1" ... for "i", "Lead I", "MDC_ECG_LEAD_I", "avr", "Lead V1 (Einthoven)"; "" for anything else (vx, ABP, resp).
std::string standard_lead_name(std::string_view written);

// Keeps standard leads, in standard order, adds the limb leads that follow exactly, checks III = II - I and the scale; fills notes.
// `mV` holds NaN where the recorder marked a sample as invalid: short gaps are bridged, a lead with more than 20 % is dropped.
core::Result<RecordedEcg> make_recorded(std::vector<std::string> names, std::vector<std::vector<double>> mV, double sample_hz);

// --- WFDB ---
struct WfdbSignal {
  std::string file, units, description;
  int format = 0, offset_bytes = 0, samples_per_frame = 1, skew = 0;
  double gain = 200, baseline = 0;
  bool has_checksum = false;
  int initial = 0, checksum = 0;
};
struct WfdbHeader {
  std::string record;
  double sample_hz = 250;        // header(5): the default
  long samples = 0;              // 0: to the end of the file
  std::vector<WfdbSignal> channels;
};
core::Result<WfdbHeader> parse_wfdb_header(std::string_view text);
struct WfdbSamples {
  std::vector<std::vector<double>> physical;   // [signals of this file][samples]
  std::vector<int> signal;                     // which header signal each one is
  std::vector<int> checksum;                   // 16 bit, of the digital samples
};
// The signals of one data file; every sample count is checked against the bytes.
core::Result<WfdbSamples> decode_wfdb(const WfdbHeader& header, const std::string& file, std::string_view bytes);
// Format 16, 1 uV steps: header text and data bytes.
struct WfdbOut { std::string header, data; };
WfdbOut encode_wfdb(const std::string& record, const Ecg& ecg);

// --- CSV: comma, semicolon or tab; a header line with lead names; a column "t", "time", "t_ms", "time_s", or `sample_hz` ---
struct EcgCsvOptions {
  double sample_hz = 0;          // needed when there is no time column
  std::string unit;              // "mV" "uV" "V"; "" = from the header line, else mV
};
core::Result<RecordedEcg> parse_ecg_csv(std::string_view text, const EcgCsvOptions& options);
std::string ecg_csv(const Ecg& ecg);

// --- one beat ---
struct RepresentativeBeat {
  Ecg ecg;                       // 2 ms steps as simulated leads; t = 0 at the start of the window
  double rr_ms = 0;              // median
  int beats = 0, left_out = 0;   // of another shape (ectopic) or cut by the ends
  double noise_uV = 0;           // median over leads: SD of single beats around the representative one
  EcgIntervals intervals{};      // of ecg at rr_ms; onsets in the time of the window
  double pr_ms = 0;              // NaN when no P wave stands out
};
// Fails when fewer than one whole beat is found (flat line, noise, too short).
core::Result<RepresentativeBeat> representative_beat(const Ecg& recorded);

// --- recorded against simulated ---
struct LeadComparison {
  std::string lead;
  double correlation = 0;        // Pearson, QRS onset to the later end of T
  double qrs_correlation = 0;    // within the longer QRS
  double rms_mV = 0;
  double recorded_mV = 0, simulated_mV = 0;   // peak to peak of the QRS
};
struct EcgComparison {
  std::vector<LeadComparison> leads;
  EcgIntervals recorded{}, simulated{};
  double recorded_rr_ms = 0, simulated_rr_ms = 0;
  double mean_correlation = 0, mean_qrs_correlation = 0;
  double qrs_difference_ms = 0, qt_difference_ms = 0, axis_difference_deg = 0;   // simulated - recorded; NaN when one is missing
  double span_ms = 0;
};
// Aligned at QRS onset; levels before it are zero. Fails when either has no measurable QRS or no lead is shared.
core::Result<EcgComparison> compare_ecg(const RepresentativeBeat& recorded, const Ecg& simulated, double simulated_cycle_ms);

// The representative beat laid behind simulated leads: its QRS onset at `qrs_onset_ms`, one period of `cycle_ms` from t = 0.
Ecg aligned_beat(const RepresentativeBeat& beat, double qrs_onset_ms, double cycle_ms);

}  // namespace ot::ep
