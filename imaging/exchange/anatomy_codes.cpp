// SPDX-License-Identifier: GPL-3.0-or-later
// Source of the codes: DICOM PS3.16 context groups CID 7150 and 7151 (categories), 3462 (chambers), 7152 (cardiac structures), 3014
// and 3011 (vessels, coronary sinus), 7140 (brain) as listed in github.com/bvdh/dicom-terminology-in-fhir, commit 9f098270ff;
// 74281007 "Myocardium" from SNOMED CT as used by the MOOSE table moose_to_snomed.
#include "imaging/exchange/anatomy_codes.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ot::imaging {
namespace {

const Code structure{"91723000", "SCT", "Anatomical Structure"}, tissue{"85756007", "SCT", "Tissue"}, abnormal{"49755003", "SCT", "Morphologically Abnormal Structure"};
const Code left_ventricle{"87878005", "SCT", "Left Ventricle"}, right_ventricle{"53085002", "SCT", "Right Ventricle"}, heart{"80891009", "SCT", "Heart"}, brain{"12738006", "SCT", "Brain"};

const std::vector<AnatomyCode>& table() {
  static const std::vector<AnatomyCode> codes{
      {"lv_blood_pool", structure, left_ventricle, {}},
      {"rv_blood_pool", structure, right_ventricle, {}},
      {"left_atrium", structure, {"82471001", "SCT", "Left Atrium"}, {}},
      {"right_atrium", structure, {"73829009", "SCT", "Right Atrium"}, {}},
      {"lv_myocardium", tissue, {"74281007", "SCT", "Myocardium"}, left_ventricle},
      {"rv_wall", tissue, {"74281007", "SCT", "Myocardium"}, right_ventricle},
      {"aorta", structure, {"15825003", "SCT", "Aorta"}, {}},
      {"descending_aorta", structure, {"32672002", "SCT", "Descending Thoracic Aorta"}, {}},
      {"pulmonary_artery", structure, {"81040000", "SCT", "Pulmonary Artery"}, {}},
      {"pulmonary_veins", structure, {"122972007", "SCT", "Pulmonary Vein"}, {}},
      {"superior_vena_cava", structure, {"48345005", "SCT", "Superior Vena Cava"}, {}},
      {"inferior_vena_cava", structure, {"64131007", "SCT", "Inferior Vena Cava"}, {}},
      {"coronary", structure, {"41801008", "SCT", "Coronary Artery"}, {}},
      {"coronary_sinus", structure, {"90219004", "SCT", "Coronary Sinus"}, {}},
      {"vessel", structure, {"59820001", "SCT", "Blood Vessel"}, {}},
      {"scar", abnormal, {"12402003", "SCT", "Scar tissue"}, heart},
      {"border_zone", abnormal, {"112674009", "SCT", "Fibrosis"}, heart},
      {"myocardial_fat", tissue, {"256674009", "SCT", "Fat"}, heart},
      {"pericardial_fat", tissue, {"256674009", "SCT", "Fat"}, {"76848001", "SCT", "Pericardium"}},
      {"lung", structure, {"39607008", "SCT", "Lung"}, {}},
      {"airway", structure, {"44567001", "SCT", "Trachea"}, {}},
      {"liver", structure, {"10200004", "SCT", "Liver"}, {}},
      {"bone", structure, {"272673000", "SCT", "Bone"}, {}},
      {"body", structure, {"38266002", "SCT", "Entire body"}, {}},
      {"brain", structure, brain, {}},
      {"grey_matter", tissue, {"389081007", "SCT", "Gray Matter"}, brain},
      {"white_matter", tissue, {"389080008", "SCT", "White Matter"}, brain},
      {"cerebrospinal_fluid", structure, {"65216001", "SCT", "Cerebrospinal Fluid"}, {}},
      {"spleen", structure, {"78961009", "SCT", "Spleen"}, {}},
      {"gallbladder", structure, {"28231008", "SCT", "Gallbladder"}, {}},
      {"stomach", structure, {"69695003", "SCT", "Stomach"}, {}},
      {"pancreas", structure, {"15776009", "SCT", "Pancreas"}, {}},
      {"esophagus", structure, {"32849002", "SCT", "Esophagus"}, {}},
      {"duodenum", structure, {"38848004", "SCT", "Duodenum"}, {}},
      {"colon", structure, {"71854001", "SCT", "Colon"}, {}},
      {"urinary_bladder", structure, {"89837001", "SCT", "Bladder"}, {}},
      {"spinal_cord", structure, {"2748008", "SCT", "Spinal cord"}, {}},
  };
  return codes;
}

// IEC 61966-2-1 (sRGB) with the Bradford-adapted D50 matrix of the ICC sRGB profile; D50 white of ICC.1.
constexpr double to_xyz[3][3] = {{0.4360747, 0.3850649, 0.1430804}, {0.2225045, 0.7168786, 0.0606169}, {0.0139322, 0.0971045, 0.7141733}};
constexpr double from_xyz[3][3] = {{3.1338561, -1.6168667, -0.4906146}, {-0.9787684, 1.9161415, 0.0334540}, {0.0719453, -0.2289914, 1.4052427}};
constexpr double white[3] = {0.9642, 1.0, 0.8249};
constexpr double knee = 6.0 / 29.0;   // CIE 15, 8.2.1

double lab_f(double t) { return t > knee * knee * knee ? std::cbrt(t) : t / (3 * knee * knee) + 4.0 / 29.0; }
double lab_g(double f) { return f > knee ? f * f * f : 3 * knee * knee * (f - 4.0 / 29.0); }

}  // namespace

