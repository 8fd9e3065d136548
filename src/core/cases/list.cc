#include "core/cases/list.h"

#include "base/assert.h"
#include "base/text.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"

namespace sallyport {

std::string list_statement(const Digest& root, std::uint32_t size) {
  return to_text(Json::object({{"root", to_hex(root)}, {"cases", Json(std::uint64_t{size})}}));
}

std::vector<ListPlace> list_of(std::span<const std::string> statements) {
  SALLYPORT_ASSERT(!statements.empty() && statements.size() <= list_cases_max);
  std::vector<Digest> leaves;
  for (const auto& statement : statements) leaves.push_back(hash_leaf(view_of(statement)));
  const auto root = root_of(leaves);
  // Of the full subtree of 2^height leaves at `number`: all of them are here.
  const NodeSource nodes = [&](unsigned height, std::uint64_t number) -> Result<Digest> {
    const auto width = std::size_t{1} << height;
    return root_of(std::span(leaves).subspan(number * width, width));
  };
  std::vector<ListPlace> out;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto path = inclusion_proof(i, leaves.size(), nodes);
    SALLYPORT_ASSERT(path.has_value());
    out.push_back({root, static_cast<std::uint32_t>(leaves.size()), static_cast<std::uint32_t>(i), *std::move(path)});
  }
  return out;
}

Ruling<void> check_signed(const OrganizationState& organization, const StaffMember& signer,
                          const SignedAssertion& assertion, const SignedAs& domains, std::string_view statement,
                          const std::optional<ListPlace>& place) {
  if (!place) return check_assertion(organization, signer, assertion, domains.alone, statement);
  if (place->size == 0 || place->size > list_cases_max)
    return deny(DenialCode::limit_reached, concat("a list has at least one case and at most ", list_cases_max),
                "sign for fewer at a time", Json::object({{"cases", Json(std::uint64_t{place->size})}}));
  if (const auto in_list =
          verify_inclusion(hash_leaf(view_of(statement)), place->index, place->size, place->path, place->root);
      !in_list)
    return deny(DenialCode::statement_differs, "the case, as it is now, is not on the list that was signed",
                "fetch the list again and sign it anew");
  return check_assertion(organization, signer, assertion, domains.listed, list_statement(place->root, place->size));
}

}  // namespace sallyport
