// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>

namespace ot::core {
namespace {

constexpr double flat_mm = 0.5;      // a contour drawn in one slice is flat to rounding; more is a mix of slices
constexpr double least_size_mm = 1e-3;
constexpr const char* names[] = {"distance", "polyline", "angle", "contour", "ellipse", "sphere"};

double length_of(const std::vector<Vec3>& points, bool closed) {
  double sum = 0;
  for (std::size_t i = 1; i < points.size(); ++i) sum += (points[i] - points[i - 1]).norm();
  if (closed && points.size() > 2) sum += (points.front() - points.back()).norm();
  return sum;
}
Vec3 vector_area(const std::vector<Vec3>& p) {
  Vec3 sum = Vec3::Zero();
  for (std::size_t i = 1; i + 1 < p.size(); ++i) sum += (p[i] - p[0]).cross(p[i + 1] - p[0]);
  return 0.5 * sum;
}
Vec3 middle_of(const std::vector<Vec3>& p) {
  Vec3 sum = Vec3::Zero();
  for (const Vec3& x : p) sum += x;
  return sum / double(std::max<std::size_t>(1, p.size()));
}

// Inside test in the plane of a flat region, by (s, t) coordinates about its centre.
struct FlatRegion {
  Vec3 centre, u, v, normal;
  bool ellipse = false;
  double a = 0, b = 0;                                   // semi-axes
  std::vector<std::array<double, 2>> corners;            // contour
  double extent_u = 0, extent_v = 0;
  bool inside(double s, double t) const {
    if (ellipse) return (s * s) / (a * a) + (t * t) / (b * b) <= 1 + 1e-12;
    bool in = false;
    for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
      if ((corners[i][1] > t) != (corners[j][1] > t) &&
          s < (corners[j][0] - corners[i][0]) * (t - corners[i][1]) / (corners[j][1] - corners[i][1]) + corners[i][0])
        in = !in;
    }
    return in;
  }
};

FlatRegion flat_region(const Measurement& m) {
  FlatRegion r;
  r.normal = plane_normal(m);
  r.centre = m.kind == MeasurementKind::ellipse ? m.points[0] : middle_of(m.points);
  if (m.kind == MeasurementKind::ellipse) {
    r.ellipse = true;
    const Vec3 first = m.points[1] - m.points[0];
    r.a = first.norm();
    r.u = first / r.a;
    r.v = r.normal.cross(r.u);
    r.b = std::abs((m.points[2] - m.points[0]).dot(r.v));
    r.extent_u = r.a, r.extent_v = r.b;
  } else {
    r.u = r.normal.unitOrthogonal();
    r.v = r.normal.cross(r.u);
    for (const Vec3& p : m.points) {
      r.corners.push_back({(p - r.centre).dot(r.u), (p - r.centre).dot(r.v)});
      r.extent_u = std::max(r.extent_u, std::abs(r.corners.back()[0]));
      r.extent_v = std::max(r.extent_v, std::abs(r.corners.back()[1]));
    }
  }
  return r;
}

class Collect {
 public:
  void add(double v) {
    if (!std::isfinite(v)) return;
    // Welford: one pass without cancellation.
    ++n_;
    const double d = v - mean_;
    mean_ += d / double(n_);
    square_ += d * (v - mean_);
    min_ = std::min(min_, v), max_ = std::max(max_, v);
  }
  RegionStatistics result() const {
    if (n_ == 0) return {};
    return {mean_, std::sqrt(std::max(0.0, square_ / double(n_))), min_, max_, n_};
  }

 private:
  std::size_t n_ = 0;
  double mean_ = 0, square_ = 0, min_ = std::numeric_limits<double>::infinity(), max_ = -min_;
};

std::string csv_text(const std::string& s) {
  std::string out = "\"";
  for (const char c : s) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  // A spreadsheet runs cells that begin with these: a leading apostrophe keeps them text.
  if (!s.empty() && std::string("=+-@\t\r").find(s[0]) != std::string::npos) out.insert(1, "'");
  return out + "\"";
}

}  // namespace

