#pragma once

#include "sketch.hpp"

namespace lastack::fuzz {

/// Adds something of the area at this place of area_infos() to a scenario.
void add_area(std::size_t area, Sketch& sketch);

// One function an area, in the order of area_infos().
void add_handshake(Sketch& sketch);
void add_close(Sketch& sketch);
void add_data(Sketch& sketch);
void add_window(Sketch& sketch);
void add_loss(Sketch& sketch);
void add_recovery(Sketch& sketch);
void add_options(Sketch& sketch);
void add_keepalive(Sketch& sketch);
void add_time_wait(Sketch& sketch);
void add_backlog(Sketch& sketch);
void add_forged(Sketch& sketch);
void add_ports(Sketch& sketch);
void add_power(Sketch& sketch);
void add_settings(Sketch& sketch);
void add_path(Sketch& sketch);
void add_numbers(Sketch& sketch);
void add_crowd(Sketch& sketch);
void add_peerless(Sketch& sketch);
void add_timers(Sketch& sketch);

}  // namespace lastack::fuzz
