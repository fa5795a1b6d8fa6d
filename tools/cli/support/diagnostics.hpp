#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

/// What the program says on stderr beside its results: "lastack: warning: …". spdlog writes it; its
/// headers stay in one source, since they take long to compile.
namespace lastack::cli::diagnostics {

enum class Level { debug, warning, error };

void start();       ///< once, before anything is said
void show_debug();  ///< from now on; by default nothing below a warning is shown
/// In one line, whatever the text is made of.
void write(Level level, const std::string& text);

template <typename... Values> void debug(fmt::format_string<Values...> format, Values&&... values) {
  write(Level::debug, fmt::format(format, std::forward<Values>(values)...));
}

template <typename... Values> void warn(fmt::format_string<Values...> format, Values&&... values) {
  write(Level::warning, fmt::format(format, std::forward<Values>(values)...));
}

template <typename... Values> void error(fmt::format_string<Values...> format, Values&&... values) {
  write(Level::error, fmt::format(format, std::forward<Values>(values)...));
}

}  // namespace lastack::cli::diagnostics
