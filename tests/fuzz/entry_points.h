#pragma once

#include <string>

namespace touchstone {

/// Each gives `bytes` to one reader of files and swallows the Error that it may throw. Anything else that
/// happens (another exception, a crash, a finding of a sanitizer) is a bug.
/// @return whether the bytes were accepted.
bool FuzzManifest(const std::string& bytes);
bool FuzzResults(const std::string& bytes);
bool FuzzSafetensors(const std::string& bytes);
bool FuzzDefectsConfig(const std::string& bytes);
/// A picture in any format of DecodeImage: as a photograph, as a mask, as the mask of one defect.
bool FuzzImage(const std::string& bytes);
/// The archive of an extractor, as it is looked at before LibTorch sees it.
bool FuzzExtractor(const std::string& bytes);
/// Somebody's anomaly map: a TIFF of numbers.
bool FuzzScoreMap(const std::string& bytes);

}  // namespace touchstone
