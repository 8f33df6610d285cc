// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/hemodynamics/vessel_march.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "solvers/core/contracts.hpp"
#include "solvers/hemodynamics/blood_viscosity.hpp"

namespace ot::hemo {
namespace {

using core::Vec3;

constexpr int n = 40;  // intervals across the radius, finer at the wall; 80 change the loss by less than 1 %
constexpr double pi = std::numbers::pi;
using Profile = std::array<double, n + 1>;

const Profile& stations() {
  static const Profile eta = [] {
    Profile e{};
    for (int j = 0; j <= n; ++j) {
      const double s = double(j) / n;
      e[std::size_t(j)] = s * (1.6 - 0.6 * s);
    }
    return e;
  }();
  return eta;
}

// What the stations alone decide, for a radius of 1: the weights of the stream function and of the implicit step.
struct Weights {
  Profile inner{}, outer{};                // int_{j-1}^{j} u r dr = inner u_{j-1} + outer u_j
  Profile before{}, behind{};              // radial diffusion at j: -before u_{j-1} - behind u_{j+1} + (before + behind) u_j
  Profile slope_before{}, slope_here{}, slope_behind{};   // du/dr over r at j
};

const Weights& weights() {
  static const Weights all = [] {
    const Profile& e = stations();
    Weights w;
    for (std::size_t j = 1; j <= n; ++j) {
      const double a = e[j - 1], b = e[j], squares = 0.5 * (b * b - a * a);
      w.outer[j] = ((b * b * b - a * a * a) / 3 - a * squares) / (b - a);
      w.inner[j] = squares - w.outer[j];
    }
    w.behind[0] = 4 / (e[1] * e[1]);
    for (std::size_t j = 1; j < n; ++j) {
      const double down = e[j] - e[j - 1], up = e[j + 1] - e[j], both = down + up;
      w.before[j] = (e[j] + e[j - 1]) / (down * both * e[j]);
      w.behind[j] = (e[j] + e[j + 1]) / (up * both * e[j]);
      w.slope_before[j] = -up / (down * both * e[j]);
      w.slope_here[j] = (up - down) / (down * up * e[j]);
      w.slope_behind[j] = down / (up * both * e[j]);
    }
    return w;
  }();
  return all;
}

// Stream function int_0^r u r dr, u linear between the stations.
void stream(const Profile& u, double radius, Profile& psi) {
  const Weights& w = weights();
  psi[0] = 0;
  for (std::size_t j = 1; j <= n; ++j) psi[j] = psi[j - 1] + radius * radius * (w.inner[j] * u[j - 1] + w.outer[j] * u[j]);
}

class March {
 public:
  March(double flow, const Fluid& fluid) : flow_(flow), nu_(fluid.viscosity_Pa_s / fluid.density_g_per_mm3 / poiseuille_error()) {}
  void set_viscosity(double viscosity, double density) { nu_ = viscosity / density / poiseuille_error(); }

  void start(double radius, const VelocityShape& shape) {
    const double mean = flow_ / (pi * radius * radius);
    for (std::size_t j = 0; j <= n; ++j) u_[j] = mean * (shape.empty() ? 2 * (1 - stations()[j] * stations()[j]) : shape[j]);
    u_[n] = 0;
    stream(u_, radius, psi_);
    const double off = flow_ / (2 * pi * psi_[n]);  // the flux of the points, exactly
    for (double& u : u_) u *= off;
    for (double& q : psi_) q *= off;
  }
  VelocityShape shape(double radius) const {
    VelocityShape out(u_.begin(), u_.end());
    for (double& u : out) u *= pi * radius * radius / flow_;
    return out;
  }
  // Wall friction over that of developed flow: from the momentum that the wall takes.
  double wall_share(double radius) const {
    const Profile& e = stations();
    const double h1 = 1 - e[n - 1], h2 = 1 - e[n - 2];  // one-sided second order
    const double slope = (u_[n - 1] * h2 * h2 - u_[n - 2] * h1 * h1) / (h1 * h2 * (h2 - h1));
    return slope / (4 * flow_ / (pi * radius * radius));
  }

