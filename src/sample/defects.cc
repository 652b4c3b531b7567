#include "defects.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace touchstone {
namespace {

constexpr double kPi = 3.14159265358979323846;

// A place on the metal, at least `margin` [part units] away from its edges.
Point DrawPlace(Random& random, double margin) {
  for (;;) {
    const Point place{random.Uniform(-0.9, 0.9), random.Uniform(-0.9, 0.9)};
    if (DistanceToEdge(place) >= margin) return place;
  }
}

// Calls visit(x, y, place in part units) for the canvas pixels around a place of the part.
template <typename Visit>
void VisitAround(const Scene& scene, Point place, double reach, Visit visit) {
  const Point centre = scene.ToCanvas(place);
  const double reach_px = reach * scene.unit_px;
  const int left = std::max(0, static_cast<int>(centre.x - reach_px));
  const int right = std::min(scene.canvas.width - 1, static_cast<int>(centre.x + reach_px) + 1);
  const int top = std::max(0, static_cast<int>(centre.y - reach_px));
  const int bottom = std::min(scene.canvas.height - 1, static_cast<int>(centre.y + reach_px) + 1);
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      visit(x, y, scene.ToPart({static_cast<double>(x), static_cast<double>(y)}));
    }
  }
}

// A stroke that bends a little and fades in and out, into `depth` (0 untouched, 1 deepest).
struct Stroke {
  Point from;        // part units
  double direction;  // radians
  double bend;       // radians over its length
  double length;     // part units
  double width;
};

void DrawBentStroke(const Scene& scene, const Stroke& stroke, Random& random, Field& depth) {
  constexpr int kSegments = 40;
  const std::uint32_t pressure_seed = random.Bits();
  Point at = stroke.from;
  for (int i = 0; i < kSegments; ++i) {
    const double progress = (i + 0.5) / kSegments;
    const double direction = stroke.direction + stroke.bend * (progress - 0.5);
    const double step = stroke.length / kSegments;
    const Point next{at.x + step * std::cos(direction), at.y + step * std::sin(direction)};
    const double taper = std::min(1.0, 4 * std::min(progress, 1 - progress));
    const double pressure = 0.8 + 0.2 * SmoothNoise(pressure_seed, static_cast<float>(8 * progress), 0);
    DrawStroke(depth, scene.ToCanvas(at), scene.ToCanvas(next),
               stroke.width * scene.unit_px * (0.4 + 0.6 * taper), (0.25 + 0.75 * taper) * pressure);
    at = next;
  }
}

void Scratch(const Scene& scene, Random& random, Surface& surface) {
  Field depth(scene.canvas, 0);
  Stroke stroke{DrawPlace(random, 0.06), random.Uniform(0, 2 * kPi), random.Uniform(-0.5, 0.5),
                random.Uniform(0.3, 1.0), random.Uniform(0.007, 0.017)};
  stroke.from.x -= stroke.length / 2 * std::cos(stroke.direction);
  stroke.from.y -= stroke.length / 2 * std::sin(stroke.direction);
  const int num_strokes = 1 + random.Below(3);
  for (int i = 0; i < num_strokes; ++i) {
    DrawBentStroke(scene, stroke, random, depth);
    stroke.from.x += random.Uniform(-0.07, 0.07);
    stroke.from.y += random.Uniform(-0.07, 0.07);
    stroke.direction += random.Uniform(-0.12, 0.12);
    stroke.length *= random.Uniform(0.4, 0.9);
  }
  depth = Blur(depth, 0.6);
  // Fresh metal shines, a smeared groove is dark.
  const double sign = random.Below(3) == 0 ? -1 : 1;
  const auto shine = static_cast<float>(sign * random.Uniform(0.35, 0.75));
  const auto groove_px = static_cast<float>(random.Uniform(0.006, 0.014) * scene.unit_px);
  for (std::size_t i = 0; i < depth.values.size(); ++i) {
    const float amount = depth.values[i];
    surface.relief.values[i] -= groove_px * amount;
    surface.grain.values[i] *= 1 - amount;
    for (Field& tint : surface.tint) tint.values[i] *= 1 + shine * amount;
  }
}

void Dent(const Scene& scene, Random& random, Surface& surface) {
  const double radius = random.Uniform(0.06, 0.15);
  const Point place = DrawPlace(random, radius * 0.8);
  const double stretch = random.Uniform(0.75, 1.3);
  const double turn = random.Uniform(0, kPi);
  const double depth_px = radius * random.Uniform(0.22, 0.45) * scene.unit_px;
  const std::uint32_t seed = random.Bits();
  VisitAround(scene, place, 3.2 * radius, [&](int x, int y, Point part) {
    const double dx = part.x - place.x;
    const double dy = part.y - place.y;
    const double u = (std::cos(turn) * dx + std::sin(turn) * dy) / (radius * stretch);
    const double v = (std::cos(turn) * dy - std::sin(turn) * dx) / (radius / stretch);
    const double wobble = 0.18 * SmoothNoise(seed, static_cast<float>(2 * u), static_cast<float>(2 * v));
    const double squared = (u * u + v * v) * (1 + wobble);
    // A bowl with a rim: below the plate within the radius, a little above it around.
    const double bowl = (1 - squared) * std::exp(-squared);
    surface.relief.at(x, y) -= static_cast<float>(depth_px * bowl);
    surface.grain.at(x, y) *= static_cast<float>(1 - 0.6 * std::exp(-squared));
  });
}

