#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastack::tcp {

/// A set of ports, as ip_local_reserved_ports has it (Documentation/networking/ip-sysctl.rst).
class PortSet {
 public:
  PortSet() = default;

  /// Ports and ranges between commas, "40002-40007,40010", in any order; nothing at all is the
  /// empty set. Numbers may be hexadecimal or octal, as where the kernel reads them. Nothing where
  /// the text is none such: blanks beside numbers, a range that runs down, a number above 65535.
  static std::optional<PortSet> parse(std::string_view text);

  /// In the kernel's form: in order, neighbours joined to ranges.
  std::string text() const;

  /// Whether no port is in the set.
  bool empty() const { return ranges_.empty(); }
  /// Whether the port is in the set.
  bool contains(std::int32_t port) const;
  /// How many ports from `first` to `last` are in the set; requires first <= last.
  std::uint32_t count_within(std::int32_t first, std::int32_t last) const;

  friend bool operator==(const PortSet&, const PortSet&) = default;

 private:
  struct Range {
    std::int32_t first;
    std::int32_t last;
    friend bool operator==(const Range&, const Range&) = default;
  };

  void join_neighbours();

  std::vector<Range> ranges_;  ///< in order, with gaps between them
};

}  // namespace lastack::tcp
