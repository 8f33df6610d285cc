// SPDX-License-Identifier: GPL-3.0-or-later
#include "imaging/edit/edit_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace ot::imaging {
namespace {
using nlohmann::json;

// Thrown while reading and turned into a sentence by the functions of the header.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Keys of one object; what nobody asked for is refused at the end.
class Fields {
 public:
  Fields(const json& object, std::string where, const std::vector<core::LabelInfo>& table) : object_(object), where_(std::move(where)), table_(table) {
    if (!object.is_object()) throw Refused(where_ + " must be an object");
  }
  bool has(const char* key) {
    asked_.insert(key);
    return object_.contains(key);
  }
  double number(const char* key, double fallback) { return has(key) ? to_number(object_.at(key), key) : fallback; }
  std::string text(const char* key, const std::string& fallback) {
    if (!has(key)) return fallback;
    if (!object_.at(key).is_string()) throw Refused(fmt::format("\"{}\" of {} must be a text", key, where_));
    return object_.at(key).get<std::string>();
  }
  int whole(const char* key, int fallback) {
    if (!has(key)) return fallback;
    if (!object_.at(key).is_number_integer()) throw Refused(fmt::format("\"{}\" of {} must be a whole number", key, where_));
    const auto v = object_.at(key).get<long long>();
    if (v < -1 || v > 1000000) throw Refused(fmt::format("\"{}\" of {} is out of range", key, where_));
    return int(v);
  }
  bool flag(const char* key, bool fallback) {
    if (!has(key)) return fallback;
    if (!object_.at(key).is_boolean()) throw Refused(fmt::format("\"{}\" of {} must be true or false", key, where_));
    return object_.at(key).get<bool>();
  }
  core::Vec3 point(const char* key, const core::Vec3& fallback) { return has(key) ? to_point(object_.at(key), key) : fallback; }
  std::vector<core::Vec3> points(const char* key) {
    if (!has(key) || !object_.at(key).is_array()) throw Refused(fmt::format("{} needs \"{}\", a list of points [x, y, z]", where_, key));
    std::vector<core::Vec3> out;
    for (const auto& p : object_.at(key)) out.push_back(to_point(p, key));
    return out;
  }
  std::optional<std::array<double, 2>> range(const char* key) {
    if (!has(key)) return std::nullopt;
    const json& j = object_.at(key);
    if (!j.is_array() || j.size() != 2) throw Refused(fmt::format("\"{}\" of {} must be [low, high]", key, where_));
    const std::array<double, 2> r{to_number(j[0], key), to_number(j[1], key)};
    if (r[0] > r[1]) throw Refused(fmt::format("\"{}\" of {} has its lower end above its upper end", key, where_));
    return r;
  }
  int label(const char* key, int fallback) {
    if (!has(key)) {
      if (fallback < 0) throw Refused(fmt::format("{} needs \"{}\"", where_, key));
      return fallback;
    }
    return to_label(object_.at(key), key);
  }
  std::vector<int> labels(const char* key) {
    std::vector<int> out;
    if (!has(key)) return out;
    if (!object_.at(key).is_array()) throw Refused(fmt::format("\"{}\" of {} must be a list of labels", key, where_));
    for (const auto& l : object_.at(key)) out.push_back(to_label(l, key));
    return out;
  }
  template <class E>
  E choice(const char* key, E fallback, const std::vector<std::pair<const char*, E>>& choices) {
    if (!has(key)) return fallback;
    const std::string given = text(key, "");
    std::string all;
    for (const auto& [name, value] : choices) {
      if (given == name) return value;
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    throw Refused(fmt::format("\"{}\" of {} is \"{}\", not one of {}", key, where_, given, all));
  }
  const json& at(const char* key) const { return object_.at(key); }
  void done() const {
    for (const auto& [key, value] : object_.items())
      if (!asked_.count(key)) throw Refused(fmt::format("{} has an unknown key \"{}\"", where_, key));
  }

 private:
  double to_number(const json& j, const char* key) const {
    if (!j.is_number() || !std::isfinite(j.get<double>())) throw Refused(fmt::format("\"{}\" of {} must be a number", key, where_));
    return j.get<double>();
  }
  core::Vec3 to_point(const json& j, const char* key) const {
    if (!j.is_array() || j.size() != 3) throw Refused(fmt::format("\"{}\" of {} must be made of [x, y, z]", key, where_));
    return {to_number(j[0], key), to_number(j[1], key), to_number(j[2], key)};
  }
  int to_label(const json& j, const char* key) const {
    if (j.is_number_integer()) {
      const auto v = j.get<long long>();
      if (v >= 0 && v <= 255) return int(v);
    } else if (j.is_string()) {
      const auto name = j.get<std::string>();
      if (name == "background" || name == "all") return 0;
      for (const auto& l : table_)
        if (l.key == name) return l.value;
      for (const auto& l : core::labels::heart())
        if (l.key == name) return l.value;
    }
    throw Refused(fmt::format("\"{}\" of {} names no label: {}", key, where_, j.dump()));
  }
  const json& object_;
  std::string where_;
  const std::vector<core::LabelInfo>& table_;
  std::set<std::string> asked_;
};

const std::vector<std::pair<const char*, BrushShape>> shapes{{"sphere", BrushShape::sphere}, {"disc", BrushShape::disc}};
const std::vector<std::pair<const char*, IslandRule>> rules{
    {"keep_largest", IslandRule::keep_largest}, {"remove_small", IslandRule::remove_small}, {"keep_at", IslandRule::keep_at}, {"split", IslandRule::split}};
const std::vector<std::pair<const char*, SmoothKind>> kinds{{"gaussian", SmoothKind::gaussian}, {"median", SmoothKind::median}};
const std::vector<std::pair<const char*, CombineRule>> combinations{
    {"copy", CombineRule::copy}, {"unite", CombineRule::unite}, {"subtract", CombineRule::subtract}, {"intersect", CombineRule::intersect}};

template <class E>
const char* name_of(E value, const std::vector<std::pair<const char*, E>>& choices) {
  for (const auto& [name, v] : choices)
    if (v == value) return name;
  return "";
}

EditTool read_tool(const std::string& tool, Fields& f) {
  if (tool == "paint" || tool == "erase") {
    Paint t;
    t.label = tool == "erase" ? 0 : f.label("label", -1);
    t.points = f.points("points_mm");
    t.radius_mm = f.number("radius_mm", t.radius_mm);
    t.shape = f.choice("shape", t.shape, shapes);
    t.normal = f.point("normal", t.normal);
    return t;
  }
  if (tool == "grow_region") {
    GrowRegion t;
    t.label = f.label("label", -1);
    t.seeds = f.points("seeds_mm");
    t.window = f.range("window");
    t.most_mm = f.number("most_mm", t.most_mm);
    t.most_ml = f.number("most_ml", t.most_ml);
    t.neck_mm = f.number("neck_mm", t.neck_mm);
    return t;
  }
  if (tool == "scissors") {
    Scissors t;
    t.label = f.label("label", 0);
    t.to = f.label("to", 0);
    t.polygon = f.points("polygon_mm");
    t.direction = f.point("direction", t.direction);
    if (f.has("eye_mm")) t.eye = f.point("eye_mm", {});
    t.depth_mm = f.range("depth_mm");
    t.inside = f.flag("inside", t.inside);
    return t;
  }
  if (tool == "islands") {
    Islands t;
    t.label = f.label("label", -1);
    t.to = f.label("to", 0);
    t.rule = f.choice("rule", t.rule, rules);
    t.smaller_than_ml = f.number("smaller_than_ml", t.smaller_than_ml);
    t.point = f.point("point_mm", t.point);
    return t;
  }
  if (tool == "fill_holes") {
    FillHoles t;
    t.label = f.label("label", -1);
    if (f.has("axis")) t.axis = f.whole("axis", 2);
    return t;
  }
  if (tool == "smooth") {
    Smooth t;
    t.labels = f.labels("labels");
    t.kind = f.choice("kind", t.kind, kinds);
    t.size_mm = f.number("size_mm", t.size_mm);
    return t;
  }
  if (tool == "resize") {
    Resize t;
    t.label = f.label("label", -1);
    t.to = f.label("to", 0);
    t.by_mm = f.number("by_mm", t.by_mm);
    return t;
  }
  if (tool == "refine") {
    Refine t;
    t.label = f.label("label", -1);
    t.most_mm = f.number("most_mm", t.most_mm);
    return t;
  }
  if (tool == "interpolate") {
    Interpolate t;
    t.label = f.label("label", -1);
    t.axis = f.whole("axis", t.axis);
    t.from = f.whole("from", t.from);
    t.to = f.whole("to", t.to);
    return t;
  }
  if (tool == "combine") {
    Combine t;
    t.label = f.label("label", -1);
    t.other = f.label("other", -1);
    t.rule = f.choice("rule", t.rule, combinations);
    t.within_mm = f.number("within_mm", t.within_mm);
    return t;
  }
  if (tool == "cut_plane") {
    PlaneCut t;
    t.label = f.label("label", 0);
    t.to = f.label("to", 0);
    t.point = f.point("point_mm", t.point);
    t.normal = f.point("normal", t.normal);
    return t;
  }
  std::string all;
  for (const auto& h : edit_tools_help()) all += (all.empty() ? "" : ", ") + h.tool;
  throw Refused(fmt::format("there is no tool \"{}\" (the tools are {})", tool, all));
}

Edit read_edit(const json& j, const std::string& where, const std::vector<core::LabelInfo>& table) {
  Fields f(j, where, table);
  const std::string tool = f.text("tool", "");
  if (tool.empty()) throw Refused(where + " needs \"tool\"");
  Edit edit;
  edit.tool = read_tool(tool, f);
  if (f.has("scope")) {
    Fields s(f.at("scope"), "the scope of " + where, table);
    edit.scope.protect = s.labels("protect");
    edit.scope.only_over = s.labels("only_over");
    edit.scope.window = s.range("window");
    s.done();
  }
  f.done();
  return edit;
}

json vec(const core::Vec3& v) { return {v[0], v[1], v[2]}; }
json vecs(const std::vector<core::Vec3>& v) {
  json out = json::array();
  for (const auto& p : v) out.push_back(vec(p));
  return out;
}

struct Writer {
  json operator()(const Paint& t) const {
    json j{{"tool", t.label == 0 ? "erase" : "paint"}, {"points_mm", vecs(t.points)}, {"radius_mm", t.radius_mm}, {"shape", name_of(t.shape, shapes)}};
    if (t.label != 0) j["label"] = t.label;
    if (t.shape == BrushShape::disc) j["normal"] = vec(t.normal);
    return j;
  }
  json operator()(const GrowRegion& t) const {
    json j{{"tool", "grow_region"}, {"label", t.label}, {"seeds_mm", vecs(t.seeds)}, {"most_mm", t.most_mm}, {"most_ml", t.most_ml}, {"neck_mm", t.neck_mm}};
    if (t.window) j["window"] = *t.window;
    return j;
  }
  json operator()(const Scissors& t) const {
    json j{{"tool", "scissors"}, {"label", t.label}, {"to", t.to}, {"polygon_mm", vecs(t.polygon)}, {"direction", vec(t.direction)}, {"inside", t.inside}};
    if (t.eye) j["eye_mm"] = vec(*t.eye);
    if (t.depth_mm) j["depth_mm"] = *t.depth_mm;
    return j;
  }
  json operator()(const Islands& t) const {
    return {{"tool", "islands"}, {"label", t.label}, {"to", t.to}, {"rule", name_of(t.rule, rules)}, {"smaller_than_ml", t.smaller_than_ml}, {"point_mm", vec(t.point)}};
  }
  json operator()(const FillHoles& t) const {
    json j{{"tool", "fill_holes"}, {"label", t.label}};
    if (t.axis) j["axis"] = *t.axis;
    return j;
  }
  json operator()(const Smooth& t) const { return {{"tool", "smooth"}, {"labels", t.labels}, {"kind", name_of(t.kind, kinds)}, {"size_mm", t.size_mm}}; }
  json operator()(const Resize& t) const { return {{"tool", "resize"}, {"label", t.label}, {"to", t.to}, {"by_mm", t.by_mm}}; }
  json operator()(const Refine& t) const { return {{"tool", "refine"}, {"label", t.label}, {"most_mm", t.most_mm}}; }
  json operator()(const Interpolate& t) const { return {{"tool", "interpolate"}, {"label", t.label}, {"axis", t.axis}, {"from", t.from}, {"to", t.to}}; }
  json operator()(const Combine& t) const { return {{"tool", "combine"}, {"label", t.label}, {"other", t.other}, {"rule", name_of(t.rule, combinations)}, {"within_mm", t.within_mm}}; }
  json operator()(const PlaneCut& t) const { return {{"tool", "cut_plane"}, {"label", t.label}, {"to", t.to}, {"point_mm", vec(t.point)}, {"normal", vec(t.normal)}}; }
};

core::Result<json> document(const std::string& text) {
  json j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return core::bad_input("The edit file is not JSON (nothing was changed). See 'organtwin-cli edit --list' for the format.");
  if (!j.is_object() || j.value("format", json()) != "organtwin-edits")
    return core::bad_input("The file is no edit file (its \"format\" is not \"organtwin-edits\"). See 'organtwin-cli edit --list' for the format.");
  if (!j.contains("version") || j["version"] != 1) return core::bad_input("The edit file has a version this program does not read (it reads version 1). Update OrganTwin.");
  return j;
}

core::Error refused(const std::string& why) { return {core::ErrorCode::bad_input, fmt::format("The edit file cannot be used: {} (nothing was changed). See 'organtwin-cli edit --list' for the format.", why)}; }

}  // namespace

core::Result<Edit> edit_from_json(const json& j, const std::vector<core::LabelInfo>& table) {
  try {
    return read_edit(j, "the operation", table);
  } catch (const std::exception& e) {
    return tl::unexpected<core::Error>(refused(e.what()));
  }
}

json to_json(const Edit& edit) {
  json j = std::visit(Writer{}, edit.tool);
  json scope = json::object();
  if (!edit.scope.protect.empty()) scope["protect"] = edit.scope.protect;
  if (!edit.scope.only_over.empty()) scope["only_over"] = edit.scope.only_over;
  if (edit.scope.window) scope["window"] = *edit.scope.window;
  if (!scope.empty()) j["scope"] = scope;
  return j;
}

core::Result<std::string> image_of_edit_file(const std::string& text) {
  auto j = document(text);
  if (!j) return core::pass(j);
  if (!j->contains("image")) return std::string();
  if (!(*j)["image"].is_string()) return tl::unexpected<core::Error>(refused("\"image\" must be a text"));
  return (*j)["image"].get<std::string>();
}

core::Result<EditFile> edit_file_from_text(const std::string& text, const std::vector<core::LabelInfo>& table) {
  auto j = document(text);
  if (!j) return core::pass(j);
  try {
    Fields f(*j, "the file", table);
    EditFile file;
    (void)f.has("format");
    (void)f.has("version");
    file.image = f.text("image", "");
    if (!f.has("operations") || !f.at("operations").is_array()) throw Refused("the file needs \"operations\", a list");
    int n = 0;
    for (const auto& one : f.at("operations")) file.edits.push_back(read_edit(one, fmt::format("operation {}", ++n), table));
    f.done();
    return file;
  } catch (const std::exception& e) {
    return tl::unexpected<core::Error>(refused(e.what()));
  }
}

json to_json(const EditFile& file) {
  json j{{"format", "organtwin-edits"}, {"version", 1}, {"operations", json::array()}};
  if (!file.image.empty()) j["image"] = file.image;
  for (const auto& e : file.edits) j["operations"].push_back(to_json(e));
  return j;
}

const std::vector<ToolHelp>& edit_tools_help() {
  static const std::vector<ToolHelp> help{
      {"paint", "gives a label to everything within a radius of a line of points",
       {{"label", "label to paint"}, {"points_mm", "[[x, y, z], ...] LPS"}, {"radius_mm", "default 3, up to 200"}, {"shape", "sphere (default) or disc"}, {"normal", "of the disc, LPS"}}},
      {"erase", "the same with background", {{"points_mm", "[[x, y, z], ...] LPS"}, {"radius_mm", "default 3"}, {"shape", "sphere or disc"}, {"normal", "of the disc"}}},
      {"grow_region", "grows from seeds over connected voxels in an intensity window",
       {{"label", "label to grow"}, {"seeds_mm", "points inside the tissue"}, {"window", "[low, high]; without it taken from the seeds"}, {"most_mm", "largest distance from the seeds, default 60"}, {"most_ml", "largest volume, default 400; more is refused as a leak"}, {"neck_mm", "passages narrower than this are not entered, default 0"}}},
      {"scissors", "cuts with a closed outline along a direction",
       {{"polygon_mm", "3 or more points near one plane"}, {"direction", "LPS, default [0, 0, 1]"}, {"eye_mm", "cut as seen from this point"}, {"depth_mm", "[from, to] along the direction from the outline; without it all the way"}, {"inside", "true (default): what lies inside changes"}, {"label", "only this label; all by default"}, {"to", "what it becomes, default background"}}},
      {"islands", "connected parts of a label", {{"label", "label"}, {"rule", "keep_largest, remove_small, keep_at or split"}, {"smaller_than_ml", "for remove_small, default 0.5"}, {"point_mm", "for keep_at"}, {"to", "what removed parts become, default background; needed for split"}}},
      {"fill_holes", "background enclosed by a label becomes the label", {{"label", "label"}, {"axis", "0, 1 or 2: slice by slice along this grid axis; without it in space"}}},
      {"smooth", "smooths borders without opening gaps between neighbours", {{"labels", "list; all by default"}, {"kind", "gaussian (default) or median"}, {"size_mm", "sigma or radius, default 1"}}},
      {"resize", "grows or shrinks a label by a distance", {{"label", "label"}, {"by_mm", "> 0 grows, < 0 shrinks"}, {"to", "what is given free, default background"}}},
      {"refine", "moves the border of a contrast-filled label to the half-way intensity", {{"label", "label"}, {"most_mm", "largest move, default 2"}}},
      {"interpolate", "fills the slices between drawn ones by shape", {{"label", "label"}, {"axis", "grid axis, default 2"}, {"from", "first slice"}, {"to", "last slice"}}},
      {"combine", "one label against another", {{"label", "label that changes"}, {"other", "the other label"}, {"rule", "copy, unite, subtract or intersect"}, {"within_mm", "margin around the other, default 0"}}},
      {"cut_plane", "everything on the side the normal points to", {{"point_mm", "LPS"}, {"normal", "LPS"}, {"label", "only this label; all by default"}, {"to", "what it becomes, default background"}}}};
  return help;
}

}  // namespace ot::imaging
