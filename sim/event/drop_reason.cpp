#include "lastack/event/drop_reason.hpp"

namespace lastack::trace {

std::string_view name_of(LossReason reason) {
  switch (reason) {
    case LossReason::fault: return "fault";
    case LossReason::loss: return "loss";
    case LossReason::queue: return "queue";
    case LossReason::link_down: return "link_down";
    case LossReason::host_off: return "host_off";
    case LossReason::mtu: return "mtu";
    case LossReason::no_route: return "no_route";
    case LossReason::checksum: return "checksum";
  }
  return "?";
}

std::string_view name_of(DropPlace place) {
  switch (place) {
    case DropPlace::wire: return "wire";
    case DropPlace::host: return "host";
  }
  return "?";
}

std::string_view name_of(const DropReason& reason) {
  return std::visit([](auto one) { return name_of(one); }, reason);
}

}  // namespace lastack::trace
