#pragma once

#include <kainjow/mustache.hpp>
#include <vector>

#include "touchstone/report/report_page.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// Which columns the table of images has.
struct PageColumns {
  bool has_pictures = false;
  bool has_p = false;
  bool has_regions = false;
  bool has_outcome = false;  ///< verdicts, and ground truth to compare them with
};

/// The table of images for the template: one object a row, in the order of `images`. The first
/// kMaxReportPictures get pictures. Sets `columns->has_pictures` if there were any.
kainjow::mustache::data PageRows(const std::vector<const ImageResult*>& images,
                                 const std::function<ReportPictures(const ImageResult&)>& pictures,
                                 PageColumns* columns);

}  // namespace touchstone
