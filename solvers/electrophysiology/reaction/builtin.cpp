// SPDX-License-Identifier: GPL-3.0-or-later
// The explicit list of ionic models: adding one is its folder and its lines here.
#include "solvers/electrophysiology/reaction/aliev_panfilov_1996/aliev_panfilov_1996.hpp"
#include "solvers/electrophysiology/reaction/cipaordv1_2017/cipaordv1_2017.hpp"
#include "solvers/electrophysiology/reaction/courtemanche_1998/courtemanche_1998.hpp"
#include "solvers/electrophysiology/reaction/ionic_model.hpp"
#include "solvers/electrophysiology/reaction/mitchell_schaeffer_2003/mitchell_schaeffer_2003.hpp"
#include "solvers/electrophysiology/reaction/ohara_rudy_2011/ohara_rudy_2011.hpp"
#include "solvers/electrophysiology/reaction/stewart_2009/stewart_2009.hpp"
#include "solvers/electrophysiology/reaction/ten_tusscher_2006/ten_tusscher_2006.hpp"
#include "solvers/electrophysiology/reaction/tor_ord_dyncl_2020/tor_ord_dyncl_2020.hpp"

namespace ot::ep {

const std::vector<IonicModel>& builtin_ionic_models() {
  static const std::vector<IonicModel> all = {
      tt06::model(CellType::epi),
      tt06::model(CellType::mid),
      tt06::model(CellType::endo),
      ms03::model(),
      ord::model(CellType::epi),
      ord::model(CellType::mid),
      ord::model(CellType::endo),
      cipa::model(CellType::epi),
      cipa::model(CellType::mid),
      cipa::model(CellType::endo),
      crn98::model(),
      crn98::model_af(),
      stewart09::model(),
      ap96::model(),
      torord::model(CellType::epi),
      torord::model(CellType::mid),
      torord::model(CellType::endo),
  };
  return all;
}

}  // namespace ot::ep
