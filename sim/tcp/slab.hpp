#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lastack::tcp {

/// Records of one kind, found by a number that stays theirs until they are released. Their memory
/// stays where it is and is used again. Few take little room, many waste little: chunks double up
/// to `chunk_max` records.
template <typename T> class Slab {
 public:
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (place_of(size_).chunk == chunks_.size()) {
      chunks_.push_back(std::make_unique<T[]>(chunk_size(chunks_.size())));
    }
    return size_++;
  }
  void release(std::uint32_t index) { free_.push_back(index); }

  bool contains(std::uint32_t index) const { return index < size_; }
  [[gnu::always_inline]] T& operator[](std::uint32_t index) {
    const Place place = place_of(index);
    return chunks_[place.chunk][place.offset];
  }
  [[gnu::always_inline]] const T& operator[](std::uint32_t index) const {
    const Place place = place_of(index);
    return chunks_[place.chunk][place.offset];
  }

 private:
  // The first chunk has two records, the next two, then four, eight, … and `chunk_max` each.
  static constexpr unsigned max_bits = 8;
  static constexpr std::uint32_t chunk_max = 1U << max_bits;

  struct Place {
    std::uint32_t chunk;
    std::uint32_t offset;
  };
  [[gnu::always_inline]] static Place place_of(std::uint32_t index) {
    if (index >= chunk_max) {
      return {max_bits - 1 + (index >> max_bits), index & (chunk_max - 1)};
    }
    const auto chunk = static_cast<std::uint32_t>(std::bit_width(index >> 1));
    return {chunk, chunk == 0 ? index : index - (1U << chunk)};
  }
  static std::size_t chunk_size(std::size_t chunk) {
    if (chunk >= max_bits) return chunk_max;
    return std::size_t{1} << (chunk == 0 ? 1 : chunk);
  }

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace lastack::tcp
