#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/app/progress.h"

namespace touchstone {

/// Warns of an easy mistake: a data set's category, or its test folder, instead of the good images in it. All
/// of it would count as good, defects and masks, too.
/// @param input  the folder that was given
/// @param paths  of the images found in it, '/'-separated, relative to it
void WarnOfDefects(const std::filesystem::path& input, const std::vector<std::string>& paths,
                   ProgressSink& progress);

}  // namespace touchstone
