#pragma once

#include <vector>

#include "touchstone/app/fit.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// How images are prepared for an extractor.
Preprocessing PreprocessingFrom(const FitOptions& options, const ExtractorInfo& info);

/// The levels that are compared: those given, otherwise the extractor's default for the method, or all.
std::vector<int> LevelsFor(const ScoringOptions& options, const ExtractorInfo& info);

/// What a method needs of the extractor: spade everything, for its options may be changed when it scores; the
/// others no global feature, and no level deeper than those compared.
WantedOutputs OutputsFor(Method method, const std::vector<int>& levels);

/// How many channels the levels have together. @param levels 1-based, all of them the extractor's.
int NumChannels(const ExtractorInfo& info, const std::vector<int>& levels);

/// What a gallery's manifest says before any image is read, but for the extractor's digest; levels that were
/// not given are the extractor's default for the method, or all.
/// @throws Error kOption if the options do not suit the extractor.
GalleryManifest ManifestFor(const FitOptions& options, const ExtractorInfo& info);

/// Refuses options that do not suit the extractor before LibTorch is loaded, where its file can tell
/// (PeekInfo).
/// @param num_images  to learn from. @throws Error kOption as ManifestFor and CheckNumNeighbors.
void CheckSuit(const FitOptions& options, const std::filesystem::path& model, std::size_t num_images);

}  // namespace touchstone
