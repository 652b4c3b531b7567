// Reading, resizing, smoothing and writing of 1024x1024 pictures. `worst` is the largest difference from the
// reference: decoded against what was encoded (JPEG is lossy), resize against the formula of resize.h written
// down, and against OpenCV's INTER_AREA, which is another filter and no reference.

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "bench_main.h"
#include "image/resize_reference.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/reader.h"
#include "touchstone/image/resize.h"
#include "touchstone/methods/anomaly_map.h"
#include "touchstone/sample/generator.h"

namespace touchstone {
namespace {

constexpr Size kNetworkInput{256, 256};
constexpr double kSigma = 4;

const Image& Picture() {
  static const Image image = [] {
    SampleOptions options;
    options.size_px = 1024;
    return DrawSample(ListSample().front(), options).image;
  }();
  return image;
}

PixelView<std::uint8_t> View(const Image& image) { return {image.rgb8.data(), image.size, 3}; }

template <typename Value>
double Worst(const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) throw std::runtime_error("two results differ in length");
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return worst;
}

std::vector<std::uint8_t> ResizedByOpenCv() {
  const Image& image = Picture();
  const cv::Mat from(image.size.height, image.size.width, CV_8UC3,
                     const_cast<std::uint8_t*>(image.rgb8.data()));
  std::vector<std::uint8_t> values(std::size_t{3} * kNetworkInput.width * kNetworkInput.height);
  cv::Mat to(kNetworkInput.height, kNetworkInput.width, CV_8UC3, values.data());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
  return values;
}

/// Any map of the network's input.
ScoreMap GridMap(Size size) {
  ScoreMap map{size, {}};
  for (int i = 0; i < size.width * size.height; ++i) map.values.push_back(static_cast<float>(i * 7919 % 511));
  return map;
}

/// Smooth by its formula, in double: both passes with the kernel of anomaly_map.h.
std::vector<float> SmoothReference(const ScoreMap& map) {
  const int radius = static_cast<int>(4 * kSigma + 0.5);
  const auto reflected = [](int i, int n) { return i < 0 ? -i - 1 : i >= n ? 2 * n - i - 1 : i; };
  std::vector<double> values(map.values.begin(), map.values.end());
  for (const bool along_x : {true, false}) {
    std::vector<double> next(values.size());
    for (int y = 0; y < map.size.height; ++y) {
      for (int x = 0; x < map.size.width; ++x) {
        double sum = 0, weights = 0;
        for (int d = -radius; d <= radius; ++d) {
          const double weight = std::exp(-d * d / (2 * kSigma * kSigma));
          const int from_x = along_x ? reflected(x + d, map.size.width) : x;
          const int from_y = along_x ? y : reflected(y + d, map.size.height);
          sum += weight * values[from_y * map.size.width + from_x];
          weights += weight;
        }
        next[y * map.size.width + x] = sum / weights;
      }
    }
    values = next;
  }
  return {values.begin(), values.end()};
}

double WorstOfSmooth() {
  const ScoreMap map = GridMap(kNetworkInput);
  return Worst(Smooth(map, kSigma).values, SmoothReference(map));
}

double WorstOfResize() {
  return Worst(ResizeAntialiased(View(Picture()), kNetworkInput),
               ResizeAntialiasedReference(View(Picture()), kNetworkInput));
}

double WorstOfRoundTrip(const Bytes& file) { return Worst(DecodeImage(file, "a file").rgb8, Picture().rgb8); }

void Check() {
  if (WorstOfResize() != 0) throw std::runtime_error("the resize differs from its formula");
  if (WorstOfSmooth() > 0.01) throw std::runtime_error("the smoothing differs from its formula");
  if (WorstOfRoundTrip(EncodePng(Picture(), 1)) != 0) throw std::runtime_error("PNG loses something");
}

void Decode(benchmark::State& state, const Bytes& file) {
  for (auto _ : state) benchmark::DoNotOptimize(DecodeImage(file, "a file"));
  state.counters["worst"] = WorstOfRoundTrip(file);
}

void BM_DecodePng(benchmark::State& state) { Decode(state, EncodePng(Picture(), 6)); }
void BM_DecodeJpeg(benchmark::State& state) { Decode(state, EncodeJpeg(Picture(), 90)); }

void BM_EncodePng(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(EncodePng(Picture(), 1));
  state.counters["worst"] = WorstOfRoundTrip(EncodePng(Picture(), 1));
}

void BM_ResizeToNetwork(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ResizeAntialiased(View(Picture()), kNetworkInput));
  state.counters["worst"] = WorstOfResize();
}

void BM_ResizeOpenCvArea(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ResizedByOpenCv());
  state.counters["worst"] =
      Worst(ResizedByOpenCv(), ResizeAntialiasedReference(View(Picture()), kNetworkInput));
}

void BM_Smooth(benchmark::State& state) {
  const ScoreMap map = GridMap(kNetworkInput);
  for (auto _ : state) benchmark::DoNotOptimize(Smooth(map, kSigma));
  state.counters["worst"] = WorstOfSmooth();
}

void BM_MakeAnomalyMap(benchmark::State& state) {
  const MapGeometry geometry{kNetworkInput, {0, 0, kNetworkInput.width, kNetworkInput.height}, kSigma};
  const std::vector<ScoreMap> grids = {GridMap({64, 64})};
  for (auto _ : state) benchmark::DoNotOptimize(MakeAnomalyMap(grids, geometry, Picture().size));
  state.counters["worst"] = Worst(MakeAnomalyMap(grids, geometry, kNetworkInput).values,
                                  SmoothReference(ResizeMap(grids[0], kNetworkInput)));
}

BENCHMARK(BM_DecodePng)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DecodeJpeg)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_EncodePng)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ResizeToNetwork)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ResizeOpenCvArea)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Smooth)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_MakeAnomalyMap)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) { return touchstone::RunBenchmarks(argc, argv, &touchstone::Check); }
