#include "touchstone/core/error.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace touchstone {
namespace {

constexpr ErrorCode kAllCodes[] = {ErrorCode::kUsage,   ErrorCode::kOption, ErrorCode::kIo,
                                   ErrorCode::kImage,   ErrorCode::kModel,  ErrorCode::kGallery,
                                   ErrorCode::kResults, ErrorCode::kShape,  ErrorCode::kNotFinite};

TEST(ErrorCodeName, IsDifferentForEveryCode) {
  std::set<std::string> names;
  for (const ErrorCode code : kAllCodes) names.insert(ErrorCodeName(code));
  EXPECT_EQ(names.size(), std::size(kAllCodes));
  EXPECT_EQ(names.count(""), 0U);
}

TEST(ErrorCodeName, OfAValueOutsideTheEnumIsABug) {
  EXPECT_THROW(ErrorCodeName(static_cast<ErrorCode>(99)), std::logic_error);
}

TEST(Error, SaysTheFileFirstWhereThereIsOne) {
  EXPECT_STREQ(Error(ErrorCode::kIo, "is gone").what(), "is gone");
  const Error error(ErrorCode::kIo, "is gone", "a/b.png");
  EXPECT_STREQ(error.what(), "a/b.png: is gone");
  EXPECT_EQ(error.message, "is gone");
}

}  // namespace
}  // namespace touchstone
