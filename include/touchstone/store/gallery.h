#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/core/file.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/methods/spade.h"
#include "touchstone/methods/thresholds.h"
#include "touchstone/store/safetensors.h"

namespace touchstone {

/// One normal image that went into a gallery.
struct GalleryImage {
  std::string path;    ///< relative to the folder it came from
  std::string sha256;  ///< of the image file
  Size size;
  int bits_per_channel = 8;
};

/// One file of features: `num_images` consecutive images.
struct GallerySegment {
  std::string file;  ///< relative to the gallery
  std::string sha256;
  std::size_t num_images = 0;
};

/// The file of what a method other than spade made of the images (store/model_file.h).
struct GalleryModel {
  std::string file;  ///< relative to the gallery
  std::string sha256;
  std::size_t num_rows = 0;      ///< patchcore: patches that are kept
  std::optional<double> recall;  ///< patchcore by codes: RecallOfCodes
};

/// What the gallery remembers of its extractor.
struct GalleryExtractor {
  std::string name;
  std::string sha256;
  std::size_t global_size = 0;
  std::vector<std::string> level_names;
  std::vector<FeatureShape> level_shapes;  ///< at the gallery's network input size
};

/// The colour scale of heat maps: a map value of `low` or less gets the coldest colour, `high` or
/// more the hottest.
struct MapScale {
  double low = 0;
  double high = 1;
  std::string source;  ///< what it was measured on, in words
};

/// manifest.json, schema touchstone.gallery/1.
struct GalleryManifest {
  std::string touchstone_version;
  ScoringOptions options;  ///< method, and defaults for score; levels and dims filled in
  Preprocessing preprocessing;
  GalleryExtractor extractor;
  TensorType dtype = TensorType::kFloat32;
  std::optional<Calibration> calibration;  ///< made with `options`; none in galleries of early versions
  MapScale map_scale;
  std::string roi_sha256;  ///< of roi.png, what of the photographs is looked at; empty = all of them
  std::string source;      ///< the folder the images came from, as given
  std::vector<GalleryImage> images;
  std::vector<GallerySegment> segments;  ///< features of all images; none where the method does not keep them
  std::optional<GalleryModel> model;     ///< none for spade, which compares with the features themselves
};

/// The levels (1-based) whose features are stored: all for spade, whose options may be changed when it
/// scores; those of the options for the others, which drop them when the model is made.
std::vector<int> StoredLevels(const GalleryManifest& manifest);

/// How much of a gallery Open reads before it is trusted.
enum class GalleryCheck {
  kManifest,         ///< the manifest alone (info, list)
  kAllButExtractor,  ///< as kDigests, but for extractor.pt: whoever loads it compares its SHA-256 (score)
  kDigests           ///< every file the manifest names is there and has its SHA-256 (verify)
};

/// A gallery folder, opened for reading. Safe to call concurrently.
///
///     manifest.json            schema touchstone.gallery/1; written last, it makes the folder a gallery
///     extractor.pt             the TorchScript extractor itself
///     segments/*.safetensors   spade: the images' features, `global` [N, D], `level1`.. [N, H, W, C];
///                              patchcore, padim: the model made of them (store/model_file.h)
///     previews/*.jpg           small pictures of the images
///     roi.png                  what of the photographs is looked at, where it is not all
///
/// What the manifest does not name is no part of it.
class Gallery : public GalleryFeatures {
 public:
  /// @throws Error kUsage if there is no such folder; kGallery naming the file and what is wrong:
  /// no manifest, another schema version, a missing, short or altered file, shapes that disagree.
  static Gallery Open(const std::filesystem::path& folder, GalleryCheck check);

  const std::filesystem::path& folder() const { return folder_; }
  const GalleryManifest& manifest() const { return manifest_; }
  const std::string& sha256() const { return sha256_; }  ///< of manifest.json
  std::filesystem::path extractor_file() const;
  /// @throws Error kGallery if that is missing or was altered.
  void CheckExtractor() const;

  /// Whether features can be read: not those of a finished patchcore or padim gallery.
  bool HasFeatures() const { return !segments_.empty(); }
  /// The arrays of manifest().model. @throws std::logic_error if there are none, or Open read the manifest
  /// alone.
  const SafetensorsFile& model_file() const;

