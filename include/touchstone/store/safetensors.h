#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace touchstone {

/// How numbers are kept on disk; in memory they are always float32.
enum class TensorType { kFloat32, kFloat16 };

/// One array to be written: row-major, last dimension fastest.
struct TensorData {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;
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

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace touchstone
