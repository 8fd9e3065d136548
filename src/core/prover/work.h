// How much may still be computed. The number of minimal sets can grow with the power of the model's size, so a small
// file can ask for more than all the world's time. Every loop that can grow pays here, in steps and not in seconds:
// the same model is refused on every machine, or on none. Once spent, everything returns early and its results mean
// nothing; prove() looks at exhausted() before it believes anything.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::prover {

inline constexpr std::uint64_t work_steps_max = 2'000'000'000;  // some ten seconds: longer than any model in use
inline constexpr std::uint64_t work_words_max = 1ULL << 26;     // kept sets, in words of 8 bytes: half a GiB
inline constexpr std::size_t family_sets_max = 100'000;         // ways that one node may have: nobody reads more
inline constexpr std::size_t family_words_max = 1 << 23;        // the same for wide sets: 64 MiB

class Work {
 public:
  explicit Work(std::uint64_t steps = work_steps_max, std::uint64_t words = work_words_max)
      : steps_(steps), words_(words) {}

  bool spend(std::uint64_t steps) { return take(steps_, steps); }  // false: stop here
  bool keep(std::uint64_t words) { return take(words_, words); }
  void give_up() { exhausted_ = true; }
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

 private:
  bool take(std::uint64_t& from, std::uint64_t amount) {
    exhausted_ = exhausted_ || amount > from;
    from -= exhausted_ ? 0 : amount;
    return !exhausted_;
  }
  std::uint64_t steps_, words_;
  bool exhausted_ = false;
};

}  // namespace sallyport::prover
