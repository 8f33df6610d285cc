// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/volume.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/core/contracts.hpp"
#include "solvers/core/hash.hpp"

namespace ot::core {
namespace {

void add_grid(Hasher& hasher, const Grid& grid) {
  for (int s : grid.size) hasher.value(s);
  for (int i = 0; i < 3; ++i) hasher.value(grid.spacing[i]).value(grid.origin[i]);
  for (int i = 0; i < 9; ++i) hasher.value(grid.direction.data()[i]);
}

}  // namespace

float Volume::sample(const Vec3& lps_mm, float outside) const {
  const Vec3 x = grid.to_index(lps_mm);
  int base[3];
  double frac[3];
  for (int a = 0; a < 3; ++a) {
    if (!(x[a] >= 0) || x[a] > grid.size[a] - 1) return outside;
    base[a] = std::min(static_cast<int>(x[a]), std::max(0, grid.size[a] - 2));
    frac[a] = x[a] - base[a];
  }
  double sum = 0;
  for (int c = 0; c < 8; ++c) {
    double weight = 1;
    int at_index[3];
    for (int a = 0; a < 3; ++a) {
      const int step = (c >> a) & 1;
      weight *= step ? frac[a] : 1 - frac[a];
      at_index[a] = std::min(base[a] + step, grid.size[a] - 1);
    }
    if (weight > 0) sum += weight * at(at_index[0], at_index[1], at_index[2]);
  }
  return static_cast<float>(sum);
}

std::string Volume::sha256() const {
  Hasher hasher;
  hasher.text("volume 1");
  add_grid(hasher, grid);
  hasher.text(quantity).array(values);
  return hasher.hex();
}

const LabelInfo* LabelMap::find(const std::string& key) const {
  for (const auto& label : labels)
    if (label.key == key) return &label;
  return nullptr;
}

int LabelMap::value_of(const std::string& key) const {
  const LabelInfo* label = find(key);
  return label ? label->value : 0;
}

std::size_t LabelMap::count(int value) const {
  return static_cast<std::size_t>(std::count(values.begin(), values.end(), static_cast<std::uint8_t>(value)));
}

double LabelMap::volume_ml(int value) const { return static_cast<double>(count(value)) * grid.voxel_volume() / 1000.0; }

std::string LabelMap::sha256() const {
  Hasher hasher;
  hasher.text("labels 1");
  add_grid(hasher, grid);
  hasher.array(values);
  for (const auto& label : labels) hasher.value(label.value).text(label.key);
  return hasher.hex();
}

std::vector<LabelInfo> labels::heart() {
  return {
      {lv_blood_pool, "lv_blood_pool", "LV blood pool", {226, 92, 92}},
      {lv_myocardium, "lv_myocardium", "LV myocardium", {95, 201, 139}},
      {rv_blood_pool, "rv_blood_pool", "RV blood pool", {98, 142, 230}},
      {left_atrium, "left_atrium", "Left atrium", {199, 146, 234}},
      {right_atrium, "right_atrium", "Right atrium", {92, 206, 222}},
      {aorta, "aorta", "Aorta", {224, 108, 96}},
      {pulmonary_artery, "pulmonary_artery", "Pulmonary artery", {120, 146, 214}},
      {rv_wall, "rv_wall", "RV wall", {148, 190, 120}, true},
      {scar, "scar", "Scar", {242, 184, 75}},
      {coronary, "coronary", "Coronary artery", {240, 128, 98}},
      {descending_aorta, "descending_aorta", "Descending aorta", {204, 96, 88}},
      {lung, "lung", "Lung", {150, 170, 190}},
      {bone, "bone", "Bone", {224, 214, 190}},
      {border_zone, "border_zone", "Scar border zone", {250, 214, 140}},
      {myocardial_fat, "myocardial_fat", "Intramyocardial fat", {246, 236, 160}},
      {superior_vena_cava, "superior_vena_cava", "Superior vena cava", {88, 130, 214}},
      {inferior_vena_cava, "inferior_vena_cava", "Inferior vena cava", {80, 116, 196}},
      {pulmonary_veins, "pulmonary_veins", "Pulmonary veins", {222, 130, 190}},
      {coronary_sinus, "coronary_sinus", "Coronary sinus", {110, 160, 236}},
      {body, "body", "Body", {176, 160, 150}},
      {airway, "airway", "Airways", {140, 200, 220}},
      {liver, "liver", "Liver", {176, 110, 80}},
      {pericardial_fat, "pericardial_fat", "Pericardial fat", {236, 222, 130}},
      {vessel, "vessel", "Vessel", {232, 118, 104}},
      {brain, "brain", "Brain", {220, 190, 180}},
      {grey_matter, "grey_matter", "Grey matter", {190, 150, 150}},
      {white_matter, "white_matter", "White matter", {236, 226, 214}},
      {cerebrospinal_fluid, "cerebrospinal_fluid", "Cerebrospinal fluid", {110, 180, 226}},
  };
}

double dice(const LabelMap& a, const LabelMap& b, int value) {
  OT_EXPECT(a.grid.same_as(b.grid));
  std::size_t in_a = 0, in_b = 0, both = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const bool x = a.values[i] == value, y = b.values[i] == value;
    in_a += x;
    in_b += y;
    both += x && y;
  }
  return in_a + in_b == 0 ? 1.0 : 2.0 * static_cast<double>(both) / static_cast<double>(in_a + in_b);
}

}  // namespace ot::core
