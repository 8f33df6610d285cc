// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/io/dicom_elements.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

namespace ot::imaging {
namespace {

// Bounds against damaged and hostile files; all far above what scanners write (an enhanced CT of 2000 frames has about 100 000 elements).
constexpr int most_depth = 12;
constexpr std::size_t most_elements = 4'000'000, most_kept = 1024, most_waveform = std::size_t(64) << 20, most_inflated = std::size_t(2) << 30;
constexpr std::uint32_t undefined_length = 0xffffffff;

// Thrown inside this file only.
struct Broken {
  const char* why;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual void read(char* to, std::size_t n) = 0;
  virtual void skip(std::uint64_t n) = 0;
  virtual std::uint64_t at() const = 0;
  virtual std::uint64_t size() const = 0;
  std::uint64_t left() const { return size() - at(); }
};

class FileSource : public Source {
 public:
  explicit FileSource(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "rb"), &std::fclose) {
    if (!file_) throw Broken{"it may not be read (permission denied)"};
    std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 14);
    if (::fseeko(file_.get(), 0, SEEK_END) != 0) throw Broken{"it cannot be read (is it a plain file?)"};
    size_ = std::uint64_t(::ftello(file_.get()));
    ::fseeko(file_.get(), 0, SEEK_SET);
  }
  void read(char* to, std::size_t n) override {
    if (std::fread(to, 1, n, file_.get()) != n) throw Broken{"the file is cut off inside its header"};
    at_ += n;
  }
  void skip(std::uint64_t n) override {
    if (n > left() || ::fseeko(file_.get(), off_t(n), SEEK_CUR) != 0) throw Broken{"the file is cut off inside its header"};
    at_ += n;
  }
  std::uint64_t at() const override { return at_; }
  std::uint64_t size() const override { return size_; }

 private:
  std::unique_ptr<FILE, int (*)(FILE*)> file_;
  std::uint64_t at_ = 0, size_ = 0;
};

class MemorySource : public Source {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  void read(char* to, std::size_t n) override {
    if (n > left()) throw Broken{"the file is cut off inside its header"};
    std::memcpy(to, bytes_.data() + at_, n);
    at_ += n;
  }
  void skip(std::uint64_t n) override {
    if (n > left()) throw Broken{"the file is cut off inside its header"};
    at_ += n;
  }
  std::uint64_t at() const override { return at_; }
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  std::uint64_t at_ = 0;
};

// Sequences with a stated length can be told from values only by the dictionary when the VR is not written: those that are read here.
bool is_sequence(std::uint32_t tag) {
  static constexpr std::array<std::uint32_t, 25> known = {0x52009229, 0x52009230, 0x00209113, 0x00209116, 0x00289110, 0x00209111, 0x00189118, 0x00289145,
                                                          0x00189114, 0x00189226, 0x00189329, 0x00189117, 0x00209253, 0x00209310, 0x00289132, 0x00540022,
                                                          0x00620002, 0x00620003, 0x0062000a, 0x0062000f, 0x00082218,    // segmentations
                                                          0x54000100, 0x003a0200, 0x003a0208, 0x003a0211};               // waveforms
  return std::find(known.begin(), known.end(), tag) != known.end();
}

int swap_unit(const char* vr) {
  const auto is = [vr](const char* name) { return vr[0] == name[0] && vr[1] == name[1]; };
  if (is("US") || is("SS") || is("AT") || is("OW")) return 2;
  if (is("UL") || is("SL") || is("FL") || is("OF") || is("OL")) return 4;
  if (is("FD") || is("OD")) return 8;
  return 1;
}

class Walker {
 public:
  Walker(Source& source, DicomElements& out) : in_(source), out_(out) {}

  void meta() {
    big_ = false;
    named_ = true;
    while (in_.left() >= 8) {
      char head[8];
      in_.read(head, 8);
      if (!(head[0] == 2 && head[1] == 0)) {   // first element after the meta group
        pushed_ = true;
        std::memcpy(pushed_head_, head, 8);
        return;
      }
      out_.meta.elements.push_back(element(head, 0));
    }
  }

