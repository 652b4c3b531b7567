#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/app/evaluate.h"
#include "touchstone/store/defects_config.h"

namespace touchstone {

/// One scored image as the metrics see it.
struct EvaluatedImage {
  std::string name;    ///< for messages
  std::string path;    ///< as the reports name it: relative to what was scored, or to the folder test
  std::string defect;  ///< name of its folder; "good" is normal
  std::string stem;    ///< file name without extension
  std::optional<double> score, retrieval_score, map_max;
  std::filesystem::path map;                 ///< TIFF; empty = none
  std::vector<std::filesystem::path> masks;  ///< ground truth: none, one, or with has_channels one a defect
  bool has_channels = false;                 ///< each mask is one defect, its kind marked by the grey value
  bool anomalous = false;                    ///< as its folder says; with --label-by-mask, as its mask says
};

/// The images of one category.
struct EvaluatedCategory {
  std::vector<EvaluatedImage> images;
  DefectKinds defect_kinds;  ///< of those with channels; none where that is not known
};

/// What is evaluated, by category, and what did not pair.
struct EvaluationInput {
  std::map<std::string, EvaluatedCategory> categories;
  std::vector<std::string> warnings;
};

/// The categories of a data set, name -> root: its folders that have a folder `test`, or itself. @param role
/// what the data set is on the command line. @throws Error kUsage: no such folder, another layout; kIo:
/// cannot be read.
std::map<std::string, std::filesystem::path> CategoriesOf(const std::filesystem::path& dataset,
                                                          const std::string& role);

/// The images of a results folder; their category is the folder above "test", else the input's name.
/// @throws Error kUsage: no such folder, or --ground-truth with several categories; kResults: no usable
/// results, no image was scored, or two folders of one name hold images.
EvaluationInput ImagesOfResults(const EvaluateOptions& options);

/// The images of a data set and anybody's maps of them, in the official layout. Scores are not filled in.
/// @throws Error kUsage: no such folder, another layout, or --ground-truth with several categories; kResults:
/// no image has a map; kIo: a folder cannot be read.
EvaluationInput ImagesOfDataset(const EvaluateOptions& options);

}  // namespace touchstone
