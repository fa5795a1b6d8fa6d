#include "support/command_line.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "support/diagnostics.hpp"

namespace lastack::cli {

namespace {

/// The decimal number that the whole text is. CLI11 takes hexadecimal ones, and octal ones where a
/// 0 stands in front.
template <typename Number> std::optional<Number> whole_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool octal = text.size() > 1 && text.front() == '0' && text[1] >= '0' && text[1] <= '9';
  if (error != std::errc{} || end != text.data() + text.size() || octal) return std::nullopt;
  return number;
}

}  // namespace

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::option_text(const std::string& text) {
  option_->option_text(text);
  return *this;
}

Option& Option::expected(int least, int most) {
  option_->allow_extra_args(false)->expected(least, most);
  return *this;
}

Option& Option::repeatable() {
  option_->expected(1)->take_all();
  return *this;
}

Option& Option::one_value_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::range(int least, int most) {
  return check([least, most](const std::string& text) {
    const std::optional<std::int64_t> number = whole_number<std::int64_t>(text);
    if (number && *number >= least && *number <= most) return std::string{};
    return fmt::format("want a whole number from {} to {}, have {}", least, most, text);
  });
}

Option& Option::range(double least, double most) {
  return check([least, most](const std::string& text) {
    const std::optional<double> number = whole_number<double>(text);
    // Not a number is neither below nor above anything.
    if (number && *number >= least && *number <= most) return std::string{};
    return fmt::format("want a number from {} to {}, have {}", least, most, text);
  });
}

Option& Option::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)).description(""));
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> check) {
  option_->check(std::move(check));
  return *this;
}

Option& Option::transform(std::function<std::string(std::string&)> transform) {
  option_->transform(CLI::Validator{std::move(transform), ""});
  return *this;
}

Command Command::add_subcommand(const std::string& name, const std::string& description) {
  return Command{app_->add_subcommand(name, description)};
}

template <typename Value>
Option Command::add_option(const std::string& names, Value& value, const std::string& description) {
  return Option{app_->add_option(names, value, description)};
}

template Option Command::add_option(const std::string&, std::string&, const std::string&);
template Option Command::add_option(const std::string&, double&, const std::string&);
template Option Command::add_option(const std::string&, unsigned&, const std::string&);
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::string>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::size_t>&,
                                    const std::string&);
template Option Command::add_option(const std::string&, std::optional<int>&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<std::uint64_t>&,
                                    const std::string&);

void Command::add_flag(const std::string& names, bool& value, const std::string& description) {
  app_->add_flag(names, value, description);
}

void Command::add_flag(const std::string& names, std::function<void()> when_given,
                       const std::string& description) {
  app_->add_flag_callback(names, std::move(when_given), description);
}

void Command::callback(std::function<void()> work) { app_->callback(std::move(work)); }

void Command::finish_group(const std::string& footer) {
  app_->require_subcommand(1);
  app_->get_formatter()->label("SUBCOMMAND", "COMMAND");
  app_->group("Commands");
  app_->footer(footer);
}

void Command::finish(const std::string& examples) {
  if (app_->get_option_no_throw("--verbose") == nullptr) {
    add_flag(
        "-v,--verbose", [] { diagnostics::show_debug(); },
        "Report on stderr what the program does");
  }
  const CLI::Validator not_empty{
      [](const std::string& text) { return text.empty() ? "want a value, have none" : ""; }, ""};
  for (CLI::Option* option : app_->get_options()) option->check(not_empty);
  app_->group("Commands");
  app_->footer(examples);
}

bool size_to_bytes(std::string& text) {
  try {
    return CLI::AsSizeValue(false)(text).empty();
  } catch (const CLI::ValidationError&) {  // an unknown unit, or a number that is too large
    return false;
  }
}

}  // namespace lastack::cli
