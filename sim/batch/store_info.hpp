#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lastack/batch/store.hpp"

// What a database says of its sweep, as the texts of its tables `info` and `axis`.

namespace lastack::batch {

/// Something in a database that `entries_of` never writes. what() says where and what is wanted.
class Damage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The texts of `info`, by key.
std::map<std::string, std::string> entries_of(const StoreInfo& info);
/// The text of an axis's values.
std::string values_text(const scenario::Axis& axis);

/// Back from these and the axes' paths and values. Whatever they say of indices, sizes and numbers
/// has been checked: nobody needs to look again. Throws Damage.
StoreInfo info_from(const std::map<std::string, std::string>& entries,
                    const std::vector<std::pair<std::string, std::string>>& axes);

/// "2/3".
std::string shard_text(Shard shard);

}  // namespace lastack::batch
