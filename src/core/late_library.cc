#include "touchstone/core/late_library.h"

#include <dlfcn.h>
#include <link.h>

#include <system_error>
#include <vector>

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
  void* program = dlopen(nullptr, RTLD_LAZY);
  Dl_serinfo sizes{};
  if (program == nullptr || dlinfo(program, RTLD_DI_SERINFOSIZE, &sizes) != 0) return std::nullopt;
  std::vector<Dl_serinfo> storage(sizes.dls_size / sizeof(Dl_serinfo) + 1);  // one, its paths, their names
  storage.front() = sizes;
  if (dlinfo(program, RTLD_DI_SERINFO, storage.data()) != 0) return std::nullopt;
  const Dl_serpath* folders = storage.front().dls_serpath;
  for (unsigned i = 0; i < sizes.dls_cnt; ++i) {
    std::filesystem::path path = std::filesystem::path(folders[i].dls_name) / file;
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) return path;
  }
  return std::nullopt;
}

}  // namespace touchstone
