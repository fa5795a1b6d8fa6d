#include "lastack/app/step_runner.hpp"

#include <limits>
#include <variant>

#include "lastack/core/assert.hpp"
#include "lastack/net/channel.hpp"

namespace lastack::app {

namespace {

using trace::Call;

/// How long this connection sleeps in its step with that index.
SimDuration length_of(const SleepStep& step, Chance chance, std::size_t index) {
  if (const auto* constant = std::get_if<net::ConstantDelay>(&step.duration)) {
    return constant->value;
  }
  LASTACK_ASSERT(chance.app != nullptr);
  RandomStream stream = chance.app->substream(chance.connection).substream(index);
  return net::draw(step.duration, stream);
}

}  // namespace

Progress StepRunner::advance(SimTime now, tcp::Stack& stack, tcp::Output& out, Chance chance) {
  if (step_ == steps_->size()) return {.pause = Pause::finished};
  LASTACK_ASSERT(step_ < steps_->size());
  const Context context{now, stack, out, chance};
  return std::visit([&](const auto& step) { return run(context, step); }, (*steps_)[step_]);
}

void StepRunner::next_step() {
  LASTACK_ASSERT(step_ < steps_->size());
  ++step_;
  done_ = 0;
}

Progress StepRunner::fail(Call call, tcp::Error error) {
  next_step();
  return {.call = call, .result = error};
}

Progress StepRunner::run(const Context& c, const SendStep& step) {
  const tcp::IoResult io = c.stack.send(c.now, socket_, step.bytes - done_, c.out);
  if (io.error != tcp::Error::none && io.error != tcp::Error::would_block) {
    return fail(Call::send, io.error);
  }
  done_ += io.bytes;
  LASTACK_ASSERT(done_ <= step.bytes);
  if (done_ < step.bytes) {
    if (io.try_again == never) return {.pause = Pause::socket, .bytes_sent = io.bytes};
    return {.pause = Pause::either, .until = io.try_again, .bytes_sent = io.bytes};
  }
  next_step();
  return {.call = Call::send, .result = step.bytes, .bytes_sent = io.bytes};
}

Progress StepRunner::run(const Context& c, const RecvStep& step) {
  constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t wanted = step.bytes.value_or(all) - done_;
  tcp::IoResult io;
  if (wanted > 0) io = c.stack.receive(c.now, socket_, wanted, c.out);
  if (io.error != tcp::Error::none && io.error != tcp::Error::would_block) {
    return fail(Call::recv, io.error);
  }
  LASTACK_ASSERT(io.bytes <= wanted);
  done_ += io.bytes;
  if (!io.eof && io.bytes < wanted) {
    Progress progress{.bytes_read = io.bytes};
    progress.pause = io.bytes > 0 ? Pause::none : Pause::socket;
    return progress;
  }
  const std::uint64_t total = done_;
  next_step();
  return {
      .call = step.bytes ? Call::recv : Call::recv_eof, .result = total, .bytes_read = io.bytes};
}

Progress StepRunner::run(const Context& c, const SleepStep& step) {
  const SimDuration duration = length_of(step, c.chance, step_);
  next_step();
  return {.pause = Pause::clock, .until = saturating_add(c.now, duration)};
}

Progress StepRunner::run(const Context& c, const UntilStep& step) {
  next_step();
  if (step.time <= c.now) return {};
  return {.pause = Pause::clock, .until = step.time};
}

Progress StepRunner::run(const Context& c, const ShutdownStep& step) {
  const tcp::Error error = c.stack.shutdown(c.now, socket_, step.how, c.out);
  if (error != tcp::Error::none) return fail(Call::shutdown, error);
  next_step();
  return {.call = Call::shutdown, .result = step.how};
}

Progress StepRunner::run(const Context& c, const CloseStep&) {
  const SimDuration wait = c.stack.linger(c.now, socket_, c.out);
  if (lingers_until_ == sim_start) {
    lingers_until_ = saturating_add(c.now, wait);
  }
  if (wait > SimDuration::zero() && c.now < lingers_until_) {
    return {.pause = Pause::either, .until = lingers_until_};
  }
  c.stack.close(c.now, socket_, c.out);
  return {.pause = Pause::closed, .call = Call::close};
}

Progress StepRunner::run(const Context& c, const AbortStep&) {
  c.stack.abort(c.now, socket_, c.out);
  return {.pause = Pause::closed, .call = Call::abort};
}

Progress StepRunner::run(const Context& c, const SetOptionStep& step) {
  for (const tcp::SocketOptionValue& option : step.options) {
    const tcp::Error error = c.stack.set_option(c.now, socket_, option, c.out);
    if (error != tcp::Error::none) return fail(Call::setsockopt, error);
  }
  next_step();
  return {};
}

Progress StepRunner::run(const Context&, const HoldStep&) { return {.pause = Pause::finished}; }

trace::Who who_connects(const Connector& connector, std::uint64_t index) {
  return {trace::Who::Role::connect, connector.count > 1 ? index + 1 : 0};
}

trace::Who who_accepted(std::uint64_t number) { return {trace::Who::Role::accept, number}; }

std::string_view name_of(tcp::Stack::Direction how) {
  switch (how) {
    case tcp::Stack::Direction::read: return "read";
    case tcp::Stack::Direction::write: return "write";
    case tcp::Stack::Direction::both: return "both";
  }
  return "";
}

}  // namespace lastack::app
