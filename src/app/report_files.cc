#include "app/report_files.h"

#include "app/evaluated_images.h"
#include "app/inputs.h"
#include "app/mask_reader.h"
#include "app/output_folder.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/image/map_file.h"
#include "touchstone/report/thumbnail.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

std::string ThumbnailName(const char* kind, const std::string& image_path) {
  return std::string("thumbnails/") + kind + "/" + OutputStem(image_path) + ".webp";
}

// The file, or nothing: a page without a picture is better than none.
Bytes ReadThumbnail(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  try {
    return ReadFile(file, kMaxThumbnailBytes);
  } catch (const Error&) {
    return {};
  }
}

Bytes ReadMaskThumbnail(const std::vector<fs::path>& masks) {
  try {
    return MakeMaskThumbnail(MaskReader().Read(masks));
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

ReportPictures MakeThumbnails(const Image& photo, const ScoreMap& map, HeatmapOptions options,
                              std::size_t max_bytes) {
  options.style = HeatmapStyle::kOverlay;  // of the photograph's size, whatever the files are like
  const Image small = MakePreview(photo, options.white_level, ThumbnailSide(max_bytes));
  const Image heatmap = DrawHeatmap(small, ResizeMap(map, small.size), options);
  return {MakeThumbnail(small, max_bytes), MakeThumbnail(heatmap, max_bytes), {}};
}

void WriteThumbnails(const fs::path& results_folder, const std::string& image_path,
                     const ReportPictures& pictures) {
  WriteBelow(results_folder, ThumbnailName("photos", image_path), pictures.photo);
  WriteBelow(results_folder, ThumbnailName("heatmaps", image_path), pictures.heatmap);
}

void RemoveThumbnails(const fs::path& results_folder, const std::string& image_path) {
  std::error_code ignored;
  for (const char* kind : {"photos", "heatmaps"})
    fs::remove(results_folder / ThumbnailName(kind, image_path), ignored);
}

void WriteReport(const fs::path& results_folder, const Results& results, const MetricsReport* metrics,
                 const std::map<std::string, std::vector<fs::path>>& masks) {
  const auto pictures = [&](const ImageResult& image) {
    ReportPictures its;
    its.photo = ReadThumbnail(results_folder / ThumbnailName("photos", image.path));
    its.heatmap = ReadThumbnail(results_folder / ThumbnailName("heatmaps", image.path));
    const auto mask = masks.find(image.path);
    if (mask != masks.end() && !its.photo.empty()) its.mask = ReadMaskThumbnail(mask->second);
    return its;
  };
  WriteFileAtomically(results_folder / "report.html", RenderReportPage(results, metrics, pictures));
}

void RewriteReport(const EvaluateOptions& options, const MetricsReport& metrics) {
  std::map<std::string, std::vector<fs::path>> masks;
  for (const auto& category : ImagesOfResults(options).categories) {
    for (const EvaluatedImage& image : category.second.images) {
      if (!image.masks.empty()) masks[image.name] = image.masks;
    }
  }
  WriteReport(options.results, ReadResults(options.results), &metrics, masks);
}

}  // namespace touchstone
