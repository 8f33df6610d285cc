// SPDX-License-Identifier: GPL-3.0-or-later
// Image edits in the session: one undo list, journal, what a crash leaves.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>

#include "app/session/history.hpp"
#include "app/session/session.hpp"
#include "imaging/edit/edit.hpp"
#include "solvers/core/parallel.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/unit/session/small_case.hpp"

using namespace ot;
using namespace ot::session;
namespace fs = std::filesystem;

namespace {

// The small case with a larger image: 64 x 60 x 40 voxels with a ball of muscle.
CaseData edited_case() {
  CaseData data = test::small_case();
  ImageData& image = data.images.front();
  auto volume = std::make_shared<core::Volume>();
  volume->grid.size = {64, 60, 40};
  volume->grid.spacing = {0.8, 0.8, 1.2};
  volume->grid.origin = {-30, 12, 90};
  auto labels = std::make_shared<core::LabelMap>();
  labels->grid = volume->grid;
  labels->labels = core::labels::heart();
  labels->values.assign(volume->grid.voxels(), 0);
  volume->values.assign(volume->grid.voxels(), 40.f);
  for (int k = 10; k < 30; ++k)
    for (int j = 10; j < 40; ++j)
      for (int i = 10; i < 40; ++i) {
        labels->values[volume->grid.offset(i, j, k)] = core::labels::lv_myocardium;
        volume->values[volume->grid.offset(i, j, k)] = 120.f;
      }
  image.volume = volume;
  image.labels = labels;
  return data;
}

struct Fixture {
  fs::path home = test::scratch_folder("xdg-images");
  Session session;
  explicit Fixture(bool with_folder = false) {
    ::setenv("XDG_DATA_HOME", home.c_str(), 1);
    session.replace(edited_case(), {});
    if (with_folder) {
      REQUIRE(session.save_as(folder()));
      settle();
    }
  }
  fs::path folder() const { return home / "case"; }
  void settle() { settle(session); }
  static void settle(Session& s) {
    do {
      s.jobs().wait_until_idle();
      s.poll();
    } while (s.jobs().busy());
  }
  const ImageData& image() const { return session.data()->images.front(); }
};

// One brush stroke as the desktop makes it.
void stroke(Session& s, int label, const core::Vec3& from, const core::Vec3& to) {
  auto labels = s.borrow_labels("thorax");
  REQUIRE(labels);
  imaging::Paint brush{label, {}, 3};
  imaging::Stroke drawn(*labels, nullptr, brush, {});
  drawn.extend(from);
  drawn.extend(to);
  auto delta = drawn.finish();
  REQUIRE(s.update_labels("thorax", "brush", std::move(labels), std::move(delta)));
}
core::Vec3 voxel(const ImageData& image, int i, int j, int k) { return image.volume->grid.to_patient(core::Vec3(i, j, k)); }

}  // namespace

TEST_CASE("labels, plans and planes share one undo list, undo and redo are bit-identical and named") {
  Fixture f;
  const auto start = f.image().labels->values;
  stroke(f.session, 1, voxel(f.image(), 5, 5, 5), voxel(f.image(), 30, 30, 20));
  const auto painted = f.image().labels->values;
  CHECK(painted != start);
  f.session.add_plan("B", 0);
  REQUIRE(f.session.update_image("thorax", "mitral plane", [](ImageData& i) { i.planes.push_back({"mitral", {1, 2, 3}, {0, 0, 1}, 14, true}); }));
  CHECK(f.session.undo_name() == "mitral plane");
  f.session.undo();
  CHECK(f.image().planes.empty());
  f.session.undo();
  CHECK(f.session.plan_count() == 2);
  CHECK(f.session.undo_name() == "brush");
  f.session.undo();
  CHECK(f.image().labels->values == start);
  f.session.redo();
  CHECK(f.image().labels->values == painted);
  f.session.redo();
  f.session.redo();
  CHECK(f.image().planes.size() == 1);
  CHECK(f.session.plan_count() == 3);
  f.settle();
}

