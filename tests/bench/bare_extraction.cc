// bare_extraction MODEL FOLDER SIDE LEVEL: what no fit of FOLDER can do without, to be timed as a process:
// loads the network, reads all images, resizes them to SIDE x SIDE and runs them up to LEVEL, one pass a
// thread. Keeps nothing.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/tool_main.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/list.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/image/reader.h"

namespace touchstone {
namespace {

void ExtractAll(const char* model, const char* folder, int side, int level) {
  const Extractor extractor = Extractor::Load(model, {level, false});
  (void)extractor.info().levels.at(static_cast<std::size_t>(level) - 1);
  Preprocessing preprocessing;
  preprocessing.resize = Size{side, side};
  preprocessing.crop.reset();
  preprocessing.mean = extractor.info().mean;
  preprocessing.stddev = extractor.info().stddev;
  const std::vector<ListedImage> images = ListImages(folder).images;
  std::vector<double> sums(images.size());
  ParallelFor(images.size(), [&](std::size_t i) {
    const std::vector<float> input = Preprocess(ReadImage(images[i].file), preprocessing);
    const ImageFeatures features = extractor.Extract(input, NetworkInputSize(preprocessing));
    for (const float value : features.pyramid[static_cast<std::size_t>(level) - 1].values) sums[i] += value;
  });
  double sum = 0;
  for (const double of_image : sums) sum += of_image;
  std::printf("%zu images, sum of level %d: %.6g\n", images.size(), level, sum);
}

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) {
  const int code = touchstone::RunTool(argc, "bare_extraction MODEL FOLDER SIDE LEVEL", [&] {
    touchstone::WithThreads(
        0, [&] { touchstone::ExtractAll(argv[1], argv[2], std::stoi(argv[3]), std::stoi(argv[4])); });
  });
  std::fflush(stdout);
  std::_Exit(code);  // as touchstone ends
}
