#include "app/item_stream.h"

#include "touchstone/core/error.h"

namespace touchstone {

std::optional<TakenItem> ItemStream::Next() {
  if (paths_ == nullptr) {
    if (next_ == items_.size()) return std::nullopt;
    return TakenItem{items_[next_++], "", false};
  }
  std::string line;
  do {
    if (!std::getline(*paths_, line)) return std::nullopt;
    if (!line.empty() && line.back() == '\r') line.pop_back();
  } while (line.empty());
  TakenItem taken{{line, line, ""}, "", false};
  try {
    taken.item = ItemFromPath(line);
    CheckExists(line);
    const auto [place, is_new] = path_by_stem_.emplace(OutputStem(taken.item.path), taken.item.path);
    taken.came_before = !is_new;
    if (place->second != taken.item.path) {
      taken.refused = "would write the same output files as '" + place->second +
                      "', which came before; rename one of the two";
    }
  } catch (const Error& refused) {
    taken.refused = refused.message;
  }
  return taken;
}

}  // namespace touchstone
