// What members of staff sign, and the looking before signing. The server is not trusted with the
// words: each statement is read here, held against what the person asked for, and the challenge is
// computed here from exactly that text. A statement that says something else, or more, is not signed.
//
//   SP_CHECK(sign_in(api, passkey));                            // Answer: {"token",...}
//   SP_TRY(const auto request, fetch_approval(api, "c-4f6k"));  // then show it, then
//   SP_CHECK(approve(api, request, passkey));
//
// Problems: the server's, or a fault `rejected` when a statement is not what it should be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/api.h"
#include "cli/passkey_file.h"
#include "cli/terminal.h"

namespace sallyport::cli {

[[nodiscard]] Answer<Json> sign_in(Api& api, const SoftwarePasskey& passkey);

struct ApprovalRequest {
  std::string case_id;
  std::string statement;  // exactly what is signed
  Json fields;            // the same, read
  std::string login, name, reason;  // the server's word: the statement holds salted digests of them
  bool policy_in_force = false;     // its policy digest is that of GET /v1/policy
};
[[nodiscard]] Answer<ApprovalRequest> fetch_approval(Api& api, const std::string& case_id);
void show_approval(Terminal& terminal, const ApprovalRequest& request);
[[nodiscard]] Answer<Json> approve(Api& api, const ApprovalRequest& request, const SoftwarePasskey& passkey);
// One signature over the list of these, in their order.
[[nodiscard]] Answer<Json> approve_list(Api& api, const std::vector<ApprovalRequest>& requests,
                                        const SoftwarePasskey& passkey);

struct ReviewRequest {
  std::vector<std::string> ids, statements;  // exactly what is signed: the one, or the list of them
  std::vector<Json> deeds;                   // what each case did, read from the text whose digest is signed
  std::string verdict, ticket;
};
[[nodiscard]] Answer<ReviewRequest> fetch_review(Api& api, const std::vector<std::string>& ids,
                                                 const std::string& verdict, const std::string& ticket);
void show_review(Terminal& terminal, const ReviewRequest& request);
[[nodiscard]] Answer<Json> sign_review(Api& api, const ReviewRequest& request, const SoftwarePasskey& passkey);

// `change` is what the server is asked for, `expected` what its statement must then say: {"remove": id}, for instance,
// in both. {"enrol": member with "registration"} needs no `expected`: the passkey in the statement is held against the
// registration. Policies and approvals: changes.h.
[[nodiscard]] Answer<Json> change_organization(Api& api, const Json& change, const SoftwarePasskey& passkey,
                                               const Json& expected = Json());

// The challenge of `statement` as we compute it; `rejected` when the server named another one, or
// when the text is not canonical JSON (two readings of one signature).
[[nodiscard]] Result<Json> read_statement(std::string_view domain, const std::string& statement,
                                          const std::string& challenge);

// The registration's passkey, verified, must be the one the statement would appoint.
[[nodiscard]] Result<void> check_enrolment(const Json& asked, const Json& stated, const std::string& rp_id,
                                           const std::vector<std::string>& origins);

}  // namespace sallyport::cli