struct StainKind {
  std::array<double, 3> colour;  // what full strength leaves of R, G, B
  double gloss;
};
constexpr std::array<StainKind, 3> kStainKinds = {{{{0.42, 0.38, 0.3}, 0.75},    // oil
                                                   {{0.75, 0.48, 0.28}, 0.25},   // rust
                                                   {{0.66, 0.68, 0.86}, 0.9}}};  // heat tint

// One blot with a frayed outline, darker at its rim as liquids dry.
void Blot(const Scene& scene, Point place, double radius, const StainKind& kind, Random& random,
          Surface& surface) {
  const std::uint32_t seed = random.Bits();
  const double strength = random.Uniform(0.45, 0.95);
  const double softness = random.Uniform(0.25, 0.6);
  VisitAround(scene, place, 1.8 * radius, [&](int x, int y, Point part) {
    const double u = (part.x - place.x) / radius;
    const double v = (part.y - place.y) / radius;
    const auto noise = [&](double scale, std::uint32_t layer) {
      return SmoothNoise(seed + layer, static_cast<float>(scale * u + 20),
                         static_cast<float>(scale * v + 20));
    };
    const double fray = 0.3 * noise(1.7, 0) + 0.2 * noise(3.7, 1) + 0.12 * noise(9, 2) + 0.08 * noise(23, 4);
    const double inside = std::clamp((1 - std::sqrt(u * u + v * v) + fray) / softness, 0.0, 1.0);
    const double rim = 1 - 0.35 * inside;
    const double amount = strength * inside * rim * (1 + 0.25 * noise(6, 3));
    for (std::size_t c = 0; c < surface.tint.size(); ++c) {
      surface.tint[c].at(x, y) *= static_cast<float>(1 - amount * (1 - kind.colour[c]));
    }
    surface.gloss.at(x, y) *= static_cast<float>(1 - std::min(1.0, amount) * (1 - kind.gloss));
  });
}

void Stain(const Scene& scene, Random& random, Surface& surface) {
  const StainKind& kind = kStainKinds[random.Below(static_cast<int>(kStainKinds.size()))];
  double radius = random.Uniform(0.08, 0.24);
  Point place = DrawPlace(random, 0.05);
  const int num_blots = 1 + random.Below(3);
  for (int i = 0; i < num_blots; ++i) {
    Blot(scene, place, radius, kind, random, surface);
    const double direction = random.Uniform(0, 2 * kPi);
    place = {place.x + 1.3 * radius * std::cos(direction), place.y + 1.3 * radius * std::sin(direction)};
    radius *= random.Uniform(0.3, 0.6);
  }
}

// Where a ray from the centre leaves the part.
Point OutlineAt(double angle) {
  double inside = 0;
  double outside = 2;
  for (int i = 0; i < 40; ++i) {
    const double middle = (inside + outside) / 2;
    const bool is_inside = DistanceToOutline({middle * std::cos(angle), middle * std::sin(angle)}) > 0;
    (is_inside ? inside : outside) = middle;
  }
  return {inside * std::cos(angle), inside * std::sin(angle)};
}

std::vector<Point> JaggedOutline(const Scene& scene, Point place, double radius, Random& random) {
  constexpr int kCorners = 26;
  const std::uint32_t seed = random.Bits();
  std::vector<Point> corners;
  for (int i = 0; i < kCorners; ++i) {
    const double angle = 2 * kPi * i / kCorners;
    const auto x = static_cast<float>(2 * std::cos(angle) + 10);
    const auto y = static_cast<float>(2 * std::sin(angle) + 10);
    const double r = radius * (1 + 0.3 * SmoothNoise(seed, x, y) + random.Uniform(-0.09, 0.09));
    corners.push_back(scene.ToCanvas({place.x + r * std::cos(angle), place.y + r * std::sin(angle)}));
  }
  return corners;
}

void Missing(const Scene& scene, Random& random, Surface& surface) {
  const double angle = random.Uniform(0, 2 * kPi);
  const Point place = OutlineAt(angle);
  const double radius = random.Uniform(0.1, 0.24);
  const Field gone = FillPolygon(scene.canvas, JaggedOutline(scene, place, radius, random));
  const Field distance_px = DistanceTo(gone);
  const std::uint32_t seed = random.Bits();
  const double face_px = random.Uniform(0.025, 0.05) * scene.unit_px;  // the broken face slopes down
  VisitAround(scene, place, 2 * radius, [&](int x, int y, Point part) {
    if (gone.at(x, y) > 0.5F) surface.metal.at(x, y) = 0;
    const auto u = static_cast<float>(part.x);
    const auto v = static_cast<float>(part.y);
    const double width = face_px * (1 + 0.6 * SmoothNoise(seed, 14 * u, 14 * v));
    if (distance_px.at(x, y) >= width) return;
    surface.relief.at(x, y) -= static_cast<float>(0.75 * (width - distance_px.at(x, y)));
    surface.grain.at(x, y) = 0.3F * SmoothNoise(seed + 1, 60 * u, 60 * v);
    surface.gloss.at(x, y) = 0.6F;
  });
}

}  // namespace

void Damage(SampleKind kind, const Scene& scene, Random& random, Surface& surface) {
  switch (kind) {
    case SampleKind::kGood:
      return;
    case SampleKind::kScratch:
      return Scratch(scene, random, surface);
    case SampleKind::kDent:
      return Dent(scene, random, surface);
    case SampleKind::kStain:
      return Stain(scene, random, surface);
    case SampleKind::kMissing:
      return Missing(scene, random, surface);
  }
}

}  // namespace touchstone
