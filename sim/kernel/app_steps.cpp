// What an application does on its connection, step by step.
#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "apps.hpp"
#include "lastack/app/step_runner.hpp"
#include "socket.hpp"

namespace lastack::kernel {

namespace {

using trace::Call;

/// Bytes of one call at most; a step that sends more makes several calls.
constexpr std::uint64_t call_bytes_max = 16U << 20U;

/// A call that takes longer has waited for something.
constexpr SimDuration long_call = 3ms;

}  // namespace

/// The steps of one connection. A step that fails is logged with its errno, and the next one runs.
class Apps::Steps {
 public:
  enum class Phase { connecting, connected };

  Steps(Apps& apps, const Caller& caller, Fd& socket, Phase phase)
      : apps_{apps},
        caller_{caller},
        socket_{socket},
        phase_{phase} {}

  enum class Next { step, finished };

  Next operator()(const app::SendStep& step) {
    const std::vector<char> bytes(std::min(step.bytes, call_bytes_max), 'x');
    std::uint64_t done = 0;
    while (done < step.bytes) {
      const std::uint64_t count = std::min<std::uint64_t>(step.bytes - done, bytes.size());
      const Transfer sent = send_some(fd(), std::span{bytes}.first(count));
      if (sent.error == EAGAIN) {
        if (apps_.wait_for(caller_.life, fd(), POLLOUT) == Waited::stopped) return Next::finished;
      } else if (sent.error != 0) {
        return fail(Call::send, sent.error);
      }
      done += sent.bytes;
    }
    log(Call::send, step.bytes);
    return Next::step;
  }

  Next operator()(const app::RecvStep& step) {
    std::uint64_t done = 0;
    while (!step.bytes || done < *step.bytes) {
      const Transfer got = recv_some(fd(), step.bytes.value_or(done + call_bytes_max) - done);
      if (got.error == EAGAIN) {
        if (apps_.wait_for(caller_.life, fd(), POLLIN) == Waited::stopped) return Next::finished;
      } else if (got.error != 0) {
        return fail(Call::recv, got.error);
      } else if (got.bytes == 0) {
        break;
      }
      done += got.bytes;
    }
    log(step.bytes ? Call::recv : Call::recv_eof, done);
    return Next::step;
  }

  Next operator()(const app::SleepStep& step) {
    const auto& duration = std::get<net::ConstantDelay>(step.duration);  // others are refused
    return sleep_until(saturating_add(apps_.clock_.now(), duration.value));
  }
  Next operator()(const app::UntilStep& step) { return sleep_until(step.time); }

  Next operator()(const app::ShutdownStep& step) {
    if (const int error = shut_down(fd(), step.how)) return fail(Call::shutdown, error);
    log(Call::shutdown, std::string{app::name_of(step.how)});
    return Next::step;
  }

  Next operator()(const app::CloseStep&) {
    const SimTime called = apps_.clock_.now();
    socket_.reset();
    // It is noted as what led to the segments it sends, but one that lingers when it has returned.
    const SimTime returned = apps_.clock_.now();
    apps_.log(returned - called > long_call ? returned : called, caller_, Call::close);
    return Next::finished;
  }

  Next operator()(const app::AbortStep&) {
    log(Call::abort);
    linger_zero(fd());
    socket_.reset();
    return Next::finished;
  }

  Next operator()(const app::SetOptionStep& step) {
    const int error = set_options(fd(), step.options);
    return error == 0 ? Next::step : fail(Call::setsockopt, error);
  }

  Next operator()(const app::HoldStep&) {
    apps_.wait_for(caller_.life, -1, 0);
    return Next::finished;
  }

 private:
  int fd() const { return socket_.get(); }

  Next sleep_until(SimTime until) {
    const int watched = phase_ == Phase::connecting ? fd() : -1;
    const Waited waited = apps_.wait_until(caller_.life, until, watched, POLLOUT);
    return waited == Waited::time ? Next::step : Next::finished;
  }

  Next fail(Call call, int error) {
    log(call, result_of(error));
    return Next::step;
  }

  void log(Call call, trace::Result result = {}) { apps_.log(caller_, call, std::move(result)); }

  Apps& apps_;
  const Caller& caller_;
  Fd& socket_;
  Phase phase_;
};

void Apps::run_steps(const Caller& caller, const std::shared_ptr<Fd>& socket,
                     const std::vector<app::Step>& steps) {
  Steps run{*this, caller, *socket, Steps::Phase::connected};
  for (const app::Step& step : steps) {
    if (std::visit(run, step) == Steps::Next::finished) break;
  }
  if (socket->open()) keep(socket);  // an application without `close` keeps its socket
}

void Apps::act_while_connecting(const Caller& caller, Fd& socket,
                                const std::vector<app::Step>& steps) {
  Steps run{*this, caller, socket, Steps::Phase::connecting};
  for (const app::Step& step : steps) {
    if (std::visit(run, step) == Steps::Next::finished) break;
  }
}

}  // namespace lastack::kernel
