// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "app/session/case_codec.hpp"
#include "app/session/codec_parts.hpp"
#include "app/session/flow_codec.hpp"

namespace ot::session {
namespace {

// Only what differs from the published value; cases saved before there were names hold the first seven in order.
Json encode(const ep::ChannelScales& c) {
  Json out = Json::object();
  for (const ep::ChannelKey& k : ep::channel_keys())
    if (c.*k.member != 1.0) out[k.key] = c.*k.member;
  const ep::HergBinding& b = c.herg;
  if (b != ep::HergBinding{}) out["herg"] = {b.concentration_nM, b.Kmax, b.Ku_per_ms, b.n, b.halfmax_nM_n, b.Vhalf_mV};
  return out;
}
ep::ChannelScales decode_channels(const Json& j) {
  ep::ChannelScales c;
  const auto& keys = ep::channel_keys();
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (j.is_array() && k < j.size()) c.*keys[k].member = j.at(k).get<double>();
    else if (j.is_object()) c.*keys[k].member = j.value(keys[k].key, 1.0);
  }
  if (j.is_object() && j.contains("herg")) {
    const Json& b = j.at("herg");
    c.herg = {b.at(0).get<double>(), b.at(1).get<double>(), b.at(2).get<double>(), b.at(3).get<double>(), b.at(4).get<double>(), b.at(5).get<double>()};
  }
  return c;
}

Json encode(const ep::ElectroProblem& p, BlobWriter& blobs) {
  Json regions = Json::array(), sites = Json::array(), electrodes = Json::array();
  for (const auto& r : p.regions)
    regions.push_back({{"key", r.key}, {"conducting", r.conducting}, {"sigma_scale", vec3(r.sigma_scale)}, {"channels", encode(r.channels)}, {"source", r.source}, {"ionic_model", r.ionic_model}});
  for (const auto& s : p.sites)
    sites.push_back({{"name", s.name}, {"nodes", pack(s.nodes)}, {"weights", pack(s.weights)}, {"start_ms", s.start_ms}, {"duration_ms", s.duration_ms},
                     {"amplitude_mV_per_ms", s.amplitude_mV_per_ms}});
  for (const auto& e : p.electrodes) electrodes.push_back({{"name", e.name}, {"position_mm", vec3(e.position)}});
  return {{"mesh", blobs.put(p.mesh)}, {"fibres", blobs.put(p.fibres)}, {"tissue", pack(p.tissue)}, {"regions", regions}, {"cell_type", pack(p.cell_type)},
          {"sigma_mS_per_mm", vec3(p.sigma)}, {"chi_per_mm", p.chi_per_mm}, {"cm_uF_per_mm2", p.cm_uF_per_mm2}, {"velocity_m_per_s", vec3(p.velocity)},
          {"channels", encode(p.channels)}, {"sites", sites}, {"electrodes", electrodes}, {"cycle_length_ms", p.cycle_length_ms}, {"end_ms", p.end_ms},
          {"dt_ms", p.dt_ms}, {"frame_every_ms", p.frame_every_ms}, {"solver_tolerance", p.solver_tolerance},
          {"upstroke_sodium_interpolation", p.upstroke_sodium_interpolation}, {"conductivity_tuning", p.conductivity_tuning}, {"ionic_model", p.ionic_model}, {"layer_models", p.layer_models},
          {"sodium_interpolation_weight", p.sodium_interpolation_weight}, {"skip_tissue_at_rest", p.skip_tissue_at_rest}};
}
void decode_problem(const Json& j, ep::ElectroProblem& p, BlobReader& blobs) {
  p.mesh = blobs.get<core::TetMesh>(j.at("mesh"));
  p.fibres = blobs.get<ep::FibreField>(j.at("fibres"));
  p.tissue = unpack<std::uint8_t>(j.at("tissue"));
  for (const auto& r : j.at("regions"))
    p.regions.push_back({r.at("key").get<std::string>(), r.at("conducting").get<bool>(), to_vec3(r.at("sigma_scale")), decode_channels(r.at("channels")), r.at("source").get<std::string>(),
                         r.value("ionic_model", std::string())});   // absent: saved before regions had cells of their own
  p.cell_type = unpack<std::uint8_t>(j.at("cell_type"));
  p.sigma = to_vec3(j.at("sigma_mS_per_mm"));
  p.chi_per_mm = j.at("chi_per_mm").get<double>();
  p.cm_uF_per_mm2 = j.at("cm_uF_per_mm2").get<double>();
  p.velocity = to_vec3(j.at("velocity_m_per_s"));
  p.channels = decode_channels(j.at("channels"));
  for (const auto& s : j.at("sites")) {
    ep::ActivationSite site;
    site.name = s.at("name").get<std::string>();
    site.nodes = unpack<core::Index>(s.at("nodes"));
    site.weights = unpack<float>(s.at("weights"));
    site.start_ms = s.at("start_ms").get<double>();
    site.duration_ms = s.at("duration_ms").get<double>();
    site.amplitude_mV_per_ms = s.at("amplitude_mV_per_ms").get<double>();
    p.sites.push_back(std::move(site));
  }
  for (const auto& e : j.at("electrodes")) p.electrodes.push_back({e.at("name").get<std::string>(), to_vec3(e.at("position_mm"))});
  p.cycle_length_ms = j.at("cycle_length_ms").get<double>();
  p.end_ms = j.at("end_ms").get<double>();
  p.dt_ms = j.at("dt_ms").get<double>();
  p.frame_every_ms = j.at("frame_every_ms").get<double>();
  p.solver_tolerance = j.at("solver_tolerance").get<double>();
  p.upstroke_sodium_interpolation = j.at("upstroke_sodium_interpolation").get<bool>();
  p.conductivity_tuning = j.at("conductivity_tuning").get<bool>();
  p.ionic_model = j.at("ionic_model").get<std::string>();
  p.layer_models = j.value("layer_models", p.layer_models);   // not in older cases
  p.sodium_interpolation_weight = j.value("sodium_interpolation_weight", p.sodium_interpolation_weight);   // absent: saved before it could be chosen
  p.skip_tissue_at_rest = j.value("skip_tissue_at_rest", p.skip_tissue_at_rest);
  if (!p.mesh || p.tissue.size() != p.mesh->tets.size() || (!p.cell_type.empty() && p.cell_type.size() != p.mesh->nodes.size()))
    throw DamagedCase("the tissue does not fit its mesh");
  for (const auto t : p.tissue)
    if (t >= p.regions.size()) throw DamagedCase("a tetrahedron names a tissue that does not exist");
}

Json encode(const hemo::FlowProblem& p, BlobWriter& blobs) {
  Json inlets = Json::array(), outlets = Json::array();
  for (const auto& i : p.inlets) inlets.push_back({{"patch", i.patch}, {"flow_s_mm3_per_s", i.flow}, {"profile", static_cast<int>(i.profile)}});
  for (const auto& o : p.outlets) {
    outlets.push_back({{"patch", o.patch}});
    put_outlet(outlets.back(), o);
  }
  Json out{{"mesh", blobs.put(p.mesh)}, {"network", blobs.put(p.network)},
          {"inlets", inlets}, {"outlets", outlets}, {"steady", p.steady}, {"dt_s", p.dt_s}, {"cycle_s", p.cycle_s}, {"cycles", p.cycles},
          {"steady_tolerance", p.steady_tolerance}, {"max_s", p.max_s}};
  put_fluid(out, p.fluid);
  put_beat_model(out, p.network_model, p.vessel_wall);
  return out;
}
void decode_problem(const Json& j, hemo::FlowProblem& p, BlobReader& blobs) {
  p.mesh = blobs.get<core::TetMesh>(j.at("mesh"));
  p.network = blobs.get<core::VesselNetwork>(j.at("network"));
  take_fluid(j, p.fluid);
  take_beat_model(j, p.network_model, p.vessel_wall);
  for (const auto& i : j.at("inlets"))
    p.inlets.push_back({i.at("patch").get<int>(), i.at("flow_s_mm3_per_s").get<std::vector<std::pair<double, double>>>(), static_cast<hemo::InletProfile>(i.at("profile").get<int>())});
  for (const auto& o : j.at("outlets")) {
    p.outlets.push_back({});
    p.outlets.back().patch = o.at("patch").get<int>();
    take_outlet(o, p.outlets.back());
  }
  p.steady = j.at("steady").get<bool>();
  p.dt_s = j.at("dt_s").get<double>();
  p.cycle_s = j.at("cycle_s").get<double>();
  p.cycles = j.at("cycles").get<int>();
  p.steady_tolerance = j.at("steady_tolerance").get<double>();
  p.max_s = j.at("max_s").get<double>();
}

core::Mode mode_from(const Json& j) {
  const auto text = j.get<std::string>();
  if (text == "fast") return core::Mode::fast;
  if (text == "full") return core::Mode::full;
  throw DamagedCase("a result is neither fast nor full");
}

}  // namespace

