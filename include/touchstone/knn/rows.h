#pragma once

#include <cstddef>

namespace touchstone {

struct Coordinates;
struct Projection;

/// A matrix of rows that somebody else owns: [rows x cols], row-major, contiguous.
struct RowsView {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  const float* row(std::size_t r) const { return data + r * cols; }
};

/// Rows that may be made one at a time, when somebody looks at them. Safe to call concurrently.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::size_t rows() const = 0;
  virtual std::size_t cols() const = 0;
  /// Row r. @param scratch [cols], where it is written unless it is in memory already.
  virtual const float* Row(std::size_t r, float* scratch) const = 0;
  /// Coordinates of all rows (projection.h). A source that knows how its rows are made may do it faster than
  /// this, which projects each. In parallel (core/parallel.h). @throws Error kNotFinite like Project.
  virtual Coordinates ProjectAll(const Projection& projection) const;
};

/// Rows that are in memory.
class MatrixRows : public RowSource {
 public:
  explicit MatrixRows(RowsView view) : view_(view) {}
  std::size_t rows() const override { return view_.rows; }
  std::size_t cols() const override { return view_.cols; }
  const float* Row(std::size_t r, float* /*scratch*/) const override { return view_.row(r); }

 private:
  RowsView view_;
};

}  // namespace touchstone
