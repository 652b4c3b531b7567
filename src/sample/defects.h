#pragma once

#include "random.h"
#include "surface.h"
#include "touchstone/sample/generator.h"

namespace touchstone {

/// Damages a surface. Where, how large and how strong comes from `random`. kGood changes nothing.
void Damage(SampleKind kind, const Scene& scene, Random& random, Surface& surface);

}  // namespace touchstone
