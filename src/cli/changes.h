// Proposing a policy, and answering to what others have asked for. The server is not trusted with the proof or with the
// words: a policy is proved here, by whoever proposes it and again by whoever approves it, and what is signed names the
// digest of the certificate that came out.
//
//   SP_TRY(const auto proposed, propose_policy(api, {text, organization}, passkey));
//   SP_TRY(const auto change, fetch_change(api, number));   // then show it, then
//   SP_CHECK(approve_change(api, change, passkey));
//
// Saying no needs no proof: a change is rejected or withdrawn by what its proposer signed.
//
//   SP_TRY(const auto change, fetch_change(api, number, Looking::at_the_request));
//   SP_CHECK(reject_change(api, change, "one operator too many", passkey));
#pragma once

#include <cstdint>
#include <string>

#include "cli/api.h"
#include "cli/passkey_file.h"

namespace sallyport::cli {

struct PolicyTexts {
  std::string policy, organization;  // `organization` empty: proved for the assumed one (docs/prover.md)
};
[[nodiscard]] Answer<Json> propose_policy(Api& api, const PolicyTexts& texts, const SoftwarePasskey& passkey);

// A change that waits for approval, as the server tells it, held against what its proposer signed.
struct ChangeRequest {
  std::uint64_t number = 0;
  std::string statement;  // that its proposer signed
  Json shown;  // docs/api/http.md, GET /v1/changes/{number}
  bool is_policy = false;
  std::size_t certificate_bytes = 0;  // of the proof that was made here
};
// `at_the_proof`: a policy is proved here, which may take a minute and more.
enum class Looking : std::uint8_t { at_the_proof, at_the_request };
[[nodiscard]] Answer<ChangeRequest> fetch_change(Api& api, std::uint64_t number,
                                                 Looking looking = Looking::at_the_proof);
[[nodiscard]] Answer<Json> approve_change(Api& api, const ChangeRequest& request, const SoftwarePasskey& passkey);
[[nodiscard]] Answer<Json> reject_change(Api& api, const ChangeRequest& request, const std::string& reason,
                                         const SoftwarePasskey& passkey);
[[nodiscard]] Answer<Json> withdraw_change(Api& api, const ChangeRequest& request, const SoftwarePasskey& passkey);

}  // namespace sallyport::cli