  // Advances by dx to `radius`; returns -dp/rho. One round is enough where the profile hardly changes.
  double step(double dx, double radius, int rounds) {
    const Weights& w = weights();
    const Profile before = u_, psi_before = psi_;
    Profile f, g, c, sf, sg;
    const double k = nu_ / (radius * radius), per_dx = 1 / dx, convect = per_dx / (radius * radius);
    double gradient = 0;
    for (int round = 0; round < rounds; ++round) {  // Picard on the convecting velocity
      double c_before = 0, f_before = 0, g_before = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const double along = std::max(u_[j], 0.0) * per_dx;  // no upstream marching
        const double across = -(psi_[j] - psi_before[j]) * convect;
        const double lower = across * w.slope_before[j] - k * w.before[j], upper = across * w.slope_behind[j] - k * w.behind[j];
        const double middle = along + k * (w.before[j] + w.behind[j]) + across * w.slope_here[j];
        const double by_m = 1 / (middle - lower * c_before);
        c[j] = c_before = upper * by_m;
        f[j] = f_before = (along * before[j] - lower * f_before) * by_m;
        g[j] = g_before = (1 - lower * g_before) * by_m;
      }
      f[n] = g[n] = 0;
      for (std::size_t j = n; j-- > 0;) f[j] -= c[j] * f[j + 1], g[j] -= c[j] * g[j + 1];
      stream(f, radius, sf);
      stream(g, radius, sg);
      gradient = (flow_ / (2 * pi) - sf[n]) / sg[n];
      for (std::size_t j = 0; j <= n; ++j) {
        u_[j] = f[j] + gradient * g[j];
        psi_[j] = sf[j] + gradient * sg[j];
      }
    }
    return gradient * dx;
  }

  // int u^k dA / (A (Q/A)^k): momentum (k = 2) and kinetic energy (k = 3) coefficient.
  double coefficient(int power, double radius) const {
    const Profile& e = stations();
    double sum = 0;
    for (std::size_t j = 1; j <= n; ++j) sum += 0.5 * (e[j] - e[j - 1]) * (std::pow(u_[j], power) * e[j] + std::pow(u_[j - 1], power) * e[j - 1]);
    return 2 * sum / std::pow(flow_ / (pi * radius * radius), power);
  }

 private:
  // Pressure gradient of the discrete developed flow over Poiseuille's: a property of the stations (0.1 %), taken off the viscosity.
  static double poiseuille_error() {
    static const double error = [] {
      const Weights& w = weights();
      Profile c{}, g{}, sg{};
      for (std::size_t j = 0; j < n; ++j) {
        const double m = w.before[j] + w.behind[j] + (j ? w.before[j] * c[j - 1] : 0.0);
        c[j] = -w.behind[j] / m;
        g[j] = (1 + (j ? w.before[j] * g[j - 1] : 0.0)) / m;
      }
      for (std::size_t j = n; j-- > 0;) g[j] -= c[j] * g[j + 1];
      stream(g, 1.0, sg);
      return (1.0 / 16.0) / sg[n];   // int r (1 - r^2)/4 dr = 1/16
    }();
    return error;
  }

  double flow_, nu_;
  Profile u_{}, psi_{};
};


double area_of(double r) { return pi * r * r; }

Vec3 point_on(const core::VesselBranch& v, double arc) {
  const auto i = std::size_t(std::upper_bound(v.arc.begin(), v.arc.end(), arc) - v.arc.begin());
  if (i == 0) return v.points.front();
  if (i >= v.points.size()) return v.points.back();
  return v.points[i - 1] + (arc - v.arc[i - 1]) / (v.arc[i] - v.arc[i - 1]) * (v.points[i] - v.points[i - 1]);
}

// 0: the throat lies on the axis that the healthy vessel would have (a cubic that leaves and meets the healthy ends in their
// directions, so that a bend does not count); 1: it touches the wall on one side.
double eccentricity(const core::VesselBranch& v, const Narrowing& lesion) {
  const double a = v.arc[lesion.border], b = v.arc[lesion.recovered], t = v.arc[lesion.throat], span = b - a;
  const double w = (t - a) / span, reference = v.radius[lesion.border] + w * (v.radius[lesion.recovered] - v.radius[lesion.border]);
  const double free = reference - v.radius[lesion.throat];
  if (!(free > 0)) return 0;
  const double reach = 2 * reference;   // healthy vessel on either side that gives the direction
  const double from = std::max(0.0, a - reach), to = std::min(v.arc.back(), b + reach);
  const Vec3 p = point_on(v, a), q = point_on(v, b), chord = q - p;
  const Vec3 m = a - from > 0.5 * reference ? Vec3((p - point_on(v, from)).normalized() * chord.norm()) : chord;
  const Vec3 n = to - b > 0.5 * reference ? Vec3((point_on(v, to) - q).normalized() * chord.norm()) : chord;
  const Vec3 healthy = (1 + 2 * w) * (1 - w) * (1 - w) * p + w * (1 - w) * (1 - w) * m + w * w * (3 - 2 * w) * q + w * w * (w - 1) * n;
  return std::clamp((v.points[lesion.throat] - healthy).norm() / free, 0.0, 1.0);
}

}  // namespace

