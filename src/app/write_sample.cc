#include "touchstone/app/write_sample.h"

#include <string>
#include <vector>

#include "app/output_folder.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/map_file.h"
#include "touchstone/sample/generator.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr int kPngCompression = 6;

Image AsImage(const Mask& mask) {
  Image image{mask.size, 8, {}, {}, false};
  for (const std::uint8_t value : mask.values) image.rgb8.insert(image.rgb8.end(), 3, value);
  return image;
}

void CheckTarget(const WriteSampleOptions& options) {
  std::error_code error;
  if (!fs::exists(options.output, error)) return;
  if (!fs::is_directory(options.output, error)) {
    throw Error(ErrorCode::kUsage, "exists and is not a folder; name another", options.output);
  }
  if (fs::is_empty(options.output, error)) return;
  const fs::path readme = options.output / "README.txt";
  const bool ours = fs::is_regular_file(readme, error) &&
                    fs::file_size(readme, error) == kSampleReadme.size() &&
                    ReadFile(readme) == Bytes(kSampleReadme.begin(), kSampleReadme.end());
  if (!ours || !options.force) {
    throw Error(ErrorCode::kUsage,
                ours ? "holds a sample set already; give --force to write it again, or name another folder"
                     : "exists, is not empty and holds no sample set of ours; name another folder",
                options.output);
  }
}

}  // namespace

std::size_t WriteSample(const WriteSampleOptions& options, ProgressSink& progress) {
  CheckTarget(options);
  const SampleOptions drawing{options.size, options.seed};
  const std::vector<SampleItem> items = ListSample();
  (void)DrawSample(items.front(), drawing);  // checks the options before a folder is made
  std::error_code error;
  fs::create_directories(options.output, error);
  if (error) throw Error(ErrorCode::kIo, "cannot be created: " + error.message(), options.output);
  progress.Begin("sample", 0);
  ParallelFor(items.size(), [&](std::size_t i) {
    const SampleImage drawn = DrawSample(items[i], drawing);
    WriteBelow(options.output, items[i].path, EncodePng(drawn.image, kPngCompression));
    if (drawn.mask)
      WriteBelow(options.output, items[i].mask_path, EncodePng(AsImage(*drawn.mask), kPngCompression));
  });
  progress.End();
  WriteFileAtomically(options.output / "README.txt", std::string_view(kSampleReadme));
  return items.size();
}

}  // namespace touchstone