Json encode(const ep::FibreField& v, BlobWriter&) { return {{"type", "fibres"}, {"f", pack_points(v.f)}, {"s", pack_points(v.s)}}; }
void decode(const Json& j, ep::FibreField& v, BlobReader&) {
  v.f = unpack_points(j.at("f"));
  v.s = unpack_points(j.at("s"));
}

// Stored frames are for scrubbing: hundredths of a millivolt in 16 bit, which no eye tells from the float.
Json encode(const ep::ElectroResult& v, BlobWriter&) {
  Json frames = Json::array();
  for (const auto& f : v.frames) {
    std::vector<std::int16_t> cents(f.v_mV->size());
    for (std::size_t i = 0; i < cents.size(); ++i) cents[i] = static_cast<std::int16_t>(std::lround(std::clamp((*f.v_mV)[i], -320.f, 320.f) * 100.f));
    frames.push_back({{"t_ms", f.t_ms}, {"v_cmV", pack(cents)}});
  }
  Json ecg = Json::array();
  for (const auto& lead : v.ecg.mV) ecg.push_back(pack(lead));
  return {{"type", "electro-result"}, {"mode", core::name_of(v.mode)}, {"problem_sha256", v.problem_sha256}, {"mesh_sha256", v.mesh_sha256},
          {"activation_ms", pack(v.activation_ms)}, {"repolarisation_ms", pack(v.repolarisation_ms)}, {"ecg_leads", v.ecg.leads}, {"ecg_t_ms", pack(v.ecg.t_ms)},
          {"ecg_mV", ecg}, {"frames", frames}, {"quantities", encode(v.quantities)}, {"wall_s", v.wall_s}, {"steps", v.steps}, {"notes", v.notes}};
}
void decode(const Json& j, ep::ElectroResult& v, BlobReader&) {
  v.mode = mode_from(j.at("mode"));
  v.problem_sha256 = j.at("problem_sha256").get<std::string>();
  v.mesh_sha256 = j.at("mesh_sha256").get<std::string>();
  v.activation_ms = unpack<float>(j.at("activation_ms"));
  v.repolarisation_ms = unpack<float>(j.at("repolarisation_ms"));
  v.ecg.leads = j.at("ecg_leads").get<std::vector<std::string>>();
  v.ecg.t_ms = unpack<double>(j.at("ecg_t_ms"));
  for (const auto& lead : j.at("ecg_mV")) v.ecg.mV.push_back(unpack<double>(lead));
  for (const auto& f : j.at("frames")) {
    const auto cents = unpack<std::int16_t>(f.at("v_cmV"));
    auto values = std::make_shared<std::vector<float>>(cents.size());
    for (std::size_t i = 0; i < cents.size(); ++i) (*values)[i] = static_cast<float>(cents[i]) * 0.01f;
    v.frames.push_back({f.at("t_ms").get<double>(), std::move(values)});
  }
  v.quantities = decode_quantities(j.at("quantities"));
  v.wall_s = j.at("wall_s").get<double>();
  v.steps = j.at("steps").get<long>();
  v.notes = j.at("notes").get<std::vector<std::string>>();
}

