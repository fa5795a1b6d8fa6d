#pragma once

#include <initializer_list>
#include <memory>
#include <string>

namespace lastack::kernel {

/// Finds places in a scenario's file again, which the loaded scenario has forgotten, as JSON
/// Pointers. A file that cannot be read holds nothing.
class Places {
 public:
  explicit Places(const std::string& file);
  ~Places();

  bool has(const std::string& pointer) const;
  /// The first of these that the file holds; the last when it holds none, since `--set` put it
  /// there.
  std::string first_of(std::initializer_list<std::string> pointers) const;
  /// The place of the nth element (from 0) of an array that holds the key.
  std::string nth_with(const std::string& array, const char* key, std::size_t nth) const;

 private:
  struct Document;
  std::unique_ptr<const Document> document_;
};

}  // namespace lastack::kernel
