#include "opencv_codecs.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "decode.h"

namespace touchstone {
namespace {

// Three channels whatever the file holds, alpha gone, in the file's depth. Not IMREAD_UNCHANGED: by that a
// BMP with an OS/2 header loses its colours.
constexpr int kFlags = cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH | cv::IMREAD_IGNORE_ORIENTATION;

Image ToRgb(const cv::Mat& bgr) {
  Image image = MakeImage({bgr.cols, bgr.rows}, bgr.depth() == CV_8U ? 8 : 16);
  void* pixels = bgr.depth() == CV_8U ? static_cast<void*>(image.rgb8.data()) : image.rgb16.data();
  cv::Mat rgb(bgr.size(), bgr.type(), pixels);
  constexpr int kFromTo[] = {0, 2, 1, 1, 2, 0};
  cv::mixChannels(&bgr, 1, &rgb, 1, kFromTo, 3);  // on this thread alone, which cvtColor is not
  return image;
}

Image Decode(const Bytes& file) {
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::uint8_t*>(file.data()));
  const cv::Mat bgr = cv::imdecode(bytes, kFlags);
  return bgr.type() == CV_8UC3 || bgr.type() == CV_16UC3 ? ToRgb(bgr) : Image{};
}

}  // namespace
}  // namespace touchstone

const touchstone::OpenCvCodecs touchstone_imgcodecs = {&touchstone::Decode};
