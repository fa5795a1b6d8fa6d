#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

/// Records of one kind, found by a number that stays theirs until they are released. Their memory
/// stays where it is and is used again. Few take little room, many waste little: the chunks of the
/// first `chunk_max` records double, all later ones hold `chunk_max`.
template <typename T> class Slab {
 public:
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (size_ == capacity_) grow();
    return size_++;
  }
  void release(std::uint32_t index) { free_.push_back(index); }

  /// How many are taken.
  std::uint32_t taken() const { return size_ - static_cast<std::uint32_t>(free_.size()); }
  bool contains(std::uint32_t index) const { return index < size_; }
  [[gnu::always_inline]] T& operator[](std::uint32_t index) { return *at(index); }
  [[gnu::always_inline]] const T& operator[](std::uint32_t index) const { return *at(index); }

  /// Calls `use(index, record)` for each that is not released. Looks through all of them: for
  /// checks.
  template <typename Use> void for_each(Use use) const {
    std::vector<bool> is_free(size_);
    for (const std::uint32_t index : free_) {
      LASTACK_ASSERT(index < size_);
      LASTACK_ASSERT(!is_free[index]);  // released twice
      is_free[index] = true;
    }
    for (std::uint32_t index = 0; index < size_; ++index) {
      if (!is_free[index]) use(index, (*this)[index]);
    }
  }

 private:
  static constexpr unsigned max_bits = 8;
  static constexpr std::uint32_t chunk_max = 1U << max_bits;

  [[gnu::always_inline]] T* at(std::uint32_t index) const {
    if (index < chunk_max) return first_[index];
    return &chunks_[index >> max_bits][index & (chunk_max - 1)];
  }

  void grow() {
    constexpr std::uint32_t least = 2;
    const std::uint32_t more = capacity_ < chunk_max ? std::max(least, capacity_) : chunk_max;
    memory_.push_back(std::make_unique<T[]>(more));
    T* const records = memory_.back().get();
    if (capacity_ < chunk_max) {
      for (std::uint32_t i = 0; i < more; ++i) first_.push_back(records + i);
    } else {
      if (chunks_.empty()) chunks_.push_back(nullptr);
      chunks_.push_back(records);
    }
    capacity_ += more;
  }

  std::vector<std::unique_ptr<T[]>> memory_;
  std::vector<T*> first_;   ///< each of the first `chunk_max` records
  std::vector<T*> chunks_;  ///< each later chunk of `chunk_max`, by its number from 1 on
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace lastack::tcp
