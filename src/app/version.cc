#include "touchstone/app/version.h"

#include <filesystem>
#include <optional>

#include "touchstone/backbone/extractor.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/late_library.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/reader.h"
#include "touchstone/knn/distance.h"

namespace touchstone {

std::string Version() { return TOUCHSTONE_VERSION; }

std::string VersionReport() {
  return "touchstone " + Version() + "\nextractor: " + BackboneVersions() +
         "\nimages: " + ImageLibraryVersions() + "\nsearch kernels: " + KernelTarget() +
         "\nthreads: " + std::to_string(HardwareThreads());
}

std::string ProgramDigest() {
  std::string digests = Sha256OfFile("/proc/self/exe");
  for (const char* part :
       {"libtouchstone_torch.so", "libtouchstone_imgcodecs.so", "libtouchstone_faiss.so"}) {
    const std::optional<std::filesystem::path> file = LateLibraryFile(part);
    const bool may_be_missing = std::string(part) == "libtouchstone_faiss.so";  // built without faiss
    if (!file && !may_be_missing) {
      throw Error(ErrorCode::kIo,
                  "a part of Touchstone is not where the program looks for its libraries; install Touchstone "
                  "again, or name the folder in LD_LIBRARY_PATH",
                  part);
    }
    digests += file ? Sha256OfFile(*file) : "none";
  }
  return Sha256(digests.data(), digests.size());
}

}  // namespace touchstone
