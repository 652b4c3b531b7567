#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/file.h"

namespace touchstone {

/// How numbers are kept on disk; in memory they are always float32.
enum class TensorType { kFloat32, kFloat16 };

/// One array to be written: row-major, last dimension fastest.
struct TensorData {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

/// An array that is to be written piece by piece.
struct TensorHeader {
  std::string name;
  std::vector<std::size_t> shape;
  TensorType type = TensorType::kFloat32;
};

/// Writes a safetensors file whose arrays need not be in memory at once, under another name until it is
/// whole.
class SafetensorsWriter {
 public:
  enum class Digest { kNone, kSha256 };

  /// @param digest  whether that of the file is made while it is written. @throws Error kIo.
  SafetensorsWriter(std::filesystem::path file, std::vector<TensorHeader> tensors,
                    Digest digest = Digest::kNone);
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;
  ~SafetensorsWriter();  ///< removes what is not finished

  /// The next values of the arrays, in their order. @throws Error kIo; kNotFinite if one is too large for
  /// float16 (names the array); std::logic_error if there are more values than the shapes have.
  void Append(const float* values, std::size_t count);

  /// Renames the file. @return its digest, or empty without one. @throws Error kIo; std::logic_error if
  /// values are missing.
  std::string Finish();

 private:
  void Write(const void* data, std::size_t num_bytes);
  void Discard();

  std::filesystem::path file_, temporary_;
  std::vector<TensorHeader> tensors_;
  std::size_t tensor_ = 0;         ///< that is being written
  std::uint64_t num_written_ = 0;  ///< values of it
  int descriptor_ = -1;
  std::optional<Sha256Stream> digest_;
};

/// Floats of a file, read by the system when they are looked at.
class MappedFloats {
 public:
  MappedFloats(MappedFloats&& other) noexcept;
  MappedFloats& operator=(MappedFloats&&) = delete;
  ~MappedFloats();
  const float* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  friend class SafetensorsFile;
  MappedFloats(void* address, std::size_t num_bytes, const float* data, std::size_t size)
      : address_(address), num_bytes_(num_bytes), data_(data), size_(size) {}
  void* address_ = nullptr;
  std::size_t num_bytes_ = 0;
  const float* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Writes arrays in the safetensors format (8 bytes little-endian header length, JSON header, raw
/// little-endian data), by rename. With kFloat16 values are rounded to nearest even.
/// @throws Error kIo; kNotFinite if a value is too large for float16 (names the array).
void WriteSafetensors(const std::filesystem::path& file, const std::vector<TensorData>& tensors,
                      TensorType type);

/// A safetensors file opened for reading parts of it. Nothing in the file is trusted: header size,
/// names, types, shapes and offsets are checked against each other and against the file's length.
/// Safe to call concurrently.
class SafetensorsFile {
 public:
  struct Tensor {
    TensorType type = TensorType::kFloat32;
    std::vector<std::size_t> shape;
    std::uint64_t begin = 0;  ///< byte offset in the file
  };

  /// @throws Error kGallery naming what is wrong, kIo if the file cannot be read.
  explicit SafetensorsFile(const std::filesystem::path& file);
  SafetensorsFile(SafetensorsFile&& other) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) = delete;
  ~SafetensorsFile();

  /// @throws Error kGallery if there is no array of that name.
  const Tensor& tensor(const std::string& name) const;

  /// Reads rows [first, first + count) along the first dimension, as float32.
  /// @throws Error kGallery if they are not there, kIo.
  std::vector<float> ReadRows(const std::string& name, std::size_t first, std::size_t count) const;

  /// A whole float32 array, mapped into memory. @throws Error kGallery if it is not there, not float32 or not
  /// aligned, kIo.
  MappedFloats Map(const std::string& name) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace touchstone
