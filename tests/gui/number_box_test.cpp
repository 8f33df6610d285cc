// SPDX-License-Identifier: GPL-3.0-or-later
// What a hand does to numbers: typing beyond the range, scrolling over fields, edits that the plan refuses, placing on the baseline.
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <catch2/catch.hpp>

#include "app/gui/number_box.hpp"
#include "app/gui/param_form.hpp"
#include "tests/gui/placed_stent.hpp"

using namespace ot;

namespace {

class Listener : public QWidget {
 public:
  QString said;
  bool event(QEvent* event) override {
    if (event->type() == gui::NumberRefused::kind()) said = static_cast<gui::NumberRefused*>(event)->sentence();
    return QWidget::event(event);
  }
};

bool wheel_up(QWidget* on) {
  QWheelEvent event(QPointF(5, 5), on->mapToGlobal(QPointF(5, 5)), {}, QPoint(0, 120), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
  QApplication::sendEvent(on, &event);
  return event.isAccepted();
}

}  // namespace

TEST_CASE("a number typed beyond its range stays as typed, is marked and refused with the range, and never becomes another number") {
  test::application();
  Listener page;
  auto* box = new gui::NumberBox(&page);
  auto* other = new QLineEdit(&page);
  other->move(0, 60);
  box->setAccessibleName("Diameter");
  box->setRange(0.5, 9);
  box->setDecimals(1);
  box->setSuffix(" mm");
  box->setValue(3);
  int changes = 0;
  QObject::connect(box, &QDoubleSpinBox::valueChanged, &page, [&] { ++changes; });
  page.show();
  page.activateWindow();
  REQUIRE(QTest::qWaitForWindowActive(&page, 10000));
  const auto type = [&](const char* text) {
    box->setFocus();
    box->selectAll();
    QTest::keyClicks(box, text);
  };
  type("99");
  CHECK(box->cleanText() == "99");
  CHECK(box->property("refused").toBool());
  QTest::keyClick(box, Qt::Key_Return);
  CHECK(box->cleanText() == "99");
  CHECK(box->value() == 3);
  CHECK(page.said.contains("99"));
  CHECK(page.said.contains("Diameter"));
  CHECK(page.said.contains("0.5 to 9.0 mm"));
  type("-4");
  CHECK(box->cleanText() == "-4");
  other->setFocus();   // leaving gives the field back what the plan has
  CHECK(box->cleanText() == "3.0");
  CHECK_FALSE(box->property("refused").toBool());
  CHECK(page.said.contains("-4"));
  CHECK(changes == 0);
  type("4.5");
  QTest::keyClick(box, Qt::Key_Return);
  CHECK(box->value() == 4.5);
  CHECK(changes == 1);
  type("x");
  CHECK_FALSE(box->cleanText().contains("x"));
  for (const QLocale& where : {QLocale::c(), QLocale(QLocale::German)}) {   // both decimal marks mean the same everywhere
    box->setLocale(where);
    for (const auto& [text, number] : {std::pair{"2.5", 2.5}, {"6,5", 6.5}}) {
      type(text);
      QTest::keyClick(box, Qt::Key_Return);
      CHECK(box->value() == number);
    }
  }
}

TEST_CASE("the wheel over a field in a page scrolls the page, and changes a number only when it has the focus, a closed list never") {
  test::application();
  QWidget top;
  gui::WheelGuard guard;
  qApp->installEventFilter(&guard);
  auto* layout = new QVBoxLayout(&top);
  auto* area = new QScrollArea(&top);
  layout->addWidget(area);
  auto* page = new QWidget;
  auto* rows = new QVBoxLayout(page);
  auto* box = new gui::NumberBox(page);
  auto* list = new QComboBox(page);
  list->addItems({"a", "b", "c"});
  list->setCurrentIndex(1);
  box->setRange(0, 100);
  box->setValue(50);
  rows->addWidget(box);
  rows->addWidget(list);
  auto* tall = new QLabel(page);
  tall->setMinimumHeight(900);
  rows->addWidget(tall);
  area->setWidget(page);
  auto* outside = new QLineEdit(&top);
  layout->addWidget(outside);
  top.resize(300, 300);
  top.show();
  top.activateWindow();
  REQUIRE(QTest::qWaitForWindowActive(&top, 10000));
  outside->setFocus();
  wheel_up(box);
  wheel_up(list);
  CHECK(box->value() == 50);
  CHECK(list->currentIndex() == 1);
  box->setFocus();
  wheel_up(box);
  CHECK(box->value() == 51);
  list->setFocus();
  wheel_up(list);
  CHECK(list->currentIndex() == 1);   // a closed list never turns by the wheel in a page
  qApp->removeEventFilter(&guard);
}

TEST_CASE("an edit that the plan refuses is said, the form shows what is in the plan again, and the next good edit takes the message away") {
  test::Window w;
  test::place_stent(w);
  w.workspace().set_selection(QString::fromStdString(w.placed(1)[0].id));
  REQUIRE(w.wait([&] { return w->findChild<QDoubleSpinBox*>("param_diameter_mm") != nullptr; }));
  auto* diameter = w->findChild<QDoubleSpinBox*>("param_diameter_mm");
  const double before = diameter->value();
  const auto spec = w.placed(1)[0];
  diameter->setValue(diameter->maximum());   // in the form's range, far over twice this tube
  REQUIRE(w.wait([&] { return w->centre().banner().text().contains("more than twice"); }, 3000));
  CHECK(w.placed(1)[0] == spec);
  CHECK(w.wait([&] { return diameter->value() == before; }, 3000));
  diameter->setValue(before - 0.2);
  CHECK(w.wait([&] { return w.placed(1)[0] != spec; }, 3000));
  CHECK(w.wait([&] { return w->centre().banner().text().isEmpty(); }, 3000));
}

TEST_CASE("what is placed on the baseline goes into an empty plan or a new one, never into a plan that holds something") {
  test::Window w;
  w.session().replace(test::journey_case(), {});
  REQUIRE(w.fast_ready(0));
  const auto place = [&] {
    w.session().set_active_plan(0);
    twin::InterventionSpec dose;
    dose.kind = "drug";
    dose.params = twin::find_intervention("drug")->schema.defaults();
    return w.workspace().add_intervention(dose);
  };
  REQUIRE(place());
  REQUIRE(w.session().plan_count() == 2);
  REQUIRE(w.placed(1).size() == 1);
  REQUIRE(place());
  CHECK(w.session().plan_count() == 3);
  CHECK(w.placed(1).size() == 1);
  CHECK(w.placed(2).size() == 1);
  CHECK(w.session().active_plan() == 2);
}