Json encode(const hemo::FlowResult& v, BlobWriter&) {
  Json pullback = Json::array(), series = Json::array();
  for (const auto& p : v.pullback) pullback.push_back({p.branch, p.arc_mm, numbers_or_null(p.pressure_Pa), p.radius_mm, numbers_or_null(p.flow_mm3_s)});
  for (const auto& s : v.series) series.push_back({{"name", s.name}, {"unit", s.unit}, {"time_unit", s.time_unit}, {"t", pack(s.t)}, {"values", pack(s.values)}});
  Json out = {{"type", "flow-result"}, {"mode", core::name_of(v.mode)}, {"problem_sha256", v.problem_sha256}, {"mesh_sha256", v.mesh_sha256},
          {"velocity_mm_s", pack(v.velocity)}, {"pressure_Pa", pack(v.pressure)}, {"wall_shear_Pa", pack(v.wall_shear)}, {"pullback", pullback}, {"series", series},
          {"quantities", encode(v.quantities)}, {"wall_s", v.wall_s}, {"steps", v.steps}, {"momentum_iterations", v.momentum_iterations},
          {"pressure_iterations", v.pressure_iterations}, {"notes", v.notes}};
  if (!v.tawss.empty()) {   // pulsatile: indices of the wall over the last cycle
    out["tawss_Pa"] = pack(v.tawss), out["osi"] = pack(v.osi), out["rrt_per_Pa"] = pack(v.rrt);
    out["mean_wall_shear_Pa"] = pack(v.mean_wall_shear);
  }
  for (const auto& f : v.beat) out["beat"].push_back({{"t_s", f.t_s}, {"velocity_mm_s", pack(f.velocity)}, {"pressure_Pa", pack(f.pressure)}, {"wall_shear_Pa", pack(f.wall_shear)}});
  if (!v.along.t_s.empty()) out["along"] = {{"t_s", pack(v.along.t_s)}, {"pressure_Pa", pack(v.along.pressure_Pa)}, {"flow_mm3_s", pack(v.along.flow_mm3_s)}};
  for (const auto& c : v.sections) out["sections"].push_back({c.branch, c.arc_mm, c.area_mm2, c.flow_mm3_s, c.given_mm3_s, c.pressure_Pa});
  return out;
}
void decode(const Json& j, hemo::FlowResult& v, BlobReader&) {
  v.mode = mode_from(j.at("mode"));
  v.problem_sha256 = j.at("problem_sha256").get<std::string>();
  v.mesh_sha256 = j.at("mesh_sha256").get<std::string>();
  v.velocity = unpack<float>(j.at("velocity_mm_s"));
  v.pressure = unpack<float>(j.at("pressure_Pa"));
  v.wall_shear = unpack<float>(j.at("wall_shear_Pa"));
  if (j.contains("tawss_Pa")) {
    v.tawss = unpack<float>(j.at("tawss_Pa")), v.osi = unpack<float>(j.at("osi")), v.rrt = unpack<float>(j.at("rrt_per_Pa"));
    v.mean_wall_shear = unpack<float>(j.at("mean_wall_shear_Pa"));
  }
  if (j.contains("beat"))
    for (const auto& f : j.at("beat")) v.beat.push_back({f.at("t_s").get<double>(), unpack<float>(f.at("velocity_mm_s")), unpack<float>(f.at("pressure_Pa")), unpack<float>(f.at("wall_shear_Pa"))});
  if (j.contains("along")) v.along = {unpack<double>(j.at("along").at("t_s")), unpack<float>(j.at("along").at("pressure_Pa")), unpack<float>(j.at("along").at("flow_mm3_s"))};
  if (j.contains("sections"))
    for (const auto& c : j.at("sections"))
      v.sections.push_back({c.at(0).get<int>(), c.at(1).get<double>(), c.at(2).get<double>(), c.at(3).get<double>(), c.at(4).get<double>(), c.at(5).get<double>()});
  for (const auto& p : j.at("pullback"))
    v.pullback.push_back({p.at(0).get<int>(), p.at(1).get<double>(), number_or_nan(p.at(2)), p.at(3).get<double>(), number_or_nan(p.at(4))});
  for (const auto& s : j.at("series"))
    v.series.push_back({s.at("name").get<std::string>(), s.at("unit").get<std::string>(), s.at("time_unit").get<std::string>(), unpack<double>(s.at("t")), unpack<double>(s.at("values"))});
  v.quantities = decode_quantities(j.at("quantities"));
  v.wall_s = j.at("wall_s").get<double>();
  v.steps = j.at("steps").get<long>();
  v.momentum_iterations = j.at("momentum_iterations").get<long>();
  v.pressure_iterations = j.at("pressure_iterations").get<long>();
  v.notes = j.at("notes").get<std::vector<std::string>>();
}

