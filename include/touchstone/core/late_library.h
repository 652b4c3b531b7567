#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace touchstone {

// LibTorch and OpenCV's image codecs draw in some 250 shared libraries: 0.4 s and more before main begins.
// The few files that call them form shared libraries of ours (touchstone_late_library in
// src/CMakeLists.txt), each with one exported symbol, a table of functions. They are opened on first use, so
// that --help and usage errors do not wait for them.

/// The address of `symbol` in the shared library `file`, which is opened if it is not open yet, and stays
/// open. `file` is a bare name: the system looks it up along the program's run path (the build folder, or
/// ../lib/touchstone of an installed program) and $LD_LIBRARY_PATH.
/// @throws Error kIo naming the file: it, or a library that it needs, is missing or not ours.
const void* LateSymbol(const std::string& file, const std::string& symbol);

/// The file that LateSymbol would open for this name: the first in $LD_LIBRARY_PATH, the program's run path
/// and the system's own folders, in the linker's order. It is not opened. Nothing where there is none. What
/// the linker knows by its cache alone (ld.so.conf) is not found.
std::optional<std::filesystem::path> LateLibraryFile(const std::string& file);

/// The table of functions that a late library exports under `symbol`. The caller names the type.
template <typename Functions>
const Functions& LateFunctions(const std::string& file, const std::string& symbol) {
  return *static_cast<const Functions*>(LateSymbol(file, symbol));
}

}  // namespace touchstone

/// Before the declaration of the one symbol that a late library exports.
#define TOUCHSTONE_LATE_EXPORT extern "C" [[gnu::visibility("default")]]
