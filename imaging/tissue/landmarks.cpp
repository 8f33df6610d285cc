// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/tissue/landmarks.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "imaging/tissue/septum.hpp"
#include "imaging/tissue/wall_grid.hpp"
#include "solvers/core/contracts.hpp"

namespace ot::imaging {
namespace {

using core::Vec3;
namespace keys = landmark_keys;
namespace l = core::labels;
using tissue::Part;
using tissue::WallGrid;

// Middle of the places where voxels of two labels touch or are at most one voxel apart (a valve leaflet may lie between).
struct Contact {
  Vec3 centre{0, 0, 0};
  double count = 0;
};
Contact contact(const core::LabelMap& labels, int a, int b) {
  const auto& g = labels.grid;
  Contact out;
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) {
        if (labels.at(i, j, k) != a) continue;
        for (int d = 0; d < 3; ++d)
          for (int sign : {-1, 1})
            for (int step = 1; step <= 2; ++step) {
              int x[3] = {i, j, k};
              x[d] += sign * step;
              if (!g.contains(x[0], x[1], x[2])) break;
              const int other = labels.at(x[0], x[1], x[2]);
              if (other == a) break;
              if (other != b) continue;
              Vec3 half(i, j, k);
              half[d] += 0.5 * sign * step;
              out.centre += g.to_patient(half);
              ++out.count;
              break;
            }
      }
  if (out.count > 0) out.centre /= out.count;
  return out;
}

const Plane* plane(const std::vector<Plane>& planes, const char* key) {
  for (const auto& p : planes)
    if (p.key == key) return &p;
  return nullptr;
}

struct Point {
  Vec3 x;
  float weight;
};

template <class F>
void each_voxel(const core::Grid& g, F&& f) {
  for (int k = 0; k < g.size[2]; ++k)
    for (int j = 0; j < g.size[1]; ++j)
      for (int i = 0; i < g.size[0]; ++i) f(i, j, k, g.offset(i, j, k));
}

// Centre of the end of LV blood that no wall covers: the mitral and aortic openings together. Of the two ends along the ventricle's
// principal axis it is the one with more bare surface; a stack that stops short of the apex has a small bare end there.
std::optional<Vec3> bare_end(const WallGrid& w) {
  Vec3 centre = Vec3::Zero();
  each_voxel(w.grid, [&](int i, int j, int k, std::size_t v) {
    if (w.part[v] == Part::blood) centre += w.grid.to_patient(Vec3(i, j, k));
  });
  centre /= double(w.blood);
  core::Mat3 spread = core::Mat3::Zero();
  std::vector<Point> bare;
  static constexpr int step[6][3] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
  each_voxel(w.grid, [&](int i, int j, int k, std::size_t v) {
    if (w.part[v] != Part::blood && w.part[v] != Part::wall) return;
    const Vec3 x = w.grid.to_patient(Vec3(i, j, k));
    spread += (x - centre) * (x - centre).transpose();
    if (w.part[v] != Part::blood) return;
    for (int n = 0; n < 6; ++n) {
      const int a = i + step[n][0], b = j + step[n][1], c = k + step[n][2];
      if (w.grid.contains(a, b, c)) {
        const Part other = w.part[w.grid.offset(a, b, c)];
        if (other == Part::blood || other == Part::wall) continue;
      }
      const int d = n / 2;
      const double area = w.grid.spacing[(d + 1) % 3] * w.grid.spacing[(d + 2) % 3];
      bare.push_back({x, float(area)});
    }
  });
  if (bare.empty()) return std::nullopt;
  const Eigen::SelfAdjointEigenSolver<core::Mat3> solver(spread);
  const Vec3 axis = solver.eigenvectors().col(2);
  double low = 0, high = 0, area[2] = {0, 0};
  for (const auto& p : bare) {
    const double s = (p.x - centre).dot(axis);
    low = std::min(low, s);
    high = std::max(high, s);
    area[s > 0] += double(p.weight);
  }
  const bool up = area[1] > area[0];
  const double end = up ? high : low;
  Vec3 sum = Vec3::Zero();
  double total = 0;
  for (const auto& p : bare) {
    const double s = (p.x - centre).dot(axis);
    if (s * end <= 0 || std::abs(s) < 0.6 * std::abs(end)) continue;   // holes in the side wall are not the valve
    sum += double(p.weight) * p.x;
    total += double(p.weight);
  }
  if (!(total > 0)) return std::nullopt;
  return sum / total;
}

// Fixed point: the apex is the centre of the last millimetres of blood along the line from the base through it.
Vec3 find_apex(const WallGrid& w, const Vec3& base) {
  std::vector<Vec3> blood;
  blood.reserve(w.blood);
  Vec3 centre = Vec3::Zero();
  each_voxel(w.grid, [&](int i, int j, int k, std::size_t v) {
    if (w.part[v] != Part::blood) return;
    blood.push_back(w.grid.to_patient(Vec3(i, j, k)));
    centre += blood.back();
  });
  centre /= double(blood.size());
  Vec3 apex = centre;
  std::vector<double> depth(blood.size());
  for (int round = 0; round < 12; ++round) {
    const Vec3 axis = (apex - base).normalized();
    for (std::size_t n = 0; n < blood.size(); ++n) depth[n] = (blood[n] - base).dot(axis);
    // 99.9 % quantile: single voxels of a leak do not move the apex
    std::vector<double> sorted = depth;
    const auto far = sorted.begin() + std::ptrdiff_t(0.999 * double(sorted.size() - 1));
    std::nth_element(sorted.begin(), far, sorted.end());
    const double deep = *far;
    // The tip beyond that quantile: the volume below a round tip grows with the square of the distance from it, so four times the
    // voxels lie within twice the distance. 2.5 mm at most: coarse slices have steps instead of a tip.
    const auto less = sorted.begin() + std::ptrdiff_t(0.996 * double(sorted.size() - 1));
    std::nth_element(sorted.begin(), less, sorted.end());
    const double end = deep + std::min(deep - *less, 2.5);
    const double slab = std::max(0.06 * deep, 1.5 * w.grid.spacing.maxCoeff());
    Vec3 sum = Vec3::Zero();
    double count = 0;
    for (std::size_t n = 0; n < blood.size(); ++n)
      if (depth[n] > deep - slab) {
        sum += blood[n];
        ++count;
      }
    sum /= count;
    // the slab's centre, pushed out to its end along the axis
    const Vec3 next = sum + axis * (end - (sum - base).dot(axis));
    const bool done = (next - apex).norm() < 0.05;
    apex = next;
    if (done) break;
  }
  return apex;
}

Vec3 leave_wall(const WallGrid& w, const Vec3& from, const Vec3& axis) {
  const double step = 0.25 * w.grid.spacing.minCoeff();
  double last = 0;
  for (double s = 0; s < 30.0; s += step) {   // thicker than any apex
    const Vec3 index = w.grid.to_index(from + s * axis);
    const int i = int(std::lround(index.x())), j = int(std::lround(index.y())), k = int(std::lround(index.z()));
    if (!w.grid.contains(i, j, k)) break;
    const Part part = w.part[w.grid.offset(i, j, k)];
    if (part == Part::wall || part == Part::blood) last = s;
    else if (s - last > 2.0) break;   // 2 mm past the wall: not a gap in it
  }
  return from + last * axis;
}

}  // namespace

