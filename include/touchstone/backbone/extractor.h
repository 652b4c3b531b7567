#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// One pyramid level as the extractor file declares it.
struct ExtractorLevel {
  std::string name;
  int channels = 0;
  int stride = 0;  ///< input pixels per location, the same in x and y
};

/// What an extractor file says of itself (its extra file touchstone.json).
struct ExtractorInfo {
  std::string name;  ///< ends in "-random" where the weights were never trained
  std::string version;
  std::string license;
  std::string weights_source;
  std::string weights_sha256;
  std::array<float, 3> mean{};
  std::array<float, 3> stddev{};
  std::vector<ExtractorLevel> levels;  ///< finest first
  int global_size = 0;
  int input_multiple = 1;  ///< width and height of the input must be multiples of this
  std::map<std::string, std::vector<int>> default_levels;  ///< method name -> 1-based level numbers
  bool has_random_weights() const;
};

/// What of an extractor's outputs somebody wants. What only the others need is not computed.
struct WantedOutputs {
  int deepest_level = 0;  ///< levels up to this one (1-based); 0 = all
  bool global = true;
  bool is_all() const { return deepest_level == 0 && global; }
};

/// What an extractor file says of itself, read without LibTorch (0.4 s and more): enough to refuse options
/// that do not suit it. No proof that the file is whole, which is ExtractorFile's affair, or can be run,
/// which is Extractor's; they also say what is wrong where this is none. Of files that our exporter or a
/// plain zip program wrote; torch.jit.save writes the 64-bit form, of which it is none.
std::optional<ExtractorInfo> PeekInfo(const std::filesystem::path& file);

/// The shape of every level for an input of this size. @throws Error kOption if the size is not a positive
/// multiple of info.input_multiple (names both).
std::vector<FeatureShape> LevelShapes(const ExtractorInfo& info, Size input);

/// An extractor file in memory, whole and with a description, as far as can be known without running it.
class ExtractorFile {
 public:
  /// Reads the file once, all of it into memory and at 0.4 GB/s with its check, LibTorch being opened beside
  /// it (0.4 s and more at the first call of a process). Then LibTorch may see it: a file whose digest is
  /// known has that digest; another has the check sums of its records, where it carries any (our exporter's
  /// files do). A damaged file WITHOUT them may crash LibTorch.
  /// @param sha256  where the file's digest is known, such as a gallery's copy. Empty = not known.
  /// @throws Error kIo if it cannot be read, or LibTorch is missing (core/late_library.h); kModel naming what
  /// is wrong: another digest, damaged, not TorchScript, no description (says how to export one).
  static ExtractorFile Read(const std::filesystem::path& path, const std::string& sha256 = "");

  const ExtractorInfo& info() const { return info_; }
  /// Those that Extractor::Load loads; null when the file was moved from.
  const std::shared_ptr<const Bytes>& bytes() const { return bytes_; }
  std::string Sha256() const;  ///< of the bytes; about 1 GB/s

 private:
  friend class Extractor;
  ExtractorFile() = default;
  std::filesystem::path path_;
  std::shared_ptr<const Bytes> bytes_;
  ExtractorInfo info_;
};

/// A TorchScript feature extractor: image -> one global feature and a pyramid (scripts/README.md
/// describes the file).
///
/// The same input gives the same bytes on one machine, whichever thread asks and however many
/// ask at once: each call runs on its caller's thread alone, so throughput comes from images
/// in parallel. Safe to call concurrently. For that, the calling thread's OpenMP setting becomes one
/// thread, for good.
class Extractor {
 public:
  /// Makes the network of a file and checks its outputs for two probe images (number, rank, channels,
  /// strides, finiteness). The file is code: loading it is trusting it.
  /// Takes 0.1 s for the embedded model, 0.5 s for Wide-ResNet50-2 (267 MB, three times that at the peak).
  /// @param file  move it in: it holds all bytes, which are let go as early as possible.
  /// @param wanted  leaves outputs out. What only the others need is cut off the program where it returns a
  /// list that is made of all levels at once or grows by one after the other (as our exporter's do), and
  /// computed for nothing where not.
  /// @throws Error kModel if the outputs differ from the description, or the file is not TorchScript after
  /// all.
  static Extractor Load(ExtractorFile file, WantedOutputs wanted = {});
  /// Of a file whose digest is not known. @throws as ExtractorFile::Read and the above.
  static Extractor Load(const std::filesystem::path& file, WantedOutputs wanted = {});

  Extractor(Extractor&&) noexcept;
  Extractor& operator=(Extractor&&) noexcept;
  ~Extractor();

  const ExtractorInfo& info() const;

  /// @param input [3 * H * W] planar, normalised RGB (Preprocess).
  /// @return features in the declared shapes, location-major (core/feature_map.h); empty where not wanted:
  /// the global feature, and the values of levels, which have their shapes all the same.
  /// @throws Error kOption if the size is not a positive multiple of info().input_multiple, kShape if
  /// `input` is not 3 * H * W long, kModel if an output breaks its declaration, kNotFinite naming the
  /// output that holds NaN or infinity.
  ImageFeatures Extract(const std::vector<float>& input, Size size) const;

 private:
  struct Impl;
  explicit Extractor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Resolves --model: a path to a file as it is, otherwise a name looked up as <name>.pt in
/// $TOUCHSTONE_MODELS, beside the program in the source tree (../../models), and in
/// ../share/touchstone/models of an installed one.
/// @throws Error kUsage: for a known architecture the one command that exports it, otherwise the
/// places that were searched and the names that were found. @param option  that the name was given to, for
/// the message; empty where it was none.
std::filesystem::path FindModel(const std::string& name_or_file, const std::string& option = "--model");

/// "LibTorch 1.13.0, oneDNN 2.6.3, AVX2, OpenBLAS 0.3.21 Haswell" and the like, for --version: LibTorch as it
/// names itself, the instruction set of its own kernels (oneDNN chooses its own, up to what the CPU has),
/// and the BLAS that the system chose for it.
std::string BackboneVersions();

}  // namespace touchstone
