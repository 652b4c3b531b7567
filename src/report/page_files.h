#pragma once

#include <string_view>

namespace touchstone {

// The files of src/report/page and the chart library, as the build found them (embed.cmake).
extern const std::string_view kPageTemplate;
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;
extern const std::string_view kChartLibrary;

}  // namespace touchstone
