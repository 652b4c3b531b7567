#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

using Bytes = std::vector<std::uint8_t>;

/// Reads a whole regular file. @throws Error kIo if it cannot be read, or is larger than
/// `max_bytes` (nothing is allocated for it then).
Bytes ReadFile(const std::filesystem::path& file, std::uint64_t max_bytes = std::uint64_t{1} << 32);

/// Writes `<file>.tmp` and renames it to `file`, so that a reader sees the old file or the new
/// one and never a half. @throws Error kIo; the temporary file is gone then.
void WriteFileAtomically(const std::filesystem::path& file, std::string_view bytes);
void WriteFileAtomically(const std::filesystem::path& file, const Bytes& bytes);

/// The SHA-256 digest of bytes that come one after the other.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  ~Sha256Stream();
  void Add(const void* data, std::size_t num_bytes);
  std::string Hex();  ///< 64 lower-case hex digits; at most once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The SHA-256 digest as 64 lower-case hex digits. The file is read in blocks.
/// @throws Error kIo if the file cannot be read.
std::string Sha256OfFile(const std::filesystem::path& file);
std::string Sha256(const void* data, std::size_t num_bytes);

}  // namespace touchstone
