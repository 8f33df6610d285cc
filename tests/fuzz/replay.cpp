// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged files for every reader, the same in every run: truncated, flipped bits, foreign numbers, doubled and missing pieces.
// OT_FUZZ_ROUNDS=N multiplies the mutations (the sanitizer job and the night run use more).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "solvers/core/atomic_file.hpp"
#include "tests/fuzz/readers.hpp"
#include "tests/fuzz/seeds.hpp"
#include "tests/support/shared_data.hpp"

using namespace ot;

namespace {

std::uint64_t next(std::uint64_t& s) {  // xorshift64, Marsaglia 2003
  s ^= s << 13, s ^= s >> 7, s ^= s << 17;
  return s;
}

bool feed(const test::Reader& reader, const std::string& bytes) { return reader.feed(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()); }

// One to four changes; three in four hit the first 2 kB, where the headers are.
std::string damage(std::string bad, std::uint64_t& seed) {
  static const char* const words[] = {"-1", "0", "4294967295", "2147483648", "99999999999999999999", "nan", "1e308", "", "\"", "<", "65536"};
  const int changes = 1 + int(next(seed) % 4);
  for (int n = 0; n < changes && !bad.empty(); ++n) {
    const std::size_t reach = next(seed) % 4 ? std::min<std::size_t>(2048, bad.size()) : bad.size();
    const std::size_t at = next(seed) % reach;
    switch (next(seed) % 7) {
      case 0: bad[at] = char(bad[at] ^ (1 << next(seed) % 8)); break;
      case 1: bad[at] = char(next(seed)); break;
      case 2: bad.erase(at, 1 + next(seed) % 16); break;
      case 3: bad.insert(at, bad.substr(at, 1 + next(seed) % 64)); break;
      case 4: {   // a little-endian number that no count should be
        static const std::uint32_t numbers[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF, 0x10000};
        const std::uint32_t x = numbers[next(seed) % 7];
        if (at + 4 <= bad.size()) std::memcpy(bad.data() + at, &x, 4);
        break;
      }
      case 5: {   // a number of the text becomes another one
        std::size_t from = at;
        while (from < bad.size() && !(bad[from] >= '0' && bad[from] <= '9')) ++from;
        std::size_t to = from;
        while (to < bad.size() && bad[to] >= '0' && bad[to] <= '9') ++to;
        if (to - from < 24) bad.replace(from, to - from, words[next(seed) % std::size(words)]);
        break;
      }
      default: bad.resize(at); break;
    }
  }
  return bad;
}

int rounds() {
  const char* given = std::getenv("OT_FUZZ_ROUNDS");
  return given && std::atoi(given) > 0 ? std::atoi(given) : 1;
}

int torture(const std::string& name, const std::vector<std::string>& seeds, int mutations) {
  const test::Reader* reader = test::find_reader(name);
  REQUIRE(reader);
  std::uint64_t seed = 20261121;
  int fed = 0;
  for (const std::string& whole : seeds) {
    for (int i = 0; i < 24; ++i, ++fed) REQUIRE(feed(*reader, whole.substr(0, whole.size() * std::size_t(i) / 24)));
    for (int i = 0; i < mutations * rounds(); ++i, ++fed) REQUIRE(feed(*reader, damage(whole, seed)));
  }
  for (const std::string& text : {std::string(), std::string(4096, '\0'), std::string("a shopping list"), std::string(352, '\xff'), std::string(64, '\n'), std::string(3, '{')}) {
    REQUIRE(feed(*reader, text));
    ++fed;
  }
  return fed;
}

}  // namespace

TEST_CASE("Damaged files of every reader end in a sound value or a sentence: images, DICOM SEG, surfaces, tetrahedra, openCARP, Gmsh, label schemes, WFDB, maps, fibres") {
  const auto dir = test::scratch_folder("fuzz_seeds");
  int readers = 0;
  for (const test::Reader& reader : test::readers()) {
    const std::string name = reader.name;
    if (name == "dicom") continue;
    const auto seeds = test::seeds_for(name, dir);
    CAPTURE(name);
    REQUIRE_FALSE(seeds.empty());
    for (const auto& s : seeds) REQUIRE_FALSE(s.empty());
    const int mutations = name == "label_scheme" || name == "gmsh" || name == "stl" || name == "ply" || name == "obj" ? 200 : 100;
    CHECK(torture(name, seeds, mutations) >= mutations);
    ++readers;
  }
  CHECK(readers == 19);
}

TEST_CASE("Damaged DICOM headers end in a sound value or a sentence, raw and compressed") {
  std::vector<std::string> seeds;
  for (const char* file : {"data/dicom-transfer-syntaxes/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm", "data/dicom-ct-chest/000002.dcm"}) {
    auto text = core::read_file(test::shared_file(file));
    REQUIRE(text);
    seeds.push_back(std::move(*text));
  }
  CHECK(torture("dicom", seeds, 30) > 60);
}

TEST_CASE("Headers that promise 10^15 values in 100 bytes are refused before anything is allocated") {
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"nrrd", "NRRD0004\ntype: double\ndimension: 3\nsizes: 99999 99999 99999\nencoding: raw\n\n"},
           {"mha", "NDims = 3\nDimSize = 99999 99999 99999\nElementType = MET_DOUBLE\nElementDataFile = LOCAL\n"},
           {"ply", "ply\nformat binary_little_endian 1.0\nelement vertex 999999999999999\nproperty float x\nend_header\n"},
           {"vtp", "<VTKFile type=\"PolyData\" byte_order=\"LittleEndian\"><PolyData><Piece NumberOfPoints=\"999999999999999\"/></PolyData></VTKFile>"},
           {"vtu", "<VTKFile type=\"UnstructuredGrid\" byte_order=\"LittleEndian\"><UnstructuredGrid><Piece NumberOfPoints=\"2000000000\" NumberOfCells=\"2000000000\"/></UnstructuredGrid></VTKFile>"},
           {"vtk", "# vtk DataFile Version 3.0\ns\nASCII\nDATASET POLYDATA\nPOINTS 2000000000 float\n"},
           {"gmsh", "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n999999999999999\n"},
           {"opencarp", "999999999999999\n0 0 0\n\f1\nTt 0 0 0 0\n"}}) {
    CAPTURE(name);
    CHECK(feed(*test::find_reader(name), text));
  }
}
