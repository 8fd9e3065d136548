#include "app/claimant_desk.h"

#include <algorithm>

#include "base/invariant.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/base32.h"
#include "crypto/hash.h"
#include "crypto/recovery_code.h"
#include "crypto/totp.h"

namespace sallyport {
namespace {

constexpr std::size_t totp_seed_length = 20;       // RFC 4226 section 4, R6 recommends 160 bits
constexpr std::size_t invitation_code_length = 20;  // of 30 characters: 98 bits
constexpr std::size_t tokens_cached_max = 10'000;   // as many as cases are kept in memory
constexpr std::size_t mail_code_digits = 8;         // five tries against a hundred million
// Read out on the phone and typed on another: nothing that looks or sounds alike.
constexpr std::string_view spoken_alphabet = "abcdefghjkmnpqrstuvwxyz2345679";

SignalName signal_named(std::string_view name) { return *SignalName::parse(name); }

std::string row_of(std::string_view kind, const AccountFacts& account) {
  return concat(kind, "/", account.directory.text(), "/", account.account.text());
}

std::unexpected<Fault> damaged(std::string_view row) {
  return fault(FaultKind::corrupt, concat("the secret row of ", row, " is damaged"), "restore it from a backup");
}

// When one code of a sheet took the place of a used one; absent: it is as old as the sheet.
std::optional<Instant> bound_at(const Json& row, std::size_t place) {
  const auto text = row.string_at(concat("bound_at_", place));
  return text ? instant_from_rfc3339(*text) : std::nullopt;
}

RecordEvidence evidence_of(std::string_view signal, bool passed, std::string detail) {
  RecordEvidence e;
  e.signal = signal_named(signal);
  e.result = passed ? EvidenceResult::passed : EvidenceResult::failed;
  e.detail = std::move(detail);
  return e;
}

Result<Ruling<Prepared>> prepared(RecordEvidence evidence, std::vector<RowWrite> secrets = {}) {
  return Ruling<Prepared>(Prepared{std::move(evidence), std::move(secrets)});
}
Result<Ruling<Prepared>> refused(DenialCode code, std::string detail, std::string next_step) {
  return Ruling<Prepared>(deny(code, std::move(detail), std::move(next_step)));
}

std::string normalised(std::string_view typed) {
  std::string out;
  for (const char c : typed)
    if (c != ' ' && c != '-') out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  return out;
}

std::uint32_t tries_left(const CaseState& state, const OrganizationState& organization, const SignalName& signal) {
  if (!organization.policy) return 0;
  const auto here = std::ranges::count_if(
      state.evidence, [&](const Evidence& e) { return e.signal == signal && e.result == EvidenceResult::failed; });
  const auto used = static_cast<std::uint32_t>(here) + state.failed_elsewhere;
  const auto most = organization.policy->limits().tries_per_signal;
  return used >= most ? 0 : most - used;
}

}  // namespace

ClaimantDesk::ClaimantDesk(Adjudicator& adjudicator, const EventReader& reader, const SealedRows& rows,
                           Entropy& entropy, Mailer& mailer, Background& background, ClaimantConfig config)
    : adjudicator_(adjudicator),
      reader_(reader),
      rows_(rows),
      entropy_(entropy),
      mailer_(mailer),
      background_(background),
      config_(std::move(config)) {}

Digest ClaimantDesk::join_code_digest(std::string_view code) { return sha256(view_of(normalised(code))); }

// Rejection sampling: each character is equally likely.
Result<std::string> ClaimantDesk::random_text(std::size_t length) const {
  std::string out;
  while (out.size() < length) {
    SP_TRY(const auto bytes, entropy_.bytes(length * 2));
    for (const auto byte : bytes)
      if (out.size() < length && byte < 240) out.push_back(spoken_alphabet[byte % spoken_alphabet.size()]);
  }
  return out;
}

Result<std::optional<Json>> ClaimantDesk::open_row(const std::string& key) const {
  SP_TRY(const auto sealed, adjudicator_.secret(key));
  if (!sealed) return std::optional<Json>();
  SP_TRY(auto json, rows_.open(key, *sealed));
  return std::optional<Json>(std::move(json));
}

Result<PrivateMaterial> ClaimantDesk::private_material(const CaseId& id) const {
  SP_TRY(const auto json, open_row(private_row(id)));
  if (!json) return fault(FaultKind::not_found, "the person's data of this case have been erased");
  return record_from_json<PrivateMaterial>(*json);
}

bool ClaimantDesk::rests_on_account(std::string_view mail) const {
  const auto at = mail.rfind('@');
  if (at == std::string_view::npos) return true;
  const auto domain = normalised(mail.substr(at + 1));
  return std::ranges::any_of(config_.account_mail_domains, [&](const auto& own) {
    return domain == normalised(own) || domain.ends_with(concat(".", normalised(own)));
  });
}

std::string ClaimantDesk::address_digest(const AccountFacts& account, std::string_view mail) const {
  return to_hex(rows_.keyed_digest(row_of("address", account), mail));
}

// Nobody tells when an address on file was changed. But whoever redeemed an invitation read it there, so an address
// that is the same today has stood since then, for all that matters to whoever it belongs to.
Result<std::optional<Instant>> ClaimantDesk::address_stands_since(const AccountFacts& account,
                                                                  std::string_view mail) const {
  SP_TRY(const auto row, open_row(row_of("address", account)));
  if (!row) return std::optional<Instant>();
  SP_TRY(const auto digest, row->string_at("digest"));
  SP_TRY(const auto since, row->string_at("since"));
  const auto at = instant_from_rfc3339(since);
  if (!at) return damaged("an address");
  return digest == address_digest(account, mail) ? at : std::optional<Instant>();
}

void ClaimantDesk::join(const std::string& code, Answer<Joined> done) {
  const auto digest = join_code_digest(code);
  const auto row = reader_.read_view(concat("join/", to_hex(digest)));
  if (!row) return done(std::unexpected(row.error()));
  const auto id = *row ? CaseId::parse(**row) : std::nullopt;
  if (!id)
    return done(Ruling<Joined>(
        deny(DenialCode::join_code_wrong, "the code is not of an open case", "ask the agent to read it out again")));
  const auto token = entropy_.bytes(32);
  if (!token) return done(std::unexpected(token.error()));
  const auto text = to_base64url(*token);
  adjudicator_.submit(*id, JoinClaimant{digest, sha256(view_of(text))}, "claimant", {},
                      [text, id = *id, done = std::move(done)](CaseAnswer answer) mutable {
                        if (!answer) return done(std::unexpected(answer.error()));
                        if (!*answer) return done(Ruling<Joined>(std::unexpected((*answer).error())));
                        done(Ruling<Joined>(Joined{text, id}));
                      });
}

Result<std::optional<CaseId>> ClaimantDesk::case_of_token(std::string_view token) {
  const auto key = to_hex(sha256(view_of(token)));
  {
    const std::lock_guard lock(tokens_mutex_);
    if (const auto found = tokens_.find(key); found != tokens_.end()) return std::optional(found->second);
  }
  SP_TRY(const auto row, reader_.read_view(concat("claimant/", key)));
  const auto id = row ? CaseId::parse(*row) : std::nullopt;
  if (!id) return std::optional<CaseId>();
  const std::lock_guard lock(tokens_mutex_);
  if (tokens_.size() >= tokens_cached_max) tokens_.clear();
  tokens_.emplace(key, *id);
  return id;
}

void ClaimantDesk::request_mail_code(const CaseId& id, Answer<Instant> done) {
  const auto material = private_material(id);
  if (!material) return done(std::unexpected(material.error()));
  std::string code;
  {
    const auto random = entropy_.bytes(8);
    if (!random) return done(std::unexpected(random.error()));
    std::uint64_t number = 0;
    for (const auto byte : *random) number = number << 8 | byte;
    code = std::to_string(number % 100'000'000U);  // the bias of the remainder is 2^-37
    code.insert(0, mail_code_digits - code.size(), '0');
  }
  const auto key = mail_code_row(id);
  auto prepare = [this, key, code, mail = material->mail](const CaseState& state,
                                                          Instant now) -> Result<Ruling<Prepared>> {
    if (mail.empty())
      return refused(DenialCode::signal_not_enrolled, "no mail address is on file", "give another signal");
    const auto digest = rows_.keyed_digest(concat("mail_code ", state.id.text()), code);
    SP_TRY(auto sealed, rows_.seal(key, Json::object({{"digest", to_hex(digest)},
                                                      {"expires_at", to_rfc3339(now + mail_code_valid_for)},
                                                      {"issued_at", to_rfc3339(now)},
                                                      {"used", false}})));
    return Ruling<Prepared>(
        Prepared{RequestSignal{signal_named("mail_code"), mail_code_valid_for}, {{key, std::move(sealed)}}});
  };
  adjudicator_.submit(
      id, std::move(prepare), "claimant",
      [this, mail = material->mail, code, done = std::move(done)](CaseAnswer answer) mutable {
        if (!answer) return done(std::unexpected(answer.error()));
        if (!*answer) return done(Ruling<Instant>(std::unexpected((*answer).error())));
        const auto expires = (**answer)->requests.back().expires_at;
        auto shared = std::make_shared<Answer<Instant>>(std::move(done));
        const bool taken = background_.run([this, mail, code, expires, shared] {
          const auto sent = mailer_.send(
              {mail, "Your code for account recovery",
               concat("Someone asked to recover your account and gave this address.\n\nThe code is ", code,
                      "\n\nType it only into the page you opened yourself. Nobody will ever ask you to read it out.\n"
                      "If this was not you, tell your help desk.\n")});
          if (!sent) return (*shared)(with_context("the mail could not be sent", sent.error()));
          (*shared)(Ruling<Instant>(expires));
        });
        if (!taken)
          (*shared)(fault(FaultKind::unavailable, "too many mails are waiting to be sent", "try again in a minute"));
      });
}

Result<Ruling<Prepared>> ClaimantDesk::check_totp(const CaseState& state, Instant now, std::string_view code) {
  const auto key = row_of("totp", state.opened.account);
  SP_TRY(const auto row, open_row(key));
  if (!row) return prepared(evidence_of("totp", false, "no match"));
  SP_TRY(auto seed_text, row->string_at("seed"));
  SP_TRY(const auto last_step, row->int_at("last_step"));
  SP_TRY(const auto enrolled, row->string_at("enrolled_at"));
  const auto enrolled_at = instant_from_rfc3339(enrolled);
  const auto seed = from_base32(seed_text);
  wipe(seed_text);
  if (!seed || !enrolled_at) return damaged("an authenticator app");
  const auto step = totp_matching_step(*seed, code, now, last_step);
  if (!step && totp_matching_step(*seed, code, now, totp_no_step_accepted))
    return refused(DenialCode::code_replayed, "this code was used already", "wait for the app's next code");
  auto evidence = evidence_of("totp", step.has_value(), step ? concat("step ", *step) : "no match");
  if (!step) return prepared(std::move(evidence));
  evidence.enrolled_at = enrolled_at;
  Json next = *row;
  next.set("last_step", *step);
  SP_TRY(auto sealed, rows_.seal(key, next));
  return prepared(std::move(evidence), {{key, std::move(sealed)}});
}

Result<Ruling<Prepared>> ClaimantDesk::check_mail_code(const CaseState& state, Instant now, std::string_view code) {
  const auto key = mail_code_row(state.id);
  SP_TRY(const auto row, open_row(key));
  if (!row) return refused(DenialCode::signal_not_requested, "no code was sent in this case", "ask for a code first");
  SP_TRY(const auto digest_text, row->string_at("digest"));
  SP_TRY(const auto expires, row->string_at("expires_at"));
  SP_TRY(const auto used, row->bool_at("used"));
  const auto digest = digest_from_hex(digest_text);
  const auto expires_at = instant_from_rfc3339(expires);
  if (!digest || !expires_at) return damaged("a mailed code");
  const auto given = rows_.keyed_digest(concat("mail_code ", state.id.text()), normalised(code));
  const bool matches = equal_constant_time(view_of(given), view_of(*digest));
  if (matches && used) return refused(DenialCode::code_replayed, "this code was used already", "ask for a new one");
  if (matches && now >= *expires_at)
    return refused(DenialCode::code_expired, concat("the code expired at ", expires), "ask for a new one");
  auto evidence = evidence_of("mail_code", matches, matches ? "code given" : "no match");
  if (!matches) return prepared(std::move(evidence));
  SP_TRY(const auto material, private_material(state.id));
  evidence.rests_on_account = rests_on_account(material.mail);
  SP_TRY(evidence.unchanged_since, address_stands_since(state.opened.account, material.mail));
  Json next = *row;
  next.set("used", true);
  SP_TRY(auto sealed, rows_.seal(key, next));
  std::vector<RowWrite> rows{{key, std::move(sealed)}};
  // Another address than the one that was noted: should the noted one come back, it has not stood all the while.
  if (!evidence.unchanged_since) rows.push_back({row_of("address", state.opened.account), std::nullopt});
  return prepared(std::move(evidence), std::move(rows));
}

Result<Ruling<Prepared>> ClaimantDesk::check_recovery_code(const CaseState& state, Instant now, std::string_view code) {
  const auto key = row_of("codes", state.opened.account);
  SP_TRY(const auto row, open_row(key));
  const auto typed = parse_recovery_code(code);
  if (!row || !typed) return prepared(evidence_of("recovery_code", false, "no match"));
  SP_TRY(const auto* digests, row->array_at("digests"));
  SP_TRY(const auto enrolled, row->string_at("enrolled_at"));
  const auto given = to_hex(rows_.keyed_digest("recovery_code", text_of(typed->reveal())));
  const auto found = std::ranges::find_if(*digests, [&](const Json& d) {
    return d.is_string() && equal_constant_time(view_of(d.as_string()), view_of(given));
  });
  if (found == digests->end()) return prepared(evidence_of("recovery_code", false, "no match"));

  auto evidence = evidence_of("recovery_code", true, concat("code ", found - digests->begin() + 1, ", replaced"));
  SALLYPORT_INVARIANT(25, evidence.detail.find(code) == std::string::npos);
  const auto place = static_cast<std::size_t>(found - digests->begin());
  const auto bound = bound_at(*row, place);
  evidence.enrolled_at = bound ? bound : instant_from_rfc3339(enrolled);
  SP_TRY(auto bits, entropy_.bytes(recovery_code_length));
  const auto fresh = SecretBytes::take(std::move(bits));
  SP_TRY(const auto replacement, format_recovery_code(fresh));
  Json::Array renewed = *digests;
  renewed[place] = to_hex(rows_.keyed_digest("recovery_code", text_of(fresh.reveal())));
  Json next = *row;
  next.set("digests", Json(std::move(renewed)));
  next.set(concat("bound_at_", place), to_rfc3339(now));
  SP_TRY(auto sealed, rows_.seal(key, next));
  const auto replacement_key = replacement_row(state.id);
  SP_TRY(auto kept, rows_.seal(replacement_key, Json::object({{"code", std::string(text_of(replacement.reveal()))}})));
  return prepared(std::move(evidence), {{key, std::move(sealed)}, {replacement_key, std::move(kept)}});
}

// A thief who has one code of the sheet shall not get another for it: the replacement is shown when the
// other signals have been given as well.
Result<std::optional<SecretBytes>> ClaimantDesk::replacement_due(const CaseState& state) const {
  if (!state.identity) return std::optional<SecretBytes>();
  SP_TRY(const auto row, open_row(replacement_row(state.id)));
  if (!row) return std::optional<SecretBytes>();
  SP_TRY(auto code, row->string_at("code"));
  return std::optional(SecretBytes::take(std::move(code)));
}

void ClaimantDesk::give(const CaseId& id, const SignalName& signal, std::string code, Answer<Given> done) {
  if (code.empty() || code.size() > code_length_max)
    return done(fault(FaultKind::invalid, "a code has 1 to 64 characters", "type the code as it is shown"));
  auto prepare = [this, signal, code = std::move(code)](const CaseState& state,
                                                        Instant now) mutable -> Result<Ruling<Prepared>> {
    const auto& name = signal.text();
    // Is a try of this signal welcome at all? Ask before a code is looked at, let alone used up.
    if (auto welcome = decide(state, RecordEvidence{signal, EvidenceResult::failed, {}, {}, {}, false, ""},
                              {*adjudicator_.organization(), now});
        !welcome)
      return Ruling<Prepared>(std::unexpected(std::move(welcome).error()));
    auto result = name == "totp"            ? check_totp(state, now, code)
                  : name == "mail_code"     ? check_mail_code(state, now, code)
                  : name == "recovery_code" ? check_recovery_code(state, now, code)
                                            : refused(DenialCode::signal_not_in_policy,
                                                      concat(name, " cannot be given here"), "give another signal");
    wipe(code);
    return result;
  };
  adjudicator_.submit(id, std::move(prepare), "claimant",
                      [this, signal, done = std::move(done)](CaseAnswer answer) mutable {
                        if (!answer) return done(std::unexpected(answer.error()));
                        if (!*answer) return done(Ruling<Given>(std::unexpected((*answer).error())));
                        const auto& state = ***answer;
                        Given given;
                        given.result = state.evidence.back().result;
                        given.tries_left = tries_left(state, *adjudicator_.organization(), signal);
                        auto replacement = replacement_due(state);
                        if (!replacement) return done(std::unexpected(std::move(replacement).error()));
                        given.replacement = *std::move(replacement);
                        done(Ruling<Given>(std::move(given)));
                      });
}

void ClaimantDesk::seal(const CaseId& id, const Bytes& enc, const Bytes& ciphertext, Answer<void> done) {
  if (enc.size() + ciphertext.size() > sealed_secret_bytes_max)
    return done(fault(FaultKind::invalid, "the sealed password is too large", "choose a shorter password"));
  const auto row = to_text(Json::object({{"enc", to_base64url(enc)}, {"ciphertext", to_base64url(ciphertext)}}));
  adjudicator_.submit(id, SealSecret{sha256(view_of(row))}, "claimant", {{sealed_secret_row(id), row}},
                      [done = std::move(done)](CaseAnswer answer) mutable {
                        if (!answer) return done(std::unexpected(answer.error()));
                        if (!*answer) return done(Ruling<void>(std::unexpected((*answer).error())));
                        done(Ruling<void>());
                      });
}

void ClaimantDesk::invite(const AccountRecord& account, const StaffId& by, Answer<Instant> done) {
  if (account.mail.empty())
    return done(Ruling<Instant>(
        deny(DenialCode::signal_not_enrolled, "no mail address is on file", "put one into the directory")));
  const auto code = random_text(invitation_code_length);
  if (!code) return done(std::unexpected(code.error()));
  const auto expires = adjudicator_.now() + invitation_valid_for;
  const auto key = concat("invitation/", to_hex(rows_.keyed_digest("invitation", *code)));
  auto sealed = rows_.seal(key, Json::object({{"directory", account.facts.directory.text()},
                                              {"account", account.facts.account.text()},
                                              {"login", account.login},
                                              {"address", address_digest(account.facts, account.mail)},
                                              {"expires_at", to_rfc3339(expires)}}));
  if (!sealed) return done(std::unexpected(std::move(sealed).error()));
  const EnrolmentInvited event{account.facts.directory, account.facts.account, by, expires};
  auto prepare = [event, key, sealed = *std::move(sealed)](Instant) mutable -> Result<Ruling<PreparedEnrolment>> {
    return Ruling<PreparedEnrolment>(PreparedEnrolment{{event}, {{key, std::move(sealed)}}});
  };
  adjudicator_.record(
      account_stream(event.directory, event.account), std::move(prepare),
      [this, code = *code, mail = account.mail, expires, done = std::move(done)](Result<Ruling<void>> ok) mutable {
        if (!ok) return done(std::unexpected(ok.error()));
        if (!*ok) return done(Ruling<Instant>(std::unexpected((*ok).error())));
        auto shared = std::make_shared<Answer<Instant>>(std::move(done));
        const bool taken = background_.run([this, mail, code, expires, shared] {
          const auto sent = mailer_.send({mail, "Set up your account recovery",
                                          concat("With this code you can bind an authenticator app and get recovery "
                                                 "codes.\n\nThe code is ",
                                                 code, "\n\nIt works once, for a day.\n")});
          if (!sent) return (*shared)(with_context("the mail could not be sent", sent.error()));
          (*shared)(Ruling<Instant>(expires));
        });
        if (!taken)
          (*shared)(fault(FaultKind::unavailable, "too many mails are waiting to be sent", "try again in a minute"));
      });
}

void ClaimantDesk::enrol(const std::string& typed, Answer<Enrolled> done) {
  const auto wrong = [] {
    return deny(DenialCode::code_wrong, "the code is not of an open invitation", "ask your help desk for a new one");
  };
  const auto key = concat("invitation/", to_hex(rows_.keyed_digest("invitation", normalised(typed))));
  const auto row = open_row(key);
  if (!row) return done(std::unexpected(row.error()));
  if (!*row) return done(Ruling<Enrolled>(wrong()));
  const auto directory = (*row)->string_at("directory");
  const auto account = (*row)->string_at("account");
  const auto login = (*row)->string_at("login");
  const auto address = (*row)->string_at("address").value_or("");  // absent: invited before addresses were noted
  const auto expires = (*row)->string_at("expires_at");
  const auto directory_id = directory ? DirectoryId::parse(*directory) : std::nullopt;
  const auto account_id = account ? AccountId::parse(*account) : std::nullopt;
  const auto expires_at = expires ? instant_from_rfc3339(*expires) : std::nullopt;
  if (!directory_id || !account_id || !login || !expires_at) return done(damaged("an invitation"));
  auto seed_bytes = entropy_.bytes(totp_seed_length);
  if (!seed_bytes) return done(std::unexpected(seed_bytes.error()));
  auto enrolled = std::make_shared<Enrolled>();
  enrolled->login = *login;
  enrolled->totp_base32 = to_base32(SecretBytes::take(*std::move(seed_bytes)));
  Json::Array digests;
  for (std::size_t i = 0; i < recovery_codes_per_sheet; ++i) {
    auto bits = entropy_.bytes(recovery_code_length);
    if (!bits) return done(std::unexpected(bits.error()));
    const auto code = SecretBytes::take(*std::move(bits));
    auto text = format_recovery_code(code);
    if (!text) return done(std::unexpected(text.error()));
    digests.push_back(to_hex(rows_.keyed_digest("recovery_code", text_of(code.reveal()))));
    enrolled->recovery_codes.push_back(*std::move(text));
  }

  AccountFacts place;
  place.directory = *directory_id;
  place.account = *account_id;
  // Looking at the invitation once more and using it up is one step: it works once.
  auto prepare = [this, key, place, wrong, enrolled, address, expires_at = *expires_at,
                  digests = std::move(digests)](Instant now) mutable -> Result<Ruling<PreparedEnrolment>> {
    SP_TRY(const auto unused, adjudicator_.secret(key));
    if (!unused || now >= expires_at) return Ruling<PreparedEnrolment>(wrong());
    const auto totp_key = row_of("totp", place);
    const auto codes_key = row_of("codes", place);
    SP_TRY(auto totp, rows_.seal(totp_key, Json::object({{"seed", std::string(text_of(enrolled->totp_base32.reveal()))},
                                                         {"last_step", Json(totp_no_step_accepted)},
                                                         {"enrolled_at", to_rfc3339(now)}})));
    SP_TRY(
        auto codes,
        rows_.seal(codes_key, Json::object({{"digests", Json(std::move(digests))}, {"enrolled_at", to_rfc3339(now)}})));
    std::vector<RowWrite> rows{{totp_key, std::move(totp)}, {codes_key, std::move(codes)}, {key, std::nullopt}};
    const auto address_key = row_of("address", place);
    SP_TRY(const auto noted, open_row(address_key));
    if (!address.empty() && (!noted || noted->string_at("digest").value_or("") != address)) {
      SP_TRY(auto sealed, rows_.seal(address_key, Json::object({{"digest", address}, {"since", to_rfc3339(now)}})));
      rows.push_back({address_key, std::move(sealed)});
    }
    return Ruling<PreparedEnrolment>(PreparedEnrolment{
        {SignalEnrolled{place.directory, place.account, signal_named("totp"), 1},
         SignalEnrolled{place.directory, place.account, signal_named("recovery_code"), recovery_codes_per_sheet}},
        std::move(rows)});
  };
  adjudicator_.record(account_stream(*directory_id, *account_id), std::move(prepare),
                      [enrolled, done = std::move(done)](Result<Ruling<void>> ok) mutable {
                        if (!ok) return done(std::unexpected(ok.error()));
                        if (!*ok) return done(Ruling<Enrolled>(std::unexpected((*ok).error())));
                        done(Ruling<Enrolled>(std::move(*enrolled)));
                      });
}

}  // namespace sallyport
