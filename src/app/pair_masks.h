#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/evaluated_images.h"

namespace touchstone {

/// Files below a folder by their path without extension; none where there is no such folder.
/// @throws Error kResults: two of one name.
std::map<std::string, std::filesystem::path> FilesByStem(const std::filesystem::path& folder);

/// Names what does not pair, once, with the first few names.
void WarnAll(const std::vector<std::string>& names, const std::string& what,
             std::vector<std::string>* warnings);

/// Gives each image its ground truth: <folder>/<defect>/<stem>_mask.*, or the channels of MVTec LOCO AD,
/// <folder>/<defect>/<stem>/<any name>.*, with their kinds from defects_config.json beside the folder. What
/// does not pair is a warning that names it.
/// @param folder  empty = none.
/// @throws Error kResults: a malformed defects_config.json, two files of one name; kIo.
void PairMasks(const std::filesystem::path& folder, EvaluatedCategory* category,
               std::vector<std::string>* warnings);

}  // namespace touchstone