  void data(bool named, bool big) {
    named_ = named;
    big_ = big;
    set(out_.data, in_.size(), 0, true);
  }
  // Without a meta group the first element tells whether VRs are written.
  bool first_is_named() {
    if (!pushed_) {
      if (in_.left() < 8) throw Broken{"the file is cut off inside its header"};
      in_.read(pushed_head_, 8);
      pushed_ = true;
    }
    return std::isupper(static_cast<unsigned char>(pushed_head_[4])) && std::isupper(static_cast<unsigned char>(pushed_head_[5]));
  }

 private:
  std::uint32_t whole(const char* at, int bytes) const {
    std::uint32_t v = 0;
    for (int i = 0; i < bytes; ++i) v |= std::uint32_t(static_cast<unsigned char>(at[i])) << (8 * (big_ ? bytes - 1 - i : i));
    return v;
  }
  std::uint32_t tag_of(const char* head) const { return whole(head, 2) << 16 | whole(head + 2, 2); }

  // Elements until `end`, an item delimiter or (top level) the pixels.
  void set(DicomSet& into, std::uint64_t end, int depth, bool top) {
    if (depth > most_depth) throw Broken{"its sequences are nested too deeply (the header is damaged)"};
    std::uint32_t last = 0;
    while (pushed_ || in_.at() + 8 <= end) {
      char head[8];
      if (pushed_) {
        std::memcpy(head, pushed_head_, 8);
        pushed_ = false;
      } else {
        in_.read(head, 8);
      }
      const std::uint32_t tag = tag_of(head);
      if (tag == 0xfffee00d) return;
      if (top && (tag == 0x7fe00010 || tag == 0x7fe00008 || tag == 0x7fe00009)) {
        pixels(tag, head);
        return;
      }
      if (top && tag < last && tag >> 16 > 2) throw Broken{"its elements are out of order (the header is damaged)"};
      last = tag;
      DicomElement e = element(head, depth);
      if (!e.value.empty() || !e.items.empty()) into.elements.push_back(std::move(e));
    }
  }

  std::uint32_t length_of(const char* head, char* vr, std::uint32_t tag) {
    if (!named_ || tag >> 16 == 0xfffe) {
      vr[0] = 'U', vr[1] = 'N';
      return whole(head + 4, 4);
    }
    vr[0] = head[4], vr[1] = head[5];
    if (!std::isupper(static_cast<unsigned char>(vr[0])) || !std::isupper(static_cast<unsigned char>(vr[1]))) throw Broken{"an element has no value type (the header is damaged)"};
    static constexpr const char* wide[] = {"OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UN", "UT", "UC", "UR", "SV", "UV"};
    for (const char* w : wide)
      if (vr[0] == w[0] && vr[1] == w[1]) {
        char more[4];
        in_.read(more, 4);
        return whole(more, 4);
      }
    return whole(head + 6, 2);
  }

  DicomElement element(const char* head, int depth) {
    if (++count_ > most_elements) throw Broken{"it has more elements than any scanner writes (the header is damaged)"};
    DicomElement e;
    e.tag = tag_of(head);
    const std::uint32_t length = length_of(head, e.vr, e.tag);
    const bool sequence = (e.vr[0] == 'S' && e.vr[1] == 'Q') || length == undefined_length || (!named_ && is_sequence(e.tag));
    if (sequence) {
      // UN with an undefined length holds implicit little endian inside (PS3.5 section 6.2.2).
      const bool was_named = named_, was_big = big_;
      if (named_ && e.vr[0] == 'U' && e.vr[1] == 'N') named_ = big_ = false;
      items(e, length, depth);
      named_ = was_named;
      big_ = was_big;
      return e;
    }
    if (length > in_.left()) throw Broken{"the file is cut off inside its header"};
    const bool wanted = length <= (e.tag == 0x54001010 ? most_waveform : most_kept) && (e.tag >> 16) % 2 == 0;   // private groups are never read
    if (!wanted) {
      in_.skip(length);
      return e;
    }
    e.value.resize(length);
    if (length) in_.read(e.value.data(), length);
    if (const int unit = swap_unit(e.vr); big_ && unit > 1)
      for (std::size_t at = 0; at + std::size_t(unit) <= e.value.size(); at += std::size_t(unit))
        std::reverse(e.value.begin() + std::ptrdiff_t(at), e.value.begin() + std::ptrdiff_t(at) + unit);
    return e;
  }

