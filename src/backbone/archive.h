#pragma once

#include <string>

#include "touchstone/core/file.h"

namespace touchstone {

/// The text of the extra file touchstone.json in a TorchScript file.
/// @throws Error kModel, without `where`: the file is empty, is no TorchScript file, is damaged, or carries
/// no description (says how to export one that does).
std::string ReadDescription(const Bytes& file);

/// Compares the file's contents with the digest that its description carries: the SHA-256 of the lines
/// "<SHA-256 of the record>  <name of the record>\n" of all records but the description, in byte order
/// of their names. Needed because LibTorch's reader ignores the archive's own check sums: a flipped bit in
/// the weights would only be seen in the scores.
/// @throws Error kModel, without `where`, if they differ or a record cannot be read.
void CheckContent(const Bytes& file, const std::string& content_sha256);

}  // namespace touchstone
