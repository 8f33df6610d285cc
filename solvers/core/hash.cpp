// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/hash.hpp"

#include <openssl/evp.h>

#include "solvers/core/contracts.hpp"

namespace ot::core {

struct Hasher::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher() : impl_(std::make_unique<Impl>()) {
  OT_EXPECT(EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) == 1);
}
Hasher::~Hasher() = default;

Hasher& Hasher::bytes(const void* data, std::size_t size) {
  OT_EXPECT(impl_ != nullptr);
  if (size > 0) EVP_DigestUpdate(impl_->context, data, size);
  return *this;
}

Hasher& Hasher::text(std::string_view v) {
  value<std::uint64_t>(v.size());
  return bytes(v.data(), v.size());
}

std::string Hasher::hex() {
  OT_EXPECT(impl_ != nullptr);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(impl_->context, digest, &size);
  impl_.reset();
  static const char* digits = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view data) { return Hasher().bytes(data.data(), data.size()).hex(); }

}  // namespace ot::core
