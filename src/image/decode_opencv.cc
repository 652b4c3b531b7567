#include <limits>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "decode.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

Image DecodeWithOpenCv(const Bytes& file, Size size, const fs::path& name) {
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(ErrorCode::kImage, "has 2^31 bytes or more: cut or shrink the image", name);
  }
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::uint8_t*>(file.data()));
  try {
    const cv::Mat bgr = cv::imdecode(bytes, kFlags);
    const bool is_whole = bgr.cols == size.width && bgr.rows == size.height;
    if (!is_whole || (bgr.type() != CV_8UC3 && bgr.type() != CV_16UC3)) {
      ThrowDamaged("OpenCV makes nothing of it", name);
    }
    return ToRgb(bgr);
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    ThrowDamaged("OpenCV: " + error.err, name);
  }
}

std::string OpenCvVersion() { return cv::getVersionString(); }

}  // namespace touchstone