const char* name_of(MeasurementKind kind) { return names[std::size_t(kind)]; }
int least_points(MeasurementKind kind) {
  switch (kind) {
    case MeasurementKind::distance:
    case MeasurementKind::polyline:
    case MeasurementKind::sphere: return 2;
    default: return 3;
  }
}

Vec3 plane_normal(const Measurement& m) {
  Vec3 n = Vec3::Zero();
  if (m.kind == MeasurementKind::contour) n = vector_area(m.points);
  else if ((m.kind == MeasurementKind::ellipse || m.kind == MeasurementKind::angle) && m.points.size() >= 3)
    n = m.kind == MeasurementKind::ellipse ? Vec3((m.points[1] - m.points[0]).cross(m.points[2] - m.points[0]))
                                           : Vec3((m.points[0] - m.points[1]).cross(m.points[2] - m.points[1]));
  const double length = n.norm();
  return length > 0 ? Vec3(n / length) : Vec3(Vec3::Zero());
}

Result<void> check(const Measurement& m) {
  const int least = least_points(m.kind);
  const std::size_t n = m.points.size();
  const bool open_ended = m.kind == MeasurementKind::polyline || m.kind == MeasurementKind::contour;
  if (n < std::size_t(least) || (!open_ended && n != std::size_t(least)))
    return bad_input(fmt::format("A measurement of kind {} needs {}{} points, {} were given (nothing can be measured). Give all points.", name_of(m.kind),
                                 open_ended ? "at least " : "", least, n));
  constexpr double far_mm = 1e5;   // nobody is 100 m long
  for (const Vec3& p : m.points)
    if (!p.allFinite() || p.cwiseAbs().maxCoeff() > far_mm)
      return bad_input(fmt::format("A point of the {} is not a place in the body (it is not finite or farther than 100 m). Give LPS millimetres.", name_of(m.kind)));
  const auto tiny = [&] { return bad_input(fmt::format("The {} has no size (its points coincide). Place them apart.", name_of(m.kind))); };
  if (m.kind == MeasurementKind::angle) {
    if ((m.points[0] - m.points[1]).norm() < least_size_mm || (m.points[2] - m.points[1]).norm() < least_size_mm) return tiny();
    return {};
  }
  if (length_of(m.points, false) < least_size_mm) return tiny();
  if (m.kind == MeasurementKind::ellipse) {
    const Vec3 a = m.points[1] - m.points[0], b = m.points[2] - m.points[0];
    if (a.norm() < least_size_mm || a.cross(b).norm() < least_size_mm * a.norm()) return tiny();
  }
  if (m.kind == MeasurementKind::contour) {
    const Vec3 normal = plane_normal(m), centre = middle_of(m.points);
    if (normal.isZero()) return tiny();
    for (const Vec3& p : m.points)
      if (std::abs((p - centre).dot(normal)) > flat_mm)
        return bad_input("The contour is not flat within 0.5 mm (its area would depend on how it is filled). Draw it in one slice.");
  }
  return {};
}

double ellipse_perimeter(double a, double b) {
  a = std::abs(a), b = std::abs(b);
  if (a < b) std::swap(a, b);
  if (b == 0) return 4 * a;
  double x = a, y = b, sum = a * a - 0.5 * (a * a - b * b), weight = 0.5;
  // E(k) = pi / (2 agm) * (1 - sum 2^(n-1) c_n^2), scaled by a.
  while (std::abs(x - y) > 1e-15 * a) {
    const double c = 0.5 * (x - y), next = 0.5 * (x + y);
    y = std::sqrt(x * y);
    x = next;
    weight *= 2;
    sum -= weight * c * c;
  }
  return 2 * std::numbers::pi * sum / x;
}

