#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// A number for every pixel of a canvas, row-major, x fastest.
struct Field {
  Field() = default;
  Field(Size field_size, float value)
      : size(field_size), values(static_cast<std::size_t>(size.width) * size.height, value) {}

  float& at(int x, int y) { return values[static_cast<std::size_t>(y) * size.width + x]; }
  float at(int x, int y) const { return values[static_cast<std::size_t>(y) * size.width + x]; }

  Size size;
  std::vector<float> values;
};

/// A place on the canvas [px]; the centre of the first pixel is (0, 0).
struct Point {
  double x = 0;
  double y = 0;
};

/// Gaussian blur; sigma > 0 [px]. The border repeats.
Field Blur(const Field& field, double sigma);

/// The field moved by (dx, dy) [px, rounded]; the border repeats.
Field Shift(const Field& field, double dx, double dy);

/// Draws an antialiased stroke into the field, keeping the greater of the old and the new value.
/// @param width     [px], at least 1 is drawn.
/// @param strength  value on the stroke, in (0, 1].
void DrawStroke(Field& field, Point from, Point to, double width, double strength);

/// 1 inside a closed polygon, 0 outside.
Field FillPolygon(Size size, const std::vector<Point>& corners);

/// Distance [px] from each pixel to the next one where the field is above 1/2.
Field DistanceTo(const Field& field);

/// Mean of each block of factor x factor pixels.
Field Reduce(const Field& field, int factor);

/// What the field's pixels above 1/2 enclose, after gaps of up to `gap` pixels between them are
/// closed; pieces of fewer than `min_area` pixels are dropped. 255 inside, 0 outside.
Mask OutlineOf(const Field& field, int gap, double min_area);

}  // namespace touchstone