Json encode(const twin::HeartModel& v, BlobWriter& blobs) {
  return {{"type", "heart"}, {"baseline", encode(v.baseline, blobs)}, {"transmural", pack(v.transmural)}, {"apicobasal", pack(v.apicobasal)}, {"aha_segment", pack(v.aha_segment)},
          {"apex_mm", vec3(v.landmarks.apex)}, {"base_centre_mm", vec3(v.landmarks.base_centre)}, {"long_axis", vec3(v.landmarks.long_axis)}, {"rv_direction", vec3(v.landmarks.rv_direction)}};
}
void decode(const Json& j, twin::HeartModel& v, BlobReader& blobs) {
  decode_problem(j.at("baseline"), v.baseline, blobs);
  v.transmural = unpack<float>(j.at("transmural"));
  v.apicobasal = unpack<float>(j.at("apicobasal"));
  v.aha_segment = unpack<std::uint8_t>(j.at("aha_segment"));
  v.landmarks = {to_vec3(j.at("apex_mm")), to_vec3(j.at("base_centre_mm")), to_vec3(j.at("long_axis")), to_vec3(j.at("rv_direction"))};
}

Json encode(const twin::VesselModel& v, BlobWriter& blobs) {
  Json stenoses = Json::array();
  for (const auto& s : v.stenoses)
    stenoses.push_back({{"branch", s.branch}, {"start_mm", s.start_mm}, {"end_mm", s.end_mm}, {"throat_mm", s.throat_mm}, {"min_diameter_mm", s.min_diameter_mm},
                        {"reference_diameter_mm", s.reference_diameter_mm}, {"diameter_percent", s.diameter_percent}, {"area_percent", s.area_percent}});
  return {{"type", "vessel"}, {"key", v.key}, {"name", v.name}, {"lumen", blobs.put(v.lumen)}, {"network", blobs.put(v.network)}, {"mesh", blobs.put(v.mesh)},
          {"edge_mm", v.edge_mm}, {"baseline", encode(v.baseline, blobs)}, {"stenoses", stenoses}, {"report_ffr", v.report_ffr}, {"aortic_pressure_Pa", v.aortic_pressure_Pa}};
}
void decode(const Json& j, twin::VesselModel& v, BlobReader& blobs) {
  v.key = j.at("key").get<std::string>();
  v.name = j.at("name").get<std::string>();
  v.lumen = blobs.get<core::SurfaceMesh>(j.at("lumen"));
  v.network = blobs.get<core::VesselNetwork>(j.at("network"));
  v.mesh = blobs.get<core::TetMesh>(j.at("mesh"));
  v.edge_mm = j.at("edge_mm").get<double>();
  decode_problem(j.at("baseline"), v.baseline, blobs);
  for (const auto& s : j.at("stenoses"))
    v.stenoses.push_back({s.at("branch").get<int>(), s.at("start_mm").get<double>(), s.at("end_mm").get<double>(), s.at("throat_mm").get<double>(), s.at("min_diameter_mm").get<double>(),
                          s.at("reference_diameter_mm").get<double>(), s.at("diameter_percent").get<double>(), s.at("area_percent").get<double>()});
  v.report_ffr = j.at("report_ffr").get<bool>();
  v.aortic_pressure_Pa = j.at("aortic_pressure_Pa").get<double>();
}

