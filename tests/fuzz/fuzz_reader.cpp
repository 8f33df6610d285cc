// SPDX-License-Identifier: GPL-3.0-or-later
// libFuzzer's entry for one reader, named by OT_FUZZ_READER. Anything but a clean value or a sentence is a finding.
#include <cstdlib>

#include "tests/fuzz/readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ot::test::Reader* reader = ot::test::find_reader(OT_FUZZ_READER);
  if (!reader || !reader->feed(data, size)) std::abort();
  return 0;
}
