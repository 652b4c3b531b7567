#include "surface.h"

#include <algorithm>
#include <cmath>

namespace touchstone {
namespace {

// The drawing of the flange, in part units: the plate reaches from -0.96 to 0.96.
constexpr double kPlateHalfWidth = 0.96;
constexpr double kCornerRadius = 0.32;
constexpr double kPlateChamfer = 0.035;
constexpr double kHubRadius = 0.56;
constexpr double kHubHeight = 0.07;
constexpr double kHubChamfer = 0.045;
constexpr double kGrooveRadius = 0.435;
constexpr double kGrooveHalfWidth = 0.02;
constexpr double kGrooveDepth = 0.02;
constexpr double kBoreRadius = 0.25;
constexpr double kBoreChamfer = 0.035;
constexpr double kKeywayHalfWidth = 0.055;
constexpr double kKeywayDepth = 0.33;  // from the centre, towards -y

struct Hole {
  Point centre;
  double radius;
  double sink;  // width of the countersink around it
};
constexpr double kBoltAt = kPlateHalfWidth - kCornerRadius;
constexpr std::array<Hole, 5> kHoles = {{{{-kBoltAt, -kBoltAt}, 0.105, 0.065},
                                         {{kBoltAt, -kBoltAt}, 0.105, 0.065},
                                         {{-kBoltAt, kBoltAt}, 0.105, 0.065},
                                         {{kBoltAt, kBoltAt}, 0.105, 0.065},
                                         {{0, 0.77}, 0.04, 0.015}}};  // the dowel hole

double Length(double x, double y) { return std::sqrt(x * x + y * y); }

// Distance from outside to the bore with its keyway; negative inside of them.
double DistanceToBore(Point part) {
  const double to_bore = Length(part.x, part.y) - kBoreRadius;
  const double to_keyway = std::max({std::abs(part.x) - kKeywayHalfWidth, -part.y - kKeywayDepth, part.y});
  return std::min(to_bore, to_keyway);
}

// The height of a 45-degree chamfer at a distance from its edge, relative to the face.
double Chamfer(double distance, double width) { return std::min(0.0, distance - width); }

const Hole& NearestHole(Point part) {
  const auto distance = [part](const Hole& hole) {
    return Length(part.x - hole.centre.x, part.y - hole.centre.y) - hole.radius;
  };
  return *std::min_element(kHoles.begin(), kHoles.end(),
                           [&](const Hole& a, const Hole& b) { return distance(a) < distance(b); });
}

double HubRelief(double radius) {
  double relief = kHubHeight + std::max(-kHubHeight, Chamfer(kHubRadius - radius, kHubChamfer));
  const double in_groove = 1 - std::abs(radius - kGrooveRadius) / kGrooveHalfWidth;
  return relief - kGrooveDepth * std::clamp(2 * in_groove, 0.0, 1.0);
}

// One place of the part: its height, and how the tool moved over it.
struct Spot {
  double relief = 0;   // part units above the plate
  Point across{0, 1};  // unit vector across the tool marks, part frame
  double along = 0;    // coordinates along and across them, part units
  double position = 0;
  std::uint32_t tool = 0;  // marks of different tools have nothing in common
};

// Marks that run around a centre, as a lathe or a countersink leaves them.
void TurnAround(Point centre, Point part, Spot& spot) {
  const double x = part.x - centre.x;
  const double y = part.y - centre.y;
  const double radius = std::max(Length(x, y), 1e-9);
  spot.across = {x / radius, y / radius};
  spot.position = radius;
  spot.along = std::atan2(y, x) * 0.5;
}

Spot SpotAt(Point part) {
  Spot spot;
  const double radius = Length(part.x, part.y);
  if (radius < kHubRadius) {
    TurnAround({0, 0}, part, spot);
    spot.relief = HubRelief(radius) + Chamfer(DistanceToBore(part), kBoreChamfer);
    spot.tool = 1;
    return spot;
  }
  spot.position = part.y;
  spot.along = part.x;
  spot.relief = Chamfer(DistanceToOutline(part), kPlateChamfer);
  const Hole& hole = NearestHole(part);
  const double to_hole = Length(part.x - hole.centre.x, part.y - hole.centre.y) - hole.radius;
  if (to_hole < hole.sink) {
    TurnAround(hole.centre, part, spot);
    spot.relief += Chamfer(to_hole, hole.sink) * 0.8;
    spot.tool = 2;
  }
  return spot;
}

// Tool marks: long along their direction, fine across it, in three sizes. Sizes that the canvas
// cannot show are left out.
float GrainAt(const Spot& spot, const Scene& scene) {
  struct Marks {
    double per_unit;
    float slope;
  };
  constexpr std::array<Marks, 3> kMarks = {{{14, 0.013F}, {38, 0.035F}, {85, 0.045F}}};
  float grain = 0;
  for (std::size_t i = 0; i < kMarks.size(); ++i) {
    if (kMarks[i].per_unit * 2 > scene.unit_px) break;
    const auto seed = scene.texture_seed + static_cast<std::uint32_t>(8 * i) + spot.tool;
    const double along = spot.tool == 0 ? spot.along * (1.5 + static_cast<double>(i)) : spot.along * 4;
    grain += kMarks[i].slope * SmoothNoise(seed, static_cast<float>(along + 50),
                                           static_cast<float>(spot.position * kMarks[i].per_unit));
  }
  return grain;
}

Surface BlankSurface(Size size) {
  const Field zero(size, 0);
  const Field one(size, 1);
  return {zero, zero, zero, zero, zero, zero, one, {one, one, one}};
}

}  // namespace

double DistanceToOutline(Point part) {
  const double x = std::abs(part.x) - (kPlateHalfWidth - kCornerRadius);
  const double y = std::abs(part.y) - (kPlateHalfWidth - kCornerRadius);
  const double outside = Length(std::max(x, 0.0), std::max(y, 0.0)) + std::min(std::max(x, y), 0.0);
  return kCornerRadius - outside;
}

double DistanceToEdge(Point part) {
  const Hole& hole = NearestHole(part);
  const double to_hole = Length(part.x - hole.centre.x, part.y - hole.centre.y) - hole.radius;
  return std::min({DistanceToOutline(part), DistanceToBore(part), to_hole});
}

Surface MakeSurface(const Scene& scene) {
  Surface surface = BlankSurface(scene.canvas);
  for (int y = 0; y < scene.canvas.height; ++y) {
    for (int x = 0; x < scene.canvas.width; ++x) {
      const Point part = scene.ToPart({static_cast<double>(x), static_cast<double>(y)});
      if (DistanceToOutline(part) < -0.05) continue;
      const Spot spot = SpotAt(part);
      surface.metal.at(x, y) = DistanceToEdge(part) >= 0 ? 1.0F : 0.0F;
      surface.raised.at(x, y) = Length(part.x, part.y) < kHubRadius ? 1.0F : 0.0F;
      surface.relief.at(x, y) = static_cast<float>(spot.relief * scene.unit_px);
      surface.across_x.at(x, y) =
          static_cast<float>(scene.cosine * spot.across.x - scene.sine * spot.across.y);
      surface.across_y.at(x, y) =
          static_cast<float>(scene.sine * spot.across.x + scene.cosine * spot.across.y);
      surface.grain.at(x, y) = GrainAt(spot, scene);
    }
  }
  return surface;
}

}  // namespace touchstone