Json encode(const twin::TwinModel& v, BlobWriter& blobs) {
  Json vessels = Json::array();
  for (const auto& vessel : v.vessels) vessels.push_back(blobs.put(vessel));
  return {{"type", "twin"}, {"organ", v.organ}, {"source_labels_sha256", v.source_labels_sha256}, {"heart", blobs.put(v.heart)}, {"vessels", vessels}, {"assumptions", v.assumptions}};
}
void decode(const Json& j, twin::TwinModel& v, BlobReader& blobs) {
  v.organ = j.at("organ").get<std::string>();
  v.source_labels_sha256 = j.at("source_labels_sha256").get<std::string>();
  v.heart = blobs.get<twin::HeartModel>(j.at("heart"));
  for (const auto& name : j.at("vessels")) v.vessels.push_back(blobs.get<twin::VesselModel>(name));
  v.assumptions = j.at("assumptions").get<std::vector<std::string>>();
}

Json encode(const twin::RunResult& v, BlobWriter& blobs) {
  Json vessels = Json::array();
  for (const auto& r : v.vessels)
    vessels.push_back({{"key", r.key}, {"lumen", blobs.put(r.lumen)}, {"network", blobs.put(r.network)}, {"mesh", blobs.put(r.mesh)}, {"flow", blobs.put(r.flow)}});
  return {{"type", "run"}, {"mode", core::name_of(v.mode)}, {"setup_sha256", v.setup_sha256}, {"source_labels_sha256", v.source_labels_sha256}, {"electro", blobs.put(v.electro)},
          {"vessels", vessels}, {"quantities", encode(v.quantities)}, {"notes", v.notes}, {"wall_s", v.wall_s}};
}
void decode(const Json& j, twin::RunResult& v, BlobReader& blobs) {
  v.mode = mode_from(j.at("mode"));
  v.setup_sha256 = j.at("setup_sha256").get<std::string>();
  v.source_labels_sha256 = j.at("source_labels_sha256").get<std::string>();
  v.electro = blobs.get<ep::ElectroResult>(j.at("electro"));
  for (const auto& r : j.at("vessels"))
    v.vessels.push_back({r.at("key").get<std::string>(), blobs.get<core::SurfaceMesh>(r.at("lumen")), blobs.get<core::VesselNetwork>(r.at("network")),
                         blobs.get<core::TetMesh>(r.at("mesh")), blobs.get<hemo::FlowResult>(r.at("flow"))});
  v.quantities = decode_quantities(j.at("quantities"));
  v.notes = j.at("notes").get<std::vector<std::string>>();
  v.wall_s = j.at("wall_s").get<double>();
}

}  // namespace ot::session
