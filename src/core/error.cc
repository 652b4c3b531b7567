#include "touchstone/core/error.h"

#include <stdexcept>

namespace touchstone {

const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kOption:
      return "option";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kImage:
      return "image";
    case ErrorCode::kModel:
      return "model";
    case ErrorCode::kGallery:
      return "gallery";
    case ErrorCode::kResults:
      return "results";
    case ErrorCode::kShape:
      return "shape";
    case ErrorCode::kNotFinite:
      return "not_finite";
  }
  throw std::logic_error("ErrorCodeName: unknown code");
}

}  // namespace touchstone
