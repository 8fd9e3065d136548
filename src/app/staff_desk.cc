#include "app/staff_desk.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::size_t tokens_cached_max = 10'000;  // as many as there may be staff

std::unexpected<Denial> not_signed_in() {
  return deny(DenialCode::signature_invalid, "the sign-in did not succeed",
              "ask for a new challenge and sign it with your passkey");
}

}  // namespace

std::string StaffDesk::statement(const StaffId& staff, const std::string& nonce) const {
  return to_text(Json::object(
      {{"ledger", adjudicator_.organization()->opened.origin}, {"sign_in", staff.text()}, {"nonce", nonce}}));
}

Result<SignInChallenge> StaffDesk::challenge(const StaffId& staff) {
  SP_TRY(const auto random, entropy_.bytes(16));
  SignInChallenge out;
  out.nonce = to_base64url(random);
  out.statement = statement(staff, out.nonce);
  out.challenge = challenge_of(sign_in_domain, out.statement);
  const auto organization = adjudicator_.organization();
  const auto* member = organization->member(staff);
  const auto invented = rows_.keyed_digest("credential of nobody", staff.text());
  out.credential_id =
      member != nullptr ? member->passkey.credential_id : Bytes(invented.bytes.begin(), invented.bytes.end());
  const auto now = adjudicator_.now();
  const std::lock_guard lock(mutex_);
  std::erase_if(pending_, [&](const auto& p) { return p.second.expires_at <= now; });
  if (pending_.size() >= sign_in_challenges_max)
    return fault(FaultKind::unavailable, "too many people are signing in", "try again in a minute");
  pending_[out.nonce] = {staff, now + sign_in_within};
  return out;
}

bool StaffDesk::take_pending(const StaffId& staff, const std::string& nonce) {
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(nonce);
  if (found == pending_.end() || found->second.staff != staff) return false;
  const bool fresh = adjudicator_.now() < found->second.expires_at;
  pending_.erase(found);  // a challenge is answered once
  return fresh;
}

void StaffDesk::sign_in(const StaffId& staff, const std::string& nonce, const SignedAssertion& assertion,
                        std::move_only_function<void(Result<Ruling<SignedIn>>)> done) {
  const auto organization = adjudicator_.organization();
  const auto* member = organization->member(staff);
  const auto now = adjudicator_.now();
  if (!take_pending(staff, nonce) || member == nullptr || member->ends_at <= now ||
      !check_assertion(*organization, *member, assertion, sign_in_domain, statement(staff, nonce)))
    return done(Ruling<SignedIn>(not_signed_in()));
  const auto random = entropy_.bytes(32);
  if (!random) return done(std::unexpected(random.error()));
  SignedIn out{to_base64url(*random), std::min(now + token_valid_for, member->ends_at), *member};
  const TokenIssued event{staff, sha256(view_of(out.token)), nonce, assertion, out.expires_at};
  adjudicator_.record(staff_stream(staff), {event}, {}, [out, done = std::move(done)](Result<Ruling<void>> ok) mutable {
    if (!ok) return done(std::unexpected(ok.error()));
    if (!*ok) return done(Ruling<SignedIn>(std::unexpected((*ok).error())));
    done(Ruling<SignedIn>(std::move(out)));
  });
}

void StaffDesk::sign_out(const std::string& token, DoneCallback done) {
  const auto digest = sha256(view_of(token));
  const auto token_of = known(digest);
  if (!token_of) return done(std::unexpected(token_of.error()));
  if (!*token_of) return done(Ruling<void>());
  {
    const std::lock_guard lock(mutex_);
    tokens_.erase(to_hex(digest));
  }
  adjudicator_.record(staff_stream((*token_of)->staff), {TokenRevoked{(*token_of)->staff, digest}}, {},
                      [this, digest, done = std::move(done)](Result<Ruling<void>> ok) mutable {
                        const std::lock_guard lock(mutex_);
                        tokens_.erase(to_hex(digest));  // a request may have read it meanwhile
                        done(std::move(ok));
                      });
}

Result<std::optional<StaffDesk::Known>> StaffDesk::known(const Digest& digest) {
  const auto key = to_hex(digest);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = tokens_.find(key); found != tokens_.end()) return std::optional<Known>(found->second);
  }
  SP_TRY(const auto row, reader_.read_view(concat("token/", key)));
  if (!row) return std::optional<Known>();
  SP_TRY(const auto json, parse_json(*row));
  SP_TRY(const auto staff_text, json.string_at("staff"));
  SP_TRY(const auto expires_text, json.string_at("expires_at"));
  const auto staff = StaffId::parse(staff_text);
  const auto expires = instant_from_rfc3339(expires_text);
  if (!staff || !expires) return fault(FaultKind::corrupt, "a token's view row is damaged", "run `sallyport rebuild`");
  const Known found{*staff, *expires};
  const std::lock_guard lock(mutex_);
  if (tokens_.size() >= tokens_cached_max) tokens_.clear();
  tokens_[key] = found;
  return std::optional<Known>(found);
}

Result<std::optional<StaffDesk::Session>> StaffDesk::session(const std::string& token) {
  SP_TRY(const auto found, known(sha256(view_of(token))));
  const auto now = adjudicator_.now();
  if (!found || found->expires_at <= now) return std::optional<Session>();
  const auto organization = adjudicator_.organization();
  const auto* member = organization->member(found->staff);
  if (member == nullptr || member->ends_at <= now) return std::optional<Session>();
  return std::optional<Session>(Session{*member, found->expires_at});
}

}  // namespace sallyport