AnatomyCode code_of(const std::string& key) {
  for (const AnatomyCode& c : table())
    if (c.key == key) return c;
  return {key, structure, structure, {}};
}

std::string key_of(const Code& type, const Code& region) {
  std::string found;
  int hits = 0;
  for (const AnatomyCode& c : table()) {
    if (c.type.value != type.value || c.type.scheme != type.scheme) continue;
    if (!region.value.empty() && c.region.value == region.value) return c.key;
    found = c.key;
    ++hits;
  }
  return hits == 1 ? found : std::string();
}

std::array<std::uint16_t, 3> dicom_lab(const core::Color& srgb) {
  double linear[3], f[3];
  for (int i = 0; i < 3; ++i) {
    const double c = srgb[std::size_t(i)] / 255.0;
    linear[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  for (int r = 0; r < 3; ++r) {
    double x = 0;
    for (int c = 0; c < 3; ++c) x += to_xyz[r][c] * linear[c];
    f[r] = lab_f(x / white[r]);
  }
  const double L = 116 * f[1] - 16, a = 500 * (f[0] - f[1]), b = 200 * (f[1] - f[2]);
  const auto put = [](double share) { return std::uint16_t(std::lround(std::clamp(share, 0.0, 1.0) * 65535)); };
  return {put(L / 100), put((a + 128) / 255), put((b + 128) / 255)};
}

core::Color from_dicom_lab(const std::array<std::uint16_t, 3>& lab) {
  const double L = lab[0] / 65535.0 * 100, a = lab[1] / 65535.0 * 255 - 128, b = lab[2] / 65535.0 * 255 - 128;
  const double fy = (L + 16) / 116;
  const double xyz[3] = {white[0] * lab_g(fy + a / 500), white[1] * lab_g(fy), white[2] * lab_g(fy - b / 200)};
  core::Color out{};
  for (int r = 0; r < 3; ++r) {
    double x = 0;
    for (int c = 0; c < 3; ++c) x += from_xyz[r][c] * xyz[c];
    x = std::clamp(x, 0.0, 1.0);
    const double s = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
    out[std::size_t(r)] = std::uint8_t(std::lround(255 * std::clamp(s, 0.0, 1.0)));
  }
  return out;
}

}  // namespace ot::imaging
