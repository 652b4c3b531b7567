#include "tiff_memory.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "decode.h"

namespace touchstone {

namespace fs = std::filesystem;

namespace {

constexpr tmsize_t kMaxAllocation = tmsize_t{1} << 31;  // holds the largest image that CheckedSize admits
constexpr std::uint64_t kUsualTilePixels = std::uint64_t{1} << 22;  // 2048x2048
constexpr std::uint32_t kStripBytes = 1U << 20;  // few strips, each a moderate buffer for a reader

}  // namespace

// A file in memory: `source` when reading, `target` when writing.
struct TiffStream {
  const Bytes* source = nullptr;
  Bytes* target = nullptr;
  std::uint64_t position = 0;
  bool is_reading_pixels = false;  // then a warning counts as an error
  bool has_failed = false;
  char message[256] = "libtiff gives no reason";

  std::uint64_t size() const { return source != nullptr ? source->size() : target->size(); }

  static TiffStream* From(thandle_t handle) { return static_cast<TiffStream*>(handle); }
  static tmsize_t Read(thandle_t handle, void* bytes, tmsize_t num_bytes);
  static tmsize_t Write(thandle_t handle, void* bytes, tmsize_t num_bytes);
  static toff_t Seek(thandle_t handle, toff_t offset, int whence);
  static int Close(thandle_t) { return 0; }
  static toff_t GetSize(thandle_t handle) { return From(handle)->size(); }
  static int Map(thandle_t handle, void** base, toff_t* size);
  static void Unmap(thandle_t, void*, toff_t) {}
  static int OnError(TIFF*, void* self, const char* module, const char* format, va_list arguments);
  static int OnWarning(TIFF*, void* self, const char* module, const char* format, va_list arguments);
  static TIFF* Open(TiffStream& stream, const char* mode);
};

tmsize_t TiffStream::Read(thandle_t handle, void* bytes, tmsize_t num_bytes) {
  TiffStream& self = *From(handle);
  if (self.position >= self.size() || num_bytes <= 0) return 0;
  const std::uint64_t count = std::min<std::uint64_t>(num_bytes, self.size() - self.position);
  const std::uint8_t* from = (self.source != nullptr ? *self.source : *self.target).data();
  std::memcpy(bytes, from + self.position, count);
  self.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t TiffStream::Write(thandle_t handle, void* bytes, tmsize_t num_bytes) {
  TiffStream& self = *From(handle);
  if (self.target == nullptr || num_bytes <= 0) return 0;
  const std::uint64_t end = self.position + static_cast<std::uint64_t>(num_bytes);
  if (end > self.target->size()) self.target->resize(end);
  std::memcpy(self.target->data() + self.position, bytes, num_bytes);
  self.position = end;
  return num_bytes;
}

toff_t TiffStream::Seek(thandle_t handle, toff_t offset, int whence) {
  TiffStream& self = *From(handle);
  if (whence == SEEK_SET) self.position = offset;
  if (whence == SEEK_CUR) self.position += offset;
  if (whence == SEEK_END) self.position = self.size() + offset;
  return self.position;
}

int TiffStream::Map(thandle_t handle, void** base, toff_t* size) {
  TiffStream& self = *From(handle);
  if (self.source == nullptr) return 0;
  *base = const_cast<std::uint8_t*>(self.source->data());  // libtiff only reads what it maps
  *size = self.source->size();
  return 1;
}

int TiffStream::OnError(TIFF*, void* self, const char*, const char* format, va_list arguments) {
  auto* stream = static_cast<TiffStream*>(self);
  if (!stream->has_failed) std::vsnprintf(stream->message, sizeof(stream->message), format, arguments);
  stream->has_failed = true;
  return 1;  // done: not to the handler of the process as well
}

int TiffStream::OnWarning(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments) {
  if (!static_cast<TiffStream*>(self)->is_reading_pixels) return 1;
  return OnError(tiff, self, module, format, arguments);
}

TIFF* TiffStream::Open(TiffStream& stream, const char* mode) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &OnError, &stream);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &OnWarning, &stream);
  return TIFFClientOpenExt("", mode, &stream, &Read, &Write, &Seek, &Close, &GetSize, &Map, &Unmap,
                           options.get());
}