const std::vector<LandmarkKind>& landmark_kinds() {
  static const std::vector<LandmarkKind> kinds = {{keys::apex_endo, "LV apex, endocardium"}, {keys::apex_epi, "LV apex, epicardium"}, {keys::mitral, "Mitral valve centre"},
                                                  {keys::aortic, "Aortic valve centre"}, {keys::tricuspid, "Tricuspid valve centre"}, {keys::pulmonary, "Pulmonary valve centre"},
                                                  {keys::rv_anterior, "Anterior RV insertion"}, {keys::rv_posterior, "Posterior RV insertion"}};
  return kinds;
}

const Landmark* HeartLandmarks::find(const std::string& key) const {
  for (const auto& p : points)
    if (p.key == key) return &p;
  return nullptr;
}

core::Result<HeartLandmarks> find_landmarks(const core::LabelMap& labels, const std::vector<Plane>& planes, const std::vector<Landmark>& by_hand,
                                            const core::Progress& progress) {
  const WallGrid w = tissue::wall_grid(labels, 6.0);
  if (w.blood < 50 || w.wall < 50)   // fewer voxels have no axis
    return core::bad_input("The labels hold no left ventricle with blood and wall (landmarks, segments and wall thickness need both). Segment the LV blood pool and the LV myocardium first.");
  HeartLandmarks out;
  std::vector<std::pair<std::string, Landmark>> known;
  const auto given = [&](const char* key) -> const Landmark* {
    for (const auto& p : by_hand)
      if (p.key == key) return &p;
    return nullptr;
  };
  const auto put = [&](const char* key, const std::optional<Vec3>& found) -> std::optional<Vec3> {
    if (const Landmark* hand = given(key)) {
      known.push_back({key, {key, hand->at, true}});
      return hand->at;
    }
    if (found) known.push_back({key, {key, *found, false}});
    return found;
  };
  const auto valve = [&](const char* key, const char* plane_key, int a, int b) -> std::optional<Vec3> {
    std::optional<Vec3> found;
    if (given(key)) return put(key, found);
    if (const Plane* p = plane(planes, plane_key)) found = p->centre;
    else if (const Contact c = contact(labels, a, b); c.count > 0) found = c.centre;
    return put(key, found);
  };
  auto mitral = valve(keys::mitral, "mitral", l::lv_blood_pool, l::left_atrium);
  if (!mitral) {
    mitral = put(keys::mitral, bare_end(w));
    if (mitral) out.notes.push_back("No left atrium and no mitral plane: the base is the open end of the LV blood pool. Move the mitral centre if it is wrong.");
  }
  if (!mitral)
    return core::bad_input("The base of the left ventricle was not found (its blood is closed on all sides and no left atrium touches it). Place the mitral valve centre by hand.");
  if (progress.cancelled()) return core::cancelled();
  const auto aortic = valve(keys::aortic, "aortic", l::lv_blood_pool, l::aorta);
  const auto tricuspid = valve(keys::tricuspid, "tricuspid", l::rv_blood_pool, l::right_atrium);
  const auto pulmonary = valve(keys::pulmonary, "pulmonary", l::rv_blood_pool, l::pulmonary_artery);
  if (progress.cancelled()) return core::cancelled();

  const Vec3 apex = *put(keys::apex_endo, given(keys::apex_endo) ? std::nullopt : std::optional<Vec3>(find_apex(w, *mitral)));
  if (!((apex - *mitral).norm() > 5.0))   // shorter than any ventricle, mm
    return core::bad_input("The LV apex and the mitral centre lie within 5 mm of each other (there is no long axis). Place both landmarks by hand.");
  const Vec3 axis = (apex - *mitral).normalized();
  put(keys::apex_epi, leave_wall(w, apex, axis));
  out.base = {"base", *mitral, -axis, 0.0, false};
  if (const Plane* p = plane(planes, "mitral")) out.base.radius_mm = p->radius_mm, out.base.fitted = p->fitted;
  if (progress.cancelled()) return core::cancelled();

  // Septum and its two ends.
  const tissue::Septum septum = tissue::find_septum(labels, w, *mitral, apex);
  const Landmark *hand_a = given(keys::rv_anterior), *hand_p = given(keys::rv_posterior);
  std::optional<Vec3> anterior_hint;   // towards the anterior wall
  const auto across = [&](const Vec3& d) { return Vec3(d - axis * axis.dot(d)); };
  if (hand_a && hand_p) anterior_hint = hand_a->at - hand_p->at;
  else if (pulmonary && tricuspid) anterior_hint = *pulmonary - *tricuspid;
  else if (aortic && (*aortic - *mitral).norm() > 5.0) anterior_hint = *aortic - *mitral;
  Vec3 towards_septum(-0.62, -0.78, 0.0);   // average adult, right and front (Mori et al. 2016), when there is no right ventricle to see
  if (septum.found) {
    towards_septum = septum.towards;
    out.septum_known = true;
  }
  // Front and up is anterior in a patient lying as the header says. Weak when the septum faces that way itself: then normal handedness.
  if (!anterior_hint) {
    const Vec3 side = across(towards_septum).normalized().cross(axis);
    const double front = side.dot(Vec3(0, -1, 1).normalized());
    anterior_hint = std::abs(front) > 0.3 ? Vec3(front > 0 ? side : Vec3(-side)) : side;
    if (septum.found) out.notes.push_back("No great vessels in the labels: the anterior wall is the one towards the front and head.");
  }
  out.frame = core::make_lv_frame(*mitral, apex, towards_septum, *anterior_hint);
  std::optional<Vec3> ends[2];
  if (septum.found) {
    const bool first_is_anterior = core::lv_angle_deg(out.frame, septum.end[0]) > core::lv_angle_deg(out.frame, septum.end[1]);
    ends[0] = septum.end[first_is_anterior ? 0 : 1];
    ends[1] = septum.end[first_is_anterior ? 1 : 0];
  }
  ends[0] = put(keys::rv_anterior, ends[0]);
  ends[1] = put(keys::rv_posterior, ends[1]);
  if (hand_a || hand_p) {
    // The septum's middle from the two insertions; one alone is taken with the found other end.
    if (ends[0] && ends[1]) {
      const Vec3 a = across(*ends[0] - *mitral).normalized(), b = across(*ends[1] - *mitral).normalized();
      // Opposite insertions have no shorter arc between them: then the found septum says which side it is.
      const Vec3 middle = (a + b).norm() > 0.2 ? Vec3(a + b) : Vec3(across(towards_septum).normalized());
      out.frame = core::make_lv_frame(*mitral, apex, middle, a - b);
      out.septum_known = true;
    } else {
      out.notes.push_back("One RV insertion alone does not give the septum. Place the other one too.");
    }
  }
  for (int e = 0; e < 2; ++e)
    if (ends[e]) out.insertion_angle_deg[e] = core::lv_angle_deg(out.frame, *ends[e]);
  if (!out.septum_known)
    out.notes.push_back("No right ventricle beside the LV wall: the septum points where it does in an average adult, so the segments are assumed. Place both RV insertions to set it.");
  out.mirrored = out.septum_known && !out.frame.normal_handed();
  if (out.mirrored)
    out.notes.push_back("The heart's handedness is mirrored: the image was flipped or the heart lies mirrored (situs inversus). The septum stays at the right ventricle; check the patient's side.");
  if (septum.found && !septum.middle_third) out.notes.push_back("The RV insertions were found outside the middle third of the ventricle only. Check them.");
  for (const auto& kind : landmark_kinds())
    for (const auto& [key, point] : known)
      if (key == kind.key) out.points.push_back(point);
  return out;
}

}  // namespace ot::imaging
