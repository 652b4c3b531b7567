#include "app/output_folder.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

fs::path Normal(const fs::path& folder) {
  fs::path path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();  // "a/b/" -> "a/b"
}

fs::path HiddenSibling(const fs::path& folder, const char* purpose) {
  return folder.parent_path() /
         ("." + folder.filename().string() + "." + purpose + "-" + std::to_string(getpid()));
}

void ThrowIf(const std::error_code& error, const char* what, const fs::path& path) {
  if (error) throw Error(ErrorCode::kIo, std::string(what) + ": " + error.message(), path);
}

void ProbeWritable(const fs::path& folder) {
  const fs::path probe = folder / ".touchstone-probe";
  WriteFileAtomically(probe, "probe");
  std::error_code ignored;
  fs::remove(probe, ignored);
}

std::string Mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// Whether `path` is `folder` or lies below it, links resolved. Neither needs to exist.
bool LiesIn(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(Normal(path), error);
  if (error) return false;
  const fs::path outer = fs::weakly_canonical(Normal(folder), error);
  if (error) return false;
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// Whether a marker file is there and names one of our schemas, which our files do at their beginning: others
// write a manifest.json too.
bool IsOurs(const fs::path& marker) {
  std::error_code error;
  if (!fs::is_regular_file(marker, error)) return false;
  std::ifstream file(marker, std::ios::binary);
  char head[64] = {};
  file.read(head, sizeof head - 1);
  const std::string text = head;
  return text.find("\"schema\": \"touchstone.") != std::string::npos;
}

}  // namespace

void CheckOutputFolder(const fs::path& folder, const char* marker, bool force) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorCode::kUsage, "exists and is not a folder; name another output", folder);
  }
  if (fs::is_empty(folder, error)) return;
  if (!IsOurs(folder / marker)) {
    throw Error(ErrorCode::kUsage,
                std::string("exists and holds no ") + marker +
                    " of touchstone's, so it is not ours to replace, not even with --force; name another "
                    "output or empty it",
                folder);
  }
  if (!force) {
    throw Error(ErrorCode::kUsage, "exists already; give --force to replace it, or name another output",
                folder);
  }
}

void CheckHoldsNone(const fs::path& folder, const std::vector<fs::path>& sources) {
  for (const fs::path& source : sources) {
    std::error_code error;
    if (fs::exists(source, error) && LiesIn(source, folder)) {
      throw Error(
          ErrorCode::kUsage,
          "holds " + source.string() + ", which would be lost when it is replaced; name another output",
          folder);
    }
  }
}

void CheckInNone(const fs::path& folder, const std::vector<fs::path>& sources) {
  for (const fs::path& source : sources) {
    if (LiesIn(folder, source)) {
      throw Error(
          ErrorCode::kUsage,
          "lies in " + source.string() +
              ", where its pictures would be taken for images the next time; name an output elsewhere",
          folder);
    }
  }
}

void CheckFreeSpace(const fs::path& folder, std::uint64_t num_bytes) {
  fs::path existing = Normal(folder);
  std::error_code error;
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  const fs::space_info space = fs::space(existing, error);
  if (error || space.capacity == 0 || space.available >= num_bytes) return;  // 0: no disk, as /proc
  throw Error(ErrorCode::kIo,
              "the disk is too full: about " + Mebibytes(num_bytes) + " will be written, " +
                  Mebibytes(space.available) + " are free; make room or name an output elsewhere",
              folder);
}

StagingFolder::StagingFolder(const fs::path& final_folder)
    : final_(fs::weakly_canonical(Normal(final_folder))), staging_(HiddenSibling(final_, "partial")) {
  std::error_code error;
  fs::remove_all(staging_, error);  // of a killed run that had our process number
  fs::create_directories(staging_, error);
  ThrowIf(error, "cannot be created", final_);
  try {
    ProbeWritable(staging_);
  } catch (...) {
    fs::remove_all(staging_, error);
    throw;
  }
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
}

void StagingFolder::Commit(const char* marker, bool force) {
  try {
    Place(marker, force);
  } catch (const Error& refused) {
    fs::path kept = final_;
    kept += ".new-" + std::to_string(getpid());
    std::error_code error;
    fs::rename(staging_, kept, error);
    if (error) throw Error(ErrorCode::kIo, refused.message, refused.where);
    staging_.clear();
    throw Error(ErrorCode::kIo, refused.message + " (what was made is kept as " + kept.string() + ")",
                refused.where);
  }
  staging_.clear();
}

void StagingFolder::Place(const char* marker, bool force) {
  CheckOutputFolder(final_, marker, force);  // again: the run may have taken hours
  const fs::path old = HiddenSibling(final_, "replaced");
  std::error_code error;
  const bool replaces = fs::exists(final_, error) && !fs::is_empty(final_, error);
  if (replaces) {
    fs::remove_all(old, error);
    fs::rename(final_, old, error);
    ThrowIf(error, "the old folder cannot be moved away", final_);
  }
  fs::rename(staging_, final_, error);  // takes the place of nothing, or of an empty folder
  if (error) {
    std::error_code ignored;
    if (replaces) fs::rename(old, final_, ignored);
    ThrowIf(error, "cannot be put in place", final_);
  }
  if (replaces) fs::remove_all(old, error);
}

void RemoveLeftovers(const fs::path& final_folder) {
  const std::string start = "." + final_folder.filename().string() + ".";
  std::vector<fs::path> leftovers;  // removed afterwards: a folder is not to change while it is listed
  std::error_code error;
  for (fs::directory_iterator entry(final_folder.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    for (const char* purpose : {"partial-", "replaced-"}) {
      if (name.rfind(start + purpose, 0) == 0) leftovers.push_back(entry->path());
    }
  }
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover, error);
}

void MakeWritableFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  ThrowIf(error, "cannot be created", folder);
  ProbeWritable(folder);
}

void MakeEmptyFolder(const fs::path& folder, const char* marker) {
  std::error_code error;
  fs::create_directories(folder, error);
  ThrowIf(error, "cannot be created", folder);
  for (const bool is_marker :
       {false, true}) {  // the marker goes last: until then the folder is known to be ours
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if ((entry->path().filename() == marker) != is_marker) continue;
      std::error_code remove_error;
      fs::remove_all(entry->path(), remove_error);
      ThrowIf(remove_error, "of the old content cannot be removed", entry->path());
    }
  }
  ThrowIf(error, "its content cannot be listed", folder);
  ProbeWritable(folder);
}

void WriteBelow(const fs::path& folder, const std::string& name, const Bytes& bytes) {
  const fs::path file = folder / name;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  ThrowIf(error, "cannot be created", file.parent_path());
  WriteFileAtomically(file, bytes);
}

}  // namespace touchstone
