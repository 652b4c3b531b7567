#include "random.h"

#include <cmath>

namespace touchstone {
namespace {

constexpr double kTwoToThe32 = 4294967296.0;

std::mt19937 SeededEngine(std::uint64_t seed, int number, int stream) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(stream)};
  return std::mt19937(sequence);
}

// Spreads every input bit over all output bits: the finaliser of MurmurHash3 (A. Appleby).
std::uint32_t Mix(std::uint32_t bits) {
  bits ^= bits >> 16;
  bits *= 0x85ebca6bU;
  bits ^= bits >> 13;
  bits *= 0xc2b2ae35U;
  bits ^= bits >> 16;
  return bits;
}

std::uint32_t HashOf(std::uint32_t seed, std::int32_t x, std::int32_t y) {
  const std::uint32_t row = Mix(seed + 0x9e3779b9U * static_cast<std::uint32_t>(y));
  return Mix(row + 0x9e3779b9U * static_cast<std::uint32_t>(x));
}

float Fade(float t) { return t * t * (3 - 2 * t); }

}  // namespace

Random::Random(std::uint64_t seed, int number, int stream) : engine_(SeededEngine(seed, number, stream)) {}

double Random::Uniform(double low, double high) { return low + (high - low) * (Bits() / kTwoToThe32); }

int Random::Below(int limit) { return static_cast<int>(Bits() / kTwoToThe32 * limit); }

std::uint32_t Random::Bits() { return static_cast<std::uint32_t>(engine_()); }

float HashNoise(std::uint32_t seed, std::int32_t x, std::int32_t y) {
  constexpr float kHalfRange = 8388608;  // 24 bits fit a float exactly
  return static_cast<float>(HashOf(seed, x, y) >> 8) / kHalfRange - 1;
}

float SmoothNoise(std::uint32_t seed, float x, float y) {
  const float left = std::floor(x);
  const float top = std::floor(y);
  const auto i = static_cast<std::int32_t>(left);
  const auto j = static_cast<std::int32_t>(top);
  const float s = Fade(x - left);
  const float t = Fade(y - top);
  const float upper = HashNoise(seed, i, j) * (1 - s) + HashNoise(seed, i + 1, j) * s;
  const float lower = HashNoise(seed, i, j + 1) * (1 - s) + HashNoise(seed, i + 1, j + 1) * s;
  return upper * (1 - t) + lower * t;
}

float SensorNoise(std::uint32_t seed, std::int32_t x, std::int32_t y) {
  const std::uint32_t bits = HashOf(seed, x, y);
  // Four bytes, each uniform with variance (256^2 - 1) / 12; their mean sum is 510.
  const std::uint32_t sum = (bits & 0xff) + (bits >> 8 & 0xff) + (bits >> 16 & 0xff) + (bits >> 24);
  constexpr float kStandardDeviation = 147.8F;
  return (static_cast<float>(sum) - 510) / kStandardDeviation;
}

}  // namespace touchstone
