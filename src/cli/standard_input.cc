#include "cli/standard_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cli/terminal.h"

namespace touchstone {

StandardInput::int_type StandardInput::underflow() {
  constexpr int kWaitMs = 50;  // how long an interruption may go unnoticed
  while (!WasInterrupted()) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, kWaitMs) <= 0) continue;  // nothing yet, or a signal
    const ssize_t num_bytes = read(STDIN_FILENO, buffer_.data(), buffer_.size());
    if (num_bytes < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (num_bytes <= 0) break;
    setg(buffer_.data(), buffer_.data(), buffer_.data() + num_bytes);
    return traits_type::to_int_type(*gptr());
  }
  return traits_type::eof();
}

}  // namespace touchstone
