
#include <csetjmp>
#include <string>

#include "decode.h"
#include "jpeg_library.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

// Each scan of a progressive file goes over the whole image: without a limit a small hostile file
// keeps a core busy for hours. Encoders write about ten.
constexpr int kMaxScans = 100;

// libjpeg's errors come back by longjmp, so that the functions between Succeeds() and libjpeg own
// nothing that would need a destructor.
struct JpegReader {
  explicit JpegReader(const Bytes& file_bytes);
  ~JpegReader() { jpeg_destroy_decompress(&jpeg); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  jpeg_error_mgr errors{};
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX] = "libjpeg gives no reason";
  jpeg_decompress_struct jpeg{};
  jpeg_progress_mgr progress{};
  const Bytes& file;
  JSAMPROW target = nullptr;  // first row
  std::size_t row_bytes = 0;  // from row to row
};

[[noreturn]] void Fail(j_common_ptr jpeg) {
  auto* reader = static_cast<JpegReader*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, reader->message);
  std::longjmp(reader->jump, 1);
}

// Level -1 is a warning: data is missing or contradicts itself and libjpeg would paint over it.
void OnMessage(j_common_ptr jpeg, int level) {
  if (level < 0) Fail(jpeg);
}

void IgnoreMessage(j_common_ptr) {}

void CheckScans(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMaxScans) return;
  auto* reader = static_cast<JpegReader*>(jpeg->client_data);
  std::snprintf(reader->message, sizeof(reader->message), "more than %d scans", kMaxScans);
  std::longjmp(reader->jump, 1);
}

JpegReader::JpegReader(const Bytes& file_bytes) : file(file_bytes) {
  jpeg.err = jpeg_std_error(&errors);
  jpeg.client_data = this;
  errors.error_exit = &Fail;
  errors.emit_message = &OnMessage;
  errors.output_message = &IgnoreMessage;
  progress.progress_monitor = &CheckScans;
}

using Step = void (*)(JpegReader&);

bool Succeeds(JpegReader& reader, Step step) {
  if (setjmp(reader.jump) != 0) return false;
  step(reader);
  return true;
}

void ReadHeader(JpegReader& reader) {
  jpeg_create_decompress(&reader.jpeg);
  reader.jpeg.progress = &reader.progress;
  jpeg_mem_src(&reader.jpeg, reader.file.data(), static_cast<unsigned long>(reader.file.size()));
  jpeg_save_markers(&reader.jpeg, JPEG_APP0 + 1, 0xFFFF);  // Exif
  jpeg_read_header(&reader.jpeg, TRUE);
}

void ReadPixels(JpegReader& reader) {
  jpeg_decompress_struct& jpeg = reader.jpeg;
  jpeg.out_color_space = jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = reader.target + jpeg.output_scanline * reader.row_bytes;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
}

void Require(bool succeeded, const JpegReader& reader, const fs::path& name) {
  if (!succeeded) ThrowDamaged(std::string("libjpeg: ") + reader.message, name);
}

// A Huffman code takes a bit at least, and every block of 64 pixels needs one: a header that claims
// more is not worth its memory. Arithmetic coding knows no such limit.
void CheckLength(const JpegReader& reader, Size size, const fs::path& name) {
  const std::uint64_t num_blocks = std::uint64_t{1} * size.width * size.height / 64;
  if (reader.jpeg.arith_code == FALSE && num_blocks / 8 > reader.file.size()) {
    ThrowDamaged("fewer bytes than the image needs", name);
  }
}

bool AsksToTurn(const JpegReader& reader) {
  for (jpeg_saved_marker_ptr marker = reader.jpeg.marker_list; marker != nullptr; marker = marker->next) {
    // APP1 holds Exif or XMP.
    if (marker->data_length > 6 && std::string(marker->data, marker->data + 4) == "Exif" &&
        ExifAsksToTurn(marker->data, marker->data_length)) {
      return true;
    }
  }
  return false;
}

// a * b / 255, rounded.
int MultiplyUnit(int a, int b) {
  const int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// Print files store inverted ink, as Pillow assumes too: with the stored C' = 255 - C and
// K' = 255 - K, red = K' - C * K' / 255, and so on.
void InkToRgb(const Bytes& ink, Bytes& rgb) {
  for (std::size_t i = 0, j = 0; i < ink.size(); i += 4, j += 3) {
    const int light = ink[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[j + c] = static_cast<std::uint8_t>(light - MultiplyUnit(255 - ink[i + c], light));
    }
  }
}

}  // namespace

Image DecodeJpeg(const Bytes& file, const fs::path& name) {
  JpegReader reader(file);
  Require(Succeeds(reader, &ReadHeader), reader, name);
  const int num_components = reader.jpeg.num_components;
  if (num_components != 1 && num_components != 3 && num_components != 4) {
    ThrowUnsupported("is a JPEG of " + std::to_string(num_components) + " channels", name);
  }
  const Size size = CheckedSize(reader.jpeg.image_width, reader.jpeg.image_height, name);
  CheckLength(reader, size, name);
  Image image = MakeImage(size, 8);
  image.has_exif_orientation = AsksToTurn(reader);  // libjpeg forgets the markers when it is done
  Bytes ink(num_components == 4 ? image.rgb8.size() / 3 * 4 : 0);
  reader.target = num_components == 4 ? ink.data() : image.rgb8.data();
  reader.row_bytes = static_cast<std::size_t>(image.size.width) * (num_components == 4 ? 4 : 3);
  Require(Succeeds(reader, &ReadPixels), reader, name);
  if (num_components == 4) InkToRgb(ink, image.rgb8);
  return image;
}

}  // namespace touchstone
