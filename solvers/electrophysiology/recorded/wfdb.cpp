// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "solvers/core/contracts.hpp"
#include "solvers/electrophysiology/recorded/delimited.hpp"
#include "solvers/electrophysiology/recorded/recorded_ecg.hpp"

namespace ot::ep {
namespace {

using core::bad_input;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_signals = 256, most_samples = 200'000'000;   // a day of 12 leads at 100 Hz is 104 million

// The number a word begins with; what follows stays in `rest`.
template <class T>
bool leading(std::string_view word, T& value, std::string_view& rest) {
  const char* first = word.data();
  if (!word.empty() && *first == '+') ++first;
  const auto [to, error] = std::from_chars(first, word.data() + word.size(), value);
  if (error != std::errc()) return false;
  rest = word.substr(std::size_t(to - word.data()));
  return true;
}

template <class T>
bool whole(std::string_view word, T& value) {
  std::string_view rest;
  return leading(word, value, rest) && rest.empty();
}

bool known_format(int f) { return f == 16 || f == 24 || f == 32 || f == 61 || f == 80 || f == 160 || f == 212; }

}  // namespace

core::Result<WfdbHeader> parse_wfdb_header(std::string_view text) {
  WfdbHeader out;
  bool record = false;
  std::size_t wanted = 0;
  while (!text.empty() && !(record && out.channels.size() == wanted)) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    const auto w = words_of(line);
    if (w.empty() || w[0][0] == '#') continue;
    std::string_view rest;
    if (!record) {
      if (w.size() < 2 || !whole(w[1], wanted) || wanted > most_signals) return bad_input("The file does not begin with a WFDB record line (name, number of signals, rate): it is no WFDB header, or damaged. Choose the .hea file.");
      if (w[0].find('/') != std::string_view::npos) return bad_input("The WFDB record is made of several segments (only single-segment records are read). Export one segment.");
      if (wanted == 0) return bad_input("The WFDB header lists no signals (there is nothing to show). Choose another record.");
      out.record = std::string(w[0].substr(0, 128));
      if (w.size() > 2 && (!leading(w[2], out.sample_hz, rest) || !(out.sample_hz > 0) || !std::isfinite(out.sample_hz))) return bad_input("The WFDB header names no sampling rate (time cannot be told). Export the record again.");
      if (w.size() > 3 && (!leading(w[3], out.samples, rest) || out.samples < 0 || std::size_t(out.samples) > most_samples))
        return bad_input("The WFDB header names an impossible number of samples (it is damaged). Export the record again.");
      record = true;
      continue;
    }
    WfdbSignal s;
    if (w.size() < 2 || !leading(w[1], s.format, rest)) return bad_input(fmt::format("Line {} of the WFDB header's signals has no format (it is damaged). Export the record again.", out.channels.size() + 1));
    s.file = std::string(w[0]);
    while (!rest.empty()) {   // 16x2:5+24
      const char kind = rest.front();
      rest.remove_prefix(1);
      int* into = kind == 'x' ? &s.samples_per_frame : kind == ':' ? &s.skew : kind == '+' ? &s.offset_bytes : nullptr;
      if (!into || !leading(rest, *into, rest)) return bad_input(fmt::format("The format of signal {} of the WFDB header cannot be read (\"{}\"). Export the record again.", out.channels.size() + 1, std::string(w[1].substr(0, 24))));
    }
    if (!known_format(s.format)) return bad_input(fmt::format("The WFDB record uses format {} (read are 16, 24, 32, 61, 80, 160 and 212). Convert it, for example with xform.", s.format));
    if (s.samples_per_frame != 1) return bad_input("The WFDB record holds signals of several rates (only one rate is read). Resample it, for example with xform.");
    if (s.offset_bytes < 0 || s.skew < 0 || s.skew > 1'000'000) return bad_input("The WFDB header names an impossible skew or offset (it is damaged). Export the record again.");
    bool baseline = false;
    if (w.size() > 2) {
      if (!leading(w[2], s.gain, rest) || !std::isfinite(s.gain)) return bad_input(fmt::format("The gain of signal {} of the WFDB header is no number. Export the record again.", out.channels.size() + 1));
      if (s.gain == 0) s.gain = 200;   // header(5): zero means uncalibrated, 200 per unit
      if (!rest.empty() && rest.front() == '(') {
        rest.remove_prefix(1);
        if (!leading(rest, s.baseline, rest) || rest.empty() || rest.front() != ')') return bad_input(fmt::format("The baseline of signal {} of the WFDB header cannot be read. Export the record again.", out.channels.size() + 1));
        rest.remove_prefix(1);
        baseline = true;
      }
      if (!rest.empty() && rest.front() == '/') s.units = std::string(rest.substr(1));
    }
    double zero = 0;
    if (w.size() > 4 && whole(w[4], zero) && !baseline) s.baseline = zero;
    if (w.size() > 6) s.has_checksum = whole(w[5], s.initial) && whole(w[6], s.checksum);
    for (std::size_t k = 8; k < w.size(); ++k) s.description += (k > 8 ? " " : "") + std::string(w[k]);
    if (s.description.empty()) s.description = fmt::format("signal {}", out.channels.size());
    out.channels.push_back(std::move(s));
  }
  if (!record) return bad_input("The WFDB header is empty (nothing says what the record holds). Choose the .hea file of a record.");
  if (out.channels.size() != wanted) return bad_input(fmt::format("The WFDB header promises {} signals and lists {} (it is truncated). Copy it again.", wanted, out.channels.size()));
  return out;
}

