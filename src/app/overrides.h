#pragma once

#include "touchstone/app/score.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// What can be known to be wrong before the gallery is opened. @throws Error kOption.
void CheckRanges(const ScoringOverrides& overrides);

/// The gallery's options with the given ones in their places.
/// @throws Error kOption naming an option that the method has not, that was decided when the gallery was
/// fitted, or that is out of range.
ScoringOptions Override(const GalleryManifest& manifest, const ScoringOverrides& overrides);

/// Refuses options that do not suit a gallery of which the manifest alone was read, before digests are
/// compared and LibTorch is loaded. @throws Error kOption as Override, and for more neighbours than the
/// retrieved images have patches.
void CheckSuit(const ScoringOverrides& overrides, const Gallery& described);

/// @throws Error kOption naming --gate, where the method has no retrieval score to go by.
void CheckCanGate(Method method);

}  // namespace touchstone
