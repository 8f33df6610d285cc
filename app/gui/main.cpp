// SPDX-License-Identifier: GPL-3.0-or-later
// organtwin: the desktop.
#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QLocale>
#include <QSettings>
#include <QTimer>
#include <clocale>
#include <cstdio>
#include <filesystem>

#include "app/gui/main_window.hpp"
#include "app/gui/script.hpp"
#include "app/gui/theme.hpp"
#include "app/session/pipeline.hpp"
#include "solvers/core/parallel.hpp"
#include "viewer/qt/vtk_widget.hpp"

namespace {

constexpr int exit_usage = 2;

void describe(QCommandLineParser& parser) {
  parser.setApplicationDescription("OrganTwin: plan and rehearse heart procedures on a simulated twin. Research and education only.\n"
                                   "Example: organtwin my-case");
  parser.addPositionalArgument("CASE", "Case folder, image file or DICOM folder; without it the built-in case is opened.", "[CASE]");
  parser.addOptions({{{"h", "help"}, "Show this help and stop."},
                     {{"v", "version"}, "Show the versions and stop."},
                     {"safe-mode", "Start with the default layout and theme; saved ones are neither read nor changed."},
                     {"threads", "Number of threads the solvers may use.", "N"},
                     {"light", "Start with the light theme."},
                     {"size", "Size of the window, for example 1280x800.", "WxH"},
                     {"screenshot", "Save a picture of the window when the case is shown, then quit.", "FILE"},
                     {"test-script", "Run the commands of a file through the window, then quit.", "FILE"},
                     {"measure", "Print start-up time and the longest pause of the window when it closes."}});
}

}  // namespace

int main(int argc, char** argv) {
  ot::core::wait_passively(argv);
  QStringList arguments;
  for (int i = 0; i < argc; ++i) arguments << QString::fromLocal8Bit(argv[i]);
  QCommandLineParser parser;
  describe(parser);
  const bool understood = parser.parse(arguments);
  if (!understood || parser.isSet("help") || parser.isSet("version")) {   // needs no display
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName("organtwin");
    if (!understood) {
      std::fprintf(stderr, "%s See organtwin --help.\n", qPrintable(parser.errorText()));
      return exit_usage;
    }
    if (parser.isSet("help")) std::printf("%s", qPrintable(parser.helpText()));
    else std::printf("%s, Qt %s\n", ot::session::program_version().c_str(), qVersion());
    return 0;
  }
  if (parser.positionalArguments().size() > 1) {
    std::fprintf(stderr, "Give one case at most. See organtwin --help.\n");
    return exit_usage;
  }
  if (parser.isSet("threads")) {
    const int threads = parser.value("threads").toInt();
    if (threads < 1 || threads > 1024) {
      std::fprintf(stderr, "--threads takes a number from 1 to 1024.\n");
      return exit_usage;
    }
    ot::core::set_thread_count(threads);
  }
  if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
    std::fprintf(stderr, "There is no display here (the desktop needs one). Use organtwin-cli, or xvfb-run -a organtwin for a virtual display.\n");
    return 3;
  }

  QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  ot::viewer::prepare_opengl();
  QLocale::setDefault(QLocale::c());   // one decimal mark on screen, in tables, reports and files: the point (fields take a typed comma too)
  QApplication app(argc, argv);
  std::setlocale(LC_NUMERIC, "C");   // Qt takes the locale of the user; readers (ITK, GDCM, VTK) would then take "0.78" for 0 where people write a comma
  QApplication::setApplicationName("OrganTwin");
  QApplication::setDesktopFileName("organtwin");

  ot::gui::WindowOptions options;
  const bool scripted = parser.isSet("test-script") || parser.isSet("screenshot");
  options.safe_mode = parser.isSet("safe-mode") || scripted;
  options.scripted = scripted;
  const bool light = parser.isSet("light") || (!options.safe_mode && QSettings("OrganTwin", "OrganTwin").value("light").toBool());
  ot::gui::apply_theme(app, light ? ot::gui::light_theme() : ot::gui::dark_theme());

  ot::gui::MainWindow window(options);
  if (const QStringList size = parser.value("size").split('x'); size.size() == 2) window.resize(size[0].toInt(), size[1].toInt());
  window.show();
  QTimer::singleShot(0, &window, [&] {
    window.start(parser.positionalArguments().isEmpty() ? std::filesystem::path() : std::filesystem::path(parser.positionalArguments().first().toStdString()));
    if (!scripted) return;
    QTimer::singleShot(0, &window, [&] {
      // Until the case is shown, or nothing has been under way for two seconds: it could not be opened.
      QElapsedTimer quiet;
      quiet.start();
      ot::gui::wait_until(
          [&] {
            if (window.workspace().session().jobs().busy()) quiet.restart();
            return window.first_picture_ms() >= 0 || quiet.elapsed() > 2000;
          },
          300000);
      ot::gui::run_command(window, "idle 300");
      QString problem;
      if (parser.isSet("test-script")) problem = ot::gui::run_script(window, parser.value("test-script"));
      if (problem.isEmpty() && parser.isSet("screenshot")) problem = ot::gui::run_command(window, "screenshot " + parser.value("screenshot"));
      if (!problem.isEmpty()) std::fprintf(stderr, "%s\n", qPrintable(problem));
      QApplication::exit(problem.isEmpty() ? 0 : 1);
    });
  });
  const int code = QApplication::exec();
  if (parser.isSet("measure") || !qEnvironmentVariableIsEmpty("ORGANTWIN_MEASURE"))
    std::fprintf(stderr, "case shown after %.0f ms; longest pause of the window %.0f ms, %d pauses over 100 ms\n", window.first_picture_ms(),
                 window.loop_watch().longest_ms(), window.loop_watch().over_100_ms());
  return code;
}
