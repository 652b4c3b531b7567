#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/report/metrics_report.h"
#include "touchstone/report/report_page.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// The small pictures of one image that report.html shows: photograph and overlay, of at most `max_bytes`
/// each.
ReportPictures MakeThumbnails(const Image& photo, const ScoreMap& map, HeatmapOptions options,
                              std::size_t max_bytes);

/// Writes them to RESULTS/thumbnails/photos/<stem>.webp and RESULTS/thumbnails/heatmaps/<stem>.webp. They
/// stay there, so that evaluate can write the page anew without the photographs. @throws Error kIo
void WriteThumbnails(const std::filesystem::path& results_folder, const std::string& image_path,
                     const ReportPictures& pictures);

/// Removes them again.
void RemoveThumbnails(const std::filesystem::path& results_folder, const std::string& image_path);

/// Writes RESULTS/report.html with the thumbnails that are there. @param metrics nullptr before evaluate.
/// @param masks  ground truth by ImageResult::path; one that cannot be read is left out. @throws Error kIo
void WriteReport(const std::filesystem::path& results_folder, const Results& results,
                 const MetricsReport* metrics = nullptr,
                 const std::map<std::string, std::vector<std::filesystem::path>>& masks = {});

}  // namespace touchstone
