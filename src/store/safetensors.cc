#include "touchstone/store/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <Eigen/Core>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMaxDimensions = 8;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors data is little-endian");

std::size_t BytesPerValue(TensorType type) { return type == TensorType::kFloat32 ? 4 : 2; }

[[noreturn]] void Refuse(const fs::path& file, const std::string& reason) {
  throw Error(ErrorCode::kGallery, "is not a usable safetensors file: " + reason, file);
}

// The product of a shape, or nothing where it leaves 64 bits.
bool NumValues(const std::vector<std::size_t>& shape, std::uint64_t* product) {
  *product = 1;
  for (const std::size_t dimension : shape) {
    if (dimension != 0 && *product > (std::uint64_t{1} << 60) / dimension) return false;
    *product *= dimension;
  }
  return true;
}

std::vector<Eigen::half> Halved(const float* values, std::size_t count, const std::string& name) {
  std::vector<Eigen::half> halves(count);
  for (std::size_t i = 0; i < count; ++i) {
    halves[i] = Eigen::half(values[i]);
    if (!(Eigen::numext::isfinite)(halves[i])) {
      throw Error(ErrorCode::kNotFinite, "array '" + name + "' holds " + std::to_string(values[i]) +
                                             ": float16 ends at 65504; use --dtype float32");
    }
  }
  return halves;
}

std::string HeaderText(const std::vector<TensorHeader>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::uint64_t offset = 0;
  for (const TensorHeader& tensor : tensors) {
    std::uint64_t num_values = 0;
    if (!NumValues(tensor.shape, &num_values))
      throw std::logic_error("SafetensorsWriter: a shape is too large");
    const std::uint64_t end = offset + num_values * BytesPerValue(tensor.type);
    header[tensor.name] = {{"dtype", tensor.type == TensorType::kFloat32 ? "F32" : "F16"},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // data starts at a multiple of 8
  return text;
}

void ReadExactly(int descriptor, void* out, std::uint64_t num_bytes, std::uint64_t offset,
                 const fs::path& file) {
  char* target = static_cast<char*>(out);
  while (num_bytes > 0) {
    const ssize_t got = pread(descriptor, target, num_bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::kIo, std::string("cannot be read: ") + std::strerror(errno), file);
    if (got == 0) Refuse(file, "it ends at byte " + std::to_string(offset));
    target += got;
    offset += static_cast<std::uint64_t>(got);
    num_bytes -= static_cast<std::uint64_t>(got);
  }
}

// One entry of the header; throws Json exceptions where a type is not what it should be.
SafetensorsFile::Tensor ParseTensor(const nlohmann::json& entry, std::uint64_t data_begin,
                                    std::uint64_t file_size, const fs::path& file) {
  SafetensorsFile::Tensor tensor;
  const std::string type = entry.at("dtype").get<std::string>();
  if (type != "F32" && type != "F16") Refuse(file, "dtype " + type.substr(0, 16) + " is neither F32 nor F16");
  tensor.type = type == "F32" ? TensorType::kFloat32 : TensorType::kFloat16;
  const nlohmann::json& shape = entry.at("shape");
  if (!shape.is_array() || shape.empty() || shape.size() > kMaxDimensions)
    Refuse(file, "a shape is malformed");
  for (const nlohmann::json& dimension : shape) {
    if (!dimension.is_number_unsigned()) Refuse(file, "a shape is malformed");
    tensor.shape.push_back(dimension.get<std::size_t>());
  }
  const nlohmann::json& offsets = entry.at("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    Refuse(file, "data_offsets are malformed");
  }
  const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
  std::uint64_t num_values = 0;
  const std::uint64_t data_size = file_size - data_begin;
  if (!NumValues(tensor.shape, &num_values) || begin > end || end > data_size ||
      end - begin != num_values * BytesPerValue(tensor.type)) {
    Refuse(file, "a shape, its offsets and the file's length do not agree (a truncated copy?)");
  }
  tensor.begin = data_begin + begin;
  return tensor;
}

// JSON leaves open which of two equal names counts; here nothing is left open.
nlohmann::json ParseHeader(const std::string& text, const fs::path& file) {
  std::set<std::string> names;
  return nlohmann::json::parse(text,
                               [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
                                 if (depth == 1 && event == nlohmann::json::parse_event_t::key &&
                                     !names.insert(value.get<std::string>()).second) {
                                   Refuse(file, "it names an array twice");
                                 }
                                 return true;
                               });
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(fs::path file, std::vector<TensorHeader> tensors, Digest digest)
    : file_(std::move(file)), temporary_(file_), tensors_(std::move(tensors)) {
  if (digest == Digest::kSha256) digest_.emplace();
  temporary_ += ".tmp";
  const std::string text = HeaderText(tensors_);
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    throw Error(ErrorCode::kIo, std::string("cannot be written: ") + std::strerror(errno), file_);
  }
  const std::uint64_t header_size = text.size();
  try {
    Write(&header_size, 8);
    Write(text.data(), text.size());
  } catch (...) {
    Discard();
    throw;
  }
}

SafetensorsWriter::~SafetensorsWriter() { Discard(); }

void SafetensorsWriter::Discard() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  descriptor_ = -1;
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void SafetensorsWriter::Write(const void* data, std::size_t num_bytes) {
  const char* source = static_cast<const char*>(data);
  if (digest_) digest_->Add(data, num_bytes);
  while (num_bytes > 0) {
    const ssize_t put = write(descriptor_, source, num_bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      throw Error(ErrorCode::kIo, std::string("cannot be written: ") + std::strerror(errno), file_);
    source += put;
    num_bytes -= static_cast<std::size_t>(put);
  }
}

void SafetensorsWriter::Append(const float* values, std::size_t count) {
  while (true) {
    if (tensor_ == tensors_.size()) break;
    const TensorHeader& tensor = tensors_[tensor_];
    std::uint64_t num_values = 0;
    NumValues(tensor.shape, &num_values);
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(count, num_values - num_written_));
    if (tensor.type == TensorType::kFloat32) {
      Write(values, part * sizeof(float));
    } else {
      Write(Halved(values, part, tensor.name).data(), part * sizeof(Eigen::half));
    }
    values += part;
    count -= part;
    num_written_ += part;
    if (num_written_ < num_values) break;
    ++tensor_;
    num_written_ = 0;
  }
  if (count > 0) throw std::logic_error("SafetensorsWriter: more values than the shapes have");
}

std::string SafetensorsWriter::Finish() {
  Append(nullptr, 0);  // arrays without values at the end
  if (tensor_ != tensors_.size()) throw std::logic_error("SafetensorsWriter: values are missing");
  const std::string digest = digest_ ? digest_->Hex() : "";
  const int descriptor = std::exchange(descriptor_, -1);
  std::error_code error;
  if (close(descriptor) != 0) error.assign(errno, std::generic_category());
  if (!error) fs::rename(temporary_, file_, error);
  if (error) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);
    throw Error(ErrorCode::kIo, "cannot be written: " + error.message(), file_);
  }
  return digest;
}

