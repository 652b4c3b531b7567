#include "touchstone/metrics/regions.h"

#include <cstddef>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

void RequireShape(const Mask& mask) {
  const Size& size = mask.size;
  const bool is_possible = size.width >= 0 && size.height >= 0;
  if (is_possible && mask.values.size() == static_cast<std::size_t>(size.width) * size.height) return;
  throw Error(ErrorCode::kShape,
              "a mask of " + std::to_string(mask.values.size()) + " values: must be " + SizeText(size));
}

// Gives the labels the order of the regions' first pixels, so that they do not depend on how
// OpenCV splits the work, and counts the areas on the way.
void NumberInRasterOrder(int num_labels, Regions& regions) {
  std::vector<std::int32_t> new_label(num_labels, 0);
  for (std::int32_t& label : regions.labels) {
    if (label == 0) continue;
    if (new_label[label] == 0) {
      regions.areas.push_back(0);
      new_label[label] = static_cast<std::int32_t>(regions.areas.size());
    }
    label = new_label[label];
    ++regions.areas[label - 1];
  }
}

}  // namespace

Regions LabelRegions(const Mask& mask) {
  RequireShape(mask);
  Regions regions;
  regions.size = mask.size;
  regions.labels.resize(mask.values.size());
  if (regions.labels.empty()) return regions;
  try {
    // OpenCV has no const matrix header; it only reads this one.
    const cv::Mat defects(mask.size.height, mask.size.width, CV_8U,
                          const_cast<std::uint8_t*>(mask.values.data()));
    cv::Mat labels(mask.size.height, mask.size.width, CV_32S, regions.labels.data());
    constexpr int kEightConnected = 8;
    NumberInRasterOrder(cv::connectedComponents(defects, labels, kEightConnected, CV_32S), regions);
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::kShape, "cannot tell the regions of a mask apart: " + error.err);
  }
  return regions;
}

}  // namespace touchstone
