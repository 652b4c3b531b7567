#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "decode.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

struct DemuxerDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

std::uint64_t RiffBytes(const Bytes& file) {
  return 8 + (file[4] | std::uint64_t{file[5]} << 8 | std::uint64_t{file[6]} << 16 |
              std::uint64_t{file[7]} << 24);
}

void Require(VP8StatusCode status, const fs::path& name) {
  if (status == VP8_STATUS_OK) return;
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  ThrowDamaged("libwebp: status " + std::to_string(static_cast<int>(status)), name);
}

bool AsksToTurn(const Bytes& file) {
  const WebPData data{file.data(), file.size()};
  const std::unique_ptr<WebPDemuxer, DemuxerDeleter> demuxer(WebPDemux(&data));
  WebPChunkIterator chunk{};
  if (!demuxer || WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) == 0) return false;
  const bool turns = ExifAsksToTurn(chunk.chunk.bytes, chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return turns;
}

}  // namespace

Image DecodeWebp(const Bytes& file, const fs::path& name) {
  // libwebp is content with whole pixels; a file cut behind them is still half a file.
  if (RiffBytes(file) > file.size()) ThrowDamaged("shorter than its header says", name);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) throw std::logic_error("libwebp differs from its headers");
  Require(WebPGetFeatures(file.data(), file.size(), &config.input), name);
  if (config.input.has_animation != 0) ThrowUnsupported("is an animated WebP", name);

  Image image = MakeImage(CheckedSize(config.input.width, config.input.height, name), 8);
  config.output.colorspace = MODE_RGB;  // alpha is dropped, the colours under it stay
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {image.rgb8.data(), image.size.width * 3, image.rgb8.size()};
  Require(WebPDecode(file.data(), file.size(), &config), name);
  image.has_exif_orientation = AsksToTurn(file);
  return image;
}

}  // namespace touchstone
