#include "keepalive_timer.hpp"

namespace lastack::tcp {

KeepaliveTimer::Answer KeepaliveTimer::due_after(SimDuration silence, std::uint32_t unanswered,
                                                 const Rules& rules) {
  if (silence < rules.idle) return {Answer::What::wait, rules.idle - silence};
  const bool enough = rules.user_timeout.set()
                          ? silence >= rules.user_timeout.limit() && unanswered > 0
                          : unanswered >= rules.count;
  return {enough ? Answer::What::give_up : Answer::What::probe, rules.interval};
}

}  // namespace lastack::tcp
