#pragma once

#include <filesystem>
#include <string>

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// Decodes one photograph. The content decides the format, never the name:
///
///   PNG    1..16 bits; gray, RGB, palette, with or without alpha, interlaced
///   JPEG   gray, YCbCr, RGB, CMYK (to RGB as Pillow does); baseline and progressive, 8 bits
///   BMP    1, 4, 8, 16, 24, 32 bits, the usual bit fields, bottom-up and top-down; not run-length
///          coded. A pixel that points behind the palette is black
///   TIFF   first page; gray, RGB, palette, YCbCr; 8 and 16 bits, 1..4 bits for gray and palette;
///          every compression of libtiff; strips and tiles, classic and BigTIFF
///   WebP   lossy and lossless, still
///   PNM    P1..P6: PBM, PGM, PPM, plain and raw, any maxval
///
/// What arrives is what the file stores, and on 8-bit files byte for byte what Pillow's
/// `convert("RGB")` gives: alpha is dropped, not blended; colour profiles and gamma are not
/// applied; gray values of fewer than 8 bits, and PNM values with a maxval below 255, are spread
/// over 0..255. Samples of 9 to 16 bits keep their raw value (a PGM with maxval 4095 gives 0..4095)
/// and bits_per_channel is 16.
///
/// An orientation (Exif in JPEG, PNG and WebP; the tag in TIFF) is NOT applied, as in the
/// reference data sets: masks belong to the stored pixels. has_exif_orientation says that one
/// other than "upright" is there.
///
/// @param file_bytes         the whole file; hostile content is expected
/// @param name_for_messages  becomes Error::where
/// @throws Error kImage: not one of the formats, a kind that is not read (named, with the way
/// out), more than 2^28 pixels or 2^20 a side (before anything is allocated for them), cut short
/// or damaged. What a decoder calls a warning about its pixels is an error here: half a JPEG is
/// none. Formats without checksums (BMP, TIFF, JPEG, PNM) cannot tell every flipped bit. BMP and
/// PNM of 2^31 bytes or more are refused.
///
/// Runs on the calling thread alone, uses no global state, prints nothing; safe to call
/// concurrently. Memory: the result, plus a few rows (progressive JPEG: its coefficients; palette
/// and YCbCr TIFF: 4 bytes a pixel; BMP: the result once more; PNM: that and the file).
Image DecodeImage(const Bytes& file_bytes, const std::filesystem::path& name_for_messages);

/// Reads and decodes a file. @throws Error kIo if it cannot be read or is larger than 2^31 bytes,
/// otherwise like DecodeImage.
Image ReadImage(const std::filesystem::path& file);

/// "libjpeg-turbo 2.1.5, libpng 1.6.39, ..., OpenCV 4.6.0" for --version.
std::string ImageLibraryVersions();

}  // namespace touchstone