std::vector<Narrowing> find_narrowings(const std::vector<double>& r) {
  std::vector<Narrowing> found;
  constexpr double least = 1.05;  // ratio of radii that ends a rise or a fall: below it is measurement noise
  std::size_t low = 0, high = 0, free_from = 0;
  bool rising = false;
  const auto close = [&] {
    const double ratio = r[high] / r[low];
    if (ratio <= least) return;
    std::size_t end = low;
    while (end < high && r[end] < 0.98 * r[high]) ++end;  // to 98 %: the rest is taper
    end = std::max(end, low + 1);
    // The proximal border: the last point of 98 % of the widest lumen since the lesion before.
    double widest = 0;
    for (std::size_t k = free_from; k <= low; ++k) widest = std::max(widest, r[k]);
    std::size_t border = free_from;
    for (std::size_t k = free_from; k <= low; ++k)
      if (r[k] >= 0.98 * widest) border = k;
    found.push_back({border, low, end, std::clamp((ratio - least) / 0.1, 0.0, 1.0)});
    free_from = end;
  };
  for (std::size_t k = 1; k < r.size(); ++k) {
    if (!rising) {
      if (r[k] < r[low]) low = k;
      if (r[k] > least * r[low]) rising = true, high = k;
    } else {
      if (r[k] > r[high]) high = k;
      if (r[k] * least < r[high]) {
        close();
        rising = false;
        low = k;
      }
    }
  }
  if (rising) close();
  return found;
}

VelocityShape flat_shape() { return VelocityShape(n + 1, 1.0); }

double momentum_coefficient(const VelocityShape& shape) {
  if (shape.empty()) return 4.0 / 3.0;
  const Profile& e = stations();
  double sum = 0;
  for (std::size_t j = 1; j <= n; ++j) sum += (e[j] - e[j - 1]) * (shape[j] * shape[j] * e[j] + shape[j - 1] * shape[j - 1] * e[j - 1]);
  return sum;
}

std::vector<double> bend_friction(const core::VesselBranch& v, double flow, const Fluid& fluid) {
  const std::size_t count = v.points.size();
  const ApparentViscosity viscosity(fluid);
  std::vector<double> out(count, 1.0);
  for (std::size_t k = 0; k < count; ++k) {
    // Turn of the line over two diameters: shorter bends do not set up the secondary flow, and a centreline is noisier than that.
    const double reach = 2 * v.radius[k], from = std::max(0.0, v.arc[k] - reach), to = std::min(v.arc.back(), v.arc[k] + reach);
    if (!(to - from > 0.5 * reach)) continue;
    const Vec3 a = point_on(v, from), b = point_on(v, 0.5 * (from + to)), c = point_on(v, to);
    const Vec3 d = (b - a).normalized(), e = (c - b).normalized();
    const double turn = std::acos(std::clamp(d.dot(e), -1.0, 1.0)), curvature = 2 * turn / (to - from);
    const double reynolds = 2 * fluid.density_g_per_mm3 * flow / (pi * v.radius[k] * viscosity.in_tube(flow, v.radius[k]));
    const double dean = reynolds * std::sqrt(std::min(1.0, v.radius[k] * curvature));
    constexpr double least = 11.6, most = 2000;   // White's fit holds in between
    if (dean > least) out[k] = 1 / (1 - std::pow(1 - std::pow(least / std::min(dean, most), 0.45), 1 / 0.45));
  }
  return out;
}

