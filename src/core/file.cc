#include "touchstone/core/file.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

struct FileCloser {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using FileHandle = std::unique_ptr<std::FILE, FileCloser>;

[[noreturn]] void ThrowSystemError(const std::string& what, const fs::path& file) {
  throw Error(ErrorCode::kIo, what + ": " + std::strerror(errno), file);
}

FileHandle OpenForReading(const fs::path& file) {
  std::error_code ignored;
  if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) {
    throw Error(ErrorCode::kIo, "not a regular file", file);
  }
  FileHandle handle(std::fopen(file.c_str(), "rb"));
  if (!handle) ThrowSystemError("cannot be opened for reading", file);
  return handle;
}

// By blocks: one call for 267 MB took up to 1.0 s, for the kernel then takes its memory in large pieces, and
// blocks 0.1 s. @return whether all was passed on; errno if not.
bool Put(const char* data, std::size_t num_bytes, std::FILE* handle) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  while (num_bytes > 0) {
    const std::size_t size = std::min(kBlock, num_bytes);
    if (std::fwrite(data, 1, size, handle) != size) return false;
    data += size;
    num_bytes -= size;
  }
  return std::fflush(handle) == 0;
}

void WriteAtomically(const fs::path& file, const void* data, std::size_t num_bytes) {
  fs::path temporary = file;
  temporary += ".tmp";
  errno = 0;
  std::FILE* handle = std::fopen(temporary.c_str(), "wb");
  if (handle == nullptr) ThrowSystemError("cannot be written", file);
  const bool written = Put(static_cast<const char*>(data), num_bytes, handle);
  int reason = errno;
  const bool closed = std::fclose(handle) == 0;
  if (written && !closed) reason = errno;
  std::error_code error;
  if (written && closed) fs::rename(temporary, file, error);
  if (error) reason = error.value();
  if (!written || !closed || error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    errno = reason;
    ThrowSystemError("cannot be written", file);
  }
}

// Calls `take` with block after block.
void ReadBlocks(const fs::path& file, const std::function<void(const char*, std::size_t)>& take) {
  FileHandle handle = OpenForReading(file);
  std::vector<char> block(std::size_t{1} << 17);  // stays in the cache until it has been taken
  std::size_t n = 0;
  while ((n = std::fread(block.data(), 1, block.size(), handle.get())) > 0) {
    take(block.data(), n);
  }
  if (std::ferror(handle.get()) != 0) ThrowSystemError("failed while it was read", file);
}

}  // namespace

Bytes ReadFile(const fs::path& file, std::uint64_t max_bytes) {
  FileHandle handle = OpenForReading(file);
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  if (error) throw Error(ErrorCode::kIo, "its size cannot be read: " + error.message(), file);
  if (size > max_bytes) {
    throw Error(ErrorCode::kIo,
                "is " + std::to_string(size) + " bytes long: at most " + std::to_string(max_bytes) +
                    " are read of such a file",
                file);
  }
  Bytes bytes(size);
  if (std::fread(bytes.data(), 1, size, handle.get()) != size) {
    throw Error(ErrorCode::kIo, "ended or failed while it was read", file);
  }
  return bytes;
}

void WriteFileAtomically(const fs::path& file, std::string_view bytes) {
  WriteAtomically(file, bytes.data(), bytes.size());
}

void WriteFileAtomically(const fs::path& file, const Bytes& bytes) {
  WriteAtomically(file, bytes.data(), bytes.size());
}

struct Sha256Stream::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> openssl{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  EVP_MD_CTX* openssl = context_->openssl.get();
  if (openssl == nullptr || EVP_DigestInit_ex(openssl, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL refuses to compute SHA-256");
  }
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(const void* data, std::size_t num_bytes) {
  if (EVP_DigestUpdate(context_->openssl.get(), data, num_bytes) != 1) {
    throw std::runtime_error("OpenSSL failed in SHA-256");
  }
}

std::string Sha256Stream::Hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context_->openssl.get(), digest, &length) != 1) {
    throw std::runtime_error("OpenSSL failed in SHA-256");
  }
  static const char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

std::string Sha256OfFile(const fs::path& file) {
  Sha256Stream digest;
  ReadBlocks(file, [&](const char* bytes, std::size_t n) { digest.Add(bytes, n); });
  return digest.Hex();
}

std::string Sha256(const void* data, std::size_t num_bytes) {
  Sha256Stream digest;
  digest.Add(data, num_bytes);
  return digest.Hex();
}

}  // namespace touchstone
