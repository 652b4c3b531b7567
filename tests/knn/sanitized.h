#pragma once

namespace touchstone {

/// Whether sanitizers watch, which makes tests of many channels many times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

}  // namespace touchstone