MarchedLoss march_branch(const core::VesselBranch& v, const std::vector<Narrowing>& narrowings, double q, const Fluid& fluid, double k_t, const VelocityShape& start) {
  const std::size_t count = v.arc.size();
  OT_EXPECT(count >= 2 && v.radius.size() == count && q > 0);
  const double rho = fluid.density_g_per_mm3;
  const ApparentViscosity viscosity(fluid);
  const auto head = [&](std::size_t k) { return 0.5 * rho * q * q / (area_of(v.radius[k]) * area_of(v.radius[k])); };
  const std::vector<double> bend = bend_friction(v, q, fluid);
  const auto poiseuille = [&](std::size_t k, double a, double b) {  // of the part a..b (mm) of the interval before point k
    const double r = 0.5 * (v.radius[k - 1] + v.radius[k]);
    return 8 * viscosity.in_tube(q, r) * q / (pi * r * r * r * r) * (b - a);
  };
  MarchedLoss out;
  out.loss_Pa.assign(count, 0.0);
  March march(q, fluid);
  march.start(v.radius[0], start);
  bool flat = false;   // far from a parabola (2 on the axis): its edge needs short steps
  if (!start.empty()) flat = start[0] < 1.6;
  // Attached flow over the interval before point k: H at its end.
  const auto attached_step = [&](March& m, std::size_t k, double loss) {
    const double length = v.arc[k] - v.arc[k - 1], r0 = v.radius[k - 1], r1 = v.radius[k];
    // A fifteenth of a radius resolves the acceleration into a throat, a radius the growth of a layer in an even lumen.
    const bool even = std::abs(r1 - r0) <= 0.02 * length;
    // A flat start has an edge: steps of a twelfth of the way behind it (entrance loss 3 % below its limit at Re 193, 7 % at 386).
    const double young = !flat ? 1.0 : std::clamp(v.arc[k - 1] / (12 * r0), 0.005, 1.0);
    const double fine = std::min(r0, r1) * std::min(even ? 1.0 : 1.0 / 15, young);
    const int parts = std::clamp(int(std::ceil(length / fine)), 1, 200);
    double drop = 0;
    if (fluid.carreau_yasuda) m.set_viscosity(viscosity.in_tube(q, 0.5 * (r0 + r1)), rho);
    for (int i = 1; i <= parts; ++i) drop += rho * m.step(length / parts, r0 + (r1 - r0) * i / parts, even && young == 1 ? 1 : 3);
    drop += std::max(0.0, bend[k] - std::max(1.0, m.wall_share(r1))) * poiseuille(k, v.arc[k - 1], v.arc[k]);
    return loss + drop + head(k - 1) - head(k);
  };
  std::size_t next = 0;     // narrowing ahead
  // What a jet that has not mixed brings into the next narrowing, Pa: the pressure that its mixing would have made, and for the share of it
  // that is unmixed at that throat the head it has not lost yet.
  double pressure_ahead = 0, unmixed = 0, unlost = 0;
  for (std::size_t k = 1; k < count; ++k) {
    out.loss_Pa[k] = attached_step(march, k, out.loss_Pa[k - 1]);
    if (next >= narrowings.size() || k != narrowings[next].throat) continue;
    const Narrowing& lesion = narrowings[next++];
    const double r = v.radius[k], at = area_of(r), s = lesion.strength, speed = q / at;
    const double mu = viscosity.in_tube(q, r), reynolds = 2 * rho * q / (pi * r * mu);
    constexpr double per_step_height = 0.09, breaks_up = 15;   // header: Macagno & Hung, Hammad; throat diameters
    constexpr double stable = 722, broken = 900;               // Reynolds number of the vessel behind: Sherwin & Blackburn; over a quarter more
    const double laminar = per_step_height * reynolds * (v.radius[lesion.recovered] - r);
    const double steady = std::clamp((broken - reynolds * r / v.radius[lesion.recovered]) / (broken - stable), 0.0, 1.0);
    const double jet = steady * laminar + (1 - steady) * std::min(laminar, breaks_up * 2 * r);
    // Share of the jet's mixing that is done: the shape of the recovery behind the lesion K_t is calibrated on.
    constexpr double decay = 2.2;
    const auto mixed = [&](double arc) { return (1 - std::exp(-decay * std::clamp((arc - v.arc[k]) / jet, 0.0, 1.0))) / (1 - std::exp(-decay)); };
    // Area it mixes into: of the lumen where it does so (a vessel that tapers further leaves it less room).
    double share = 0, inverse = 0;
    for (std::size_t i = k + 1; i < count && v.arc[i - 1] < v.arc[k] + jet; ++i) {
      const double d = mixed(v.arc[i]) - mixed(v.arc[i - 1]);
      share += d, inverse += d / area_of(std::max(v.radius[i], i < lesion.recovered ? v.radius[lesion.recovered] : 0.0));
    }
    const double behind = share > 0 ? share / inverse : area_of(v.radius[lesion.recovered]);
    const double ideal = 0.5 * rho * q * q * (march.coefficient(3, r) / (at * at) - 2 / (behind * behind));
    // One-sided lesion: the free side is twice as steep, so the jet leaves it at the throat (K_t = 1), and it clings to the other wall
    // with half its circumference: the drag of a flat plate (Blasius) is taken from its momentum.
    const double e = eccentricity(v, lesion), k_e = k_t + e * std::max(0.0, 1 - k_t);
    const double drag = e * 0.664 * rho * speed * speed * std::sqrt(mu / rho * jet / speed) * pi * r / behind;
    const double borda = rho * q * q * (march.coefficient(2, r) / (at * behind) - 4.0 / 3.0 / (behind * behind));
    const double by_wall = (1 - k_e) * (ideal - borda), by_mixing = borda - drag;   // rise of static pressure
    const double lost = ideal - by_wall - by_mixing;
    // The unmixed share of the jet before goes through this throat as it is, so the two lose what the worse of them loses alone: a throat
    // wider than that jet does not slow it down, a tighter one makes it faster.
    if (const double credit = pressure_ahead + unmixed * std::min(unlost, s * lost); credit > 0)
      for (std::size_t i = lesion.border + 1; i <= k; ++i)
        out.loss_Pa[i] -= credit * (v.arc[i] - v.arc[lesion.border]) / (v.arc[k] - v.arc[lesion.border]);
    pressure_ahead = unmixed = unlost = 0;
    const double head_behind = 0.5 * rho * q * q / (behind * behind);
    // The next narrowing ends the jet at its border; what has not mixed at its throat goes through.
    std::size_t end = k;
    while (end + 1 < count && v.arc[end] < v.arc[k] + jet && !(next < narrowings.size() && end >= std::max(lesion.recovered, narrowings[next].border))) ++end;
    end = std::max(end, lesion.recovered);
    if (next < narrowings.size() && v.arc[narrowings[next].border] < v.arc[k] + jet) {
      unmixed = 1 - mixed(v.arc[narrowings[next].throat]), unlost = s * lost;
      pressure_ahead = s * (1 - mixed(v.arc[end])) * by_mixing;
    }
    double through = out.loss_Pa[k], friction = 0;
    for (std::size_t i = k + 1; i <= end; ++i) {
      const double done = mixed(v.arc[i]);
      const double widened = i >= lesion.recovered ? 1.0 : (head(k) - head(i)) / (head(k) - head(lesion.recovered));
      const double rise = by_wall * std::clamp(widened, 0.0, 1.0) + by_mixing * done + done * (head_behind - head(i));
      // The wall drags nothing beside the throat and as developed flow does where the jet has spread: in between with the way.
      const double way = std::min(1.0, (v.arc[i] - v.arc[k]) / jet);
      friction += way * bend[i] * poiseuille(i, v.arc[i - 1], v.arc[i]);
      const double separated = out.loss_Pa[k] + head(k) - head(i) - rise + friction;
      if (s < 1) through = attached_step(march, i, through);
      out.loss_Pa[i] = s < 1 ? s * separated + (1 - s) * through : separated;
    }
    VelocityShape shape;
    if (s < 1) {
      shape = march.shape(v.radius[end]);
      for (std::size_t j = 0; j <= n; ++j) shape[j] = (1 - s) * shape[j] + s * 2 * (1 - stations()[j] * stations()[j]);
    }
    march.start(v.radius[end], shape);
    k = end;
  }
  out.end = march.shape(v.radius.back());
  return out;
}

}  // namespace ot::hemo
