#include "raster.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace touchstone {
namespace {

constexpr int kSubpixelBits = 4;

cv::Mat View(Field& field) { return {field.size.height, field.size.width, CV_32F, field.values.data()}; }

// OpenCV has no const matrix header; callers only read from this one.
cv::Mat View(const Field& field) {
  return {field.size.height, field.size.width, CV_32F, const_cast<float*>(field.values.data())};
}

cv::Point Subpixel(Point point) {
  constexpr double kScale = 1 << kSubpixelBits;
  return {static_cast<int>(std::lround(point.x * kScale)), static_cast<int>(std::lround(point.y * kScale))};
}

cv::Mat AboveHalf(const Field& field) {
  cv::Mat mask;
  cv::compare(View(field), 0.5, mask, cv::CMP_GT);
  return mask;
}

}  // namespace

Field Blur(const Field& field, double sigma) {
  Field blurred(field.size, 0);
  cv::Mat out = View(blurred);
  cv::GaussianBlur(View(field), out, cv::Size(), sigma, sigma, cv::BORDER_REPLICATE);
  return blurred;
}

Field Shift(const Field& field, double dx, double dy) {
  const auto x_offset = static_cast<int>(std::lround(dx));
  const auto y_offset = static_cast<int>(std::lround(dy));
  Field shifted(field.size, 0);
  for (int y = 0; y < field.size.height; ++y) {
    const int from_y = std::clamp(y - y_offset, 0, field.size.height - 1);
    for (int x = 0; x < field.size.width; ++x) {
      shifted.at(x, y) = field.at(std::clamp(x - x_offset, 0, field.size.width - 1), from_y);
    }
  }
  return shifted;
}

void DrawStroke(Field& field, Point from, Point to, double width, double strength) {
  const int thickness = std::max(1, static_cast<int>(std::lround(width)));
  const int margin = thickness + 2;
  const cv::Rect whole(0, 0, field.size.width, field.size.height);
  const cv::Point low(static_cast<int>(std::min(from.x, to.x)) - margin,
                      static_cast<int>(std::min(from.y, to.y)) - margin);
  const cv::Point high(static_cast<int>(std::max(from.x, to.x)) + margin,
                       static_cast<int>(std::max(from.y, to.y)) + margin);
  const cv::Rect box = cv::Rect(low, high) & whole;
  if (box.empty()) return;
  const Point corner{static_cast<double>(box.x), static_cast<double>(box.y)};
  cv::Mat stroke(box.size(), CV_8U, cv::Scalar(0));  // OpenCV antialiases 8-bit images only
  cv::line(stroke, Subpixel({from.x - corner.x, from.y - corner.y}),
           Subpixel({to.x - corner.x, to.y - corner.y}), cv::Scalar(255), thickness, cv::LINE_AA,
           kSubpixelBits);
  cv::Mat scaled;
  stroke.convertTo(scaled, CV_32F, strength / 255);
  cv::Mat target = View(field)(box);
  cv::max(target, scaled, target);
}

Field FillPolygon(Size size, const std::vector<Point>& corners) {
  std::vector<cv::Point> points;
  for (const Point& corner : corners) points.push_back(Subpixel(corner));
  Field filled(size, 0);
  cv::Mat out = View(filled);
  cv::fillPoly(out, std::vector<std::vector<cv::Point>>{points}, cv::Scalar(1), cv::LINE_8, kSubpixelBits);
  return filled;
}

Field DistanceTo(const Field& field) {
  cv::Mat elsewhere;
  cv::bitwise_not(AboveHalf(field), elsewhere);
  Field distance(field.size, 0);
  cv::Mat out = View(distance);
  cv::distanceTransform(elsewhere, out, cv::DIST_L2, cv::DIST_MASK_PRECISE, CV_32F);
  return distance;
}

Field Reduce(const Field& field, int factor) {
  Field reduced({field.size.width / factor, field.size.height / factor}, 0);
  const float share = 1.0F / static_cast<float>(factor * factor);
  for (int y = 0; y < reduced.size.height * factor; ++y) {
    for (int x = 0; x < reduced.size.width * factor; ++x) {
      reduced.at(x / factor, y / factor) += field.at(x, y) * share;
    }
  }
  return reduced;
}

Mask OutlineOf(const Field& field, int gap, double min_area) {
  cv::Mat closed = AboveHalf(field);
  const cv::Mat disc = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * gap + 1, 2 * gap + 1});
  cv::morphologyEx(closed, closed, cv::MORPH_CLOSE, disc);
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(closed, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  Mask mask{field.size, std::vector<std::uint8_t>(field.values.size(), 0)};
  cv::Mat out(field.size.height, field.size.width, CV_8U, mask.values.data());
  for (int i = 0; i < static_cast<int>(contours.size()); ++i) {
    cv::Mat piece(closed.size(), CV_8U, cv::Scalar(0));
    cv::drawContours(piece, contours, i, cv::Scalar(255), cv::FILLED);
    if (cv::countNonZero(piece) >= min_area) cv::bitwise_or(out, piece, out);
  }
  return mask;
}

}  // namespace touchstone
