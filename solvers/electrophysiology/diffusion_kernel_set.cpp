// SPDX-License-Identifier: GPL-3.0-or-later
// diffusion_kernel.hpp for one instruction set. No other code may live here, so that none inherits its compiler options.
#include <math.h>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "solvers/electrophysiology/diffusion_kernel.hpp"

#define OT_JOIN_(a, b) a##_##b
#define OT_JOIN(a, b) OT_JOIN_(a, b)

namespace ot::ep {
namespace {

constexpr int lanes = block_nodes, eight = lane_multiple;

// Eight rows: y = sum k (x_j - x_i).
inline void eight_rows(const SlicedRows& rows, std::ptrdiff_t group, const double* x, double* y) {
  const std::ptrdiff_t from = rows.begin[group], to = rows.begin[group + 1];
#ifdef __AVX512F__
  const __m512d own = _mm512_loadu_pd(x + group * eight);
  __m512d sum = _mm512_setzero_pd(), other = _mm512_setzero_pd();
  std::ptrdiff_t c = from;
  const auto add = [&](std::ptrdiff_t at, __m512d& into) {
    const __m512d k = _mm512_cvtps_pd(_mm256_loadu_ps(rows.k + at * eight));
    const __m256i j = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows.col + at * eight));
    into = _mm512_fmadd_pd(k, _mm512_sub_pd(_mm512_i32gather_pd(j, x, 8), own), into);
  };
  for (; c + 1 < to; c += 2) {
    add(c, sum);
    add(c + 1, other);
  }
  if (c < to) add(c, sum);
  _mm512_storeu_pd(y, _mm512_add_pd(sum, other));
#else
  double sum[eight] = {};
  for (std::ptrdiff_t c = from; c < to; ++c)
#pragma omp simd
    for (int l = 0; l < eight; ++l)
      sum[l] += double(rows.k[c * eight + l]) * (x[rows.col[c * eight + l]] - x[group * eight + l]);
  for (int l = 0; l < eight; ++l) y[l] = sum[l];
#endif
}

void product(const SlicedRows& rows, std::ptrdiff_t begin, const double* x, double* y) {
  for (int g = 0; g < lanes / eight; ++g) eight_rows(rows, begin / eight + g, x, y + g * eight);
}

RightSums right_side(const RightSide& a) {
  const double now_share = a.first_step ? 1.0 : 1.5, before_share = a.first_step ? 0.0 : -0.5, half_dt = 0.5 * a.dt, dt = a.dt;
  double bb = 0, most = 0;
#pragma omp simd reduction(+ : bb) reduction(max : most)
  for (int l = 0; l < lanes; ++l) {
    const double kv = a.kv_now[l], kd = kv - a.kv[l], k_guess = 2.0 * kd - a.kd[l];
    const double dv = a.dv[l], guess = 2.0 * dv - a.dv_before[l], m = a.mass[l];
    const double now = a.current[l] + a.correction[l], ionic = now_share * now + before_share * a.i_before[l];
    const double b = dt * (m * (a.stimulus[l] - ionic) - kv);
    const double u = a.inverse[l] * (b - m * guess - half_dt * k_guess);
    a.i_before[l] = now;
    a.kv[l] = kv;
    a.kd[l] = kd;
    a.dv_before[l] = dv;
    a.dv[l] = guess;
    a.u[l] = u;
    bb += b * b * a.inverse[l];
    const double size = fabs(u);
    most = size > most ? size : most;
  }
  return {bb, most};
}

double system_rows(const SlicedRows& rows, std::ptrdiff_t begin, double half_dt, const double* mass, const double* z, double* w) {
  product(rows, begin, z, w);
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int l = 0; l < lanes; ++l) {
    const double value = mass[l] * z[begin + l] + half_dt * w[l];
    w[l] = value;
    sum += value * z[begin + l];
  }
  return sum;
}

double conjugate(const ConjugateBlock& a) {
  double sum = 0;
  const double alpha = a.alpha, beta = a.beta;
#pragma omp simd reduction(+ : sum)
  for (int l = 0; l < lanes; ++l) {
    const double p = a.z[l] + beta * a.p[l], s = a.w[l] + beta * a.s[l], r = a.r[l] - alpha * s, z = a.inverse[l] * r;
    a.p[l] = p;
    a.s[l] = s;
    a.dv[l] += alpha * p;
    a.r[l] = r;
    a.z[l] = z;
    sum += r * z;
  }
  return sum;
}

