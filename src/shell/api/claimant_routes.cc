#include <algorithm>

#include "app/action_executor.h"
#include "base/text.h"
#include "crypto/base32.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

constexpr std::uint64_t long_poll_seconds_max = 25;  // below the 30 s after which proxies lose patience

std::string text_of_secret(const SecretBytes& secret) { return std::string(text_of(secret.reveal())); }

void answer_case(const Call& call) {
  const auto state = call.parts.adjudicator.find(*call.claimant_case);
  if (!state) return call.fail(state.error());
  call.answer(200, case_for_claimant(call.parts, **state));
}

}  // namespace

namespace routes {

void claimant_join(const Call& call) {
  if (auto ok = call.body.only_keys({"code"}); !ok) return call.fail(ok.error());
  const auto code = call.body.string_at("code");
  if (!code) return call.fail(code.error());
  if (code->size() > code_length_max) return call.fail({FaultKind::invalid, "a code has at most 64 characters", ""});
  call.parts.claimants.join(*code, [call](Result<Ruling<Joined>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    call.answer(201, Json::object({{"token", (**result).token}, {"case", (**result).id.text()}}));
  });
}

// With `after`, waits until the case has a newer version or the browser's patience is over.
void claimant_case(const Call& call) {
  if (call.request.query.find("after") == call.request.query.end()) return answer_case(call);
  const auto version = number_in_query(call, "after");
  if (!version) return call.fail(version.error());
  std::uint64_t wait = long_poll_seconds_max;
  if (call.request.query.find("wait") != call.request.query.end()) {
    const auto asked = number_in_query(call, "wait");
    if (!asked) return call.fail(asked.error());
    wait = std::min(*asked, long_poll_seconds_max);
  }
  const auto give_up_at = call.parts.adjudicator.now() + seconds(static_cast<std::int64_t>(wait));
  call.parts.adjudicator.on_version(*call.claimant_case, *version, give_up_at, [call] { answer_case(call); });
}

void claimant_request_mail_code(const Call& call) {
  if (auto ok = call.body.only_keys({}); !ok) return call.fail(ok.error());
  call.parts.claimants.request_mail_code(*call.claimant_case, [call](Result<Ruling<Instant>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    call.answer(202, Json::object({{"expires_at", to_rfc3339(**result)}}));
  });
}

void claimant_give(const Call& call) {
  if (auto ok = call.body.only_keys({"code"}); !ok) return call.fail(ok.error());
  auto code = call.body.string_at("code");
  if (!code) return call.fail(code.error());
  const auto signal = SignalName::parse(call.path.front());
  if (!signal)
    return call.fail({FaultKind::not_found, "there is no such signal", "such as totp, mail_code or recovery_code"});
  call.parts.claimants.give(*call.claimant_case, *signal, *std::move(code), [call](Result<Ruling<Given>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    const auto& given = **result;
    Json json =
        Json::object({{"result", std::string(to_string(given.result))}, {"tries_left", Json(given.tries_left)}});
    json.set("replacement", given.replacement ? Json(text_of_secret(*given.replacement)) : Json());
    call.answer(200, json);
  });
}

void claimant_executor_key(const Call& call) {
  call.answer(200, Json::object({{"key", to_base64url(call.parts.adjudicator.organization()->opened.executor_key)},
                                 {"info", std::string(sealed_secret_info)},
                                 {"aad", call.claimant_case->text()}}));
}

void claimant_seal(const Call& call) {
  if (auto ok = call.body.only_keys({"enc", "ciphertext"}); !ok) return call.fail(ok.error());
  const auto enc_text = call.body.string_at("enc");
  const auto ciphertext_text = call.body.string_at("ciphertext");
  const auto enc = enc_text ? from_base64url(*enc_text) : std::nullopt;
  const auto ciphertext = ciphertext_text ? from_base64url(*ciphertext_text) : std::nullopt;
  if (!enc || !ciphertext || enc->size() != hpke_public_key_length)
    return call.fail({FaultKind::invalid, "`enc` and `ciphertext` must be base64url, `enc` of 65 bytes",
                      "seal with HPKE as docs/api/http.md says"});
  call.parts.claimants.seal(*call.claimant_case, *enc, *ciphertext, [call](Result<Ruling<void>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    call.answer(202, Json::object({{"status", "sealed"}}));
  });
}

void claimant_enrol(const Call& call) {
  if (auto ok = call.body.only_keys({"code"}); !ok) return call.fail(ok.error());
  const auto code = call.body.string_at("code");
  if (!code) return call.fail(code.error());
  if (code->size() > code_length_max) return call.fail({FaultKind::invalid, "a code has at most 64 characters", ""});
  call.parts.claimants.enrol(*code, [call](Result<Ruling<Enrolled>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    const auto& enrolled = **result;
    const auto secret = text_of_secret(enrolled.totp_base32);
    Json codes = Json::array();
    for (const auto& c : enrolled.recovery_codes) codes.push(text_of_secret(c));
    const auto uri = concat("otpauth://totp/Sallyport:", enrolled.login, "?secret=", secret,
                            "&issuer=Sallyport&algorithm=SHA1&digits=6&period=30");
    call.answer(201, Json::object({{"totp", Json::object({{"secret", secret}, {"uri", uri}})},
                                   {"recovery_codes", std::move(codes)}}));
  });
}

}  // namespace routes
}  // namespace sallyport
