// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "imaging/io/io.hpp"
#include "solvers/core/atomic_file.hpp"
#include "tests/support/shared_data.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

int feed(char kind, const std::string& bytes) {
  const std::string input = kind + bytes;
  return LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::uint64_t next(std::uint64_t& s) {  // xorshift64, Marsaglia 2003
  s ^= s << 13, s ^= s >> 7, s ^= s << 17;
  return s;
}

}  // namespace

TEST_CASE("500 broken images (truncated, flipped bits, zeros, text, huge sizes) neither crash the readers nor pass as something else") {
  const auto dir = ot::test::scratch_folder("corpus");
  ot::core::Volume v;
  v.grid.size = {9, 8, 7};
  for (std::size_t i = 0; i < v.grid.voxels(); ++i) v.values.push_back(float(i % 211));
  int fed = 0;
  const char* names[] = {"v.nii.gz", "v.nii", "v.nrrd", "v.mha"};
  std::uint64_t seed = 20261121;
  for (int kind = 0; kind < 4; ++kind) {
    REQUIRE(ot::imaging::write_volume(v, dir / names[kind]));
    const std::string whole = *ot::core::read_file(dir / names[kind]);
    for (int i = 0; i < 40; ++i, ++fed) REQUIRE(feed(char(kind), whole.substr(0, whole.size() * std::size_t(i) / 40)) == 0);
    for (int i = 0; i < 80; ++i, ++fed) {
      std::string bad = whole;
      // Headers are where the harm is: three in four flips hit the first 352 bytes.
      for (int n = 0; n < 1 + i % 4; ++n) {
        const std::size_t reach = next(seed) % 4 ? std::min<std::size_t>(352, bad.size()) : bad.size();
        bad[next(seed) % reach] ^= char(1 << next(seed) % 8);
      }
      REQUIRE(feed(char(kind), bad) == 0);
    }
    REQUIRE(feed(char(kind), std::string(4096, '\0')) == 0);
    REQUIRE(feed(char(kind), "a shopping list") == 0);
    REQUIRE(feed(char(kind), std::string(352, '\xff')) == 0);
    fed += 3;
    if (kind == 1)
      for (short n : {short(32767), short(-1), short(0)}) {
        std::string bad = whole;
        for (int d = 1; d <= 3; ++d) std::memcpy(bad.data() + 40 + 2 * d, &n, 2);
        REQUIRE(feed(char(kind), bad) == 0);
        ++fed;
      }
  }
  REQUIRE(feed(2, "NRRD0004\ntype: double\ndimension: 3\nsizes: 99999 99999 99999\nencoding: raw\n\n") == 0);
  REQUIRE(feed(3, "NDims = 3\nDimSize = 99999 99999 99999\nElementType = MET_DOUBLE\nElementDataFile = LOCAL\n") == 0);
  CHECK(fed + 2 >= 490);
}
