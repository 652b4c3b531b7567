#include "knn/faiss_library.h"

#include <dlfcn.h>
#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/impl/IDSelector.h>
#include <omp.h>

#include <algorithm>
#include <cstring>

namespace touchstone {
namespace {

using idx_t = faiss::Index::idx_t;

// Every thread of ours works for itself: sums must not depend on how many there are.
void UseThisThreadOnly() {
  omp_set_num_threads(1);
  static const bool is_set = [] {
    auto* set_num_threads = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    if (set_num_threads != nullptr) set_num_threads(1);
    return true;
  }();
  (void)is_set;
}

idx_t Count(std::size_t count) { return static_cast<idx_t>(count); }

std::vector<float> Cluster(RowsView rows, std::size_t count, int rounds) {
  UseThisThreadOnly();
  faiss::ClusteringParameters parameters;
  parameters.niter = rounds;
  parameters.min_points_per_centroid = 1;
  parameters.max_points_per_centroid = static_cast<int>(rows.rows / count + 1);  // all of them
  faiss::Clustering clustering(static_cast<int>(rows.cols), static_cast<int>(count), parameters);
  faiss::IndexFlatL2 index(Count(rows.cols));
  clustering.train(Count(rows.rows), rows.data, index);
  return clustering.centroids;
}

void Assign(RowsView centres, RowsView rows, std::int32_t* numbers) {
  UseThisThreadOnly();
  faiss::IndexFlatL2 index(Count(centres.cols));
  index.add(Count(centres.rows), centres.data);
  std::vector<idx_t> labels(rows.rows);
  index.assign(Count(rows.rows), rows.data, labels.data());
  for (std::size_t r = 0; r < rows.rows; ++r) numbers[r] = static_cast<std::int32_t>(labels[r]);
}

// Which rows count: those that are not absent.
struct NotAbsent : faiss::IDSelector {
  explicit NotAbsent(const std::vector<char>& rows) : absent(rows) {}
  bool is_member(idx_t id) const override { return absent[static_cast<std::size_t>(id)] == 0; }
  const std::vector<char>& absent;
};

class Index : public FaissIndex {
 public:
  Index(const IvfPqCodes& codes, std::size_t num_cols)
      : quantizer_(Count(num_cols)),
        index_(&quantizer_, num_cols, codes.centres.size() / num_cols, codes.num_parts, 8) {
    UseThisThreadOnly();
    quantizer_.add(Count(codes.centres.size() / num_cols), codes.centres.data());
    index_.pq.centroids.assign(codes.codewords.begin(), codes.codewords.end());
    index_.is_trained = true;
    index_.precompute_table();
  }

  void Encode(RowsView rows, std::int32_t* lists, std::uint8_t* codes) const override {
    UseThisThreadOnly();
    std::vector<idx_t> numbers(rows.rows);
    quantizer_.assign(Count(rows.rows), rows.data, numbers.data());
    index_.encode_vectors(Count(rows.rows), rows.data, numbers.data(), codes);
    for (std::size_t r = 0; r < rows.rows; ++r) lists[r] = static_cast<std::int32_t>(numbers[r]);
  }

  void Add(const std::vector<std::int32_t>& lists, const std::vector<std::uint8_t>& codes) override {
    const std::size_t size = codes.size() / lists.size();
    for (std::size_t r = 0; r < lists.size(); ++r) {
      const idx_t id = Count(r);
      index_.invlists->add_entries(static_cast<std::size_t>(lists[r]), 1, &id, codes.data() + r * size);
    }
    index_.ntotal = Count(lists.size());
  }

  void Find(RowsView query, std::size_t count, std::size_t num_lists, const std::vector<char>& absent,
            std::int64_t* rows) const override {
    UseThisThreadOnly();
    NotAbsent not_absent(absent);
    faiss::IVFPQSearchParameters parameters;
    parameters.nprobe = std::min(num_lists, index_.nlist);
    parameters.sel = absent.empty() ? nullptr : &not_absent;
    std::vector<float> distances(query.rows * count);
    index_.search(Count(query.rows), query.data, Count(count), distances.data(), rows, &parameters);
  }

 private:
  faiss::IndexFlatL2 quantizer_;
  faiss::IndexIVFPQ index_;
};

std::unique_ptr<FaissIndex> Make(const IvfPqCodes& codes, std::size_t num_cols) {
  return std::make_unique<Index>(codes, num_cols);
}

}  // namespace
}  // namespace touchstone

const touchstone::FaissLibrary touchstone_faiss = {&touchstone::Cluster, &touchstone::Assign,
                                                   &touchstone::Make};
