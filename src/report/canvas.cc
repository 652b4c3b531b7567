#include "report/canvas.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "report/letters.h"

namespace touchstone {
namespace {

// OpenCV draws on memory that it does not own.
cv::Mat Pixels(Image* image) { return {image->size.height, image->size.width, CV_8UC3, image->rgb8.data()}; }

cv::Scalar Scalar(Colour colour) { return {double(colour[0]), double(colour[1]), double(colour[2])}; }

cv::Rect Rectangle(const Rect& place) { return {place.x, place.y, place.width, place.height}; }

}  // namespace

Colour HeatColour(float heat) {
  static const std::array<Colour, 256> colours = [] {
    cv::Mat gray(1, 256, CV_8U), plasma;
    for (int i = 0; i < 256; ++i) gray.at<std::uint8_t>(i) = static_cast<std::uint8_t>(i);
    cv::applyColorMap(gray, plasma, cv::COLORMAP_PLASMA);
    std::array<Colour, 256> table{};
    for (int i = 0; i < 256; ++i) {
      const auto& bgr = plasma.at<cv::Vec3b>(i);
      table[i] = {bgr[2], bgr[1], bgr[0]};
    }
    return table;
  }();
  return colours[static_cast<std::size_t>(heat * 255 + 0.5F)];
}

Canvas::Canvas(Size size, Colour background) {
  image_.size = size;
  image_.rgb8.resize(static_cast<std::size_t>(size.width) * size.height * 3);
  Fill({0, 0, size.width, size.height}, background);
}

Canvas::Canvas(Image picture) : image_(std::move(picture)) {}

void Canvas::Paste(const Image& picture, const Rect& place) {
  PastePart(picture, {0, 0, picture.size.width, picture.size.height}, place);
}

void Canvas::PastePart(const Image& picture, const Rect& part, const Rect& place) {
  cv::Mat pixels = Pixels(&image_);
  const cv::Rect whole(0, 0, pixels.cols, pixels.rows), shown = Rectangle(place) & whole;
  if (shown.empty()) return;
  const cv::Mat from(picture.size.height, picture.size.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.rgb8.data()));
  const bool shrinks = place.width < part.width || place.height < part.height;
  cv::Mat resized;
  cv::resize(from(Rectangle(part)), resized, cv::Size(place.width, place.height), 0, 0,
             shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  resized(shown - cv::Point(place.x, place.y)).copyTo(pixels(shown));
}

void Canvas::Fill(const Rect& place, Colour colour) {
  cv::rectangle(Pixels(&image_), Rectangle(place), Scalar(colour), cv::FILLED);
}

void Canvas::Frame(const Rect& place, int width_px) {
  for (int i = 1; i <= 2 * width_px; ++i) {
    const cv::Rect ring(place.x - i, place.y - i, place.width + 2 * i, place.height + 2 * i);
    cv::rectangle(Pixels(&image_), ring, Scalar(i <= width_px ? kBlack : kWhite), 1);
  }
}

void Canvas::Text(int x, int y, const std::string& text, int height_px) {
  WriteLetters(text, x, y, height_px, &image_);
}

int Canvas::TextWidth(const std::string& text, int height_px) { return LettersWidth(text, height_px); }

std::string Canvas::FitText(const std::string& text, int height_px, int width_px) {
  if (TextWidth(text, height_px) <= width_px) return text;
  const std::vector<std::string> characters = Characters(text);
  const std::string dots = "\u2026";
  std::string end;
  for (auto character = characters.rbegin(); character != characters.rend(); ++character) {
    if (TextWidth(dots + *character + end, height_px) > width_px) break;
    end = *character + end;
  }
  return dots + end;
}

}  // namespace touchstone
