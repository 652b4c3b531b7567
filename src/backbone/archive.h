#pragma once

#include <string>

#include "touchstone/core/file.h"

namespace touchstone {

/// The text of the extra file touchstone.json in a TorchScript file, after a check of the whole file.
///
/// A file that our exporter wrote carries the SHA-256 of every record in the extra file touchstone.sha256
/// (lines as sha256sum writes them, in byte order of the names). They are compared before anything else is
/// read, because LibTorch's reader ignores the archive's own check sums: a flipped bit in the weights would
/// only be seen in the scores, and one in the structure can crash it. A file without them is taken as it is.
/// On up to two threads, each with a copy of one record.
/// @throws Error kModel, without `where`: the file is empty, is no TorchScript file, is damaged, or carries
/// no description (says how to export one that does).
std::string ReadDescription(const Bytes& file);

}  // namespace touchstone
