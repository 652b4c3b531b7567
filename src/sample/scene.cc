#include "scene.h"

#include <cmath>

namespace touchstone {
namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;

Light DrawLight(Random& random) {
  Light light;
  const double azimuth = random.Uniform(205, 265) * kDegree;  // from the upper left, as on any bench
  const double elevation = random.Uniform(42, 58) * kDegree;
  light.toward_x = std::cos(elevation) * std::cos(azimuth);
  light.toward_y = std::cos(elevation) * std::sin(azimuth);
  light.toward_z = std::sin(elevation);
  light.intensity = random.Uniform(0.88, 1.1);
  const auto warmth = static_cast<float>(random.Uniform(-0.025, 0.025));
  light.colour = {1 + warmth, 1, 1 - warmth};
  return light;
}

}  // namespace

Scene DrawScene(int size_px, Random& random) {
  Scene scene;
  const int canvas_px = size_px * kOversampling;
  scene.canvas = {canvas_px, canvas_px};
  scene.centre = {canvas_px * random.Uniform(0.47, 0.53), canvas_px * random.Uniform(0.47, 0.53)};
  scene.unit_px = canvas_px * random.Uniform(0.385, 0.4);
  const double angle = random.Uniform(-7, 7) * kDegree;
  scene.cosine = std::cos(angle);
  scene.sine = std::sin(angle);
  scene.light = DrawLight(random);
  const auto metal = static_cast<float>(random.Uniform(0.92, 1.0));
  scene.metal = {metal, metal * 0.995F, metal * 0.985F};
  const auto mat = static_cast<float>(random.Uniform(0.94, 1.06));
  scene.mat = {mat * 0.335F, mat * 0.375F, mat * 0.41F};
  scene.texture_seed = random.Bits();
  scene.noise_seed = random.Bits();
  return scene;
}

}  // namespace touchstone
