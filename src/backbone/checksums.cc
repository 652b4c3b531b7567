#include "checksums.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "touchstone/core/error.h"
#include "zip_record.h"

namespace touchstone {
namespace {

constexpr std::string_view kChecksumsRecord = "extra/touchstone.sha256";

bool IsBefore(const ZipRecord& a, const ZipRecord& b) { return a.name < b.name; }

// Whether the records are those that their list names, each with its check sum.
bool MatchTheirList(std::vector<ZipRecord> records) {
  const auto list = std::find_if(records.begin(), records.end(),
                                 [](const ZipRecord& record) { return record.name == kChecksumsRecord; });
  if (list == records.end()) return false;
  const std::string_view expected = list->data;
  records.erase(list);
  std::sort(records.begin(), records.end(), IsBefore);
  std::string found;
  for (const ZipRecord& record : records) {
    found += Sha256(record.data.data(), record.data.size()) + "  " + std::string(record.name) + "\n";
  }
  return found == expected;
}

}  // namespace

void CheckChecksums(const Bytes& file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::optional<std::vector<ZipRecord>> records = StoredZipRecords(text);
  if (records && MatchTheirList(*records)) return;
  // The name stands twice in the archive, so that one damaged byte does not hide that there are sums.
  if (text.find(kChecksumsRecord) == std::string_view::npos) return;
  const std::string what =
      records ? "damaged: its contents differ from the check sums that were stored with them"
              : "damaged, or packed anew: it is no plain archive any more, as it was written";
  throw Error(ErrorCode::kModel, what + "; copy or export it again");
}

}  // namespace touchstone
