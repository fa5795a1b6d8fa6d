#pragma once

#include "lastack/batch/amounts.hpp"

namespace lastack::cli {

// Values of metrics as reports show them.
using batch::amount;
using batch::bounds_text;
using batch::difference_amount;
using batch::difference_range;
using batch::measured_text;
using batch::signed_amount;

}  // namespace lastack::cli
