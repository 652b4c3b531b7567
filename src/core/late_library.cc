#include "touchstone/core/late_library.h"

#include <dlfcn.h>
#include <link.h>

#include "touchstone/core/error.h"

namespace touchstone {

const void* LateSymbol(const std::string& file, const std::string& symbol) {
  void* library = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
  const void* address = library == nullptr ? nullptr : dlsym(library, symbol.c_str());
  if (address == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorCode::kIo,
                "a part of Touchstone cannot be loaded (" + std::string(reason != nullptr ? reason : symbol) +
                    "); install Touchstone and its libraries again, or name their folder in LD_LIBRARY_PATH",
                file);
  }
  return address;
}

std::optional<std::filesystem::path> LateLibraryFile(const std::string& file) {
  void* library = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
  const link_map* map = nullptr;
  if (library == nullptr || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) return std::nullopt;
  return std::filesystem::path(map->l_name);
}

}  // namespace touchstone
