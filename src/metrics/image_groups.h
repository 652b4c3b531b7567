#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// The images of a category by group, each by its place in the source.
struct ImageGroups {
  explicit ImageGroups(const std::vector<PixelItem>& items) {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < items.size(); ++i) groups[items[i].group].push_back(i);
    good = groups[""];
    groups.erase("");
    for (auto& [name, members] : groups) {
      names.push_back(name);
      images.push_back(std::move(members));
    }
  }

  std::vector<std::size_t> good;
  std::vector<std::string> names;                ///< [groups] ascending
  std::vector<std::vector<std::size_t>> images;  ///< [groups]
};

}  // namespace touchstone