// How the image is cut: strips are blocks of full width.
struct TiffReader::Grid {
  bool is_tiled = false;
  std::uint32_t block_width = 0;
  std::uint32_t block_height = 0;
  std::uint64_t row_bytes = 0;  // of a block
};

TiffReader::TiffReader(const Bytes& file, const fs::path& name)
    : name_(name), stream_(std::make_shared<TiffStream>()) {
  stream_->source = &file;
  tiff_.reset(TiffStream::Open(*stream_, "r"));
  if (!tiff_) ThrowLastError();
  ReadLayout();
}

void TiffReader::ThrowLastError() const { ThrowDamaged(std::string("libtiff: ") + stream_->message, name_); }

void TiffReader::ReadLayout() {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &height);
  layout_.size = CheckedSize(width, height, name_);
  const auto get = [this](std::uint32_t tag, int fallback) {
    std::uint16_t value = 0;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? static_cast<int>(value) : fallback;
  };
  layout_.bits = get(TIFFTAG_BITSPERSAMPLE, 1);
  layout_.samples = get(TIFFTAG_SAMPLESPERPIXEL, 1);
  layout_.photometric =
      get(TIFFTAG_PHOTOMETRIC, layout_.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  layout_.sample_format = get(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  layout_.compression = get(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  layout_.orientation = get(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  layout_.is_separate = get(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  if (TIFFIsTiled(tiff_.get()) != 0) CheckTile();
  // Before memory is taken for it. One sample a pixel, since subsampled colour takes fewer than it names.
  const std::uint64_t fewest_bits = std::uint64_t{width} * height * layout_.bits;
  if (layout_.compression == COMPRESSION_NONE && fewest_bits / 8 > stream_->size()) {
    ThrowDamaged("fewer bytes than the image needs", name_);
  }
}

void TiffReader::DecodeJpegToRgb() {
  TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  layout_.photometric = PHOTOMETRIC_RGB;
}

// A small image may claim a huge tile, which would be allocated whole.
void TiffReader::CheckTile() const {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &width);
  TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &height);
  const Size tile = CheckedSize(width, height, name_);
  const auto num_pixels = [](Size size) { return std::uint64_t{1} * size.width * size.height; };
  if (num_pixels(tile) > std::max(num_pixels(layout_.size), kUsualTilePixels)) {
    ThrowDamaged("its tiles are far larger than its image", name_);
  }
}

TiffReader::Grid TiffReader::MakeGrid() const {
  Grid grid;
  grid.is_tiled = TIFFIsTiled(tiff_.get()) != 0;
  const auto height = static_cast<std::uint32_t>(layout_.size.height);
  if (grid.is_tiled) {
    TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &grid.block_width);
    TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &grid.block_height);
    grid.row_bytes = TIFFTileRowSize64(tiff_.get());
  } else {
    grid.block_width = static_cast<std::uint32_t>(layout_.size.width);
    grid.block_height = height;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ROWSPERSTRIP, &grid.block_height);
    grid.block_height = std::min(grid.block_height, height);
    grid.row_bytes = TIFFScanlineSize64(tiff_.get());
  }
  const std::uint64_t samples = layout_.is_separate ? 1 : layout_.samples;
  if (grid.block_height == 0 || grid.row_bytes != grid.block_width * samples * layout_.sample_bytes()) {
    ThrowDamaged("its tags contradict each other", name_);
  }
  return grid;
}

void TiffReader::ReadBlock(std::uint32_t x, std::uint32_t y, int plane, const Grid& grid,
                           std::uint8_t* buffer) {
  const std::uint32_t num_rows =
      grid.is_tiled ? grid.block_height
                    : std::min(grid.block_height, static_cast<std::uint32_t>(layout_.size.height) - y);
  const auto needed = static_cast<tmsize_t>(grid.row_bytes * num_rows);
  const auto sample = static_cast<std::uint16_t>(plane);
  const tmsize_t got =
      grid.is_tiled
          ? TIFFReadEncodedTile(tiff_.get(), TIFFComputeTile(tiff_.get(), x, y, 0, sample), buffer, needed)
          : TIFFReadEncodedStrip(tiff_.get(), TIFFComputeStrip(tiff_.get(), y, sample), buffer, needed);
  if (stream_->has_failed) ThrowLastError();
  if (got != needed) ThrowDamaged("fewer bytes than the image needs", name_);
}

