#pragma once

#include <cstdint>
#include <random>

namespace touchstone {

/// Random numbers that are the same everywhere: the standard fixes the outputs of std::mt19937 and
/// std::seed_seq, but not those of its distributions, so the arithmetic on top is here.
class Random {
 public:
  /// Streams of different (seed, number, stream) have nothing in common.
  Random(std::uint64_t seed, int number, int stream);

  double Uniform(double low, double high);  ///< in [low, high)
  int Below(int limit);                     ///< in [0, limit)
  std::uint32_t Bits();                     ///< 32 of them

 private:
  std::mt19937 engine_;
};

/// Noise without a state: a function of its arguments only, uniform in [-1, 1).
float HashNoise(std::uint32_t seed, std::int32_t x, std::int32_t y);

/// HashNoise at integer points, smooth in between; in [-1, 1].
float SmoothNoise(std::uint32_t seed, float x, float y);

/// Near-normal noise of mean 0 and standard deviation 1 (a sum of four), within 3.5.
float SensorNoise(std::uint32_t seed, std::int32_t x, std::int32_t y);

}  // namespace touchstone
