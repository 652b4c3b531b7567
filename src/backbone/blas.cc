#include "blas.h"

#include <dlfcn.h>

namespace touchstone {
namespace {

template <typename Function>
Function* Loaded(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

void UseOneBlasThread() {
  if (auto* set_num_threads = Loaded<void(int)>("openblas_set_num_threads")) set_num_threads(1);
}

std::string BlasName() {
  auto* config = Loaded<const char*()>("openblas_get_config");
  auto* core = Loaded<const char*()>("openblas_get_corename");
  if (config == nullptr || core == nullptr) return "a BLAS that does not name itself";
  const std::string text = config();  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
  const std::size_t end_of_version = text.find(' ', text.find(' ') + 1);
  return text.substr(0, end_of_version) + " " + core();
}

}  // namespace touchstone
