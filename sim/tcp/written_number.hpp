#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lastack::tcp {

/// A number as the kernel reads it where somebody writes to a file below /proc/sys.
struct WrittenNumber {
  std::int64_t value;
  std::size_t chars;  ///< how many characters it takes
};

/// The number that `text` begins with: decimal, hexadecimal after 0x, octal after 0, below 0 after
/// a minus sign. Nothing where there is none, or one of more than 63 bits.
std::optional<WrittenNumber> written_number(std::string_view text);

/// The first numbers of a text such as "4096 131072\t6291456", `most` at most. Each ends at a blank
/// or the end, and what follows the last one is not read: "600   # seconds" is 600. Nothing where
/// something else than a number stands in the way.
std::optional<std::vector<std::int64_t>> written_numbers(std::string_view text, std::size_t most);

}  // namespace lastack::tcp