TEST_CASE("the volumes kept up to date by strokes, undo and redo equal a count of the whole map, exactly") {
  Fixture f;
  const auto agree = [&] { return f.session.label_volumes_ml("thorax") == imaging::label_volumes_ml(*f.image().labels); };
  CHECK(agree());
  for (int n = 0; n < 5; ++n) {
    stroke(f.session, 1 + n, voxel(f.image(), 40 + n, 50, 35), voxel(f.image(), 52, 50 - 2 * n, 35));
    CHECK(agree());
  }
  for (int n = 0; n < 3; ++n) {
    f.session.undo();
    CHECK(agree());
  }
  f.session.redo();
  CHECK(agree());
  REQUIRE(f.session.update_image("thorax", "other labels", [](ImageData& i) {
    auto labels = std::make_shared<core::LabelMap>(*i.labels);
    std::fill(labels->values.begin(), labels->values.begin() + 1001, std::uint8_t(7));
    i.labels = labels;
  }));
  CHECK(agree());
  f.settle();
}

TEST_CASE("an edit that changes nothing is no step, steps with one merge key are one") {
  Fixture f;
  REQUIRE(f.session.update_image("thorax", "nothing", [](ImageData&) {}));
  REQUIRE(f.session.update_image("thorax", "same labels", [](ImageData& i) { i.labels = std::make_shared<core::LabelMap>(*i.labels); }));
  CHECK(!f.session.can_undo());
  const auto start = f.image().labels->values;
  for (int n = 0; n < 5; ++n)
    REQUIRE(f.session.update_image("thorax", "threshold", [n](ImageData& i) {
      auto labels = std::make_shared<core::LabelMap>(*i.labels);
      for (int v = 0; v <= n; ++v) labels->values[std::size_t(100 + v)] = std::uint8_t(3 + n);
      i.labels = labels;
    }, "slider"));
  const auto end = f.image().labels->values;
  f.session.undo();
  CHECK(f.image().labels->values == start);
  CHECK(!f.session.can_undo());
  f.session.redo();
  CHECK(f.image().labels->values == end);
  CHECK(!f.session.update_image("nowhere", "x", [](ImageData&) {}));
  f.settle();
}

TEST_CASE("200 random strokes, undos and redos keep every state bit for bit and undo under 20 MB (property)") {
  Fixture f;
  std::mt19937 random(77);
  std::vector<std::vector<std::uint8_t>> states{f.image().labels->values};
  std::size_t at = 0;
  for (int n = 0; n < 200; ++n) {
    const int what = int(random() % 4);
    if (what < 2) {
      const auto p = [&] { return voxel(f.image(), int(random() % 64), int(random() % 60), int(random() % 40)); };
      stroke(f.session, int(random() % 4), p(), p());
      if (f.image().labels->values == states[at]) continue;   // painted over itself
      states.resize(at + 1);
      states.push_back(f.image().labels->values);
      ++at;
    } else if (what == 2 && at > 0) {
      f.session.undo();
      --at;
    } else if (what == 3 && at + 1 < states.size()) {
      f.session.redo();
      ++at;
    }
    REQUIRE(f.image().labels->values == states[at]);
  }
  CHECK(f.session.undo_memory() < (std::size_t(20) << 20));
  f.settle();
}

TEST_CASE("undo memory stays within its budget: the oldest steps go first, the newest stays") {
  History history(1 << 20);
  const auto labels = edited_case().images.front().labels;
  for (int n = 0; n < 40; ++n) {
    HistoryStep step;
    step.name = "step " + std::to_string(n);
    step.image.emplace();
    step.image->before.key = step.image->after.key = "thorax";
    step.image->labels_same = false;
    step.image->before.labels = step.image->after.labels = std::make_shared<core::LabelMap>(*labels);   // whole maps: 300 kB a step
    history.record(std::move(step));
    CHECK((history.memory() <= (1u << 20) || history.count() == 1));
  }
  CHECK(history.count() >= 2);
  CHECK(history.undo_name() == "step 39");
}

TEST_CASE("undo under a stroke that is being drawn keeps both: the stroke lands on the labels as they are then") {
  Fixture f;
  stroke(f.session, 3, voxel(f.image(), 50, 50, 35), voxel(f.image(), 52, 50, 35));
  auto labels = f.session.borrow_labels("thorax");
  imaging::Stroke drawn(*labels, nullptr, imaging::Paint{1, {}, 2}, {});
  drawn.extend(voxel(f.image(), 20, 20, 20));
  f.session.undo();
  REQUIRE(f.session.update_labels("thorax", "brush", labels, drawn.finish()));
  CHECK(f.image().labels->count(3) == 0);
  CHECK(f.image().labels->at(20, 20, 20) == 1);
  f.settle();
}

