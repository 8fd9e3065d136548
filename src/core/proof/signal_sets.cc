#include "core/proof/signal_sets.h"

#include <algorithm>
#include <utility>

#include "core/policy/alarm.h"
#include "core/policy/independent.h"

namespace sallyport::proof {
namespace {

// Adds one signal after the other, in the order of their numbers, until what is there does: of all that is ever looked
// at nothing is larger than a smallest set.
class Growing {
 public:
  Growing(const Policy& policy, const Needs& needs) : policy_(policy), needs_(needs) {
    for (std::size_t i = 0; i < policy.signals().size(); ++i)
      if (policy.signals()[i].strong) strong_ |= bit(i);
  }

  std::vector<SignalSet> from(SignalSet enrolled) {
    auto open = enrolled & needs_.allow;
    if ((needs_.include & ~open) != 0) return {};
    for (std::size_t i = 0; i < policy_.signals().size(); ++i) {
      if ((needs_.include & bit(i)) == 0) continue;
      if ((needs_.include & shares(i)) != bit(i)) return {};  // two that never count together
      open &= ~shares(i);
    }
    grow(0, needs_.include, open & ((SignalSet{1} << policy_.signals().size()) - 1));
    // Nor is there an alarm beside a larger set that there is none beside.
    std::erase_if(found_, [this](SignalSet s) { return !can_be_alarmed(policy_, needs_, s); });
    std::ranges::sort(found_, {}, [](SignalSet s) { return std::pair(size_of(s), s); });
    return std::move(found_);
  }

 private:
  static SignalSet bit(std::size_t i) { return SignalSet{1} << i; }
  [[nodiscard]] SignalSet shares(std::size_t i) const { return policy_.signals()[i].shares; }
  [[nodiscard]] bool does(SignalSet set) const {
    return size_of(set) >= needs_.signals && size_of(set & strong_) >= needs_.strong;
  }
  [[nodiscard]] bool has_a_part_that_does(SignalSet set) const {
    for (std::size_t i = 0; i < policy_.signals().size(); ++i)
      if ((set & ~needs_.include & bit(i)) != 0 && does(set & ~bit(i))) return true;
    return false;
  }

  void grow(std::size_t next, SignalSet chosen, SignalSet open) {
    if (does(chosen)) {
      if (!has_a_part_that_does(chosen)) found_.push_back(chosen);
      return;
    }
    for (auto i = next; i < policy_.signals().size() && does(chosen | open); ++i) {
      if ((open & bit(i)) == 0) continue;
      grow(i + 1, chosen | bit(i), open & ~shares(i));
      open &= ~bit(i);
    }
  }

  const Policy& policy_;
  const Needs& needs_;
  SignalSet strong_ = 0;
  std::vector<SignalSet> found_;
};

}  // namespace

std::vector<SignalSet> smallest_sets(const Policy& policy, const Needs& needs, SignalSet enrolled) {
  return Growing(policy, needs).from(enrolled);
}

}  // namespace sallyport::proof