bool finish(const FinishBlock& a) {
  int beating = 0;
#pragma omp simd reduction(+ : beating)
  for (int l = 0; l < lanes; ++l) beating += 1 - int(a.armed[l]);
  int look = 0;
  if (beating == 0) {
#pragma omp simd reduction(| : look)
    for (int l = 0; l < lanes; ++l) {
      const double dv = a.dv[l] + a.u[l], before = a.v[l], now = before + dv;
      a.dv[l] = dv;
      a.v[l] = now;
      a.u[l] = before;
      look |= int(!(now < a.upstroke)) & int(before < a.upstroke);
      look |= int(!(fabs(now) <= 200.0));
    }
    return look != 0;
  }
#pragma omp simd reduction(| : look)
  for (int l = 0; l < lanes; ++l) {
    const double dv = a.dv[l] + a.u[l], before = a.v[l], now = before + dv;
    a.dv[l] = dv;
    a.v[l] = now;
    a.u[l] = before;
    const double peak = a.peak[l], higher = now > peak ? now : peak, kept = a.armed[l] ? peak : higher;
    a.peak[l] = kept;
    const double level = a.rest[l] + 0.1 * (kept - a.rest[l]);
    look |= a.armed[l] ? int(!(now < a.upstroke)) & int(before < a.upstroke) : int(now <= level) & int(before > level);
    look |= int(!(fabs(now) <= 200.0));
  }
  return look != 0;
}

// share x energy of the edges of eight tets.
inline void octet_shares(const TetOctet& o, const double* v, double least_net, double (*given)[eight_tets]) {
  constexpr int corners[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
#ifdef __AVX512F__   // the compiler does not find the vectors in the loops below
  __m512d x[4], energy[6], total = _mm512_setzero_pd(), positive = total;
  const __m512d none = total;
  for (int a = 0; a < 4; ++a)
    x[a] = _mm512_i32gather_pd(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(o.corner[a]))), v, 8);
  for (int k = 0; k < 6; ++k) {
    const __m512d d = _mm512_sub_pd(x[corners[k][0]], x[corners[k][1]]);
    energy[k] = _mm512_mul_pd(_mm512_cvtps_pd(_mm256_loadu_ps(o.coupling[k])), _mm512_mul_pd(d, d));
    total = _mm512_add_pd(total, energy[k]);
    positive = _mm512_add_pd(positive, _mm512_max_pd(energy[k], none));
  }
  const __m512d net = _mm512_max_pd(total, _mm512_mul_pd(_mm512_set1_pd(least_net), positive));
  const __m512d share = _mm512_maskz_div_pd(_mm512_cmp_pd_mask(total, none, _CMP_GT_OQ), _mm512_cvtps_pd(_mm256_loadu_ps(o.volume)), net);
  for (int k = 0; k < 6; ++k) _mm512_storeu_pd(given[k], _mm512_mul_pd(share, energy[k]));
#else
  double total[eight_tets] = {}, positive[eight_tets] = {};
  for (int k = 0; k < 6; ++k)
#pragma omp simd
    for (int l = 0; l < eight_tets; ++l) {
      const double d = v[o.corner[corners[k][0]][l]] - v[o.corner[corners[k][1]][l]], e = double(o.coupling[k][l]) * (d * d);
      given[k][l] = e;
      total[l] += e;
      positive[l] += e > 0 ? e : 0;
    }
#pragma omp simd
  for (int l = 0; l < eight_tets; ++l) {
    const double least = least_net * positive[l];
    total[l] = total[l] > 0 ? double(o.volume[l]) / (total[l] > least ? total[l] : least) : 0.0;
  }
  for (int k = 0; k < 6; ++k)
#pragma omp simd
    for (int l = 0; l < eight_tets; ++l) given[k][l] *= total[l];
#endif
}

void share_volume(const TetOctet* octet, std::ptrdiff_t octets, std::uint64_t nodes, const double* v, double least_net, double* volume) {
  for (const TetOctet* o = octet; o != octet + octets; ++o) {
    if ((o->nodes & nodes) == 0) continue;
    double given[6][eight_tets];
    octet_shares(*o, v, least_net, given);
    for (int k = 0; k < 6; ++k)
      for (int l = 0; l < eight_tets; ++l) volume[o->edge[k][l]] += given[k][l];
  }
}

}  // namespace

extern const DiffusionKernels OT_JOIN(diffusion_kernels, OT_KERNEL_SET);
const DiffusionKernels OT_JOIN(diffusion_kernels, OT_KERNEL_SET){product, right_side, system_rows, conjugate, finish, share_volume};

}  // namespace ot::ep
