#include "fuzz/entry_points.h"

#include "core/support.h"
#include "store/manifest_json.h"
#include "touchstone/report/results.h"
#include "touchstone/store/safetensors.h"

namespace touchstone {
namespace {

template <typename Read>
bool Accepts(ErrorCode code, Read read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    if (error.code != code) throw;
    return false;
  }
}

}  // namespace

bool FuzzManifest(const std::string& bytes) {
  return Accepts(ErrorCode::kGallery, [&] {
    // What was accepted must also be written and accepted again.
    ParseManifest(ManifestText(ParseManifest(bytes, "manifest.json")), "manifest.json");
  });
}

bool FuzzResults(const std::string& bytes) {
  static const TemporaryFolder folder;
  WriteText(folder.path() / "results.json", bytes);
  return Accepts(ErrorCode::kResults, [&] {
    const Results results = ReadResults(folder.path());
    ScoresCsv(results);
    ResultsJson(results);
  });
}

bool FuzzSafetensors(const std::string& bytes) {
  static const TemporaryFolder folder;
  WriteText(folder.path() / "x.safetensors", bytes);
  return Accepts(ErrorCode::kGallery, [&] {
    const SafetensorsFile file(folder.path() / "x.safetensors");
    for (const char* name : {"global", "level1"}) {
      const std::size_t rows = file.tensor(name).shape[0];
      if (rows > 0) file.ReadRows(name, rows - 1, 1);
      file.ReadRows(name, 0, rows);
    }
  });
}

}  // namespace touchstone