RegionStatistics statistics(const Measurement& m, const Volume& image) {
  Collect all;
  const Grid& g = image.grid;
  if (!check(m) || image.values.empty()) return {};
  if (m.kind == MeasurementKind::sphere) {
    const double r = (m.points[1] - m.points[0]).norm();
    const Vec3 c = g.to_index(m.points[0]);
    int lo[3], hi[3];
    for (int a = 0; a < 3; ++a) {
      lo[a] = int(std::clamp(std::ceil(c[a] - r / g.spacing[a]), 0.0, double(g.size[a])));
      hi[a] = int(std::clamp(std::floor(c[a] + r / g.spacing[a]), -1.0, double(g.size[a] - 1)));
    }
    for (int k = lo[2]; k <= hi[2]; ++k)
      for (int j = lo[1]; j <= hi[1]; ++j)
        for (int i = lo[0]; i <= hi[0]; ++i)
          if (((Vec3(i, j, k) - c).cwiseProduct(g.spacing)).squaredNorm() <= r * r * (1 + 1e-12)) all.add(image.at(i, j, k));
    return all.result();
  }
  if (m.kind != MeasurementKind::contour && m.kind != MeasurementKind::ellipse) return {};
  const FlatRegion region = flat_region(m);
  int axis = 0;
  const double along = (g.direction.transpose() * region.normal).cwiseAbs().maxCoeff(&axis);
  if (along > 1 - 1e-6) {
    const double at = g.to_index(region.centre)[axis];
    if (!(at > -0.5 - 1e-9 && at < g.size[std::size_t(axis)] - 0.5 + 1e-9)) return {};
    const int slice = std::clamp(int(std::lround(at)), 0, g.size[std::size_t(axis)] - 1);
    const int p = axis == 0 ? 1 : 0, q = axis == 2 ? 1 : 2;
    int lo[2] = {g.size[std::size_t(p)], g.size[std::size_t(q)]}, hi[2] = {-1, -1};
    for (int c = 0; c < 4; ++c) {
      const Vec3 x = g.to_index(region.centre + ((c & 1) ? 1 : -1) * region.extent_u * region.u + ((c & 2) ? 1 : -1) * region.extent_v * region.v);
      const int axes[2] = {p, q};
      for (int e = 0; e < 2; ++e) {
        const double v = std::clamp(x[axes[e]], -1e6, 1e6);
        lo[e] = std::min(lo[e], int(std::floor(v))), hi[e] = std::max(hi[e], int(std::ceil(v)));
      }
    }
    for (int b = std::max(0, lo[1]); b <= std::min(hi[1], g.size[std::size_t(q)] - 1); ++b)
      for (int a = std::max(0, lo[0]); a <= std::min(hi[0], g.size[std::size_t(p)] - 1); ++a) {
        int index[3];
        index[axis] = slice, index[p] = a, index[q] = b;
        const Vec3 d = g.to_patient(Vec3(index[0], index[1], index[2])) - region.centre;
        if (region.inside(d.dot(region.u), d.dot(region.v))) all.add(image.at(index[0], index[1], index[2]));
      }
    return all.result();
  }
  const double h = g.spacing.minCoeff();
  constexpr double most = 4000;   // samples per direction: a region of 4000 voxels across is the whole image
  const double step_u = std::max(h, 2 * region.extent_u / most), step_v = std::max(h, 2 * region.extent_v / most);
  const int nu = int(region.extent_u / step_u), nv = int(region.extent_v / step_v);
  for (int t = -nv; t <= nv; ++t)
    for (int s = -nu; s <= nu; ++s)
      if (region.inside(s * step_u, t * step_v))
        all.add(image.sample(region.centre + s * step_u * region.u + t * step_v * region.v, std::numeric_limits<float>::quiet_NaN()));
  return all.result();
}

