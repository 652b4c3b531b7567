#include "torch_library.h"

#include "touchstone/backbone/extractor.h"

namespace touchstone {

const TorchLibrary& Torch() {
  static const auto& library = LateFunctions<TorchLibrary>("libtouchstone_torch.so", "touchstone_torch");
  return library;
}

std::string BackboneVersions() { return Torch().versions(); }

}  // namespace touchstone