core::Result<WfdbSamples> decode_wfdb(const WfdbHeader& header, const std::string& file, std::string_view bytes) {
  WfdbSamples out;
  for (std::size_t s = 0; s < header.channels.size(); ++s)
    if (header.channels[s].file == file) out.signal.push_back(int(s));
  OT_EXPECT(!out.signal.empty());
  const WfdbSignal& first = header.channels[std::size_t(out.signal.front())];
  for (int s : out.signal)
    if (header.channels[std::size_t(s)].format != first.format || header.channels[std::size_t(s)].offset_bytes != first.offset_bytes)
      return bad_input("The signals of one WFDB data file have different formats (the header is damaged). Export the record again.");
  if (std::size_t(first.offset_bytes) > bytes.size()) return bad_input(fmt::format("{} is shorter than the header says it begins (it is truncated). Copy it again.", file));
  bytes.remove_prefix(std::size_t(first.offset_bytes));
  const std::size_t channels = out.signal.size();
  const int f = first.format;
  const auto byte = [&](std::size_t i) { return unsigned(static_cast<unsigned char>(bytes[i])); };
  const std::size_t unit = f == 80 ? 1 : f == 24 ? 3 : f == 32 ? 4 : 2;
  // 212 packs two samples into three bytes.
  const std::size_t held = f == 212 ? bytes.size() / 3 * 2 + (bytes.size() % 3 >= 2) : bytes.size() / unit;
  int skew = 0;
  for (int s : out.signal) skew = std::max(skew, header.channels[std::size_t(s)].skew);
  const std::size_t frames_held = held / channels;
  const std::size_t frames = header.samples > 0 ? std::size_t(header.samples) : frames_held;
  if (frames > frames_held || frames == 0)
    return bad_input(fmt::format("{} holds {} samples per signal and the header promises {} (it is truncated). Copy it again.", file, frames_held, header.samples));
  if (frames * channels > most_samples) return bad_input(fmt::format("{} holds more than {} million samples (too long to show beside one beat). Cut out a minute.", file, most_samples / 1'000'000));
  const auto sample = [&](std::size_t i) -> long {
    if (f == 212) {
      const std::size_t at = i / 2 * 3;
      long v = i % 2 == 0 ? long(byte(at) | (byte(at + 1) & 0x0f) << 8) : long(byte(at + 2) | (byte(at + 1) & 0xf0) << 4);
      return v >= 2048 ? v - 4096 : v;
    }
    if (f == 80) return long(byte(i)) - 128;
    if (f == 16) return std::int16_t(byte(2 * i) | byte(2 * i + 1) << 8);
    if (f == 61) return std::int16_t(byte(2 * i + 1) | byte(2 * i) << 8);
    if (f == 160) return long(byte(2 * i) | byte(2 * i + 1) << 8) - 32768;
    if (f == 24) {
      const long v = long(byte(3 * i) | byte(3 * i + 1) << 8 | byte(3 * i + 2) << 16);
      return v >= 8388608 ? v - 16777216 : v;
    }
    return long(std::int32_t(byte(4 * i) | byte(4 * i + 1) << 8 | byte(4 * i + 2) << 16 | byte(4 * i + 3) << 24));
  };
  const long invalid = f == 212 ? -2048 : f == 80 ? -128 : f == 24 ? -8388608 : f == 32 ? -2147483648L : -32768;   // signal(5)
  out.physical.assign(channels, std::vector<double>(frames, nan));
  out.checksum.assign(channels, 0);
  for (std::size_t c = 0; c < channels; ++c) {
    const WfdbSignal& s = header.channels[std::size_t(out.signal[c])];
    unsigned sum = 0;
    for (std::size_t i = 0; i < frames; ++i) {
      const std::size_t from = i + std::size_t(s.skew);
      if (from >= frames_held) break;
      const long v = sample(from * channels + c);
      sum += unsigned(v);
      if (v != invalid) out.physical[c][i] = (double(v) - s.baseline) / s.gain;
    }
    out.checksum[c] = int(std::int16_t(sum & 0xffffu));
  }
  return out;
}

WfdbOut encode_wfdb(const std::string& record, const Ecg& ecg) {
  OT_EXPECT(ecg.t_ms.size() > 1 && ecg.leads.size() == ecg.mV.size());
  constexpr double gain = 1000;   // 1 uV
  const std::size_t n = ecg.t_ms.size();
  const double hz = 1000.0 * double(n - 1) / (ecg.t_ms.back() - ecg.t_ms.front());
  WfdbOut out;
  out.header = fmt::format("{} {} {} {}\n", record, ecg.leads.size(), std::round(hz * 1e6) / 1e6, n);
  std::vector<std::vector<std::int16_t>> digital(ecg.leads.size());
  for (std::size_t l = 0; l < ecg.leads.size(); ++l) {
    unsigned sum = 0;
    for (double v : ecg.mV[l]) {
      const long d = std::isfinite(v) ? std::clamp(std::lround(v * gain), -32767L, 32767L) : -32768L;
      digital[l].push_back(std::int16_t(d));
      sum += unsigned(d);
    }
    out.header += fmt::format("{}.dat 16 {}(0)/mV 16 0 {} {} 0 {}\n", record, gain, digital[l].front(), int(std::int16_t(sum & 0xffffu)), ecg.leads[l]);
  }
  for (std::size_t i = 0; i < n; ++i)
    for (const auto& d : digital) {
      out.data += char(d[i] & 0xff);
      out.data += char((d[i] >> 8) & 0xff);
    }
  return out;
}

}  // namespace ot::ep