TEST_CASE("a job's labels land as one named step, cancelling changes nothing, the labels of the recipe can be undone") {
  Fixture f;
  const auto start = f.image().labels->values;
  f.session.run_image_job("thorax", "Filling", "fill", [](const ImageData& image, const core::Progress&) -> core::Result<std::function<void(ImageData&)>> {
    auto labels = std::make_shared<core::LabelMap>(*image.labels);
    std::fill(labels->values.begin(), labels->values.begin() + 500, std::uint8_t(4));
    return std::function<void(ImageData&)>([labels](ImageData& i) { i.labels = labels; });
  });
  f.settle();   // a job this short may end before anybody asks whether the image is busy
  CHECK(!f.session.image_busy("thorax"));
  CHECK(f.session.undo_name() == "fill");
  CHECK(f.image().labels->count(4) == 500);
  f.session.undo();
  CHECK(f.image().labels->values == start);
  f.session.run_image_job("thorax", "Endless", "endless", [](const ImageData&, const core::Progress& progress) -> core::Result<std::function<void(ImageData&)>> {
    while (!progress.cancelled()) usleep(1000);
    return core::cancelled();
  });
  f.session.jobs().cancel_all();
  f.settle();
  CHECK(f.image().labels->values == start);
  CHECK(!f.session.can_undo());
}

TEST_CASE("edits after the last save come back when the case is opened again, and saving empties the journal") {
  Fixture f(true);
  stroke(f.session, 1, voxel(f.image(), 5, 5, 5), voxel(f.image(), 40, 40, 30));
  REQUIRE(f.session.update_image("thorax", "plane", [](ImageData& i) { i.planes.push_back({"aortic", {1, 2, 3}, {0, 0, 1}, 12, true}); }));
  stroke(f.session, 0, voxel(f.image(), 20, 20, 20), voxel(f.image(), 25, 20, 20));
  f.session.undo();
  const auto last = f.image().labels->values;
  f.settle();
  auto again = load_case(f.folder(), {});
  REQUIRE(again);
  CHECK(again->images.front().labels->values == last);
  CHECK(again->images.front().planes.size() == 1);
  CHECK(again->images.front().labels->sha256() == f.image().labels->sha256());
  const auto size = fs::file_size(f.folder() / "edits.journal");
  REQUIRE(f.session.save_as(f.folder()));
  stroke(f.session, 5, voxel(f.image(), 3, 3, 3), voxel(f.image(), 4, 3, 3));   // while the save runs
  f.settle();
  CHECK(fs::file_size(f.folder() / "edits.journal") < size);
  again = load_case(f.folder(), {});
  REQUIRE(again);
  CHECK(again->images.front().labels->values == f.image().labels->values);
  f.session.undo();   // across the save
  f.session.undo();
  f.settle();
  again = load_case(f.folder(), {});
  REQUIRE(again);
  CHECK(again->images.front().labels->values == f.image().labels->values);
}

TEST_CASE("a case closed on purpose opens without a word about its edits, one whose session was cut off says how many came back") {
  fs::path folder;
  std::vector<std::uint8_t> labels;
  {
    Fixture f(true);
    folder = f.folder();
    for (int n = 0; n < 2; ++n) stroke(f.session, 1, voxel(f.image(), 5, 5 + 9 * n, 5), voxel(f.image(), 30, 8 + 9 * n, 20));
    labels = f.image().labels->values;
    f.settle();
    const auto during = load_case_with_edits(folder, nullptr, {});   // as after a crash now
    REQUIRE(during);
    CHECK(during->message == "The last session ended unexpectedly: 2 edits made after the last save are back.");
  }
  const auto after = load_case_with_edits(folder, nullptr, {});
  REQUIRE(after);
  CHECK(after->data.images.front().labels->values == labels);
  CHECK(after->message.empty());
}

