// Sooner known than a whole proof, and enough when it says yes: only what could break a guarantee is looked for, and
// nothing is listed or told. Where it says no, prove_policy() tells what is wrong.
#pragma once

#include "core/proof/population.h"

namespace sallyport::proof {

// Do all guarantees hold that somebody else could break: everything but `no_lockout`? Ways that are as hard as signing
// in are dropped while they grow, and gangs that are as large as is promised. Nothing that holds for an account is
// broken for one with less enrolled: whatever an attacker can do there they can do here.
// False as well where it is too much to be computed.
[[nodiscard]] Result<bool> no_attack_breaks(const Policy& policy, const Population& population);

// Does `no_lockout` hold?
[[nodiscard]] Result<bool> ways_back_are_left(const Policy& policy, const Population& population);

}  // namespace sallyport::proof
