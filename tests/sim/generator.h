// Chooses what happens next, from what there is: mostly what brings a case on, often what people like these do instead,
// sometimes what fails. Reads the world, and changes nothing.
#pragma once

#include "../tests/sim/world.h"

namespace sallyport::sim {

class Generator {
 public:
  Generator(World& world, std::uint64_t seed, std::size_t cases_max)
      : world_(world), seeded_(seed ^ 0x51A11709ULL), cases_max_(cases_max) {}
  [[nodiscard]] Step next();

 private:
  [[nodiscard]] Step failure();
  [[nodiscard]] Step repaired(bool& what, StepKind by);
  [[nodiscard]] Step opening();
  [[nodiscard]] Step of_case(std::int64_t number, const CaseState& state);
  [[nodiscard]] Step useful(std::int64_t number, const CaseState& state);
  [[nodiscard]] Step odd(std::int64_t number, const CaseState& state);
  [[nodiscard]] Step evidence(std::int64_t number, const CaseState& state);
  [[nodiscard]] std::vector<std::int64_t> involved_approvers(const CaseState& state) const;
  [[nodiscard]] Step approval(std::int64_t number, const CaseState& state);
  [[nodiscard]] Step execution(std::int64_t number, StepKind kind);
  [[nodiscard]] std::int64_t somebody(StaffRole role);
  [[nodiscard]] std::int64_t number_below(std::size_t limit) { return static_cast<std::int64_t>(seeded_.below(limit)); }
  [[nodiscard]] Step step(StepKind kind, std::int64_t a = 0, std::int64_t b = 0, std::int64_t c = 0) {
    return {kind, {}, a, b, c, 0, 0, 0};
  }
  void let_time_pass(Step& step);

  World& world_;
  Seeded seeded_;
  std::size_t cases_max_;
  bool away_ = false, full_ = false, clock_off_ = false, kept_ = false;
  std::optional<Instant> wake_;
};

}  // namespace sallyport::sim
