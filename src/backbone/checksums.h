#pragma once

#include "touchstone/core/file.h"

namespace touchstone {

/// Compares the records of a TorchScript file with the check sums that it carries.
///
/// A file that our exporter wrote carries the SHA-256 of every record in the extra file touchstone.sha256
/// (lines as sha256sum writes them, in byte order of the names). They are compared before LibTorch sees the
/// file, because its reader ignores the archive's own check sums: a flipped bit in the weights would only be
/// seen in the scores, and one in the structure can crash it. A file without them is taken as it is. A pass
/// over the file, about 1 GB/s.
/// @throws Error kModel, without `where`, if the file is damaged.
void CheckChecksums(const Bytes& file);

}  // namespace touchstone
