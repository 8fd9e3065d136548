// What two policies hold differently that no request shows: what a signal is worth and how long, who may be told, the
// limits, the front doors, and what is to be proved. compare.h asks both about requests; this reads the rest.
#pragma once

#include <string>
#include <vector>

#include "core/policy/compare.h"

namespace sallyport {

// In the order of a policy's sections. A setting that is neither more nor less (what a signal rests on becomes another
// thing) goes both ways.
[[nodiscard]] std::vector<SettingChange> compare_settings(const Policy& before, const Policy& after);

// Have both the same classes, tiers, actions, risk and rules, in the same order? Then no request is decided otherwise.
[[nodiscard]] bool ask_the_same(const Policy& before, const Policy& after);

}  // namespace sallyport
