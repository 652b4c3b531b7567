#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/inputs.h"

namespace touchstone {

/// One image of a run, as it is taken up.
struct TakenItem {
  InputItem item;
  std::string refused;       ///< why it cannot be scored, if so
  bool came_before = false;  ///< on a stream, under the same path: its files are replaced
};

/// Where the images of a run come from: a list made beforehand, or paths that arrive one by one.
class ItemStream {
 public:
  explicit ItemStream(std::vector<InputItem> items) : items_(std::move(items)) {}
  explicit ItemStream(std::istream* paths) : paths_(paths) {}

  std::size_t total() const { return items_.size(); }  ///< 0 = not known

  /// The next image; empty lines are none. Nothing at the end.
  std::optional<TakenItem> Next();

 private:
  std::vector<InputItem> items_;
  std::size_t next_ = 0;
  std::istream* paths_ = nullptr;
  std::map<std::string, std::string> path_by_stem_;  ///< of what came on the stream
};

}  // namespace touchstone
