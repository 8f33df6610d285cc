// SPDX-License-Identifier: GPL-3.0-or-later
// conditions: what enters and leaves a vessel of a case; shown, and set as by clicking its ends in the window.
#include <fmt/format.h>

#include <cmath>

#include "app/cli/context.hpp"
#include "app/cli/stages.hpp"
#include "app/session/flow_codec.hpp"
#include "app/session/flow_ends.hpp"
#include "app/session/model_choices.hpp"
#include "solvers/core/atomic_file.hpp"
#include "solvers/core/units.hpp"
#include "solvers/hemodynamics/boundary_values.hpp"
#include "solvers/hemodynamics/conditions.hpp"
#include "solvers/hemodynamics/preflight.hpp"

namespace ot::cli {
namespace {

constexpr double mm3_s_per_ml_min = core::units::mm3_per_ml / 60.0;
constexpr double resistance_unit = core::units::pa_per_mmhg / core::units::mm3_per_ml;   // Pa s/mm3 in 1 mmHg s/ml
constexpr double compliance_unit = core::units::mm3_per_ml / core::units::pa_per_mmhg;   // mm3/Pa in 1 ml/mmHg

struct Options {
  std::string case_folder, vessel, waveform, profile, network, blood, wall;
  std::vector<std::string> outlets;
  double inflow = NAN, beat = NAN, mean_pressure = NAN, step_ms = NAN, tolerance = NAN;
  int beats = 0;
  bool pulse = false, murray = false;
};
Options& options() {
  static Options o;
  return o;
}

const char* name_of(session::EndKind kind) {
  switch (kind) {
    case session::EndKind::flow: return "flow";
    case session::EndKind::waveform: return "waveform";
    case session::EndKind::pressure: return "pressure";
    case session::EndKind::resistance: return "resistance";
    case session::EndKind::windkessel: return "windkessel";
    case session::EndKind::coronary: return "coronary";
  }
  return "";
}

core::Result<std::vector<double>> numbers(const std::string& text, std::size_t wanted, const std::string& option) {
  std::vector<double> out;
  for (const std::string& word : CLI::detail::split(text, ',')) {
    double x = 0;
    if (!CLI::detail::lexical_cast(word, x) || !std::isfinite(x) || x < 0) return core::wrong_usage(fmt::format("--outlet {}: \"{}\" is not a number of zero or more.", option, word));
    out.push_back(x);
  }
  if (out.size() != wanted) return core::wrong_usage(fmt::format("--outlet {}: {} number(s) are needed, separated by commas.", option, wanted));
  return out;
}

// "outlet_1:R=12", "outlet_2:P=5", "outlet_1:RCR=1.1,1.2,11", "outlet_1:coronary=left"
core::Result<void> give_outlet(session::FlowConditions& all, const twin::VesselModel& vessel, const std::string& text) {
  const auto colon = text.rfind(':'), equals = text.find('=', colon == std::string::npos ? 0 : colon);
  if (colon == std::string::npos || equals == std::string::npos) return core::wrong_usage(fmt::format("--outlet takes NAME:R=…, NAME:P=…, NAME:RCR=… or NAME:coronary=left|right, not \"{}\".", text));
  const std::string name = text.substr(0, colon), kind = text.substr(colon + 1, equals - colon - 1), values = text.substr(equals + 1);
  session::CapCondition* end = nullptr;
  std::string known;
  for (auto& c : all.caps) {
    if (c.inlet) continue;
    if (c.patch == name || c.name == name) end = &c;
    known += (known.empty() ? "" : ", ") + c.patch;
  }
  if (!end) return core::bad_input(fmt::format("The vessel has no outlet \"{}\" (it has: {}). Name one of them.", name, known));
  if (kind == "P") {
    const auto v = numbers(values, 1, text);
    if (!v) return core::pass(v);
    session::give_pressure(*end, core::units::pa_from_mmhg(v->front()));
  } else if (kind == "R") {
    const auto v = numbers(values, 1, text);
    if (!v) return core::pass(v);
    session::give_resistance(*end, v->front() * resistance_unit);
  } else if (kind == "RCR") {
    const auto v = numbers(values, 3, text);
    if (!v) return core::pass(v);
    end->outflow.coronary = nullptr;
    end->outflow.rp = (*v)[0] * resistance_unit, end->outflow.c = (*v)[1] * compliance_unit, end->outflow.rd = (*v)[2] * resistance_unit;
  } else if (kind == "coronary") {
    if (values != "left" && values != "right") return core::wrong_usage(fmt::format("--outlet {}: a coronary bed is left or right.", text));
    session::give_coronary(all, *end, vessel, values == "left" ? session::CoronarySide::left : session::CoronarySide::right);
  } else {
    return core::wrong_usage(fmt::format("--outlet {}: the kinds are R (mmHg s/mL), P (mmHg), RCR (proximal, compliance in mL/mmHg, distal) and coronary (left, right).", text));
  }
  return {};
}

// Resistances of all outlets, in the proportion they have, so that this mean flow needs this mean pressure before them.
core::Result<void> give_mean_pressure(session::FlowConditions& all, double mean_mm3_s, double pressure_Pa) {
  double conductance = 0;
  for (const auto& c : all.caps)
    if (!c.inlet && c.outflow.rp + c.outflow.rd > 0) conductance += (pressure_Pa - c.outflow.pd) / (c.outflow.rp + c.outflow.rd);
  if (!(conductance > 0) || !(mean_mm3_s > 0))
    return core::bad_input(fmt::format("No resistance of the outlets gives a mean pressure of {:.0f} mmHg (it must lie above the pressure behind them, at a flow into the vessel). Raise it.", core::units::mmhg_from_pa(pressure_Pa)));
  const double factor = conductance / mean_mm3_s;
  for (auto& c : all.caps)
    if (!c.inlet) {   // the decay of a windkessel or a bed stays
      c.outflow.rp *= factor, c.outflow.rd *= factor, c.outflow.c /= factor;
      if (!c.outflow.coronary) continue;
      hemo::CoronaryBed bed = *c.outflow.coronary;
      bed.ra_micro *= factor, bed.rv *= factor, bed.ca /= factor, bed.cim /= factor;
      c.outflow = hemo::coronary_outlet(c.outflow.patch, c.outflow.rp, std::move(bed), c.outflow.pd);
    }
  return {};
}

core::Result<void> give_inflow(const twin::VesselModel& vessel, session::FlowConditions& all, session::CapCondition& inlet) {
  const Options& o = options();
  const bool pulsatile = o.pulse || !o.waveform.empty() || session::kind_of(inlet, all.steady) == session::EndKind::waveform;
  if (auto ok = session::check_inflow_is_free(vessel); !ok && !pulsatile) return ok;
  const double before = session::mean_of(inlet, all.cycle_s), wanted = std::isnan(o.inflow) ? before : o.inflow * mm3_s_per_ml_min, beat = std::isnan(o.beat) ? all.cycle_s : o.beat;
  if (!o.waveform.empty()) {
    const auto text = core::read_file(o.waveform);
    if (!text) return core::pass(text);
    auto wave = session::read_waveform(*text);
    if (!wave) return core::pass(wave);
    return session::give_waveform(all, inlet, session::with_mean(*wave, std::isnan(o.inflow) ? wave->mean() : wanted, std::isnan(o.beat) ? wave->cycle_s : beat));
  }
  if (o.pulse) return session::give_waveform(all, inlet, session::pulse_of_mean(wanted, beat));
  if (!std::isnan(o.beat)) {
    if (session::kind_of(inlet, all.steady) != session::EndKind::waveform) return core::wrong_usage("--beat is the length of a pulsatile beat (the flow is steady). Give --pulse or --waveform as well.");
    return session::give_waveform(all, inlet, session::with_mean(session::wave_of(inlet, all.cycle_s), wanted, beat));
  }
  if (session::kind_of(inlet, all.steady) == session::EndKind::waveform) return session::give_waveform(all, inlet, session::with_mean(session::wave_of(inlet, all.cycle_s), wanted, all.cycle_s));
  session::give_flow(all, inlet, wanted);
  return {};
}

// Blood, profile, wall, model of the beat, and how long and how finely FULL computes it.
core::Result<void> give_run(session::FlowConditions& all, session::CapCondition& inlet) {
  const Options& o = options();
  if (!o.profile.empty()) {
    const auto profile = session::profile_from(o.profile);
    if (!profile) return core::pass(profile);
    inlet.inflow.profile = *profile;
  }
  if (!o.network.empty()) {
    const auto model = session::network_model_from(o.network);
    if (!model) return core::pass(model);
    all.network_model = *model;
  }
  if (!o.blood.empty()) {
    if (o.blood != "newtonian" && o.blood != "carreau_yasuda") return core::wrong_usage("--blood takes newtonian or carreau_yasuda.");
    session::give_blood(all, o.blood == "carreau_yasuda");
  }
  if (!o.wall.empty()) {
    if (o.wall == "olufsen") all.vessel_wall = {};
    else {
      const auto v = numbers(o.wall, 2, "--wall");
      if (!v || !((*v)[0] > 0) || !((*v)[1] > 0)) return core::wrong_usage("--wall takes olufsen, or Young's modulus in kPa and thickness in mm: 400,0.6.");
      all.vessel_wall.young_Pa = 1e3 * (*v)[0], all.vessel_wall.thickness_mm = (*v)[1];
    }
  }
  if (o.beats > 0) all.cycles = o.beats;
  if (!std::isnan(o.step_ms)) all.dt_s = 1e-3 * o.step_ms;
  if (!std::isnan(o.tolerance)) all.steady_tolerance = o.tolerance;
  return {};
}

nlohmann::json json_of(const session::FlowConditions& all, const session::CapCondition& c) {
  nlohmann::json one{{"end", c.patch}, {"name", c.name}, {"kind", name_of(session::kind_of(c, all.steady))}, {"centre_lps_mm", {c.centre[0], c.centre[1], c.centre[2]}}};
  if (c.inlet) one["mean_flow_ml_min"] = session::mean_of(c, all.cycle_s) / mm3_s_per_ml_min, one["profile"] = session::name_of(c.inflow.profile);
  else {
    one["proximal_mmhg_s_per_ml"] = c.outflow.rp / resistance_unit, one["distal_mmhg_s_per_ml"] = c.outflow.rd / resistance_unit;
    one["compliance_ml_per_mmhg"] = c.outflow.c / compliance_unit, one["pressure_behind_mmhg"] = core::units::mmhg_from_pa(c.outflow.pd);
  }
  return one;
}

core::Result<void> conditions(Context& context) {
  const Options& o = options();
  const core::Progress progress = context.progress();
  auto data = session::load_case(o.case_folder, progress.part(0, 0.3));
  if (!data) return core::pass(data);
  if (!data->twin || data->twin->vessels.empty()) return core::bad_input("The case has no vessel with a twin (there are no ends to look at). Import or mesh a vessel and run `build` first.");
  const bool run = !o.profile.empty() || !o.network.empty() || !o.blood.empty() || !o.wall.empty() || o.beats > 0 || !std::isnan(o.step_ms) || !std::isnan(o.tolerance);
  const bool change = run || o.murray || !std::isnan(o.inflow) || !o.waveform.empty() || o.pulse || !std::isnan(o.beat) || !std::isnan(o.mean_pressure) || !o.outlets.empty();
  if (change) {
    if (o.vessel.empty() && data->twin->vessels.size() > 1) return core::wrong_usage("The case has several vessels. Say which with --vessel.");
    const twin::VesselModel* vessel = o.vessel.empty() ? data->twin->vessels.front().get() : data->twin->find_vessel(o.vessel);
    if (!vessel) return core::bad_input(fmt::format("The case has no vessel \"{}\" (nothing could be set). `organtwin-cli conditions {}` lists them.", o.vessel, o.case_folder));
    session::FlowConditions all = session::conditions_of(*vessel);
    const auto inlet = std::find_if(all.caps.begin(), all.caps.end(), [](const auto& c) { return c.inlet; });
    if (inlet == all.caps.end()) return core::bad_input("The vessel has no inlet (blood could not enter). Import or mesh it again.");
    if (!std::isnan(o.inflow) || !o.waveform.empty() || o.pulse || !std::isnan(o.beat))
      if (auto ok = give_inflow(*vessel, all, *inlet); !ok) return ok;
    if (auto ok = give_run(all, *inlet); !ok) return ok;
    if (o.murray)
      if (auto ok = session::give_murray_windkessels(all, *vessel); !ok) return ok;
    for (const std::string& text : o.outlets)
      if (auto ok = give_outlet(all, *vessel, text); !ok) return ok;
    if (!std::isnan(o.mean_pressure))
      if (auto ok = give_mean_pressure(all, session::mean_of(*inlet, all.cycle_s), core::units::pa_from_mmhg(o.mean_pressure)); !ok) return ok;
    const auto laid = session::with_conditions(*vessel, all);
    if (!laid) return core::pass(laid);
    if (auto ok = hemo::check_conditions((*laid)->baseline); !ok) return ok;
    if (auto ok = session::set_conditions(*data, std::string(vessel->key), all); !ok) return ok;
    if (auto ok = session::save_case(*data, o.case_folder, progress.part(0.5, 0.95)); !ok) return ok;
  }
  nlohmann::json json{{"vessels", nlohmann::json::array()}};
  std::string text;
  for (const auto& vessel : data->twin->vessels) {
    if (!o.vessel.empty() && vessel->key != o.vessel) continue;
    const auto all = session::conditions_of(*vessel);
    nlohmann::json one{{"vessel", vessel->key}, {"steady", all.steady}, {"cycle_s", all.cycle_s}, {"beats", all.cycles}, {"step_ms", 1e3 * all.dt_s}, {"tolerance", all.steady_tolerance},
                       {"blood", all.fluid.carreau_yasuda ? "carreau_yasuda" : "newtonian"}, {"network", session::name_of(all.network_model)},
                       {"wall", all.vessel_wall.by_young() ? nlohmann::json{{"young_kPa", 1e-3 * all.vessel_wall.young_Pa}, {"thickness_mm", all.vessel_wall.thickness_mm}} : nlohmann::json("olufsen")}, {"ends", nlohmann::json::array()}, {"checks", nlohmann::json::array()}};
    text += fmt::format("{} ({}; {} blood)\n", vessel->name, all.steady ? fmt::format("steady, tolerance {:g}", all.steady_tolerance) : fmt::format("{} beats of {:.3g} s in steps of {:.3g} ms; fast model: {}", all.cycles, all.cycle_s, 1e3 * all.dt_s, session::name_of(all.network_model)),
                        all.fluid.carreau_yasuda ? "Carreau-Yasuda" : "Newtonian");
    for (const auto& c : all.caps) {
      one["ends"].push_back(json_of(all, c));
      if (c.inlet) text += fmt::format("  {:<14} {:<10} {:.4g} mL/min, {} profile\n", c.patch, name_of(session::kind_of(c, all.steady)), session::mean_of(c, all.cycle_s) / mm3_s_per_ml_min, session::name_of(c.inflow.profile));
      else text += fmt::format("  {:<14} {:<10} R {:.4g} + {:.4g} mmHg s/mL, C {:.3g} mL/mmHg, behind {:.1f} mmHg\n", c.patch, name_of(session::kind_of(c, all.steady)), c.outflow.rp / resistance_unit, c.outflow.rd / resistance_unit,
                               c.outflow.c / compliance_unit, core::units::mmhg_from_pa(c.outflow.pd));
    }
    for (const auto& item : hemo::preflight(vessel->baseline, vessel->baseline.mesh != nullptr, hemo::VesselKind::artery)) {
      one["checks"].push_back({{"check", item.key}, {"good", item.level == hemo::PreflightItem::Level::good}, {"sentence", item.sentence}});
      if (item.level != hemo::PreflightItem::Level::good) text += "  ! " + item.sentence + "\n";
    }
    json["vessels"].push_back(std::move(one));
  }
  return context.print(json, text);
}

}  // namespace

void register_conditions(CLI::App& app, Context& context, Action& chosen) {
  Options& o = options();
  auto* c = app.add_subcommand("conditions", "What enters and leaves the vessels of a case: shown, and set");
  c->add_option("case", o.case_folder, "Case folder")->required();
  c->add_option("--vessel", o.vessel, "Vessel (default: the only one; without a change: all)");
  c->add_option("--inflow", o.inflow, "Mean flow into the vessel, mL/min")->check(CLI::PositiveNumber);
  c->add_option("--waveform", o.waveform, "Table of time and flow over one beat (first line may name units); --inflow scales it, --beat stretches it");
  c->add_flag("--pulse", o.pulse, "Pulsatile, with the outline of an arterial pulse");
  c->add_option("--beat", o.beat, "Length of the beat, s")->check(CLI::Range(0.2, 3.0));
  c->add_option("--outlet", o.outlets, "NAME:R=r (mmHg s/mL), NAME:P=p (mmHg), NAME:RCR=proximal,compliance,distal (mL/mmHg) or NAME:coronary=left|right; repeated");
  c->add_flag("--murray-windkessels", o.murray, "Windkessels at all outlets by Murray's law, from calibres, mean flow and mean pressure");
  c->add_option("--profile", o.profile, "Velocity at the inlet: plug, parabolic (developed flow of its own shape), womersley");
  c->add_option("--blood", o.blood, "newtonian or carreau_yasuda (shear thinning)");
  c->add_option("--beats", o.beats, "Beats of a FULL run; the last one is averaged")->check(CLI::Range(1, 1000));
  c->add_option("--step", o.step_ms, "Time step of a FULL run over a beat, ms")->check(CLI::Range(1e-4, 100.0));
  c->add_option("--tolerance", o.tolerance, "A steady FULL run has settled when its pressure drop changes by less than this share")->check(CLI::Range(1e-9, 1.0));
  c->add_option("--network", o.network, "How FAST follows a beat: automatic (rlc), quasi_steady, rlc (inertia and elastic wall in pieces), one_d (pulse waves)");
  c->add_option("--wall", o.wall, "Elastic wall of FAST over a beat: olufsen (stiffness by calibre), or Young's modulus in kPa and thickness in mm: 400,0.6");
  c->add_option("--mean-pressure", o.mean_pressure, "Scales all outlets so that the mean flow needs this mean pressure before them, mmHg")->check(CLI::Range(1.0, 300.0));
  c->footer("Example: organtwin-cli conditions cases/p1\n"
            "         organtwin-cli conditions cases/p1 --vessel carotid --inflow 400 --mean-pressure 93\n"
            "         organtwin-cli conditions cases/p1 --vessel aorta --waveform flow.csv --outlet outlet_1:RCR=1.1,0.9,12\n"
            "         organtwin-cli conditions cases/p1 --vessel aorta --pulse --murray-windkessels --network one_d --beats 3");
  c->callback([&context, &chosen] { chosen = [&context] { return conditions(context); }; });
}

}  // namespace ot::cli