  void items(DicomElement& e, std::uint32_t length, int depth) {
    if (length != undefined_length && length > in_.left()) throw Broken{"the file is cut off inside its header"};
    const std::uint64_t end = length == undefined_length ? in_.size() : in_.at() + length;
    const bool keep = (e.tag >> 16) % 2 == 0;
    while (in_.at() + 8 <= end) {
      char head[8];
      in_.read(head, 8);
      const std::uint32_t tag = tag_of(head), size = whole(head + 4, 4);
      if (tag == 0xfffee0dd) return;
      if (tag != 0xfffee000) throw Broken{"a sequence holds something that is no item (the header is damaged)"};
      if (size != undefined_length && size > in_.left()) throw Broken{"the file is cut off inside its header"};
      if (size != undefined_length && !keep) {
        in_.skip(size);
        continue;
      }
      DicomSet inside;
      const std::uint64_t stop = size == undefined_length ? end : std::min(end, in_.at() + size);
      set(inside, stop, depth + 1, false);
      if (size != undefined_length && in_.at() < stop) in_.skip(stop - in_.at());
      if (keep) e.items.push_back(std::move(inside));
    }
    if (length == undefined_length) throw Broken{"the file is cut off inside its header"};
  }

  void pixels(std::uint32_t tag, const char* head) {
    char vr[2];
    const std::uint32_t length = length_of(head, vr, tag);
    out_.pixel_tag = tag;
    out_.pixel_offset = in_.at();
    out_.encapsulated = length == undefined_length;
    out_.pixel_bytes = out_.encapsulated ? in_.left() : length;
  }

  Source& in_;
  DicomElements& out_;
  bool named_ = true, big_ = false, pushed_ = false;
  char pushed_head_[8] = {};
  std::size_t count_ = 0;
};

std::string inflate_rest(Source& in) {
  z_stream z{};
  if (inflateInit2(&z, -15) != Z_OK) throw Broken{"it cannot be unpacked (out of memory)"};
  std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&z, &inflateEnd);
  std::string out;
  std::vector<char> from(1 << 16), to(1 << 18);
  int state = Z_OK;
  while (state == Z_OK) {
    if (z.avail_in == 0) {
      const std::size_t n = std::size_t(std::min<std::uint64_t>(from.size(), in.left()));
      if (n == 0) break;
      in.read(from.data(), n);
      z.next_in = reinterpret_cast<Bytef*>(from.data());
      z.avail_in = unsigned(n);
    }
    z.next_out = reinterpret_cast<Bytef*>(to.data());
    z.avail_out = unsigned(to.size());
    state = inflate(&z, Z_NO_FLUSH);
    out.append(to.data(), to.size() - z.avail_out);
    if (out.size() > most_inflated) throw Broken{"it unpacks to more than 2 GB (damaged, or made to harm)"};
  }
  if (state != Z_STREAM_END && state != Z_OK && state != Z_BUF_ERROR) throw Broken{"its packed data is damaged"};
  if (state != Z_STREAM_END) throw Broken{"the file is cut off (its packed data does not end)"};
  return out;
}

}  // namespace

const DicomElement* DicomSet::find(std::uint32_t tag) const {
  for (const auto& e : elements)
    if (e.tag == tag) return &e;
  return nullptr;
}

std::string DicomSet::text(std::uint32_t tag) const {
  const DicomElement* e = find(tag);
  if (!e) return {};
  std::string s = e->value;
  while (!s.empty() && (s.back() == ' ' || s.back() == '\0')) s.pop_back();
  s.erase(0, std::min(s.size(), s.find_first_not_of(' ')));
  return s;
}

