#pragma once

#include <string>
#include <vector>

#include "touchstone/store/gallery.h"

namespace touchstone {

/// Groups that images' names hint at, such as the frames of some clips: names that are alike but for the
/// number they end in ("03_120.png" and "03_125.png"; "batch7/0001.png").
/// @param paths  in any order. @return what the names of each group begin with, in byte order; empty where
/// names tell nothing: less than two groups, or less than five images a group on the average.
std::vector<std::string> NameGroups(const std::vector<std::string>& paths);

std::vector<std::string> PathsOf(const std::vector<GalleryImage>& images);

/// " in 16 groups by name (01_, 02_, 03_, ...)"; empty where there are none.
std::string NameGroupsText(const std::vector<std::string>& groups);

}  // namespace touchstone
