#include "cli/claimant.h"

#include "base/text.h"
#include "core/model/ids.h"
#include "crypto/hpke.h"

namespace sallyport::cli {
namespace {

Json code_body(const SecretBytes& code) { return Json::object({{"code", text_of(code.reveal())}}); }

std::unexpected<Problem> not_sealed(std::string what) {
  return std::unexpected(Problem(Fault{FaultKind::rejected, concat("the password was not sent: ", what),
                                       "tell the help desk, on another channel"}));
}

}  // namespace

Answer<Joined> join_case(Api& api, const SecretBytes& code) {
  SP_TRY(const auto answer, api.post("/claimant/v1/join", code_body(code)));
  Joined out;
  SP_TRY(out.token, answer.string_at("token"));
  const auto* joined = answer.find("case");
  if (joined == nullptr) return std::unexpected(Problem(Fault{FaultKind::invalid, "the server names no case"}));
  if (joined->is_string()) {
    out.case_id = joined->as_string();
  } else {
    SP_TRY(out.case_id, joined->string_at("case"));
  }
  return out;
}

Answer<Json> give_signal(Api& api, std::string_view signal, const SecretBytes& code) {
  if (!SignalName::parse(signal))
    return std::unexpected(
        Problem(Fault{FaultKind::invalid, "that is not a signal", "such as totp, mail_code or recovery_code"}));
  return api.post(concat("/claimant/v1/signals/", signal), code_body(code));
}

Answer<Json> request_mail_code(Api& api) { return api.post("/claimant/v1/signals/mail_code/request"); }

Answer<void> seal_password(Api& api, std::string_view case_id, const SecretBytes& password, Entropy& entropy) {
  SP_TRY(const auto offered, api.get("/claimant/v1/executor-key"));
  SP_TRY(const auto key_text, offered.string_at("key"));
  SP_TRY(const auto info, offered.string_at("info"));
  SP_TRY(const auto aad, offered.string_at("aad"));
  SP_TRY(const auto opened, api.get("/v1/ledger/opened"));
  SP_TRY(const auto ledger_key, opened.string_at("executor_key"));
  if (key_text != ledger_key) return not_sealed("the key offered is not the one in the ledger's first entry");
  if (info != sealed_secret_info || aad != case_id) return not_sealed("the key was offered for another use or case");
  const auto key = from_base64url(key_text);
  if (!key) return not_sealed("the executor's key is not base64url");
  SP_TRY(auto drawn, entropy.bytes(hpke_ikm_length_min));
  SP_TRY(const auto sealed,
         hpke_seal(*key, view_of(info), view_of(aad), password, SecretBytes::take(std::move(drawn))));
  SP_TRY(const auto accepted,
         api.post("/claimant/v1/sealed-secret",
                  Json::object({{"enc", to_base64url(sealed.enc)}, {"ciphertext", to_base64url(sealed.ciphertext)}})));
  static_cast<void>(accepted);  // 202, and nothing to read
  return {};
}

Answer<Json> claimant_case(Api& api, std::string_view after) {
  if (after.empty()) return api.get("/claimant/v1/case");
  return api.get(concat("/claimant/v1/case?after=", after, "&wait=", case_wait_seconds_max));
}

Answer<Json> enrol_claimant(Api& api, const SecretBytes& code) {
  return api.post("/claimant/v1/enrol", code_body(code));
}

}  // namespace sallyport::cli