  /// What of the photographs is looked at (image/roi.h), with 0 and 1 for no and yes; none = all of them, or
  /// Open read the manifest alone.
  const std::optional<Mask>& roi() const { return roi_; }
  /// The same laid over the resized frame (methods/region_weights.h, OverFrame); none as above.
  const std::optional<Mask>& roi_on_frame() const { return roi_on_frame_; }
  const std::string& roi_sha256() const { return roi_sha256_; }  ///< of EncodeRoi's bytes; empty = none
  /// Looks at this part of the photographs from now on; nothing is written. @param roi of zeros and ones.
  /// @throws Error kUsage naming --roi, if a normal image has other proportions.
  void LookAt(const Mask& roi);
  /// Whether that part is the one that thresholds and colour scale were made with.
  bool HasOwnRoi() const { return roi_sha256_ == manifest_.roi_sha256; }

  std::size_t num_images() const override { return manifest_.images.size(); }
  RowsView globals() const override;
  const std::vector<FeatureShape>& level_shapes() const override { return manifest_.extractor.level_shapes; }
  std::vector<FeatureMap> ReadPyramid(std::size_t image, const std::vector<int>& levels) const override;
  /// Global feature and all levels of one image; of levels that are not stored the shape alone.
  ImageFeatures ReadFeatures(std::size_t image) const;

 private:
  friend class GalleryWriter;  // opens what it has written before there is a manifest
  void OpenRoi();
  void SetRoi(const std::optional<Mask>& roi);
  void OpenSegments();
  void OpenModel();

  std::filesystem::path folder_;
  GalleryManifest manifest_;
  std::string sha256_;
  std::optional<Mask> roi_, roi_on_frame_;
  std::string roi_sha256_;
  std::vector<SafetensorsFile> segments_;
  std::shared_ptr<const SafetensorsFile> model_;
  std::vector<std::size_t> first_images_;  ///< of each segment
  std::size_t global_size_ = 0;            ///< that is stored
  std::vector<float> globals_;
};

/// Writes a gallery into an empty folder: features as they come, a segment of about 32 MiB at a
/// time, and the manifest last. Of methods other than spade the features are there until the model has been
/// made of them: the levels that it is made of, in float32, and as `global` whatever tells images apart.
class GalleryWriter {
 public:
  /// @param manifest all but images, segments and the extractor's digest. @throws Error kIo.
  GalleryWriter(std::filesystem::path folder, GalleryManifest manifest);

  /// Writes the extractor's file. Once, before Finish, and while nothing else is asked of the writer.
  /// @throws Error kIo.
  void StoreExtractor(const Bytes& file);

  /// Stores what of the photographs is to be looked at. At most once, and before OpenUnfinished.
  void SetRoi(const Mask& roi);

  /// Adds one image. @param preview_jpeg a small picture of it.
  void Add(const GalleryImage& image, ImageFeatures features, const std::vector<std::uint8_t>& preview_jpeg);

  /// Writes what is left, so that the features can be read through OpenUnfinished.
  void FinishSegments();

  /// The features written so far, before there is a manifest, and the model if it is set. Call after
  /// FinishSegments.
  Gallery OpenUnfinished() const;

  /// Where the model's file is to be written, and that it has been.
  std::filesystem::path ModelPath() const;
  void SetModel(const std::string& sha256, std::size_t num_rows, std::optional<double> recall = std::nullopt);

  /// Removes the features again. Nothing may be open that reads them.
  void DropFeatures();

  /// Writes the manifest: from now on the folder is a gallery. @throws std::logic_error without an extractor.
  void Finish(const MapScale& map_scale, const std::optional<Calibration>& calibration = std::nullopt);

 private:
  void WriteSegment();

  std::filesystem::path folder_;
  GalleryManifest manifest_;
  std::size_t images_per_segment_ = 1;
  std::vector<int> levels_;  ///< that are stored
  std::optional<Mask> roi_;
  std::vector<ImageFeatures> pending_;
};

/// Replaces the manifest by one with another calibration, or none, in one rename. @throws Error kIo.
void ReplaceCalibration(const Gallery& gallery, const std::optional<Calibration>& calibration);

/// The preview of image `index` of a gallery, relative to its folder.
std::string PreviewPath(std::size_t index);

}  // namespace touchstone
