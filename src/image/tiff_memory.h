#pragma once

#include <tiffio.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

struct TiffStream;  // the memory that an open TIFF works on, and its last error

// libtiff on memory instead of files, with our own error handling for each open file: nothing is
// printed and no handler of the process is changed. Shared by photographs and score maps.

/// What the tags of the first page say.
struct TiffLayout {
  Size size;
  int bits = 1;              ///< of a sample
  int samples = 1;           ///< of a pixel
  int photometric = 0;       ///< PHOTOMETRIC_*
  int sample_format = 1;     ///< SAMPLEFORMAT_*
  int compression = 1;       ///< COMPRESSION_*
  int orientation = 1;       ///< ORIENTATION_*
  bool is_separate = false;  ///< each sample in a plane of its own
  int sample_bytes() const { return bits / 8; }
};

class TiffReader {
 public:
  /// Opens the first page. @throws Error kImage if it is damaged, or too large (CheckedSize).
  TiffReader(const Bytes& file, const std::filesystem::path& name);

  /// A run of pixels of one row, as they lie in memory in the machine's byte order: `num_pixels`
  /// pixels from (x, y) on, of layout().samples samples (is_separate: of one sample, of `plane`).
  struct Run {
    const std::uint8_t* samples = nullptr;
    int x = 0;
    int y = 0;
    int num_pixels = 0;
    int plane = 0;
  };

  /// Decodes all strips or tiles of planes 0 .. num_planes - 1 and hands them over row by row.
  /// Samples must have whole bytes. @throws Error kImage: missing, short or damaged data.
  void ReadRuns(int num_planes, const std::function<void(const Run&)>& take);

  /// Decodes with libtiff's own conversion to RGB (palettes, YCbCr, 1 to 4 bits), in stored
  /// orientation. @return [height * width], red in the lowest byte.
  std::vector<std::uint32_t> ReadRgba();

  /// @throws Error kImage with libtiff's last message.
  [[noreturn]] void ThrowLastError() const;

  /// Asks libtiff's JPEG codec for RGB instead of YCbCr, and keeps layout() in step.
  void DecodeJpegToRgb();

  const TiffLayout& layout() const { return layout_; }

 private:
  struct Closer {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };
  struct Grid;
  void ReadLayout();
  void CheckTile() const;
  Grid MakeGrid() const;
  void ReadBlock(std::uint32_t x, std::uint32_t y, int plane, const Grid& grid, std::uint8_t* buffer);

  std::filesystem::path name_;
  std::shared_ptr<TiffStream> stream_;  // outlives tiff_
  std::unique_ptr<TIFF, Closer> tiff_;
  TiffLayout layout_;
};

/// One float32 channel, uncompressed, as a whole TIFF file.
/// @throws std::runtime_error if libtiff refuses, which has no cause a user could mend.
Bytes EncodeFloatTiff(const float* values, Size size);

}  // namespace touchstone
