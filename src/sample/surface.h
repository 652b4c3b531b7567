#pragma once

#include <array>

#include "raster.h"
#include "scene.h"

namespace touchstone {

/// The part as the lamp finds it, pixel by pixel of the canvas. Away from the part, all but `metal`
/// is meaningless.
struct Surface {
  Field metal;     ///< 1 on the part, 0 where the mat shows
  Field raised;    ///< 1 on the hub
  Field relief;    ///< height above the plate [canvas px]
  Field grain;     ///< slope of the tool marks across their direction
  Field across_x;  ///< that direction, unit vector on the canvas
  Field across_y;
  Field gloss;                ///< 1 = clean metal, 0 = dull
  std::array<Field, 3> tint;  ///< what the surface leaves of the colour, R G B; 1 = clean metal
};

/// The undamaged part.
Surface MakeSurface(const Scene& scene);

/// Distance [part units] from a place on the part to the nearest edge of it: outline, bore or
/// hole. Negative where there is no metal.
double DistanceToEdge(Point part);

/// Distance [part units] to the outline alone; negative outside.
double DistanceToOutline(Point part);

}  // namespace touchstone
