#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "touchstone/core/file.h"
#include "touchstone/report/metrics_report.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// Only the images with the highest scores get pictures, and only so many get a row: a page of any run stays
/// below 5 MB, and the page says what it leaves out.
inline constexpr std::size_t kMaxReportPictures = 500;
inline constexpr std::size_t kMaxReportRows = 2000;

/// Small pictures of one image (report/thumbnail.h), as files; empty where there is none.
struct ReportPictures {
  Bytes photo;    ///< WebP
  Bytes heatmap;  ///< WebP
  Bytes mask;     ///< PNG
};

/// report.html: one page that holds everything it shows and loads nothing. Names and messages are shown as
/// text, whatever they hold; links go to files of the results folder, relative to it.
///
/// @param results   complete or not; the order of its images does not matter.
/// @param metrics   of these results, or nullptr where they were not evaluated.
/// @param pictures  called for the images with a row and pictures, worst first.
/// The same bytes for the same arguments. Time and memory O(images + the page's size).
std::string RenderReportPage(const Results& results, const MetricsReport* metrics,
                             const std::function<ReportPictures(const ImageResult&)>& pictures);

}  // namespace touchstone