MappedFloats::MappedFloats(MappedFloats&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)),
      num_bytes_(other.num_bytes_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFloats::~MappedFloats() {
  if (address_ != nullptr) munmap(address_, num_bytes_);
}

void WriteSafetensors(const fs::path& file, const std::vector<TensorData>& tensors, TensorType type) {
  std::vector<TensorHeader> headers;
  for (const TensorData& tensor : tensors) headers.push_back({tensor.name, tensor.shape, type});
  SafetensorsWriter writer(file, headers);
  for (const TensorData& tensor : tensors) writer.Append(tensor.values.data(), tensor.values.size());
  writer.Finish();
}

SafetensorsFile::SafetensorsFile(const fs::path& file) : path_(file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    throw Error(errno == ENOENT ? ErrorCode::kGallery : ErrorCode::kIo,
                std::string("cannot be opened: ") + std::strerror(errno), file);
  }
  descriptor_ = descriptor;
  try {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode))
      Refuse(file, "it is not a regular file");
    const auto file_size = static_cast<std::uint64_t>(status.st_size);
    std::uint64_t header_size = 0;
    if (file_size < 8) Refuse(file, "it is shorter than its 8-byte header length");
    ReadExactly(descriptor_, &header_size, 8, 0, file);
    if (header_size > kMaxHeaderBytes || header_size > file_size - 8) {
      Refuse(file, "its header claims " + std::to_string(header_size) + " bytes");
    }
    std::string text(header_size, '\0');
    ReadExactly(descriptor_, text.data(), header_size, 8, file);
    const nlohmann::json header = ParseHeader(text, file);
    if (!header.is_object()) Refuse(file, "its header is not a JSON object");
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      tensors_[name] = ParseTensor(entry, 8 + header_size, file_size, file);
    }
  } catch (const nlohmann::json::exception&) {
    close(descriptor_);
    Refuse(file, "its header is not the JSON that it should be");
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

SafetensorsFile::SafetensorsFile(SafetensorsFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      tensors_(std::move(other.tensors_)) {}

SafetensorsFile::~SafetensorsFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

const SafetensorsFile::Tensor& SafetensorsFile::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) Refuse(path_, "it holds no array '" + name + "'");
  return found->second;
}

std::vector<float> SafetensorsFile::ReadRows(const std::string& name, std::size_t first,
                                             std::size_t count) const {
  const Tensor& array = tensor(name);
  if (first > array.shape[0] || count > array.shape[0] - first) {
    Refuse(path_, "array '" + name + "' has " + std::to_string(array.shape[0]) + " rows, row " +
                      std::to_string(first + count - 1) + " was asked for");
  }
  std::uint64_t row_values = 1;
  for (std::size_t d = 1; d < array.shape.size(); ++d) row_values *= array.shape[d];
  std::vector<float> values(count * row_values);
  const std::uint64_t offset = array.begin + first * row_values * BytesPerValue(array.type);
  if (array.type == TensorType::kFloat32) {
    ReadExactly(descriptor_, values.data(), values.size() * 4, offset, path_);
    return values;
  }
  std::vector<Eigen::half> halves(values.size());
  ReadExactly(descriptor_, halves.data(), halves.size() * 2, offset, path_);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(halves[i]);
  return values;
}

MappedFloats SafetensorsFile::Map(const std::string& name) const {
  const Tensor& array = tensor(name);
  if (array.type != TensorType::kFloat32 || array.begin % sizeof(float) != 0) {
    Refuse(path_, "array '" + name + "' is not float32, or not aligned");
  }
  std::uint64_t num_values = 0;
  NumValues(array.shape, &num_values);
  if (num_values == 0) return {nullptr, 0, nullptr, 0};
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t first = array.begin / page * page;
  const std::uint64_t num_bytes = array.begin - first + num_values * sizeof(float);
  void* address = mmap(nullptr, num_bytes, PROT_READ, MAP_SHARED, descriptor_, static_cast<off_t>(first));
  if (address == MAP_FAILED) {
    throw Error(ErrorCode::kIo, std::string("cannot be mapped: ") + std::strerror(errno), path_);
  }
  const char* begin = static_cast<const char*>(address) + (array.begin - first);
  return {address, num_bytes, reinterpret_cast<const float*>(begin), num_values};
}

}  // namespace touchstone
