#include "../tests/sim/simulation.h"

#include "../tests/sim/generator.h"
#include "crypto/hash.h"

namespace sallyport::sim {

struct Simulation::Impl {
  const Policies& policies;
  std::uint64_t seed;
  Options options;
  Coverage* coverage;

  [[nodiscard]] SeedOutcome outcome_of(const World& world, std::vector<Step> steps, std::size_t failed_at) const {
    SeedOutcome out;
    out.seed = seed;
    out.cases = world.opened;
    out.done = world.done;
    out.entries = world.entries;
    out.writes = world.writes;
    out.violations = world.auditor.violations();
    out.checks = world.auditor.checks();
    out.steps = std::move(steps);
    out.policy = world.company.policy->name;
    out.trace = world.trace();
    out.trace_digest = sha256(view_of(out.trace));
    out.failed_at = failed_at;
    return out;
  }
};

Simulation::Simulation(const Policies& policies, std::uint64_t seed, Options options, Coverage* coverage)
    : impl_(new Impl{policies, seed, options, coverage}) {}
Simulation::~Simulation() = default;

SeedOutcome Simulation::run() {
  World world(impl_->policies, impl_->seed, impl_->options.keep_trace, impl_->coverage);
  Generator generator(world, impl_->seed, impl_->options.cases_max);
  std::vector<Step> steps;
  while (steps.size() < impl_->options.steps_max && world.auditor.violations().empty()) {
    steps.push_back(generator.next());
    world.apply(steps.back());
  }
  const auto failed_at = steps.size();
  if (world.auditor.violations().empty()) world.finish();
  return impl_->outcome_of(world, std::move(steps), failed_at);
}

SeedOutcome Simulation::replay(const std::vector<Step>& steps) {
  World world(impl_->policies, impl_->seed, impl_->options.keep_trace, impl_->coverage);
  std::vector<Step> taken;
  for (const auto& step : steps) {
    if (!world.auditor.violations().empty()) break;
    taken.push_back(step);
    world.apply(step);
  }
  const auto failed_at = taken.size();
  if (world.auditor.violations().empty()) world.finish();
  return impl_->outcome_of(world, std::move(taken), failed_at);
}

}  // namespace sallyport::sim