std::vector<Quantity> evaluate(const Measurement& m, const Volume* image) {
  std::vector<Quantity> out;
  if (!check(m)) return out;
  switch (m.kind) {
    case MeasurementKind::distance:
    case MeasurementKind::polyline: out.push_back({"length_mm", "Length", "mm", length_of(m.points, false), ""}); break;
    case MeasurementKind::angle: {
      const Vec3 a = m.points[0] - m.points[1], b = m.points[2] - m.points[1];
      out.push_back({"angle_deg", "Angle", "deg", std::atan2(a.cross(b).norm(), a.dot(b)) * 180 / std::numbers::pi, ""});
      break;
    }
    case MeasurementKind::contour:
      out.push_back({"area_mm2", "Area", "mm2", vector_area(m.points).norm(), ""});
      out.push_back({"perimeter_mm", "Perimeter", "mm", length_of(m.points, true), ""});
      break;
    case MeasurementKind::ellipse: {
      const FlatRegion r = flat_region(m);
      out.push_back({"area_mm2", "Area", "mm2", std::numbers::pi * r.a * r.b, ""});
      out.push_back({"perimeter_mm", "Perimeter", "mm", ellipse_perimeter(r.a, r.b), ""});
      out.push_back({"max_diameter_mm", "Largest diameter", "mm", 2 * std::max(r.a, r.b), ""});
      out.push_back({"min_diameter_mm", "Smallest diameter", "mm", 2 * std::min(r.a, r.b), ""});
      break;
    }
    case MeasurementKind::sphere: {
      const double r = (m.points[1] - m.points[0]).norm();
      out.push_back({"volume_mm3", "Volume", "mm3", 4.0 / 3.0 * std::numbers::pi * r * r * r, ""});
      out.push_back({"diameter_mm", "Diameter", "mm", 2 * r, ""});
      break;
    }
  }
  if (image && (m.kind == MeasurementKind::contour || m.kind == MeasurementKind::ellipse || m.kind == MeasurementKind::sphere)) {
    const RegionStatistics s = statistics(m, *image);
    if (s.n > 0) {
      out.push_back({"mean", "Mean", image->quantity, s.mean, ""});
      out.push_back({"sd", "SD", image->quantity, s.sd, ""});
      out.push_back({"min", "Min", image->quantity, s.min, ""});
      out.push_back({"max", "Max", image->quantity, s.max, ""});
    }
    out.push_back({"n", "Voxels or samples", "", double(s.n), s.n == 0 ? "outside the image" : ""});
  }
  return out;
}

