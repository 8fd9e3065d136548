// Several cases under one signature. Whoever signs is shown every case of the list; what is signed is the root of a
// Merkle tree whose leaves are the statements of the single cases (RFC 9162, section 2.1), so that each case carries
// its own proof of having been on the list, and none says more than it did alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/record.h"
#include "core/organization/organization.h"

namespace sallyport {

inline constexpr std::uint32_t list_cases_max = 200;  // nobody reads more at once, and few read so many

// The place of one case's statement in the list that was signed.
struct ListPlace {
  Digest root;
  std::uint32_t size = 0;
  std::uint32_t index = 0;
  std::vector<Digest> path;

  static constexpr auto fields() {
    return record_fields("root", &ListPlace::root, "size", &ListPlace::size, "index", &ListPlace::index, "path",
                         &ListPlace::path);
  }
  friend bool operator==(const ListPlace&, const ListPlace&) = default;
};

// What is signed for a whole list: canonical JSON of its root and size.
[[nodiscard]] std::string list_statement(const Digest& root, std::uint32_t size);
// The places of these statements, in their order. REQUIRES: at most list_cases_max, at least one.
[[nodiscard]] std::vector<ListPlace> list_of(std::span<const std::string> statements);

struct SignedAs {
  std::string_view alone;   // the domain of a signature over one statement
  std::string_view listed;  // and over a list of them
};
inline constexpr SignedAs as_approval{"sallyport/approval/v1", "sallyport/approvals/v1"};
inline constexpr SignedAs as_review{"sallyport/review/v1", "sallyport/reviews/v1"};

// Did this member sign this statement, by itself or in the list that `place` tells of?
[[nodiscard]] Ruling<void> check_signed(const OrganizationState& organization, const StaffMember& signer,
                                        const SignedAssertion& assertion, const SignedAs& domains,
                                        std::string_view statement, const std::optional<ListPlace>& place);

}  // namespace sallyport
