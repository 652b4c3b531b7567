#pragma once

#include <memory>
#include <string>

#include "network.h"
#include "touchstone/core/file.h"
#include "touchstone/core/late_library.h"

namespace touchstone {

/// What the late library libtouchstone_torch.so does for this room: everything that needs LibTorch.
struct TorchLibrary {
  std::string (*read_description)(const Bytes& file);  ///< archive.h
  std::unique_ptr<Network> (*load_network)(std::shared_ptr<const Bytes> file,
                                           const WantedOutputs& wanted);  ///< network.h
  std::string (*versions)();                                              ///< versions.h
};

/// The library, opened at the first call (0.4 s and more). @throws Error kIo if it cannot be.
const TorchLibrary& Torch();

}  // namespace touchstone

TOUCHSTONE_LATE_EXPORT const touchstone::TorchLibrary touchstone_torch;
