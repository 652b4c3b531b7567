#include "fuzz/entry_points.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>

#include "backbone/checksums.h"
#include "backbone/zip_record.h"
#include "core/support.h"
#include "store/manifest_json.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/reader.h"
#include "touchstone/report/results.h"
#include "touchstone/store/defects_config.h"
#include "touchstone/store/safetensors.h"

namespace touchstone {
namespace {

template <typename Read>
bool Accepts(const std::set<ErrorCode>& codes, Read read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    if (codes.count(error.code) == 0) throw;
    return false;
  }
}

Bytes AsBytes(const std::string& bytes) { return Bytes(bytes.begin(), bytes.end()); }

bool IsOfItsSize(std::size_t values, Size size, std::size_t channels) {
  return size.width > 0 && size.height > 0 &&
         values == static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * channels;
}

}  // namespace

bool FuzzManifest(const std::string& bytes) {
  return Accepts({ErrorCode::kGallery}, [&] {
    // What was accepted must also be written and accepted again.
    ParseManifest(ManifestText(ParseManifest(bytes, "manifest.json")), "manifest.json");
  });
}

bool FuzzResults(const std::string& bytes) {
  static const TemporaryFolder folder;
  WriteText(folder.path() / "results.json", bytes);
  return Accepts({ErrorCode::kResults}, [&] {
    const Results results = ReadResults(folder.path());
    ScoresCsv(results);
    ResultsJson(results);
  });
}

bool FuzzSafetensors(const std::string& bytes) {
  static const TemporaryFolder folder;
  WriteText(folder.path() / "x.safetensors", bytes);
  return Accepts({ErrorCode::kGallery}, [&] {
    const SafetensorsFile file(folder.path() / "x.safetensors");
    for (const char* name : {"global", "level1"}) {
      const std::size_t rows = file.tensor(name).shape[0];
      if (rows > 0) file.ReadRows(name, rows - 1, 1);
      file.ReadRows(name, 0, rows);
    }
  });
}

bool FuzzDefectsConfig(const std::string& bytes) {
  static const TemporaryFolder folder;
  WriteText(folder.path() / "defects_config.json", bytes);
  return Accepts({ErrorCode::kResults}, [&] {
    for (const auto& [value, kind] : ReadDefectsConfig(folder.path() / "defects_config.json")) {
      if (value < 1 || value > 255) throw std::logic_error("a grey value out of range");
      for (const std::uint32_t area : {1U, 2U, 4294967295U}) {
        const std::uint32_t enough = SaturationOf(kind, area);
        if (enough < 1 || enough > area) throw std::logic_error("more than there is, or nothing");
      }
    }
  });
}

bool FuzzImage(const std::string& bytes) {
  const bool is_image = Accepts({ErrorCode::kImage}, [&] {
    const Image image = DecodeImage(AsBytes(bytes), "x");
    if (!IsOfItsSize(image.rgb8.size() + image.rgb16.size(), image.size, 3)) {
      throw std::logic_error("not as many pixels as its size says");
    }
  });
  if (!is_image) return false;
  // Masks come from files alone, and are pictures first: of what is none, nothing more is asked.
  static const TemporaryFolder folder;
  WriteText(folder.path() / "x", bytes);
  const Mask mask = ReadMask(folder.path() / "x");
  if (!IsOfItsSize(mask.values.size(), mask.size, 1)) throw std::logic_error("not a mask of its size");
  Accepts({ErrorCode::kImage}, [&] { ReadMarkedMask(folder.path() / "x"); });
  return true;
}

bool FuzzExtractor(const std::string& bytes) {
  const std::optional<std::vector<ZipRecord>> records = StoredZipRecords(bytes);
  for (const ZipRecord& record : records.value_or(std::vector<ZipRecord>())) {
    for (const std::string_view part : {record.name, record.data}) {
      const bool is_inside = part.data() >= bytes.data() && part.size() <= bytes.size() &&
                             part.data() + part.size() <= bytes.data() + bytes.size();
      if (!is_inside) throw std::logic_error("a record beyond the archive");
    }
  }
  const bool is_whole = Accepts({ErrorCode::kModel}, [&] { CheckChecksums(AsBytes(bytes)); });
  return records && is_whole;
}

bool FuzzScoreMap(const std::string& bytes) {
  return Accepts({ErrorCode::kImage, ErrorCode::kNotFinite}, [&] {
    const ScoreMap map = DecodeScoreMap(AsBytes(bytes), "x.tiff");
    if (!IsOfItsSize(map.values.size(), map.size, 1)) throw std::logic_error("not a map of its size");
    const auto is_finite = [](float value) { return std::isfinite(value); };
    if (!std::all_of(map.values.begin(), map.values.end(), is_finite)) {
      throw std::logic_error("a value that is not finite was let through");
    }
  });
}

}  // namespace touchstone
