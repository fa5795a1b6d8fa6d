#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace lastack::tcp {

/// Records of one kind, found by a number that stays theirs until they are released. Their memory
/// stays where it is and is used again.
template <typename T> class Slab {
 public:
  std::uint32_t take() {
    if (free_.empty()) {
      items_.emplace_back();
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  void release(std::uint32_t index) { free_.push_back(index); }

  bool contains(std::uint32_t index) const { return index < items_.size(); }
  T& operator[](std::uint32_t index) { return items_[index]; }
  const T& operator[](std::uint32_t index) const { return items_[index]; }

 private:
  std::deque<T> items_;
  std::vector<std::uint32_t> free_;
};

}  // namespace lastack::tcp
