#pragma once

#include <string>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

// Letters of DejaVu Sans, which the program holds (Latin, Greek, Cyrillic and more; no script that needs
// shaping is joined), smooth-edged, by FreeType. A byte that is no UTF-8 shows as U+FFFD, a character that
// the font lacks as an empty box. One line: there are no line ends, and no character turns the direction.

/// How far the pen moves over a text [px]. @param height_px of the capitals, >= 1.
int LettersWidth(const std::string& text, int height_px);

/// Writes black letters onto an 8-bit picture; what lies outside is cut off.
/// @param x          where the pen starts. @param y  of the capitals' upper edge.
void WriteLetters(const std::string& text, int x, int y, int height_px, Image* picture);

/// The characters of a text, one string of UTF-8 each; bytes that are no UTF-8 are one each.
std::vector<std::string> Characters(const std::string& text);

}  // namespace touchstone
