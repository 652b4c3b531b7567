#include "touchstone/app/version.h"

#include "touchstone/backbone/extractor.h"
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

}  // namespace touchstone
