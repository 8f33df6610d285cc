// SPDX-License-Identifier: GPL-3.0-or-later
// The Trust tab: where a result comes from and what was assumed on the way.
#pragma once
#include <QString>
#include <QStringList>
#include <QStringList>
#include <utility>
#include <vector>

#include "app/present/heart_facts.hpp"
#include "app/session/session.hpp"

namespace ot::present {

struct TrustSection {
  QString title;
  std::vector<std::pair<QString, QString>> facts;   // name, value
  QStringList lines;                                // full sentences
};

std::vector<TrustSection> trust_sections(const session::Session& session, int plan, const HeartFacts* facts);

}  // namespace ot::present
