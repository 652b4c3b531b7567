#pragma once

#include <string>

namespace touchstone {

// Which BLAS LibTorch calls is the system's choice (Debian's alternatives). OpenBLAS keeps threads of its
// own, which LibTorch's setting does not reach; other libraries are left as they are.

/// Makes OpenBLAS, if that is what is loaded, work on the calling thread alone.
void UseOneBlasThread();

/// "OpenBLAS 0.3.21 Haswell" and the like, or "a BLAS that does not name itself".
std::string BlasName();

}  // namespace touchstone
