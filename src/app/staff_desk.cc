#include "app/staff_desk.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

namespace sallyport {
namespace {

constexpr std::size_t tokens_cached_max = 10'000;  // as many as there may be staff

std::unexpected<Denial> not_signed_in() {
  return deny(DenialCode::signature_invalid, "the sign-in did not succeed",
              "ask for a new challenge and sign it with your passkey");
}

}  // namespace

std::string StaffDesk::proof_of(const StaffId& staff, std::string_view random, std::string_view issued) const {
  return to_hex(rows_.keyed_digest("sign-in challenge", concat(staff.text(), " ", random, " ", issued)));
}

Result<SignInChallenge> StaffDesk::challenge(const StaffId& staff) {
  SP_TRY(const auto bytes, entropy_.bytes(16));
  const auto random = to_base64url(bytes);
  const auto issued = std::to_string(adjudicator_.now().milliseconds);
  const auto organization = adjudicator_.organization();
  SignInChallenge out;
  out.nonce = concat(random, ".", issued, ".", proof_of(staff, random, issued));
  out.statement = sign_in_statement(*organization, staff, out.nonce);
  out.challenge = challenge_of(sign_in_domain, out.statement);
  const auto* member = organization->member(staff);
  const auto invented = rows_.keyed_digest("credential of nobody", staff.text());
  out.credential_id =
      member != nullptr ? member->passkey.credential_id : Bytes(invented.bytes.begin(), invented.bytes.end());
  return out;
}

std::optional<Instant> StaffDesk::end_of(const StaffId& staff, std::string_view nonce, Instant now) const {
  const auto first = nonce.find('.');
  const auto second = nonce.find('.', first == nonce.npos ? nonce.npos : first + 1);
  if (second == nonce.npos) return std::nullopt;
  const auto random = nonce.substr(0, first);
  const auto issued = nonce.substr(first + 1, second - first - 1);
  const auto proof = proof_of(staff, random, issued);
  if (!equal_constant_time(view_of(nonce.substr(second + 1)), view_of(proof))) return std::nullopt;
  Instant issued_at;  // written by this server, so it is a number
  std::from_chars(issued.data(), issued.data() + issued.size(), issued_at.milliseconds);
  const auto ends_at = issued_at + sign_in_within;
  if (issued_at < opened_at_ || now >= ends_at) return std::nullopt;
  return ends_at;
}

bool StaffDesk::use_once(const std::string& nonce, Instant ends_at, Instant now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(answered_, [&](const auto& a) { return a.second <= now; });
  return answered_.emplace(nonce, ends_at).second;
}

void StaffDesk::sign_in(const StaffId& staff, const std::string& nonce, const SignedAssertion& assertion,
                        std::move_only_function<void(Result<Ruling<SignedIn>>)> done) {
  const auto random = entropy_.bytes(32);
  if (!random) return done(std::unexpected(random.error()));
  auto out = std::make_shared<SignedIn>();
  out->token = to_base64url(*random);
  auto prepare = [this, staff, nonce, assertion, out](Instant now) -> Result<Ruling<PreparedEnrolment>> {
    const auto organization = adjudicator_.organization();
    const auto* member = organization->member(staff);
    const auto ends_at = end_of(staff, nonce, now);
    if (member == nullptr || !ends_at) return Ruling<PreparedEnrolment>(not_signed_in());
    out->member = *member;
    out->expires_at = std::min(now + token_valid_for, member->ends_at);
    const TokenIssued event{staff, sha256(view_of(out->token)), nonce, assertion, out->expires_at};
    // The signature first: only a right one is worth remembering.
    if (!check_enrolment(*organization, event, now) || !use_once(nonce, *ends_at, now))
      return Ruling<PreparedEnrolment>(not_signed_in());
    return Ruling<PreparedEnrolment>(PreparedEnrolment{{event}, {}});
  };
  adjudicator_.record(staff_stream(staff), std::move(prepare),
                      [out, done = std::move(done)](Result<Ruling<void>> ok) mutable {
                        if (!ok) return done(std::unexpected(ok.error()));
                        // Why not is nobody's business who cannot sign in, unless it is ours.
                        const bool ours = !*ok && (*ok).error().code == DenialCode::clock_behind_ledger;
                        if (ours) return done(Ruling<SignedIn>(std::unexpected((*ok).error())));
                        if (!*ok) return done(Ruling<SignedIn>(not_signed_in()));
                        done(Ruling<SignedIn>(std::move(*out)));
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
  auto prepare = [staff = (*token_of)->staff, digest](Instant) -> Result<Ruling<PreparedEnrolment>> {
    return Ruling<PreparedEnrolment>(PreparedEnrolment{{TokenRevoked{staff, digest}}, {}});
  };
  adjudicator_.record(staff_stream((*token_of)->staff), std::move(prepare),
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
  SP_TRY(const auto credential_text, json.string_at("credential_id"));
  const auto staff = StaffId::parse(staff_text);
  const auto expires = instant_from_rfc3339(expires_text);
  const auto credential = from_base64url(credential_text);
  if (!staff || !expires || !credential)
    return fault(FaultKind::corrupt, "a token's view row is damaged", "run `sallyport rebuild`");
  const Known found{*staff, *expires, *credential};
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
  if (member == nullptr || member->ends_at <= now || member->passkey.credential_id != found->credential_id)
    return std::optional<Session>();
  return std::optional<Session>(Session{*member, found->expires_at});
}

}  // namespace sallyport
