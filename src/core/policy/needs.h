// A requirement in the form in which decisions compute: a fixed size, numbers instead of names, and a
// join that allocates nothing. `Requirement` (requirement.h) is the same in the form in which people,
// events and auditors read it; a property test holds the two joins against each other.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "base/instant.h"

namespace sallyport {

using SignalSet = std::uint32_t;       // bit i: the policy's signal i
inline constexpr std::size_t signals_max = 24;  // there are twenty; the last bit stands for one that a policy lacks
inline constexpr SignalSet every_signal = (SignalSet{1} << signals_max) - 1;
using SelectorNumber = std::uint16_t;  // which persons may take a seat: an index of the policy's selectors
inline constexpr std::size_t seat_kinds_max = 16;  // kinds of approver of one case; nobody gathers more
inline constexpr std::uint8_t lists_unsaid = 0xFF;  // nobody said how many cases one signature may approve
inline constexpr Duration forever{std::numeric_limits<std::int64_t>::max()};

struct Seats {
  SelectorNumber selector = 0;
  std::uint8_t at_least = 0;
  friend auto operator<=>(const Seats&, const Seats&) = default;
};

struct Needs {
  std::uint8_t signals = 0;
  std::uint8_t strong = 0;
  std::uint8_t seat_kinds = 0;
  bool too_many_seat_kinds = false;  // more than fit: the case is refused
  bool restricted = false;           // `allow` was given somewhere
  bool review_batch = true;
  bool alarm = false;
  std::uint8_t lists = lists_unsaid;
  SignalSet include = 0;
  SignalSet allow = every_signal;
  Duration hold_with_strong;
  Duration hold_without_strong;
  Duration review_within = forever;  // forever: no review
  Duration lasts = forever;
  std::array<Seats, seat_kinds_max> seats{};

  friend auto operator<=>(const Needs&, const Needs&) = default;

  void seat(Seats wanted) noexcept {
    for (std::size_t i = 0; i < seat_kinds; ++i)
      if (seats[i].selector == wanted.selector) {
        seats[i].at_least = std::max(seats[i].at_least, wanted.at_least);
        return;
      }
    if (seat_kinds == seat_kinds_max) too_many_seat_kinds = true;
    else seats[seat_kinds++] = wanted;
  }

  // The stricter of the two in every field.
  void join(const Needs& other) noexcept {
    signals = std::max(signals, other.signals);
    strong = std::max(strong, other.strong);
    too_many_seat_kinds = too_many_seat_kinds || other.too_many_seat_kinds;
    restricted = restricted || other.restricted;
    review_batch = review_batch && other.review_batch;
    alarm = alarm || other.alarm;
    lists = std::min(lists, other.lists);
    include |= other.include;
    allow &= other.allow;
    hold_with_strong = std::max(hold_with_strong, other.hold_with_strong);
    hold_without_strong = std::max(hold_without_strong, other.hold_without_strong);
    review_within = std::min(review_within, other.review_within);
    lasts = std::min(lasts, other.lasts);
    for (std::size_t i = 0; i < other.seat_kinds; ++i) seat(other.seats[i]);
  }
};

}  // namespace sallyport
