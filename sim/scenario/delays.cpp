#include "delays.hpp"

#include <fmt/format.h>

namespace lastack::scenario {
namespace {

net::Delay constant_delay(const Value& v, std::string_view noun) {
  v.only_keys(fmt::format("a constant {}", noun), {"model", "value"});
  return net::ConstantDelay{read_delay(v.at("value"))};
}

net::Delay uniform_delay(const Value& v, std::string_view noun) {
  v.only_keys(fmt::format("a uniform {}", noun), {"model", "min", "max"});
  const net::UniformDelay delay{read_delay(v.at("min")), read_delay(v.at("max"))};
  if (delay.max < delay.min) v.at("max").want("a duration that is not below \"min\"");
  return delay;
}

net::Delay normal_delay(const Value& v, std::string_view noun) {
  v.only_keys(fmt::format("a normal {}", noun), {"model", "mean", "sd"});
  return net::NormalDelay{read_delay(v.at("mean")), read_delay(v.at("sd"))};
}

net::Delay exponential_delay(const Value& v, std::string_view noun) {
  v.only_keys(fmt::format("an exponential {}", noun), {"model", "min", "mean"});
  net::ExponentialDelay delay;
  if (const auto min = v.find("min")) delay.min = read_delay(*min);
  delay.mean = read_delay(v.at("mean"));
  return delay;
}

net::Delay pareto_delay(const Value& v, std::string_view noun) {
  v.only_keys(fmt::format("a Pareto {}", noun), {"model", "min", "shape"});
  constexpr std::string_view wish = "a number above 1 and up to 1000 (then the mean is finite)";
  const net::ParetoDelay delay{read_delay(v.at("min")), v.at("shape").number(wish)};
  if (!(delay.shape > 1 && delay.shape <= 1000)) v.at("shape").want(wish);
  return delay;
}

}  // namespace

SimDuration read_delay(const Value& value) {
  constexpr SimDuration longest = 24h;
  const SimDuration duration = value.duration();
  if (duration > longest) value.want("a duration of at most 24h");
  return duration;
}

net::Delay read_delay_model(const Value& value, std::string_view noun) {
  using Read = net::Delay (*)(const Value&, std::string_view);
  return one_of<Read>(value.at("model"), fmt::format("a model of {}", noun),
                      {{"constant", constant_delay},
                       {"uniform", uniform_delay},
                       {"normal", normal_delay},
                       {"exponential", exponential_delay},
                       {"pareto", pareto_delay}})(value, noun);
}

}  // namespace lastack::scenario
