#pragma once

#include "touchstone/app/fit.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// How images are prepared for an extractor.
Preprocessing PreprocessingFrom(const FitOptions& options, const ExtractorInfo& info);

/// What a gallery's manifest says before any image is read; levels that were not given are the extractor's
/// default for the method, or all. @throws Error kOption if the options do not suit the extractor.
GalleryManifest ManifestFor(const FitOptions& options, const Extractor& extractor,
                            const Preprocessing& preprocessing);

}  // namespace touchstone
