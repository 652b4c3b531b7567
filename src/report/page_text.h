#pragma once

#include <string>

#include "touchstone/core/file.h"
#include "touchstone/metrics/metric.h"

namespace touchstone {

/// Text from outside as a page may show it: valid UTF-8 (what is not, is U+FFFD), without control characters
/// (U+FFFD too, new lines included) and without the characters that turn the direction of text, with which a
/// name can show another extension than it has. Not escaped for HTML: the template does that.
std::string DisplayText(const std::string& text);

/// A relative link to the file of this name: every byte but letters, digits and "-._~/" is %XX.
std::string LinkTo(const std::string& relative_path);

/// RFC 4648, with padding.
std::string Base64(const Bytes& bytes);

/// A number to be read and compared at a glance: 4 significant digits, or all digits before the point.
std::string ShortNumber(double value);

/// A share as percent with two decimals, without the sign; "-" where there is none.
std::string PercentText(const Metric& metric);

/// Its interval, with one decimal at most: "97.1-99.5", "99.2-100"; empty where there is none.
std::string PercentInterval(const Metric& metric);

}  // namespace touchstone