std::vector<double> DicomSet::numbers(std::uint32_t tag) const {
  const DicomElement* e = find(tag);
  if (!e) return {};
  const auto is = [e](const char* name) { return e->vr[0] == name[0] && e->vr[1] == name[1]; };
  std::vector<double> out;
  const auto binary = [&](auto sample) {
    for (std::size_t at = 0; at + sizeof sample <= e->value.size(); at += sizeof sample) {
      std::memcpy(&sample, e->value.data() + at, sizeof sample);
      out.push_back(double(sample));
    }
  };
  // Without a written VR: the numbers asked for here are US in group 0028 (rows, bits ...), FD in functional groups, strings otherwise.
  const bool bare = is("UN");
  const std::uint32_t group = tag >> 16, number = tag & 0xffff;
  const bool word = group == 0x0028 && (number == 0x0002 || number == 0x0010 || number == 0x0011 || (number >= 0x0100 && number <= 0x0103) || number == 0x0006);
  const bool real = tag == 0x00189087 || tag == 0x00209153 || tag == 0x00189082 || tag == 0x00209251 || tag == 0x00209252;
  const bool count = tag == 0x00209128 || tag == 0x00209057;
  if (is("US") || (bare && word)) binary(std::uint16_t{});
  else if (is("SS")) binary(std::int16_t{});
  else if (is("UL") || (bare && count)) binary(std::uint32_t{});
  else if (is("SL")) binary(std::int32_t{});
  else if (is("FL") || (bare && tag == 0x00209241)) binary(float{});
  else if (is("FD") || (bare && real)) binary(double{});
  else {
    std::size_t at = 0;
    while (at <= e->value.size()) {
      const std::size_t stop = std::min(e->value.find('\\', at), e->value.size());
      // from_chars: a decimal point is a point in every locale (strtod reads "0.78" as 0 where people write a comma).
      std::size_t from = at;
      while (from < stop && (e->value[from] == ' ' || e->value[from] == '+')) ++from;
      double v = 0;
      if (std::from_chars(e->value.data() + from, e->value.data() + stop, v).ec != std::errc()) return {};
      out.push_back(v);
      at = stop + 1;
    }
  }
  for (double v : out)
    if (!std::isfinite(v)) return {};
  return out;
}

double DicomSet::number(std::uint32_t tag, double fallback) const {
  const auto v = numbers(tag);
  return v.empty() ? fallback : v[0];
}

const DicomSet* DicomSet::item(std::uint32_t tag) const {
  const DicomElement* e = find(tag);
  return e && !e->items.empty() ? &e->items.front() : nullptr;
}

core::Result<DicomElements> read_dicom_elements(const std::filesystem::path& path) {
  DicomElements out;
  try {
    FileSource file(path);
    out.file_bytes = file.size();
    if (file.size() == 0) return core::bad_input("it is empty (0 bytes)");
    if (file.size() < 140) return core::bad_input("it is too short for a DICOM image");
    char start[132];
    file.read(start, 132);
    const bool part10 = std::memcmp(start + 128, "DICM", 4) == 0;
    FileSource again(path);
    if (part10) again.skip(132);
    Walker walker(again, out);
    if (part10 || start[0] == 2) walker.meta();
    out.transfer_syntax = out.meta.text(0x00020010);
    const std::string& ts = out.transfer_syntax;
    out.big_endian = ts == "1.2.840.10008.1.2.2";
    out.deflated = ts == "1.2.840.10008.1.2.1.99";
    if (out.deflated) {
      // The walker has read ahead by one element head: start again behind the meta group.
      FileSource whole(path);
      const auto length = out.meta.numbers(0x00020000);
      if (length.empty() || length[0] < 0 || length[0] > 1e6) return core::bad_input("its packed data cannot be found (the header is damaged)");
      whole.skip((part10 ? 132 : 0) + 12 + std::uint64_t(length[0]));
      MemorySource inside(inflate_rest(whole));
      out.file_bytes = inside.size();
      Walker data(inside, out);
      data.data(true, false);
    } else {
      bool named = ts != "1.2.840.10008.1.2";
      if (ts.empty()) named = walker.first_is_named();
      // Some archives say implicit and write explicit, or the reverse: the first element knows.
      else if (!out.big_endian) named = walker.first_is_named();
      walker.data(named, out.big_endian);
    }
  } catch (const Broken& b) {
    return core::bad_input(b.why);
  } catch (const std::bad_alloc&) {
    return core::bad_input("its header does not fit into memory (it is damaged)");
  }
  return out;
}

}  // namespace ot::imaging
