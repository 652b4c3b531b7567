#pragma once

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"
#include "touchstone/core/late_library.h"

namespace touchstone {

/// What the late library libtouchstone_imgcodecs.so does for this room.
struct OpenCvCodecs {
  /// OpenCV's imdecode: samples as it gives them, 16 bits where the file has more than 8; an empty image
  /// if it makes nothing of the file. `file` has less than 2^31 bytes. @throws cv::Exception.
  Image (*decode)(const Bytes& file);
};

}  // namespace touchstone

TOUCHSTONE_LATE_EXPORT const touchstone::OpenCvCodecs touchstone_imgcodecs;
