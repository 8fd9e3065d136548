// A notice: somebody was told of a case by a way to reach the account holder, or whoever stands near them. It holds
// what rules read, by value, and no address.
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "base/record.h"
#include "core/model/ids.h"

namespace sallyport {

struct Notice {
  std::uint32_t number = 0;  // in its case, from 1
  NoticeName way;            // of the policy's `notices`: mail, push, manager, letter, ...
  Instant at;                // when it was handed over for delivery
  std::optional<Instant> unchanged_since;  // when the address last changed; absent: not known
  bool rests_on_account = false;  // whoever signs in with the account can read it, or make it disappear

  static constexpr auto fields() {
    return record_fields("number", &Notice::number, "way", &Notice::way, "at", &Notice::at, "unchanged_since",
                         &Notice::unchanged_since, "rests_on_account", &Notice::rests_on_account);
  }
  friend bool operator==(const Notice&, const Notice&) = default;
};

}  // namespace sallyport
