#include "support/diagnostics.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "lastack/core/text.hpp"

namespace lastack::cli::diagnostics {

void start() {
  auto logger = spdlog::stderr_color_mt("lastack");
  logger->set_pattern("lastack: %^%l%$: %v");
  spdlog::set_default_logger(std::move(logger));
}

void show_debug() { spdlog::set_level(spdlog::level::debug); }

void write(Level level, const std::string& raw) {
  const std::string text = printable(raw);
  switch (level) {
    case Level::debug: spdlog::debug(text); break;
    case Level::warning: spdlog::warn(text); break;
    case Level::error: spdlog::error(text); break;
  }
}

}  // namespace lastack::cli::diagnostics
