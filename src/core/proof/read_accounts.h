// A directory's accounts for a proof, one JSON object a line (docs/prover.md, "Accounts one by one"):
//
//   {"account": "milo.hart", "facts": {"account.admin": false, "account.groups": ["Staff"]}, "enrolled": ["totp"]}
//
// Unknown members and names are refused, with the number of the line.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/proof/grouping.h"

namespace sallyport::proof {

inline constexpr std::size_t accounts_bytes_max = std::size_t{256} * 1024 * 1024;  // a million accounts
inline constexpr std::size_t accounts_max = 1'000'000;

[[nodiscard]] Result<std::vector<AccountRecord>> read_accounts(std::string_view text, const Policy& policy,
                                                               const Population& people);

}  // namespace sallyport::proof