std::string summary(const Measurement& m, const Volume* image) {
  std::string text, mean;
  double sd = 0;
  for (const Quantity& q : evaluate(m, image)) {
    if (q.key == "length_mm") text = fmt::format("{:.1f} mm", q.value);
    if (q.key == "angle_deg") text = fmt::format("{:.1f}°", q.value);
    if (q.key == "area_mm2") text = fmt::format("{:.0f} mm²", q.value);
    if (q.key == "volume_mm3") text = q.value >= 1000 ? fmt::format("{:.2f} ml", q.value / 1000) : fmt::format("{:.0f} mm³", q.value);
    if (q.key == "mean") mean = fmt::format("{:.0f}", q.value);
    if (q.key == "sd") sd = q.value;
  }
  if (!mean.empty()) text += fmt::format(" · {} ± {:.0f} {}", mean, sd, image->quantity == "intensity" ? "" : image->quantity);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::vector<Vec3> outline(const Measurement& m, int segments) {
  if (m.kind != MeasurementKind::ellipse || !check(m)) {
    std::vector<Vec3> out = m.points;
    if (m.kind == MeasurementKind::contour && out.size() > 2) out.push_back(out.front());
    return out;
  }
  const FlatRegion r = flat_region(m);
  std::vector<Vec3> out;
  for (int i = 0; i <= segments; ++i) {
    const double a = 2 * std::numbers::pi * i / segments;
    out.push_back(r.centre + r.a * std::cos(a) * r.u + r.b * std::sin(a) * r.v);
  }
  return out;
}

void move_point(Measurement& m, std::size_t point, const Vec3& to) {
  if (point >= m.points.size()) return;
  if (m.kind == MeasurementKind::sphere && point == 0) {
    m.points[1] += to - m.points[0];
    m.points[0] = to;
  } else if (m.kind == MeasurementKind::ellipse && m.points.size() == 3) {
    const Vec3 c = m.points[0];
    const Vec3 first = m.points[1] - c, second = m.points[2] - c;
    if (point == 0) {
      m.points = {to, to + first, to + second};
    } else if (point == 1) {
      // The first axis turns the second with it in the plane.
      const Vec3 normal = first.cross(second);
      Vec3 fresh = to - c;
      if (normal.norm() > 0) fresh -= fresh.dot(normal.normalized()) * normal.normalized();
      if (fresh.norm() < 1e-3) return;
      m.points[1] = c + fresh;
      m.points[2] = c + second.norm() * normal.normalized().cross(fresh.normalized());
    } else {
      const Vec3 v = (second - second.dot(first) / first.squaredNorm() * first).normalized();
      const double b = std::abs((to - c).dot(v));
      if (b > 1e-3) m.points[2] = c + b * v;
    }
  } else {
    m.points[point] = to;
  }
}

nlohmann::json to_json(const Measurement& m) {
  nlohmann::json points = nlohmann::json::array();
  for (const Vec3& p : m.points) points.push_back({p.x(), p.y(), p.z()});
  return {{"id", m.id}, {"name", m.name}, {"kind", name_of(m.kind)}, {"points_lps_mm", points}};
}

Result<Measurement> measurement_from_json(const nlohmann::json& json) {
  Measurement m;
  try {
    m.id = json.value("id", "");
    m.name = json.value("name", "");
    const std::string kind = json.at("kind").get<std::string>();
    const auto found = std::find(std::begin(names), std::end(names), kind);
    if (found == std::end(names))
      return bad_input(fmt::format("The measurement kind \"{}\" is not known (nothing was added). Use distance, polyline, angle, contour, ellipse or sphere.", kind));
    m.kind = MeasurementKind(found - std::begin(names));
    for (const auto& p : json.at("points_lps_mm")) {
      if (!p.is_array() || p.size() != 3) return bad_input("A point of the measurement is not three numbers (x, y, z in LPS mm). Correct the file.");
      m.points.emplace_back(p[0].get<double>(), p[1].get<double>(), p[2].get<double>());
    }
  } catch (const nlohmann::json::exception& e) {
    return bad_input("The measurement could not be read (a key is missing or holds something else than numbers). Give {\"kind\": \"distance\", \"points_lps_mm\": [[x,y,z],[x,y,z]]}.");
  }
  constexpr std::size_t most_points = 100000;   // a hand draws some thousand; more is a broken file
  if (m.points.size() > most_points) return bad_input("The measurement has more than 100000 points (it is not a drawing of a hand). Correct the file.");
  if (const auto good = check(m); !good) return pass(good);
  return m;
}

std::string measurements_csv_header() { return "image,id,name,kind,quantity,value,unit,points_lps_mm\n"; }
std::string measurement_csv_rows(const std::string& image_key, const Measurement& m, const Volume* image) {
  std::string points;
  for (const Vec3& p : m.points) points += fmt::format("{}{:.17g} {:.17g} {:.17g}", points.empty() ? "" : "; ", p.x(), p.y(), p.z());
  std::string out;
  for (const Quantity& q : evaluate(m, image))
    out += fmt::format("{},{},{},{},{},{:.10g},{},{}\n", csv_text(image_key), csv_text(m.id), csv_text(m.name), name_of(m.kind), q.key, q.value, csv_text(q.unit), "\"" + points + "\"");
  return out;
}

}  // namespace ot::core
