#pragma once

#include <string>

namespace touchstone {

/// Each gives `bytes` to one reader of files and swallows the Error that it may throw. Anything else that
/// happens (another exception, a crash, a finding of a sanitizer) is a bug.
/// @return whether the bytes were accepted.
bool FuzzManifest(const std::string& bytes);
bool FuzzResults(const std::string& bytes);
bool FuzzSafetensors(const std::string& bytes);

}  // namespace touchstone
