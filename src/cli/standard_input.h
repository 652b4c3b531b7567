#pragma once

#include <array>
#include <streambuf>

namespace touchstone {

/// Standard input as it arrives, for reading lines from a pipe that stays open. A wait for more ends
/// soon after Ctrl-C, which then looks like the end of input; std::cin's own wait may last for ever, as the
/// signal can reach another thread or come just before the wait.
class StandardInput : public std::streambuf {
 protected:
  int_type underflow() override;

 private:
  std::array<char, 4096> buffer_{};
};

}  // namespace touchstone
