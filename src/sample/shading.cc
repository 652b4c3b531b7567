#include "shading.h"

#include <algorithm>
#include <cmath>

namespace touchstone {
namespace {

struct Vector {
  float x = 0;
  float y = 0;
  float z = 1;
};

float Dot(const Vector& a, const Vector& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

Vector Normalised(const Vector& v) {
  const float scale = 1 / std::sqrt(Dot(v, v));
  return {v.x * scale, v.y * scale, v.z * scale};
}

Vector LampOf(const Scene& scene) {
  return {static_cast<float>(scene.light.toward_x), static_cast<float>(scene.light.toward_y),
          static_cast<float>(scene.light.toward_z)};
}

// Slope of the relief at a pixel, tool marks included, as a normal.
Vector NormalAt(const Surface& surface, int x, int y) {
  const Size size = surface.relief.size;
  const Field& relief = surface.relief;
  const float slope_x =
      (relief.at(std::min(x + 1, size.width - 1), y) - relief.at(std::max(x - 1, 0), y)) / 2;
  const float slope_y =
      (relief.at(x, std::min(y + 1, size.height - 1)) - relief.at(x, std::max(y - 1, 0))) / 2;
  const float marks = surface.grain.at(x, y);
  return Normalised(
      {-slope_x - marks * surface.across_x.at(x, y), -slope_y - marks * surface.across_y.at(x, y), 1});
}

// How much light a spot of metal sends to the camera: some of the dome above the bench, some of
// the lamp's soft box, and the streak that tool marks throw, brightest where they run across the lamp's
// direction [J. T. Kajiya, T. L. Kay, SIGGRAPH 1989, section "Lighting Model"].
float MetalAt(const Surface& surface, const Vector& lamp, int x, int y) {
  const Vector normal = NormalAt(surface, x, y);
  const Vector mirrored{2 * normal.z * normal.x, 2 * normal.z * normal.y, 2 * normal.z * normal.z - 1};
  const float dome = 0.5F + 0.5F * mirrored.z;
  const float diffuse = std::max(0.0F, Dot(normal, lamp));
  const float box = std::max(0.0F, Dot(mirrored, lamp));
  const float along = lamp.x * -surface.across_y.at(x, y) + lamp.y * surface.across_x.at(x, y);
  const float streak = std::max(0.0F, 1 - along * along);
  const float gloss = surface.gloss.at(x, y);
  const float sharp_streak = streak * streak * streak * streak;
  return 0.13F * dome + 0.3F * diffuse + gloss * (0.42F * box * box * box + 0.26F * sharp_streak * diffuse) +
         (1 - gloss) * 0.12F;
}

// The lamp's soft shadow of something: 0 lit, 1 dark.
Field ShadowOf(const Field& thing, const Scene& scene, double height) {
  const double reach = height * scene.unit_px / scene.light.toward_z;
  return Blur(Shift(thing, -scene.light.toward_x * reach, -scene.light.toward_y * reach),
              0.45 * height * scene.unit_px);
}

struct Shadows {
  Field on_mat;    // of the part
  Field contact;   // where little of the dome is seen
  Field on_plate;  // of the hub
};

Shadows CastShadows(const Scene& scene, const Surface& surface) {
  constexpr double kPlateHeight = 0.13;  // part units above the mat
  constexpr double kHubHeight = 0.09;    // above the plate
  return {ShadowOf(surface.metal, scene, kPlateHeight), Blur(surface.metal, 0.035 * scene.unit_px),
          ShadowOf(surface.raised, scene, kHubHeight)};
}

// Light falls off towards the corners and away from the lamp.
float FallOff(const Scene& scene, int x, int y) {
  const double half = scene.canvas.width / 2.0;
  const double from_centre_x = (x - half) / half;
  const double from_centre_y = (y - half) / half;
  const double vignette = 0.07 * (from_centre_x * from_centre_x + from_centre_y * from_centre_y);
  const double slant = 0.06 * (from_centre_x * scene.light.toward_x + from_centre_y * scene.light.toward_y);
  return static_cast<float>(scene.light.intensity * (1 - vignette + slant));
}

// The canvas before lens and sensor, in 0..1.
std::array<Field, 3> Expose(const Scene& scene, const Surface& surface) {
  const Shadows shadows = CastShadows(scene, surface);
  const Vector lamp = LampOf(scene);
  std::array<Field, 3> canvas;
  canvas.fill(Field(scene.canvas, 0));
  for (int y = 0; y < scene.canvas.height; ++y) {
    for (int x = 0; x < scene.canvas.width; ++x) {
      const float light = FallOff(scene, x, y);
      const bool is_metal = surface.metal.at(x, y) > 0.5F;
      float brightness = light;
      if (is_metal) {
        const float shade = surface.raised.at(x, y) > 0.5F ? 0.0F : shadows.on_plate.at(x, y);
        brightness *= MetalAt(surface, lamp, x, y) * (1 - 0.45F * shade);
      } else {
        const float weave = HashNoise(scene.texture_seed + 99, x / 2, y / 2) * 0.02F;
        brightness *= (1 - 0.62F * shadows.on_mat.at(x, y)) * (1 - 0.35F * shadows.contact.at(x, y)) + weave;
      }
      for (std::size_t c = 0; c < canvas.size(); ++c) {
        const float colour = is_metal ? scene.metal[c] * surface.tint[c].at(x, y) : scene.mat[c];
        canvas[c].at(x, y) = brightness * colour * scene.light.colour[c];
      }
    }
  }
  return canvas;
}

// Film-like: linear at first, then ever flatter, so that highlights keep their shape.
float Develop(float exposure) {
  constexpr float kKnee = 0.7F;
  if (exposure <= kKnee) return exposure;
  const float above = (exposure - kKnee) / (1 - kKnee);
  return kKnee + (1 - kKnee) * above / (1 + above);
}

}  // namespace

std::array<Field, 3> Photograph(const Scene& scene, const Surface& surface) {
  constexpr double kLensBlur = 0.9;     // [canvas px]
  constexpr float kSensorNoise = 1.3F;  // standard deviation in levels, common to the channels
  constexpr float kColourNoise = 0.6F;  // of each channel
  std::array<Field, 3> picture = Expose(scene, surface);
  for (std::size_t c = 0; c < picture.size(); ++c) {
    Field& channel = picture[c];
    channel = Reduce(Blur(channel, kLensBlur), kOversampling);
    const auto seed = scene.noise_seed + static_cast<std::uint32_t>(c + 1);
    for (int y = 0; y < channel.size.height; ++y) {
      for (int x = 0; x < channel.size.width; ++x) {
        const float noise =
            kSensorNoise * SensorNoise(scene.noise_seed, x, y) + kColourNoise * SensorNoise(seed, x, y);
        channel.at(x, y) = std::clamp(255 * Develop(channel.at(x, y)) + noise, 0.0F, 255.0F);
      }
    }
  }
  return picture;
}

}  // namespace touchstone
