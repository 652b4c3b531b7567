#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/core/file.h"

namespace touchstone {

/// Checks that `folder` may become our output: it does not exist, or is an empty folder, or `force` is
/// set and it holds a `marker` (manifest.json or results.json) with a schema of ours, which says that it is
/// ours to replace.
/// Changes nothing. @throws Error kUsage naming the way out.
void CheckOutputFolder(const std::filesystem::path& folder, const char* marker, bool force);

/// Checks that replacing `folder` would not delete what the run reads. @throws Error kUsage if one of
/// `sources` is the folder or lies in it.
void CheckHoldsNone(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& sources);

/// Checks that what is written to `folder` will not be found by a later search for images. @throws Error
/// kUsage if it is one of `sources` or lies in it.
void CheckInNone(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& sources);

/// @throws Error kIo if the file system of `folder` (or its nearest existing parent) has less than
/// `num_bytes` free: names both figures.
void CheckFreeSpace(const std::filesystem::path& folder, std::uint64_t num_bytes);

/// A hidden folder beside the final one (beside what it links to, if it is a link), removed with everything
/// in it unless Commit is called, which puts it in the final place, in one rename, before which an old one is
/// moved out of the way.
class StagingFolder {
 public:
  explicit StagingFolder(const std::filesystem::path& final_folder);  ///< @throws Error kIo
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder();
  const std::filesystem::path& path() const { return staging_; }
  /// @throws Error kIo: somebody has put there in the meantime what CheckOutputFolder would not let be
  /// replaced, or the folder cannot be moved; the old one is then back in its place. The new one is kept
  /// beside it, as NAME.new-PROCESS, and named.
  void Commit(const char* marker, bool force);

 private:
  void Place(const char* marker, bool force);
  std::filesystem::path final_, staging_;
};

/// Removes what killed processes left of their StagingFolders for `final_folder`, as far as it can be
/// removed. Only for folders that no other process can be writing now.
void RemoveLeftovers(const std::filesystem::path& final_folder);

/// Makes sure that `folder` is there and that we can write to it. @throws Error kIo
void MakeWritableFolder(const std::filesystem::path& folder);

/// Makes `folder` an empty folder that we can write to; `marker` is removed last. @throws Error kIo
void MakeEmptyFolder(const std::filesystem::path& folder, const char* marker);

/// Writes folder/name, whose folders are made on the way, by rename. @throws Error kIo
void WriteBelow(const std::filesystem::path& folder, const std::string& name, const Bytes& bytes);

}  // namespace touchstone
