#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/app/benchmark.h"
#include "touchstone/app/score.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// One row of every category.
struct BenchmarkSetting {
  std::string name;            ///< as tables show it; empty where a category has one row
  std::string folder;          ///< of its results, below that of the category
  ScoringOverrides overrides;  ///< at score
  GalleryManifest plan;        ///< of the gallery that it is scored with (ManifestFor)
  std::string remark;          ///< where it is not quite what was asked for; empty otherwise
};

/// Settings that are scored with the same gallery, which is that of the first.
using BenchmarkGroup = std::vector<BenchmarkSetting>;

/// What each category is put through: each of options.methods with a gallery of its own; else the settings of
/// the ablation, where SPADE's share one and levels of other methods have their own. Dims beyond the channels
/// that the levels have are all of them, as in PaDiM's paper; methods that come to the same are one.
/// The extractor's digest is left empty. @throws Error kOption if options do not suit the extractor.
std::vector<BenchmarkGroup> GroupsOf(const BenchmarkOptions& options, const ExtractorInfo& info);

/// A digest of the names and bytes of a category's files. One that cannot be read counts as such: what comes
/// of it is the business of who needs it. @throws Error kUsage, kIo if train/good or test cannot be listed or
/// hold no image.
std::string DigestOfCategory(const std::filesystem::path& root);

/// A digest of all that a row's figures depend on.
/// @param program_digest  of version.h: a version has many builds, and their figures may differ.
std::string RowKey(const BenchmarkOptions& options, const BenchmarkSetting& setting,
                   const std::string& program_digest, const std::string& category_digest);

}  // namespace touchstone
