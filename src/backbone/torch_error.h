#pragma once

#include <exception>
#include <new>
#include <string>

#include "touchstone/core/error.h"

namespace touchstone {

/// The one line of a LibTorch exception that a user can read: no C++ stack, no TorchScript trace back,
/// of bounded length.
std::string ShortMessage(const std::exception& exception);

/// Runs `call`; whatever LibTorch throws, but for std::bad_alloc, becomes Error kModel "<failed>: <short
/// message>".
template <typename Call>
auto WithTorchErrors(const std::string& failed, const Call& call) {
  try {
    return call();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    throw Error(ErrorCode::kModel, failed + " (" + ShortMessage(exception) + ")");
  }
}

}  // namespace touchstone
