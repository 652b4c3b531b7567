#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/app/benchmark.h"
#include "touchstone/app/score.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// One setting of an ablation.
struct BenchmarkSetting {
  std::string name;    ///< as tables show it; empty without an ablation
  std::string folder;  ///< of its results, below that of the category
  ScoringOverrides overrides;
};

/// @param options with levels filled in.
std::vector<BenchmarkSetting> SettingsOf(Ablation ablation, const ScoringOptions& options);

/// A digest of the names and bytes of a category's files. One that cannot be read counts as such: what comes
/// of it is the business of who needs it. @throws Error kUsage, kIo if train/good or test cannot be listed or
/// hold no image.
std::string DigestOfCategory(const std::filesystem::path& root);

/// A digest of all that a row's figures depend on. @param plan ManifestFor of the benchmark's options.
std::string RowKey(const BenchmarkOptions& options, const GalleryManifest& plan,
                   const BenchmarkSetting& setting, const std::string& category_digest);

}  // namespace touchstone
