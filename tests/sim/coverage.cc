#include "../tests/sim/coverage.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport::sim {

Coverage::Coverage(const Policies& policies)
    : cells_(all_actions.size() * simulated_signals.size() * faults_seen * simulated_roles.size()) {
  for (const auto& pair : policies.pairs()) {
    const auto policy = Policy::compile(pair.first.proposal.text, pair.first.name, PolicyReading::in_force);
    SALLYPORT_ASSERT(policy.has_value());
    for (const auto& [action, tier] : policy->actions())
      for (std::size_t s = 0; s < simulated_signals.size(); ++s) {
        const auto name = SignalName::parse(simulated_signals[s]);
        if (s == 0 || (name && policy->signal(*name) != nullptr)) possible_[static_cast<std::size_t>(action)][s] = true;
      }
  }
}

std::size_t Coverage::place(std::size_t action, std::size_t signal, std::size_t fault, std::size_t role) {
  return ((action * simulated_signals.size() + signal) * faults_seen + fault) * simulated_roles.size() + role;
}

// A claimant who acts without any signal: only where nothing is asked for, and then nobody needs to be there.
bool Coverage::possible(std::size_t action, std::size_t signal) const { return possible_[action][signal]; }

void Coverage::mark(Action action, std::size_t signal, FaultKindSeen fault, std::size_t role) {
  ++cells_[place(static_cast<std::size_t>(action), signal, static_cast<std::size_t>(fault), role)];
}

std::size_t Coverage::cells() const {
  std::size_t out = 0;
  for (std::size_t a = 0; a < all_actions.size(); ++a)
    for (std::size_t s = 0; s < simulated_signals.size(); ++s)
      if (possible(a, s)) out += faults_seen * simulated_roles.size();
  return out;
}

std::vector<std::string> Coverage::empty() const {
  std::vector<std::string> out;
  for (std::size_t a = 0; a < all_actions.size(); ++a)
    for (std::size_t s = 0; s < simulated_signals.size(); ++s)
      for (std::size_t f = 0; possible(a, s) && f < faults_seen; ++f)
        for (std::size_t r = 0; r < simulated_roles.size(); ++r)
          if (cells_[place(a, s, f, r)] == 0)
            out.push_back(concat(to_string(all_actions[a]), " x ", simulated_signals[s], " x ",
                                 to_string(static_cast<FaultKindSeen>(f)), " x ", simulated_roles[r]));
  return out;
}

}  // namespace sallyport::sim
