#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <utility>

namespace touchstone {

/// What went wrong, as far as a caller can act on it. The exit code of each is chosen in one
/// place, src/cli/exit_code.cc.
enum class ErrorCode {
  kUsage,      ///< a path that is missing or in the way, names that collide: nothing was read yet
  kOption,     ///< an option's value is outside its limits, or two options contradict each other
  kIo,         ///< the system refused to read or write (permission, disk full, vanished file)
  kImage,      ///< a file is not a readable image, or not one of a supported kind
  kModel,      ///< an extractor file is corrupt, foreign, or does not keep its own description
  kGallery,    ///< a gallery is incomplete, altered, or of another schema version
  kResults,    ///< a results folder or ground truth cannot be used
  kShape,      ///< two arrays that belong together differ in shape
  kNotFinite,  ///< NaN or infinity where a number is needed
};

/// The one exception type that Touchstone throws on purpose. `message` says name, value, limit
/// and way out in one sentence; `where` is the file it is about, or empty. A broken promise
/// inside our own code is a std::logic_error instead.
struct Error : std::exception {
  Error(ErrorCode error_code, std::string error_message, std::filesystem::path error_where = {})
      : code(error_code), message(std::move(error_message)), where(std::move(error_where)) {
    text_ = where.empty() ? message : where.string() + ": " + message;
  }

  /// "<where>: <message>", or the message alone where no file is named.
  const char* what() const noexcept override { return text_.c_str(); }

  ErrorCode code;
  std::string message;
  std::filesystem::path where;

 private:
  std::string text_;
};

/// The stable lower-case name of a code, as written in results.json ("image", "io", ...).
const char* ErrorCodeName(ErrorCode code);

}  // namespace touchstone
