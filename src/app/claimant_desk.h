// Door one, for the claimant: join a case, give signals, choose the new password, bind
// authenticators. Codes come from the claimant's own browser, are compared here, and go no further:
// the ledger, the agent and the approver learn `passed` or `failed`.
//
// An account without an authenticator answers like one with: a wrong code (invariant 40).
// Thread-safe. Callbacks as in app/adjudicator.h.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/adjudicator.h"
#include "app/sealed_rows.h"
#include "ports/background.h"
#include "ports/directory.h"
#include "ports/mailer.h"

namespace sallyport {

inline constexpr Duration mail_code_valid_for = minutes(15);
inline constexpr std::size_t recovery_codes_per_sheet = 10;
inline constexpr std::size_t code_length_max = 64;  // the longest code is a recovery code of 29 characters

// What is known of the person behind a case, kept sealed beside the ledger.
struct PrivateMaterial {
  std::string login, name, mail, reason;
  std::string salt;  // hex; the ledger's digests are over salt and text

  static constexpr auto fields() {
    using P = PrivateMaterial;
    return record_fields("login", &P::login, "name", &P::name, "mail", &P::mail, "reason", &P::reason, "salt",
                         &P::salt);
  }
};

struct ClaimantConfig {
  std::vector<std::string> account_mail_domains;  // mailboxes there are opened with the very accounts
  std::string issuer = "Sallyport";               // shown by authenticator apps
};

struct Joined {
  std::string token;
  CaseId id;
};
struct Given {
  EvidenceResult result = EvidenceResult::failed;
  std::uint32_t tries_left = 0;
  std::optional<SecretBytes> replacement;  // the new recovery code, once door one has shut
};
struct Enrolled {
  SecretBytes totp_base32;
  std::string login;
  std::vector<SecretBytes> recovery_codes;
};

template <typename T>
using Answer = std::move_only_function<void(Result<Ruling<T>>)>;

class ClaimantDesk {
 public:
  ClaimantDesk(Adjudicator& adjudicator, const EventReader& reader, const SealedRows& rows, Entropy& entropy,
               Mailer& mailer, Background& background, ClaimantConfig config);

  void join(const std::string& code, Answer<Joined> done);
  void request_mail_code(const CaseId& id, Answer<Instant> done);
  void give(const CaseId& id, const SignalName& signal, std::string code, Answer<Given> done);
  void seal(const CaseId& id, const Bytes& enc, const Bytes& ciphertext, Answer<void> done);
  void invite(const AccountRecord& account, const StaffId& by, Answer<Instant> done);
  void enrol(const std::string& code, Answer<Enrolled> done);

  // The case that a claimant's token was given for; a token says nothing else, and never changes its case.
  [[nodiscard]] Result<std::optional<CaseId>> case_of_token(std::string_view token);
  [[nodiscard]] Result<PrivateMaterial> private_material(const CaseId& id) const;
  [[nodiscard]] static Digest join_code_digest(std::string_view code);

 private:
  [[nodiscard]] Result<Ruling<Prepared>> check_totp(const CaseState& state, Instant now, std::string_view code);
  [[nodiscard]] Result<Ruling<Prepared>> check_mail_code(const CaseState& state, Instant now, std::string_view code);
  [[nodiscard]] Result<Ruling<Prepared>> check_recovery_code(const CaseState& state, Instant now,
                                                             std::string_view code);
  [[nodiscard]] Result<std::optional<SecretBytes>> replacement_due(const CaseState& state) const;
  [[nodiscard]] Result<std::optional<Json>> open_row(const std::string& key) const;
  [[nodiscard]] bool rests_on_account(std::string_view mail) const;
  [[nodiscard]] std::string address_digest(const AccountFacts& account, std::string_view mail) const;
  // Nothing: it is not known.
  [[nodiscard]] Result<std::optional<Instant>> address_stands_since(const AccountFacts& account,
                                                                    std::string_view mail) const;
  [[nodiscard]] Result<std::string> random_text(std::size_t length) const;

  Adjudicator& adjudicator_;
  const EventReader& reader_;
  const SealedRows& rows_;
  Entropy& entropy_;
  Mailer& mailer_;
  Background& background_;
  ClaimantConfig config_;
  std::mutex tokens_mutex_;
  std::unordered_map<std::string, CaseId> tokens_;  // by digest, as the ledger's view has them; bounded
};

}  // namespace sallyport
