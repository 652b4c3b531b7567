#pragma once

#include <array>
#include <cstdint>

#include "random.h"
#include "raster.h"

namespace touchstone {

/// The canvas is larger than the picture: each pixel of the picture is the mean of
/// kOversampling^2 canvas pixels.
constexpr int kOversampling = 2;

struct Light {
  double toward_x = 0;  ///< unit vector towards the lamp, x right, y down, z at the camera
  double toward_y = 0;
  double toward_z = 1;
  double intensity = 1;
  std::array<float, 3> colour{1, 1, 1};
};

/// Everything about a picture that is no defect.
struct Scene {
  Size canvas;         ///< [px of the canvas], square
  Point centre;        ///< of the part [px]
  double unit_px = 1;  ///< canvas px of one part unit: the part lies within -1..1
  double cosine = 1;   ///< of the part's angle
  double sine = 0;
  Light light;
  std::array<float, 3> metal{};  ///< colours in 0..1, R G B
  std::array<float, 3> mat{};
  std::uint32_t texture_seed = 0;
  std::uint32_t noise_seed = 0;

  /// A place in part units, as canvas px.
  Point ToCanvas(Point part) const {
    return {centre.x + unit_px * (cosine * part.x - sine * part.y),
            centre.y + unit_px * (sine * part.x + cosine * part.y)};
  }
  /// The other way round.
  Point ToPart(Point at) const {
    const double x = (at.x - centre.x) / unit_px;
    const double y = (at.y - centre.y) / unit_px;
    return {cosine * x + sine * y, cosine * y - sine * x};
  }
};

/// @param size_px  of the picture.
Scene DrawScene(int size_px, Random& random);

}  // namespace touchstone