void TiffReader::ReadRuns(int num_planes, const std::function<void(const Run&)>& take) {
  const Grid grid = MakeGrid();
  const auto width = static_cast<std::uint32_t>(layout_.size.width);
  const auto height = static_cast<std::uint32_t>(layout_.size.height);
  Bytes buffer(grid.row_bytes * grid.block_height);
  stream_->is_reading_pixels = true;
  for (int plane = 0; plane < num_planes; ++plane) {
    for (std::uint32_t y = 0; y < height; y += grid.block_height) {
      for (std::uint32_t x = 0; x < width; x += grid.block_width) {
        ReadBlock(x, y, plane, grid, buffer.data());
        const std::uint32_t num_rows = std::min(grid.block_height, height - y);
        const auto num_pixels = static_cast<int>(std::min(grid.block_width, width - x));
        for (std::uint32_t row = 0; row < num_rows; ++row) {
          take({buffer.data() + row * grid.row_bytes, static_cast<int>(x), static_cast<int>(y + row),
                num_pixels, plane});
        }
      }
    }
  }
}

std::vector<std::uint32_t> TiffReader::ReadRgba() {
  TIFFRGBAImage decoder{};
  char reason[1024] = "";
  if (TIFFRGBAImageBegin(&decoder, tiff_.get(), 1, reason) == 0) {
    if (stream_->has_failed) ThrowLastError();
    ThrowUnsupported(std::string("is a TIFF of an unusual kind (") + reason + ")", name_);
  }
  const std::unique_ptr<TIFFRGBAImage, decltype(&TIFFRGBAImageEnd)> guard(&decoder, &TIFFRGBAImageEnd);
  decoder.req_orientation = decoder.orientation;  // as stored: libtiff would turn it
  std::vector<std::uint32_t> pixels(static_cast<std::size_t>(layout_.size.width) * layout_.size.height);
  stream_->is_reading_pixels = true;
  const int done = TIFFRGBAImageGet(&decoder, pixels.data(), static_cast<std::uint32_t>(layout_.size.width),
                                    static_cast<std::uint32_t>(layout_.size.height));
  if (done == 0 || stream_->has_failed) ThrowLastError();
  return pixels;
}

Bytes EncodeFloatTiff(const float* values, Size size) {
  const auto width = static_cast<std::uint32_t>(size.width);
  const auto height = static_cast<std::uint32_t>(size.height);
  const std::uint32_t row_bytes = width * static_cast<std::uint32_t>(sizeof(float));
  const std::uint32_t rows_per_strip = std::max(1U, std::min(height, kStripBytes / row_bytes));
  Bytes file;
  // Room for all of it, tags and strip table too: TiffStream::Write must not have to allocate below libtiff.
  file.reserve(std::size_t{row_bytes} * height + std::size_t{height} * 16 + 4096);
  TiffStream stream;
  stream.target = &file;
  TIFF* tiff = TiffStream::Open(stream, "w");
  bool is_written = tiff != nullptr;
  if (is_written) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 32);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows_per_strip);
    for (std::uint32_t y = 0, strip = 0; is_written && y < height; y += rows_per_strip, ++strip) {
      const std::uint32_t num_rows = std::min(rows_per_strip, height - y);
      auto* from = const_cast<float*>(values + std::size_t{y} * width);  // libtiff's interface forgot const
      is_written = TIFFWriteEncodedStrip(tiff, strip, from, static_cast<tmsize_t>(num_rows) * row_bytes) >= 0;
    }
    is_written = TIFFFlush(tiff) != 0 && is_written;
    TIFFClose(tiff);
  }
  if (!is_written || stream.has_failed) throw std::runtime_error(std::string("libtiff: ") + stream.message);
  return file;
}

}  // namespace touchstone