TEST_CASE("a journal cut off at any byte gives back every whole edit before the cut, damage is set aside with a sentence") {
  Fixture f(true);
  std::vector<std::vector<std::uint8_t>> states{f.image().labels->values};
  std::vector<std::uintmax_t> sizes;
  for (int n = 0; n < 4; ++n) {
    stroke(f.session, 1 + n, voxel(f.image(), 5 + 9 * n, 5, 5), voxel(f.image(), 8 + 9 * n, 30, 20));
    states.push_back(f.image().labels->values);
    sizes.push_back(fs::file_size(f.folder() / "edits.journal"));
  }
  f.settle();
  std::ifstream in(f.folder() / "edits.journal", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  std::mt19937 random(1);
  for (int n = 0; n < 25; ++n) {
    const std::size_t cut = n == 0 ? 0 : random() % whole.size();
    const auto copy = test::scratch_folder("cut");
    fs::copy(f.folder(), copy / "case", fs::copy_options::recursive);
    std::ofstream(copy / "case/edits.journal", std::ios::binary) << whole.substr(0, cut);
    std::size_t expected = 0;
    while (expected < sizes.size() && sizes[expected] <= cut) ++expected;
    const auto back = load_case(copy / "case", {});
    REQUIRE(back);
    CHECK(back->images.front().labels->values == states[expected]);
  }
  // An edit that does not fit: as if the case beside it were another one.
  CaseData other = *f.session.data();
  auto labels = std::make_shared<core::LabelMap>(*other.images.front().labels);
  std::fill(labels->values.begin(), labels->values.end(), std::uint8_t(7));
  other.images.front().labels = labels;
  other.edits_held = 1;
  const auto copy = test::scratch_folder("misfit") / "case";
  REQUIRE(save_case(other, copy, {}));
  std::ofstream(copy / "edits.journal", std::ios::binary) << whole;
  const auto back = load_case_with_edits(copy, nullptr, {});
  REQUIRE(back);
  CHECK(back->data.images.front().labels->values == labels->values);
  CHECK(back->message.find("damaged") != std::string::npos);
  CHECK(fs::exists(copy / "edits.journal.damaged"));
}

TEST_CASE("kill -9 while editing loses at most the running stroke (10 children killed at random moments)") {
  for (int round = 0; round < 10; ++round) {
    const auto home = test::scratch_folder("kill" + std::to_string(round));
    int line[2];
    REQUIRE(pipe(line) == 0);
    const pid_t child = fork();
    if (child == 0) {
      core::set_thread_count(1);   // the OpenMP threads of the parent do not exist here
      ::setenv("XDG_DATA_HOME", home.c_str(), 1);
      auto* session = new Session;
      session->replace(edited_case(), {});
      (void)!session->save_as(home / "case");
      Fixture::settle(*session);
      for (int n = 0;; ++n) {
        auto labels = session->borrow_labels("thorax");
        imaging::Stroke drawn(*labels, nullptr, imaging::Paint{1 + n % 5, {}, 2}, {});
        drawn.extend(session->data()->images.front().volume->grid.to_patient(core::Vec3((7 * n) % 64, (11 * n) % 60, (5 * n) % 40)));
        auto delta = drawn.finish();
        (void)session->update_labels("thorax", "brush", std::move(labels), std::move(delta));
        const std::string sha = session->data()->images.front().labels->sha256();   // 64 characters: what the person has seen done
        if (write(line[1], sha.data(), 64) != 64) _exit(1);
      }
    }
    close(line[1]);
    std::vector<std::string> seen;
    char buffer[64];
    const auto read_one = [&] {
      std::size_t got = 0;
      while (got < 64) {
        const auto n = read(line[0], buffer + got, 64 - got);
        if (n <= 0) return false;
        got += std::size_t(n);
      }
      // A dab on tissue that already has its label changes nothing and is no step.
      if (seen.empty() || seen.back() != std::string(buffer, 64)) seen.emplace_back(buffer, 64);
      return true;
    };
    for (int n = 0; n < 3 + 4 * round; ++n) REQUIRE(read_one());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read_one()) {
    }
    close(line[0]);
    const auto back = load_case(home / "case", {});
    if (!back) FAIL(back.error().message);
    const std::string kept = back->images.front().labels->sha256();
    // The last stroke that was reported, or the one after it that was being finished.
    CHECK((kept == seen.back() || back->edits_held == seen.size() + 1));
    CHECK(back->edits_held >= seen.size());
  }
}

