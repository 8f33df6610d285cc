// SPDX-License-Identifier: GPL-3.0-or-later
// ReadingList: the possible readings of a scan, one row each: picture, what it is, size, verdict in the colour of its weight.
#pragma once
#include <QListWidget>

#include "app/session/import_scan.hpp"

namespace ot::gui {

class ReadingList : public QListWidget {
  Q_OBJECT
 public:
  explicit ReadingList(QWidget* parent);
  // The recommended reading is selected.
  void set_readings(const std::vector<session::ImportReading>& readings);
  void set_picture(int row, const imaging::Thumbnail& picture);
};

// "512 × 512 × 88", "0.78 × 0.78 × 1 mm", "92 MB".
QString size_words(const core::Grid& grid, int phases);
QString spacing_words(const core::Grid& grid);
QString memory_words(double bytes);

}  // namespace ot::gui
