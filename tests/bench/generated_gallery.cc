// generated_gallery FROM OUT COUNT: a gallery of COUNT images for measuring time and memory, made without
// photographs. Features are mixtures of those of two images of the gallery FROM, so they lie where real ones
// lie; what is scored against them means nothing.

#include <random>
#include <string>

#include "bench/tool_main.h"
#include "touchstone/core/file.h"
#include "touchstone/store/gallery.h"

namespace touchstone {
namespace {

void Mix(std::vector<float>& values, const std::vector<float>& others, float share) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += share * (others[i] - values[i]);
}

ImageFeatures Mixture(const Gallery& gallery, std::mt19937& random) {
  ImageFeatures features = gallery.ReadFeatures(random() % gallery.num_images());
  const ImageFeatures others = gallery.ReadFeatures(random() % gallery.num_images());
  const float share = 0.05F + 0.25F * static_cast<float>(random()) / static_cast<float>(std::mt19937::max());
  Mix(features.global, others.global, share);
  for (std::size_t level = 0; level < features.pyramid.size(); ++level)
    Mix(features.pyramid[level].values, others.pyramid[level].values, share);
  return features;
}

void Generate(const std::filesystem::path& from, const std::filesystem::path& to, std::size_t count) {
  constexpr std::uint64_t kMaxPreviewBytes = 1 << 20;
  const Gallery gallery = Gallery::Open(from, GalleryCheck::kDigests);
  GalleryManifest manifest = gallery.manifest();
  manifest.source = "generated from " + from.string();
  manifest.images.clear();
  manifest.segments.clear();
  std::filesystem::create_directories(to);
  GalleryWriter writer(to, manifest);
  writer.StoreExtractor(ReadFile(gallery.extractor_file()));
  const Bytes preview = ReadFile(from / PreviewPath(0), kMaxPreviewBytes);
  std::mt19937 random(0);
  for (std::size_t i = 0; i < count; ++i) {
    GalleryImage image = gallery.manifest().images[0];
    image.path = std::to_string(i) + ".png";
    writer.Add(image, Mixture(gallery, random), preview);
  }
  writer.FinishSegments();
  writer.Finish(manifest.map_scale);
}

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) {
  return touchstone::RunTool(argc, "generated_gallery FROM OUT COUNT",
                             [&] { touchstone::Generate(argv[1], argv[2], std::stoul(argv[3])); });
}
