#include "torch_error.h"

#include <c10/util/Exception.h>

#include <algorithm>

namespace touchstone {
namespace {

constexpr std::size_t kMaxMessageBytes = 300;

std::string Text(const std::exception& exception) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&exception);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : exception.what();
}

}  // namespace

std::string ShortMessage(const std::exception& exception) {
  std::string text = Text(exception);
  // Errors from inside a TorchScript program end with the cause and begin with the trace back to it.
  const std::size_t cause = text.rfind("\nRuntimeError: ");
  if (cause != std::string::npos) text.erase(0, cause + 1);
  text.resize(std::min({text.find('\n'), text.size(), kMaxMessageBytes}));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

}  // namespace touchstone
