#include <limits>
#include <new>
#include <opencv2/core.hpp>
#include <string>

#include "decode.h"
#include "opencv_codecs.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

const OpenCvCodecs& Codecs() {
  static const auto& codecs =
      LateFunctions<OpenCvCodecs>("libtouchstone_imgcodecs.so", "touchstone_imgcodecs");
  return codecs;
}

}  // namespace

Image DecodeWithOpenCv(const Bytes& file, Size size, const std::filesystem::path& name) {
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(ErrorCode::kImage, "has 2^31 bytes or more: cut or shrink the image", name);
  }
  try {
    Image image = Codecs().decode(file);
    if (image.size != size) ThrowDamaged("OpenCV makes nothing of it", name);
    return image;
  } catch (const cv::Exception& error) {
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    ThrowDamaged("OpenCV: " + error.err, name);
  }
}

std::string OpenCvVersion() { return cv::getVersionString(); }

}  // namespace touchstone
