// SPDX-License-Identifier: GPL-3.0-or-later
// Exponential and logarithm that the compiler takes into a vector loop: no calls, so nothing is spilled around them.
// Only for kernels (internal linkage: every instruction set has its own copy).
// Numerics: exp(x) = 2^k p(x - k ln 2), k the nearest integer to x / ln 2; p interpolates exp at Chebyshev points of +-ln(2)/2
//           (double: degree 10, 3e-16; float: degree 6, 3e-9). With the rounding of ln 2 and of x: relative errors below 2e-14 for |x| <= 100 in double,
//           below 3e-6 for |x| <= 60 in float (tested). Valid while the result is a normal number: |x| < 700, in float |x| < 87.
//           log(x) = e ln 2 + 2 atanh((m - 1) / (m + 1)), x = 2^e m; atanh(s) / s interpolated in s^2, degree 5, 3e-14: absolute error below
//           1e-13 for 1e-12 <= x <= 1e12 (tested). For x <= 0 a huge number, which no sentinel overlooks.
#pragma once

namespace ot::ep {
namespace {

#ifdef __FMA__
inline double minus_product(double x, double a, double b) { return __builtin_fma(-a, b, x); }
inline float minus_product(float x, float a, float b) { return __builtin_fmaf(-a, b, x); }
#else
inline double minus_product(double x, double a, double b) { return x - a * b; }
inline float minus_product(float x, float a, float b) { return x - a * b; }
#endif

inline double vector_exp(double x) {
  const double k = __builtin_rint(x * 1.4426950408889634);
  const double r = minus_product(x, k, 0.6931471805599453);
  double p = 2.7626357241447223e-07;
  p = p * r + 2.764018079620985e-06;
  p = p * r + 2.4801504346997686e-05;
  p = p * r + 0.00019841170270440067;
  p = p * r + 0.0013888888932488599;
  p = p * r + 0.0083333333856677825;
  p = p * r + 0.041666666666573142;
  p = p * r + 0.16666666666554406;
  p = p * r + 0.50000000000000056;
  p = p * r + 1.0000000000000067;
  p = p * r + 1.0;
  // The last bits of k + 1.5 2^52 + 1023 are the exponent of 2^k.
  const double shifted = k + (6755399441055744.0 + 1023.0);
  return p * __builtin_bit_cast(double, __builtin_bit_cast(unsigned long long, shifted) << 52);
}

inline float vector_exp(float x) {
  const float k = __builtin_rintf(x * 1.44269504f);
  const float r = minus_product(minus_product(x, k, 0.693145752f), k, 1.42860677e-6f);   // ln 2 in two parts
  float p = 0.0013941108433972674f;
  p = p * r + 0.0083751263981533351f;
  p = p * r + 0.041666352896775158f;
  p = p * r + 0.16666415514653277f;
  p = p * r + 0.50000000471177575f;
  p = p * r + 1.0000000377162139f;
  p = p * r + 1.0f;
  const float shifted = k + (12582912.0f + 127.0f);
  return p * __builtin_bit_cast(float, __builtin_bit_cast(unsigned, shifted) << 23);
}

inline double vector_log(double x) {
  const unsigned long long bits = __builtin_bit_cast(unsigned long long, x);
  const unsigned long long biased = bits - 0x3fe6a09e667f3bcdull + 0x3ff0000000000000ull;   // exponent 0 from sqrt(1/2) on
  const double e = __builtin_bit_cast(double, (biased >> 52) | 0x4330000000000000ull) - (4503599627370496.0 + 1023.0);
  const double m = __builtin_bit_cast(double, bits - (biased & 0xfff0000000000000ull) + 0x3ff0000000000000ull);
  const double s = (m - 1.0) / (m + 1.0), t = s * s;
  double p = 0.098043719065260992;
  p = p * t + 0.11087103500342053;
  p = p * t + 0.14286083563821822;
  p = p * t + 0.19999997441404713;
  p = p * t + 0.33333333339803839;
  p = p * t + 0.99999999999997358;
  const double result = e * 0.6931471805599453 + 2.0 * s * p;
  return x > 0.0 ? result : -1e300;
}

}  // namespace
}  // namespace ot::ep
