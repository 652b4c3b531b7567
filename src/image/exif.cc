#include <libexif/exif-data.h>

#include <cstring>
#include <memory>

#include "decode.h"

namespace touchstone {
namespace {

constexpr char kPrefix[] = {'E', 'x', 'i', 'f', '\0', '\0'};

struct ExifDataDeleter {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

}  // namespace

// libexif because Exif is a small hostile file format of its own, in either byte order, which
// three of our formats carry.
bool ExifAsksToTurn(const std::uint8_t* block, std::size_t num_bytes) {
  Bytes prefixed;
  if (num_bytes < sizeof(kPrefix) || std::memcmp(block, kPrefix, sizeof(kPrefix)) != 0) {
    prefixed.assign(kPrefix, kPrefix + sizeof(kPrefix));
    prefixed.insert(prefixed.end(), block, block + num_bytes);
    block = prefixed.data();
    num_bytes = prefixed.size();
  }
  const std::unique_ptr<ExifData, ExifDataDeleter> data(exif_data_new());
  if (!data) return false;
  exif_data_unset_option(data.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);  // read, do not mend
  exif_data_load_data(data.get(), block, static_cast<unsigned int>(num_bytes));
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return false;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 2 && orientation <= 8;
}

}  // namespace touchstone
