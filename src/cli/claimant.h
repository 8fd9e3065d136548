// The claimant's side of the API: join with the spoken code, give signals, seal the new password.
// The password leaves this process sealed to the executor's key and in no other form.
//
// The key comes from the server, so it is held against the one in the ledger's first entry. A server
// that lies in both places is caught by whoever pins the ledger's genesis (`sallyport-audit`), not here.
#pragma once

#include <string>
#include <string_view>

#include "cli/api.h"
#include "ports/entropy.h"

namespace sallyport::cli {

inline constexpr std::string_view sealed_secret_info = "sallyport/sealed-secret/v1";
inline constexpr int case_wait_seconds_max = 25;  // one long poll, as docs/api/http.md has it

struct Joined {
  std::string token;
  std::string case_id;
};
[[nodiscard]] Answer<Joined> join_case(Api& api, const SecretBytes& code);
[[nodiscard]] Answer<Json> give_signal(Api& api, std::string_view signal, const SecretBytes& code);
[[nodiscard]] Answer<Json> request_mail_code(Api& api);
[[nodiscard]] Answer<void> seal_password(Api& api, std::string_view case_id, const SecretBytes& password,
                                         Entropy& entropy);
// `after` empty: at once; else waits up to case_wait_seconds_max for a newer version.
[[nodiscard]] Answer<Json> claimant_case(Api& api, std::string_view after = {});
[[nodiscard]] Answer<Json> enrol_claimant(Api& api, const SecretBytes& code);

}  // namespace sallyport::cli