TEST_CASE("edits of the read-only built-in case go to the user's folder and come back, the case itself is not touched") {
  const auto home = test::scratch_folder("xdg-builtin");
  ::setenv("XDG_DATA_HOME", home.c_str(), 1);
  CaseData data = edited_case();
  data.patient.built_in = true;
  const auto folder = home / "builtin";
  REQUIRE(save_case(data, folder, {}));
  ::setenv("ORGANTWIN_BUILTIN_CASE", folder.c_str(), 1);
  const auto files = [&] {
    std::map<std::string, fs::file_time_type> out;
    for (const auto& e : fs::recursive_directory_iterator(folder)) out[e.path().string()] = e.last_write_time();
    return out;
  };
  const auto before = files();
  std::vector<std::uint8_t> edited;
  {
    Session s;
    s.open(folder);
    Fixture::settle(s);
    stroke(s, 6, voxel(s.data()->images.front(), 5, 5, 5), voxel(s.data()->images.front(), 30, 30, 20));
    edited = s.data()->images.front().labels->values;
    Fixture::settle(s);
  }
  CHECK(files() == before);
  Session again;
  again.open(folder);
  Fixture::settle(again);
  CHECK(again.data()->images.front().labels->values == edited);
  CHECK(again.last_message().find("1 edit of the teaching case from your last session is back") != std::string::npos);
  // Saved under a name of its own it goes there, and the teaching case is as delivered.
  REQUIRE(again.save_as(home / "mine"));
  Fixture::settle(again);
  Session mine, delivered;
  mine.open(home / "mine");
  Fixture::settle(mine);
  CHECK(mine.data()->images.front().labels->values == edited);
  delivered.open(folder);
  Fixture::settle(delivered);
  CHECK(delivered.data()->images.front().labels->values == data.images.front().labels->values);
  CHECK(delivered.last_message().empty());
  ::unsetenv("ORGANTWIN_BUILTIN_CASE");
}

TEST_CASE("a case that was never saved is kept for recovery while it is edited, with every edit, and cleaned up by saving it") {
  Fixture f;
  stroke(f.session, 1, voxel(f.image(), 5, 5, 5), voxel(f.image(), 40, 40, 30));
  stroke(f.session, 2, voxel(f.image(), 5, 50, 5), voxel(f.image(), 40, 50, 30));
  f.settle();
  const auto recovery = f.home / "organtwin/recovery";
  REQUIRE(fs::exists(recovery));
  const auto kept = fs::directory_iterator(recovery)->path();
  const auto back = load_case(kept, {});
  REQUIRE(back);
  CHECK(back->images.front().labels->values == f.image().labels->values);
  CHECK(Session::recoverable().empty());   // this session is alive
  // As after a crash: nobody holds the copy.
  fs::copy(kept, recovery / "crashed", fs::copy_options::recursive);
  {
    CHECK(Session::recoverable() == recovery / "crashed");
    Session other;
    other.open(Session::recoverable());
    Fixture::settle(other);
    CHECK(other.data()->images.front().labels->values == f.image().labels->values);
    CHECK(other.folder().empty());   // still to be saved
  }
  CHECK(!fs::exists(recovery / "crashed"));
  REQUIRE(f.session.save_as(f.folder()));
  f.settle();
  CHECK(fs::is_empty(recovery));
  const auto saved = load_case(f.folder(), {});
  REQUIRE(saved);
  CHECK(saved->images.front().labels->values == f.image().labels->values);
}

TEST_CASE("a model is out of date after its labels changed, not after undo, and not after edits of another kind") {
  CaseData data = edited_case();
  MeshedHeart heart;
  heart.mesh = data.twin->heart->baseline.mesh;
  heart.labels_sha256 = data.images.front().labels->sha256();
  data.heart_mesh = heart;
  Fixture f;
  f.session.replace(data, {});
  CHECK(!f.session.model_out_of_date());
  stroke(f.session, 1, voxel(f.image(), 5, 5, 5), voxel(f.image(), 40, 40, 30));
  CHECK(f.session.model_out_of_date());
  f.session.undo();
  CHECK(!f.session.model_out_of_date());
  f.session.redo();
  CHECK(f.session.model_out_of_date());
  f.session.undo();
  REQUIRE(f.session.update_image("thorax", "note", [](ImageData& i) { i.notes.push_back("x"); }));
  CHECK(!f.session.model_out_of_date());
  data.heart_mesh->labels_sha256 = std::string(64, '0');
  f.session.replace(data, {});
  CHECK(f.session.model_out_of_date());   // found when the case is opened
  f.settle();
}
