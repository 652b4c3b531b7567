#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "touchstone/core/image.h"

namespace touchstone {

using Colour = std::array<std::uint8_t, 3>;  ///< RGB

constexpr Colour kBlack{0, 0, 0}, kWhite{255, 255, 255};

/// matplotlib's perceptually uniform "plasma". @param heat in 0..1.
Colour HeatColour(float heat);

/// An 8-bit picture that things are drawn on. What does not fit on it is cut off.
class Canvas {
 public:
  Canvas(Size size, Colour background);
  explicit Canvas(Image picture);  ///< draws on an 8-bit picture

  /// Puts a picture, or a part of it, resized to the size of `place` onto it.
  void Paste(const Image& picture, const Rect& place);
  void PastePart(const Image& picture, const Rect& part, const Rect& place);
  void Fill(const Rect& place, Colour colour);
  /// A black line around the rectangle and a white one around that, each `width_px` wide: one of the two
  /// shows on any background.
  void Frame(const Rect& place, int width_px);

  /// One line of text, black (letters.h).
  /// @param y         where the capitals' upper edge is.
  /// @param height_px of the capitals.
  void Text(int x, int y, const std::string& text, int height_px);
  static int TextWidth(const std::string& text, int height_px);
  /// The text, or an ellipsis and as much of its end as is not wider than this: the end of a path says most.
  static std::string FitText(const std::string& text, int height_px, int width_px);

  const Size& size() const { return image_.size; }
  Image Take() { return std::move(image_); }

 private:
  Image image_;
};

}  // namespace touchstone
