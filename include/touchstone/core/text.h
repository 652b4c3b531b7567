#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// Text for a person's eyes: each control character (below 0x20, and 0x7f) becomes '?', so that a name that
/// somebody else chose cannot steer a terminal, forge a line or split a column. All other bytes stay.
std::string Printable(const std::string& text);

/// The first three names, for a message that names many: "a, b, c, ...".
std::string FirstNames(const std::vector<std::string>& names);

/// A number in at most six digits, as C's %g: "0.3", "1e-05".
std::string ShortText(double number);

/// "640x480".
std::string SizeText(Size size);

/// "1 image", "2 images": a number with the word for one or for more.
std::string CountText(std::size_t count, const std::string& one, const std::string& more);

}  // namespace touchstone
